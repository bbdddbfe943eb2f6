//! Random schemas: what plans is made, proved and the same in parts; what does not plan says where and why, and names no rule too many.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::cases::broken;
use super::compiled;
use super::kinds::{keeping, named, rules_of, same_in_parts};
use crate::schema::{Overrides, read};

/// Problems of what rules say together.
const CONTRADICTIONS: [&str; 5] = ["contradiction", "exhausted", "nothing_moves", "two_owners", "two_sources"];

/// Problems of words, which come of a column's type once the rule that computes it is left out.
const WORDS: [&str; 5] = ["lossy_conversion", "sql", "unknown_column", "unknown_value", "wrong_type"];

fn is_refused(schema: &Value) -> bool {
    compiled(&schema.to_string()).problems.iter().any(|problem| problem.is_error() && !WORDS.contains(&problem.code))
}

/// What a column's values are, for the conditions that read them.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Class {
    Number,
    Day,
    Word,
    Digit,
    Flag,
    Text,
}

/// The columns of a table that a rule may name, in the order in which they stand.
type Columns = Vec<(String, Class)>;

/// Numbers and picks from which one part of a schema is made; smaller ones make plainer parts.
#[derive(Clone, Debug)]
struct Draft {
    kind: u8,
    columns: [Index; 3],
    numbers: [u8; 3],
    has: bool,
}

fn draft(kinds: u8) -> impl Strategy<Value = Draft> {
    (0..kinds, any::<[Index; 3]>(), any::<[u8; 3]>(), any::<bool>()).prop_map(|(kind, columns, numbers, has)| Draft {
        kind,
        columns,
        numbers,
        has,
    })
}

#[derive(Clone, Debug)]
struct Table {
    rows: u64,
    /// Whether its primary key has two columns.
    composite: bool,
    columns: Vec<Draft>,
    key: Option<Draft>,
    given: Option<Draft>,
    rules: Vec<Draft>,
}

fn table() -> impl Strategy<Value = Table> {
    (
        // Now and then more than a block.
        prop_oneof![24 => 1_u64..120, 1 => 4_090_u64..8_200],
        prop::bool::weighted(0.2),
        prop::collection::vec(draft(13), 1..6),
        prop::option::of(draft(9)),
        prop::option::weighted(0.15, draft(1)),
        prop::collection::vec(draft(19), 0..4),
    )
        .prop_map(|(rows, composite, columns, key, given, rules)| Table {
            rows,
            composite,
            columns,
            key,
            given,
            rules,
        })
}

fn column(name: &str, draft: &Draft) -> (Value, Class) {
    let [a, b, c] = draft.numbers.map(i64::from);
    let (generator, class) = match draft.kind {
        0 => (json!({ "type": "integer", "min": 0, "max": 1 + b }), Class::Number),
        1 => (json!({ "type": "choice", "values": ["a", "b", "c"] }), Class::Word),
        2 => (json!({ "type": "integer", "min": a - 100, "max": a + b }), Class::Number),
        3 => (json!({ "type": "choice", "values": ["a", "b", "c"], "weights": [1 + a, 1 + b, 1 + c] }), Class::Word),
        4 => (json!({ "type": "choice", "values": [1, 2, 3, 4, 5] }), Class::Digit),
        5 => (json!({ "type": "boolean", "true_rate": a as f64 / 256.0 }), Class::Flag),
        6 => {
            (json!({ "type": "date", "start": "2024-01-01", "end": format!("2024-12-{:02}", 1 + b % 28) }), Class::Day)
        }
        7 => (json!({ "type": "decimal", "min": a, "max": a + b, "scale": 2 }), Class::Number),
        8 => (json!({ "type": "normal", "mean": a, "std": 1 + b, "min": a - 100, "max": a + 300 }), Class::Number),
        9 => (json!({ "type": "first_name" }), Class::Text),
        10 => (json!({ "type": "pattern", "mask": "^##" }), Class::Text),
        11 => (json!({ "type": "choice", "values": ["a", "b", "c"], "quota": "exact" }), Class::Word),
        _ => (json!({ "type": "poisson", "mean": 1 + a / 8 }), Class::Number),
    };
    let mut made = json!({ "name": name, "generator": generator });
    if draft.kind == 8 {
        made["type"] = "integer".into();
    }
    if draft.has {
        made["null_rate"] = (c as f64 / 512.0).into();
    }
    (made, class)
}

