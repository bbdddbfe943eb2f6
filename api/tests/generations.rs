//! Generations: made, followed, read, proved, cancelled, resumed.

use std::fs;
use std::time::Duration;

use actix_web::http::Method;
use api::generations::{State, parts, store, worker};
use api::jobs::leases;
use api::users::Role;
use engine::content::PART;
use serde_json::{Value, json};

use crate::support::{Api, config, hiring, numbers};

fn id_of(resource: &Value) -> String {
    resource["id"].as_str().expect("an id").to_owned()
}

#[actix_web::test]
async fn a_generation_makes_stores_and_proves_its_rows() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, hiring()).await;
    let path = format!("/api/v1/datasets/{dataset}/generations");
    let asked = json!({"seed": 9, "parameters": {"candidates": 500}, "rows": {"company": 2}});
    let answer = api.post(&path, &token, &asked).await.is(202);
    let id = id_of(&answer.json());
    assert_eq!(answer.header("location"), Some(format!("/api/v1/generations/{id}").as_str()));
    let done = api.ended(&token, &format!("/api/v1/generations/{id}")).await;
    assert_eq!(done["state"], "succeeded", "{done}");
    assert_eq!((&done["rows_done"], &done["rows_total"]), (&json!(1602), &json!(1602)));
    assert_eq!(done["certificate"]["broken"], 0);
    assert_eq!((&done["seed"], &done["version"], &done["dataset_name"]), (&json!(9), &json!(1), &json!("hiring")));
    assert_eq!(done["content_hash"].as_str().map(str::len), Some(64));
    let again = api.generation(&token, &dataset, &asked).await;
    assert_eq!(again["content_hash"], done["content_hash"]);
    let other = api.generation(&token, &dataset, &json!({"seed": 10, "parameters": {"candidates": 500}})).await;
    assert_ne!(other["content_hash"], done["content_hash"]);

    let tables = api.get(&format!("/api/v1/generations/{id}/tables"), &token).await.is(200).json();
    let process = &tables["items"][2];
    assert_eq!((&process["name"], &process["rows"]), (&json!("process"), &json!(1100)));
    assert_eq!(process["columns"][0]["references"], json!({"table": "candidate", "column": "id"}));
    assert_eq!(process["columns"][0]["key"], true);

    let listed = api.get(&path, &token).await.is(200).json();
    assert_eq!((&listed["total"], &listed["items"][0]["id"]), (&json!(3), &other["id"]));
    let shown = api.get(&format!("/api/v1/datasets/{dataset}"), &token).await.json();
    assert_eq!(shown["last_generation"]["id"], other["id"]);
    assert_eq!(api.get("/api/v1/generations?state=failed", &token).await.is(200).json()["total"], 0);

    let folder = parts::folder(api.folder.path(), &id);
    assert!(folder.join("1/000000.parquet").is_file());
    api.act(Method::DELETE, &format!("/api/v1/generations/{id}"), &token).await.is(204);
    assert!(!folder.exists());
    api.get(&format!("/api/v1/generations/{id}"), &token).await.problem(404, "not_found");
}

