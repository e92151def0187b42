//! Signatures, checked by the platform's Web Crypto API: no key and no arithmetic of ours.

use js_sys::{Array, JSON, Object, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use worker::{
    js_sys, wasm_bindgen,
    web_sys::{CryptoKey, SubtleCrypto, WorkerGlobalScope},
};

use super::jwks::{Algorithm, Jwk};
use crate::tasks::kept;

/// The key, ready to use.
pub async fn import(jwk: &Jwk) -> worker::Result<CryptoKey> {
    let key = object(&serde_json::to_string(jwk)?)?;
    let usages = Array::of1(&JsValue::from_str("verify"));
    let imported =
        subtle()?.import_key_with_object("jwk", &key, &parameters(jwk)?, false, &usages)?;
    Ok(kept(&imported).await?.unchecked_into())
}

/// Whether `key`, which is `jwk` imported, has made `signature` over `signed`.
///
/// The platform fails where it cannot check a signature, one of the wrong length for Ed25519 for example. No key has
/// made such a signature.
pub async fn verify(jwk: &Jwk, key: &CryptoKey, signed: &[u8], signature: &[u8]) -> bool {
    checked(jwk, key, signed, signature).await.unwrap_or(false)
}

async fn checked(
    jwk: &Jwk,
    key: &CryptoKey,
    signed: &[u8],
    signature: &[u8],
) -> worker::Result<bool> {
    let verified = subtle()?.verify_with_object_and_js_u8_array_and_js_u8_array(
        &parameters(jwk)?,
        key,
        &Uint8Array::from(signature),
        &Uint8Array::from(signed),
    )?;
    Ok(kept(&verified).await?.is_truthy())
}

/// The platform's words for the key's algorithm. One object serves both calls; each reads what it needs.
fn parameters(jwk: &Jwk) -> worker::Result<Object> {
    object(match jwk.algorithm() {
        Some(Algorithm::Rs256) => r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-256"}"#,
        Some(Algorithm::Es256) => r#"{"name":"ECDSA","namedCurve":"P-256","hash":"SHA-256"}"#,
        Some(Algorithm::EdDsa) => r#"{"name":"Ed25519"}"#,
        None => {
            return Err(worker::Error::from(
                "a key of an algorithm that is not taken",
            ));
        }
    })
}

fn object(json: &str) -> worker::Result<Object> {
    Ok(JSON::parse(json)?.unchecked_into())
}

fn subtle() -> worker::Result<SubtleCrypto> {
    let global: WorkerGlobalScope = js_sys::global().unchecked_into();
    Ok(global.crypto()?.subtle())
}
