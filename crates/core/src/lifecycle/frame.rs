//! JSON and bytes in one piece: a line of JSON, a line feed, and bytes of any kind.
//!
//! Compact JSON has no line feed in it, so the first one ends the head. That keeps a response's content out
//! of JSON, where it would be escaped or encoded again.

use serde::{Deserialize, Serialize};

/// Writes `head`, then `body`.
pub fn join(head: &impl Serialize, body: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec(head)?;
    bytes.push(b'\n');
    bytes.extend_from_slice(body);
    Ok(bytes)
}

/// The head and the body of what `join` wrote, or nothing if there is no head.
#[must_use]
pub fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (head, rest) = bytes.split_at_checked(end)?;
    Some((head, rest.get(1..)?))
}

/// The version that a head names, whatever else is in it: a head of another version need not have this one's members.
#[must_use]
pub fn version(head: &[u8]) -> Option<u32> {
    #[derive(Deserialize)]
    struct Head {
        version: u32,
    }
    serde_json::from_slice(head)
        .map(|Head { version }| version)
        .ok()
}
