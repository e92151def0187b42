//! What makes a request the same as another: method, path, query and the meaning of its content.

use idempotency_core::{Json, digest::digest, lifecycle::Fingerprint};

use super::exchange::Exchange;

/// The fingerprint of a request whose content is `payload`.
#[must_use]
pub fn fingerprint(exchange: &Exchange, payload: &Json<'_>) -> Fingerprint {
    Fingerprint(digest(&[
        exchange.method().as_bytes(),
        exchange.path.as_bytes(),
        exchange.query.as_bytes(),
        &payload.canonical(),
    ]))
}
