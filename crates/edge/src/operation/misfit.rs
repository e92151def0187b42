//! What of a payload does not fit the type that it is read as, in words for the client, and a payload in which it does.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_path_to_error::{Path, Segment};

use super::FieldError;

/// The first thing of a payload that cannot be read.
pub struct Misfit {
    /// What is wrong.
    pub error: FieldError,
    /// Where it is; of a member that is missing, where it would be.
    pub path: Vec<Step>,
    /// A value that can be read there, in JSON, if serde names one.
    stand_in: Option<String>,
}

/// A step from a JSON value into it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// To the member of this name.
    Member(String),
    /// To this item.
    Item(usize),
}

/// Reads an input, up to what does not fit.
pub fn read<I: DeserializeOwned>(payload: &[u8]) -> Result<I, Misfit> {
    let mut deserializer = serde_json::Deserializer::from_slice(payload);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| Misfit::of(&error))
}

/// Values of which one can be read as nearly any type. `null` comes first: what is optional is then absent.
const STAND_INS: [&str; 6] = ["null", r#""""#, "0", "{}", "[]", "false"];

/// Reads a payload as an operation's input, and says which rules are broken.
pub type Check = fn(&[u8]) -> Result<Vec<FieldError>, Misfit>;

/// A payload with a value put into it, and what is said of it then.
type Mended = (Vec<u8>, Result<Vec<FieldError>, Misfit>);

/// `payload` with a value at `path` that can be read there. Nothing, if no value is known that can, or it would take to
/// read more than `left_bytes`.
pub fn mended(
    check: Check,
    payload: &[u8],
    path: &[Step],
    left_bytes: &mut usize,
) -> Option<Mended> {
    let mut named = None;
    let mut with = |value: &str| -> Option<Result<Mended, Misfit>> {
        let mended = put(payload, path, value)?;
        *left_bytes = left_bytes.checked_sub(mended.len())?;
        Some(match check(&mended) {
            Err(misfit) if misfit.path == path => Err(misfit),
            said => Ok((mended, said)),
        })
    };
    for value in STAND_INS {
        match with(value)? {
            Ok(mended) => return Some(mended),
            Err(misfit) => named = named.or(misfit.stand_in),
        }
    }
    with(&named?)?.ok()
}

/// `text` with `value` at `path`. Nothing, if `path` leads to the whole text or nowhere.
fn put(text: &[u8], path: &[Step], value: &str) -> Option<Vec<u8>> {
    let (step, rest) = path.split_first()?;
    let put_in = |old: &RawValue| -> Option<Box<RawValue>> {
        let new = match rest {
            [] => value.as_bytes().to_vec(),
            _ => put(old.get().as_bytes(), rest, value)?,
        };
        serde_json::from_slice(&new).ok()
    };
    match step {
        Step::Member(name) => {
            let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(text).ok()?;
            let member = members.entry(name.clone()).or_default();
            *member = put_in(member)?;
            serde_json::to_vec(&members).ok()
        }
        Step::Item(at) => {
            let mut items: Vec<Box<RawValue>> = serde_json::from_slice(text).ok()?;
            let item = items.get_mut(*at)?;
            *item = put_in(item)?;
            serde_json::to_vec(&items).ok()
        }
    }
}

impl Misfit {
    /// serde's words repeat what was sent and name types of Rust: nothing of them leaves that is not known to do
    /// neither.
    fn of(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let full = error.inner().to_string();
        let (detail, _place) = full.rsplit_once(" at line ").unwrap_or((&full, ""));
        let place = match error.path().to_string() {
            root if root == "." => String::new(),
            path => path,
        };
        let mut path = steps(error.path());
        // serde reports a missing member at its parent and names it in the text only.
        let missing = detail
            .strip_prefix("missing field `")
            .and_then(|rest| rest.strip_suffix('`'));
        if let Some(name) = missing {
            path.push(Step::Member(name.to_owned()));
            return Self {
                error: FieldError::at(&format!("{place}.{name}"), "is required"),
                path,
                stand_in: None,
            };
        }
        let (words, stand_in) = words(detail);
        Self {
            error: FieldError::at(&place, words),
            path,
            stand_in,
        }
    }
}

fn steps(path: &Path) -> Vec<Step> {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => Step::Item(*index),
            Segment::Map { key } | Segment::Enum { variant: key } => Step::Member(key.clone()),
            Segment::Unknown => Step::Member(String::new()),
        })
        .collect()
}

/// What a value must be, and one that is, if serde names some.
fn words(detail: &str) -> (String, Option<String>) {
    // Before its last comma, serde's text repeats what was sent.
    let known = match detail.rsplit_once(", expected ") {
        Some((found, names)) if found.starts_with("unknown variant ") => {
            let first = names.split('`').nth(1);
            return (
                format!("must be {names}"),
                first.map(|name| format!("\"{name}\"")),
            );
        }
        Some((_, expected)) => in_json(expected),
        None => Some(detail).filter(|own| own.starts_with("must ")),
    };
    (
        known
            .unwrap_or("must be of another type or form")
            .to_owned(),
        None,
    )
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

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use garde::Validate;
    use serde::Deserialize;

    use super::*;
    use crate::operation::input::parse;

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

    #[test]
    fn a_type_that_no_value_is_known_for_hides_only_what_comes_after_it() {
        let payload = r#"{"flag":7,"inner":{"id":"no address"},"small":-1}"#;

        let errors = parse::<Outer>(payload.as_bytes()).unwrap_err();

        assert_eq!(
            errors,
            [
                FieldError::at("flag", "must be true or false"),
                FieldError::at("inner.id", "must be of another type or form"),
            ]
        );
    }
}
