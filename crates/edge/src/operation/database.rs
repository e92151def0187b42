//! How operations speak to D1.

use idempotency_core::lifecycle::UnixMillis;
use js_sys::{Array, Promise, Reflect};
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use worker::{Env, js_sys};

use super::OperationError;
use crate::tasks::kept;

/// The D1 binding's name in wrangler.toml.
const BINDING: &str = "DB";

#[wasm_bindgen(module = "/src/operation/database.js")]
extern "C" {
    fn run(database: &JsValue, statement: &str, values: &Array) -> Promise;
}

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
    let json = found(env, statement, values).await?;
    Ok(serde_json::from_slice(json.as_bytes())?)
}

/// The rows that `statement` returns, as JSON, so that what reads requests can read them: `worker`'s way goes column by
/// column to the platform, and brings a second deserializer of every type.
async fn found(env: &Env, statement: &str, values: &[JsValue]) -> worker::Result<String> {
    let database = Reflect::get(env, &JsValue::from_str(BINDING))?;
    let json = kept(&run(&database, statement, &values.iter().collect())).await?;
    Ok(json.as_string().unwrap_or_default())
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
