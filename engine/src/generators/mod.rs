//! The generators: one struct each, and the one list of them.
//!
//! A generator is what a schema says (`{type: integer, min: 1, max: 6}`, plain data). Compiling it for a column makes a [`Fill`], which runs:
//! a whole range of rows at a call, keeping nothing between rows. A generator's `type` is its struct's name in snake_case, its group the
//! file that it stands in, its parameters and their words the struct's fields and doc comments; so the list below is all that has to name it.

mod bridge;
mod company;
mod countable;
mod cut;
mod dates;
mod domain;
mod draws;
mod fill;
mod finance;
mod identifiers;
mod internet;
mod interval;
mod keys;
mod lists;
mod llm;
mod logic;
mod numbered;
mod numbers;
mod person;
mod pieces;
mod place;
mod prefix;
mod quantiles;
mod records;
mod relations;
pub(crate) mod shape;
mod stand_in;
mod text;

use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

pub use countable::Countable;
pub use cut::Cut;
pub use fill::{Cells, Choices, Fill, Held, Made, Progression, Rows, RunError};
pub(crate) use lists::typed_values;
pub(crate) use llm::{Llm, Per};
pub(crate) use place::PLACE_ATTRIBUTES;
pub(crate) use quantiles::FLOATS_LIMITED_AS;
pub use quantiles::Quantiles;
pub(crate) use relations::First;
pub(crate) use relations::fold::{Measure, Packed, Reader, RunningFn, State};
pub(crate) use stand_in::{StandIn, reads, stand_in};

use crate::plan::{Context, suggestions};
use crate::problem::Problem;
use crate::types::LogicalType;

/// All problems of an element, each with its place below it.
pub type Problems = Vec<Problem>;

