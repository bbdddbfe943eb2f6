//! `implies`: broken where the first condition is true and the second false; a null in either passes.

use super::condition::bracketed;

/// The rule as one condition. The second part is evaluated only where the first does not exclude it.
pub(super) fn condition(premise: &str, conclusion: &str) -> Result<String, String> {
    Ok(format!("NOT {} OR {}", bracketed(premise)?, bracketed(conclusion)?))
}

/// The rule for people.
pub(super) fn says(premise: &str, conclusion: &str) -> String {
    format!("if {premise} then {conclusion}")
}
