//! The two fields of the idempotency key.

use idempotency_core::{IdempotencyKey, KeyForm};
use sfv::{BareItem, Item, Parser};

use super::{mistakes::about_key, problem::Problem};

/// Which field the client used. It decides the status of a mismatch: the draft asks for 422
/// (draft-ietf-httpapi-idempotency-key-header-07, section 2.7), this service's own field has 400.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyField {
    /// `Idempotency-Key`, alone or beside the other.
    Standard,
    /// `X-Idempotency-Key`
    Extension,
}

/// Reads the key from `Idempotency-Key` and `X-Idempotency-Key`, if there is one.
pub fn key(
    standard: Option<&str>,
    extension: Option<&str>,
    form: KeyForm,
) -> Result<Option<(IdempotencyKey, KeyField)>, Problem> {
    let standard = standard.map(|value| {
        let quoted = quoted(value);
        // A bare key has no comma in it, so one stands for two lines of the field joined into one.
        if quoted.is_none() || form != KeyForm::Opaque {
            has_one_line(value)?;
        }
        let text = quoted.map_or_else(|| without_quote(value, form), Ok)?;
        parse(&text, KeyField::Standard, form)
    });
    let extension = extension.map(|value| {
        has_one_line(value)?;
        parse(bare(value), KeyField::Extension, form)
    });
    match (standard.transpose()?, extension.transpose()?) {
        (Some(a), Some(b)) if a != b => Err(Problem::key_conflict(
            "Idempotency-Key and X-Idempotency-Key name different keys. Send one of them.",
        )),
        (Some(key), _) => Ok(Some((key, KeyField::Standard))),
        (None, Some(key)) => Ok(Some((key, KeyField::Extension))),
        (None, None) => Ok(None),
    }
}

/// A bare key. What begins like a string and is none would be another key than the one that was meant.
fn without_quote(value: &str, form: KeyForm) -> Result<String, Problem> {
    let text = bare(value);
    if text.starts_with('"') {
        return Err(Problem::key_invalid(about_key(text, form, true)));
    }
    Ok(text.to_owned())
}

fn has_one_line(value: &str) -> Result<(), Problem> {
    if value.contains(',') {
        return Err(Problem::key_conflict(
            "The field of the idempotency key has a comma in it: two keys, or one twice. Send one key, once.",
        ));
    }
    Ok(())
}

/// The key of this form that `text` is.
pub fn parse(text: &str, field: KeyField, form: KeyForm) -> Result<IdempotencyKey, Problem> {
    let key = IdempotencyKey::parse(text, form);
    key.ok_or_else(|| Problem::key_invalid(about_key(text, form, field == KeyField::Standard)))
}

/// Spaces and tabs around a field's value are no part of it (RFC 9110, section 5.5); white space beyond ASCII is, to
/// others who look at the field on its way.
fn bare(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}

/// The string that `value` is, or else `value` as it stands.
pub fn unquoted(value: &str) -> String {
    quoted(value).unwrap_or_else(|| bare(value).to_owned())
}

/// The string of a quoted structured-field item (RFC 9651, section 3.3.3), if the value is one.
fn quoted(value: &str) -> Option<String> {
    match Parser::new(value).parse::<Item>() {
        Ok(Item {
            bare_item: BareItem::String(text),
            ..
        }) => Some(text.into()),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem_type::ProblemType;

    const A: &str = "9b2e1c1e-52a9-4f4c-9d0b-0f6a1a2b3c4d";
    const B: &str = "00000000-0000-4000-8000-000000000000";

    type Sent = Result<Option<(IdempotencyKey, KeyField)>, Problem>;

    fn uuid4(standard: Option<&str>, extension: Option<&str>) -> Sent {
        key(standard, extension, KeyForm::Uuid4)
    }

    #[test]
    fn the_two_fields_and_both_cases_name_one_key() {
        let (bare, field) = uuid4(None, Some(A)).unwrap().unwrap();
        assert_eq!(field, KeyField::Extension);
        let upper = A.to_uppercase();
        let quoted = format!("\"{A}\"");
        let parameterised = format!("\"{A}\";v=1");
        for standard in [A, &upper, &quoted, &parameterised] {
            assert_eq!(
                uuid4(Some(standard), None).unwrap(),
                Some((bare.clone(), KeyField::Standard))
            );
            assert_eq!(
                uuid4(Some(standard), Some(A)).unwrap(),
                Some((bare.clone(), KeyField::Standard))
            );
        }
        assert_eq!(bare.to_string(), A);
    }

    #[test]
    fn two_keys_are_a_conflict_even_if_they_are_the_same() {
        let twice = format!("{A}, {A}");
        for (standard, extension) in [
            (Some(A), Some(B)),
            (Some(twice.as_str()), None),
            (None, Some(twice.as_str())),
        ] {
            let problem = uuid4(standard, extension).unwrap_err();
            assert_eq!(problem.kind(), ProblemType::KeyConflict);
        }
    }

    #[test]
    fn what_is_no_uuid_of_version_4_is_refused() {
        for wrong in [
            "",
            " ",
            "invalid-key",
            "9b2e1c1e52a94f4c9d0b0f6a1a2b3c4d",
            "{9b2e1c1e-52a9-4f4c-9d0b-0f6a1a2b3c4d}",
            "9b2e1c1e-52a9-1f4c-9d0b-0f6a1a2b3c4d",
            "9b2e1c1e-52a9-4f4c-1d0b-0f6a1a2b3c4d",
            "\"9b2e1c1e-52a9-4f4c-9d0b-0f6a1a2b3c4d",
            "\" 9b2e1c1e-52a9-4f4c-9d0b-0f6a1a2b3c4d\"",
            "9b2e1c1e-52a9-4f4c-9d0b-0f6a1a2b3c4d\u{a0}",
        ] {
            assert_eq!(
                uuid4(Some(wrong), None).unwrap_err().kind(),
                ProblemType::KeyInvalid
            );
            assert_eq!(
                uuid4(None, Some(wrong)).unwrap_err().kind(),
                ProblemType::KeyInvalid
            );
        }
        assert_eq!(uuid4(None, None).unwrap(), None);
    }

    #[test]
    fn an_opaque_key_may_have_a_comma_between_quotes_and_nowhere_else() {
        let opaque = |standard, extension| key(standard, extension, KeyForm::Opaque);
        let text = |sent: Sent| sent.map(|sent| sent.unwrap().0.to_string());

        assert_eq!(text(opaque(Some("\"a,b\""), None)).unwrap(), "a,b");
        assert_eq!(
            text(opaque(Some("order-17"), Some("order-17"))).unwrap(),
            "order-17"
        );
        assert_eq!(text(opaque(Some("\"a\\\"b\""), None)).unwrap(), "a\"b");
        assert_eq!(text(opaque(None, Some("\"a\""))).unwrap(), "\"a\"");
        for two in ["a,b", "\"a\", \"b\"", "a, a"] {
            let problem = opaque(Some(two), None).unwrap_err();
            assert_eq!(problem.kind(), ProblemType::KeyConflict, "{two}");
        }
        assert_eq!(
            opaque(None, Some("a,b")).unwrap_err().kind(),
            ProblemType::KeyConflict
        );
        for wrong in ["", "a b", "\"\"", "ä", "\"a", "\"a\\x\"", "\"a\" b"] {
            let problem = opaque(Some(wrong), None).unwrap_err();
            assert_eq!(problem.kind(), ProblemType::KeyInvalid, "{wrong}");
        }
    }
}
