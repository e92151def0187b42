//! What is wrong with a policy, and where.

use thiserror::Error;

use crate::operation::is_token;

/// What is wrong with a policy.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{place} {rule}")]
pub struct PolicyError {
    /// The field, such as `routes[0].upstream`.
    pub place: String,
    /// What it must be, and is.
    pub rule: String,
}

/// The error that `place` breaks `rule`.
pub fn wrong(place: impl Into<String>, rule: impl Into<String>) -> PolicyError {
    PolicyError {
        place: place.into(),
        rule: rule.into(),
    }
}

/// Checks that `name` is the name of a header field.
pub fn is_field(place: &str, name: &str) -> Result<(), PolicyError> {
    if is_token(name) {
        return Ok(());
    }
    Err(wrong(
        place,
        format!("must be the name of a header field, and is \"{name}\""),
    ))
}

/// Checks that `value` is in its bounds.
pub fn within(place: &str, value: u64, least: u64, most: u64) -> Result<(), PolicyError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(wrong(
        place,
        format!("must be from {least} to {most}, and is {value}"),
    ))
}
