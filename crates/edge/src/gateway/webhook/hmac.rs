//! HMAC, by the platform's Web Crypto API: no arithmetic of ours.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};
use worker::js_sys;

use crate::tasks::kept;

#[wasm_bindgen(module = "/src/gateway/webhook/hmac.js")]
extern "C" {
    #[wasm_bindgen(js_name = hmac)]
    fn start(hash: &str, key: &[u8], head: &[u8], body: &[u8]) -> Promise;
}

/// The code of `head` and `body` in a row, with the hash of this name.
pub async fn hmac(hash: &str, key: &[u8], head: &[u8], body: &[u8]) -> worker::Result<Vec<u8>> {
    let code = kept(&start(hash, key, head, body)).await?;
    Ok(code.unchecked_into::<Uint8Array>().to_vec())
}
