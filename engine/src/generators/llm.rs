//! Values that a language model wrote: rows draw from pools of its answers, which are there before the first row.

mod fill;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value, json};

use self::fill::{Deal, Fallen, Pooled};
use super::lists::Values;
use super::{Generator, Made, Problems};
use crate::llm::item::{self, Field};
use crate::llm::template::Template;
use crate::llm::{Holds, OnError, capacity, unreadable};
use crate::permutation::Permutation;
use crate::plan::{Context, Pool, below};
use crate::problem::Problem;

/// Distinct answers of a pool where the schema names no number.
const POOL: u64 = 100;

/// The most rows of a table in which every row has an answer of its own.
pub(crate) const MOST_ROWS: u64 = 10_000;

/// Values that a language model writes, asked by the column's description or by `prompt`.
///
/// Rows draw from a pool of distinct answers, so a million rows cost as much as a thousand. Columns of a table with the same prompt, pool and
/// temperature show one answer.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Llm {
    /// What is asked, with other columns of the row put in for {{column}}; the column's description when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 20000))]
    pub(crate) prompt: Option<String>,
    /// The answers that are allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    values: Option<Values<Value>>,
    /// The JSON Schema of one answer; that of an object makes a draw of its properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    json_schema: Option<Map<String, Value>>,
    /// Distinct answers that rows draw from, for each combination of the values that the prompt names; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10000))]
    pub(crate) pool: Option<u64>,
    /// Whether rows with the same values in the prompt share a pool, or every row has an answer of its own; `combination` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) per: Option<Per>,
    /// How freely the model writes, 0 to 2; its own default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2))]
    pub(crate) temperature: Option<Number>,
    /// What happens where the model cannot be asked: no rows are made, or another generator fits the description; `fail` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) on_error: Option<OnError>,
}

/// Which rows share answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Rows with the same values in the prompt draw from one pool.
    #[default]
    Combination,
    /// Every row has an answer of its own.
    Row,
}

impl Generator for Llm {
    const EXAMPLE: &'static str =
        "{type: llm, prompt: A short review of a book by a reader, pool: 50, on_error: fallback}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let columns = cx.same_prompt(self);
        let mut fields = Vec::with_capacity(columns.len());
        for (column, own) in &columns {
            let (name, declared, description) = cx.about(*column);
            let lengths = cx.lengths_at(*column);
            fields.push(own.field(cx, name, declared, lengths, description)?);
        }
        let place = columns.iter().position(|(column, _)| cx.is_column(*column)).unwrap_or(0);
        let item = if let [field] = fields.as_slice() { field.schema() } else { item::object(&fields) };
        let names = fields.iter().map(|field| field.name.clone()).collect();
        let unique = columns.iter().map(|(column, _)| cx.is_dealt_alone(*column)).collect();
        let on_error = if columns.iter().all(|(_, own)| own.on_error == Some(OnError::Fallback)) {
            OnError::Fallback
        } else {
            OnError::Fail
        };
        self.made(cx, Asked { fields, place, item, names, unique, on_error, whole: columns.len() == 1 })
    }

    fn fields(&self) -> Vec<String> {
        self.properties().map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
    }

    fn compile_field(&self, cx: &mut Context<'_>, field: &str) -> Result<Made, Problems> {
        let required = self.json_schema.as_ref().and_then(|schema| schema.get("required")).and_then(Value::as_array);
        let mut fields = Vec::new();
        let root = Value::Object(self.json_schema.clone().unwrap_or_default());
        for (name, schema) in self.properties().into_iter().flatten() {
            let mut schema = schema.as_object().cloned().unwrap_or_default();
            let description = schema.get("description").and_then(Value::as_str).map(str::to_owned);
            let logical = item::type_of_schema(&schema, &root);
            if !required.is_some_and(|required| required.iter().any(|known| known == name)) {
                // What an answer may leave out is null.
                let any_of = json!([Value::Object(schema), {"type": "null"}]);
                schema = Map::from_iter([("anyOf".to_owned(), any_of)]);
            }
            if let Some(definitions) = root.get("$defs") {
                // What it refers to stands with it.
                schema.entry("$defs".to_owned()).or_insert_with(|| definitions.clone());
            }
            fields.push(Field {
                name: name.clone(),
                logical,
                lengths: (0, None),
                values: None,
                schema: Some(schema),
                description,
            });
        }
        let place = fields.iter().position(|known| known.name == field).unwrap_or(0);
        let item = root;
        let (names, unique) = (cx.columns_of_draw(), vec![false; fields.len()]);
        let on_error = self.on_error.unwrap_or(OnError::Fail);
        self.made(cx, Asked { fields, place, item, names, unique, on_error, whole: false })
    }
}

