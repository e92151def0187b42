//! From the payload's bytes to an operation's input, or everything that is wrong with it.

use garde::Validate;
use serde::de::DeserializeOwned;

use super::{
    FieldError,
    misfit::{Misfit, mended, read},
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
    match read::<I>(payload) {
        Ok(input) => match broken_rules(&input) {
            broken if broken.is_empty() => Ok(input),
            broken => Err(broken),
        },
        Err(misfit) => Err(all_errors::<I>(payload, misfit)),
    }
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

/// All that is wrong with a payload that cannot be read, of which `misfit` is the first.
///
/// serde stops there. So a value that can be read is put in its place, and the payload is read again: the next misfit
/// shows, and in the end the rules do. What they say of the values put there is left out.
fn all_errors<I>(payload: &[u8], mut misfit: Misfit) -> Vec<FieldError>
where
    I: DeserializeOwned + Validate<Context = ()>,
{
    let mut errors: Vec<FieldError> = Vec::new();
    let mut text = payload.to_vec();
    let mut left_bytes = MAX_READ_AGAIN_BYTES;
    loop {
        add(&mut errors, misfit.error);
        match mended::<I>(&text, &misfit.path, &mut left_bytes) {
            None => return errors,
            Some((mended, Err(next))) => (text, misfit) = (mended, next),
            Some((_, Ok(input))) => {
                for broken in broken_rules(&input) {
                    add(&mut errors, broken);
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
    use std::net::IpAddr;

    use serde::Deserialize;

    use super::*;
    use crate::operations::JsonObject;

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

    #[test]
    fn what_takes_too_long_to_find_is_left_out() {
        let wrong = "7,".repeat(100_000);
        let payload = format!(r#"{{"text":"","inner":7,"list":["",{wrong}7]}}"#);
        let many = format!(r#"{{"lines":[{wrong}7]}}"#);

        let few = parse::<Outer>(payload.as_bytes()).unwrap_err();
        let errors = parse::<Order>(many.as_bytes()).unwrap_err();

        assert_eq!(few.len(), 2);
        assert!((2..50).contains(&errors.len()), "{}", errors.len());
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
