//! Values in the type of their column: what the type alone tells is refused by the plan, with what mends it.

use serde_json::{Value, json};

use super::{compiled, patched};

/// A table with two numbers, a date and one column more.
fn schema(column: &Value, rules: &Value) -> Value {
    json!({ "name": "d", "tables": [{
        "name": "t", "rows": 200, "primary_key": ["id"], "rules": rules,
        "columns": [
            { "name": "id", "generator": { "type": "sequence" } },
            { "name": "pay", "generator": { "type": "integer", "min": 1000, "max": 9000 } },
            { "name": "rate", "generator": { "type": "decimal", "min": 0, "max": 1, "scale": 3 } },
            { "name": "at", "generator": { "type": "datetime", "start": "2024-01-01T00:00:00Z", "end": "2024-12-31T00:00:00Z" } },
            column,
        ],
    }] })
}

fn calculated(kind: &str, sql: &str) -> Value {
    let mut column = json!({ "name": "c" });
    for (word, key) in kind.split(' ').zip(["type", "precision", "scale"]) {
        column[key] = word.parse::<u8>().map_or_else(|_| word.into(), Value::from);
    }
    schema(&column, &json!([{ "id": "r", "kind": "calculate", "column": "c", "sql": sql }]))
}

/// That a schema is refused in one sentence, and that the proposed change makes it plan.
fn is_mended(schema: &Value, sentence: &str) {
    let found = compiled(&schema.to_string()).problems;
    let errors: Vec<String> = found.iter().filter(|found| found.is_error()).map(ToString::to_string).collect();
    assert_eq!(errors, [sentence], "{schema}");
    let fix = found[0].fix.as_ref().unwrap_or_else(|| panic!("{sentence} has no change"));
    let better = patched(schema, fix);
    let after = compiled(&better.to_string());
    assert!(after.plan.is_some(), "{fix}: {:?}", after.problems.iter().map(ToString::to_string).collect::<Vec<_>>());
}

#[test]
fn a_formula_with_places_in_a_column_of_whole_numbers_is_refused_and_rounded() {
    is_mended(
        &calculated("integer", "pay * 1.5"),
        "tables[0].columns[4].type: values of type decimal(23,1) cannot become integer without losing something; write round(pay * 1.5), or say type: decimal",
    );
    is_mended(
        &calculated("integer", "sqrt(pay)"),
        "tables[0].columns[4].type: values of type float cannot become integer without losing something; write CAST(round(sqrt(pay)) AS BIGINT), or say type: float",
    );
    is_mended(
        &schema(
            &json!({ "name": "c", "type": "integer", "generator": { "type": "expression", "sql": "rate + 1 -- and more" } }),
            &json!([]),
        ),
        "tables[0].columns[4].type: values of type decimal(24,3) cannot become integer without losing something; write round(rate + 1 -- and more\n), or say type: decimal",
    );
}

#[test]
fn a_formula_with_more_places_than_its_column_is_refused_and_rounded() {
    is_mended(
        &calculated("decimal 10 2", "rate * pay"),
        "tables[0].columns[4].type: values of type decimal(38,3) cannot become decimal(10,2) without losing something; write round(rate * pay, 2), or say type: decimal",
    );
    is_mended(
        &calculated("decimal 9 4", "sqrt(pay)"),
        "tables[0].columns[4].type: values of type float cannot become decimal(9,4) without losing something; write CAST(sqrt(pay) AS DECIMAL(9, 4)), or say type: float",
    );
}

#[test]
fn text_and_times_become_no_numbers_and_days() {
    is_mended(
        &calculated("integer", "CAST(pay AS VARCHAR)"),
        "tables[0].columns[4].type: values of type string cannot become integer without losing something; say type: string, or write the conversion in SQL",
    );
    is_mended(
        &calculated("date", "at"),
        "tables[0].columns[4].type: values of type datetime cannot become date without losing something; say type: datetime, or write the conversion in SQL",
    );
}

#[test]
fn a_formula_of_some_rows_keeps_to_the_type_of_the_others() {
    let column = json!({ "name": "c", "generator": { "type": "integer", "min": 1, "max": 9 } });
    let rules = json!([{ "id": "r", "kind": "calculate", "column": "c", "sql": "pay * 1.5", "when": "pay > 5000" }]);
    is_mended(
        &schema(&column, &rules),
        "tables[0].rules[0].sql: values of type decimal(23,1) cannot become integer without losing something; write round(pay * 1.5)",
    );
}

#[test]
fn numbers_with_more_digits_than_their_column_are_found_in_its_first_rows() {
    let found = |schema: &Value| {
        let compiled = compiled(&schema.to_string());
        compiled.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let told = found(&calculated("decimal 5 2", "pay * 1"));
    assert!(
        told.starts_with("tables[0].columns[4].type: ")
            && told.ends_with(
                " does not fit decimal(5,2) without losing something; allow more digits by precision, or make the values smaller"
            ),
        "{told}"
    );
    let told = found(&calculated("float", "pay * 0 + 9007199254740993"));
    assert!(told.contains("does not fit float without losing something"), "{told}");
    for (kind, sql) in [
        ("decimal 6 2", "pay * 1"),
        ("integer", "round(pay * 1.5)"),
        ("integer", "CAST(round(sqrt(pay)) AS BIGINT)"),
        ("integer", "round(pay, -2)"),
        ("decimal 38 10", "rate"),
        ("float", "rate"),
        ("datetime", "CAST(at AS DATE)"),
        ("text", "rate"),
    ] {
        assert_eq!(found(&calculated(kind, sql)), "", "{kind}: {sql}");
    }
}
