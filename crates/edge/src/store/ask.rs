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
    /// Which variable of `env` is wrong: 1 is `OPERATION_STORE`, 2 `OPERATION_DATABASES`, 0 none.
    #[wasm_bindgen(method)]
    fn wrong(this: &Stores, env: &JsValue) -> u32;
}

thread_local! {
    static STORES: OnceCell<Stores> = const { OnceCell::new() };
}

/// Says which stores there are. `packages/worker/index.js` calls it once for each instance, before anything is served.
#[wasm_bindgen]
pub fn connect_stores(stores: Stores) {
    STORES.with(|known| known.set(stores).unwrap_or_default());
}

/// The variable that names what the bundle has not, if there is one, and what it may name.
#[must_use]
pub fn wrong_variable(env: &Env) -> Option<(&'static str, &'static str)> {
    let wrong = STORES.with(|stores| stores.get().map_or(1, |stores| stores.wrong(env)));
    match wrong {
        0 => None,
        1 => Some((
            "OPERATION_STORE",
            "d1, or a store that this bundle was built with (docs/stores.md)",
        )),
        _ => Some((
            "OPERATION_DATABASES",
            "absent, or names of D1 bindings, with times for those added later, in a bundle built for it (docs/stores.md)",
        )),
    }
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
