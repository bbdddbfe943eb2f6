//! Parents of which a condition is true, and trees: holding and broken, and the same in SQL.

use super::*;

#[tokio::test]
async fn a_parent_of_which_the_condition_is_not_true_breaks_the_where() {
    let dataset = dataset(json!([
        { "name": "shop", "primary_key": ["id"], "columns": [{ "name": "id" }, { "name": "open" }, { "name": "town" }],
          "foreign_keys": [{ "name": "town", "columns": ["town"], "references": { "table": "town", "columns": ["id"] } }] },
        { "name": "town", "primary_key": ["id"], "columns": [{ "name": "id" }, { "name": "people", "type": "integer" }] },
        { "name": "sale", "primary_key": ["id"], "columns": [{ "name": "id" }, { "name": "shop_id" }], "foreign_keys": [
            { "name": "shop", "columns": ["shop_id"], "references": { "table": "shop", "columns": ["id"] }, "where": "open = 'yes' AND town.people > 5" }] }]));
    let tables = [
        table("town", vec![("id", numbers(1..=2)), ("people", numbers([9, 3]))]),
        table(
            "shop",
            vec![
                ("id", numbers(1..=4)),
                ("open", texts(&[Some("yes"), Some("no"), Some("yes"), None])),
                ("town", numbers([1, 1, 2, 1])),
            ],
        ),
        table(
            "sale",
            vec![("id", numbers(1..=6)), ("shop_id", ints(&[Some(1), Some(2), Some(3), Some(4), None, Some(1)]))],
        ),
    ];
    let certificate = agreed(&dataset, &tables).await;
    is(
        found(&certificate, "where:sale.shop"),
        5,
        3,
        json!([{ "id": 2, "shop_id": 2 }, { "id": 3, "shop_id": 3 }, { "id": 4, "shop_id": 4 }]),
    );
    is(found(&certificate, "foreign-key:sale.shop"), 5, 0, json!([]));
    let says = "shop_id is null or the id of a row of shop where open = 'yes' AND town.people > 5";
    assert_eq!(found(&certificate, "where:sale.shop").statement, says);
}

fn tree(more: Value) -> Dataset {
    let mut key =
        json!({ "name": "boss", "columns": ["boss"], "references": { "table": "person", "columns": ["id"] } });
    key.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    dataset(
        json!([{ "name": "person", "primary_key": ["id"], "columns": [{ "name": "id" }, { "name": "boss" }], "foreign_keys": [key] }]),
    )
}

#[tokio::test]
async fn a_circle_and_a_level_too_deep_break_a_tree() {
    let people = [table(
        "person",
        vec![("id", numbers(1..=7)), ("boss", ints(&[None, Some(1), Some(2), Some(3), Some(6), Some(5), Some(5)]))],
    )];
    let id = "tree:person.boss";
    let certificate = agreed(&tree(json!({ "max_depth": 2, "root_rate": 0.15 })), &people).await;
    is(found(&certificate, id), 7, 4, json!([{ "id": 4 }, { "id": 5 }, { "id": 6 }, { "id": 7 }]));
    assert_eq!(found(&certificate, id).statement, "following boss ends within 2 steps, and 15 % of the rows have none");
    let certificate = agreed(&tree(json!({ "root_rate": 0.4 })), &people).await;
    is(found(&certificate, id), 7, 4, json!([{ "roots": 1, "expected": 3 }, { "id": 5 }, { "id": 6 }, { "id": 7 }]));
    let fine = [table("person", vec![("id", numbers(1..=4)), ("boss", ints(&[Some(2), None, Some(1), Some(2)]))])];
    is(found(&agreed(&tree(json!({ "max_depth": 2 })), &fine).await, id), 4, 0, json!([]));
    for dialect in Dialect::ALL {
        assert!(!verify_sql(&tree(json!({})), &Expected::default(), dialect).contains("Left out"));
    }
}

#[tokio::test]
async fn given_rows_are_there_or_are_told() {
    let columns = json!([{ "name": "id" }, { "name": "label", "type": "string" }, { "name": "price", "type": "decimal", "scale": 2 }, { "name": "day", "type": "date" }]);
    let given = json!([{ "id": 7, "label": "it's" }, { "id": 3, "price": 1.5 }, { "id": 2, "price": "2.25", "day": "2022-01-09" }, { "id": 1, "label": null }, {}]);
    let dataset = dataset(json!([{ "name": "article", "primary_key": ["id"], "columns": columns, "given": given }]));
    let articles = |labels: &[Option<&str>]| {
        [table(
            "article",
            vec![
                ("id", numbers([1, 2, 3, 7])),
                ("label", texts(labels)),
                ("price", cents(&[None, Some(225), Some(150), Some(1)])),
                ("day", days(&[None, Some(19_001), None, None])),
            ],
        )]
    };
    let certificate = agreed(&dataset, &articles(&[None, Some("b"), None, Some("it's")])).await;
    is(found(&certificate, "given:article"), 5, 0, json!([]));
    assert_eq!(found(&certificate, "given:article").statement, "the 5 given rows are there");
    let certificate = agreed(&dataset, &articles(&[Some("a"), Some("b"), None, Some("its")])).await;
    is(found(&certificate, "given:article"), 5, 2, json!([{ "id": 7, "label": "it's" }, { "id": 1, "label": null }]));
}

#[tokio::test]
async fn a_table_has_the_rows_that_its_schema_says_or_gives() {
    let rows = |more: Value| {
        let mut own = json!({ "name": "t", "primary_key": ["id"], "columns": [{ "name": "id" }] });
        own.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        dataset(json!([own]))
    };
    let five = [table("t", vec![("id", numbers(1..=5))])];
    for (more, broken) in [
        (json!({ "rows": 5 }), 0),
        (json!({ "rows": 7 }), 2),
        (json!({ "rows": 1 }), 4),
        (json!({ "given": [{ "id": 1 }, { "id": 2 }] }), 3),
        (json!({ "rows": 5, "given": [{ "id": 1 }, { "id": 2 }] }), 0),
    ] {
        let dataset = rows(more.clone());
        let certificate = agreed(&dataset, &five).await;
        let result = found(&certificate, "rows:t");
        assert_eq!((result.checked, result.broken), (5, broken), "{more}");
        assert_eq!(result.statement == "t has 1 row", more["rows"] == 1);
        for dialect in Dialect::ALL {
            assert!(!verify_sql(&dataset, &Expected::default(), dialect).contains("Left out"));
        }
    }
    let certificate = agreed(&rows(json!({})), &five).await;
    assert!(certificate.results.iter().all(|result| result.kind != "rows"));
}
