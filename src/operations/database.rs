//! How operations speak to D1.

use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use worker::Env;

use super::OperationError;
use crate::lifecycle::UnixMillis;

/// The D1 binding's name in wrangler.toml.
const BINDING: &str = "DB";

/// A text, or NULL.
#[must_use]
pub fn text(value: Option<&str>) -> JsValue {
    value.map_or(JsValue::NULL, JsValue::from_str)
}

/// An integer below 2^53, which a JavaScript number holds exactly; D1 has no other way in for one of more
/// than 32 bits.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "the integers here are times and row counts"
)]
pub fn integer(value: i64) -> JsValue {
    JsValue::from_f64(value as f64)
}

/// A time, in milliseconds.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "2^53 ms are 285,000 years")]
pub fn millis(time: UnixMillis) -> JsValue {
    JsValue::from_f64(time.0 as f64)
}

/// Runs `statement` and returns its rows.
pub async fn rows<T: DeserializeOwned>(
    env: &Env,
    statement: &str,
    values: &[JsValue],
) -> Result<Vec<T>, OperationError> {
    let result = env
        .d1(BINDING)?
        .prepare(statement)
        .bind(values)?
        .all()
        .await?;
    Ok(result.results()?)
}

/// Runs `statement` and returns its first row.
pub async fn first_row<T: DeserializeOwned>(
    env: &Env,
    statement: &str,
    values: &[JsValue],
) -> Result<Option<T>, OperationError> {
    Ok(rows(env, statement, values).await?.into_iter().next())
}

/// Runs an INSERT that returns the row it made or found.
pub async fn insert<T: DeserializeOwned>(
    env: &Env,
    statement: &str,
    values: &[JsValue],
) -> Result<T, OperationError> {
    first_row(env, statement, values)
        .await?
        .ok_or_else(|| worker::Error::from("an INSERT with RETURNING returned no row").into())
}
