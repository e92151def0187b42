//! The first answer, kept so that every retry gets it again.

use serde::{Deserialize, Serialize};

/// The longest content that is kept, in bytes. The record has to fit into one value of an object's storage,
/// 2 MB with its head, and one caller's answer must not push those of many others out of an isolate's memory.
const MAX_CONTENT_BYTES: usize = 512 * 1024;

/// The header field of an answer whose content was too long to keep.
const OMITTED: (&str, &str) = ("x-idempotency-content", "omitted");

/// The header fields that describe the content (RFC 9110, sections 8.3 to 8.6).
const OF_CONTENT: [&str; 4] = [
    "content-type",
    "content-encoding",
    "content-language",
    "content-length",
];

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

impl SavedResponse {
    /// The answer as it is kept, and as the first request gets it too: without its content if that is too
    /// long. The operation has taken effect, so it must have an answer that can be given again.
    #[must_use]
    pub fn within_bounds(self) -> Self {
        if self.body.len() <= MAX_CONTENT_BYTES {
            return self;
        }
        let mut headers = self.headers;
        headers.retain(|(name, _)| {
            !OF_CONTENT
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
        });
        headers.push((OMITTED.0.to_owned(), OMITTED.1.to_owned()));
        Self {
            status: self.status,
            headers,
            body: Vec::new(),
        }
    }
}
