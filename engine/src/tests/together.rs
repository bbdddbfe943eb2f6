//! Keys, aggregates, given rows and rules in one schema: all hold together, and any range alone is that of the whole.

use proptest::prelude::*;

use super::cases::{holds, problems};
use super::{all_rows, plan, rows_of};

const SCHEMA: &str = "name: together
random_seed: 12
lists: { tags: [red, green, blue] }
tables:
  - name: region
    rows: 30
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: above }
      - { name: budget, generator: { type: decimal, min: 100, max: 9000 } }
      - { name: below }
      - { name: shops }
      - { name: income }
    foreign_keys: [{ name: parent, columns: [above], references: { table: region, columns: [id] }, root_rate: 0.1, max_depth: 2, pick: zipf }]
    rules:
      - { id: less-than-above, kind: check, sql: \"budget <= parent.budget\" }
      - { id: below, kind: aggregate, column: below, of: region.budget, by: parent, fn: sum }
      - { id: shops, kind: aggregate, column: shops, of: shop.id, by: region, fn: count, when: \"budget > 500\" }
      - { id: income, kind: aggregate, column: income, of: shop.income, by: region, fn: sum }
  - name: shop
    rows: 400
    primary_key: [id]
    columns:
      - { name: id, generator: { type: uuid_v4 } }
      - { name: region_id }
      - { name: kind, generator: { type: choice, values: [big, small], weights: [1, 3] } }
      - { name: floor, generator: { type: integer, min: 10, max: 500 } }
      - { name: code, generator: { type: pattern, mask: \"^#\" } }
      - { name: income }
      - { name: best }
      - { name: share, generator: { type: expression, sql: \"income / nullif(region.income, 0)\" } }
    given: [{ region_id: 3, kind: big, floor: 77 }, { floor: 78, kind: small }]
    foreign_keys: [{ name: region, columns: [region_id], references: { table: region, columns: [id] }, where: \"parent.budget IS NOT NULL AND budget > 150 OR id = 3\", pick: { weighted: budget } }]
    rules:
      - { id: codes, kind: unique, columns: [code], when: \"kind = 'big'\" }
      - { id: big-ones, kind: implies, if: \"kind = 'big'\", then: \"floor > 50\" }
      - { id: sold, kind: aggregate, column: income, of: sale.amount, by: shop, fn: sum }
      - { id: best, kind: aggregate, column: best, of: sale.amount, by: shop, fn: max }
      - { id: some-best, kind: check, sql: \"best IS NULL OR best <= 300\" }
  - name: tag
    rows: 50
    primary_key: [id]
    columns: [{ name: id, generator: { type: sequence } }, { name: color, generator: { type: choice, values: { list: tags } } }, { name: uses }]
    rules: [{ id: uses, kind: aggregate, column: uses, of: sale, by: tag, fn: count }]
  - name: sale
    primary_key: [shop_id, number]
    columns:
      - { name: shop_id }
      - { name: number, generator: { type: sequence, per: [shop_id] } }
      - { name: tag_id }
      - { name: amount, null_when: \"shop.floor < 20\", generator: { type: decimal, min: 1, max: 300 } }
      - { name: tax, generator: { type: expression, sql: \"amount * 0.1\" } }
      - { name: state, generator: { type: choice, values: [open, paid] } }
      - { name: extra, generator: { type: integer, min: 0, max: 9 } }
      - { name: days, type: integer, generator: { type: normal, mean: 20, std: 5, min: 0, max: 60 } }
    foreign_keys:
      - { name: shop, columns: [shop_id], references: { table: shop, columns: [id] }, children: { min: 0, max: 40, mean: 15 } }
      - { name: tag, columns: [tag_id], references: { table: tag, columns: [id] }, children: { min: 20, distribution: geometric } }
    rules:
      - { id: paid, kind: share, column: state, when: \"shop.kind = 'big'\", shares: { paid: 0.7, open: 0.3 } }
      - { id: mean-days, kind: statistic, column: days, fn: mean, equals: 15 }
      - { id: reds, kind: count, where: \"extra > 5 AND tag.color = 'red'\", min: 10, max: 100000 }
      - { id: large, kind: check, sql: \"amount IS NULL OR amount >= shop.floor / 100\" }
";

#[test]
fn all_hold_together() {
    holds(SCHEMA);
    let plan = plan(SCHEMA);
    let held = |id: &str| plan.report().rules.iter().find(|rule| rule.id == id).map(|rule| rule.held.clone());
    assert_eq!(held("shops").as_deref(), Some("derived"));
    assert_eq!(held("less-than-above").as_deref(), Some("projected"));
    assert_eq!(held("some-best").as_deref(), Some("checked_only"));
}

#[test]
fn a_child_that_must_fit_what_children_come_to_is_refused() {
    let waits = SCHEMA.replace("amount >= shop.floor / 100", "amount <= shop.income");
    assert!(problems(&waits)[0].contains("is made of other rows'"), "{:?}", problems(&waits));
    let counted =
        SCHEMA.replace("where: \"extra > 5 AND tag.color = 'red'\"", "where: \"extra > 5 AND tag.uses > 30\"");
    holds(&counted);
    let circle =
        SCHEMA.replace("where: \"extra > 5 AND tag.color = 'red'\"", "where: \"amount > 250 AND shop.best > 30\"");
    assert!(!problems(&circle).is_empty(), "a count that waits for what it moves");
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn any_range_of_any_table_is_that_of_the_whole(table in 0_usize..4, start in 0_u64..6_000, length in 1_u64..300) {
        static WHOLE: std::sync::OnceLock<Vec<Vec<String>>> = std::sync::OnceLock::new();
        let whole = WHOLE.get_or_init(|| {
            let plan = plan(SCHEMA);
            ["region", "shop", "tag", "sale"].map(|table| all_rows(&plan, table)).to_vec()
        });
        let plan = plan(SCHEMA);
        let rows = &whole[table];
        let start = start % rows.len() as u64;
        let end = (start + length).min(rows.len() as u64);
        let part = crate::run::batch(&plan, table, start..end).expect("rows");
        prop_assert_eq!(rows_of(&part), &rows[start as usize..end as usize]);
    }
}
