//! What is refused, each with the sentence that says why.

use super::*;

#[test]
fn near_misses_are_named_with_what_was_meant() {
    check(
        &[
            ("lenght(name)", "no function \"lenght\"; did you mean \"length\"?"),
            ("quantty + 1", "no column \"quantty\"; did you mean \"quantity\"?"),
            ("candidat.hired_on", "no column \"candidat.hired_on\"; did you mean \"candidate.hired_on\"?"),
            (
                "zzz",
                "no column \"zzz\"; known here: name, status, quantity, big, price, wide, ratio, active, hired_on, seen_at, Apellido paterno, user, Code, code, candidate.hired_on, order.total, a.b.c, tags",
            ),
            ("zzzzzzzzzz()", "no function \"zzzzzzzzzz\"; the reference lists the functions that SQL may call"),
        ],
        refusal,
    );
    let problem = compile("1 +\n  quantty").unwrap_err();
    assert_eq!((problem.line, problem.column), (Some(2), Some(3)));
    let problem = compile("name || lenght(name)").unwrap_err();
    assert_eq!((problem.line, problem.column), (Some(1), Some(9)));
}

#[test]
fn what_would_depend_on_more_than_the_row_is_refused() {
    check(
        &[
            (
                "now()",
                "now reads the clock, and the same seed must give the same rows; use reference_time(), or CAST(reference_time() AS DATE) for the day",
            ),
            (
                "current_date",
                "current_date reads the clock, and the same seed must give the same rows; use reference_time(), or CAST(reference_time() AS DATE) for the day",
            ),
            (
                "random() < 0.5",
                "random gives another value each time, and the same seed must give the same rows; give a column of its own a generator, and for the present use reference_time()",
            ),
            (
                "uuid()",
                "uuid gives another value each time, and the same seed must give the same rows; give a column of its own a generator, and for the present use reference_time()",
            ),
            (
                "sum(quantity)",
                "sum reads many rows, and an expression sees one; a rule of kind aggregate gives a column the sum, count, min, max or mean of its children",
            ),
            (
                "count(*)",
                "count reads many rows, and an expression sees one; a rule of kind aggregate gives a column the sum, count, min, max or mean of its children",
            ),
            (
                "quantity > (SELECT 1)",
                "an expression sees one row, so it holds no subquery; a value of a referenced row is written key.column, one of all children is a rule of kind aggregate",
            ),
            (
                "EXISTS (SELECT 1)",
                "an expression sees one row, so it holds no subquery; a value of a referenced row is written key.column, one of all children is a rule of kind aggregate",
            ),
            (
                "quantity IN (SELECT 1)",
                "an expression sees one row, so it holds no subquery; a value of a referenced row is written key.column, one of all children is a rule of kind aggregate",
            ),
            (
                "length(name) OVER ()",
                "an expression sees one row, so it holds no OVER; the generators sequence, previous, running and rank look at the rows before",
            ),
            (
                "row_number() OVER ()",
                "row_number reads the rows beside, and an expression sees one; the generators sequence, previous, running and rank look at the rows before",
            ),
            (
                "quantity = $1",
                "$1 is a placeholder, and expressions have none; a parameter of the schema is written ${name}",
            ),
            ("version()", "no function \"version\"; the reference lists the functions that SQL may call"),
            ("range(1, 5)", "no function \"range\"; the reference lists the functions that SQL may call"),
            (
                "lag(quantity)",
                "lag reads the rows beside, and an expression sees one; the generators sequence, previous, running and rank look at the rows before",
            ),
        ],
        refusal,
    );
}

#[test]
fn text_is_never_taken_for_a_number_unasked() {
    check(
        &[
            ("status > 3", "status is text and 3 is integer, so they do not compare; write '3'"),
            (
                "quantity = '42'",
                "'42' is text and quantity is integer, so they do not compare; write 42 without quotes",
            ),
            (
                "quantity IN (1, '2')",
                "'2' is text and quantity is integer, so they do not compare; write 2 without quotes",
            ),
            (
                "price BETWEEN '1' AND 2",
                "'1' is text and price is decimal(10,2), so they do not compare; write 1 without quotes",
            ),
            (
                "status + 1",
                "status is text, where a number is wanted; make it a number with CAST, or join texts with ||",
            ),
            (
                "CASE WHEN quantity THEN 1 ELSE 2 END",
                "quantity is integer, where a condition is wanted; compare it with a value",
            ),
            ("quantity AND active", "quantity is integer, where a condition is wanted; compare it with a value"),
            (
                "NOT quantity",
                "NOT quantity cannot be computed: unary operator 'NOT' requires a boolean expression, got integer",
            ),
            ("quantity LIKE '5%'", "LIKE looks at text, and quantity is integer; make it text with CAST(… AS VARCHAR)"),
            ("name > hired_on", "name is text, where date is wanted; make it so with CAST"),
            (
                "active = 'true'",
                "'true' is text and active is boolean, so they do not compare; write true without quotes",
            ),
            ("hired_on > '2024-13-01'", "'2024-13-01' is no date; dates are written '2024-01-31'"),
            ("hired_on > 'soon'", "'soon' is no date; dates are written '2024-01-31'"),
            ("hired_on = '2024-01-01T10:00:00'", "'2024-01-01T10:00:00' is no date; dates are written '2024-01-31'"),
            ("DATE '2024-13-01'", "'2024-13-01' is no date; dates are written '2024-01-31'"),
            ("seen_at < 'yesterday'", "'yesterday' is no datetime; times are written '2024-01-31T12:30:00'"),
            ("ln(name)", "ln(name) cannot be computed: function 'ln' requires float, but received String"),
            (
                "INTERVAL '1 day'",
                "INTERVAL '1 day' gives an interval, which no column holds; use days_between, date_part or CAST to make a plain value of it",
            ),
        ],
        refusal,
    );
}

