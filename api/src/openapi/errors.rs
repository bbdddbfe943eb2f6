//! Answers that several operations share, each under its status.

use utoipa::IntoResponses;

use super::ProblemDocument;

/// Declares answers: type, status, description.
macro_rules! answers {
    ($($(#[doc = $doc:literal])+ $name:ident = $status:literal;)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(IntoResponses)]
            #[response(status = $status, content_type = "application/problem+json")]
            #[allow(dead_code, reason = "declares an answer; the problem document itself is built from its code")]
            pub struct $name(#[to_schema] ProblemDocument);
        )+
    };
}

answers! {
    /// Who calls is not known
    Unauthenticated = 401;
    /// The role does not allow this
    Forbidden = 403;
    /// There is no such thing
    NotFound = 404;
    /// None of the accepted formats is to be had
    NotAcceptable = 406;
    /// The state of the thing does not allow this
    Conflict = 409;
    /// The rows were made by another engine and cannot be made again
    Gone = 410;
    /// It was changed meanwhile
    ChangedMeanwhile = 412;
    /// The request is too large
    TooLarge = 413;
    /// This media type is not read here
    UnsupportedMediaType = 415;
    /// The range lies outside of the file
    UnsatisfiableRange = 416;
    /// The input has problems, listed with their places
    Invalid = 422;
    /// The language model did not answer as it was to
    ModelFailed = 424;
    /// If-Match is required
    PreconditionRequired = 428;
    /// Too many attempts
    TooManyAttempts = 429;
    /// The server cannot do this now
    Unavailable = 503;
}
