//! The first answer, kept so that every retry gets it again.

use serde::{Deserialize, Serialize};

/// The longest content that is kept, in bytes. The record has to fit into one value of an object's storage,
/// 2 MB with its head, and one caller's answer must not push those of many others out of an isolate's memory.
const MAX_CONTENT_BYTES: usize = 512 * 1024;

/// How much the header fields may have together, in bytes. Widely used clients take 16 KiB, the service's own included.
const MAX_FIELDS_BYTES: usize = 8192;

/// What an answer is given with whose status cannot be sent. (RFC 9110, section 15: an invalid status is taken for a
/// 5xx.)
const STATUS_INSTEAD: u16 = 500;

/// The header field of an answer whose content is not kept.
pub const OMITTED: (&str, &str) = ("x-idempotency-content", "omitted");

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
    /// The answer as it can be sent, and what was wrong with it. The platform refuses to send any other: the operation
    /// has taken effect, and its key would never have an answer.
    ///
    /// Of the answer that comes out of this, nothing is wrong.
    #[must_use]
    pub fn sendable(mut self) -> (Self, Vec<&'static str>) {
        let mut wrong = Vec::new();
        // A 101 comes with a WebSocket only (Fetch, "Response class").
        if !(200..=599).contains(&self.status) {
            wrong.push("its status is none that can be sent");
            self.status = STATUS_INSTEAD;
        }
        if matches!(self.status, 204 | 205 | 304) && !self.body.is_empty() {
            wrong.push("its status allows no content");
            self.omit_content();
        }
        let fields = self.headers.len();
        self.headers.retain(is_field);
        if self.headers.len() < fields {
            wrong.push("a header field is none");
        }
        (self, wrong)
    }

    /// The same for an answer that is to be kept: with header fields that are not too much either.
    #[must_use]
    pub fn keepable(self) -> (Self, Vec<&'static str>) {
        let (mut response, mut wrong) = self.sendable();
        let fields = response.headers.len();
        let mut left_bytes = MAX_FIELDS_BYTES;
        response
            .headers
            .retain(|field| fits(field, &mut left_bytes));
        if response.headers.len() < fields {
            wrong.push("its header fields are too long");
        }
        (response, wrong)
    }

    /// The answer as it is kept, and as the first request gets it too: without its content if that is too
    /// long. The operation has taken effect, so it must have an answer that can be given again.
    #[must_use]
    pub fn within_bounds(mut self) -> Self {
        if self.body.len() > MAX_CONTENT_BYTES {
            self.omit_content();
        }
        self
    }

    /// The answer without its content, which it says.
    #[must_use]
    pub fn without_content(mut self) -> Self {
        self.omit_content();
        self
    }

    /// How many bytes its header fields and its content have.
    #[must_use]
    pub fn size(&self) -> usize {
        let fields = self.headers.iter();
        let fields = fields.map(|(name, value)| name.len().saturating_add(value.len()));
        fields.fold(self.body.len(), usize::saturating_add)
    }

    /// Whether its content is left out.
    #[must_use]
    pub fn is_without_content(&self) -> bool {
        let mut headers = self.headers.iter();
        headers.any(|(name, value)| (name.as_str(), value.as_str()) == OMITTED)
    }

    fn omit_content(&mut self) {
        self.body = Vec::new();
        self.headers.retain(|(name, _)| {
            !OF_CONTENT
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
        });
        self.headers
            .push((OMITTED.0.to_owned(), OMITTED.1.to_owned()));
    }
}

/// A name is a token, and a value has no control character but tabs (RFC 9110, sections 5.1, 5.5 and 5.6.2). The
/// platform sends what is beyond ASCII in a value, as UTF-8.
fn is_field((name, value): &(String, String)) -> bool {
    let in_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let in_value = |byte: u8| byte == b'\t' || !byte.is_ascii_control();
    !name.is_empty() && name.bytes().all(in_token) && value.bytes().all(in_value)
}

/// Whether the field fits into what is left, of which it then takes its part. The service's own takes none: it comes
/// after all others have been counted.
fn fits((name, value): &(String, String), left_bytes: &mut usize) -> bool {
    if (name.as_str(), value.as_str()) == OMITTED {
        return true;
    }
    let left = left_bytes.checked_sub(name.len().saturating_add(value.len()));
    *left_bytes = left.unwrap_or(*left_bytes);
    left.is_some()
}
