//! Which keys are held: those of AMBIGUOUS records.
//!
//! A list for whoever resolves them, made of what events say. The keys' objects know better: here a key can be missing
//! whose event was lost, and one can stand that is held no longer, until its record expires.
//!
//! Invariants:
//! - what is kept has a bound;
//! - changes may arrive in another order than they happened, from several telemetry objects: of each record the latest
//!   counts.

use std::collections::BTreeMap;

use idempotency_core::lifecycle::UnixMillis;
use serde::{Deserialize, Serialize};

use super::{Subject, records::Move};

/// How many held keys are listed: those that have been held longest. A person does not work through more, and a monitor
/// writes all of them with each batch: each has up to 1 kB.
pub const MAX_HELD: usize = 100;

/// How many ends are remembered, the latest of them: a change that is under way may have happened before.
const MAX_ENDED: usize = 100;

/// A key that is held.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct HeldKey {
    /// Names the record, and its effect if it has one.
    pub operation_id: String,
    /// The key as answers show it.
    pub idempotency_key: String,
    /// Its caller's scope: 64 hex digits.
    pub scope: String,
    /// Its caller's name.
    pub caller: String,
    /// The operation's name.
    pub operation: String,
    /// The upstream's name in the policy, if the operation is a request to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// Since when it is held.
    pub since: UnixMillis,
    /// When its record expires.
    pub expires_at: UnixMillis,
}

impl HeldKey {
    /// Where one finds out what happened: the upstream, or else the operation.
    #[must_use]
    pub fn place(&self) -> &str {
        self.upstream.as_deref().unwrap_or(&self.operation)
    }
}

/// Held keys, and which have been held a moment ago.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct HeldKeys {
    /// Those held longest first.
    keys: Vec<HeldKey>,
    /// Of those that are held no longer, by operation id, since when, in milliseconds since 1970. (That this is a map of
    /// a kind that there is already saves code.)
    ended: BTreeMap<String, u64>,
}

