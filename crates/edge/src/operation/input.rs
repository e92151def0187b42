//! From the payload's bytes to an operation's input, or everything that is wrong with it.

use garde::Validate;
use serde::de::DeserializeOwned;

use super::{
    FieldError,
    members::{known_alone, members},
    misfit::{Check, Misfit, mended, read},
};

/// Reads and validates an input, or says everything that is wrong with it.
pub fn parse<I>(payload: &[u8]) -> Result<I, Vec<FieldError>>
where
    I: DeserializeOwned + Validate<Context = ()>,
{
    // serde would take an array as the list of an input's members.
    if !payload.trim_ascii_start().starts_with(b"{") {
        return Err(vec![FieldError::at("", "must be a JSON object")]);
    }
    let mut errors = match read::<I>(payload) {
        Ok(input) => match broken_rules(&input) {
            broken if broken.is_empty() => return Ok(input),
            broken => broken,
        },
        Err(misfit) => {
            let known = members::<I>().and_then(|names| known_alone(payload, names));
            let text = known.unwrap_or_else(|| payload.to_vec());
            all_errors(text, misfit, check::<I>)
        }
    };
    errors.truncate(MAX_ERRORS);
    Err(errors)
}

/// How many errors are told: each item of a long array may have some.
const MAX_ERRORS: usize = 100;

/// Reads a payload as `I` and says which of its rules are broken.
fn check<I>(payload: &[u8]) -> Result<Vec<FieldError>, Misfit>
where
    I: DeserializeOwned + Validate<Context = ()>,
{
    Ok(broken_rules(&read::<I>(payload)?))
}

fn broken_rules(input: &impl Validate<Context = ()>) -> Vec<FieldError> {
    let Err(report) = input.validate() else {
        return Vec::new();
    };
    report
        .iter()
        .map(|(path, error)| FieldError::at(&path.to_string(), error))
        .collect()
}

/// How much JSON may be read again to find all that is wrong. An input of eight members, all of them wrong, is read
/// some twenty times, and by default a content has 256 KiB at most. Of what would take more, the rest is not looked for.
const MAX_READ_AGAIN_BYTES: usize = 8 << 20;

/// All that is wrong with `text`, which cannot be read, of which `misfit` is the first.
///
/// serde stops there. So a value that can be read is put in its place, and the payload is read again: the next misfit
/// shows, and in the end the rules do. What they say of the values put there is left out.
fn all_errors(mut text: Vec<u8>, mut misfit: Misfit, check: Check) -> Vec<FieldError> {
    let mut errors: Vec<FieldError> = Vec::new();
    let mut left_bytes = MAX_READ_AGAIN_BYTES;
    loop {
        add(&mut errors, misfit.error);
        match mended(check, &text, &misfit.path, &mut left_bytes) {
            None => return errors,
            Some(_) if errors.len() == MAX_ERRORS => return errors,
            Some((mended, Err(next))) => (text, misfit) = (mended, next),
            Some((_, Ok(broken))) => {
                for error in broken {
                    add(&mut errors, error);
                }
                return errors;
            }
        }
    }
}

