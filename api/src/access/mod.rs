//! What each operation of the API needs: one table, by which requests are let through and which the OpenAPI document shows.
//!
//! Invariant: what stands in no line of [`TABLE`] is answered by nobody. [`crate::http::gate`] asks before any handler runs.

pub mod parameters;
mod table;

use std::sync::LazyLock;

use actix_web::http::Method;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::datasets::service::JSON;
use crate::error::{ApiError, Code};
use crate::http::caller::Caller;
use crate::users::Role;

pub use table::TABLE;

/// Who may call an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Everybody, without a token.
    Nobody,
    /// This role, or a higher one.
    Role(Role),
    /// This role, signed in by a person: no API key.
    Session(Role),
    /// The user whom the path names, or this role.
    OwnOr(Role),
    /// This role, or a token in the query that the operation checks itself.
    LinkOr(Role),
}

/// An operation's line in the table.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    /// The operation's id.
    pub operation: &'static str,
    /// Who may call it.
    pub needs: Needs,
    /// Whether calls are put on the audit trail.
    pub is_audited: bool,
    /// Whether it takes an `Idempotency-Key`.
    pub is_idempotent: bool,
    /// Whether it reads its body itself, since that is larger than what is held in memory.
    pub is_upload: bool,
}

/// The line of an operation.
pub fn of(operation: &str) -> Option<&'static Access> {
    TABLE.iter().find(|access| access.operation == operation)
}

impl Access {
    /// Whether a caller is needed at all; `has_link` says that the query carries a token.
    pub fn needs_caller(&self, has_link: bool) -> bool {
        match self.needs {
            Needs::Nobody => false,
            Needs::LinkOr(_) => !has_link,
            Needs::Role(_) | Needs::Session(_) | Needs::OwnOr(_) => true,
        }
    }

    /// The role that it needs.
    pub fn role(&self) -> Option<Role> {
        match self.needs {
            Needs::Nobody => None,
            Needs::Role(role) | Needs::Session(role) | Needs::OwnOr(role) | Needs::LinkOr(role) => Some(role),
        }
    }

    /// An error unless the caller may call it. `scope` is the operation's resource, `named` the id that its path names.
    pub fn check(&self, caller: &Caller, scope: &str, named: Option<Uuid>) -> Result<(), ApiError> {
        let refused = |sentence: String| Err(ApiError::new(Code::Forbidden, sentence));
        if caller.key.is_some() && matches!(self.needs, Needs::Session(_)) {
            return refused("an API key cannot do this; sign in".to_owned());
        }
        if caller.scopes.as_ref().is_some_and(|scopes| !scopes.iter().any(|known| known == scope)) {
            return refused(format!("{scope} is not among the scopes of this API key"));
        }
        let is_own = matches!(self.needs, Needs::OwnOr(_)) && named == Some(caller.id);
        let needed = self.role().filter(|_| !is_own).unwrap_or(Role::Viewer);
        if caller.role >= needed {
            return Ok(());
        }
        let article = if caller.role == Role::Viewer { "a" } else { "an" };
        let role = caller.role.word();
        refused(match needed {
            Role::Admin => format!("{article} {role} cannot do this; an admin can"),
            _ => format!("{article} {role} reads; an editor also writes and generates"),
        })
    }
}

/// An operation with its address.
pub struct Operation {
    /// What it needs.
    pub access: &'static Access,
    /// Its resource: the tag of the document, and the scope of API keys.
    pub scope: String,
    /// What its query may hold.
    pub query: Vec<parameters::Parameter>,
    /// Whether its body is JSON and nothing else.
    pub takes_json_alone: bool,
    method: Method,
    steps: Vec<Step>,
}

#[derive(PartialEq, Eq)]
enum Step {
    Word(String),
    Parameter(String),
}

impl Operation {
    /// Whether the steps of a path are those of its address.
    fn is_at(&self, path: &[&str]) -> bool {
        self.steps.len() == path.len()
            && self.steps.iter().zip(path).all(|(step, given)| match step {
                Step::Word(word) => word == given,
                Step::Parameter(_) => !given.is_empty(),
            })
    }

    /// The id that a path names.
    pub fn id_in(&self, path: &str) -> Option<Uuid> {
        let is_id = |step: &Step| matches!(step, Step::Parameter(name) if name == "id");
        let place = self.steps.iter().position(is_id)?;
        path.split('/').nth(place)?.parse().ok()
    }
}

