//! What a client is told when something did not work: one list of codes, each with its status and title, as problem documents of RFC 9457.

use std::fmt;
use std::io::ErrorKind;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use engine::problem::Problem;
use serde_json::{Map, Value, json};

use crate::Failure;
use crate::http::context;

/// Declares the codes: variant, code, status, title.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $status:ident, $title:literal;)+) => {
        /// A stable word for what went wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Code] = &[$(Code::$variant),+];

            /// The word itself.
            pub fn word(self) -> &'static str {
                match self { $(Code::$variant => $code),+ }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> StatusCode {
                match self { $(Code::$variant => StatusCode::$status),+ }
            }

            /// What it says in general.
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title),+ }
            }
        }
    };
}

codes! {
    /// The request cannot be read.
    MalformedRequest = "malformed_request", BAD_REQUEST, "The request cannot be read";
    /// The `Host` is not among those that are served.
    UnknownHost = "unknown_host", BAD_REQUEST, "This host is not served";
    /// No valid token.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Signing in is required";
    /// E-mail and password do not fit.
    InvalidCredentials = "invalid_credentials", UNAUTHORIZED, "E-mail or password is wrong";
    /// The session has ended, or never was.
    NoSession = "no_session", UNAUTHORIZED, "The session has ended";
    /// The link was used, or is not the one that the server printed last.
    InvalidLink = "invalid_link", FORBIDDEN, "This link does not work any more";
    /// The role does not allow it.
    Forbidden = "forbidden", FORBIDDEN, "The role does not allow this";
    /// A cookie came from another site.
    ForeignOrigin = "foreign_origin", FORBIDDEN, "The request comes from another site";
    /// There is no such thing.
    NotFound = "not_found", NOT_FOUND, "There is no such thing";
    /// The address knows no such method.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "This method is not allowed here";
    /// None of the accepted media types is to be had.
    NotAcceptable = "not_acceptable", NOT_ACCEPTABLE, "None of the accepted formats is to be had";
    /// It does not fit what the thing's state allows.
    Conflict = "conflict", CONFLICT, "The state of the thing does not allow this";
    /// Stored rows were made by another engine and cannot be made again.
    EngineChanged = "engine_changed", GONE, "These rows cannot be made again";
    /// Somebody changed the thing meanwhile.
    ChangedMeanwhile = "changed_meanwhile", PRECONDITION_FAILED, "It was changed meanwhile";
    /// The body is larger than this server takes.
    TooLarge = "too_large", PAYLOAD_TOO_LARGE, "The request is too large";
    /// The body's media type is not read here.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "This media type is not read here";
    /// The range lies outside of the file.
    UnsatisfiableRange = "unsatisfiable_range", RANGE_NOT_SATISFIABLE, "The range lies outside of the file";
    /// The input has problems, listed with their places.
    InvalidInput = "invalid_input", UNPROCESSABLE_ENTITY, "The input has problems";
    /// An `Idempotency-Key` belongs to another request.
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "This key belongs to another request";
    /// `If-Match` is missing.
    PreconditionRequired = "precondition_required", PRECONDITION_REQUIRED, "If-Match is required";
    /// The body did not arrive in time.
    BodyTimeout = "body_timeout", REQUEST_TIMEOUT, "The request did not arrive in time";
    /// An account or an address was tried too often.
    TooManyAttempts = "too_many_attempts", TOO_MANY_REQUESTS, "Too many attempts";
    /// A language model is wanted, and there is no key.
    LlmKeyMissing = "llm_key_missing", CONFLICT, "The language model needs a key";
    /// The ceiling of what the language model may cost would be passed.
    LlmBudget = "llm_budget", UNPROCESSABLE_ENTITY, "The language model would cost more than it may";
    /// The language model's server does not take the key.
    LlmUnauthorized = "llm_unauthorized", FAILED_DEPENDENCY, "The language model does not take the key";
    /// The language model's server asks to wait, for longer than is waited.
    LlmRateLimited = "llm_rate_limited", FAILED_DEPENDENCY, "The language model asks to wait";
    /// The language model's server does not answer, or answers that it failed.
    LlmUnavailable = "llm_unavailable", FAILED_DEPENDENCY, "The language model cannot be reached";
    /// The language model took too long.
    LlmTimeout = "llm_timeout", FAILED_DEPENDENCY, "The language model took too long";
    /// The language model's server does not take the request.
    LlmRejected = "llm_rejected", FAILED_DEPENDENCY, "The language model does not take the request";
    /// The language model declines to answer.
    LlmRefused = "llm_refused", FAILED_DEPENDENCY, "The language model declines";
    /// The language model's answer is not what was asked for.
    LlmBadAnswer = "llm_bad_answer", FAILED_DEPENDENCY, "The language model's answer cannot be used";
    /// The language model's server failed so often that it is left alone for a while.
    LlmCircuitOpen = "llm_circuit_open", FAILED_DEPENDENCY, "The language model is left alone for a while";
    /// A fault of ours.
    Internal = "internal", INTERNAL_SERVER_ERROR, "The server failed";
    /// Not now: the disk is full, or another server holds the data.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "The server cannot do this now";
}

