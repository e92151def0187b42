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

/// A payload with a value put into it, and what becomes of it then.
type Mended<I> = (Vec<u8>, Result<I, Misfit>);

/// `payload` with a value at `path` that can be read there. Nothing, if no value is known that can, or it would take to
/// read more than `left_bytes`.
pub fn mended<I: DeserializeOwned>(
    payload: &[u8],
    path: &[Step],
    left_bytes: &mut usize,
) -> Option<Mended<I>> {
    let mut named = None;
    for value in STAND_INS {
        match with::<I>(value, payload, path, left_bytes)? {
            Ok(mended) => return Some(mended),
            Err(misfit) => named = named.or(misfit.stand_in),
        }
    }
    with(&named?, payload, path, left_bytes)?.ok()
}

/// `payload` with `value` at `path`, or that it cannot be read there.
fn with<I: DeserializeOwned>(
    value: &str,
    payload: &[u8],
    path: &[Step],
    left_bytes: &mut usize,
) -> Option<Result<Mended<I>, Misfit>> {
    let mended = put(payload, path, value)?;
    *left_bytes = left_bytes.checked_sub(mended.len())?;
    Some(match read(&mended) {
        Err(misfit) if misfit.path == path => Err(misfit),
        read => Ok((mended, read)),
    })
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
