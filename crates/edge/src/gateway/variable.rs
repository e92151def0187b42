//! A variable or secret that a policy names.

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use worker::{Env, js_sys};

/// Its value, if it is there.
pub fn variable(env: &Env, name: &str) -> Option<String> {
    Reflect::get(env, &JsValue::from_str(name))
        .ok()?
        .as_string()
}
