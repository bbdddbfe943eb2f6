//! Columns that are what a row's children come to.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::cases::{holds, problems};
use super::rules::held;
use super::{all_rows, compiled, plan, rows_of};

/// Customers, their orders, the orders' lines, and payments that pick an order.
fn shop(rules_of_order: &str, rest_of_line: &str) -> String {
    format!(
        "name: shop
random_seed: 3
tables:
  - name: customer
    rows: 700
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: spent }}
      - {{ name: orders }}
      - {{ name: dearest }}
    rules:
      - {{ id: spent, kind: aggregate, column: spent, of: order.total, by: customer, fn: sum }}
      - {{ id: orders, kind: aggregate, column: orders, of: order, by: customer, fn: count }}
      - {{ id: dearest, kind: aggregate, column: dearest, of: order.largest, by: customer, fn: max }}
  - name: order
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: customer_id }}
      - {{ name: credit, generator: {{ type: decimal, min: 0, max: 4000 }} }}
      - {{ name: total }}
      - {{ name: largest }}
      - {{ name: mean, type: decimal, scale: 3 }}
      - {{ name: named }}
      - {{ name: first_day }}
      - {{ name: paid }}
      - {{ name: payments }}
      - {{ name: ratio }}
    foreign_keys:
      - {{ name: customer, columns: [customer_id], references: {{ table: customer, columns: [id] }}, children: {{ min: 0, max: 6, mean: 2 }} }}
    rules:
      - {{ id: total, kind: aggregate, column: total, of: line.amount, by: order, fn: sum }}
      - {{ id: largest, kind: aggregate, column: largest, of: line.amount, by: order, fn: max }}
      - {{ id: mean, kind: aggregate, column: mean, of: line.amount, by: order, fn: mean }}
      - {{ id: named, kind: aggregate, column: named, of: line.note, by: order, fn: count }}
      - {{ id: first-day, kind: aggregate, column: first_day, of: line.day, by: order, fn: min }}
      - {{ id: paid, kind: aggregate, column: paid, of: payment.sum, by: order, fn: sum }}
      - {{ id: payments, kind: aggregate, column: payments, of: payment, by: order, fn: count }}
      - {{ id: ratio, kind: aggregate, column: ratio, of: line.weight, by: order, fn: mean, when: \"payments > 0\" }}
{rules_of_order}
  - name: line
    primary_key: [order_id, number]
    columns:
      - {{ name: order_id }}
      - {{ name: number, generator: {{ type: sequence, per: [order_id] }} }}
      - {{ name: amount, null_rate: 0.2, generator: {{ type: decimal, min: -50, max: 900 }} }}
      - {{ name: note, null_rate: 0.5, generator: {{ type: word }} }}
      - {{ name: day, generator: {{ type: date, start: 2024-01-01, end: 2024-12-31 }} }}
      - {{ name: weight, generator: {{ type: normal, mean: 3, std: 1 }} }}
{rest_of_line}
    foreign_keys:
      - {{ name: order, columns: [order_id], references: {{ table: order, columns: [id] }}, children: {{ min: 0, max: 9, mean: 3 }} }}
  - name: payment
    rows: 5000
    primary_key: [id]
    columns:
      - {{ name: id, generator: {{ type: sequence }} }}
      - {{ name: order_id }}
      - {{ name: sum, generator: {{ type: decimal, min: 1, max: 99 }} }}
    foreign_keys:
      - {{ name: order, columns: [order_id], references: {{ table: order, columns: [id] }}, pick: zipf, null_rate: 0.1 }}
"
    )
}

fn cents(text: &str) -> i64 {
    text.replace('.', "").parse().expect("a decimal of two places")
}

