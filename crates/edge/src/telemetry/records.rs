//! How many records there are, by status, and how much they take.
//!
//! Each change of a record is reported with where the record was and where it is. A change that gets lost would leave
//! the sums wrong for ever; so they are kept by the time at which the records expire, and what has expired is left
//! out of the sums whether its end was reported or not.

use std::collections::BTreeMap;

use idempotency_core::lifecycle::{Record, StatusName, UnixMillis};
use serde::{Deserialize, Serialize};

use super::held::Held;

/// How many parts of a retention are kept apart. More would be more exact where changes were lost, and larger.
const PARTS: u64 = 64;

/// A record, as far as it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    status: StatusName,
    /// The end of the part of time in which it expires, in milliseconds since 1970.
    until_ms: u64,
    bytes: i64,
}

impl Place {
    /// Where `record` is, which takes `bytes` as it is stored; nowhere, if it has been forgotten.
    #[must_use]
    pub fn of(record: &Record, bytes: usize) -> Option<Self> {
        let status = record.status.name();
        if status == StatusName::Forgotten {
            return None;
        }
        let part_ms = (record.created_at.ms_until(record.expires_at) / PARTS).max(1);
        Some(Self {
            status,
            until_ms: record
                .expires_at
                .0
                .div_ceil(part_ms)
                .saturating_mul(part_ms),
            bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        })
    }
}

/// A record's way from one place to another; it has no place before it is made and after it is deleted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Move {
    /// Where it was.
    pub from: Option<Place>,
    /// Where it is.
    pub to: Option<Place>,
    /// Which record it is, if it is AMBIGUOUS, or was.
    pub held: Option<Held>,
}

impl Move {
    /// Whether it is AMBIGUOUS from then on.
    #[must_use]
    pub fn is_to_ambiguous(&self) -> bool {
        self.to
            .is_some_and(|place| place.status == StatusName::Ambiguous)
    }
}

/// How many there are of each status, and how many bytes they take. Of a part of all events the numbers may be
/// negative.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Count {
    /// PROCESSING
    pub processing: i64,
    /// COMPLETED
    pub completed: i64,
    /// FAILED
    pub failed: i64,
    /// AMBIGUOUS. Releases before did not count it.
    #[serde(default)]
    pub ambiguous: i64,
    /// Those of AMBIGUOUS, by upstream and operation with a line's end between them; the former is empty for an
    /// operation that asks none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub held: BTreeMap<String, i64>,
    /// As they are stored.
    pub bytes: i64,
}

/// All records, by when they expire.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Records(BTreeMap<u64, Count>);

impl Records {
    /// Moves a record.
    pub fn add(&mut self, change: &Move) {
        for (place, by) in [(change.from, -1), (change.to, 1)] {
            if let Some(place) = place {
                let count = self.0.entry(place.until_ms).or_default();
                if let Some(number) = count.number_mut(place.status) {
                    *number = number.saturating_add(by);
                }
                count.bytes = count.bytes.saturating_add(place.bytes.saturating_mul(by));
                if let (StatusName::Ambiguous, Some(held)) = (place.status, &change.held) {
                    let upstream = held.upstream.as_deref().unwrap_or_default();
                    count.add_held(&format!("{upstream}\n{}", held.operation), by);
                }
            }
        }
    }

    /// Moves all that `other` moved.
    pub fn merge(&mut self, other: &Self) {
        for (until_ms, more) in &other.0 {
            self.0.entry(*until_ms).or_default().add(more);
        }
    }

    /// Forgets what has expired by `now`.
    pub fn forget_expired(&mut self, now: UnixMillis) {
        self.0.retain(|until_ms, _| *until_ms >= now.0);
    }

    /// How many there are at `now`.
    #[must_use]
    pub fn count(&self, now: UnixMillis) -> Count {
        self.changes(now).into_numbers()
    }

    /// How many there are at `now`, if `others` has taken in what happened to some of them.
    #[must_use]
    pub fn count_with(&self, others: &Self, now: UnixMillis) -> Count {
        let mut changes = self.changes(now);
        changes.add(&others.changes(now));
        changes.into_numbers()
    }

    fn changes(&self, now: UnixMillis) -> Count {
        let living = self.0.range(now.0..).map(|(_, count)| count);
        living.fold(Count::default(), |mut sum, count| {
            sum.add(count);
            sum
        })
    }
}

impl Count {
    /// How many there are of this status, if records of it are counted.
    #[must_use]
    pub const fn number(&self, status: StatusName) -> Option<i64> {
        match status {
            StatusName::Processing => Some(self.processing),
            StatusName::Completed => Some(self.completed),
            StatusName::Failed => Some(self.failed),
            StatusName::Ambiguous => Some(self.ambiguous),
            StatusName::Forgotten => None,
        }
    }

