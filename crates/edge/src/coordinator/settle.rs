//! An attempt has ended: its record is read again, and settled if it still waits for it.

use idempotency_core::{
    Asked, Claimed,
    lifecycle::{
        Attempt, AttemptEnd, Repeat, SavedResponse, Settlement, Status, UnixMillis, settle,
    },
};

use super::{
    attempt::{AttemptError, Done},
    no_answer::NoAnswer,
    object::Object,
    storage::Stored,
};
use crate::{
    clock,
    telemetry::{Event, Move, Tell},
};

impl Object {
    /// Reads the record again, for much may have happened since, and settles it if it still waits for this
    /// attempt. `ended` is the attempt's answer, or why there is none.
    pub(super) fn settle(
        &self,
        attempt: &Attempt,
        ended: Result<Done, AttemptError>,
        started_at: UnixMillis,
        asked: &Asked,
    ) -> Result<Claimed, NoAnswer> {
        let now = clock::now();
        let stored = self.storage.load()?;
        let (end, reason, error, passed_on) = match ended {
            Ok(Done { kept, passed_on }) => {
                let kept = self::kept(kept, asked);
                (AttemptEnd::Completed(kept), String::new(), None, passed_on)
            }
            Err(error) => {
                let (reason, upstream) = (error.to_string(), error.upstream_error());
                (error.end(), reason, upstream, error.passed_on())
            }
        };
        let has_failed = !matches!(end, AttemptEnd::Completed(_));
        let before = stored.as_deref().map(|stored| stored.record.clone());
        let settlement = settle(before, attempt, end, now);
        let attempt = attempt.number;
        let Settlement::Settled(record) = settlement else {
            if has_failed {
                let record = Move::default();
                asked.tell(&Event::Failed {
                    attempt,
                    reason,
                    record,
                });
            }
            asked.tell(&Event::Late { attempt });
            return Ok(late(stored.as_deref()));
        };
        let is_late = stored
            .as_ref()
            .is_some_and(|stored| stored.record.status == Status::Ambiguous);
        let change = self.store(stored.as_deref(), &record, now)?;
        let expires_at = record.expires_at;
        Ok(match record.status {
            Status::Ambiguous => {
                asked.tell(&Event::Ambiguous {
                    attempt,
                    reason,
                    record: change,
                });
                Claimed::Ambiguous {
                    expires_at,
                    own: true,
                    is_held: record.repeat == Repeat::Never,
                    error,
                    passed_on,
                }
            }
            Status::Completed { .. } => {
                asked.tell(&if is_late {
                    Event::FoundOut {
                        attempt,
                        source: "late_answer",
                        record: change,
                    }
                } else {
                    Event::Completed {
                        attempt,
                        duration_ms: started_at.ms_until(now),
                        record: change,
                    }
                });
                let replayed = false;
                Claimed::Completed {
                    record,
                    replayed,
                    passed_on,
                }
            }
            Status::Failed | Status::Processing { .. } | Status::Forgotten => {
                asked.tell(&Event::Failed {
                    attempt,
                    reason,
                    record: change,
                });
                Claimed::Failed {
                    expires_at,
                    passed_on,
                }
            }
        })
    }
}

/// The reply to a request whose attempt ended late, and without an answer that still counts.
fn late(stored: Option<&Stored>) -> Claimed {
    match stored.map(|stored| &stored.record) {
        Some(record) if record.status == Status::Ambiguous => Claimed::Ambiguous {
            expires_at: record.expires_at,
            own: true,
            is_held: record.repeat == Repeat::Never,
            error: None,
            passed_on: None,
        },
        Some(_) | None => Claimed::Superseded,
    }
}

/// The answer as it is kept. Reports if that is less than the operation returned.
pub(super) fn kept(response: SavedResponse, asked: &Asked) -> SavedResponse {
    let (response, wrong) = response.keepable();
    if !wrong.is_empty() {
        let reason = wrong.join("; ");
        asked.tell(&Event::AnswerChanged { reason });
    }
    let content_bytes = response.body.len();
    let kept = response.within_bounds();
    if kept.body.len() < content_bytes {
        asked.tell(&Event::ContentOmitted { content_bytes });
    }
    kept
}
