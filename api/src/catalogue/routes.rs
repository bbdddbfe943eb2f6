//! `/generators`, `/formats`, `/templates` and `/schema.json`: open to everybody, the same for all.

use actix_web::{get, web};
use formats::{Compression, FORMATS};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::templates::{self, TEMPLATES};
use super::{Explanation, all, find};
use crate::error::{ApiError, Code};
use crate::http::page::List;
use crate::openapi::errors::NotFound;

/// Adds the resource.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_generators)
        .service(get_generator)
        .service(list_formats)
        .service(list_templates)
        .service(get_template)
        .service(get_language);
}

/// A generator in words, with the JSON Schema of what a column says of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct GeneratorInfo {
    /// Its `type`.
    pub name: String,
    /// Its group.
    pub group: String,
    /// What it makes.
    pub description: String,
    /// How a schema writes it.
    pub example: String,
    /// Its parameters, in the order of the language.
    pub parameters: Vec<ParameterInfo>,
    /// Its JSON Schema; references lead into the definitions of `/schema.json`.
    pub schema: Value,
}

/// A parameter in words.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParameterInfo {
    /// Its key.
    pub name: String,
    /// The values that it takes.
    #[schema(example = "a whole number or {sql}")]
    pub takes: String,
    /// Whether it has to be given.
    pub required: bool,
    /// What it means.
    pub description: String,
    /// What it does to the values: `location`, `spread`, `lower`, `upper`, `weight`, where it is one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// A kind of file.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormatInfo {
    /// The word that names it.
    pub name: String,
    /// The extension of its files, without a dot.
    pub extension: String,
    /// Its media type.
    pub media_type: String,
    /// Whether one file holds all tables; else each table has a file of its own.
    pub holds_all_tables: bool,
    /// How its files can be compressed on top.
    pub compressions: Vec<String>,
    /// JSON Schema of its options.
    pub options: Value,
}

/// A schema to start from.
#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateInfo {
    /// Its name.
    #[schema(example = "hiring")]
    pub name: String,
    /// What it shows.
    pub summary: String,
    /// The schema in YAML, with comments.
    pub text: String,
}

/// List generators
#[utoipa::path(operation_id = "list_generators", tag = "catalogue", security(()), responses((status = 200, body = List<GeneratorInfo>)))]
#[get("/generators")]
async fn list_generators() -> web::Json<List<GeneratorInfo>> {
    web::Json(List::whole(all().into_iter().map(info).collect()))
}

/// Get a generator
#[utoipa::path(operation_id = "get_generator", tag = "catalogue", security(()), params(("name" = String, Path)), responses(
    (status = 200, body = GeneratorInfo),
    NotFound,
))]
#[get("/generators/{name}")]
async fn get_generator(name: web::Path<String>) -> Result<web::Json<GeneratorInfo>, ApiError> {
    match find(&name) {
        Ok(explanation) => Ok(web::Json(info(explanation))),
        Err(failure) => Err(ApiError::new(Code::NotFound, failure.to_string())),
    }
}

/// List formats
#[utoipa::path(operation_id = "list_formats", tag = "catalogue", security(()), responses((status = 200, body = List<FormatInfo>)))]
#[get("/formats")]
async fn list_formats() -> web::Json<List<FormatInfo>> {
    let formats = FORMATS.iter().map(|format| FormatInfo {
        name: format.name().to_owned(),
        extension: format.extension().to_owned(),
        media_type: format.kind().media_type.to_owned(),
        holds_all_tables: format.holds_all_tables(),
        compressions: match format.kind().compresses_inside {
            true => Vec::new(),
            false => Compression::ALL.iter().map(|compression| compression.name().to_owned()).collect(),
        },
        options: formats::choice::schema(*format),
    });
    web::Json(List::whole(formats.collect()))
}

/// List templates
#[utoipa::path(operation_id = "list_templates", tag = "catalogue", security(()), responses((status = 200, body = List<TemplateInfo>)))]
#[get("/templates")]
async fn list_templates() -> web::Json<List<TemplateInfo>> {
    web::Json(List::whole(TEMPLATES.iter().map(template).collect()))
}

/// Get a template
#[utoipa::path(operation_id = "get_template", tag = "catalogue", security(()), params(("name" = String, Path)), responses(
    (status = 200, body = TemplateInfo),
    NotFound,
))]
#[get("/templates/{name}")]
async fn get_template(name: web::Path<String>) -> Result<web::Json<TemplateInfo>, ApiError> {
    match templates::by_name(&name) {
        Some(found) => Ok(web::Json(template(found))),
        None => Err(ApiError::not_found("template called", &name)),
    }
}

/// Get the schema language
///
/// The JSON Schema (draft 2020-12) of what people write.
#[utoipa::path(operation_id = "get_language", tag = "catalogue", security(()), responses((status = 200, body = Value, description = "a JSON Schema")))]
#[get("/schema.json")]
async fn get_language() -> web::Json<Value> {
    web::Json(engine::schema::json_schema())
}

fn info(explanation: Explanation) -> GeneratorInfo {
    let parameters = explanation.parameters.into_iter().map(|parameter| ParameterInfo {
        name: parameter.name,
        takes: parameter.takes,
        required: parameter.is_required,
        description: parameter.description,
        role: parameter.role,
    });
    GeneratorInfo {
        name: explanation.name,
        group: explanation.group,
        description: explanation.description,
        example: explanation.example,
        parameters: parameters.collect(),
        schema: explanation.schema,
    }
}

fn template(template: &templates::Template) -> TemplateInfo {
    TemplateInfo {
        name: template.name.to_owned(),
        summary: template.summary.to_owned(),
        text: template.text.to_owned(),
    }
}
