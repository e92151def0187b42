//! Copies in the isolate's memory. Free, and gone with the isolate.

use std::cell::RefCell;

use idempotency_core::{
    CompositeKey,
    lifecycle::{Fingerprint, Record, UnixMillis},
};
use lru::LruCache;

use super::judge::{Judgement, judge};

/// What a copy takes besides its response's content, roughly.
const OVERHEAD_BYTES: usize = 512;

struct Memory {
    copies: LruCache<CompositeKey, Record>,
    bytes: usize,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::new(Memory {
        copies: LruCache::unbounded(),
        bytes: 0,
    });
}

/// What this isolate remembers of `key`.
#[must_use]
pub fn look_up(
    key: &CompositeKey,
    operation: &str,
    fingerprint: Fingerprint,
    now: UnixMillis,
) -> Option<Judgement> {
    MEMORY.with_borrow_mut(|memory| {
        let copy = memory.copies.get(key)?;
        judge(copy, operation, fingerprint, now)
    })
}

/// Keeps a copy of a completed record, and forgets those that were longest not asked for: all copies together take
/// at most `max_bytes`.
pub fn keep(key: CompositeKey, record: Record, max_bytes: usize) {
    MEMORY.with_borrow_mut(|memory| {
        memory.bytes = memory.bytes.saturating_add(size(&record));
        if let Some((_, replaced)) = memory.copies.push(key, record) {
            memory.bytes = memory.bytes.saturating_sub(size(&replaced));
        }
        while memory.bytes > max_bytes {
            let Some((_, forgotten)) = memory.copies.pop_lru() else {
                break;
            };
            memory.bytes = memory.bytes.saturating_sub(size(&forgotten));
        }
    });
}

/// Forgets the copy of `key`.
pub fn forget(key: &CompositeKey) {
    MEMORY.with_borrow_mut(|memory| {
        if let Some(forgotten) = memory.copies.pop(key) {
            memory.bytes = memory.bytes.saturating_sub(size(&forgotten));
        }
    });
}

fn size(record: &Record) -> usize {
    record.status.body().len().saturating_add(OVERHEAD_BYTES)
}

#[cfg(test)]
mod tests {
    use idempotency_core::{
        IdempotencyKey, Scope,
        lifecycle::{OperationId, Repeat, SavedResponse, Status},
    };

    use super::*;

    const MAX_BYTES: usize = 8 * 1024 * 1024;
    const ASKED: Fingerprint = Fingerprint([1; 32]);

    #[test]
    fn a_copy_answers_its_own_key_and_request_until_it_expires() {
        keep(key("ours"), record(0), MAX_BYTES);

        assert_eq!(
            look_up(&key("ours"), ASKED, UnixMillis(99)),
            Some(Judgement::Replay(record(0)))
        );
        let other = Fingerprint([2; 32]);
        assert_eq!(
            look_up(&key("ours"), other, UnixMillis(99)),
            Some(Judgement::Mismatch)
        );
        let elsewhere = super::look_up(&key("ours"), "create_transaction", ASKED, UnixMillis(99));
        assert_eq!(elsewhere, Some(Judgement::Mismatch));
        assert_eq!(look_up(&key("theirs"), ASKED, UnixMillis(99)), None);
        assert_eq!(look_up(&key("ours"), ASKED, UnixMillis(100)), None);
        assert_eq!(look_up(&key("ours"), other, UnixMillis(100)), None);
    }

    #[test]
    fn a_copy_of_what_is_not_completed_answers_nothing() {
        for status in [
            Status::Failed,
            Status::Ambiguous,
            Status::Forgotten,
            Status::Processing {
                deadline: UnixMillis(100),
            },
        ] {
            let damaged = Record {
                status,
                ..record(0)
            };
            keep(key("ours"), damaged, MAX_BYTES);

            assert_eq!(look_up(&key("ours"), ASKED, UnixMillis(1)), None);
        }
    }

    #[test]
    fn a_copy_that_was_forgotten_answers_nothing() {
        keep(key("ours"), record(0), MAX_BYTES);

        forget(&key("ours"));

        assert_eq!(look_up(&key("ours"), ASKED, UnixMillis(1)), None);
    }

    #[test]
    fn the_copies_longest_not_asked_for_are_forgotten_beyond_the_bound() {
        let name = |number: usize| key(&format!("caller {number}"));
        let kept = MAX_BYTES / (1024 * 1024);

        for number in 0..=kept {
            keep(
                name(number),
                record(1024 * 1024 - OVERHEAD_BYTES),
                MAX_BYTES,
            );
        }

        assert_eq!(look_up(&name(0), ASKED, UnixMillis(1)), None);
        assert!((1..=kept).all(|number| look_up(&name(number), ASKED, UnixMillis(1)).is_some()));
    }

    fn look_up(key: &CompositeKey, fingerprint: Fingerprint, now: UnixMillis) -> Option<Judgement> {
        super::look_up(key, "create_resource", fingerprint, now)
    }

    fn key(caller: &str) -> CompositeKey {
        let key = IdempotencyKey::parse(
            "00000000-0000-4000-8000-000000000000",
            idempotency_core::KeyForm::Uuid4,
        )
        .unwrap();
        CompositeKey::new(&Scope::of_token(caller), &key)
    }

    fn record(content_bytes: usize) -> Record {
        Record {
            operation_id: OperationId("operation".to_owned()),
            operation: "create_resource".to_owned(),
            fingerprint: ASKED,
            attempts: 1,
            created_at: UnixMillis(0),
            updated_at: UnixMillis(0),
            expires_at: UnixMillis(100),
            repeat: Repeat::SameId,
            status: Status::Completed {
                response: SavedResponse {
                    status: 201,
                    headers: Vec::new(),
                    body: vec![b'x'; content_bytes],
                },
            },
        }
    }
}