#[test]
fn bad_syntax_ends_in_a_sentence() {
    check(
        &[
            ("", "the SQL is empty"),
            ("  -- nothing", "the SQL is empty"),
            ("1 +", "the SQL ends where an expression was expected"),
            ("(1", "the SQL ends where ) was expected"),
            ("quantity quantity", "\"quantity\" was not expected here"),
            ("name = 'x", "unterminated string literal"),
            ("quantity == 1", "== is no part of an expression; equality is written ="),
            ("quantity ^ 2", "^ is no part of an expression; use power(x, y), sqrt(x) or cbrt(x)"),
            ("1; 2", "; is no part of an expression; leave it out"),
            ("tags[1]", "[ is no part of an expression; use make_array(…) and array_element(list, n)"),
            (
                "a.length(name)",
                "the function \"length\" is called behind a point; functions stand before their arguments, as in length(name)",
            ),
            ("CAST(name AS VARCHAR(10))", "VARCHAR(10) would cut text; write left(CAST(… AS VARCHAR), n)"),
            ("CAST(price AS DECIMAL)", "DECIMAL names no digits; write DECIMAL(18, 2)"),
            ("CAST(price AS DECIMAL(50, 2))", "DECIMAL(50,2) has 50 digits, where 1 to 38 are possible"),
            (
                "CAST(price AS MONEY)",
                "no type MONEY; types are BIGINT, DECIMAL(digits, places), DOUBLE, BOOLEAN, VARCHAR, DATE, TIMESTAMP, TIME, BYTEA",
            ),
            (
                "CAST(seen_at AS TIMESTAMP WITH TIME ZONE)",
                "TIMESTAMP WITH TIME ZONE has a time zone, and all times are UTC; use TIMESTAMP",
            ),
            ("1e40", "the number 1e40 has 41 digits, at most 38"),
            ("name LIKE 'x' ESCAPE '!'", "LIKE takes no ESCAPE; the backslash takes the meaning from % and _"),
            ("(1, 2)", "a list in brackets stands only behind IN"),
            (
                "SELECT 1",
                "an expression sees one row, so it holds no subquery; a value of a referenced row is written key.column, one of all children is a rule of kind aggregate",
            ),
        ],
        refusal,
    );
}

#[test]
fn deep_and_long_texts_end_in_a_value_or_a_sentence() {
    let brackets = |n: usize| format!("{}1{}", "(".repeat(n), ")".repeat(n));
    assert_eq!(values(&brackets(30)), "1 1 1");
    assert!(refusal(&brackets(200)).starts_with("the SQL is nested too deeply"));
    assert!(refusal(&brackets(100_000)).starts_with("the SQL is nested too deeply"));
    for prefix in
        ["NOT ", "- ", "CASE WHEN ", "length(", "CAST(", "trim(", "EXTRACT(year FROM ", "name IN (", "INTERVAL "]
    {
        let sentence = refusal(&prefix.repeat(300));
        assert!(!sentence.starts_with("accepted"), "{prefix}: {sentence}");
        let sentence = refusal(&prefix.repeat(40));
        assert!(!sentence.starts_with("accepted"), "{prefix}: {sentence}");
    }
    let ors = (0..2_000).map(|n| format!("quantity = {n}0 + length(status)")).collect::<Vec<_>>().join(" OR ");
    assert!(refusal(&ors).starts_with("the SQL chains more than"), "{}", refusal(&ors));
    let ors = (0..1_200).map(|n| format!("big = {n}")).collect::<Vec<_>>().join(" OR ");
    assert_eq!(values(&ors), "true false false");
    let ands = (0..1_200).map(|n| format!("big + {n} <> {n}")).collect::<Vec<_>>().join(" AND ");
    assert!(values(&ands).starts_with("! integer overflow"), "{}", values(&ands));
    let list = format!("quantity IN ({})", (0..15_000).map(|n| n.to_string()).collect::<Vec<_>>().join(", "));
    assert_eq!(values(&list), "true true -");
    let sum = |n: usize| vec!["quantity"; n].join(" + ");
    assert_eq!(values(&sum(150)), "0 450 -");
    assert!(refusal(&sum(4_000)).starts_with("the SQL is nested too deeply"));
    assert!(refusal(&sum(50_000)).starts_with("the SQL chains more than"));
}