/// The one list of generators.
pub fn list() -> &'static [Entry] {
    static LIST: OnceLock<Vec<Entry>> = OnceLock::new();
    LIST.get_or_init(|| {
        vec![
            Entry::of::<keys::Sequence>(),
            Entry::of::<keys::UuidV4>(),
            Entry::of::<keys::UuidV7>(),
            Entry::of::<keys::Ulid>(),
            Entry::of::<keys::Pattern>(),
            Entry::of::<keys::Regex>(),
            Entry::of::<keys::Template>(),
            Entry::of::<keys::String>(),
            Entry::of::<keys::CheckDigit>(),
            Entry::of::<keys::HashOf>(),
            Entry::of::<keys::Bytes>(),
            Entry::of::<relations::Constant>(),
            Entry::of::<relations::Field>(),
            Entry::of::<relations::Previous>(),
            Entry::of::<relations::Running>(),
            Entry::of::<relations::Rank>(),
            Entry::of::<draws::Tuple>(),
            Entry::of::<draws::Person>(),
            Entry::of::<logic::Choice>(),
            Entry::of::<logic::Subcategory>(),
            Entry::of::<logic::Boolean>(),
            Entry::of::<logic::Conditional>(),
            Entry::of::<logic::Expression>(),
            Entry::of::<logic::Bucket>(),
            Entry::of::<logic::Mixture>(),
            Entry::of::<logic::StateMachine>(),
            Entry::of::<numbers::Integer>(),
            Entry::of::<numbers::Decimal>(),
            Entry::of::<numbers::Float>(),
            Entry::of::<numbers::Normal>(),
            Entry::of::<numbers::Lognormal>(),
            Entry::of::<numbers::Exponential>(),
            Entry::of::<numbers::Gamma>(),
            Entry::of::<numbers::Beta>(),
            Entry::of::<numbers::Pareto>(),
            Entry::of::<numbers::Zipf>(),
            Entry::of::<numbers::Triangular>(),
            Entry::of::<numbers::Poisson>(),
            Entry::of::<numbers::Binomial>(),
            Entry::of::<numbers::Geometric>(),
            Entry::of::<numbers::Histogram>(),
            Entry::of::<numbers::Weibull>(),
            Entry::of::<numbers::StudentT>(),
            Entry::of::<numbers::RandomWalk>(),
            Entry::of::<numbers::TimeSeries>(),
            Entry::of::<dates::Date>(),
            Entry::of::<dates::Datetime>(),
            Entry::of::<dates::DateOffset>(),
            Entry::of::<dates::UnixTimestamp>(),
            Entry::of::<dates::TimeOfDay>(),
            Entry::of::<dates::AgeFrom>(),
            Entry::of::<dates::Duration>(),
            Entry::of::<dates::EventTimes>(),
            Entry::of::<dates::of_records::DateOfBirth>(),
            Entry::of::<dates::of_records::Timezone>(),
            Entry::of::<dates::calendar::Weekday>(),
            Entry::of::<dates::calendar::MonthName>(),
            Entry::of::<person::FullName>(),
            Entry::of::<person::FirstName>(),
            Entry::of::<person::LastName>(),
            Entry::of::<person::Gender>(),
            Entry::of::<person::Username>(),
            Entry::of::<person::Email>(),
            Entry::of::<person::Phone>(),
            Entry::of::<person::JobTitle>(),
            Entry::of::<person::NationalId>(),
            Entry::of::<person::parts::MiddleName>(),
            Entry::of::<person::parts::NamePrefix>(),
            Entry::of::<person::parts::PaternalSurname>(),
            Entry::of::<person::parts::MaternalSurname>(),
            Entry::of::<person::parts::MaritalStatus>(),
            Entry::of::<person::parts::EducationLevel>(),
            Entry::of::<person::parts::Nationality>(),
            Entry::of::<place::Country>(),
            Entry::of::<place::regions::State>(),
            Entry::of::<place::regions::City>(),
            Entry::of::<place::CountryCode>(),
            Entry::of::<place::regions::StateCode>(),
            Entry::of::<place::regions::District>(),
            Entry::of::<place::regions::AdminCode>(),
            Entry::of::<place::record::Place>(),
            Entry::of::<place::postal::PostalCode>(),
            Entry::of::<place::address::StreetName>(),
            Entry::of::<place::address::StreetAddress>(),
            Entry::of::<place::address::SecondaryAddress>(),
            Entry::of::<place::address::FullAddress>(),
            Entry::of::<place::geo::Latitude>(),
            Entry::of::<place::geo::Longitude>(),
            Entry::of::<place::geo::GeoPoint>(),
            Entry::of::<company::CompanyName>(),
            Entry::of::<company::Industry>(),
            Entry::of::<company::TaxId>(),
            Entry::of::<company::Ean>(),
            Entry::of::<company::Sku>(),
            Entry::of::<company::Price>(),
            Entry::of::<company::Department>(),
            Entry::of::<company::products::ProductName>(),
            Entry::of::<company::products::ProductCategory>(),
            Entry::of::<finance::Iban>(),
            Entry::of::<finance::Bic>(),
            Entry::of::<finance::AccountNumber>(),
            Entry::of::<finance::CreditCardNetwork>(),
            Entry::of::<finance::CreditCardNumber>(),
            Entry::of::<finance::Cvv>(),
            Entry::of::<finance::CardExpiry>(),
            Entry::of::<finance::Isin>(),
            Entry::of::<finance::Lei>(),
            Entry::of::<finance::CurrencyCode>(),
            Entry::of::<finance::Amount>(),
            Entry::of::<internet::Url>(),
            Entry::of::<internet::DomainName>(),
            Entry::of::<internet::Ipv4>(),
            Entry::of::<internet::Ipv6>(),
            Entry::of::<internet::MacAddress>(),
            Entry::of::<internet::Port>(),
            Entry::of::<internet::UserAgent>(),
            Entry::of::<internet::HttpMethod>(),
            Entry::of::<internet::HttpStatus>(),
            Entry::of::<internet::Slug>(),
            Entry::of::<internet::Password>(),
            Entry::of::<internet::MimeType>(),
            Entry::of::<internet::FileName>(),
            Entry::of::<internet::Imei>(),
            Entry::of::<domain::VehicleMake>(),
            Entry::of::<domain::VehicleModel>(),
            Entry::of::<domain::Vin>(),
            Entry::of::<domain::LicensePlate>(),
            Entry::of::<domain::colors::ColorName>(),
            Entry::of::<domain::colors::HexColor>(),
            Entry::of::<domain::Icd10Code>(),
            Entry::of::<domain::AirportCode>(),
            Entry::of::<domain::JsonObject>(),
            Entry::of::<domain::Array>(),
            Entry::of::<text::Word>(),
            Entry::of::<text::Sentence>(),
            Entry::of::<text::paragraph::Paragraph>(),
            Entry::of::<Llm>(),
        ]
    })
}

