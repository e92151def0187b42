//! `Proxy-Status` (RFC 9209): what another system did, in answers that this service makes because of it.

use idempotency_core::UpstreamError;

use crate::gateway::VIA;

/// The other system gave no whole answer.
pub fn failed(error: UpstreamError) -> String {
    format!("{VIA}; error={}", error.as_str())
}

/// It answered with this status, which was passed on and says nothing final of the key.
pub fn received(status: u16) -> String {
    format!("{VIA}; received-status={status}")
}
