//! What an event says to those who count.

use super::{Event, Outcome, records::Move};

impl Event {
    /// What became of the keyed request that it ends, and after how many milliseconds, if it is such an event.
    #[must_use]
    pub fn outcome(&self) -> Option<(Outcome, u64)> {
        let (outcome, duration_ms) = match self {
            Self::Refused {
                problem,
                duration_ms,
                ..
            } => (Outcome::of_problem(*problem), duration_ms),
            Self::Executed { duration_ms } => (Outcome::Executed, duration_ms),
            Self::Replayed { duration_ms, .. } => (Outcome::Replayed, duration_ms),
            Self::InProgress { duration_ms } => (Outcome::InProgress, duration_ms),
            Self::Mismatch { duration_ms } => (Outcome::Mismatch, duration_ms),
            Self::Unanswered { duration_ms } => (Outcome::Failed, duration_ms),
            Self::OutcomeUnknown { duration_ms } => (Outcome::Ambiguous, duration_ms),
            Self::Unreachable { duration_ms, .. } => (Outcome::Unavailable, duration_ms),
            Self::Starting { .. }
            | Self::Retrying { .. }
            | Self::Completed { .. }
            | Self::Failed { .. }
            | Self::Ambiguous { .. }
            | Self::Probed { .. }
            | Self::FoundOut { .. }
            | Self::Resolved { .. }
            | Self::Late { .. }
            | Self::Expired { .. }
            | Self::Unkeyed { .. }
            | Self::UnkeyedFailed { .. }
            | Self::ContentOmitted { .. }
            | Self::AnswerChanged { .. }
            | Self::LimiterFailed { .. }
            | Self::KeysMissing { .. }
            | Self::CopyFailed { .. }
            | Self::ReadFailed { .. }
            | Self::CountsLost { .. }
            | Self::WebhookFailed { .. }
            | Self::OtherRelease { .. }
            | Self::Broken { .. } => return None,
        };
        Some((outcome, *duration_ms))
    }

    /// A reason, a source or a problem type, if it has one.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Refused { problem, .. } => Some(problem.slug()),
            Self::Replayed { source, .. } | Self::FoundOut { source, .. } => Some(source),
            Self::Probed { finding, .. } => Some(finding),
            Self::Resolved { by, .. } => Some(by),
            Self::Failed { reason, .. }
            | Self::Ambiguous { reason, .. }
            | Self::Unreachable { reason, .. }
            | Self::UnkeyedFailed { reason, .. }
            | Self::LimiterFailed { reason }
            | Self::KeysMissing { reason }
            | Self::CopyFailed { reason }
            | Self::AnswerChanged { reason }
            | Self::ReadFailed { reason }
            | Self::CountsLost { reason }
            | Self::WebhookFailed { reason }
            | Self::OtherRelease { reason }
            | Self::Broken { reason } => Some(reason),
            Self::Starting { .. }
            | Self::Retrying { .. }
            | Self::Completed { .. }
            | Self::ContentOmitted { .. }
            | Self::Late { .. }
            | Self::Executed { .. }
            | Self::InProgress { .. }
            | Self::Mismatch { .. }
            | Self::Unanswered { .. }
            | Self::OutcomeUnknown { .. }
            | Self::Unkeyed { .. }
            | Self::Expired { .. } => None,
        }
    }

    /// How it changes the number of records, if it does.
    #[must_use]
    pub const fn record(&self) -> Option<&Move> {
        match self {
            Self::Starting { record, .. }
            | Self::Retrying { record, .. }
            | Self::Completed { record, .. }
            | Self::Failed { record, .. }
            | Self::Ambiguous { record, .. }
            | Self::FoundOut { record, .. }
            | Self::Resolved { record, .. }
            | Self::Expired { record } => Some(record),
            Self::Refused { .. }
            | Self::Probed { .. }
            | Self::Late { .. }
            | Self::Executed { .. }
            | Self::Replayed { .. }
            | Self::InProgress { .. }
            | Self::Mismatch { .. }
            | Self::Unanswered { .. }
            | Self::OutcomeUnknown { .. }
            | Self::Unkeyed { .. }
            | Self::UnkeyedFailed { .. }
            | Self::Unreachable { .. }
            | Self::ContentOmitted { .. }
            | Self::AnswerChanged { .. }
            | Self::LimiterFailed { .. }
            | Self::KeysMissing { .. }
            | Self::CopyFailed { .. }
            | Self::ReadFailed { .. }
            | Self::CountsLost { .. }
            | Self::WebhookFailed { .. }
            | Self::OtherRelease { .. }
            | Self::Broken { .. } => None,
        }
    }
}
