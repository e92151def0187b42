//! What the object replies: to a claim, and to the inspection or resolution of a key.
//!
//! Both are framed like questions. Either reply may be a [`Silence`] instead, which looks the same in both.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        DeserializeOwned, Error, IntoDeserializer, MapAccess, Visitor,
        value::{MapAccessDeserializer, StrDeserializer},
    },
};

use crate::{
    UpstreamError,
    lifecycle::{History, Record, SavedResponse, Status, UnixMillis},
    message::{MessageError, join, split},
};

/// The reply to [`Message::Claim`](crate::Message::Claim).
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Claimed {
    /// The operation is completed and this is its record.
    Completed {
        /// With the saved response; its content is the body of the frame.
        record: Record,
        /// Whether the operation was completed before this request came.
        replayed: bool,
        /// What the first request is answered with, if that is more than is kept. Its body is that of the frame.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        passed_on: Option<SavedResponse>,
    },
    /// Another attempt is running.
    InProgress {
        /// When the record expires.
        expires_at: UnixMillis,
    },
    /// The key belongs to another request.
    Mismatch,
    /// An attempt may have taken effect.
    Ambiguous {
        /// When the record expires.
        expires_at: UnixMillis,
        /// Whether it was this request's attempt.
        own: bool,
        /// Whether nothing starts until somebody says what became of it. Otherwise a retry may get further.
        #[serde(default = "held", skip_serializing_if = "Clone::clone")]
        is_held: bool,
        /// Why this request's attempt has no answer, if another system did not give it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<UpstreamError>,
        /// What the attempt's request is answered with, once: nothing of it is kept. Its body is that of the frame.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        passed_on: Option<SavedResponse>,
    },
    /// This request's attempt ended without an answer that is kept.
    Failed {
        /// When the record expires.
        expires_at: UnixMillis,
        /// What the request is answered with, once. Its body is that of the frame.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        passed_on: Option<SavedResponse>,
    },
    /// This request's attempt ended when it no longer counted: another one had taken its place, or the record
    /// had expired.
    Superseded,
}

/// The release before knew no other.
const fn held() -> bool {
    true
}

/// The reply to [`Message::Inspect`](crate::Message::Inspect) and [`Message::Resolve`](crate::Message::Resolve).
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one at a time, and it is nearly always the large one"
)]
pub enum Inspected {
    /// The record as it is, after a resolution if one was asked for. It is without its saved response's content.
    #[serde(rename = "found")]
    Record {
        /// The record, unless there is none or it has expired.
        record: Option<Record>,
        /// How it came to be what it is.
        #[serde(default)]
        history: History,
    },
    /// The record that was to be resolved is not AMBIGUOUS, and is unchanged.
    NotAmbiguous,
}

/// Why the object replies nothing about the record. A release before these were known reads them as no reply.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// The object has looked at no record and executed nothing: its release does not know what is asked, or its
    /// variables are wrong.
    Declined,
    /// The object has executed nothing, or not settled it, and cannot say what became of the key: its storage failed, or
    /// a later release wrote the record. Earlier releases write "broken" for all three, which may be any of them.
    #[serde(alias = "broken")]
    Unsettled,
    /// The object does not dare to go on: its record is damaged. Executing could do something twice.
    Damaged,
}

/// A reply of the object: what it has to say, or why it says nothing.
#[derive(Debug)]
pub struct Reply<T>(pub Result<T, Silence>);

/// What the object can say in a [`Reply`].
pub trait ReplyKind: DeserializeOwned + Serialize {
    /// The body of its frame.
    fn body(&self) -> &[u8] {
        &[]
    }

    /// Takes up the body of its frame.
    fn set_body(&mut self, _: &[u8]) {}
}

impl Claimed {
    /// Whether it has an answer for its own request alone: the only one whose body may be streamed.
    #[must_use]
    pub const fn passes_on(&self) -> bool {
        match self {
            Self::Completed { passed_on, .. }
            | Self::Ambiguous { passed_on, .. }
            | Self::Failed { passed_on, .. } => passed_on.is_some(),
            Self::InProgress { .. } | Self::Mismatch | Self::Superseded => false,
        }
    }
}

impl ReplyKind for Claimed {
    fn body(&self) -> &[u8] {
        match self {
            Self::Completed {
                passed_on: Some(response),
                ..
            } => &response.body,
            Self::Completed { record, .. } => record.status.body(),
            Self::Ambiguous { passed_on, .. } | Self::Failed { passed_on, .. } => {
                passed_on.as_ref().map_or(&[], |response| &response.body)
            }
            Self::InProgress { .. } | Self::Mismatch | Self::Superseded => &[],
        }
    }

    fn set_body(&mut self, body: &[u8]) {
        let response = match self {
            Self::Completed {
                passed_on: Some(response),
                ..
            } => Some(response),
            Self::Completed { record, .. } => match &mut record.status {
                Status::Completed { response } => Some(response),
                Status::Processing { .. }
                | Status::Failed
                | Status::Ambiguous
                | Status::Forgotten => None,
            },
            Self::Ambiguous { passed_on, .. } | Self::Failed { passed_on, .. } => {
                passed_on.as_mut()
            }
            Self::InProgress { .. } | Self::Mismatch | Self::Superseded => None,
        };
        if let Some(response) = response {
            response.body = body.to_vec();
        }
    }
}

impl ReplyKind for Inspected {}

impl<T: ReplyKind> Reply<T> {
    /// Writes the reply.
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        join(self, self.0.as_ref().map_or(&[], ReplyKind::body))
    }

    /// Reads what `encode` wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        let (mut reply, body) = split::<Self>(bytes)?;
        if let Ok(said) = &mut reply.0 {
            said.set_body(body);
        }
        Ok(reply)
    }
}

impl<T: Serialize> Serialize for Reply<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Ok(said) => said.serialize(serializer),
            Err(silence) => silence.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Reply<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReplyVisitor(PhantomData))
    }
}

/// Reads a name as either of the two, and everything else as `T`. serde's untagged enums would read a whole record
/// into memory first, to try one after the other.
struct ReplyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ReplyVisitor<T> {
    type Value = Reply<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a reply")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let name: StrDeserializer<'_, E> = name.into_deserializer();
        T::deserialize(name)
            .map(Ok)
            .or_else(|_| Silence::deserialize(name).map(Err))
            .map(Reply)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let said = T::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Reply(Ok(said)))
    }
}
