//! How a record came to be what it is.

use serde::{Deserialize, Serialize};

use super::{Record, UnixMillis};

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
        self.0.push(Step {
            at: record.updated_at,
            status: record.status.name().as_str().to_owned(),
            attempt: record.attempts,
            by,
        });
        self
    }

    /// The steps.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}
