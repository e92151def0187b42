//! What a request is answered with. `send` makes a response of it.

use idempotency_core::lifecycle::SavedResponse;
use worker::{WebSocket, web_sys};

use super::answer_field::AnswerField;

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Field names and values, in order.
    pub headers: Vec<(String, String)>,
    /// The content.
    pub body: Vec<u8>,
    /// The content in its place that is sent as it arrives.
    pub streamed: Option<web_sys::ReadableStream>,
    /// The connection that there is from then on, in the place of content.
    pub socket: Option<WebSocket>,
    /// The answer of an upstream, which is sent as it is, in the place of all of that.
    pub passed: Option<web_sys::Response>,
}

impl Answer {
    /// An answer with content, which nobody may store on the way.
    #[must_use]
    pub fn new(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            body,
            ..Self::empty(status)
        }
        .with(AnswerField::ContentType, content_type)
        .with(AnswerField::CacheControl, "no-store")
    }

    /// An answer without content.
    #[must_use]
    pub const fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            streamed: None,
            socket: None,
            passed: None,
        }
    }

    /// A WebSocket (RFC 6455).
    #[must_use]
    pub fn socket(socket: WebSocket) -> Self {
        Self {
            socket: Some(socket),
            ..Self::empty(101)
        }
    }

    /// The answer of an upstream.
    #[must_use]
    pub fn passed(response: web_sys::Response) -> Self {
        Self {
            passed: Some(response),
            ..Self::empty(200)
        }
    }

    /// A 200 with JSON.
    #[must_use]
    pub fn json(body: Vec<u8>) -> Self {
        Self::new(200, "application/json", body)
    }

    /// The first answer, as it was saved; without what cannot be sent, should an earlier release have saved that.
    #[must_use]
    pub fn saved(response: SavedResponse) -> Self {
        let (response, _) = response.sendable();
        Self {
            status: response.status,
            headers: response.headers,
            body: response.body,
            ..Self::empty(response.status)
        }
        .with(AnswerField::CacheControl, "no-store")
    }

    /// The same with content that is sent as it arrives, if there is some.
    #[must_use]
    pub fn streaming(self, streamed: Option<web_sys::ReadableStream>) -> Self {
        Self { streamed, ..self }
    }

    /// The same with one more field.
    #[must_use]
    pub fn with(mut self, field: AnswerField, value: impl Into<String>) -> Self {
        self.headers.push((field.name().to_owned(), value.into()));
        self
    }
}
