//! The first answer, kept so that every retry gets it again.

use serde::{Deserialize, Serialize};

/// An answer as bytes: what was sent once is sent again, byte for byte.
///
/// `headers` is a list of pairs because a field name may repeat and its order is part of the answer
/// (RFC 9110, section 5.3). It holds only what the operation said; headers that belong to one exchange
/// (correlation id, replay marker, CORS) are added when it is sent.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct SavedResponse {
    /// The HTTP status code.
    pub status: u16,
    /// Field names and values, in order.
    pub headers: Vec<(String, String)>,
    /// The content. Kept beside the JSON head when encoded, so that it is never escaped or re-encoded.
    #[serde(skip)]
    pub body: Vec<u8>,
}
