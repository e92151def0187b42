//! What this isolate has to tell, and the handing over of it: at most once a second, and never before an answer.

use std::{
    cell::{Cell, RefCell},
    hash::{DefaultHasher, Hash, Hasher},
    num::NonZeroUsize,
    time::Duration,
};

use futures_util::future::{FutureExt, LocalBoxFuture};
use lru::LruCache;
use worker::{Delay, Env};

use super::{Event, Subject, batch::Batch, log::log_line};
use crate::{clock, lifecycle::UnixMillis, monitor, promptly::bounded, settings::Settings};

/// How long events are gathered before they are handed over, in milliseconds.
const PERIOD_MS: u64 = 1000;

/// After how long a handing over that was to come is believed dead, in milliseconds: whoever had promised it may
/// be gone, an object that was reset for one.
const OVERDUE_MS: u64 = 5000;

/// How many keys an isolate recognizes when they come again, to count retries.
const MAX_KEYS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4095);

thread_local! {
    static BATCH: RefCell<Option<Batch>> = const { RefCell::new(None) };
    /// When somebody last promised to hand over, unless that is done.
    static PROMISED_AT: Cell<Option<UnixMillis>> = const { Cell::new(None) };
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

/// Sees to it that what was told gets handed over. `spawn` runs what goes on after the answer.
pub fn hand_over_soon(
    env: &Env,
    settings: &Settings,
    spawn: impl FnOnce(LocalBoxFuture<'static, ()>),
) {
    let now = clock::now();
    if settings.telemetry_objects == 0 {
        IS_OFF.set(true);
        BATCH.take();
        return;
    }
    let is_promised = PROMISED_AT
        .get()
        .is_some_and(|promised_at| now < promised_at.plus_ms(OVERDUE_MS));
    if is_promised || BATCH.with_borrow(Option::is_none) {
        return;
    }
    PROMISED_AT.set(Some(now));
    let (env, objects) = (env.clone(), settings.telemetry_objects);
    let handing_over = async move {
        Delay::from(Duration::from_millis(PERIOD_MS)).await;
        PROMISED_AT.set(None);
        let Some(batch) = BATCH.take() else {
            return;
        };
        if let Err(error) = monitor::hand_over(&env, objects, &batch).await {
            let reason = error.to_string();
            tell(Subject::NONE, &Event::CountsLost { reason });
        }
    };
    spawn(bounded(handing_over.boxed_local()).map(drop).boxed_local());
}
