//! Nulls that stand where nothing makes them, and how far rules move what columns hold.

use super::plan;
use super::proved::measured;

const PEOPLE: &str = "
name: d
random_seed: 5
tables:
  - name: firm
    rows: 9
    primary_key: [id]
    columns:
      - {name: id, generator: {type: sequence}}
  - name: person
    rows: 3000
    primary_key: [id]
    columns:
      - {name: id, generator: {type: sequence}}
      - {name: name, generator: {type: first_name}}
      - {name: born, generator: {type: date, start: 1960-01-01, end: 2005-12-31}}
      - {name: phone, null_rate: 0.2, generator: {type: phone}}
      - {name: firm_id}
      - {name: age, generator: {type: integer, min: 0, max: 99}}
      - {name: state, generator: {type: choice, values: [new, old]}}
    foreign_keys: [{name: firm, columns: [firm_id], references: {table: firm, columns: [id]}}]
    rules:
      - {id: grown, kind: check, sql: age >= 50}
      - {id: news, kind: share, column: state, shares: {new: 0.9, old: 0.1}}
      - {id: free, kind: check, sql: born < '2010-01-01'}
";

#[test]
fn a_null_where_nothing_makes_one_breaks_the_certificate() {
    let right = plan(PEOPLE);
    for column in ["name", "born", "firm_id"] {
        let spoilt = match column {
            "firm_id" => PEOPLE.replace("columns: [id]}}]", "columns: [id]}, null_rate: 0.01}]"),
            "name" => PEOPLE.replace("{name: name,", "{name: name, null_rate: 0.01,"),
            _ => PEOPLE.replace("{name: born,", "{name: born, null_rate: 0.01,"),
        };
        let certificate = measured(&right.dataset, &right.expected(), &plan(&spoilt)).expect("a certificate");
        let broken: Vec<&str> =
            certificate.results.iter().filter(|result| !result.holds()).map(|result| result.id.as_str()).collect();
        assert_eq!(broken, [format!("not-null:person.{column}")]);
    }
    let certificate = measured(&right.dataset, &right.expected(), &right).expect("a certificate");
    assert!(certificate.holds());
    let stated = |id: &str| certificate.results.iter().any(|result| result.id == id);
    // A key is never null by itself, and a phone may be.
    assert!(!stated("not-null:person.id") && !stated("not-null:person.phone") && stated("not-null:person.age"));
}

