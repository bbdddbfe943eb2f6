//! What a plan says of the memory that its generation takes.

use super::plan;
use crate::plan::BLOCK;

/// Orders of customers, chosen by each order or lying below its customer, and what they come to.
fn shop(customers: u64, key: &str) -> String {
    let rows = if key.contains("children") { String::new() } else { format!("    rows: {}\n", customers * 3) };
    format!(
        "name: shop
tables:
  - name: customer
    rows: {customers}
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: active, generator: {{ type: boolean, true_rate: 0.5 }} }}
      - {{ name: spent }}
    rules: [{{ id: spent, kind: aggregate, column: spent, of: order.amount, by: customer, fn: sum }}]
  - name: order
{rows}    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: customer_id }}
      - {{ name: amount, generator: {{ type: decimal, min: 1, max: 500 }} }}
      - {{ name: place, generator: {{ type: rank, by: amount }} }}
    foreign_keys: [{{ name: customer, columns: [customer_id], references: {{ table: customer, columns: [id] }}, {key} }}]
"
    )
}

#[test]
fn what_a_pass_leaves_is_said_by_table_and_in_all() {
    let parents = 2 * BLOCK;
    let report = plan(&shop(parents, "pick: uniform")).report().clone();
    // A sum and the decimal that it ends as, 16 bytes each.
    assert_eq!(report.tables[0].held_bytes, parents * 32);
    // Rows, places, starts and ties of the order, and ranks.
    assert_eq!(report.tables[1].held_bytes, parents * 3 * (3 * 4 + 1 + 4));
    assert_eq!(report.held_bytes, report.tables[0].held_bytes + report.tables[1].held_bytes);
    let text = report.to_string();
    assert!(text.contains("holds at most 680 kB beside the rows in flight"), "{text}");
    assert!(text.contains("of rows in flight a thread, and at most 262 kB beside them"), "{text}");
}

#[test]
fn children_side_by_side_hold_nothing_and_a_condition_on_the_parent_a_bit() {
    let report = plan(&shop(BLOCK, "children: { min: 1, max: 5 }")).report().clone();
    assert_eq!(report.tables[0].held_bytes, 0);
    assert!(report.tables[0].run_bytes > 0);
    let words = BLOCK / 64;
    let limited = plan(&shop(BLOCK, "pick: uniform, where: active")).report().clone();
    let ranks = BLOCK * 3 * 17;
    assert_eq!(limited.tables[1].held_bytes, ranks + (words + words / 8) * 8);
}

#[test]
fn rows_in_flight_are_no_more_for_a_longer_table() {
    let run = |rows: u64| {
        let columns =
            "[{ name: id, generator: { type: sequence } }, { name: n, generator: { type: integer, min: 1, max: 9 } }]";
        plan(&format!("{{ name: d, tables: [{{ name: t, rows: {rows}, columns: {columns} }}] }}")).report().tables[0]
            .run_bytes
    };
    assert_eq!(run(1 << 20), run(1 << 24));
    assert!(run(100) < run(1 << 20));
}
