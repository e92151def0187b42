//! What the Worker asks the object. [`Reply`](crate::Reply) is what the object says.
//!
//! Both are frames with a version in their head: while a deployment rolls out, the two ends may be of
//! different releases. An object answers what it cannot read with `Silence::Declined`, and a Worker treats a reply that it
//! cannot read as none: the client gets a 503 and repeats the request. docs/storage.md, "Wire formats".

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    Fault, Origin, Request,
    lifecycle::{Fingerprint, Resolution, frame},
};

/// Goes up when an older release would misread a message, in the release after the one that learned to read it.
const MESSAGE_VERSION: u32 = 1;

/// A question to the object.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one at a time, and it is nearly always the large one"
)]
pub enum Message {
    /// Execute this, unless it has been, or is being.
    Claim(Asked),
    /// What became of the key?
    Inspect,
    /// An operator resolves the key.
    Resolve(Ruling),
}

/// A resolution, and whose.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Ruling {
    /// The resolution. The content of its answer, if it has one, is the body of the frame.
    pub resolution: Resolution,
    /// The operator's name.
    pub by: String,
    /// The key as answers show it.
    pub idempotency_key: String,
    /// The correlation id of the operator's request.
    pub correlation_id: String,
    /// The trace of the operator's request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

/// A keyed request that was admitted.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Asked {
    /// The operation's name.
    pub operation: String,
    /// The key as answers show it.
    pub idempotency_key: String,
    /// The caller's scope.
    #[serde(rename = "caller")]
    pub scope: String,
    /// The caller's name, for logs and metrics.
    #[serde(rename = "caller_name", default)]
    pub caller: String,
    /// What makes this request the same as another.
    pub fingerprint: Fingerprint,
    /// Where it came from.
    pub origin: Origin,
    /// How many seconds it waits for a running attempt's answer.
    pub wait_s: u64,
    /// What is to go wrong, for tests.
    pub faults: Vec<Fault>,
    /// The request, which its operation has admitted. Earlier releases send its body alone.
    #[serde(default)]
    pub request: Request,
}

#[derive(Deserialize, Serialize)]
struct Head<T> {
    version: u32,
    message: T,
}

/// Bytes that are no message of this version.
#[derive(Debug, Error)]
pub enum MessageError {
    /// The bytes have no head.
    #[error("a message without a head")]
    NoHead,
    /// The head cannot be written or read.
    #[error("a message that cannot be written or read: {0}")]
    Head(#[from] serde_json::Error),
    /// The other end is of another release.
    #[error("a message of version {0}, this release speaks {MESSAGE_VERSION}")]
    OtherVersion(u32),
}

/// [`Message::Claim`], of a request that is still needed.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Borrowed<'a> {
    Claim(&'a Asked),
}

impl Asked {
    /// The same, and nothing is to go wrong on purpose.
    #[must_use]
    pub fn without_faults(&self) -> Self {
        Self {
            faults: Vec::new(),
            ..self.clone()
        }
    }

    /// Writes the message that claims for this request.
    pub fn encode_claim(&self) -> Result<Vec<u8>, MessageError> {
        join(&Borrowed::Claim(self), &self.request.body)
    }
}

impl Message {
    /// Writes the message.
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        let body = match self {
            Self::Claim(asked) => return asked.encode_claim(),
            Self::Inspect => &[],
            Self::Resolve(ruling) => match &ruling.resolution {
                Resolution::Completed(response) => response.body.as_slice(),
                Resolution::Failed | Resolution::Forgotten => &[],
            },
        };
        join(self, body)
    }

    /// Reads what `encode` wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        let (mut message, body) = split(bytes)?;
        match &mut message {
            Self::Claim(asked) => asked.request.body = body.to_vec(),
            Self::Resolve(ruling) => {
                if let Resolution::Completed(response) = &mut ruling.resolution {
                    response.body = body.to_vec();
                }
            }
            Self::Inspect => {}
        }
        Ok(message)
    }
}

/// Frames `message` with `body`.
pub(crate) fn join(message: &impl Serialize, body: &[u8]) -> Result<Vec<u8>, MessageError> {
    let head = Head {
        version: MESSAGE_VERSION,
        message,
    };
    Ok(frame::join(&head, body)?)
}

/// Reads what `join` wrote.
pub(crate) fn split<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
) -> Result<(T, &'a [u8]), MessageError> {
    let (head, body) = frame::split(bytes).ok_or(MessageError::NoHead)?;
    let head: Head<T> = serde_json::from_slice(head).map_err(|error| unreadable(head, error))?;
    if head.version == MESSAGE_VERSION {
        Ok((head.message, body))
    } else {
        Err(MessageError::OtherVersion(head.version))
    }
}

/// Says that a head is of another version rather than which member it lacks.
fn unreadable(head: &[u8], error: serde_json::Error) -> MessageError {
    match frame::version(head) {
        None | Some(MESSAGE_VERSION) => MessageError::Head(error),
        Some(version) => MessageError::OtherVersion(version),
    }
}
