//! The other system says what became of an operation of which nobody knew.

use super::{Claim, Probe, Record, SavedResponse, Status, Terms, UnixMillis, claim::start};

/// What a probe has found.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Finding {
    /// The operation took effect; this is the answer for every retry.
    Done(SavedResponse),
    /// There is no effect of it.
    Absent,
    /// Neither.
    Unknown,
}

impl Finding {
    /// Its name in log lines.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Absent => "absent",
            Self::Unknown => "unknown",
        }
    }
}

/// Decides what becomes of the request that asked, and what the record is from then on. Nothing, if the record has
/// become another meanwhile: then the request claims it again.
///
/// `record` is read again after the probe. That there was no effect is believed only of a probe that was asked after
/// everything sent before could have had one: an answer that travels for long says how it was when it left.
#[must_use]
pub fn probed(
    record: Option<Record>,
    probe: &Probe,
    finding: Finding,
    now: UnixMillis,
    terms: Terms,
) -> Option<(Record, Claim)> {
    let record = record.filter(|record| record.counts(now) && probe.is_about(record))?;
    let proves_from = record.updated_at.plus_ms(terms.absent_after_ms);
    Some(match finding {
        Finding::Done(response) => {
            let record = Record {
                updated_at: now,
                status: Status::Completed {
                    response: response.clone(),
                },
                ..record
            };
            (record, Claim::Replay(response))
        }
        Finding::Absent if probe.asked_at < proves_from => {
            (record, Claim::InProgress { until: proves_from })
        }
        Finding::Absent => {
            let repeat = record.repeat.max(terms.repeat);
            start(Record { repeat, ..record }, false, now, terms)
        }
        Finding::Unknown => (record, Claim::Ambiguous),
    })
}
