//! How the store is asked. Stores are JavaScript, in `packages/worker/stores/`: the drivers and the bindings are there.
//!
//! Each question goes there in one crossing, and its answer comes back as JSON, so that what reads requests can read it.

use std::cell::OnceCell;

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use worker::{
    Env,
    js_sys::{Array, Promise},
};

use super::Value;
use crate::tasks::kept;

#[wasm_bindgen]
extern "C" {
    /// The stores that the bundle has, on JavaScript's side.
    pub type Stores;

    /// Has the store that `env` names do what `verb` says.
    #[wasm_bindgen(method)]
    fn ask(this: &Stores, env: &JsValue, verb: &str, table: &str, values: &Array) -> Promise;
    /// The variable of `env` that is wrong, if there is one: its name, a space, and what it must be.
    #[wasm_bindgen(method)]
    fn wrong(this: &Stores, env: &JsValue) -> Option<String>;
}

thread_local! {
    static STORES: OnceCell<Stores> = const { OnceCell::new() };
}

/// Says which stores there are. `packages/worker/index.js` calls it once for each instance, before anything is served.
#[wasm_bindgen]
pub fn connect_stores(stores: Stores) {
    STORES.with(|known| known.set(stores).unwrap_or_default());
}

/// The store's variable that is wrong, if there is one, and what it must be. The text is kept for as long as the isolate
/// lives, which reads its variables once.
#[must_use]
pub fn wrong_variable(env: &Env) -> Option<(&'static str, &'static str)> {
    let wrong = STORES.with(|stores| stores.get().and_then(|stores| stores.wrong(env)))?;
    wrong.leak().split_once(' ')
}

/// What the store that `env` names answers, as JSON.
///
/// | `verb` | `values` | Answer |
/// |---|---|---|
/// | `insertOnce` | When the operation was begun, its id, the caller, and one for each column | The row as it is stored; `null`, if another operation's row has what must be unique |
/// | `find` | The caller, and an id | The row, or `null` |
/// | `list` | The caller; `limit`, `offset` and `max_bytes`; a place, or two nulls; names of columns, each with what must be in it | `[rows, next]` |
pub(crate) async fn ask(
    env: &Env,
    verb: &str,
    table: String,
    values: Vec<Value<'_>>,
) -> worker::Result<String> {
    let values: Array = values.into_iter().map(JsValue::from).collect();
    let ask = |stores: &Stores| stores.ask(env, verb, &table, &values);
    let promise = STORES.with(|stores| stores.get().map(ask));
    let promise = promise.ok_or("no store is connected")?;
    Ok(kept(&promise).await?.as_string().unwrap_or_default())
}