impl HeldKeys {
    /// Those that are listed, the one held longest first.
    #[must_use]
    pub fn keys(&self) -> &[HeldKey] {
        &self.keys
    }

    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.ended.is_empty()
    }

    /// Adds what `change` says of the key that `subject` names.
    pub fn add(&mut self, subject: &Subject<'_>, change: &Move, now: UnixMillis) {
        let Some(held) = &change.held else {
            return;
        };
        if !change.is_to_ambiguous() {
            self.end(&held.operation_id, now);
        } else if let (Some(key), Some(scope)) = (subject.idempotency_key, subject.scope) {
            self.begin(HeldKey {
                operation_id: held.operation_id.clone(),
                idempotency_key: key.to_owned(),
                scope: scope.to_owned(),
                caller: subject.caller.unwrap_or_default().to_owned(),
                operation: held.operation.clone(),
                upstream: held.upstream.clone(),
                since: held.since,
                expires_at: held.expires_at,
            });
        }
    }

    /// Adds all changes that `other` has.
    pub fn merge(&mut self, other: &Self) {
        for (operation_id, at) in &other.ended {
            self.end(operation_id, UnixMillis(*at));
        }
        for key in &other.keys {
            self.begin(key.clone());
        }
    }

    /// Forgets what has expired by `now`.
    pub fn forget_expired(&mut self, now: UnixMillis) {
        self.keys.retain(|key| now < key.expires_at);
    }

    fn begin(&mut self, key: HeldKey) {
        let ended = self.ended.get(&key.operation_id);
        let is_ended = ended.is_some_and(|at| *at > key.since.0);
        let is_newer =
            |other: &HeldKey| other.operation_id == key.operation_id && other.since > key.since;
        if is_ended || self.keys.iter().any(is_newer) {
            return;
        }
        self.keys
            .retain(|other| other.operation_id != key.operation_id);
        let at = self.keys.partition_point(|other| other.since <= key.since);
        self.keys.insert(at, key);
        self.keys.truncate(MAX_HELD);
    }

    fn end(&mut self, operation_id: &str, at: UnixMillis) {
        let is_over = |key: &HeldKey| key.operation_id == operation_id && key.since < at;
        self.keys.retain(|key| !is_over(key));
        if let Some(known) = self.ended.get_mut(operation_id) {
            *known = at.0.max(*known);
        } else {
            self.ended.insert(operation_id.to_owned(), at.0);
        }
        if self.ended.len() > MAX_ENDED {
            let oldest = self.ended.iter().min_by_key(|(_, at)| **at);
            let oldest = oldest.map(|(operation_id, _)| operation_id.clone());
            self.ended.remove(&oldest.unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn key(number: u64, since: u64) -> HeldKey {
        HeldKey {
            operation_id: format!("operation {number}"),
            idempotency_key: format!("key {number}"),
            scope: "0".repeat(64),
            caller: "shop".to_owned(),
            operation: "POST /payments".to_owned(),
            upstream: Some("payments".to_owned()),
            since: UnixMillis(since),
            expires_at: UnixMillis(since).plus_ms(1000),
        }
    }

    fn ended(number: u64, at: u64) -> HeldKeys {
        let mut keys = HeldKeys::default();
        keys.end(&format!("operation {number}"), UnixMillis(at));
        keys
    }

    fn begun(number: u64, since: u64) -> HeldKeys {
        let mut keys = HeldKeys::default();
        keys.begin(key(number, since));
        keys
    }

    fn all_of(changes: &[HeldKeys]) -> HeldKeys {
        let mut all = HeldKeys::default();
        for change in changes {
            all.merge(change);
        }
        all
    }

    proptest! {
        /// Of a record the changes have times of their own: each takes a call of its object.
        #[test]
        fn the_order_in_which_changes_come_does_not_matter(
            changes in vec((0..4_u64, any::<bool>()), 0..12),
            order in vec(any::<u64>(), 12),
        ) {
            let changes: Vec<_> = changes
                .iter()
                .enumerate()
                .map(|(at, (number, begins))| match begins {
                    true => begun(*number, at as u64),
                    false => ended(*number, at as u64),
                })
                .collect();
            let mut shuffled: Vec<_> = changes.iter().zip(&order).collect();
            shuffled.sort_by_key(|(_, order)| **order);
            let shuffled: Vec<_> = shuffled.into_iter().map(|(change, _)| change.clone()).collect();

            let [in_order, as_it_comes] = [all_of(&changes), all_of(&shuffled)];

            prop_assert_eq!(in_order.keys(), as_it_comes.keys());
        }
    }

    #[test]
    fn those_held_longest_are_listed_and_no_more_than_there_is_room_for() {
        let most = MAX_HELD as u64;
        let keys: Vec<_> = (0..2 * most)
            .rev()
            .map(|number| begun(number, number))
            .collect();

        let all = all_of(&keys);

        let listed: Vec<_> = all.keys().iter().map(|key| key.since.0).collect();
        assert_eq!(listed, (0..most).collect::<Vec<_>>());
    }

    #[test]
    fn a_key_that_is_held_again_in_the_same_millisecond_is_listed_in_either_order() {
        let (end, begin) = (ended(1, 10), begun(1, 10));

        for changes in [[end.clone(), begin.clone()], [begin, end]] {
            assert_eq!(all_of(&changes).keys().len(), 1);
        }
    }

    #[test]
    fn a_key_is_listed_until_its_record_expires() {
        let mut keys = all_of(&[begun(1, 0), begun(2, 500)]);

        keys.forget_expired(UnixMillis(1000));

        assert_eq!(keys.keys(), [key(2, 500)]);
    }

    #[test]
    fn a_key_that_is_held_again_is_listed_again() {
        let keys = all_of(&[ended(1, 5), begun(1, 9), begun(1, 0)]);

        assert_eq!(keys.keys(), [key(1, 9)]);
    }

    #[test]
    fn the_latest_ends_are_remembered_and_no_more_than_there_is_room_for() {
        let most = MAX_ENDED as u64;
        let ends: Vec<_> = (0..3 * most).map(|number| ended(number, number)).collect();

        let mut remembered: Vec<_> = all_of(&ends).ended.into_values().collect();
        remembered.sort_unstable();

        assert_eq!(remembered, (2 * most..3 * most).collect::<Vec<_>>());
    }
}