/// One draw: what an answer holds, and which part of it is made.
struct Asked {
    fields: Vec<Field>,
    place: usize,
    item: Value,
    /// The columns that show it.
    names: Vec<String>,
    /// Which of the fields never repeat.
    unique: Vec<bool>,
    on_error: OnError,
    /// Whether an answer is the field's value, and not an object that holds it.
    whole: bool,
}

impl Llm {
    fn properties(&self) -> Option<&Map<String, Value>> {
        self.json_schema.as_ref()?.get("properties")?.as_object()
    }

    /// What one answer holds for a column.
    fn field(
        &self,
        cx: &Context<'_>,
        name: String,
        declared: Option<crate::types::LogicalType>,
        lengths: (u32, Option<u32>),
        description: Option<String>,
    ) -> Result<Field, Problems> {
        if self.values.is_some() && self.json_schema.is_some() {
            let problem = Problem::new("two_sources", "values and json_schema both say what an answer is");
            return Err(vec![problem.key("json_schema").remedy("leave one of them out")]);
        }
        let values = match &self.values {
            None => None,
            Some(Values::Written(values)) => Some(values.clone()),
            Some(Values::Named(name)) => Some(cx.list(&name.list).map_err(|problem| vec![problem.at("/values/list")])?),
        };
        if values.as_ref().is_some_and(Vec::is_empty) {
            return Err(vec![Problem::new("empty_list", "the list is empty").key("values")]);
        }
        let logical = match (&declared, &values, &self.json_schema) {
            (Some(declared), ..) => declared.clone(),
            (None, Some(values), _) => {
                super::lists::List::of(values, None).map_err(|found| below(found, "values"))?.logical
            }
            (None, None, Some(schema)) => item::type_of_schema(schema, &Value::Object(schema.clone())),
            (None, None, None) => crate::types::LogicalType::String,
        };
        if !item::is_possible(&logical) {
            let problem = Problem::new("not_supported", format!("a language model writes no values of type {logical}"));
            return Err(vec![problem.remedy("say type: string, or use another generator")]);
        }
        if let Some(values) = &values {
            super::lists::List::of(values, Some(&logical)).map_err(|found| below(found, "values"))?;
        }
        if let (Some(schema), Some(declared)) = (&self.json_schema, &declared) {
            let written = item::type_of_schema(schema, &Value::Object(schema.clone()));
            let (kind, _) = item::json_type(declared);
            let fits = match (item::json_type(&written).0, kind) {
                (_, None) => true,
                (written, wanted) => written == wanted || (written == Some("integer") && wanted == Some("number")),
            };
            if schema.contains_key("type") && !fits {
                let detail = format!("{name} is {declared}, and the schema of an answer says another type");
                let problem = Problem::new("wrong_type", detail).at("/json_schema/type");
                return Err(vec![problem.remedy(format!("say type: {}", kind.unwrap_or("string")))]);
            }
        }
        Ok(Field { name, logical, lengths, values, schema: self.json_schema.clone(), description })
    }