/// An error on its way to a client.
#[derive(Debug)]
pub struct ApiError {
    code: Code,
    detail: String,
    errors: Vec<Problem>,
    more: Map<String, Value>,
    cause: Option<String>,
    retry_after_s: Option<u64>,
}

impl ApiError {
    /// An error with its sentence.
    pub fn new(code: Code, detail: impl Into<String>) -> ApiError {
        ApiError { code, detail: detail.into(), errors: Vec::new(), more: Map::new(), cause: None, retry_after_s: None }
    }

    /// Input with problems, each with its place.
    pub fn invalid(errors: Vec<Problem>) -> ApiError {
        let count = errors.iter().filter(|problem| problem.is_error()).count();
        let detail = match count {
            1 => errors.iter().find(|problem| problem.is_error()).map(ToString::to_string).unwrap_or_default(),
            count => format!("{count} problems"),
        };
        ApiError { errors, ..ApiError::new(Code::InvalidInput, detail) }
    }

    /// Input whose one problem lies at a JSON Pointer.
    pub fn invalid_at(pointer: &str, detail: impl Into<String>) -> ApiError {
        ApiError::invalid(vec![Problem::new("invalid_value", detail).at(pointer)])
    }

    /// The same with the problems of the input that it is about.
    #[must_use]
    pub fn about(self, errors: Vec<Problem>) -> ApiError {
        ApiError { errors, ..self }
    }

    /// There is no thing of this kind with this id.
    pub fn not_found(what: &str, id: impl fmt::Display) -> ApiError {
        ApiError::new(Code::NotFound, format!("there is no {what} {id}"))
    }

    /// A fault of ours; the cause goes to the log, and to the client in debug mode.
    pub fn internal(cause: impl fmt::Display) -> ApiError {
        let error = ApiError::new(Code::Internal, "the cause is in the server's log under the request's id");
        ApiError { cause: Some(cause.to_string()), ..error }
    }

