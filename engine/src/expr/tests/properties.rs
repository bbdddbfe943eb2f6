//! What holds for any text and any expression: nothing panics, and a row's value does not depend on the others.

use datafusion::arrow::array::UInt32Array;
use datafusion::arrow::compute::take;
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
    fn a_row_alone_gives_what_it_gives_among_others(sql in expressions(), among in neighbours()) {
        alone_as_among(&sql, &among)?;
    }

    #[test]
    fn a_call_alone_gives_what_it_gives_among_others(sql in calls(), among in neighbours()) {
        alone_as_among(&sql, &among)?;
    }
}

/// Rows of a batch, some of them again and again.
fn neighbours() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0..ROWS, 2..24)
}

/// Values of a batch are those of its rows alone, its error that of the first row that has one.
fn alone_as_among(sql: &str, among: &[usize]) -> Result<(), TestCaseError> {
    let Ok(expression) = compile(sql) else { return Ok(()) };
    let columns = mixed();
    let needed: Vec<ArrayRef> = expression.columns().iter().map(|&index| Arc::clone(&columns[index])).collect();
    let alone: Vec<Result<ArrayRef, EvaluateError>> =
        (0..ROWS).map(|row| expression.evaluate(&rows_of(&needed, &[row]), 1)).collect();
    let together = expression.evaluate(&rows_of(&needed, among), among.len());
    let first_error = among.iter().find_map(|&row| alone[row].as_ref().err());
    let together = match (together, first_error) {
        (Err(error), first) => {
            prop_assert_eq!(Some(&error), first, "{}", sql);
            return Ok(());
        }
        (Ok(_), Some(error)) => return Err(TestCaseError::fail(format!("{sql}: a row alone: {error}"))),
        (Ok(together), None) => together,
    };
    let shown = |values: &ArrayRef, row| array_value_to_string(values, row).unwrap();
    for (place, &row) in among.iter().enumerate() {
        let alone = alone[row].as_ref().unwrap();
        prop_assert_eq!(together.data_type(), alone.data_type(), "{}", sql);
        prop_assert_eq!(together.is_null(place), alone.is_null(0), "{}: row {}", sql, row);
        prop_assert_eq!(shown(&together, place), shown(alone, 0), "{}: row {}", sql, row);
    }
    Ok(())
}

/// Rows of [`mixed`].
const ROWS: usize = 9;

/// The columns of the scope, their values put together anew: a null in one column stands beside values in others.
fn mixed() -> Vec<ArrayRef> {
    let (_, columns) = scope();
    let mixed = columns.iter().enumerate().map(|(at, column)| {
        let order: Vec<usize> = (0..ROWS).map(|row| (row * (at % 3 + 1) + row / 3) % column.len()).collect();
        rows_of(std::slice::from_ref(column), &order).remove(0)
    });
    mixed.collect()
}

fn rows_of(columns: &[ArrayRef], rows: &[usize]) -> Vec<ArrayRef> {
    let rows = UInt32Array::from_iter_values(rows.iter().map(|&row| u32::try_from(row).unwrap()));
    columns.iter().map(|column| take(column, &rows, None).unwrap()).collect()
}

/// Expressions of any type, most of them well typed.
fn expressions() -> impl Strategy<Value = String> {
    let number = numbers();
    let condition = conditions(number.clone());
    let text = texts(number.clone());
    let cases = (condition.clone(), condition.clone(), number.clone(), number.clone(), text.clone(), text.clone());
    let chosen = cases.prop_flat_map(|(p, q, a, b, t, u)| {
        proptest::sample::select(vec![
            format!("CASE WHEN {p} THEN {a} WHEN {q} THEN {b} END"),
            format!("CASE WHEN {p} THEN CASE WHEN {q} THEN {a} ELSE {b} END ELSE 1 / {a} END"),
            format!("CASE {a} WHEN {b} THEN {t} WHEN 0 THEN {u} ELSE name END"),
            format!("CASE {t} WHEN {u} THEN {a} WHEN 'new' THEN {b} END"),
            format!("CASE status WHEN 'new' THEN 1 WHEN 'old' THEN 2 END / {a}"),
            format!("CASE WHEN {p} THEN {t} ELSE {u} END"),
            format!("CASE WHEN {p} THEN quantity END"),
            format!("nullif({a}, {b}) > 0 AND {p}"),
            format!("coalesce({t}, {u}, name)"),
            format!("nvl2({a}, {t}, {u})"),
            format!("coalesce({p}, {q})"),
            format!("({p}) = ({q})"),
            format!("({p}) IS NOT DISTINCT FROM ({q})"),
            format!("CAST({p} AS VARCHAR) || {t}"),
            format!("{t} IN ('new', {u}, CAST({a} AS VARCHAR)) OR {q}"),
        ])
    });
    prop_oneof![2 => number, 2 => text, 3 => condition, 4 => chosen]
}

