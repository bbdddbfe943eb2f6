//! The traps of SQL, each with the value that it must end in; what must end in a sentence stands in `refusals`, what holds for any
//! expression in `properties`.

mod properties;
mod refusals;

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, ListArray,
    StringViewArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, TimeUnit};
use datafusion::arrow::util::display::array_value_to_string;

use super::*;

/// 2026-01-01T00:00:00Z.
const REFERENCE_TIME: i64 = 1_767_225_600_000_000;

fn scope() -> (Schema, Vec<ArrayRef>) {
    let timestamp = DataType::Timestamp(TimeUnit::Microsecond, None);
    let columns: Vec<(&str, DataType, ArrayRef)> = vec![
        ("name", DataType::Utf8View, Arc::new(StringViewArray::from(vec![Some("Ana"), Some("Émile"), None]))),
        ("status", DataType::Utf8View, Arc::new(StringViewArray::from(vec!["new", "old", "new"]))),
        ("quantity", DataType::Int64, Arc::new(Int64Array::from(vec![Some(0), Some(3), None]))),
        ("big", DataType::Int64, Arc::new(Int64Array::from(vec![1, i64::MAX, i64::MIN]))),
        (
            "price",
            DataType::Decimal128(10, 2),
            Arc::new(
                Decimal128Array::from(vec![Some(1_250), Some(9_999), None]).with_precision_and_scale(10, 2).unwrap(),
            ),
        ),
        (
            "wide",
            DataType::Decimal128(38, 2),
            Arc::new(Decimal128Array::from(vec![100, 10_i128.pow(37), -200]).with_precision_and_scale(38, 2).unwrap()),
        ),
        ("ratio", DataType::Float64, Arc::new(Float64Array::from(vec![Some(0.5), Some(-0.0), None]))),
        ("active", DataType::Boolean, Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ("hired_on", DataType::Date32, Arc::new(Date32Array::from(vec![Some(19_723), Some(19_753), None]))),
        ("seen_at", timestamp.clone(), Arc::new(TimestampMicrosecondArray::from(vec![REFERENCE_TIME; 3]))),
        ("Apellido paterno", DataType::Utf8View, Arc::new(StringViewArray::from(vec!["Núñez", "Ríos", "Paz"]))),
        ("user", DataType::Utf8View, Arc::new(StringViewArray::from(vec!["u1", "u2", "u3"]))),
        ("Code", DataType::Int64, Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("code", DataType::Int64, Arc::new(Int64Array::from(vec![10, 20, 30]))),
        ("candidate.hired_on", DataType::Date32, Arc::new(Date32Array::from(vec![19_000, 20_000, 21_000]))),
        ("order.total", DataType::Int64, Arc::new(Int64Array::from(vec![7, 8, 9]))),
        ("a.b.c", DataType::Int64, Arc::new(Int64Array::from(vec![100, 200, 300]))),
        (
            "tags",
            DataType::List(Arc::new(Field::new("item", DataType::Int64, true))),
            Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(vec![
                Some(vec![Some(1), Some(2)]),
                Some(vec![]),
                None,
            ])),
        ),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, data_type, _)| Field::new(*name, data_type.clone(), true)).collect();
    (Schema::new(fields), columns.into_iter().map(|(_, _, array)| array).collect())
}

fn compile(sql: &str) -> Result<Expression, SqlProblem> {
    Expression::compile(&Parsed::parse(sql)?, &scope().0, REFERENCE_TIME)
}

fn evaluate(sql: &str) -> Result<ArrayRef, String> {
    let expression = compile(sql).map_err(|problem| problem.to_string())?;
    let (_, columns) = scope();
    let needed: Vec<ArrayRef> = expression.columns().iter().map(|&index| Arc::clone(&columns[index])).collect();
    let values = expression.evaluate(&needed, 3).map_err(|error| error.detail)?;
    assert_eq!(values.len(), 3);
    assert_eq!(values.data_type(), expression.data_type());
    assert_eq!(*expression.data_type(), expression.logical().arrow());
    Ok(values)
}

/// The three values as text, `-` for null; or the sentence.
fn values(sql: &str) -> String {
    match evaluate(sql) {
        Ok(values) => (0..values.len())
            .map(|row| if values.is_null(row) { "-".to_owned() } else { array_value_to_string(&values, row).unwrap() })
            .collect::<Vec<_>>()
            .join(" "),
        Err(sentence) => format!("! {sentence}"),
    }
}

