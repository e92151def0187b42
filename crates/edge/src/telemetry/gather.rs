//! What this isolate has to tell, until it is handed over.

use std::{
    cell::{Cell, RefCell},
    hash::{DefaultHasher, Hash, Hasher},
    num::NonZeroUsize,
};

use idempotency_core::lifecycle::UnixMillis;
use lru::LruCache;

use super::{Event, Subject, batch::Batch, log::log_line, tally::Tally};
use crate::clock;

/// How many keys an isolate recognizes when they come again, to count retries.
const MAX_KEYS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4095);

thread_local! {
    static BATCH: RefCell<Option<Batch>> = const { RefCell::new(None) };
    /// Whether anybody wants to have what is gathered.
    static IS_OFF: Cell<bool> = const { Cell::new(false) };
    /// How often each key came, and when it came last.
    static KEYS: RefCell<LruCache<u64, (u32, UnixMillis)>> = RefCell::new(LruCache::new(MAX_KEYS));
}

/// Tells of an event: in the log at once, everywhere else soon.
pub fn tell(subject: Subject<'_>, event: &Event) {
    let now = clock::now();
    log_line(subject, event, now);
    if IS_OFF.get() {
        return;
    }
    BATCH.with_borrow_mut(|batch| {
        let batch = batch.get_or_insert_default();
        batch.add(&subject, event, now);
        if let (Some(_), Some(key)) = (event.outcome(), subject.idempotency_key)
            && let Some((ordinal, after_ms)) = repetition(subject.caller, key, now)
        {
            batch.tally.add_repetition(ordinal, after_ms);
        }
    });
}

/// Counts what is no event of its own: there is no log line of it.
pub fn count(add: impl FnOnce(&mut Tally)) {
    if !IS_OFF.get() {
        BATCH.with_borrow_mut(|batch| add(&mut batch.get_or_insert_default().tally));
    }
}

/// Which request of its key this one is, and how long the one before is ago; nothing for a first one.
fn repetition(caller: Option<&str>, key: &str, now: UnixMillis) -> Option<(u32, u64)> {
    let mut hasher = DefaultHasher::new();
    (caller, key).hash(&mut hasher);
    let (before, last) = KEYS.with_borrow_mut(|keys| {
        let known = keys.get_or_insert_mut(hasher.finish(), || (0, now));
        let before = *known;
        *known = (before.0.saturating_add(1), now);
        before
    });
    (before > 0).then(|| (before.saturating_add(1), last.ms_until(now)))
}

/// Whether anything has been gathered.
#[must_use]
pub fn has_gathered() -> bool {
    BATCH.with_borrow(Option::is_some)
}

/// What has been gathered since the last time.
#[must_use]
pub fn take_gathered() -> Option<Batch> {
    BATCH.take()
}

/// Gathers nothing from now on: nobody counts.
pub fn gather_nothing() {
    IS_OFF.set(true);
    BATCH.take();
}