#[actix_web::test]
async fn rows_are_read_by_range_condition_and_order_in_every_form() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, hiring()).await;
    let id = id_of(&api.generation(&token, &dataset, &json!({})).await);
    let path = format!("/api/v1/generations/{id}/tables/candidate/rows");
    let all = api.get(&path, &token).await.is(200).json();
    assert_eq!((&all["total"], &all["next"]), (&json!(100), &Value::Null));
    let items = all["items"].as_array().expect("rows").clone();
    let page = api.get(&format!("{path}?offset=40&limit=2"), &token).await.is(200).json();
    assert_eq!(page["items"].as_array().map(Vec::as_slice), Some(&items[40..42]));

    let new: Vec<&Value> = items.iter().filter(|row| row["status"] == "new").collect();
    let found = api.get(&format!("{path}?where=status%20%3D%20%27new%27&limit=5"), &token).await.is(200).json();
    assert_eq!(found["total"].as_u64(), Some(new.len() as u64));
    assert_eq!(found["items"].as_array().expect("rows").iter().collect::<Vec<_>>(), new[..5]);
    let sorted = api.get(&format!("{path}?order_by=surname%20desc,id&columns=surname,id"), &token).await.is(200).json();
    let surnames: Vec<&str> =
        sorted["items"].as_array().expect("rows").iter().filter_map(|row| row["surname"].as_str()).collect();
    assert!(surnames.len() == 100 && surnames.is_sorted_by(|a, b| a >= b));

    let csv = api.get(&format!("{path}?format=csv&limit=1&columns=status,id"), &token).await.is(200);
    assert_eq!(csv.header("content-type"), Some("text/csv"));
    assert!(csv.text().starts_with("status,id\n") && csv.text().lines().count() == 2, "{}", csv.text());
    let bearer = format!("Bearer {token}");
    let accept = [("authorization", bearer.as_str()), ("accept", "application/jsonl")];
    let lines = api.send(Method::GET, &path, &accept, Vec::new()).await.is(200).text();
    assert_eq!(lines.lines().count(), 100);
    let accept = [("authorization", bearer.as_str()), ("accept", "image/png")];
    api.send(Method::GET, &path, &accept, Vec::new()).await.problem(406, "not_acceptable");
    for (query, pointer) in [
        ("where=statu%20%3D%201", "/where"),
        ("where=now()%20%3E%20hired_on", "/where"),
        ("order_by=statu", "/order_by"),
        ("columns=statu", "/columns"),
        ("limit=0", "/limit"),
        ("format=doc", "/format"),
        ("format=", "/format"),
    ] {
        let told = api.get(&format!("{path}?{query}"), &token).await.problem(422, "invalid_input").json();
        assert_eq!(told["errors"][0]["pointer"], pointer, "{told}");
    }
    let beyond = api.get(&format!("{path}?order_by=id&offset=1000000"), &token).await.is(200).json();
    assert_eq!(beyond["items"], json!([]));
}

#[actix_web::test]
async fn the_certificate_comes_as_json_page_and_sql() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, hiring()).await;
    let id = id_of(&api.generation(&token, &dataset, &json!({})).await);
    let path = format!("/api/v1/generations/{id}/certificate");
    let certificate = api.get(&path, &token).await.is(200).json();
    let results = certificate["results"].as_array().expect("results");
    assert!(results.iter().any(|result| result["id"] == "planned-in-order"));
    assert!(results.iter().all(|result| result["broken"] == 0));
    let page = api.get(&format!("{path}?format=html"), &token).await.is(200);
    assert!(
        page.text().contains("planned-in-order")
            && page.header("content-type").is_some_and(|t| t.starts_with("text/html"))
    );
    assert!(api.get(&format!("{path}?format=sql&dialect=sqlite"), &token).await.is(200).text().contains("SELECT"));
    for (query, pointer) in [("format=pdf", "/format"), ("format=", "/format"), ("format=sql&dialect=x", "/dialect")] {
        let told = api.get(&format!("{path}?{query}"), &token).await.problem(422, "invalid_input").json();
        assert_eq!(told["errors"][0]["pointer"], pointer);
    }
}

#[actix_web::test]
async fn what_cannot_be_made_is_refused_before_it_waits() {
    let api = Api::with(&[("MAX_ROWS_PER_GENERATION", "400")]);
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, hiring()).await;
    let path = format!("/api/v1/datasets/{dataset}/generations");
    for body in
        [json!({"scale": 2.0}), json!({"rows": {"candidat": 5}}), json!({"parameters": {"x": 1}}), json!({"seed": -1})]
    {
        api.post(&path, &token, &body).await.problem(422, "invalid_input");
    }
    api.post(&path, &token, &json!({"version": 7})).await.problem(422, "invalid_input");
    assert_eq!(api.get(&path, &token).await.json()["total"], 0);
}

