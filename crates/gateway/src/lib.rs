//! A Worker without operations of its own: idempotency keys in front of other APIs, by a policy.

use idempotency_edge::{
    Service, gateway,
    wasm_bindgen::{
        self,
        prelude::{JsError, wasm_bindgen},
    },
};

/// The service that the policy in `json` describes.
#[wasm_bindgen]
pub fn service(json: &str) -> Result<Service, JsError> {
    Ok(Service::gateway(
        "edge-idempotency",
        env!("CARGO_PKG_VERSION"),
        Vec::new(),
        json,
    )?)
}

/// What the policy in `json` comes to, as JSON for people, or what keeps it from being served.
#[wasm_bindgen]
pub fn check(json: &str) -> Result<String, JsError> {
    let outline = gateway::outline(json)?;
    service(json)?;
    Ok(outline)
}