    /// The same with one more member in its document.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> ApiError {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// The same, worth another try in so many seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> ApiError {
        ApiError { retry_after_s: Some(seconds), ..self }
    }

    /// What a person reads, a sentence each.
    pub fn sentences(&self) -> Vec<String> {
        let told: Vec<String> = self.errors.iter().map(|problem| problem.detail.clone()).collect();
        if told.is_empty() { vec![self.to_string()] } else { told }
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The problem document.
    pub fn document(&self) -> Value {
        let mut document = json!({
            "type": "about:blank",
            "title": self.code.title(),
            "status": self.code.status().as_u16(),
            "code": self.code.word(),
            "detail": self.detail,
            "request_id": context::request_id(),
        });
        if let Some(map) = document.as_object_mut() {
            if self.code == Code::InvalidInput || !self.errors.is_empty() {
                map.insert("errors".to_owned(), json!(self.errors));
            }
            if let Some(cause) = self.cause.as_ref().filter(|_| context::tells_causes()) {
                map.insert("cause".to_owned(), json!(cause));
            }
            map.extend(self.more.clone());
        }
        document
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.cause.as_ref().unwrap_or(&self.detail))
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        if let Some(cause) = &self.cause {
            log::error!("{} {cause}", context::request_id());
        }
        let mut answer = HttpResponse::build(self.status_code());
        answer.insert_header(ContentType("application/problem+json".parse().expect("a media type")));
        if self.status_code() == StatusCode::UNAUTHORIZED {
            answer.insert_header((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        }
        if self.code == Code::NotAcceptable {
            answer.insert_header((header::VARY, HeaderValue::from_static("accept")));
        }
        let is_for_now = self.status_code() == StatusCode::SERVICE_UNAVAILABLE;
        if let Some(seconds) = self.retry_after_s.or(is_for_now.then_some(5)) {
            answer.insert_header((header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        answer.body(self.document().to_string())
    }
}

impl From<::llm::Failure> for ApiError {
    fn from(failure: ::llm::Failure) -> ApiError {
        use ::llm::Code as Model;
        let code = match failure.code {
            Model::KeyMissing => Code::LlmKeyMissing,
            Model::Budget => Code::LlmBudget,
            Model::Unauthorized => Code::LlmUnauthorized,
            Model::RateLimited => Code::LlmRateLimited,
            Model::Unavailable => Code::LlmUnavailable,
            Model::Timeout => Code::LlmTimeout,
            Model::Rejected => Code::LlmRejected,
            Model::Refused => Code::LlmRefused,
            Model::BadAnswer => Code::LlmBadAnswer,
            Model::CircuitOpen => Code::LlmCircuitOpen,
            Model::Cancelled => Code::Conflict,
            Model::Store => Code::Unavailable,
        };
        ApiError::new(code, failure.detail)
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> ApiError {
        match failure {
            Failure::Model(failure) => failure.into(),
            Failure::Usage(sentence) | Failure::Request(sentence) => ApiError::invalid_at("", sentence),
            Failure::Data(_) | Failure::Run(_) => ApiError::invalid_at("", failure.to_string()),
            Failure::Format(formats::FormatError::Options(_)) => ApiError::invalid_at("/options", failure.to_string()),
            Failure::Cancelled => ApiError::new(Code::Conflict, "it was cancelled"),
            Failure::Storage(ref error) if is_passing(error.source.kind()) => {
                log::error!("{} {failure}", context::request_id());
                ApiError::new(Code::Unavailable, failure.said())
            }
            other => ApiError::internal(other),
        }
    }
}

/// Whether a disk that refuses may take it later.
fn is_passing(refusal: ErrorKind) -> bool {
    matches!(refusal, ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem)
}

impl From<diesel::result::Error> for ApiError {
    fn from(error: diesel::result::Error) -> ApiError {
        let said = error.to_string();
        let passing = [
            ("database is locked", "another program holds the database; try again"),
            ("disk is full", "no space is left on the disk; nothing was changed"),
            ("readonly database", "the database cannot be written; nothing was changed"),
            ("disk I/O error", "the disk did not take what was to be written; nothing was changed"),
        ];
        match passing.iter().find(|(part, _)| said.contains(part)) {
            Some((_, sentence)) => {
                log::error!("{} database: {said}", context::request_id());
                ApiError::new(Code::Unavailable, *sentence)
            }
            None => ApiError::internal(format!("database: {said}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_distinct_and_statuses_are_errors() {
        let words: HashSet<&str> = Code::ALL.iter().map(|code| code.word()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| code.status().is_client_error() || code.status().is_server_error()));
    }

    #[test]
    fn a_document_lists_all_problems_of_the_input() {
        let problems = vec![Problem::new("a", "one").at("/x"), Problem::new("b", "two").at("/y")];
        let document = ApiError::invalid(problems).document();
        assert_eq!(document["status"], 422);
        assert_eq!(document["detail"], "2 problems");
        assert_eq!(document["errors"][1]["pointer"], "/y");
    }
}
