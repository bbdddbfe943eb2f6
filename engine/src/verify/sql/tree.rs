//! Whether following a key to the own table ends, as SQL.

use super::super::joins::quoted;
use super::Script;
use crate::schema::{ForeignKey, Table};

impl<'a> Script<'a> {
    /// Rows from which following the key does not end in time, and a number of rows without one that is not the one asked for.
    pub(super) fn tree(&self, table: &'a Table, key: &'a ForeignKey) -> Result<String, String> {
        let (own, pairs) = self.pairs(table, table, key)?;
        let name = quoted(&table.name);
        let theirs = |alias: &str| -> Vec<String> {
            key.references.columns.iter().map(|column| format!("{alias}.{}", quoted(column))).collect()
        };
        let numbered: Vec<String> =
            theirs("t").iter().enumerate().map(|(at, name)| format!("{name} AS k{at}")).collect();
        let above: Vec<String> = own.iter().enumerate().map(|(at, own)| format!("tree.k{at} = {own}")).collect();
        let reached: Vec<String> =
            theirs("t").iter().enumerate().map(|(at, name)| format!("tree.k{at} = {name}")).collect();
        let given: Vec<String> = theirs("t").iter().map(|name| format!("{name} IS NOT NULL")).collect();
        let depth = key.max_depth.map(|depth| format!(" WHERE tree.depth < {depth}")).unwrap_or_default();
        // Where a key leads nowhere the way ends as well; that it does is the foreign key's statement.
        let mut rows = format!(
            "SELECT {} AS k, 1 AS n FROM {name} AS t WHERE {} AND NOT EXISTS (SELECT 1 FROM (\
             WITH RECURSIVE tree AS (SELECT {}, 0 AS depth FROM {name} AS t WHERE NOT EXISTS (SELECT 1 FROM {name} AS p WHERE {}) \
             UNION ALL SELECT {}, tree.depth + 1 AS depth FROM {name} AS t JOIN tree ON {}{depth}) SELECT * FROM tree) AS tree WHERE {})",
            self.key(&theirs("t")),
            given.join(" AND "),
            numbered.join(", "),
            pairs.join(" AND "),
            theirs("t").join(", "),
            above.join(" AND "),
            reached.join(" AND ")
        );
        if let Some(rate) = key.root_rate {
            let none: Vec<String> = own.iter().map(|name| format!("{name} IS NULL")).collect();
            rows.push_str(&format!(
                "\n  UNION ALL\n  SELECT 'in all' AS k, 1 AS n FROM (SELECT sum(CASE WHEN {} THEN 1 ELSE 0 END) AS roots, count(*) AS total \
                 FROM {name} AS t) AS counted WHERE total > 0 AND abs(roots - {rate} * total) > 0.500001 AND NOT (roots = 1 AND {rate} * total < 1)",
                none.join(" OR ")
            ));
        }
        Ok(rows)
    }
}