/// Units as an array of a logical type.
pub(crate) fn array_of_units(
    units: Vec<Option<i64>>,
    logical: &LogicalType,
) -> Result<datafusion::arrow::array::ArrayRef, RunError> {
    interval::array_of(units.into_iter(), logical)
}

/// The entry of a name.
pub fn by_name(name: &str) -> Option<&'static Entry> {
    list().iter().find(|entry| entry.name == name)
}

/// How an attribute is compiled that no column can name: what several attributes of a record follow from.
pub(crate) type HiddenAttribute = fn(&mut Context<'_>) -> Result<Made, Problems>;

/// The hidden attribute of a name.
pub(crate) fn hidden_attribute(name: &str) -> Option<HiddenAttribute> {
    match name {
        "place_row" => Some(place::record::place_row),
        "district_row" => Some(place::record::district_row),
        "country_row" => Some(place::country_row),
        "population" => Some(place::record::population),
        "state_number" => Some(place::record::state_number),
        "product_row" => Some(company::products::product_row),
        "color_row" => Some(domain::colors::color_row),
        _ => None,
    }
}

/// What a schema says of how a column is filled. The doc comments of its struct are the words that people read.
pub trait Generator: DeserializeOwned + Serialize + JsonSchema + fmt::Debug + Send + Sync + 'static {
    /// A column's generator as a schema writes it; shown in the catalogue and run by the golden test.
    const EXAMPLE: &'static str;

    /// Columns, as YAML, that the example reads beside its own; `[]` when it reads none.
    const EXAMPLE_BESIDE: &'static str = "[]";

    /// Whether it describes the row's person, place or company: columns of one `entity` then show one record.
    const ATTRIBUTE: bool = false;

    /// What its `min` and `max` are, where they cut its distribution: what lets another generator that it is a part of set them.
    const CUT: Option<Cut> = None;

    /// Compiles it for the column of the context. Problems have their places below the generator, `/max`.
    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems>;

    /// Smallest and largest value, where both are constants and it keeps the bounds of [`Context::bounds`]: what lets `order` be held by
    /// drawing inside what is left.
    fn interval(&self) -> Option<Interval> {
        None
    }

    /// The type in whose units it keeps the bounds of [`Context::bounds`], if it does, for a column that is declared so.
    fn bounded(&self, declared: Option<&LogicalType>) -> Option<LogicalType> {
        match Self::CUT? {
            Cut::Whole => Some(LogicalType::Integer),
            Cut::Real => declared
                .filter(|declared| matches!(declared, LogicalType::Integer | LogicalType::Decimal { scale: 0.., .. }))
                .cloned(),
        }
    }

    /// Columns of the row that its value is never below.
    fn above(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Columns of the row that its value is never above.
    fn below(&self) -> Vec<&str> {
        Vec::new()
    }

    /// The column of the row that its value lies behind, and how many units of a type it does at least, where that is a constant.
    fn least_length(&self, _logical: &LogicalType) -> Option<(&str, i64)> {
        None
    }

    /// Columns within whose groups its values never repeat; an empty list: in the whole table; `None`: they may.
    fn distinct_per(&self) -> Option<&[String]> {
        None
    }

    /// The fields of the record that it draws, for those that draw one.
    fn fields(&self) -> Vec<String> {
        Vec::new()
    }

    /// Compiles one field of its record. Only called with a name of [`Generator::fields`].
    fn compile_field(&self, _cx: &mut Context<'_>, field: &str) -> Result<Made, Problems> {
        Err(vec![Problem::new("no_fields", format!("this generator has no field \"{field}\""))])
    }

    /// Whether it only makes records, so that no column can show it whole.
    fn is_draw(&self) -> bool {
        false
    }
}

/// A generator's constant bounds, in the units of its type: days, microseconds, whole numbers, units of the last decimal place.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// Its type; bounds compare within one type.
    pub logical: LogicalType,
    /// Smallest value.
    pub min: i64,
    /// Largest value.
    pub max: i64,
}

