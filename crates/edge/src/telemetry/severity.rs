//! How much an event matters.

use super::Event;
use crate::settings::Level;

impl Event {
    /// How much it matters.
    #[must_use]
    pub const fn level(&self) -> Level {
        match self {
            Self::Refused { .. }
            | Self::Starting { .. }
            | Self::Retrying { .. }
            | Self::Completed { .. }
            | Self::Executed { .. }
            | Self::Replayed { .. }
            | Self::InProgress { .. }
            | Self::Unanswered { .. }
            | Self::OutcomeUnknown { .. }
            | Self::Unkeyed { .. }
            | Self::Probed { .. }
            | Self::FoundOut { .. }
            | Self::Resolved { .. }
            | Self::Expired { .. } => Level::Info,
            Self::ContentOmitted { .. }
            | Self::AnswerChanged { .. }
            | Self::LimiterFailed { .. }
            | Self::Failed { .. }
            | Self::Ambiguous { .. }
            | Self::Late { .. }
            | Self::Mismatch { .. }
            | Self::Unreachable { .. }
            | Self::UnkeyedFailed { .. }
            | Self::KeysMissing { .. }
            | Self::CopyFailed { .. }
            | Self::ReadFailed { .. }
            | Self::CountsLost { .. }
            | Self::WebhookFailed { .. }
            | Self::OtherRelease { .. } => Level::Warning,
            Self::Broken { .. } => Level::Error,
        }
    }
}
