//! Amounts of money, to the digit.

use std::borrow::Cow;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::value::RawValue;

/// The smallest number of 29 digits: a decimal holds some of them, but not all.
const TWENTY_NINE_DIGITS: u128 = 10_u128.pow(28);

/// An exact decimal of up to 28 digits. It is read from a JSON number, or a JSON string of the same form, and written as
/// a JSON number, without passing a float.
#[derive(Clone, Copy, Debug)]
pub struct Amount(pub Decimal);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = match raw.get() {
            string if string.starts_with('"') => {
                serde_json::from_slice(string.as_bytes()).map_err(D::Error::custom)?
            }
            other => other.to_owned(),
        };
        if !is_number(&text) {
            return Err(D::Error::custom(
                "must be a JSON number, or a string of the same form",
            ));
        }
        exact(&text)
            .filter(|amount| amount.mantissa().unsigned_abs() < TWENTY_NINE_DIGITS)
            .map(Self)
            .ok_or_else(|| D::Error::custom("must be a decimal number of at most 28 digits"))
    }
}

/// Whether `text` is a JSON number and nothing beside it.
fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && text.ends_with(|last: char| last.is_ascii_digit())
        && serde_json::from_slice::<&RawValue>(text.as_bytes()).is_ok()
}

/// The value that the JSON number `text` has, or nothing if it has too many digits. `from_scientific` would round
/// those in front of the exponent, so that they are read by themselves first.
fn exact(text: &str) -> Option<Decimal> {
    match text.split_once(['e', 'E']) {
        None => Decimal::from_str_exact(text).ok(),
        Some((digits, _)) => Decimal::from_str_exact(digits)
            .and_then(|_| Decimal::from_scientific(text))
            .ok(),
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: Box<RawValue> = serde_json::from_slice(self.0.to_string().as_bytes())
            .map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn inline_schema() -> bool {
        true
    }

    /// `positive`, and `TWENTY_NINE_DIGITS`.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number", "format": "double", "exclusiveMinimum": 0, "exclusiveMaximum": 1e28})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(sent: &str) -> Option<String> {
        let amount: Amount = serde_json::from_slice(sent.as_bytes()).ok()?;
        serde_json::to_string(&amount).ok()
    }

    #[test]
    fn an_amount_is_a_number_or_a_string_of_the_same_form() {
        for number in [
            "99.95",
            "0.10",
            "1e2",
            "9999999999999999999999999.999",
            "-1",
        ] {
            assert_eq!(stored(number), stored(&format!("\"{number}\"")), "{number}");
        }
        assert_eq!(stored(r#""\u0039.5""#).as_deref(), Some("9.5"));
        for wrong in [
            r#""""#,
            r#"" 5""#,
            r#""5 ""#,
            r#""5\n""#,
            r#""+5""#,
            r#""05""#,
            r#"".5""#,
            r#""5.""#,
            r#""5.e1""#,
            r#""1_000""#,
            r#""1,5""#,
            r#""0x5""#,
            r#""5f""#,
            r#""NaN""#,
            r#""Infinity""#,
            r#""-""#,
            r#""\u0665""#,
            r#""\"5\"""#,
            r#""5]""#,
            r#""1 1""#,
            r#""1e400""#,
            "[5]",
            "null",
            "true",
            "{}",
        ] {
            assert_eq!(stored(wrong), None, "{wrong}");
        }
    }
}