    /// Compiles one field of a draw.
    fn made(&self, cx: &mut Context<'_>, mut asked: Asked) -> Result<Made, Problems> {
        // What the schema says of the model's failing is told to who asks it, whoever looks at rows meanwhile.
        let waits = cx.waits();
        if cx.falls_back() {
            asked.on_error = OnError::Fallback;
        }
        let unreadable = self.json_schema.clone().map(|schema| unreadable(&Value::Object(schema))).unwrap_or_default();
        if !unreadable.is_empty() {
            return Err(below(unreadable, "json_schema"));
        }
        let prompt = match self.prompt.clone().or_else(|| cx.description()).filter(|prompt| !prompt.trim().is_empty()) {
            Some(prompt) => prompt,
            None => {
                let problem = Problem::new("no_prompt", "nothing says what the language model is asked");
                return Err(vec![problem.remedy("give the column a description, or the generator a prompt")]);
            }
        };
        let (template, references) = Template::parse(&prompt).map_err(|_| {
            let problem = Problem::new("unclosed", format!("{prompt:?} opens {{{{ and does not close it"));
            vec![problem.key("prompt").remedy("write {{column}}")]
        })?;
        let mut inputs = Vec::with_capacity(references.len());
        for name in &references {
            let input = if name.contains('.') { cx.sql(name) } else { cx.column(name) };
            inputs.push(input.map_err(|found| below(found, "prompt"))?);
        }
        if capacity(&asked.item) == Some(0) {
            let detail = format!(
                "no answer can be a value of {}: what is allowed and the bounds of its length leave none",
                asked.names.join(" and ")
            );
            let problem = Problem::new("capacity", detail).param("capacity", "0");
            return Err(vec![problem.remedy("change the values that are allowed, or the lengths")]);
        }
        let per = self.per.unwrap_or_default();
        let rows = cx.rows()?;
        if per == Per::Row && rows > MOST_ROWS {
            let detail = format!("each of {rows} rows would be asked for by itself, and at most {MOST_ROWS} are");
            let problem = Problem::new("too_large", detail).key("per").param("rows", rows).param("most", MOST_ROWS);
            return Err(vec![
                problem.remedy("say per: combination, so that rows draw from a pool, or ask for fewer rows"),
            ]);
        }
        if per == Per::Row && self.pool.is_some() {
            let problem =
                Problem::new("two_sources", "every row has an answer of its own, so there is no pool to draw from");
            return Err(vec![problem.key("pool").remedy("leave one of them out")]);
        }
        let size = self.pool.unwrap_or(POOL);
        let is_unique = asked.unique.contains(&true);
        if is_unique {
            self.check_unique(&asked, &template, size, rows)?;
        }
        let field = &asked.fields[asked.place];
        let (slots_table, all) = cx.slots();
        let mut pool = Pool {
            table: slots_table,
            pointer: String::new(),
            id: String::new(),
            columns: asked.names.clone(),
            prompt,
            reads: inputs.iter().map(|input| all[*input]).collect(),
            names: references,
            item: asked.item.clone(),
            temperature: self.temperature.clone(),
            size: if per == Per::Row { rows } else { size },
            per,
            on_error: asked.on_error,
            holds: Holds::new(&asked.fields, &asked.unique, asked.whole),
            held: std::collections::HashMap::new(),
            is_declined: false,
            fallback: Vec::new(),
            unheld: Vec::new(),
            is_long: false,
            template,
        };
        let mut lists = match cx.answers() {
            Some(answers) => fill::lists(&answers, &mut pool, &asked.fields, asked.place, &asked.unique, asked.whole)?,
            None => std::collections::HashMap::new(),
        };
        let too_few = pool.held.get(&pool.prompt).copied().filter(|held| is_unique && *held < rows);
        if asked.on_error == OnError::Fallback && too_few.is_some() {
            // A column without repetition takes its values from one place.
            lists.clear();
            pool.held.clear();
        } else if let Some(held) = too_few {
            let detail = format!(
                "{} is unique and the language model gave {held} values, fewer than the table's {rows} rows",
                asked.unique_name()
            );
            // No other number of the schema mends it: one that changes the question only leaves the answers behind.
            let problem =
                Problem::new("too_few_answers", detail).param("capacity", held.to_string()).param("rows", rows);
            let remedy = "let the model be asked again (generate --llm-ask-again, or POST /llm/ask-again), ask for fewer rows, or leave unique out";
            return Err(vec![problem.remedy(remedy)]);
        }
        let may_fall = asked.on_error == OnError::Fallback && (lists.is_empty() || !pool.template.is_fixed());
        let fallen = match may_fall {
            true if waits => cx.fallback(field, true).ok(),
            true => Some(cx.fallback(field, false)?),
            false => None,
        };
        if let Some(fallen) = &fallen {
            pool.fallback.push((field.name.clone(), fallen.words.clone()));
            if !fallen.unheld.is_empty() {
                pool.unheld.push((field.name.clone(), fallen.unheld.clone()));
            }
        }
        let fallen = fallen.filter(|_| !waits).map(|fallen| fallen.nested);
        let whole = |lists: &fill::Lists| lists.values().all(|list| list.longest().is_some());
        let bound = field.lengths.1.map(u64::from);
        let answered =
            bound.or_else(|| lists.values().filter_map(super::lists::List::longest).max().filter(|_| whole(&lists)));
        let template = pool.template.clone();
        let prompt = pool.prompt.clone();
        let drawn_by = cx.add_pool(pool, asked.fields.len());
        let logical = field.logical.clone();
        if lists.is_empty()
            && let Some(nested) = fallen
        {
            let (logical, longest, nullable) = (nested.logical.clone(), nested.longest, nested.nullable);
            let (distinct, countable) = (nested.distinct, nested.countable.clone());
            let made =
                Made { longest, nullable, distinct, countable, asks: true, ..Made::drawn(logical, Fallen(nested)) };
            return Ok(made);
        }
        let deal = match (is_unique, per) {
            (false, Per::Combination) => Deal::Drawn(cx.key_of_draw(&asked.names, "value")),
            (true, Per::Combination) => {
                let key = cx.key_of_draw(&asked.names, "position");
                let count = lists.values().next().map_or(0, |list| list.len() as u64);
                Deal::Permuted(Permutation::new(key, count.max(1)))
            }
            (_, Per::Row) => {
                Deal::Ranked(fill::Ranks::new(slots_table, inputs.iter().map(|input| all[*input]).collect(), rows))
            }
        };
        let is_drawn = matches!(deal, Deal::Drawn(_));
        let longest = match &fallen {
            None => answered,
            Some(nested) => answered.zip(nested.longest).map(|(one, other)| one.max(other)),
        };
        let nullable = field.is_nullable() || fallen.as_ref().is_some_and(|nested| nested.nullable);
        let distinct = asked.unique[asked.place] && fallen.is_none();
        let fill = Pooled { template, prompt, inputs, lists, fallback: fallen, deal, logical: logical.clone() };
        let made = Made { longest, nullable, distinct, asks: true, ..Made::computed(logical, fill) };
        Ok(Made { drawn_by: is_drawn.then_some(drawn_by), ..made })
    }

