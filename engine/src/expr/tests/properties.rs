//! What holds for any text and any expression: nothing panics, and a row's value does not depend on the others.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = refusal(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_words_panic(words in proptest::collection::vec(proptest::sample::select(WORDS), 0..14)) {
        let _ = values(&words.join(" "));
    }

    #[test]
    fn a_row_alone_gives_what_it_gives_among_others(sql in expressions()) {
        let Ok(expression) = compile(&sql) else { return Ok(()) };
        let (_, columns) = scope();
        let needed: Vec<ArrayRef> = expression.columns().iter().map(|&index| Arc::clone(&columns[index])).collect();
        let together = expression.evaluate(&needed, 3);
        let alone: Vec<Result<ArrayRef, EvaluateError>> = (0..3)
            .map(|row| {
                let sliced: Vec<ArrayRef> = needed.iter().map(|column| column.slice(row, 1)).collect();
                expression.evaluate(&sliced, 1)
            })
            .collect();
        match together {
            Ok(together) => {
                for (row, alone) in alone.into_iter().enumerate() {
                    let alone = match alone {
                        Ok(alone) => alone,
                        Err(error) => return Err(TestCaseError::fail(format!("{sql}: row {row} alone: {error}"))),
                    };
                    let shown = |values: &ArrayRef, row| array_value_to_string(values, row).unwrap();
                    prop_assert_eq!(together.is_null(row), alone.is_null(0), "{}", sql);
                    prop_assert_eq!(shown(&together, row), shown(&alone, 0), "{}", sql);
                }
            }
            Err(error) => prop_assert!(alone.iter().any(Result::is_err), "{}: {}", sql, error),
        }
    }
}

/// Expressions of any type, most of them well typed.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(
        &["quantity", "price", "big", "wide", "ratio", "1", "0", "2.5", "-3", "1e3", "NULL", "order.total"][..],
    )
    .prop_map(str::to_owned)
    .boxed();
    let number = leaf
        .prop_recursive(3, 24, 3, |inner| {
            let three = (inner.clone(), inner.clone(), inner.clone());
            let operator = proptest::sample::select(&["+", "-", "*", "/", "%"][..]);
            prop_oneof![
                (inner.clone(), operator, inner.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
                inner.clone().prop_map(|a| format!("-({a})")),
                inner.clone().prop_map(|a| format!("abs({a})")),
                inner.clone().prop_map(|a| format!("round({a}, 1)")),
                inner.clone().prop_map(|a| format!("CAST({a} AS BIGINT)")),
                inner.prop_map(|a| format!("CAST({a} AS DOUBLE)")),
                three.clone().prop_map(|(a, b, c)| format!("CASE WHEN {a} > {b} THEN {c} END")),
                three.clone().prop_map(|(a, b, c)| format!("CASE WHEN {a} <> 0 AND {b} / {a} > 1 THEN {c} ELSE 1 END")),
                three.prop_map(|(a, b, c)| format!("coalesce({a}, {b}, {c})")),
            ]
            .boxed()
        })
        .boxed();
    let text = prop_oneof![
        Just("name".to_owned()),
        Just("status".to_owned()),
        number.clone().prop_map(|a| format!("CAST({a} AS VARCHAR)")),
        number.clone().prop_map(|a| format!("left(name, length(status) - CAST({a} AS BIGINT))")),
        number.clone().prop_map(|a| format!("lpad(name || status, CAST({a} AS BIGINT), 'x')")),
    ]
    .boxed();
    prop_oneof![
        number.clone(),
        text.clone(),
        (text, number.clone(), number.clone())
            .prop_map(|(t, a, b)| format!("({t} LIKE '%e%' OR {a} / {b} > 1) AND NOT ({b} BETWEEN 0 AND {a})")),
        (number.clone(), number).prop_map(|(a, b)| format!("({a}) IN (1, {b}) OR {a} > {b} AND {b} % {a} = 0")),
    ]
}

const WORDS: &[&str] = &[
    "name",
    "quantity",
    "price",
    "big",
    "hired_on",
    "seen_at",
    "active",
    "ratio",
    "tags",
    "1",
    "0",
    "2.5",
    "1e3",
    "'x'",
    "'2024-01-01'",
    "NULL",
    "TRUE",
    "(",
    ")",
    ",",
    "+",
    "-",
    "*",
    "/",
    "%",
    "=",
    "<>",
    "<",
    ">=",
    "||",
    "AND",
    "OR",
    "NOT",
    "IS",
    "IN",
    "BETWEEN",
    "LIKE",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "CAST",
    "AS",
    "BIGINT",
    "::",
    "length",
    "(1)",
    "(name)",
    "round",
    "DATE",
    "INTERVAL",
    "'1 day'",
    ".",
    "coalesce",
    "a.b.c",
    "power",
    "SELECT",
    "EXTRACT",
    "FROM",
    "year",
    "DISTINCT",
    "trim",
    "make_array",
    "9223372036854775807",
    "\"user\"",
    "end",
    "to_char",
];