/// Adds an error, unless there is one for its place or what is around it.
fn add(errors: &mut Vec<FieldError>, error: FieldError) {
    let place = error.pointer.as_deref().unwrap_or_default();
    let is_known = errors.iter().filter_map(|known| known.pointer.as_deref());
    let mut is_known = is_known.filter_map(|known| place.strip_prefix(known));
    if !is_known.any(|rest| rest.is_empty() || rest.starts_with('/')) {
        errors.push(error);
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::operation::JsonObject;

    #[derive(Debug, Deserialize)]
    enum Kind {
        #[serde(rename = "one")]
        One,
        #[serde(rename = "two")]
        Two,
    }

    #[derive(Debug, Deserialize, Validate)]
    struct Order {
        #[garde(length(chars, min = 1))]
        name: String,
        #[garde(range(min = 1))]
        count: u8,
        #[garde(skip)]
        kind: Kind,
        #[garde(skip)]
        extra: JsonObject,
        #[garde(length(min = 1), dive)]
        lines: Vec<Line>,
        #[garde(inner(length(chars, min = 1)))]
        note: Option<String>,
        #[serde(default)]
        #[garde(skip)]
        urgent: bool,
    }

    #[derive(Debug, Deserialize, Validate)]
    struct Line {
        #[garde(length(chars, max = 3), custom(unlike(&self.other)))]
        text: String,
        #[garde(skip)]
        other: String,
    }

    fn unlike(other: &str) -> impl Fn(&str, &()) -> garde::Result {
        move |text, ()| {
            if text == other {
                return Err(garde::Error::new("must not be like the other"));
            }
            Ok(())
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let right =
            r#"{"name":"n","count":1,"kind":"one","extra":{},"lines":[{"text":"a","other":"b"}]}"#;
        let order = parse::<Order>(right.as_bytes()).unwrap();
        assert!(matches!(
            order,
            Order {
                count: 1,
                kind: Kind::One,
                urgent: false,
                ..
            }
        ));
        assert_eq!((order.name.as_str(), order.note), ("n", None));
        assert_eq!((order.extra.as_str(), order.lines.len()), ("{}", 1));

        for (payload, wrong) in [
            (
                "{}",
                vec![
                    ("name", "is required"),
                    ("count", "is required"),
                    ("kind", "is required"),
                    ("extra", "is required"),
                    ("lines", "is required"),
                ],
            ),
            (
                r#"{"name":"","count":"1","kind":"three","extra":[],"lines":{},"note":"","urgent":null}"#,
                vec![
                    (
                        "count",
                        "must be a whole number, neither too large nor too small",
                    ),
                    ("extra", "must be a JSON object"),
                    ("kind", "must be `one` or `two`"),
                    ("lines", "must be an array"),
                    ("urgent", "must be true or false"),
                    ("name", "length is lower than 1"),
                    ("note", "length is lower than 1"),
                ],
            ),
            (
                r#"{"count":0,"kind":"two","extra":{"a":1e400},"lines":[{"text":7},{"text":"long"},7,{"text":"a","other":"a"}]}"#,
                vec![
                    ("lines[0].text", "must be a string"),
                    ("lines[0].other", "is required"),
                    ("lines[1].other", "is required"),
                    ("lines[2]", "must be a JSON object"),
                    ("name", "is required"),
                    ("count", "lower than 1"),
                    ("lines[1].text", "length is greater than 3"),
                    ("lines[3].text", "must not be like the other"),
                ],
            ),
        ] {
            let errors = parse::<Order>(payload.as_bytes()).unwrap_err();

            let wrong: Vec<_> = wrong
                .iter()
                .map(|(path, detail)| FieldError::at(path, detail))
                .collect();
            assert_eq!(errors, wrong, "{payload}");
        }
    }

    #[test]
    fn what_takes_too_long_to_find_is_left_out() {
        let wrong = "7,".repeat(100_000);
        let many = format!(r#"{{"lines":[{wrong}7]}}"#);

        let errors = parse::<Order>(many.as_bytes()).unwrap_err();

        assert!((2..50).contains(&errors.len()), "{}", errors.len());
    }

    #[test]
    fn a_hundred_errors_are_told_and_no_more() {
        let lines = |line: &str| vec![line; 200].join(",");
        for line in [r#"{"text":"long","other":""}"#, "7"] {
            let payload = format!(
                r#"{{"name":"n","count":1,"kind":"one","extra":{{}},"lines":[{}]}}"#,
                lines(line)
            );

            let errors = parse::<Order>(payload.as_bytes()).unwrap_err();

            assert_eq!(errors.len(), MAX_ERRORS, "{line}");
        }
    }
}
