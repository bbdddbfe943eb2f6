//! Keys that share columns.

use serde_json::{Value, json};

use super::bounded::held;
use super::compiled;

fn key(name: &str, columns: &[&str], table: &str, references: &[&str]) -> Value {
    json!({ "name": name, "columns": columns, "references": { "table": table, "columns": references } })
}

/// Companies, and of each some customers and products, who are known by company and number; sales show one of each.
fn tenants(sales: Value) -> Value {
    let of_company = |name: &str, rows: u64| {
        json!({
            "name": name, "rows": rows, "primary_key": ["company_id", "id"],
            "columns": [
                { "name": "company_id" },
                { "name": "id", "generator": { "type": "sequence" } },
                { "name": "kind", "generator": { "type": "choice", "values": ["a", "b"] } },
                { "name": "weight", "generator": { "type": "integer", "min": 1, "max": 9 } },
            ],
            "foreign_keys": [key("company", &["company_id"], "company", &["id"])],
        })
    };
    let companies = json!({
        "name": "company", "rows": 8, "primary_key": ["id"],
        "columns": [{ "name": "id", "generator": { "type": "uuid_v4" } }],
    });
    let mut tables = vec![companies, of_company("customer", 40), of_company("product", 12)];
    let mut table = json!({
        "name": "sale", "rows": 300,
        "columns": [
            { "name": "id", "generator": { "type": "sequence" } },
            { "name": "company_id" },
            { "name": "customer_id" },
            { "name": "product_id" },
        ],
        "foreign_keys": [
            key("company", &["company_id"], "company", &["id"]),
            key("customer", &["company_id", "customer_id"], "customer", &["company_id", "id"]),
            key("product", &["company_id", "product_id"], "product", &["company_id", "id"]),
        ],
    });
    json_patch(&mut table, sales);
    tables.push(table);
    json!({ "name": "tenants", "random_seed": 5, "tables": tables })
}

/// Merges as RFC 7396 does, lists item by item.
fn json_patch(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (key, value) in patch {
                json_patch(target.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(target), Value::Array(patch)) => {
            for (place, value) in patch.into_iter().enumerate() {
                match target.get_mut(place) {
                    Some(item) => json_patch(item, value),
                    None => target.push(value),
                }
            }
        }
        (target, patch) => *target = patch,
    }
}

/// What is told of sales that cannot be.
fn told(sales: Value) -> String {
    let found = compiled(&tenants(sales).to_string());
    assert!(found.plan.is_none(), "it plans");
    found.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn rows_agree_in_the_columns_that_their_keys_share() {
    held(&tenants(json!({})));
    // The columns that keys refer to stand in any order, and are read through each key.
    let sales = json!({
        "columns": [{}, {}, {}, {}, { "name": "same", "generator": { "type": "expression", "sql": "customer.company_id = company.id AND product.company_id = company.id AND customer.company.id = company_id" } }],
        "rules": [{ "id": "same", "kind": "check", "sql": "same" }],
    });
    held(&tenants(sales));
}

#[test]
fn the_others_choose_by_condition_weight_and_rank() {
    for product in [
        json!({ "where": "kind = 'a'" }),
        json!({ "pick": "zipf" }),
        json!({ "pick": { "weighted": "weight * weight" } }),
        json!({ "null_rate": 0.3 }),
        json!({ "where": "weight > 3", "pick": { "weighted": "weight" }, "null_rate": 0.1 }),
    ] {
        held(&tenants(json!({ "foreign_keys": [{}, { "pick": "zipf" }, product] })));
        held(&tenants(json!({ "foreign_keys": [{}, { "where": "kind = 'b'", "null_rate": 0.2 }, product] })));
    }
}

#[test]
fn weights_are_met_among_what_is_left() {
    let weights = json!({ "foreign_keys": [{}, {}, { "pick": { "weighted": "CASE WHEN kind = 'a' THEN 0 ELSE 1 END" } }],
        "rules": [{ "id": "b", "kind": "check", "sql": "product.kind = 'b'" }] });
    held(&tenants(weights));
}

#[test]
fn children_of_the_deciding_key_lie_side_by_side() {
    let children = json!({ "rows": null, "foreign_keys": [{}, { "children": { "min": 1, "max": 6 } }, {}] });
    let refused = told(children.clone());
    assert!(refused.contains("beside which nothing can be chosen by company, product"), "{refused}");
    let mut schema = tenants(children);
    // A product at least of each company.
    schema["tables"][2]["foreign_keys"][0]["children"] = json!({ "min": 1, "max": 3 });
    schema["tables"][2]["rows"] = Value::Null;
    held(&schema);
}

#[test]
fn combinations_of_keys_that_share_a_column_do_not_repeat() {
    let unique = json!({ "rows": 60, "columns": [{}, {}, {}, {}],
        "rules": [{ "id": "once", "kind": "unique", "columns": ["company_id", "customer_id", "product_id"] }] });
    assert_eq!(held(&tenants(unique.clone())), ["by_construction"]);
    let mut primary = tenants(json!({ "rows": 50, "primary_key": ["company_id", "customer_id", "product_id"] }));
    held(&primary);
    primary["tables"][3]["rows"] = json!(5_000);
    let found = compiled(&primary.to_string());
    let problems: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
    assert!(problems.iter().any(|problem| problem.contains("needs 5000 combinations and there are ")), "{problems:?}");
}

#[test]
fn siblings_choose_different_parents_of_those_that_are_left() {
    let children = |most: u64| {
        let mut schema = tenants(json!({ "rows": null, "primary_key": ["company_id", "customer_id", "product_id"],
            "foreign_keys": [{}, { "children": { "min": 0, "max": most } }, {}] }));
        schema["tables"][2]["foreign_keys"][0]["children"] = json!({ "min": 2, "max": 4 });
        schema["tables"][2]["rows"] = Value::Null;
        schema
    };
    held(&children(2));
    let found = compiled(&children(5).to_string());
    let problems: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
    let expected = "combinations for the children of one parent and there are ";
    assert!(problems.iter().any(|problem| problem.contains(expected)), "{problems:?}");
}

#[test]
fn what_cannot_stand_beside_a_shared_column_is_refused() {
    for (sales, expected) in [
        (
            json!({ "rows": null, "foreign_keys": [{}, { "children": { "min": 1, "max": 3 } }, { "children": { "min": 1 } }] }),
            "have no number of their own",
        ),
        (json!({ "foreign_keys": [{}, {}, { "pick": "round_robin" }] }), "have no turns"),
        (json!({ "foreign_keys": [{ "null_rate": 0.5 }] }), "decides all columns of company"),
        (json!({ "foreign_keys": [{}, { "columns": ["company_id", "company_id"] }] }), "stands twice"),
        (json!({ "given": [{ "product_id": 3 }] }), "given rows beside the keys"),
        (
            json!({ "foreign_keys": [{}, {}, { "where": "kind = 'c'" }] }),
            "no row of customer can be chosen by customer",
        ),
    ] {
        let told = told(sales);
        assert!(told.contains(expected), "{told}");
    }
}
