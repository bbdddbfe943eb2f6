//! `share` of rows that a column of the same combination marks off: of the pairs with this country, so many with that region.

use super::cases::{holds, problems};
use super::rules::{held, table};
use super::{all_rows, plan};

const PLACES: &str = "      - { name: country, generator: { type: choice, values: [PE, MX, CL], weights: [5, 3, 2] } }
      - { name: region, generator: { type: choice, values: [lima, cusco, cdmx, jalisco, maule] } }
      - { name: kind, generator: { type: choice, values: [a, b] } }
    rules:
      - { id: pairs, kind: combination, columns: [country, region], allowed: [[PE, lima], [PE, cusco], [MX, cdmx], [MX, jalisco], [CL, maule]] }
";

#[test]
fn shares_within_a_value_of_the_other_column_hold() {
    let shares =
        "      - { id: peru, kind: share, column: region, when: \"country = 'PE'\", shares: { lima: 0.7, cusco: 0.3 } }
      - { id: mexico, kind: share, column: region, when: \"country = 'MX'\", shares: { cdmx: 0.25 } }
";
    let schema = table(997, &format!("{PLACES}{shares}"));
    holds(&schema);
    assert_eq!(held(&schema, "peru"), "by_construction");
    let count = |schema: &str, pair: &str| all_rows(&plan(schema), "t").iter().filter(|row| row.contains(pair)).count();
    let (lima, cusco) = (count(&schema, "PE|lima"), count(&schema, "PE|cusco"));
    // To within a row of the countries' own number.
    assert!(lima + cusco > 250 && (lima as f64 - 0.7 * (lima + cusco) as f64).abs() <= 1.0, "{lima} {cusco}");
    // Beside counts that decide how many rows there are of each.
    for beside in [
        "      - { id: n, kind: count, where: \"region = 'lima'\", exactly: 350 }\n",
        "      - { id: n, kind: share, column: country, shares: { PE: 0.2, MX: 0.3, CL: 0.5 } }\n",
        "      - { id: n, kind: count, where: \"country = 'PE' AND region = 'cusco'\", when: \"kind = 'a'\", exactly: 31 }\n",
        "      - { id: n, kind: share, column: region, when: \"kind = 'a' AND country = 'PE'\", shares: { lima: 0.75 } }\n",
        "      - { id: n, kind: implies, if: \"kind = 'a' AND country = 'PE'\", then: \"region <> 'cusco'\" }\n",
        "      - { id: n, kind: share, column: country, when: \"kind = 'a'\", shares: { PE: 0.5, MX: 0.5 } }\n",
        "      - { id: n, kind: share, column: country, when: \"region IN ('lima', 'cdmx')\", shares: { PE: 0.9 } }\n",
        "      - { id: n, kind: share, column: country, when: \"region IN ('cusco', 'maule')\", counts: { PE: 40, CL: 11 } }\n",
    ] {
        holds(&table(997, &format!("{PLACES}{shares}{beside}")));
    }
    assert_eq!(
        count(
            &table(
                997,
                &format!(
                    "{PLACES}{shares}      - {{ id: n, kind: count, where: \"region = 'lima'\", exactly: 350 }}\n"
                )
            ),
            "PE|lima"
        ),
        350
    );
}

#[test]
fn shares_that_the_pairs_cannot_have_are_refused() {
    let found = |rules: &str| problems(&table(600, &format!("{PLACES}{rules}")));
    let none =
        found("      - { id: peru, kind: share, column: region, when: \"country = 'PE'\", shares: { cdmx: 0.5 } }\n");
    assert!(none[0].contains("peru asks for cdmx, and pairs leaves no combination with it"), "{none:?}");
    let two = found(
        "      - { id: one, kind: share, column: region, when: \"country = 'PE'\", shares: { lima: 0.7 } }
      - { id: other, kind: share, column: region, when: \"country = 'PE'\", shares: { lima: 0.2 } }
",
    );
    assert!(two[0].contains("keep one and other"), "{two:?}");
}