    const fn number_mut(&mut self, status: StatusName) -> Option<&mut i64> {
        match status {
            StatusName::Processing => Some(&mut self.processing),
            StatusName::Completed => Some(&mut self.completed),
            StatusName::Failed => Some(&mut self.failed),
            StatusName::Ambiguous => Some(&mut self.ambiguous),
            StatusName::Forgotten => None,
        }
    }

    fn add(&mut self, other: &Self) {
        self.processing = self.processing.saturating_add(other.processing);
        self.completed = self.completed.saturating_add(other.completed);
        self.failed = self.failed.saturating_add(other.failed);
        self.ambiguous = self.ambiguous.saturating_add(other.ambiguous);
        self.bytes = self.bytes.saturating_add(other.bytes);
        for (held, count) in &other.held {
            self.add_held(held, *count);
        }
    }

    fn add_held(&mut self, held: &str, by: i64) {
        let count = self.held.entry(held.to_owned()).or_default();
        *count = count.saturating_add(by);
    }

    /// Where changes have been lost, a sum may be negative.
    fn into_numbers(mut self) -> Self {
        for count in self.held.values_mut() {
            *count = (*count).max(0);
        }
        Self {
            processing: self.processing.max(0),
            completed: self.completed.max(0),
            failed: self.failed.max(0),
            ambiguous: self.ambiguous.max(0),
            bytes: self.bytes.max(0),
            held: self.held,
        }
    }
}

#[cfg(test)]
mod tests {
    use idempotency_core::lifecycle::{Fingerprint, OperationId, Repeat, SavedResponse, Status};

    use super::*;

    const HOUR_MS: u64 = 3_600_000;

    #[test]
    fn a_record_counts_where_it_is_and_nowhere_else() {
        let mut records = Records::default();
        let (running, done) = (place(processing(), 0, 500), place(completed(), 0, 900));
        let ambiguous = place(Status::Ambiguous, 0, 700);

        records.add(&change(None, Some(running)));
        records.add(&change(None, Some(running)));
        records.add(&change(Some(running), Some(done)));

        let expected = Count {
            processing: 1,
            completed: 1,
            failed: 0,
            ambiguous: 0,
            bytes: 1400,
            ..Count::default()
        };
        assert_eq!(records.count(UnixMillis(1)), expected);
        records.add(&change(Some(done), None));
        assert_eq!(records.count(UnixMillis(1)).completed, 0);
        records.add(&change(Some(running), Some(ambiguous)));
        assert_eq!(records.count(UnixMillis(1)).ambiguous, 1);
        assert_eq!(records.count(UnixMillis(1)).bytes, 700);
        let record = record(Status::Forgotten, 0);
        records.add(&change(Some(ambiguous), Place::of(&record, 700)));
        assert_eq!(records.count(UnixMillis(1)), Count::default());
    }

    #[test]
    fn a_change_that_was_lost_is_forgotten_with_its_record() {
        let mut records = Records::default();
        records.add(&change(None, Some(place(processing(), 0, 500))));
        records.add(&change(None, Some(place(Status::Failed, HOUR_MS, 500))));

        let after = UnixMillis(HOUR_MS + HOUR_MS / PARTS + 1);

        assert_eq!(records.count(after).processing, 0);
        assert_eq!(records.count(after).failed, 1);
        let before = records.count(after);
        records.forget_expired(after);
        assert_eq!(records.count(after), before);
        assert_eq!(records.0.len(), 1);
    }

    fn change(from: Option<Place>, to: Option<Place>) -> Move {
        Move {
            from,
            to,
            held: None,
        }
    }

    /// Of a record that was made at `created_ms` and lives for an hour.
    fn place(status: Status, created_ms: u64, bytes: usize) -> Place {
        Place::of(&record(status, created_ms), bytes).unwrap()
    }

    fn record(status: Status, created_ms: u64) -> Record {
        Record {
            operation_id: OperationId("operation".to_owned()),
            operation: "create_resource".to_owned(),
            fingerprint: Fingerprint([1; 32]),
            attempts: 1,
            created_at: UnixMillis(created_ms),
            updated_at: UnixMillis(created_ms),
            expires_at: UnixMillis(created_ms).plus_ms(HOUR_MS),
            repeat: Repeat::SameId,
            trace_id: None,
            status,
        }
    }

    fn processing() -> Status {
        Status::Processing {
            deadline: UnixMillis(9),
        }
    }

    fn completed() -> Status {
        let response = SavedResponse {
            status: 201,
            headers: Vec::new(),
            body: Vec::new(),
        };
        Status::Completed { response }
    }
}
