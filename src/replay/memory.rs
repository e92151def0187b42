//! Copies in the isolate's memory. Free, and gone with the isolate.

use std::cell::RefCell;

use lru::LruCache;

use super::judge::{Found, judge};
use crate::{
    coordinator::CompositeKey,
    lifecycle::{Fingerprint, Record, Status, UnixMillis},
};

/// How many bytes of saved responses one isolate keeps: little beside the 128 MB that it may use, and some
/// ten thousand answers of an API like this one's.
const MAX_BYTES: usize = 8 * 1024 * 1024;

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
pub fn look_up(key: &CompositeKey, fingerprint: Fingerprint, now: UnixMillis) -> Option<Found> {
    MEMORY.with_borrow_mut(|memory| {
        let copy = memory.copies.get(key)?;
        judge(copy, fingerprint, now)
    })
}

/// Keeps a copy of a completed record, and forgets those that were longest not asked for.
pub fn keep(key: CompositeKey, record: Record) {
    MEMORY.with_borrow_mut(|memory| {
        memory.bytes = memory.bytes.saturating_add(size(&record));
        if let Some((_, replaced)) = memory.copies.push(key, record) {
            memory.bytes = memory.bytes.saturating_sub(size(&replaced));
        }
        while memory.bytes > MAX_BYTES {
            let Some((_, forgotten)) = memory.copies.pop_lru() else {
                break;
            };
            memory.bytes = memory.bytes.saturating_sub(size(&forgotten));
        }
    });
}

fn size(record: &Record) -> usize {
    match &record.status {
        Status::Completed { response } => response.body.len().saturating_add(OVERHEAD_BYTES),
        Status::Processing { .. } | Status::Failed => OVERHEAD_BYTES,
    }
}