const CONTRACTS: &str = "
name: d
random_seed: 5
tables:
  - name: contract
    rows: 600
    primary_key: [id]
    columns:
      - {name: id, generator: {type: sequence}}
      - {name: state, generator: {type: choice, values: [open, ended, trial]}}
      - {name: ended, null_when: \"state <> 'ended'\", generator: {type: date, start: 2020-01-01, end: 2024-12-31}}
      - {name: bonus, generator: {type: integer, min: 1, max: 9}}
      - {name: note, null_when: \"state = 'open' -- nothing to say\", generator: {type: word}}
      - {name: phone, null_when: \"state = 'open'\", null_rate: 0.2, generator: {type: phone}}
      - {name: grade, null_when: \"state = 'open'\", generator: {type: choice, values: [a, null]}}
    rules:
      - {id: trial, kind: implies, if: \"state = 'trial'\", then: bonus IS NULL}
      - {id: early, kind: implies, when: id < 50, if: \"state = 'ended'\", then: note IS NULL}
";

#[test]
fn a_null_where_no_condition_makes_one_breaks_the_certificate() {
    let right = plan(CONTRACTS);
    let certificate = measured(&right.dataset, &right.expected(), &right).expect("a certificate");
    assert!(certificate.holds(), "{certificate:?}");
    let stated = |id: &str| certificate.results.iter().find(|result| result.id == id);
    // Their generators and shares make nulls of their own.
    assert!(stated("not-null:contract.phone").is_none() && stated("not-null:contract.grade").is_none());
    let bonus = stated("not-null:contract.bonus").expect("a statement");
    assert_eq!(bonus.statement, "bonus is never null, where (state = 'trial') IS NOT TRUE");
    assert!((300..500).contains(&bonus.checked), "{bonus:?}");
    let both = stated("not-null:contract.note").expect("a statement");
    assert!((250..550).contains(&both.checked), "{both:?}");
    for (column, more) in [
        ("ended", "id = 300 OR state <> 'ended'"),
        ("note", "id % 100 = 60 OR state = 'open'"),
        ("bonus", "id % 100 = 60"),
    ] {
        // The same rows, and nulls in some that none of the right conditions is about.
        let columns = CONTRACTS.lines().map(|line| match line.contains(&format!("{{name: {column},")) {
            true => {
                let generator = line.split_once("generator").expect("a generator").1;
                format!("      - {{name: {column}, null_when: \"{more}\", generator{generator}\n")
            }
            false => format!("{line}\n"),
        });
        let spoilt = plan(&columns.collect::<String>());
        let certificate = measured(&right.dataset, &right.expected(), &spoilt).expect("a certificate");
        let broken: Vec<&str> =
            certificate.results.iter().filter(|result| !result.holds()).map(|result| result.id.as_str()).collect();
        assert_eq!(broken, [format!("not-null:contract.{column}")]);
    }
}

#[test]
fn a_plan_measures_how_far_rules_move_columns() {
    let report = plan(PEOPLE).measured();
    let column = |name: &str| report.tables[1].columns.iter().find(|column| column.name == name).expect("a column");
    let age = column("age").shift.as_ref().expect("a shift");
    assert_eq!((age.measure.as_str(), age.rows), ("mean", 3000));
    assert!((age.distance - 0.5).abs() < 0.05, "{age:?}");
    let state = column("state").shift.as_ref().expect("a shift");
    assert_eq!((state.measure.as_str(), state.after.as_str()), ("share", "90 %"));
    assert!((state.distance - 0.4).abs() < 0.05, "{state:?}");
    // A rule that takes nothing away moves nothing, nor do rules of other columns.
    assert!(column("born").shift.is_none() && column("name").shift.is_none(), "{report}");
    assert_eq!(column("state").domain.as_deref(), Some("new, old"));
    assert_eq!(column("born").domain.as_deref(), Some("1960-01-01 to 2005-12-31"));
    assert!(report.to_string().contains("rules move it: the mean from"), "{report}");
}

#[test]
fn a_column_that_is_computed_in_some_rows_is_proved_to_be_null_in_the_others() {
    let schema = "
name: d
random_seed: 5
tables:
  - name: sale
    rows: 500
    primary_key: [id]
    columns:
      - {name: id, generator: {type: sequence}}
      - {name: kind, generator: {type: choice, values: [a, b, c]}}
      - {name: amount, null_rate: 0.1, generator: {type: integer, min: 0, max: 100}}
      - {name: tax, null_when: amount > 90}
      - {name: two}
      - {name: band}
      - {name: own, generator: {type: integer, min: 1, max: 5}}
    rules:
      - {id: tax, kind: calculate, when: kind = 'a' AND amount <= 90, column: tax, sql: amount * 2}
      - {id: one, kind: calculate, when: kind = 'a', column: two, sql: amount + 1}
      - {id: two, kind: calculate, when: kind = 'b', column: two, sql: amount + 2}
      - {id: band, kind: score, when: amount < 50, column: band, of: amount, bands: [{below: 10, value: low}, {value: high}]}
      - {id: own, kind: calculate, when: kind = 'a', column: own, sql: amount + 7}
";
    let right = plan(schema);
    let certificate = measured(&right.dataset, &right.expected(), &right).expect("a certificate");
    assert!(certificate.holds(), "{:?}", certificate.results.iter().find(|result| !result.holds()));
    let nulls: Vec<(&str, &str)> = certificate
        .results
        .iter()
        .filter(|result| result.id.starts_with("null:"))
        .map(|result| (result.id.as_str(), result.statement.as_str()))
        .collect();
    assert_eq!(
        nulls,
        [
            ("null:sale.tax", "tax is null, where (amount > 90) OR (kind = 'a' AND amount <= 90) IS NOT TRUE"),
            ("null:sale.two", "two is null, where (kind = 'a') IS NOT TRUE AND (kind = 'b') IS NOT TRUE"),
            ("null:sale.band", "band is null, where (amount < 50) IS NOT TRUE"),
        ]
    );
    // A value where none is to be.
    for (column, spoilt) in [
        ("tax", schema.replace("when: kind = 'a' AND amount <= 90", "when: kind <> 'b' AND amount <= 90")),
        ("two", schema.replace("when: kind = 'b', column: two", "when: kind <> 'a', column: two")),
        ("band", schema.replace("when: amount < 50,", "when: amount < 60,")),
    ] {
        let certificate = measured(&right.dataset, &right.expected(), &plan(&spoilt)).expect("a certificate");
        let broken: Vec<&str> =
            certificate.results.iter().filter(|result| !result.holds()).map(|result| result.id.as_str()).collect();
        assert_eq!(broken, [format!("null:sale.{column}")]);
    }
    let sql = crate::verify::verify_sql(&right.dataset, &right.expected(), crate::verify::Dialect::Sqlite);
    assert!(sql.contains("-- null:sale.band: band is null, where (amount < 50) IS NOT TRUE"), "{sql}");
}