/// A generator of any type.
pub trait AnyGenerator: fmt::Debug + Send + Sync {
    /// Its entry in the list.
    fn entry(&self) -> &'static Entry;
    /// See [`Generator::compile`].
    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems>;
    /// See [`Generator::interval`].
    fn interval(&self) -> Option<Interval>;
    /// See [`Generator::bounded`].
    fn bounded(&self, declared: Option<&LogicalType>) -> Option<LogicalType>;
    /// See [`Generator::above`].
    fn above(&self) -> Vec<&str>;
    /// See [`Generator::below`].
    fn below(&self) -> Vec<&str>;
    /// See [`Generator::least_length`].
    fn least_length(&self, logical: &LogicalType) -> Option<(&str, i64)>;
    /// See [`Generator::distinct_per`].
    fn distinct_per(&self) -> Option<&[String]>;
    /// See [`Generator::fields`].
    fn fields(&self) -> Vec<String>;
    /// See [`Generator::compile_field`].
    fn compile_field(&self, cx: &mut Context<'_>, field: &str) -> Result<Made, Problems>;
    /// See [`Generator::is_draw`].
    fn is_draw(&self) -> bool;
    /// Its canonical JSON, `type` first.
    fn to_value(&self) -> Value;
}

impl<G: Generator> AnyGenerator for G {
    fn entry(&self) -> &'static Entry {
        by_name(&name_of::<G>()).expect("only listed generators are read")
    }

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        Generator::compile(self, cx)
    }

    fn interval(&self) -> Option<Interval> {
        Generator::interval(self)
    }

    fn bounded(&self, declared: Option<&LogicalType>) -> Option<LogicalType> {
        Generator::bounded(self, declared)
    }

    fn above(&self) -> Vec<&str> {
        Generator::above(self)
    }

    fn below(&self) -> Vec<&str> {
        Generator::below(self)
    }

    fn least_length(&self, logical: &LogicalType) -> Option<(&str, i64)> {
        Generator::least_length(self, logical)
    }

    fn distinct_per(&self) -> Option<&[String]> {
        Generator::distinct_per(self)
    }

    fn fields(&self) -> Vec<String> {
        Generator::fields(self)
    }

    fn compile_field(&self, cx: &mut Context<'_>, field: &str) -> Result<Made, Problems> {
        Generator::compile_field(self, cx, field)
    }

    fn is_draw(&self) -> bool {
        Generator::is_draw(self)
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("type".to_owned(), name_of::<G>().into());
        if let Ok(Value::Object(parameters)) = serde_json::to_value(self) {
            map.extend(parameters);
        }
        Value::Object(map)
    }
}

