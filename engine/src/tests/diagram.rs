//! The diagram of a plan.

use super::plan;

#[test]
fn tables_keys_and_how_many_rows_meet_are_drawn() {
    let plan = plan(
        r"
name: d
tables:
  - name: customer
    rows: 10
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: e-mail, unique: true, generator: { type: pattern, mask: '@@@###' } }
      - { name: secret, hidden: true, generator: { type: uuid_v4 } }
  - name: order line
    primary_key: [customer_id, n]
    columns:
      - { name: customer_id }
      - { name: n, generator: { type: sequence, per: [customer_id] } }
      - { name: price, type: decimal, precision: 8, scale: 2, generator: { type: decimal, min: 1, max: 9, scale: 2 } }
      - { name: giver }
    foreign_keys:
      - { columns: [customer_id], references: { table: customer, columns: [id] }, children: { min: 1, max: 3 } }
      - { name: from, columns: [giver], references: { table: customer, columns: [id] }, null_rate: 0.5 }
",
    );
    let expected = r#"erDiagram
    "customer" {
        integer id PK
        string e_mail UK "e-mail"
    }
    "order line" {
        integer customer_id PK, FK
        integer n PK
        decimal price
        integer giver FK
    }
    "customer" ||--|{ "order line" : "customer"
    "customer" |o--o{ "order line" : "from"
"#;
    assert_eq!(plan.report().diagram, expected);
}