    /// Whether the values of a column that never repeats can come from a pool of this size.
    fn check_unique(&self, asked: &Asked, template: &Template, size: u64, rows: u64) -> Result<(), Problems> {
        let name = asked.unique_name();
        if !template.is_fixed() {
            let detail = format!(
                "{name} is unique, and its prompt names columns: what is answered for one combination of their values may be answered for another"
            );
            let problem = Problem::new("not_countable", detail).key("prompt");
            return Err(vec![problem.remedy("leave the columns out of the prompt, or leave unique out")]);
        }
        let size = if self.per.unwrap_or_default() == Per::Combination { size } else { u64::MAX };
        let fields = asked.fields.iter().zip(&asked.unique).filter_map(|(field, unique)| unique.then_some(field));
        let allowed = fields.filter_map(|field| capacity(&field.schema())).min().unwrap_or(u64::MAX);
        if size.min(allowed) < rows {
            let count = size.min(allowed);
            let detail = format!("{name} is unique and can take {count} values, fewer than the table's {rows} rows");
            let is_pool = allowed >= rows;
            // A pool that one of several columns changes is no longer theirs together, so no change of one number is proposed.
            let code = if is_pool && !asked.whole { "small_pool" } else { "capacity" };
            let problem = Problem::new(code, detail).param("capacity", count.to_string()).param("rows", rows);
            return Err(vec![match (is_pool, asked.whole) {
                (false, _) => problem.remedy("allow more values, ask for fewer rows, or leave unique out"),
                (true, true) => {
                    problem.key("pool").remedy("let pool be at least the table's rows, or leave unique out")
                }
                (true, false) => {
                    let remedy = format!(
                        "let pool be at least the table's rows in {}, which share their answers, or leave unique out",
                        asked.names.join(" and ")
                    );
                    problem.key("pool").remedy(remedy)
                }
            }]);
        }
        Ok(())
    }
}

impl Asked {
    /// The first column that never repeats.
    fn unique_name(&self) -> &str {
        let place = self.unique.iter().position(|unique| *unique).unwrap_or(self.place);
        &self.fields[place].name
    }
}
