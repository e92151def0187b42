//! What is wrong with a request, and where.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// One thing wrong with a request, and where (RFC 9457, section 3, "Multiple problems").
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct FieldError {
    /// A JSON Pointer as a URI fragment (RFC 6901, section 6), such as `#/amount`; absent for what is not
    /// in the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The query parameter or header field, for what is not in the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What is wrong.
    pub detail: String,
}

impl FieldError {
    /// An error in the content. `path` is in the notation of serde and garde: `items[0].name`.
    #[must_use]
    pub fn at(path: &str, detail: impl fmt::Display) -> Self {
        let path = path.replace('[', ".").replace(']', "").replace('.', "/");
        let pointer = match path.trim_matches('/') {
            "" => "#".to_owned(),
            member => format!("#/{member}"),
        };
        Self {
            pointer: Some(pointer),
            parameter: None,
            detail: detail.to_string(),
        }
    }

    /// An error in a query parameter or header field.
    #[must_use]
    pub fn parameter(name: &str, detail: impl fmt::Display) -> Self {
        Self {
            pointer: None,
            parameter: Some(name.to_owned()),
            detail: detail.to_string(),
        }
    }
}