#[actix_web::test]
async fn events_tell_how_far_it_is_and_end_with_it() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &numbers(300_000)).await;
    let path = format!("/api/v1/datasets/{dataset}/generations");
    let id = id_of(&api.post(&path, &token, &json!({})).await.is(202).json());
    api.app.generations.ring();
    let events = api.get(&format!("/api/v1/generations/{id}/events"), &token).await.is(200);
    assert_eq!(events.header("content-type"), Some("text/event-stream"));
    let text = events.text();
    let progress: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).expect("a progress"))
        .collect();
    let done: Vec<u64> = progress.iter().filter_map(|progress| progress["rows_done"].as_u64()).collect();
    assert!(done.is_sorted(), "{done:?}");
    let last = progress.last().expect("an event");
    assert_eq!((&last["state"], &last["rows_done"]), (&json!("succeeded"), &json!(300_000)));

    // Each event has an id of its own, and whoever comes back with one is not told the same again.
    let ids: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(ids.len(), progress.len());
    assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), ids.len(), "{ids:?}");
    let path = format!("/api/v1/generations/{id}/events");
    let bearer = format!("Bearer {token}");
    let again = async |last: &str| {
        let headers = [("authorization", bearer.as_str()), ("last-event-id", last)];
        api.send(Method::GET, &path, &headers, Vec::new()).await.is(200).text()
    };
    assert_eq!(again(ids.last().expect("an id")).await, ": \n\n");
    for other in ["", "0", "of another server"] {
        let told = again(other).await;
        assert!(told.contains(&format!("id: {}\n", ids[ids.len() - 1])) && told.contains("succeeded"), "{told}");
    }
}

#[actix_web::test]
async fn events_end_with_the_access_of_whoever_hears_them() {
    let api = Api::new();
    let (admin, editor, viewer) = (api.user(Role::Admin), api.user(Role::Editor), api.user(Role::Viewer));
    let dataset = api.dataset(&editor, &numbers(90_000_000)).await;
    let path = format!("/api/v1/datasets/{dataset}/generations");
    let id = id_of(&api.post(&path, &editor, &json!({})).await.is(202).json());
    let key = async |body: &Value| {
        let made = api.post("/api/v1/api-keys", &editor, body).await.is(201);
        let location = made.header("location").expect("a location").to_owned();
        (made.json()["key"].as_str().expect("a key").to_owned(), location)
    };
    let (revoked, location) = key(&json!({"name": "revoked"})).await;
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(4);
    let (ending, _) = key(&json!({"name": "ending", "expires_at": soon.to_string()})).await;
    let events = format!("/api/v1/generations/{id}/events");
    let heard =
        async { futures::join!(api.get(&events, &viewer), api.get(&events, &revoked), api.get(&events, &ending)) };
    let removed = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        api.act(Method::DELETE, &format!("/api/v1/users/{}", api.id_of(Role::Viewer)), &admin).await.is(204);
        api.act(Method::DELETE, &location, &editor).await.is(204);
    };
    let both = async { futures::join!(heard, removed) };
    let (heard, ()) = tokio::time::timeout(Duration::from_secs(30), both).await.expect("the streams end");
    for answer in [heard.0, heard.1, heard.2] {
        let text = answer.is(200).text();
        assert!(text.starts_with("event: progress\n") && !text.contains("succeeded"), "{text}");
    }
}

#[actix_web::test]
async fn a_running_generation_is_cancelled_and_leaves_nothing() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &numbers(90_000_000)).await;
    let path = format!("/api/v1/datasets/{dataset}/generations");
    let id = id_of(&api.post(&path, &token, &json!({})).await.is(202).json());
    let waiting = id_of(&api.post(&path, &token, &json!({})).await.is(202).json());
    let own = format!("/api/v1/generations/{id}");
    while api.get(&own, &token).await.json()["rows_done"] == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let tables = format!("{own}/tables");
    api.get(&tables, &token).await.problem(409, "conflict");
    api.act(Method::DELETE, &own, &token).await.problem(409, "conflict");
    let other = api.act(Method::POST, &format!("/api/v1/generations/{waiting}/cancel"), &token).await.is(202).json();
    assert_eq!(other["state"], "cancelled");
    api.act(Method::POST, &format!("{own}/cancel"), &token).await.is(202);
    assert_eq!(api.ended(&token, &own).await["state"], "cancelled");
    // The worker stops within a second; it is waited for longer where the machine is busy.
    let begun = std::time::Instant::now();
    while parts::folder(api.folder.path(), &id).exists() {
        assert!(begun.elapsed().as_secs() < 60, "its rows stay");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    api.act(Method::POST, &format!("{own}/cancel"), &token).await.problem(409, "conflict");
    let after = api.generation(&token, &dataset, &json!({"rows": {"number": 10}})).await;
    assert_eq!(after["state"], "succeeded", "the queue goes on");
}

