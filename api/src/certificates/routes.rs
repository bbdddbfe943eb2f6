//! `/verify`: the certificate of files, whoever made them. Nothing is stored.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::uploads::{self, FORM};
use crate::App;
use crate::datasets::service::JSON;
use crate::error::ApiError;
use crate::http::accept;
use crate::http::caller::Caller;
use crate::http::headers::SANDBOX;
use crate::http::upload;
use crate::openapi::errors::{Invalid, NotAcceptable, TooLarge, UnsupportedMediaType};

/// A page.
const HTML: &str = "text/html";

/// Adds the resource.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(verify_files);
}

/// A schema, and files that should obey it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "declares a form whose parts are read one by one")]
pub struct VerifyForm {
    /// The schema, in YAML or JSON.
    pub schema: String,
    /// Values of the schema's parameters, as a JSON object.
    #[schema(value_type = Option<std::collections::BTreeMap<String, serde_json::Value>>)]
    pub parameters: Option<String>,
    /// Rows by table, in place of the schema's, as a JSON object, where the generation of the files said others.
    #[schema(value_type = Option<std::collections::BTreeMap<String, u64>>)]
    pub rows: Option<String>,
    /// Multiplies the rows of every table that is not `scaled: false`, as the generation of the files did.
    #[schema(value_type = Option<f64>)]
    pub scale: Option<String>,
    /// The files, a part each. The extension of a file's name tells its format and compression, the rest its table; a workbook's sheets are
    /// tables.
    #[schema(max_items = 256)]
    pub file: Vec<FileContent>,
}

/// The bytes of a file.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "declares the parts of a form")]
pub struct FileContent(pub Vec<u8>);

/// The proof, and what was found beside it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Verified {
    /// The certificate.
    #[serde(flatten)]
    #[schema(value_type = crate::openapi::Certificate)]
    pub certificate: engine::verify::Certificate,
    /// Sentences about what was passed over, such as sheets that are no tables of the schema.
    pub notes: Vec<String>,
}

/// Verify files
///
/// Proves that files obey a schema, whoever made them: numbers of rows, keys, types, lengths, nulls, uniqueness and every rule. The answer is the certificate,
/// broken statements with examples in it; with `Accept: text/html` it is a page. An upload has 30 seconds and one more for each 64 kB, a proof
/// 60 seconds; nothing is kept.
#[utoipa::path(operation_id = "verify_files", tag = "plan",
    request_body(content = VerifyForm, content_type = "multipart/form-data"), responses(
    (status = 200, content((Verified = "application/json"), (String = "text/html"))),
    NotAcceptable,
    TooLarge,
    UnsupportedMediaType,
    Invalid,
))]
#[post("/verify")]
async fn verify_files(
    app: web::Data<App>,
    _: Caller,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let is_html = accept::choose(&request, &[JSON, HTML])? == 1;
    let upload = upload::receive(&app, &request, body, &FORM).await?;
    let verification = uploads::verify(&app, upload).await?;
    if is_html {
        return Ok(HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX))
            .insert_header((header::VARY, "accept"))
            .body(verification.certificate.to_html()));
    }
    let verified = Verified { certificate: verification.certificate, notes: verification.notes };
    Ok(HttpResponse::Ok().insert_header((header::VARY, "accept")).json(verified))
}
