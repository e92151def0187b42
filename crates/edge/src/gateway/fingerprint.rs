//! What makes a request to an upstream the same as another.

use idempotency_core::{Json, Request, digest_of_parts, lifecycle::Fingerprint};

use super::policy::FingerprintRule;
use crate::operation::fingerprint;

/// By `rule`, or else as the content type says.
pub fn fingerprint_by(rule: Option<&FingerprintRule>, request: &Request) -> Fingerprint {
    match rule {
        Some(FingerprintRule::None) => fingerprint(&Request::default(), &[]),
        Some(FingerprintRule::Json { exclude }) => of_json(request, exclude),
        Some(FingerprintRule::Bytes) => fingerprint(request, &request.body),
        None => by_type(request),
    }
}

/// JSON by its meaning, several parts by these, and everything else by its bytes.
fn by_type(request: &Request) -> Fingerprint {
    let content_type = request.field("content-type").unwrap_or_default();
    if is_json(content_type) {
        return of_json(request, &[]);
    }
    match digest_of_parts(content_type, &request.body) {
        Some(digest) => fingerprint(request, &digest),
        None => fingerprint(request, &request.body),
    }
}

/// By its meaning, or by its bytes if it is no JSON after all.
fn of_json(request: &Request, exclude: &[String]) -> Fingerprint {
    match Json::parse(&request.body) {
        Ok(json) => fingerprint(request, &json.without(exclude).canonical()),
        Err(_) => fingerprint(request, &request.body),
    }
}

fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let lower = media_type.to_ascii_lowercase();
    lower == "application/json" || lower.ends_with("+json")
}
