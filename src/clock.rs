//! The one place that reads the clock. Everything else takes the time as an argument.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::lifecycle::UnixMillis;

/// The current time. The platform moves it only when I/O happens, so once per event is often enough.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the place that reads it")]
pub fn now() -> UnixMillis {
    UnixMillis(worker::Date::now().as_millis())
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
