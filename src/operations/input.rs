//! From the payload's bytes to an operation's input, or everything that is wrong with it.

use std::{borrow::Cow, fmt};

use garde::Validate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

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

/// Reads and validates an input.
///
/// A wrong type ends the reading, so it is reported alone; broken rules are reported all together.
pub fn parse<I>(payload: &[u8]) -> Result<I, Vec<FieldError>>
where
    I: DeserializeOwned + Validate<Context = ()>,
{
    // serde would take an array as the list of an input's members.
    if !payload.trim_ascii_start().starts_with(b"{") {
        return Err(vec![FieldError::at("", "must be a JSON object")]);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(payload);
    let input: I = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| vec![type_error(&error)])?;
    match input.validate() {
        Ok(()) => Ok(input),
        Err(report) => Err(report
            .iter()
            .map(|(path, error)| FieldError::at(&path.to_string(), error))
            .collect()),
    }
}

fn type_error(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    let full = error.inner().to_string();
    let detail = full.split(" at line ").next().unwrap_or_default();
    let parent = match error.path().to_string() {
        root if root == "." => String::new(),
        path => path,
    };
    // serde reports a missing member at its parent and names it in the text only.
    let missing = detail
        .strip_prefix("missing field `")
        .and_then(|rest| rest.strip_suffix('`'));
    if let Some(name) = missing {
        return FieldError::at(&format!("{parent}.{name}"), "is required");
    }
    // Before its comma, serde's text repeats what was sent.
    match detail.split_once(", expected ") {
        Some((_, expected)) => FieldError::at(&parent, format!("must be {expected}")),
        None => FieldError::at(&parent, detail),
    }
}

/// A JSON object, kept as it was sent: numbers of any size and precision come back digit for digit.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct JsonObject(Box<RawValue>);

impl JsonObject {
    /// The object's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl Default for JsonObject {
    fn default() -> Self {
        Self(RawValue::from_string("{}".to_owned()).unwrap_or_default())
    }
}

impl JsonSchema for JsonObject {
    fn schema_name() -> Cow<'static, str> {
        "JsonObject".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object"})
    }
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        if raw.get().starts_with('{') {
            Ok(Self(raw))
        } else {
            Err(serde::de::Error::custom("must be a JSON object"))
        }
    }
}
