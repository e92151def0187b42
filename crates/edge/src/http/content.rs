//! Reads a request's content, as JSON and not too much of it.

use std::mem::take;

use futures_util::StreamExt;
use idempotency_core::lifecycle::UnixMillis;
use worker::{ByteStream, Request, js_sys::Uint8Array, web_sys};

use super::{exchange::Exchange, head::RequestField, problem::Problem};
use crate::{
    clock,
    tasks::{kept, within},
};

/// How long a client may send nothing of its content, in milliseconds.
const SILENCE_MS: u64 = 10_000;

/// How much longer than that the content may take for each of its bytes, in milliseconds: 1 kB/s is the least rate.
/// `packages/worker/index.js` waits as long as [`SILENCE_MS`] for one of up to 10,000 bytes, which at that rate have come by then.
const BYTE_MS: u64 = 1;

/// A content of so many bytes has arrived with its head, or nearly. `packages/worker/index.js` has the same number.
const SHORT_BYTES: usize = 10_000;

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
    /// `packages/worker/index.js` waited for it in vain.
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
        let announced = announced(exchange)?;
        if announced.is_some_and(|length| length > max_bytes) {
            return Err(Problem::payload_too_large(max_bytes));
        }
        match self {
            Self::Arrived(bytes) if bytes.len() > max_bytes => {
                Err(Problem::payload_too_large(max_bytes))
            }
            // The client hung up, or sent less than it said.
            Self::Arrived(bytes) if announced.is_some_and(|length| length != bytes.len()) => {
                Err(Problem::no_content(true))
            }
            Self::Arrived(bytes) => Ok(take(bytes)),
            Self::Unread(request) => match announced {
                Some(length) if length <= SHORT_BYTES => read_short(request, length).await,
                Some(_) | None => read(request, max_bytes).await,
            },
            Self::Late => Err(Problem::request_timeout()),
        }
    }

    /// What has been read, if anything has. It can be taken once.
    pub fn arrived(&mut self, exchange: &Exchange) -> Result<Vec<u8>, Problem> {
        match self {
            Self::Arrived(bytes)
                if announced(exchange)?.is_some_and(|length| length != bytes.len()) =>
            {
                Err(Problem::request_timeout())
            }
            Self::Arrived(bytes) => Ok(take(bytes)),
            Self::Unread(_) => Ok(Vec::new()),
            Self::Late => Err(Problem::request_timeout()),
        }
    }

    /// Undoes having been read.
    pub fn put_back(&mut self, bytes: Vec<u8>) {
        *self = Self::Arrived(bytes);
    }

    /// The request whose content is still to come.
    pub fn unread(&self) -> Option<&web_sys::Request> {
        match self {
            Self::Unread(request) => Some(request.inner()),
            Self::Arrived(_) | Self::Late => None,
        }
    }

    /// Lets the client of a request that was answered without its content send some of it. What is short it has sent.
    pub async fn let_send(&mut self, exchange: &Exchange) {
        let is_short =
            announced(exchange).is_ok_and(|length| length.is_some_and(|it| it <= SHORT_BYTES));
        if let Self::Unread(request) = self
            && !is_short
            && let Some(mut stream) = stream(request)
        {
            discard(&mut stream).await;
        }
    }
}

/// The length that the request says it has.
fn announced(exchange: &Exchange) -> Result<Option<usize>, Problem> {
    let length = exchange.field(RequestField::ContentLength)?;
    Ok(length.and_then(|length| length.parse().ok()))
}

/// In one piece, without a stream.
async fn read_short(request: &Request, length: usize) -> Result<Vec<u8>, Problem> {
    let early = |_| Problem::malformed_json("The content ends too early.".to_owned());
    let content = request.inner().array_buffer().map_err(early)?;
    let arrived = within(SILENCE_MS, kept(&content)).await;
    let arrived = arrived.ok_or_else(Problem::request_timeout)?;
    let bytes = Uint8Array::new(&arrived.map_err(early)?).to_vec();
    if bytes.len() == length {
        Ok(bytes)
    } else {
        Err(Problem::no_content(true))
    }
}

/// Whatever the length says that was announced, no more bytes are kept than there may be; what is left unread is
/// cancelled with the stream.
async fn read(request: &mut Request, max_bytes: usize) -> Result<Vec<u8>, Problem> {
    let Some(mut stream) = stream(request) else {
        return Ok(Vec::new());
    };
    let bytes = collect(&mut stream, max_bytes).await?;
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
async fn collect(stream: &mut ByteStream, max_bytes: usize) -> Result<Option<Vec<u8>>, Problem> {
    let began_at = clock::now();
    let mut bytes = Vec::new();
    loop {
        let left_ms = left_ms(began_at, bytes.len(), clock::now());
        let arrived = within(left_ms, stream.next()).await;
        match arrived.ok_or_else(Problem::request_timeout)? {
            None => return Ok(Some(bytes)),
            Some(Ok(chunk)) => bytes.extend_from_slice(&chunk),
            Some(Err(_)) => {
                let early = "The content ends too early.".to_owned();
                return Err(Problem::malformed_json(early));
            }
        }
        if bytes.len() > max_bytes {
            return Ok(None);
        }
    }
}

/// How long the next bytes may take, `length` having come by `now`.
fn left_ms(began_at: UnixMillis, length: usize, now: UnixMillis) -> u64 {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    let earned_ms = SILENCE_MS.saturating_add(length.saturating_mul(BYTE_MS));
    SILENCE_MS.min(now.ms_until(began_at.plus_ms(earned_ms)))
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
    fn a_client_may_be_silent_for_ten_seconds_and_slower_than_the_least_rate_for_as_long() {
        let left_ms = |length, now| left_ms(UnixMillis(0), length, UnixMillis(now));

        assert_eq!(left_ms(0, 0), 10_000);
        assert_eq!(left_ms(0, 9_000), 1_000);
        assert_eq!(left_ms(9, 9_000), 1_009);
        assert_eq!(left_ms(9, 10_009), 0);
        assert_eq!(left_ms(80_000, 10_000), 10_000);
        assert_eq!(left_ms(80_000, 85_000), 5_000);
        assert_eq!(left_ms(80_000, 90_000), 0);
    }

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