#[actix_web::test]
async fn a_generation_goes_on_from_its_recorded_parts_and_makes_lost_ones_again() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &numbers(2 * PART + 5)).await;
    let whole = api.generation(&token, &dataset, &json!({})).await;
    let id = id_of(&whole);
    let folder = parts::folder(api.folder.path(), &id);
    let kept = fs::metadata(parts::path(&folder, 0, 0)).expect("a part").modified().expect("a time");
    // As a killed server leaves it: the first part recorded and there, the second lost, the third never made.
    api.app
        .db
        .write_now(|c| {
            use diesel::RunQueryDsl;
            diesel::sql_query("DELETE FROM generation_parts WHERE part = 2").execute(c)?;
            diesel::sql_query("UPDATE generations SET state = 'running', content_hash = NULL").execute(c)?;
            store::requeue_running(c)
        })
        .expect("as it was");
    for part in [1, 2] {
        fs::remove_file(parts::path(&folder, 0, part)).expect("removed");
    }
    fs::write(parts::path(&folder, 0, 2).with_extension("partial"), "half a file").expect("written");
    api.app.generations.ring();
    let again = api.ended(&token, &format!("/api/v1/generations/{id}")).await;
    assert_eq!((&again["state"], &again["content_hash"]), (&json!("succeeded"), &whole["content_hash"]));
    assert_eq!(fs::metadata(parts::path(&folder, 0, 0)).expect("a part").modified().expect("a time"), kept);
    let names: Vec<String> = fs::read_dir(folder.join("0"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[actix_web::test]
async fn a_part_that_was_cut_is_made_again_and_a_damaged_one_when_it_is_read_next() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &numbers(500)).await;
    let id = id_of(&api.generation(&token, &dataset, &json!({})).await);
    let path = parts::path(&parts::folder(api.folder.path(), &id), 0, 0);
    let rows = format!("/api/v1/generations/{id}/tables/number/rows?limit=500");
    let shown = api.get(&rows, &token).await.is(200).json();
    let whole = fs::read(&path).expect("a part");
    fs::write(&path, &whole[..whole.len() / 2]).expect("cut");
    assert_eq!(api.get(&rows, &token).await.is(200).json(), shown);
    assert_eq!(fs::read(&path).expect("a part"), whole);
    let mut damaged = whole.clone();
    damaged[4..100].fill(0x5A);
    fs::write(&path, damaged).expect("damaged");
    let query = json!({"sql": "SELECT sum(n) AS n FROM number"});
    let asked = format!("/api/v1/generations/{id}/query");
    let told = api.post(&asked, &token, &query).await;
    assert_ne!(told.status, 200);
    assert!(String::from_utf8_lossy(&told.bytes).contains("ask again"), "{:?}", told.bytes);
    api.post(&asked, &token, &query).await.is(200);
    assert_eq!(api.get(&rows, &token).await.is(200).json(), shown);
}

#[actix_web::test]
async fn a_generation_that_ends_its_server_again_and_again_is_given_up() {
    use diesel::RunQueryDsl;

    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &numbers(10)).await;
    let id = id_of(&api.generation(&token, &dataset, &json!({})).await);
    let begun = |times: u32| {
        // As a server leaves it that ended in the midst of it, for the last of so many times.
        let sql = format!("UPDATE generations SET state = 'running', content_hash = NULL, attempts = {times}");
        let as_it_was = api.app.db.write_now(|c| {
            diesel::sql_query("DELETE FROM generation_parts").execute(c)?;
            diesel::sql_query(&sql).execute(c)?;
            store::requeue_running(c)
        });
        as_it_was.expect("as it was");
        api.app.generations.ring();
    };
    begun(19);
    let own = format!("/api/v1/generations/{id}");
    assert_eq!(api.ended(&token, &own).await["state"], "succeeded");
    let left = api.app.db.read_now(|c| Ok::<_, api::error::ApiError>(store::attempts(c, &id)?));
    assert_eq!(left.expect("a number"), 0, "a finished part begins the count anew");
    begun(20);
    let ended = api.ended(&token, &own).await;
    assert_eq!(ended["state"], "failed");
    assert!(ended["failure"].as_str().is_some_and(|text| text.contains("ended 20 times")), "{ended}");
}

