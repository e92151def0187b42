//! What an operation writes into a column.

use idempotency_core::lifecycle::UnixMillis;
use wasm_bindgen::prelude::JsValue;

/// A value of a column.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// A text, or what a column's kind has as text.
    Text(&'a str),
    /// A time of the clock.
    Moment(UnixMillis),
    /// A number, for a store's own use.
    Number(u32),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl From<UnixMillis> for Value<'_> {
    fn from(time: UnixMillis) -> Self {
        Self::Moment(time)
    }
}

impl From<Value<'_>> for JsValue {
    #[expect(clippy::cast_precision_loss, reason = "2^53 ms are 285,000 years")]
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Text(text) => Self::from_str(text),
            Value::Moment(time) => Self::from_f64(time.0 as f64),
            Value::Number(number) => number.into(),
        }
    }
}