fn refusal(sql: &str) -> String {
    match Parsed::parse(sql).and_then(|parsed| Expression::compile(&parsed, &scope().0, REFERENCE_TIME)) {
        Ok(expression) => format!("accepted: {expression:?}"),
        Err(problem) => problem.to_string(),
    }
}

/// Holds every value against the one beside it, and reports all that differ.
fn check(cases: &[(&str, &str)], actual: fn(&str) -> String) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(sql, expected)| (sql, expected, actual(sql)))
        .filter(|(_, expected, actual)| actual != *expected)
        .map(|(sql, expected, actual)| format!("{sql}\n   expected {expected}\n     actual {actual}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn values_are_those_of_the_language() {
    check(
        &[
            ("quantity + 1", "1 4 -"),
            ("CASE WHEN length(name) > 3 THEN left(name, 3) ELSE name END", "Ana Émi -"),
            ("length(name)", "3 5 -"),
            ("name || ' ' || \"Apellido paterno\"", "Ana Núñez Émile Ríos -"),
            ("status IN ('new', 'other')", "true false true"),
            ("quantity NOT IN (1, 3)", "true false -"),
            ("quantity BETWEEN 1 AND 3", "false true -"),
            ("name IS NULL", "false false true"),
            ("name LIKE 'A%'", "true false -"),
            ("name ILIKE 'é%'", "false true -"),
            ("active AND NULL", "- false -"),
            ("active OR quantity > 1", "true true -"),
            ("NOT active", "false true -"),
            ("coalesce(quantity, 7)", "0 3 7"),
            ("nullif(quantity, 3)", "0 - -"),
            ("EXTRACT(year FROM hired_on)", "2024 2024 -"),
            ("date_part('month', hired_on)", "1 1 -"),
            ("add_days(hired_on, 30)", "2024-01-31 2024-03-01 -"),
            ("days_between(hired_on, DATE '2024-01-11')", "10 -20 -"),
            ("days_between('2024-01-01', hired_on)", "0 30 -"),
            ("add_months(hired_on, 1)", "2024-02-01 2024-02-29 -"),
            ("add_months(hired_on, -11)", "2023-02-01 2023-02-28 -"),
            ("months_between(hired_on, DATE '2024-03-30')", "2 1 -"),
            ("months_between(DATE '2024-03-30', hired_on)", "-2 -1 -"),
            ("years_between('2000-01-15', hired_on)", "23 24 -"),
            ("years_between(hired_on, DATE '2000-01-15')", "-23 -24 -"),
            ("hired_on + INTERVAL '1 month'", "2024-02-01 2024-02-29 -"),
            ("hired_on + INTERVAL '1' MONTH", "2024-02-01 2024-02-29 -"),
            ("hired_on + 31", "2024-02-01 2024-03-02 -"),
            ("1 + hired_on", "2024-01-02 2024-02-01 -"),
            ("hired_on - quantity", "2024-01-01 2024-01-28 -"),
            ("hired_on - candidate.hired_on", "723 -247 -"),
            ("hired_on >= '2024-01-31'", "false true -"),
            ("seen_at = '2026-01-01T00:00:00'", "true true true"),
            ("seen_at = reference_time()", "true true true"),
            ("CAST(reference_time() AS DATE)", "2026-01-01 2026-01-01 2026-01-01"),
            ("hired_on IN ('2024-01-01', DATE '2024-01-31')", "true true -"),
            ("date_trunc('month', seen_at) = seen_at", "true true true"),
            ("substring(name FROM 2 FOR 2)", "na mi -"),
            ("substr(name, 2)", "na mile -"),
            ("trim(BOTH 'A' FROM name)", "na Émile -"),
            ("trim(status)", "new old new"),
            ("position('l' IN status)", "0 2 0"),
            ("overlay(status PLACING 'xx' FROM 1 FOR 2)", "xxw xxd xxw"),
            ("upper(name)", "ANA ÉMILE -"),
            ("ratio IS DISTINCT FROM 0.5", "false true true"),
            ("CAST(quantity AS VARCHAR)", "0 3 -"),
            ("'5' || quantity", "50 53 -"),
            ("CAST('42' AS INT) + quantity", "42 45 -"),
            ("TRY_CAST(name AS BIGINT)", "- - -"),
            ("array_length(tags)", "2 0 -"),
            ("array_has(tags, 2)", "true false -"),
            ("NULL", "- - -"),
            ("1 + 1", "2 2 2"),
            ("-quantity", "0 -3 -"),
            ("CASE status WHEN 'new' THEN 1 ELSE 2 END", "1 2 1"),
            ("greatest(quantity, 2)", "2 3 2"),
            ("quantity % 2", "0 1 -"),
            ("-7 / 2", "-3 -3 -3"),
            ("'b' > 'a'", "true true true"),
            ("'Z' < 'a'", "true true true"),
            ("'z' < 'á'", "true true true"),
        ],
        values,
    );
}

#[test]
fn decimals_are_exact() {
    check(
        &[
            ("price * 1.18", "14.7500 117.9882 -"),
            ("price + 0.005", "12.505 99.995 -"),
            ("1e3 * quantity", "0 3000 -"),
            ("1.5e-2 * quantity", "0.000 0.045 -"),
            ("price * quantity", "0.00 299.97 -"),
            ("CAST(2.345 AS DECIMAL(10, 2))", "2.35 2.35 2.35"),
            ("CAST(2.5 AS INT)", "2 2 2"),
            ("2.00 / 3", "0.666666 0.666666 0.666666"),
            ("0.1 + 0.2 = 0.3", "true true true"),
            ("wide * 10", "! more than 38 digits in wide * 10"),
            ("wide + wide", "2.00 200000000000000000000000000000000000.00 -4.00"),
            ("wide * wide", "! more than 38 digits in wide * wide"),
            (
                "12345678901234567890123456789012345678",
                "12345678901234567890123456789012345678 12345678901234567890123456789012345678 12345678901234567890123456789012345678",
            ),
            ("quantity / 2.0", "0.0000 1.5000 -"),
            ("round(price, 1)", "12.5 100.0 -"),
            (".5 * 2", "1.0 1.0 1.0"),
            ("9223372036854775808", "9223372036854775808 9223372036854775808 9223372036854775808"),
            ("-9223372036854775808", "-9223372036854775808 -9223372036854775808 -9223372036854775808"),
        ],
        values,
    );
}

#[test]
fn what_does_not_fit_is_an_error() {
    check(
        &[
            ("big + 1", "! integer overflow in big + 1"),
            ("big * 2 - 1", "! integer overflow in big * 2"),
            ("-2 - big", "! integer overflow in -2 - big"),
            ("-big", "! integer overflow in 0 - big"),
            ("abs(big)", "! integer overflow on abs(-9223372036854775808)"),
            ("quantity + (9223372036854775807 + 1)", "! integer overflow in 9223372036854775807 + 1"),
            ("10 / quantity", "! division by zero in 10 / quantity"),
            ("1 / 0", "! division by zero in 1 / 0"),
            ("1 / 0.0", "! division by zero in 1 / 0.0"),
            ("1 % quantity", "! division by zero in 1 % quantity"),
            ("1 / ratio", "! division by zero in 1 / ratio"),
            (
                "exp(ratio * 0 + 700) * exp(ratio * 0 + 700)",
                "! a result that does not fit in exp(ratio * 0 + 700) * exp(ratio * 0 + 700)",
            ),
            (
                "CASE WHEN TRUE THEN 9223372036854775807 ELSE quantity END * 2",
                "! integer overflow in 9223372036854775807 * 2",
            ),
            ("length('abc') * 9223372036854775807", "! integer overflow in 3 * 9223372036854775807"),
            ("exp(1000)", "! exp(1000) is infinite"),
            ("ln(ratio - 1)", "! ln(-0.5) is not a number"),
            ("CAST(name AS BIGINT)", "! cannot cast string 'Ana' to value of integer type"),
            (
                "CAST(big AS DECIMAL(5, 2))",
                "! 9223372036854775807.00 is too large to store in a decimal of precision 5. Max is 999.99",
            ),
            ("add_days(hired_on, 9000000)", "! 9000000 days later is past the years 1 to 9999"),
            ("add_months(hired_on, 96000)", "! 96000 months later is past the years 1 to 9999"),
            (
                "add_months(hired_on, -9223372036854775807)",
                "! -9223372036854775807 months later is past the years 1 to 9999",
            ),
            ("repeat(name, 100000)", "! repeat would make a text of 300000 characters, at most 65536"),
            ("lpad(name, 100000, 'x')", "! lpad would make a text of 100000 characters, at most 65536"),
            ("repeat('x', 2000000000)", "! repeat would make a text of 2000000000 characters, at most 65536"),
            (
                "replace(repeat('a', 60000), 'a', 'bcd')",
                "! replace would make a text of 180000 characters, at most 65536",
            ),
        ],
        values,
    );
}

#[test]
fn the_right_side_of_a_condition_is_asked_only_where_the_left_leaves_it_open() {
    check(
        &[
            ("quantity <> 0 AND 10 / quantity > 2", "false true -"),
            ("quantity = 0 OR 10 / quantity > 2", "true true -"),
            // The pieces of a list are looked at only until one is found, and a piece that is not reached cannot fail.
            ("quantity IN (0, 10 / quantity)", "true true -"),
            ("NOT (quantity <> 0 AND 10 / quantity > 2)", "true false -"),
            ("CASE WHEN quantity = 0 THEN 0 ELSE 10 / quantity END", "0 3 -"),
            ("coalesce(nullif(quantity, 0), 1) > 0 AND quantity IS NOT NULL", "true true false"),
        ],
        values,
    );
}

#[test]
fn the_first_row_with_an_error_names_it() {
    check(
        &[
            // Columns are computed one after the other: the left operand fails in the third row, the right one in the second.
            (
                "(big - 1) * CAST(wide AS BIGINT)",
                "! value of 100000000000000000000000000000000000 is out of range integer",
            ),
            ("(1 / quantity) + (big + 1)", "! division by zero in 1 / quantity"),
            ("(big + 1) + (1 / quantity)", "! division by zero in 1 / quantity"),
        ],
        values,
    );
}

#[test]
fn a_function_whose_places_become_known_compares_with_what_it_did() {
    check(
        &[
            (
                "CASE WHEN quantity IS NOT NULL THEN big END > round(CASE WHEN active THEN 2.5 ELSE 1 END, 1)",
                "false true -",
            ),
            ("CASE WHEN status = 'new' THEN round(wide, 1) ELSE big END", "1.0 9223372036854775807.0 -2.0"),
            // The other branch keeps its places.
            ("CASE WHEN status = 'new' THEN round(price, 1) ELSE price END", "12.50 99.99 -"),
            ("CASE WHEN big > 1 THEN round(price, 0 + 1) ELSE price END", "12.50 100.00 -"),
            ("round(CASE WHEN active THEN 2.5 ELSE 1 END, CASE WHEN TRUE THEN 1 END) < big", "false true false"),
            ("greatest(round(CASE WHEN active THEN 2.5 ELSE 1 END, 1), quantity)", "2.5 3.0 1.0"),
        ],
        values,
    );
}

#[test]
fn a_length_below_zero_is_none_wherever_it_comes_from() {
    check(
        &[
            ("lpad(name, -1, 'x')", "  -"),
            ("lpad(name, quantity - 1, 'x')", " Ém -"),
            ("lpad(status, CASE WHEN active THEN -1 WHEN quantity > 0 THEN -2 ELSE 1 END)", "  n"),
            ("rpad(status, quantity - 3)", "  -"),
            ("rpad(status, quantity - 1, name)", " ol -"),
        ],
        values,
    );
}

#[test]
fn floats_have_one_zero() {
    let zero = evaluate("ratio").unwrap();
    let floats = zero.as_primitive::<datafusion::arrow::datatypes::Float64Type>();
    assert_eq!(floats.value(1).to_bits(), 0.0_f64.to_bits());
}

#[test]
fn constants_are_those_of_libm() {
    let value = evaluate("exp(1)").unwrap();
    let floats = value.as_primitive::<datafusion::arrow::datatypes::Float64Type>();
    assert_eq!(floats.value(0).to_bits(), libm::exp(1.0).to_bits());
    check(
        &[("power(2, 10)", "1024.0 1024.0 1024.0"), ("log(2, 8)", "3.0 3.0 3.0"), ("ln(price) > 2", "true true -")],
        values,
    );
}

#[test]
fn names_are_found_as_written_else_without_regard_to_case() {
    check(
        &[
            ("NAME", "Ana Émile -"),
            ("Quantity", "0 3 -"),
            ("code", "10 20 30"),
            ("Code", "1 2 3"),
            ("CODE", "! no column \"CODE\"; several columns differ from it only by case; write one exactly"),
            ("\"Apellido paterno\"", "Núñez Ríos Paz"),
            ("candidate.hired_on", "2022-01-08 2024-10-04 2027-07-01"),
            ("a.b.c", "100 200 300"),
            ("A.\"b\".C", "100 200 300"),
            ("order.total", "7 8 9"),
            ("user", "u1 u2 u3"),
            ("\"user\" = user", "true true true"),
        ],
        values,
    );
}

#[test]
fn only_what_is_needed_is_read() {
    let (schema, _) = scope();
    let columns = |sql: &str| {
        let expression = compile(sql).unwrap();
        expression.columns().iter().map(|&i| schema.field(i).name().clone()).collect::<Vec<_>>()
    };
    assert_eq!(columns("price * quantity"), ["quantity", "price"]);
    assert_eq!(columns("name IS NULL OR TRUE"), Vec::<String>::new());
    assert_eq!(
        columns("candidate.hired_on > hired_on AND candidate.hired_on IS NOT NULL"),
        ["hired_on", "candidate.hired_on"]
    );
}

#[test]
fn conditions_are_true_or_false() {
    let condition = |sql: &str| Expression::condition(&Parsed::parse(sql).unwrap(), &scope().0, REFERENCE_TIME);
    let problem = condition("quantity + 1").unwrap_err();
    assert_eq!(
        problem.to_string(),
        "quantity + 1 gives integer, where a condition gives true or false; compare it with a value"
    );
    let unknown = condition("NULL").unwrap().evaluate_condition(&[], 2).unwrap();
    assert_eq!(unknown.null_count(), 2);
    let (_, columns) = scope();
    let truth = condition("active").unwrap().evaluate_condition(&[Arc::clone(&columns[7])], 3).unwrap();
    assert_eq!(truth, BooleanArray::from(vec![Some(true), Some(false), None]));
}

#[test]
fn references_come_in_order_of_appearance() {
    let parsed = Parsed::parse("a.b.c > order.total AND status = 'x' AND \"Apellido paterno\" <> status").unwrap();
    let references: Vec<String> = parsed.references().iter().map(ToString::to_string).collect();
    assert_eq!(references, ["a.b.c", "order.total", "status", "Apellido paterno"]);
}

#[test]
fn conditions_come_apart_at_and() {
    let parts = |sql: &str| -> Vec<String> {
        Parsed::parse(sql).unwrap().conjuncts().iter().map(|part| part.sql().to_owned()).collect()
    };
    assert_eq!(
        parts("a = 1 AND (b = 2 AND \"C d\" LIKE 'x%') AND (d OR e)"),
        ["a = 1", "b = 2", "\"C d\" LIKE 'x%'", "d OR e"]
    );
    assert_eq!(parts("a BETWEEN 1 AND 2"), ["a BETWEEN 1 AND 2"]);
    assert_eq!(parts("order.end = length(\"end\") AND \"case\" = 1"), ["order.end = length(end)", "\"case\" = 1"]);
    for sql in ["a = 1 AND b = 2", "x.y IS NULL AND EXTRACT(year FROM d) = 2024 AND \"is\" = 'it''s'"] {
        for part in Parsed::parse(sql).unwrap().conjuncts() {
            let again = Parsed::parse(part.sql()).unwrap();
            assert_eq!(again.references(), part.references());
        }
    }
}

#[test]
fn simple_conditions_are_recognised() {
    let simple = |sql: &str| Parsed::parse(sql).unwrap().simple();
    let column = |name: &str| Reference(name.split('.').map(str::to_owned).collect());
    let number = |text: &str| Literal::Number(text.to_owned());
    let compare = |name: &str, op, value| Some(Simple::Compare { column: column(name), op, value });
    assert_eq!(simple("a > 1"), compare("a", Op::Greater, number("1")));
    assert_eq!(simple("(-1.5 <= k.a)"), compare("k.a", Op::GreaterOrEqual, number("-1.5")));
    assert_eq!(simple("a = 1e3"), compare("a", Op::Equal, number("1000")));
    assert_eq!(simple("NOT a = 'x'"), compare("a", Op::NotEqual, Literal::Text("x".to_owned())));
    assert_eq!(
        simple("a >= DATE '2024-01-01'"),
        compare("a", Op::GreaterOrEqual, Literal::Date("2024-01-01".to_owned()))
    );
    assert_eq!(simple("active"), compare("active", Op::Equal, Literal::Boolean(true)));
    assert_eq!(simple("NOT active"), compare("active", Op::Equal, Literal::Boolean(false)));
    assert_eq!(simple("a < b"), Some(Simple::Columns { left: column("a"), op: Op::Less, right: column("b") }));
    assert_eq!(
        simple("a NOT IN (1, NULL)"),
        Some(Simple::In { column: column("a"), values: vec![number("1"), Literal::Null], negated: true })
    );
    assert_eq!(simple("a IS NOT NULL"), Some(Simple::Null { column: column("a"), negated: true }));
    assert_eq!(
        simple("a BETWEEN 1 AND 5"),
        Some(Simple::Between { column: column("a"), low: number("1"), high: number("5"), negated: false })
    );
    for sql in ["a + 1 > 2", "a LIKE 'x'", "a = 1 OR b = 2", "length(a) = 1", "1 = 1", "a IN (b)"] {
        assert_eq!(simple(sql), None, "{sql}");
    }
}

#[test]
fn the_example_of_every_function_is_computed() {
    let mut wrong = Vec::new();
    for doc in crate::functions::list() {
        match evaluate(doc.example) {
            Ok(values) if doc.name != "nullif" && values.is_null(0) => wrong.push(format!("{} is null", doc.example)),
            Ok(_) => {}
            Err(sentence) => wrong.push(format!("{}: {sentence}", doc.example)),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn an_expression_is_shared_by_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Expression>();
    shared::<Parsed>();
}

#[test]
fn numbers_are_written_out() {
    let plain = |text| tokens::plain_number(text);
    for (text, expected) in [
        ("1e3", "1000"),
        ("1.50e1", "15.0"),
        ("2.5E-3", "0.0025"),
        (".5", "0.5"),
        ("007", "7"),
        ("1_000", "1000"),
        ("0", "0"),
        ("0.00", "0.00"),
        ("12345678901234567890", "12345678901234567890."),
    ] {
        assert_eq!(plain(text).as_deref(), Ok(expected), "{text}");
    }
    assert_eq!(plain("1e38"), Err("39".to_owned()));
    assert_eq!(plain("1e99999999999999999999"), Err("too many".to_owned()));
}

#[test]
fn an_item_of_a_list_is_evaluated_for_the_rows_that_no_earlier_item_decides() {
    assert_eq!(values("quantity IN (0, 100 / quantity)"), "true false -");
    assert_eq!(values("quantity NOT IN (0, 100 / quantity)"), "false true -");
    assert!(values("quantity IN (7, 100 / quantity)").starts_with("! division by zero"));
}

/// `CASE` with so many branches, each for one value of a column that no row has but the last.
fn branches(count: i64, then: &str, last: &str, otherwise: &str) -> String {
    let branches: String = (0..count - 1).map(|n| format!(" WHEN code = {} THEN {then}", 1_000 + n)).collect();
    format!("CASE{branches} WHEN code = 20 THEN {last}{otherwise} END")
}

#[test]
fn a_long_case_of_conditions_is_read_in_a_moment_and_means_the_same() {
    for count in [3, 8, 9, 1_000] {
        check(
            &[
                (branches(count, "true", "false", " ELSE true").as_str(), "true false true"),
                (branches(count, "true", "true", " ELSE false").as_str(), "false true false"),
                (branches(count, "false", "true", "").as_str(), "- true -"),
                (branches(count, "false", "NULL", " ELSE active").as_str(), "true - -"),
                (format!("{} = 'x'", branches(count, "'x'", "'y'", " ELSE 'x'")).as_str(), "true false true"),
                (format!("{} <> 'x'", branches(count, "'x'", "'y'", "")).as_str(), "- true -"),
                (branches(count, "1", "2", " ELSE 3").as_str(), "3 2 3"),
                (format!("{} > 2", branches(count, "1", "2", " ELSE 3")).as_str(), "true false true"),
            ],
            values,
        );
    }
    check(
        &[(
            format!("{} OR quantity = 0", branches(12, "true", "100 / quantity > 1", " ELSE quantity = 0")).as_str(),
            "true true -",
        )],
        values,
    );
}
