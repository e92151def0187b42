//! Copies in the isolate's memory. Free, and gone with the isolate.

use std::cell::RefCell;

use idempotency_core::{
    CompositeKey, Request,
    lifecycle::{Fingerprint, Record, Status, UnixMillis},
};
use lru::LruCache;

use super::{
    judge::{Judgement, judge},
    known::Known,
};

/// What a copy takes besides what is sent and answered, roughly.
const OVERHEAD_BYTES: usize = 512;

struct Memory {
    copies: LruCache<CompositeKey, Copy>,
    bytes: usize,
}

/// What is kept of a key.
struct Copy {
    record: Record,
    /// A request that it answers, unless its fields are others each time.
    request: Option<Known>,
    /// Whether somebody got it who came again.
    is_replayed: bool,
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
        judge(&copy.record, operation, fingerprint, now)
    })
}

/// The fingerprint of `request`, if it is known without looking into it: it is the same, byte for byte, as one with this key
/// that the operation has admitted here.
#[must_use]
pub fn fingerprint(key: &CompositeKey, operation: &str, request: &Request) -> Option<Fingerprint> {
    MEMORY.with_borrow(|memory| {
        let copy = memory.copies.peek(key)?;
        let known = copy.request.as_ref()?;
        let is_same = copy.record.operation == operation && known.is(request);
        is_same.then_some(copy.record.fingerprint)
    })
}

/// Keeps a copy of a completed record, with the request that it answers, and forgets those that were longest not asked for:
/// all together take at most `max_bytes`. Returns whether no replay of the record is kept already: several are, when
/// requests that came together are answered.
pub fn keep(
    key: CompositeKey,
    record: &Record,
    request: &Request,
    is_replayed: bool,
    max_bytes: usize,
) -> bool {
    let mut copy = Copy {
        record: record.clone(),
        request: Known::of(request),
        is_replayed,
    };
    let bytes = copy.size();
    if bytes > max_bytes {
        return true;
    }
    MEMORY.with_borrow_mut(|memory| {
        memory.bytes = memory.bytes.saturating_add(bytes);
        let mut is_known = false;
        if let Some(replaced) = memory.copies.pop(&key) {
            memory.bytes = memory.bytes.saturating_sub(replaced.size());
            // The next record of a key expires later.
            is_known = replaced.is_replayed && replaced.record.expires_at == copy.record.expires_at;
            copy.is_replayed |= is_known;
        }
        memory.copies.push(key, copy);
        while memory.bytes > max_bytes {
            let Some((_, forgotten)) = memory.copies.pop_lru() else {
                break;
            };
            memory.bytes = memory.bytes.saturating_sub(forgotten.size());
        }
        !is_known
    })
}

/// Forgets the copy of `key`.
pub fn forget(key: &CompositeKey) {
    MEMORY.with_borrow_mut(|memory| {
        if let Some(forgotten) = memory.copies.pop(key) {
            memory.bytes = memory.bytes.saturating_sub(forgotten.size());
        }
    });
}

impl Copy {
    fn size(&self) -> usize {
        let answered = match &self.record.status {
            Status::Completed { response } => response.size(),
            Status::Processing { .. } | Status::Failed | Status::Ambiguous | Status::Forgotten => 0,
        };
        let sent = self.request.as_ref().map_or(0, Known::size);
        OVERHEAD_BYTES.saturating_add(answered).saturating_add(sent)
    }
}

#[cfg(test)]
mod tests;