/// What the list says of a generator.
pub struct Entry {
    /// Its `type`.
    pub name: String,
    /// Its group.
    pub group: String,
    /// See [`Generator::EXAMPLE`].
    pub example: &'static str,
    /// See [`Generator::EXAMPLE_BESIDE`].
    pub example_beside: &'static str,
    /// See [`Generator::ATTRIBUTE`].
    pub is_attribute: bool,
    /// See [`Generator::CUT`].
    pub cut: Option<Cut>,
    /// Column names (words joined by `_`, without accents) that suggest it where a column names no generator.
    pub suggested_by: Vec<String>,
    read: fn(Value) -> Result<Arc<dyn AnyGenerator>, serde_json::Error>,
    schema: fn(&mut SchemaGenerator) -> Schema,
}

impl Entry {
    fn of<G: Generator>() -> Entry {
        Entry {
            name: name_of::<G>(),
            group: group_of::<G>(),
            example: G::EXAMPLE,
            example_beside: G::EXAMPLE_BESIDE,
            is_attribute: G::ATTRIBUTE,
            cut: G::CUT,
            suggested_by: suggestions(&name_of::<G>()),
            read: |value| {
                serde_json::from_value::<G>(value).map(|generator| Arc::new(generator) as Arc<dyn AnyGenerator>)
            },
            schema: |generator| {
                let mut schema = G::json_schema(generator);
                let name = name_of::<G>();
                let object = schema.ensure_object();
                let mut properties = Map::new();
                properties.insert("type".to_owned(), serde_json::json!({ "const": name }));
                if let Some(Value::Object(own)) = object.remove("properties") {
                    properties.extend(own);
                }
                object.insert("properties".to_owned(), Value::Object(properties));
                let mut required = vec![Value::from("type")];
                if let Some(Value::Array(own)) = object.remove("required") {
                    required.extend(own);
                }
                object.insert("required".to_owned(), Value::Array(required));
                schema
            },
        }
    }

    /// The JSON Schema of its parameters, `type` among them; its `description` are the generator's words.
    pub fn json_schema(&self) -> Value {
        let mut generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
        (self.schema)(&mut generator).to_value()
    }
}

/// The module below `generators` that a struct stands in, however deep.
fn group_of<G>() -> String {
    let after = type_name::<G>().split("::").skip_while(|part| *part != "generators").nth(1);
    after.unwrap_or_default().to_owned()
}

/// A struct's name in snake_case.
fn name_of<G>() -> String {
    let full = type_name::<G>();
    let mut name = String::new();
    for c in full.rsplit("::").next().unwrap_or(full).chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// A generator as it stands in a schema.
#[derive(Clone, Debug)]
pub struct GeneratorSpec(Arc<dyn AnyGenerator>);

impl std::ops::Deref for GeneratorSpec {
    type Target = dyn AnyGenerator;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl GeneratorSpec {
    /// The generator of a JSON object, or the sentence that says why it is none.
    pub fn from_value(value: Value) -> Result<GeneratorSpec, String> {
        let Value::Object(mut map) = value else { return Err("a generator is an object with a type".to_owned()) };
        let Some(Value::String(name)) = map.shift_remove("type") else {
            return Err("the generator's type is missing".to_owned());
        };
        let Some(entry) = by_name(&name) else { return Err(format!("unknown generator \"{name}\"")) };
        (entry.read)(Value::Object(map)).map(GeneratorSpec).map_err(|error| error.to_string())
    }

    /// The generator of a name with no parameters, where it needs none.
    pub fn plain(name: &str) -> Option<GeneratorSpec> {
        GeneratorSpec::from_value(serde_json::json!({ "type": name })).ok()
    }
}

impl<'de> Deserialize<'de> for GeneratorSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        GeneratorSpec::from_value(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for GeneratorSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_value().serialize(serializer)
    }
}

impl JsonSchema for GeneratorSpec {
    fn schema_name() -> Cow<'static, str> {
        "Generator".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let variants: Vec<Schema> = list().iter().map(|entry| (entry.schema)(generator)).collect();
        schemars::json_schema!({ "oneOf": variants })
    }
}
