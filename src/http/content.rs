//! Reads a request's content, as JSON and not too much of it.

use futures_util::StreamExt;
use worker::Request;

use super::{exchange::field, problem::Problem};

/// The longest content, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// Checks the content's type and reads it to its end.
///
/// The end is read even if there is too much: a connection with unread content cannot be used again.
pub async fn content(request: &mut Request) -> Result<Vec<u8>, Problem> {
    let is_json = field(request, "Content-Type")?.is_some_and(|value| is_json(&value));
    let bytes = read(request).await.map_err(|_| {
        Problem::malformed_json("The content ended before it was complete.".to_owned())
    })?;
    if !is_json {
        return Err(Problem::unsupported_media_type());
    }
    bytes.ok_or_else(|| Problem::payload_too_large(MAX_BYTES))
}

/// The content, or nothing if it is longer than it may be.
async fn read(request: &mut Request) -> worker::Result<Option<Vec<u8>>> {
    if request.inner().body().is_none() {
        return Ok(Some(Vec::new()));
    }
    let mut stream = request.stream()?;
    let mut bytes = Some(Vec::new());
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        bytes = bytes
            .filter(|bytes: &Vec<u8>| bytes.len().saturating_add(chunk.len()) <= MAX_BYTES)
            .map(|mut bytes| {
                bytes.extend_from_slice(&chunk);
                bytes
            });
    }
    Ok(bytes)
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