#[test]
fn sums_and_their_kin_are_those_of_the_children_through_three_levels() {
    let schema = shop("", "");
    holds(&schema);
    let plan = plan(&schema);
    let cells = |table: &str| -> Vec<Vec<String>> {
        all_rows(&plan, table).iter().map(|row| row.split('|').map(str::to_owned).collect()).collect()
    };
    let mut amounts: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for line in cells("line") {
        if !line[2].is_empty() {
            amounts.entry(line[0].clone()).or_default().push(cents(&line[2]));
        }
    }
    let mut paid: BTreeMap<String, (i64, u64)> = BTreeMap::new();
    for payment in cells("payment").into_iter().filter(|payment| !payment[1].is_empty()) {
        let known = paid.entry(payment[1].clone()).or_default();
        *known = (known.0 + cents(&payment[2]), known.1 + 1);
    }
    let mut spent: BTreeMap<String, i64> = BTreeMap::new();
    let mut childless = 0;
    for order in cells("order") {
        let own = amounts.get(&order[0]).cloned().unwrap_or_default();
        assert_eq!(cents(&order[3]), own.iter().sum::<i64>(), "{order:?}");
        assert_eq!(
            order[4],
            own.iter().max().map(|most| format!("{most}")).map_or(String::new(), |_| order[4].clone())
        );
        assert_eq!((!order[4].is_empty()).then(|| cents(&order[4])), own.iter().max().copied());
        assert_eq!(order[5].is_empty(), own.is_empty());
        childless += usize::from(own.is_empty());
        let of = paid.get(&order[0]).copied().unwrap_or_default();
        assert_eq!((cents(&order[8]), order[9].as_str()), (of.0, of.1.to_string().as_str()));
        *spent.entry(order[1].clone()).or_default() += cents(&order[3]);
    }
    assert!(childless > 50, "{childless}");
    for customer in cells("customer") {
        assert_eq!(cents(&customer[1]), spent.get(&customer[0]).copied().unwrap_or_default(), "{customer:?}");
    }
    assert_eq!(held(&schema, "spent"), "derived");
    let report = plan.report();
    let kind = |table: usize, column: usize| {
        let column = &report.tables[table].columns[column];
        (column.logical.as_str(), column.nullable, column.generator.as_str())
    };
    assert_eq!(kind(0, 1), ("decimal(38,2)", false, "rule spent"));
    assert_eq!(kind(0, 2), ("integer", false, "rule orders"));
    assert_eq!(kind(1, 3), ("decimal(28,2)", false, "rule total"));
    assert_eq!(kind(1, 4), ("decimal(18,2)", true, "rule largest"));
    assert_eq!(kind(1, 5), ("decimal(18,3)", true, "rule mean"));
    assert_eq!(kind(1, 7), ("date", true, "rule first-day"));
    assert_eq!(kind(1, 10), ("float", true, "rule ratio"));
}