#[actix_web::test]
async fn a_generation_of_another_engine_ends_with_a_sentence_and_its_lost_rows_are_gone() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, hiring()).await;
    let id = id_of(&api.generation(&token, &dataset, &json!({})).await);
    let own = format!("/api/v1/generations/{id}");
    let folder = parts::folder(api.folder.path(), &id);
    fs::remove_file(parts::path(&folder, 1, 0)).expect("removed");
    let rows = format!("{own}/tables/candidate/rows?limit=1");
    api.get(&rows, &token).await.is(200);
    assert!(parts::path(&folder, 1, 0).is_file(), "a lost part is made again");
    let execute = |sql: &'static str| {
        use diesel::RunQueryDsl;
        api.app.db.write_now(|c| diesel::sql_query(sql).execute(c)).expect("done");
    };
    execute("UPDATE generations SET engine_version = '0'");
    api.get(&rows, &token).await.is(200);
    fs::remove_file(parts::path(&folder, 1, 0)).expect("removed");
    api.get(&rows, &token).await.problem(410, "engine_changed");
    execute("UPDATE generations SET state = 'queued'");
    api.app.generations.ring();
    let ended = api.ended(&token, &own).await;
    assert_eq!(ended["state"], "failed");
    assert!(ended["failure"].as_str().is_some_and(|text| text.contains("start a new generation")), "{ended}");
}

#[actix_web::test]
async fn an_expression_that_fails_ends_its_generation_with_a_sentence() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let text = "name: x\ntables:\n  - name: t\n    rows: 50\n    columns:\n      - { name: n, generator: { type: sequence } }\n      - { name: q, generator: { type: expression, sql: \"100 / (n - 30)\" } }\n";
    let dataset = api.dataset(&token, text).await;
    let ended = api.generation(&token, &dataset, &json!({})).await;
    assert_eq!(ended["state"], "failed", "{ended}");
    assert!(ended["failure"].as_str().is_some_and(|text| text.contains("zero")), "{ended}");
    assert!(!parts::folder(api.folder.path(), &id_of(&ended)).exists());
    let path = format!("/api/v1/datasets/{dataset}/tables/t/rows");
    api.get(&path, &token).await.problem(422, "invalid_input");
}

#[actix_web::test]
async fn a_lost_part_is_not_made_again_where_the_disk_has_no_room_for_it() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &numbers(1000)).await;
    let id = id_of(&api.generation(&token, &dataset, &json!({})).await);
    let folder = api.stop();
    let part = parts::path(&parts::folder(folder.path(), &id), 0, 0);
    fs::remove_file(&part).expect("a part");
    let api = Api::reopened(folder, |folder| config(folder, &[("MIN_FREE_DISK_MB", "1000000000")]));
    let (rows, token) = (format!("/api/v1/generations/{id}/tables/number/rows"), api.token(Role::Editor));
    let told = api.get(&rows, &token).await.problem(503, "unavailable").json();
    assert!(told["detail"].as_str().is_some_and(|text| text.contains("MB are free on the disk")), "{told}");
    assert!(!part.exists());
    let api = Api::reopened(api.stop(), |folder| config(folder, &[]));
    assert_eq!(api.get(&rows, &token).await.is(200).json()["items"][0]["n"], 1);
    assert!(part.is_file());
}

