//! Why the object has no answer of its record's, and what it says instead.

use idempotency_core::{MessageError, Reply, ReplyKind, Silence};

use super::storage::StorageError;
use crate::{settings::WrongSetting, telemetry::Event};

/// Why the object has no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// The question cannot be read.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The Worker knows an operation that the object does not.
    #[error("this release has no operation {0}")]
    UnknownOperation(String),
    /// A variable is wrong.
    #[error(transparent)]
    Settings(#[from] WrongSetting),
    /// The record cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl NoAnswer {
    /// What the object replies. A retry may succeed, unless the record stays unreadable to whoever reads it.
    #[must_use]
    pub const fn silence(&self) -> Silence {
        match self {
            Self::Message(_) | Self::UnknownOperation(_) | Self::Settings(_) => Silence::Declined,
            Self::Storage(StorageError::Platform(_) | StorageError::Encode(_)) => {
                Silence::Unsettled
            }
            Self::Storage(StorageError::Unreadable(error)) if error.is_of_a_later_release() => {
                Silence::Unsettled
            }
            Self::Storage(StorageError::Unreadable(_)) => Silence::Damaged,
        }
    }

    /// What is logged. Two releases side by side are a passing state, and everything else needs a person.
    #[must_use]
    pub fn event(&self) -> Event {
        let reason = self.to_string();
        match self {
            Self::Message(_) | Self::UnknownOperation(_) => Event::OtherRelease { reason },
            Self::Storage(StorageError::Unreadable(error)) if error.is_of_a_later_release() => {
                Event::OtherRelease { reason }
            }
            Self::Settings(_) | Self::Storage(_) => Event::Broken { reason },
        }
    }
}

/// Writes a reply, and logs why it is a silence if it is one.
pub fn encode<T: ReplyKind>(
    said: Result<T, NoAnswer>,
    tell: impl FnOnce(&Event),
) -> Result<Vec<u8>, MessageError> {
    let said = said.map_err(|error| {
        tell(&error.event());
        error.silence()
    });
    Reply(said).encode()
}

#[cfg(test)]
mod tests {
    use idempotency_core::lifecycle::{DecodeError, decode};

    use super::*;
    use crate::settings::Level;

    #[test]
    fn what_has_touched_nothing_may_be_asked_again() {
        let wrong = WrongSetting {
            name: "AUTH",
            rule: "on or off",
        };
        let errors = [
            (NoAnswer::from(MessageError::NoHead), Level::Warning),
            (MessageError::OtherVersion(2).into(), Level::Warning),
            (NoAnswer::UnknownOperation(String::new()), Level::Warning),
            (wrong.into(), Level::Error),
        ];
        for (error, level) in errors {
            assert_eq!(error.silence(), Silence::Declined, "{error}");
            assert_eq!(error.event().level(), level, "{error}");
        }
    }

    #[test]
    fn a_record_of_a_later_release_may_be_read_later_and_a_damaged_one_never() {
        let error = |bytes: &[u8]| NoAnswer::from(StorageError::from(decode(bytes).unwrap_err()));
        let later = error(b"{\"version\":4}\n");

        assert_eq!(later.silence(), Silence::Unsettled);
        assert_eq!(later.event().level(), Level::Warning);
        for bytes in [
            "",
            "{}\n",
            "{\"version\":0}\n",
            "{\"version\":2}\n",
            "{\"version\":3}\n",
        ] {
            let damaged = error(bytes.as_bytes());
            assert_eq!(damaged.silence(), Silence::Damaged, "{bytes}");
            assert_eq!(damaged.event().level(), Level::Error, "{bytes}");
        }
        let damaged: NoAnswer = StorageError::from(DecodeError::Damaged).into();
        assert_eq!(damaged.silence(), Silence::Damaged);
    }
}
