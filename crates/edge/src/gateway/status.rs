//! Which statuses are final answers.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error};

/// A class of statuses such as `2xx`, or one such as `404`; with a `!` in front, it is no final answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StatusRule {
    which: Which,
    is_final: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Which {
    /// The first digit.
    Class(u16),
    Code(u16),
}

impl StatusRule {
    /// Every status of a class is final.
    pub const fn class(digit: u16) -> Self {
        Self {
            which: Which::Class(digit),
            is_final: true,
        }
    }

    /// This status is final.
    pub const fn code(code: u16) -> Self {
        Self {
            which: Which::Code(code),
            is_final: true,
        }
    }

    /// This status is not.
    pub const fn but(code: u16) -> Self {
        Self {
            which: Which::Code(code),
            is_final: false,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (is_final, text) = match text.strip_prefix('!') {
            Some(rest) => (false, rest),
            None => (true, text),
        };
        let which = match text.strip_suffix("xx") {
            Some(digit) => {
                Which::Class(digit.parse().ok().filter(|digit| (2..=5).contains(digit))?)
            }
            None => Which::Code(
                text.parse()
                    .ok()
                    .filter(|code| (200..=599).contains(code))?,
            ),
        };
        Some(Self { which, is_final })
    }

    const fn matches(self, status: u16) -> bool {
        match self.which {
            Which::Class(digit) => status / 100 == digit,
            Which::Code(code) => status == code,
        }
    }
}

/// Whether `status` is a final answer: the last rule that matches decides, and without one it is none.
pub fn is_final(rules: &[StatusRule], status: u16) -> bool {
    let mut rules = rules.iter().rev();
    rules
        .find(|rule| rule.matches(status))
        .is_some_and(|rule| rule.is_final)
}

impl<'de> Deserialize<'de> for StatusRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "must be a class such as \"2xx\", a status such as \"404\", or one of these after a !, and is \"{text}\""
            ))
        })
    }
}

impl JsonSchema for StatusRule {
    fn schema_name() -> Cow<'static, str> {
        "StatusRule".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^!?([2-5]xx|[2-5][0-9]{2})$",
            "description": "A class of statuses such as `2xx`, or one such as `404`; after a `!`, it is no final answer.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rule_that_matches_decides() {
        let rules: Vec<StatusRule> =
            serde_json::from_slice(br#"["2xx", "4xx", "!409", "503"]"#).unwrap();

        for (status, expected) in [
            (200, true),
            (299, true),
            (404, true),
            (409, false),
            (503, true),
            (500, false),
            (301, false),
        ] {
            assert_eq!(is_final(&rules, status), expected, "{status}");
        }
    }

    #[test]
    fn what_is_no_status_is_refused_with_what_would_be_right() {
        for wrong in ["", "1xx", "6xx", "199", "600", "2x", "!!200", "ok"] {
            let error =
                serde_json::from_slice::<StatusRule>(format!("{wrong:?}").as_bytes()).unwrap_err();
            assert!(error.to_string().starts_with("must be a class"), "{wrong}");
        }
    }
}