fn numbers() -> BoxedStrategy<String> {
    let leaf = proptest::sample::select(
        &["quantity", "price", "big", "wide", "ratio", "1", "0", "2.5", "-3", "1e3", "NULL", "order.total"][..],
    )
    .prop_map(str::to_owned)
    .boxed();
    leaf.prop_recursive(3, 24, 3, |inner| {
        let three = (inner.clone(), inner.clone(), inner.clone());
        let operator = proptest::sample::select(&["+", "-", "*", "/", "%"][..]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            inner.clone().prop_map(|a| format!("-({a})")),
            inner.clone().prop_map(|a| format!("abs({a})")),
            inner.clone().prop_map(|a| format!("round({a}, 1)")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("nullif({a}, {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("greatest({a}, {b})")),
            inner.clone().prop_map(|a| format!("CAST({a} AS BIGINT)")),
            inner.clone().prop_map(|a| format!("CAST({a} AS DECIMAL(12, 3))")),
            inner.prop_map(|a| format!("CAST({a} AS DOUBLE)")),
            three.clone().prop_map(|(a, b, c)| format!("CASE WHEN {a} > {b} THEN {c} END")),
            three.clone().prop_map(|(a, b, c)| format!("CASE WHEN {a} <> 0 AND {b} / {a} > 1 THEN {c} ELSE 1 END")),
            three.clone().prop_map(|(a, b, c)| format!("CASE {a} WHEN {b} THEN {c} WHEN 0 THEN {a} ELSE {b} END")),
            three.prop_map(|(a, b, c)| format!("coalesce({a}, {b}, {c})")),
        ]
        .boxed()
    })
    .boxed()
}

fn texts(number: BoxedStrategy<String>) -> BoxedStrategy<String> {
    prop_oneof![
        Just("name".to_owned()),
        Just("status".to_owned()),
        number.clone().prop_map(|a| format!("CAST({a} AS VARCHAR)")),
        number.clone().prop_map(|a| format!("left(name, length(status) - CAST({a} AS BIGINT))")),
        number.prop_map(|a| format!("lpad(name || status, CAST({a} AS BIGINT), 'x')")),
    ]
    .boxed()
}

fn conditions(number: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let text = texts(number.clone());
    let one = (text, number.clone(), number.clone(), number).prop_flat_map(|(t, a, b, c)| {
        proptest::sample::select(vec![
            "active".to_owned(),
            format!("{a} > {b}"),
            format!("{a} / {b} > 1"),
            format!("{t} LIKE '%e%'"),
            format!("{t} NOT LIKE name"),
            format!("status ILIKE {t}"),
            format!("{a} BETWEEN {b} AND {c}"),
            format!("{a} NOT BETWEEN 0 AND {c}"),
            format!("{a} IN (1, {b})"),
            format!("{a} NOT IN (1, {b}, {c}, 1 / {a})"),
            format!("{a} IS NULL"),
            format!("{a} IS DISTINCT FROM {b}"),
            format!("nullif({a}, {b}) IS NOT NULL"),
            format!("coalesce({a}, {b}) = {c}"),
        ])
    });
    one.prop_recursive(2, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(p, q)| format!("({p} AND {q})")),
            (inner.clone(), inner.clone()).prop_map(|(p, q)| format!("({p} OR {q})")),
            (inner.clone(), inner.clone()).prop_map(|(p, q)| format!("({p} AND NOT ({q}))")),
            inner.clone().prop_map(|p| format!("NOT ({p})")),
            inner.prop_map(|p| format!("({p}) IS TRUE")),
        ]
    })
    .boxed()
}

/// Calls of every function there is, with arguments that differ from row to row and are null in some.
fn calls() -> BoxedStrategy<String> {
    let names: Vec<String> = crate::functions::list().iter().map(|doc| doc.name.to_owned()).collect();
    let texts: &[&str] = &["name", "status", "'a'", "'%Y'", "'month'", "','", "'1'", "CASE WHEN active THEN name END"];
    let numbers: &[&str] = &[
        "quantity",
        "big",
        "price",
        "wide",
        "ratio",
        "order.total",
        "2",
        "-1",
        "0",
        "1.5",
        "CASE WHEN quantity > 1 THEN quantity WHEN active THEN 0 END",
        "CASE WHEN quantity = 0 THEN ratio - 1 WHEN active THEN 2.5 END",
    ];
    let others: &[&str] =
        &["active", "hired_on", "seen_at", "tags", "NULL", "CASE WHEN quantity > 1 THEN hired_on END", "md5(name)"];
    let argument = prop_oneof![
        3 => proptest::sample::select(texts),
        4 => proptest::sample::select(numbers),
        2 => proptest::sample::select(others),
    ];
    let call = (proptest::sample::select(names), proptest::collection::vec(argument, 1..4))
        .prop_map(|(name, arguments)| format!("{name}({})", arguments.join(", ")))
        .boxed();
    prop_oneof![
        3 => call.clone(),
        1 => call.clone().prop_map(|a| format!("CASE WHEN active THEN {a} END")),
        1 => (call.clone(), call).prop_map(|(a, b)| format!("coalesce(nullif({a}, {a}), {b})")),
    ]
    .boxed()
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
