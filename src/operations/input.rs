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

/// serde's words repeat what was sent and name types of Rust: nothing of them leaves that is not known to do
/// neither.
fn type_error(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    let full = error.inner().to_string();
    let (detail, _place) = full.rsplit_once(" at line ").unwrap_or((&full, ""));
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
    // Before its last comma, serde's text repeats what was sent.
    let words = match detail.rsplit_once(", expected ") {
        Some((found, names)) if found.starts_with("unknown variant ") => {
            return FieldError::at(&parent, format!("must be {names}"));
        }
        Some((_, expected)) => in_json(expected),
        None => Some(detail).filter(|own| own.starts_with("must ")),
    };
    FieldError::at(&parent, words.unwrap_or("must be of another type or form"))
}

/// What serde expects, in the words of JSON.
fn in_json(expected: &str) -> Option<&'static str> {
    let is_number = |prefixes: &[char]| {
        expected
            .strip_prefix(prefixes)
            .is_some_and(|bits| bits == "size" || bits.parse::<u8>().is_ok())
    };
    match expected {
        "a string" => Some("must be a string"),
        "a boolean" => Some("must be true or false"),
        "a sequence" => Some("must be an array"),
        "a map" => Some("must be a JSON object"),
        _ if expected.starts_with("struct ") => Some("must be a JSON object"),
        _ if is_number(&['u', 'i']) => {
            Some("must be a whole number, neither too large nor too small")
        }
        _ if is_number(&['f']) => Some("must be a number"),
        _ => None,
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
        Self(serde_json::from_slice(b"{}").unwrap_or_default())
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
        // Without the second member, TypeScript's types let nothing in.
        json_schema!({"type": "object", "additionalProperties": true})
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

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[derive(Debug, Deserialize, Validate)]
    #[garde(allow_unvalidated)]
    #[expect(dead_code, reason = "only whether it can be read is asked")]
    struct Outer {
        text: String,
        flag: Option<bool>,
        small: Option<u8>,
        list: Option<Vec<f64>>,
        inner: Option<Inner>,
        kind: Option<Kind>,
        either: Option<Either>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read is asked")]
    struct Inner {
        id: IpAddr,
    }

    #[derive(Debug, Deserialize)]
    enum Kind {
        #[serde(rename = "one")]
        One,
        #[serde(rename = "two")]
        Two,
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only whether it can be read is asked")]
    enum Either {
        Number(u8),
    }

    #[test]
    fn a_wrong_type_is_told_in_the_words_of_json() {
        for (payload, path, detail) in [
            ("[]", "", "must be a JSON object"),
            ("{}", "text", "is required"),
            (r#"{"text":7}"#, "text", "must be a string"),
            (r#"{"text":"","flag":7}"#, "flag", "must be true or false"),
            (
                r#"{"text":"","small":256}"#,
                "small",
                "must be a whole number, neither too large nor too small",
            ),
            (r#"{"text":"","list":7}"#, "list", "must be an array"),
            (r#"{"text":"","list":[""]}"#, "list[0]", "must be a number"),
            (
                r#"{"text":"","kind":"three, expected"}"#,
                "kind",
                "must be `one` or `two`",
            ),
            (r#"{"text":"","inner":7}"#, "inner", "must be a JSON object"),
            (r#"{"text":"","inner":{}}"#, "inner.id", "is required"),
        ] {
            let errors = parse::<Outer>(payload.as_bytes()).unwrap_err();

            assert_eq!(errors, [FieldError::at(path, detail)], "{payload}");
        }
    }

    #[test]
    fn what_serde_says_in_words_of_its_own_stays_inside() {
        for payload in [
            r#"{"text":"","kind":7}"#,
            r#"{"text":"","kind":{"s3cret":"s3cret"}}"#,
            r#"{"text":"","either":"s3cret"}"#,
            r#"{"text":"","small":"s3cret at line , expected s3cret"}"#,
            r#"{"text":"","inner":{"s3cret":7}}"#,
            r#"{"text":"","inner":{"id":"s3cret"}}"#,
        ] {
            let errors = parse::<Outer>(payload.as_bytes()).unwrap_err();

            let [FieldError { detail, .. }] = errors.as_slice() else {
                panic!("{payload}: {errors:?}");
            };
            assert!(detail.starts_with("must be "), "{payload}: {detail}");
            for inside in [
                "s3cret", "Kind", "Either", "Inner", "enum", "expected", "variant",
            ] {
                assert!(!detail.contains(inside), "{payload}: {detail}");
            }
        }
    }
}
