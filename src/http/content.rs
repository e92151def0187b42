//! Reads a request's content, as JSON and not too much of it.

use std::mem::take;

use futures_util::StreamExt;
use worker::{ByteStream, Request, web_sys};

use super::{exchange::Exchange, head::Field, problem::Problem};
use crate::clock::within;

/// How long the content may take to arrive, in milliseconds. `entry.js` gives one that is short as long.
const DEADLINE_MS: u64 = 10_000;

/// How much of a content that is refused is read and dropped before the answer, in bytes and in milliseconds.
/// A client that is still sending when it is answered and hung up on finds a broken connection, not its answer.
const GRACE_BYTES: usize = 1024 * 1024;
const GRACE_MS: u64 = 1_000;

/// The content of a request, as far as it has come.
pub enum Content {
    /// All of it; or nothing, if the client hung up.
    Arrived(Vec<u8>),
    /// Nothing has been read.
    Unread(Request),
    /// `entry.js` waited for it in vain.
    Late,
}

impl Content {
    /// That of `request`, of which `arrived` is the content if it has been read.
    #[must_use]
    pub fn of(request: web_sys::Request, arrived: Option<Vec<u8>>) -> Self {
        match arrived {
            Some(bytes) => Self::Arrived(bytes),
            None if request.body_used() => Self::Late,
            None => Self::Unread(request.into()),
        }
    }

    /// The bytes, if they are not too many. They can be read once.
    pub async fn read(
        &mut self,
        exchange: &Exchange,
        max_bytes: usize,
    ) -> Result<Vec<u8>, Problem> {
        let announced = exchange.field(Field::ContentLength)?;
        let announced = announced.and_then(|length| length.parse().ok());
        if announced.is_some_and(|length: usize| length > max_bytes) {
            return Err(Problem::payload_too_large(max_bytes));
        }
        match self {
            Self::Arrived(bytes) if bytes.len() > max_bytes => {
                Err(Problem::payload_too_large(max_bytes))
            }
            Self::Arrived(bytes) => Ok(take(bytes)),
            Self::Unread(request) => read(request, max_bytes).await,
            Self::Late => Err(Problem::request_timeout(DEADLINE_MS)),
        }
    }

    /// Lets the client of a request that was answered without its content send some of it.
    pub async fn let_send(&mut self) {
        if let Self::Unread(request) = self
            && let Some(mut stream) = stream(request)
        {
            discard(&mut stream).await;
        }
    }
}

/// Whatever the length says that was announced, no more bytes are kept than there may be; what is left unread is
/// cancelled with the stream.
async fn read(request: &mut Request, max_bytes: usize) -> Result<Vec<u8>, Problem> {
    let Some(mut stream) = stream(request) else {
        return Ok(Vec::new());
    };
    let arrived = within(DEADLINE_MS, collect(&mut stream, max_bytes)).await;
    let bytes = arrived
        .ok_or_else(|| Problem::request_timeout(DEADLINE_MS))?
        .map_err(|_| Problem::malformed_json("The content ends too early.".to_owned()))?;
    if bytes.is_none() {
        discard(&mut stream).await;
    }
    bytes.ok_or_else(|| Problem::payload_too_large(max_bytes))
}

/// The content, unless there is none or it has been read.
fn stream(request: &mut Request) -> Option<ByteStream> {
    request.inner().body()?;
    request.stream().ok()
}

/// All bytes to the end, or nothing if there are too many.
async fn collect(stream: &mut ByteStream, max_bytes: usize) -> worker::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk?);
        if bytes.len() > max_bytes {
            return Ok(None);
        }
    }
    Ok(Some(bytes))
}

async fn discard(stream: &mut ByteStream) {
    within(GRACE_MS, async {
        let mut length: usize = 0;
        while let Some(Ok(chunk)) = stream.next().await
            && length < GRACE_BYTES
        {
            length = length.saturating_add(chunk.len());
        }
    })
    .await;
}

/// `application/json`, in UTF-8 if a charset is named at all (RFC 8259, section 8.1).
pub fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts
        .next()
        .is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json"));
    let in_utf_8 = parts
        .filter_map(|part| part.split_once('='))
        .all(|(name, value)| {
            !name.trim().eq_ignore_ascii_case("charset")
                || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        });
    is_json && in_utf_8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_utf_8_is_taken_and_nothing_else() {
        for taken in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"; x=y",
        ] {
            assert!(is_json(taken), "{taken}");
        }
        for refused in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json; charset=latin1",
            "application/jsonx",
        ] {
            assert!(!is_json(refused), "{refused}");
        }
    }
}