/// A condition over one column.
fn condition((name, class): &(String, Class), number: u8) -> String {
    match class {
        Class::Number => format!("{name} {} {}", [">", "<=", "<>"][usize::from(number % 3)], number / 2),
        Class::Day => format!("{name} > DATE '2024-{:02}-01'", 1 + number % 12),
        Class::Word => format!(
            "{name} {} '{}'",
            ["=", "<>"][usize::from(number % 2)],
            ["a", "b", "c"][usize::from(number / 2 % 3)]
        ),
        Class::Digit => format!("{name} {} {}", ["<=", "="][usize::from(number % 2)], 1 + number / 2 % 5),
        Class::Flag => format!("{}{name}", ["", "NOT "][usize::from(number % 2)]),
        Class::Text => format!("{name} IS {}NULL", ["NOT ", ""][usize::from(number % 2)]),
    }
}

/// A value of a column, as lists of combinations have it.
fn value((_, class): &(String, Class), number: u8) -> Value {
    match class {
        Class::Word => ["a", "b", "c"][usize::from(number % 3)].into(),
        Class::Digit => (1 + number % 5).into(),
        Class::Flag => (number.is_multiple_of(2)).into(),
        Class::Number => (number / 2).into(),
        Class::Day => "2024-05-05".into(),
        Class::Text => "Mary".into(),
    }
}

/// The column that a pick means: among those of some classes, where there are any.
fn picked<'c>(columns: &'c Columns, pick: &Index, classes: &[Class]) -> &'c (String, Class) {
    let fitting: Vec<&(String, Class)> = columns.iter().filter(|(_, class)| classes.contains(class)).collect();
    match fitting.is_empty() {
        true => &columns[pick.index(columns.len())],
        false => fitting[pick.index(fitting.len())],
    }
}

