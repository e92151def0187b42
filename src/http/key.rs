//! The two fields of the idempotency key.

use idempotency_core::IdempotencyKey;
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

/// Reads the key from `Idempotency-Key` and `X-Idempotency-Key`.
pub fn key(
    standard: Option<&str>,
    extension: Option<&str>,
) -> Result<(IdempotencyKey, KeyField), Problem> {
    // A key has no comma in it, so one stands for two lines of the field joined into one.
    if [standard, extension]
        .iter()
        .flatten()
        .any(|value| value.contains(','))
    {
        return Err(Problem::key_conflict(
            "The field of the idempotency key has a comma in it: two keys, or one twice. Send one key, once.",
        ));
    }
    let standard = standard
        .map(|value| parse(&unquoted(value), KeyField::Standard))
        .transpose()?;
    let extension = extension
        .map(|value| parse(bare(value), KeyField::Extension))
        .transpose()?;
    match (standard, extension) {
        (Some(a), Some(b)) if a != b => Err(Problem::key_conflict(
            "Idempotency-Key and X-Idempotency-Key name different keys. Send one of them.",
        )),
        (Some(key), _) => Ok((key, KeyField::Standard)),
        (None, Some(key)) => Ok((key, KeyField::Extension)),
        (None, None) => Err(Problem::key_missing()),
    }
}

fn parse(text: &str, field: KeyField) -> Result<IdempotencyKey, Problem> {
    let key = IdempotencyKey::parse(text);
    key.ok_or_else(|| Problem::key_invalid(about_key(text, field == KeyField::Standard)))
}

/// Spaces and tabs around a field's value are no part of it (RFC 9110, section 5.5); white space beyond ASCII is, to
/// others who look at the field on its way.
fn bare(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}

/// The string in a quoted structured-field item (RFC 9651, section 3.3.3), or the value as it stands.
fn unquoted(value: &str) -> String {
    match Parser::new(value).parse::<Item>() {
        Ok(Item {
            bare_item: BareItem::String(text),
            ..
        }) => text.into(),
        Ok(_) | Err(_) => bare(value).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "9b2e1c1e-52a9-4f4c-9d0b-0f6a1a2b3c4d";
    const B: &str = "00000000-0000-4000-8000-000000000000";

    #[test]
    fn the_two_fields_and_both_cases_name_one_key() {
        let (bare, field) = key(None, Some(A)).unwrap();
        assert_eq!(field, KeyField::Extension);
        let upper = A.to_uppercase();
        let quoted = format!("\"{A}\"");
        let parameterised = format!("\"{A}\";v=1");
        for standard in [A, &upper, &quoted, &parameterised] {
            assert_eq!(
                key(Some(standard), None).unwrap(),
                (bare, KeyField::Standard)
            );
            assert_eq!(
                key(Some(standard), Some(A)).unwrap(),
                (bare, KeyField::Standard)
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
            let problem = key(standard, extension).unwrap_err();
            assert_eq!(problem.slug(), "idempotency-key-conflict");
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
                key(Some(wrong), None).unwrap_err().slug(),
                "idempotency-key-invalid"
            );
            assert_eq!(
                key(None, Some(wrong)).unwrap_err().slug(),
                "idempotency-key-invalid"
            );
        }
        assert_eq!(
            key(None, None).unwrap_err().slug(),
            "idempotency-key-missing"
        );
    }
}