/// All operations of the document.
pub struct Operations(Vec<Operation>);

/// What a path and a method lead to.
pub enum Found<'a> {
    /// An operation.
    Operation(&'a Operation),
    /// An address that knows other methods.
    Methods(Vec<String>),
    /// No address.
    Nothing,
}

/// The operations of this program.
pub fn operations() -> &'static Operations {
    static OPERATIONS: LazyLock<Operations> = LazyLock::new(|| Operations::of(&crate::server::document()));
    &OPERATIONS
}

impl Operations {
    /// The operations of a document that have a line in the table.
    pub fn of(document: &Value) -> Operations {
        let mut all = Vec::new();
        for (template, methods) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                let access = operation["operationId"].as_str().and_then(of);
                let method = method.to_uppercase().parse::<Method>().ok();
                let (Some(access), Some(method)) = (access, method) else { continue };
                let steps = template.split('/').map(|step| {
                    let name = step.strip_prefix('{').and_then(|step| step.strip_suffix('}'));
                    name.map_or_else(|| Step::Word(step.to_owned()), |name| Step::Parameter(name.to_owned()))
                });
                let scope = operation["tags"][0].as_str().unwrap_or_default().to_owned();
                let query = parameters::of(operation, document);
                let mut bodies =
                    operation["requestBody"]["content"].as_object().into_iter().flat_map(Map::keys).peekable();
                let takes_json_alone = bodies.peek().is_some() && bodies.all(|media_type| media_type == JSON);
                all.push(Operation { access, scope, query, takes_json_alone, method, steps: steps.collect() });
            }
        }
        Operations(all)
    }

    /// What a path leads to, its percent signs read as the router reads them.
    pub fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let steps: Vec<&str> = path.split('/').collect();
        let at: Vec<&Operation> = self.0.iter().filter(|operation| operation.is_at(&steps)).collect();
        match at.iter().find(|operation| operation.method == *method) {
            Some(operation) => Found::Operation(operation),
            None if at.is_empty() => Found::Nothing,
            None => Found::Methods(at.iter().map(|operation| operation.method.to_string()).collect()),
        }
    }

    /// The resources that API keys may be limited to.
    pub fn scopes(&self) -> Vec<&str> {
        let mut scopes: Vec<&str> = self
            .0
            .iter()
            .filter(|operation| operation.access.role().is_some() && operation.scope != "auth")
            .map(|operation| operation.scope.as_str())
            .collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_operation_has_one_line_and_every_line_an_operation() {
        let document = crate::server::document();
        let paths = document["paths"].as_object().expect("paths");
        let ids: Vec<&str> = paths
            .values()
            .flat_map(|methods| methods.as_object().expect("methods").values())
            .map(|operation| operation["operationId"].as_str().expect("an id"))
            .collect();
        let known: HashSet<&str> = TABLE.iter().map(|access| access.operation).collect();
        assert_eq!(known.len(), TABLE.len(), "a line twice");
        let missing: Vec<_> = ids.iter().filter(|id| !known.contains(**id)).collect();
        assert!(missing.is_empty(), "api/src/access/table.rs has no line for {missing:?}");
        assert_eq!(ids.len(), TABLE.len(), "a line without an operation");
    }

    #[test]
    fn no_path_leads_to_two_operations() {
        let all = &operations().0;
        for (index, one) in all.iter().enumerate() {
            for other in &all[index + 1..] {
                let may_meet = one.steps.len() == other.steps.len()
                    && one.steps.iter().zip(&other.steps).all(|pair| match pair {
                        (Step::Word(one), Step::Word(other)) => one == other,
                        _ => true,
                    });
                let (one, method) = (one.access.operation, &one.method);
                assert!(!may_meet || *method != other.method, "{one} and {}", other.access.operation);
            }
        }
    }

    #[test]
    fn who_needs_no_token_is_known() {
        let open: Vec<&str> =
            TABLE.iter().filter(|access| access.needs == Needs::Nobody).map(|access| access.operation).collect();
        assert_eq!(
            open,
            [
                "get_setup",
                "create_first_user",
                "login",
                "refresh_session",
                "logout",
                "list_generators",
                "get_generator",
                "list_formats",
                "list_templates",
                "get_template",
                "get_language"
            ]
        );
    }
}
