//! How a record came to be what it is.

use serde::{Deserialize, Serialize};

use super::{Record, StatusName, UnixMillis};

/// How many steps are kept; the oldest go first. More would make the record of a key that fails again and again
/// large.
const MAX_STEPS: usize = 50;

/// One change of a record's status.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Step {
    /// When.
    pub at: UnixMillis,
    /// The status from then on, by its name in the contract.
    pub status: String,
    /// The attempt that began or ended.
    pub attempt: u32,
    /// The trace of the request that started the attempt. Only the step that begins one has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The operator who said so, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// The steps of a record, oldest first. It decides nothing, so it is no part of the record.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct History(Vec<Step>);

impl History {
    /// Notes what `record` has become.
    #[must_use]
    pub fn noting(self, record: &Record) -> Self {
        self.step(record, None)
    }

    /// Notes what an operator of the name `by` has made of `record`.
    #[must_use]
    pub fn noting_resolved(self, record: &Record, by: String) -> Self {
        self.step(record, Some(by))
    }

    fn step(mut self, record: &Record, by: Option<String>) -> Self {
        if self.0.len() >= MAX_STEPS {
            self.0.remove(0);
        }
        let status = record.status.name();
        self.0.push(Step {
            at: record.updated_at,
            status: status.as_str().to_owned(),
            attempt: record.attempts,
            trace_id: record
                .trace_id
                .clone()
                .filter(|_| status == StatusName::Processing),
            by,
        });
        self
    }

    /// The steps, each with the trace of its attempt.
    pub fn steps(&self) -> impl Iterator<Item = (&Step, Option<&str>)> {
        let mut trace_id = None;
        self.0.iter().map(move |step| {
            if step.status == StatusName::Processing.as_str() {
                trace_id = step.trace_id.as_deref();
            }
            (step, trace_id)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::{Fingerprint, OperationId, Repeat, Status};

    #[test]
    fn each_step_names_the_trace_of_its_attempt_though_only_its_first_step_keeps_it() {
        let deadline = UnixMillis(9);
        let processing = Status::Processing { deadline };
        let history = [
            (1, Some("a"), processing.clone()),
            (1, Some("a"), Status::Failed),
            (2, None, processing.clone()),
            (2, None, Status::Failed),
            (3, Some("b"), processing),
            (3, Some("b"), Status::Ambiguous),
        ]
        .into_iter()
        .fold(
            History::default(),
            |history, (attempts, trace_id, status)| {
                history.noting(&record(attempts, trace_id, status))
            },
        );

        let traces: Vec<_> = history.steps().map(|(_, trace_id)| trace_id).collect();

        assert_eq!(
            traces,
            [Some("a"), Some("a"), None, None, Some("b"), Some("b")]
        );
        let kept = history.steps().filter(|(step, _)| step.trace_id.is_some());
        assert_eq!(kept.count(), 2);
    }

    fn record(attempts: u32, trace_id: Option<&str>, status: Status) -> Record {
        Record {
            operation_id: OperationId("operation".to_owned()),
            operation: "create_resource".to_owned(),
            fingerprint: Fingerprint([1; 32]),
            attempts,
            created_at: UnixMillis(1),
            updated_at: UnixMillis(2),
            expires_at: UnixMillis(3),
            repeat: Repeat::SameId,
            trace_id: trace_id.map(str::to_owned),
            status,
        }
    }
}