/// The word of a generation's or an export's state and its lease, as they are recorded.
fn recorded(api: &Api, table: &str, id: &str) -> (String, String) {
    #[derive(diesel::QueryableByName)]
    struct Recorded {
        #[diesel(sql_type = diesel::sql_types::Text)]
        state: String,
        #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
        leased_until: Option<String>,
    }
    let sql = format!("SELECT state, leased_until FROM {table} WHERE id = '{id}'");
    let read = |c: &mut diesel::SqliteConnection| {
        Ok::<_, api::error::ApiError>(diesel::RunQueryDsl::get_result::<Recorded>(diesel::sql_query(&sql), c)?)
    };
    let Recorded { state, leased_until } = api.app.db.read_now(read).expect("a row");
    (state, leased_until.unwrap_or_default())
}

const LONG_AGO: &str = "2020-01-01T00:00:00.000Z";

#[actix_web::test]
async fn work_whose_worker_is_gone_is_taken_by_another_once_its_lease_ran_out() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let dataset = api.dataset(&token, &numbers(PART + 5)).await;
    let whole = api.generation(&token, &dataset, &json!({})).await;
    let id = id_of(&whole);
    let own = format!("/api/v1/generations/{id}");
    let exports = format!("{own}/exports");
    let export = id_of(&api.post(&exports, &token, &json!({"format": "csv"})).await.is(202).json());
    let file = api.ended(&token, &format!("/api/v1/exports/{export}")).await;
    let part = |part: usize| parts::path(&parts::folder(api.folder.path(), &id), 0, part);
    let changed = |part: std::path::PathBuf| fs::metadata(part).expect("a part").modified().expect("a time");
    let kept = changed(part(0));

    // As a worker leaves them that died: the first part recorded and there, the second not.
    let leave = |until: &str| {
        api.sql(&format!(
            "UPDATE generations SET state = 'running', content_hash = NULL, finished_at = NULL, leased_until = '{until}' WHERE id = '{id}'"
        ));
    };
    let leave_export = |until: &str| {
        api.sql(&format!("UPDATE exports SET state = 'running', leased_until = '{until}' WHERE id = '{export}'"))
    };
    api.sql("DELETE FROM generation_parts WHERE part = 1");
    fs::remove_file(part(1)).expect("removed");
    leave("2999-01-01T00:00:00.000Z");
    leave_export("2999-01-01T00:00:00.000Z");
    // Workers look, and what is somebody's is passed over.
    let other = api.generation(&token, &dataset, &json!({"rows": {"number": 10}})).await;
    let path = format!("/api/v1/generations/{}/exports", id_of(&other));
    let small = id_of(&api.post(&path, &token, &json!({"format": "csv"})).await.is(202).json());
    assert_eq!(api.ended(&token, &format!("/api/v1/exports/{small}")).await["state"], "succeeded");
    assert_eq!(recorded(&api, "generations", &id).0, "running");
    assert_eq!(recorded(&api, "exports", &export).0, "running");

    // What is on a desk has its lease renewed, and is nobody else's even where that came too late.
    {
        let row = api.app.db.read_now(|c| Ok::<_, api::error::ApiError>(store::find(c, id.parse().expect("an id"))?));
        let progress = worker::progress_of(&row.expect("a database").expect("a row"), State::Running);
        let _held = api.app.generations.begin(id.parse().expect("an id"), progress);
        leave(LONG_AGO);
        api.app.generations.ring();
        api.generation(&token, &dataset, &json!({"rows": {"number": 10}})).await;
        assert_eq!(recorded(&api, "generations", &id).0, "running");
        leases::once(&api.app).expect("a database");
        let (state, until) = recorded(&api, "generations", &id);
        assert!(state == "running" && until > api::db::now(), "{state} until {until}");
    }

    leave(LONG_AGO);
    api.app.generations.ring();
    let again = api.ended(&token, &own).await;
    assert_eq!((&again["state"], &again["content_hash"]), (&json!("succeeded"), &whole["content_hash"]));
    assert_eq!(changed(part(0)), kept, "it went on from its last whole part");
    assert!(part(1).is_file());
    leave_export(LONG_AGO);
    api.app.exports.ring();
    let again = api.ended(&token, &format!("/api/v1/exports/{export}")).await;
    assert_eq!((&again["state"], &again["content_hash"]), (&json!("succeeded"), &file["content_hash"]));
}