/// A rule, with the column that it computes.
fn rule(id: &str, draft: &Draft, columns: &Columns, parent: Option<&str>) -> (Value, Option<(Value, Class)>) {
    let any = &columns[draft.columns[0].index(columns.len())];
    let number = picked(columns, &draft.columns[0], &[Class::Number, Class::Digit]);
    let second = picked(columns, &draft.columns[1], &[Class::Number, Class::Digit]);
    let listed = picked(columns, &draft.columns[0], &[Class::Word, Class::Digit, Class::Flag]);
    let other = &columns[draft.columns[1].index(columns.len())];
    let third = &columns[draft.columns[2].index(columns.len())];
    let [a, b, c] = draft.numbers;
    let share = f64::from(a) / 300.0;
    let function = ["mean", "max", "min", "median"][usize::from(a % 4)];
    let computed = format!("of_{id}");
    let mut made = match draft.kind {
        0 => json!({ "kind": "check", "sql": condition(any, a) }),
        1 => json!({ "kind": "check", "sql": format!("{} OR {}", condition(any, a), condition(other, b)) }),
        2 => json!({ "kind": "implies", "if": condition(any, a), "then": condition(other, b) }),
        3 => json!({ "kind": "share", "column": listed.0, "shares": { text(&value(listed, a)): share } }),
        4 => json!({ "kind": "count", "where": condition(any, a), "min": b / 16, "max": b / 16 + c / 2 }),
        5 => {
            json!({ "kind": "count", "where": format!("{} AND {}", condition(any, a), condition(other, b)), "exactly": c / 8 })
        }
        6 => json!({ "kind": "statistic", "column": number.0, "fn": function, "equals": b / 2, "tolerance": 0.5 }),
        7 if c % 2 == 0 => {
            json!({ "kind": "order", "columns": [number.0, second.0], "gap": { "min": a % 8, "max": u32::from(a % 8) + u32::from(b) } })
        }
        7 => json!({ "kind": "order", "columns": [number.0, second.0], "strict": draft.has }),
        8 => json!({ "kind": "unique", "columns": if any == other { vec![&any.0] } else { vec![&any.0, &other.0] } }),
        9 => {
            json!({ "kind": "combination", "columns": [listed.0, other.0], "forbidden": [[value(listed, a), value(other, b)]] })
        }
        10 => {
            json!({ "kind": "combination", "columns": [listed.0, other.0], "allowed": [[value(listed, a), value(other, b)], [value(listed, b), value(other, c)]] })
        }
        11 => {
            json!({ "kind": "correlation", "columns": [number.0, second.0], "coefficient": (f64::from(a) - 128.0) / 140.0, "tolerance": 0.2 })
        }
        12 => json!({ "kind": "calculate", "column": computed, "sql": format!("{} + {a}", number.0) }),
        13 => {
            json!({ "kind": "score", "column": computed, "of": number.0, "bands": [{ "below": a, "value": 1 }, { "value": 2 }] })
        }
        14 => json!({ "kind": "no_overlap", "per": [other.0], "start": computed, "end": format!("{computed}_end") }),
        15 => match parent {
            Some(parent) => json!({ "kind": "check", "sql": format!("{} OR {parent} > {b}", condition(any, a)) }),
            None => json!({ "kind": "check", "sql": condition(any, a) }),
        },
        16 => {
            json!({ "kind": "count", "where": condition(any, a), "per": [listed.0], "min": b / 64, "max": b / 64 + c / 2 })
        }
        17 => match parent {
            Some(parent) if c % 2 == 0 => json!({ "kind": "check", "sql": format!("{} >= {parent} - {b}", number.0) }),
            Some(parent) => json!({ "kind": "check", "sql": format!("{parent} > {}", b / 4) }),
            None => json!({ "kind": "check", "sql": condition(any, a) }),
        },
        _ => {
            json!({ "kind": "implies", "if": condition(any, a), "then": format!("{} AND {}", condition(other, b), condition(third, c)) })
        }
    };
    made["id"] = id.into();
    if draft.has && !matches!(draft.kind, 11) {
        made["when"] = condition(third, c).into();
    }
    let own = matches!(draft.kind, 12 | 13)
        .then(|| (json!({ "name": computed, "type": "decimal", "scale": 2 }), Class::Number));
    (made, own)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The key of a table to itself or to one before it.
fn key(draft: &Draft, at: usize, tables: &[Table], numbers: &[Option<String>]) -> (Value, bool) {
    let to_own = at == 0 || draft.kind == 8;
    let target = if to_own { at } else { draft.columns[0].index(at) };
    let (columns, referred) = if tables[target].composite {
        (json!(["up_id", "up_part"]), json!(["id", "part"]))
    } else {
        (json!(["up_id"]), json!(["id"]))
    };
    let [a, b, _] = draft.numbers;
    let references = json!({ "table": format!("t{target}"), "columns": referred });
    let mut key = json!({ "name": "up", "columns": columns, "references": references });
    if to_own {
        key["root_rate"] = (0.05 + f64::from(a) / 512.0).into();
        return (key, true);
    }
    let number = numbers[target].as_ref();
    match draft.kind {
        0 => {}
        1 => key["children"] = json!({ "min": a % 2, "max": 2 + b % 4 }),
        2 => key["children"] = json!({ "min": 0, "max": 6, "mean": f64::from(1 + a % 4) / 2.0 }),
        3 => key["pick"] = "zipf".into(),
        4 => key["pick"] = "round_robin".into(),
        5 => key["null_rate"] = (f64::from(a) / 300.0).into(),
        6 => key["where"] = number.map_or_else(|| "id > 1".into(), |number| format!("{number} < {b}").into()),
        _ => key["children"] = json!({ "min": 1, "max": 1 }),
    }
    (key, !matches!(draft.kind, 1 | 2 | 7))
}

/// The schema of these parts.
fn schema(tables: &[Table], seed: u32) -> Value {
    let mut made: Vec<Value> = Vec::new();
    let mut numbers: Vec<Option<String>> = Vec::new();
    for (at, table) in tables.iter().enumerate() {
        let mut columns = vec![json!({ "name": "id", "generator": { "type": "sequence" } })];
        let mut known: Columns = Vec::new();
        for (place, draft) in table.columns.iter().enumerate() {
            let (column, class) = column(&format!("c{place}"), draft);
            known.push((format!("c{place}"), class));
            columns.push(column);
        }
        let mut own = json!({ "name": format!("t{at}"), "primary_key": ["id"] });
        if table.composite {
            own["primary_key"] = json!(["id", "part"]);
            columns.push(json!({ "name": "part", "generator": { "type": "integer", "min": 1, "max": 3 } }));
        }
        let mut has_rows = true;
        let mut parent = None;
        if let Some(draft) = &table.key {
            let (key, rows) = key(draft, at, tables, &numbers);
            let target: usize =
                key["references"]["table"].as_str().and_then(|name| name[1..].parse().ok()).unwrap_or(at);
            parent = numbers.get(target).cloned().flatten().map(|number| format!("up.{number}"));
            has_rows = rows;
            columns.extend(key["columns"].as_array().into_iter().flatten().map(|name| json!({ "name": name })));
            own["foreign_keys"] = json!([key]);
            // What a parent's children come to.
            if target != at && draft.has {
                let of = known.iter().find(|(_, class)| *class == Class::Number);
                let (of, function) =
                    of.map_or((format!("t{at}"), "count"), |(name, _)| (format!("t{at}.{name}"), "sum"));
                let (id, column) = (format!("t{target}_sum_{at}"), format!("of_t{at}"));
                made[target]["columns"].as_array_mut().expect("columns").push(json!({ "name": column }));
                let rule =
                    json!({ "id": id, "kind": "aggregate", "column": column, "of": of, "by": "up", "fn": function });
                made[target]["rules"].as_array_mut().expect("rules").push(rule);
            }
        }
        if has_rows {
            own["rows"] = table.rows.into();
        }
        let mut rules = Vec::new();
        for (place, draft) in table.rules.iter().enumerate() {
            let id = format!("t{at}_r{place}");
            let (rule, computed) = rule(&id, draft, &known, parent.as_deref());
            if draft.kind == 14 {
                columns.push(json!({ "name": format!("of_{id}"), "generator": { "type": "date", "start": "2020-01-01", "end": "2024-12-31" } }));
                columns.push(json!({ "name": format!("of_{id}_end"), "generator": { "type": "date_offset", "from": format!("of_{id}"), "min": 0, "max": 1 + draft.numbers[0] % 9 } }));
            }
            if let Some((column, class)) = computed {
                known.push((format!("of_{id}"), class));
                columns.push(column);
            }
            rules.push(rule);
        }
        numbers.push(known.iter().find(|(_, class)| *class == Class::Number).map(|(name, _)| name.clone()));
        if let Some(draft) = &table.given {
            let column = &known[draft.columns[0].index(known.len())];
            own["given"] = json!([{ column.0.clone(): value(column, draft.numbers[0]) }]);
        }
        own["columns"] = columns.into();
        own["rules"] = rules.into();
        made.push(own);
    }
    json!({ "name": "d", "random_seed": seed, "tables": made })
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn random_schemas_hold_or_say_what_cannot(tables in prop::collection::vec(table(), 1..5), seed in 0_u32..1_000) {
        let schema = schema(&tables, seed);
        let text = schema.to_string();
        let reading = read(&text, &Overrides::new());
        prop_assert!(reading.problems.is_empty(), "{text}\n{:?}", reading.problems);
        let found = compiled(&text);
        if let Some(made) = found.plan.as_ref() {
            let broken = broken(made);
            prop_assert!(broken.as_ref().is_ok_and(Vec::is_empty), "{text}\n{broken:?}");
            same_in_parts(&text);
            return Ok(());
        }
        let errors: Vec<_> = found.problems.iter().filter(|problem| problem.is_error()).collect();
        prop_assert!(!errors.is_empty(), "{text}");
        for problem in &errors {
            prop_assert!(schema.pointer(&problem.pointer).is_some() && problem.pointer.starts_with('/'), "{text}\n{problem:?}");
            prop_assert!(!problem.detail.is_empty() && !problem.detail.ends_with('.'), "{text}\n{problem:?}");
        }
        // What the tables alone cannot be needs no rules, and what is wrong in itself contradicts none.
        let contradicts = |problem: &&crate::problem::Problem| CONTRADICTIONS.contains(&problem.code);
        if !errors.iter().all(contradicts) || rules_of(&schema).is_empty() || compiled(&keeping(&schema, |_| false).to_string()).plan.is_none() {
            return Ok(());
        }
        for problem in errors {
            let rules = named(&schema, problem);
            let alone = keeping(&schema, |id| rules.contains(id));
            prop_assert!(is_refused(&alone), "{text}\n{problem}\nthe named rules alone are not refused");
            for id in &rules {
                let without = keeping(&alone, |other| other != id);
                prop_assert!(!is_refused(&without), "{text}\n{problem}\nis refused without {id} as well");
            }
        }
    }
}
