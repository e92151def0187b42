//! What makes a request the same as another: method, path, query and body.

use idempotency_core::{Json, Request, digest::digest, lifecycle::Fingerprint};

/// The fingerprint of a request whose body is compared as `body`.
#[must_use]
pub fn fingerprint(request: &Request, body: &[u8]) -> Fingerprint {
    Fingerprint(digest(&[
        request.method.as_bytes(),
        request.path.as_bytes(),
        request.query.as_bytes(),
        body,
    ]))
}

/// The fingerprint of a request whose body is compared by its meaning as JSON. The error says where it is no JSON.
pub fn fingerprint_of_json(request: &Request) -> Result<Fingerprint, String> {
    let json = Json::parse(&request.body)?;
    Ok(fingerprint(request, &json.canonical()))
}