#[test]
fn a_mean_of_decimals_is_rounded_half_to_even_to_the_places_of_its_column() {
    let schema = "name: d
tables:
  - name: parent
    rows: 3
    columns:
      - { name: id, unique: true, generator: { type: sequence } }
      - { name: mean, type: decimal, scale: 1 }
    rules: [{ id: mean, kind: aggregate, column: mean, of: child.n, by: parent, fn: mean }]
  - name: child
    columns:
      - { name: parent_id }
      - { name: number, generator: { type: sequence, per: [parent_id] } }
      - { name: n, type: decimal, scale: 2, generator: { type: expression, sql: \"number * 0.5 + parent_id * 0.1 - 0.6\" } }
    foreign_keys: [{ name: parent, columns: [parent_id], references: { table: parent, columns: [id] }, children: { min: 2, max: 2 } }]
";
    holds(schema);
    // The means are 0.25, 0.35 and 0.45.
    assert_eq!(all_rows(&plan(schema), "parent"), ["1|0.2", "2|0.4", "3|0.4"]);
}

#[test]
fn other_rules_read_what_children_come_to() {
    let rules = "      - { id: covered, kind: check, sql: \"total <= credit + 5000\" }
      - { id: counted, kind: check, sql: \"named >= 0\" }";
    let schema = shop(
        rules,
        "      - { name: part, generator: { type: expression, sql: \"amount / nullif(order.total, 0)\" } }",
    );
    holds(&schema);
    assert_eq!(held(&schema, "covered"), "redrawn");
    assert_eq!(held(&schema, "counted"), "checked_only");
    let never = shop("      - { id: never, kind: check, sql: \"total < 0\" }", "");
    assert!(
        problems(&never)[0].contains("breaks never, and nothing that it reads can be drawn again"),
        "{:?}",
        problems(&never)
    );
}

#[test]
fn children_that_wait_for_their_parents_sum_are_named() {
    let circle = shop("", "      - { name: part, generator: { type: expression, sql: \"order.total + 1\" } }")
        .replace("of: line.amount, by: order, fn: sum", "of: line.part, by: order, fn: sum");
    assert_eq!(
        problems(&circle),
        [
            "tables[1].columns[3]: these columns need each other: order.total → line.part → order.total; let one of them stand on its own"
        ]
    );
    let again = shop("", "").replace(
        "children: { min: 0, max: 9, mean: 3 } }\n",
        "children: { min: 0, max: 9, mean: 3 } }\n    rules: [{ id: small, kind: check, sql: \"amount <= order.total\" }]\n",
    );
    assert_eq!(
        problems(&again),
        [
            "tables[2].rules[0]: small would draw amount again until it fits, and total is made of other rows' amount; let the rule read columns of its own row alone, or leave it out"
        ]
    );
}

#[test]
fn names_that_lead_nowhere_and_sums_of_words_are_told_with_their_places() {
    let told = |from: &str, to: &str| {
        let schema = shop("", "");
        assert!(schema.contains(from), "{from}");
        problems(&schema.replacen(from, to, 1))
    };
    let total = "of: line.amount, by: order, fn: sum";
    for (to, expected) in [
        (
            "of: lime.amount, by: order, fn: sum",
            "tables[1].rules[0].of: there is no table \"lime\"; did you mean \"line\"?",
        ),
        (
            "of: line.amuont, by: order, fn: sum",
            "tables[1].rules[0].of: table line has no column \"amuont\"; did you mean \"amount\"?",
        ),
        (
            "of: line, by: order, fn: sum",
            "tables[1].rules[0].of: sum needs a column of line, and total names the table alone; write line.column",
        ),
        (
            "of: line.amount, by: odrer, fn: sum",
            "tables[1].rules[0].by: table line has no foreign key \"odrer\"; did you mean \"order\"?",
        ),
        (
            "of: order.credit, by: customer, fn: sum",
            "tables[1].rules[0].by: the foreign key customer of order refers to customer, not to this table; name a key that leads to this table",
        ),
        (
            "of: line.amount, by: order, fn: avg",
            "tables[1].rules[0].fn: unknown value \"avg\"; known here: sum, count, min, max, mean",
        ),
        (
            "of: line.note, by: order, fn: sum",
            "tables[1].rules[0].of: note is string, which has no sum; use count, or another column",
        ),
    ] {
        assert_eq!(told(total, to)[0], expected);
    }
    assert!(
        told("{ name: total }", "{ name: total, generator: { type: integer } }")[0].starts_with(
            "tables[1].columns[3].generator: the rule total calculates total, which has a generator as well"
        )
    );
    assert_eq!(
        told("{ name: total }", "{ name: total, null_rate: 0.1 }")[0],
        "tables[1].columns[3]: total decides total, so nothing else can make it null; leave null_rate, null_when and rules that ask for null out"
    );
    // In tests the most is 16,384.
    let many = shop("", "").replacen("rows: 700", "rows: 9000", 1);
    assert!(
        compiled(&many).problems.iter().any(|problem| problem.detail.contains("more than 16384 parents by a pick"))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn a_range_of_parents_or_children_made_alone_equals_the_whole(table in 0_usize..3, start in 0_u64..1_400, length in 1_u64..900) {
        static WHOLE: std::sync::OnceLock<Vec<Vec<String>>> = std::sync::OnceLock::new();
        let schema = shop("", "      - { name: part, generator: { type: expression, sql: \"order.total\" } }");
        let whole = WHOLE.get_or_init(|| {
            let plan = plan(&schema);
            ["customer", "order", "line"].map(|table| all_rows(&plan, table)).to_vec()
        });
        // A plan of its own, so that nothing is known of what others asked.
        let plan = plan(&schema);
        let rows = &whole[table];
        let start = start.min(rows.len() as u64 - 1);
        let end = (start + length).min(rows.len() as u64);
        let part = crate::run::batch(&plan, table, start..end).expect("rows");
        prop_assert_eq!(rows_of(&part), &rows[start as usize..end as usize]);
    }
}
