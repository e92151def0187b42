//! D1 as it is, for what a store does not do: to write twice, and to count.

use idempotency_edge::worker::{D1PreparedStatement, D1Result, Env, Result, wasm_bindgen::JsValue};

/// Runs a statement of the binding `DB`.
pub async fn run(env: &Env, statement: &str, values: &[JsValue]) -> Result<D1Result> {
    let statement: D1PreparedStatement = env.d1("DB")?.prepare(statement).bind(values)?;
    statement.all().await
}
