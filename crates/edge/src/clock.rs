//! The one place that reads the clock. Everything else takes the time as an argument.

use chrono::{DateTime, SecondsFormat, Utc};
use idempotency_core::lifecycle::UnixMillis;

/// The current time. The platform moves it only when I/O happens, so once per event is often enough.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the place that reads it")]
pub fn now() -> UnixMillis {
    of_js(worker::js_sys::Date::now())
}

/// A time as JavaScript has it.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the platform's clock has whole milliseconds, after 1970"
)]
pub const fn of_js(unix_ms: f64) -> UnixMillis {
    UnixMillis(unix_ms as u64)
}

/// `time` as a date.
#[must_use]
pub fn date_time(time: UnixMillis) -> DateTime<Utc> {
    i64::try_from(time.0)
        .ok()
        .and_then(DateTime::from_timestamp_millis)
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// `time` as RFC 3339 in UTC with milliseconds, such as `2026-01-31T12:00:00.000Z`.
#[must_use]
pub fn rfc3339(time: UnixMillis) -> String {
    date_time(time).to_rfc3339_opts(SecondsFormat::Millis, true)
}
