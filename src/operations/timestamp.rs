//! Moments that clients name: what is taken in is what others can read again.

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};

/// The digits of a nanosecond, the finest that is kept.
const MAX_FRACTION_DIGITS: usize = 9;

/// Reads a moment of RFC 3339, or says what it must be.
///
/// Python, Go and JavaScript have no second 60, and RFC 3339 allows it where there was a leap second alone (section
/// 5.7). Python has no year 0, and RFC 3339 no more than four digits for one; in UTC, in which a moment is answered, it
/// may be in another year.
pub fn read(text: &str) -> Result<DateTime<Utc>, &'static str> {
    // chrono takes a minus sign of Unicode too.
    let parsed = text.is_ascii().then(|| DateTime::parse_from_rfc3339(text));
    let Some(Ok(moment)) = parsed else {
        return Err("must be a date and time as in RFC 3339, such as 2026-01-31T12:00:00Z");
    };
    let moment = moment.to_utc();
    if !(1..=9999).contains(&moment.year()) {
        return Err("must be in a year from 0001 to 9999, in UTC too");
    }
    if is_leap_second(moment) {
        return Err(
            "must not have the second 60, which most programs cannot read: send the second before or after it",
        );
    }
    if fraction_digits(text) > MAX_FRACTION_DIGITS {
        return Err("must have at most 9 digits after the second");
    }
    Ok(moment)
}

/// A moment as it is answered.
pub fn write(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A moment in the form in which lists are sorted: `2026-01-31T12:00:00.000000000`.
pub fn pad(moment: DateTime<Utc>) -> String {
    let mut written = moment.to_rfc3339_opts(SecondsFormat::Nanos, true);
    // Its Z, which all would have.
    written.pop();
    written
}

/// Whether `text` is a moment in the form in which the audit log is in order: `2026-01-31T12:00:00.000000000`.
pub fn is_padded(text: &str) -> bool {
    text.len() == 29 && read(&format!("{text}Z")).is_ok()
}

/// chrono keeps the second 60 as a second that is longer than others.
fn is_leap_second(moment: DateTime<Utc>) -> bool {
    moment.nanosecond() >= 1_000_000_000
}

fn fraction_digits(text: &str) -> usize {
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
    fraction.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_answered_in_utc_to_the_digit() {
        for (sent, answered) in [
            ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
            ("2026-01-31t12:00:00z", "2026-01-31T12:00:00Z"),
            ("2026-01-31T12:00:00-00:00", "2026-01-31T12:00:00Z"),
            ("2026-01-31T12:00:00.5+23:59", "2026-01-30T12:01:00.500Z"),
            ("2026-01-31T12:00:00.1234Z", "2026-01-31T12:00:00.123400Z"),
            (
                "2026-01-31T12:00:00.123456789Z",
                "2026-01-31T12:00:00.123456789Z",
            ),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            (
                "9999-12-31T23:59:59.999999999Z",
                "9999-12-31T23:59:59.999999999Z",
            ),
        ] {
            assert_eq!(read(sent).map(write).as_deref(), Ok(answered), "{sent}");
        }
    }

    #[test]
    fn what_others_could_not_read_is_refused_with_the_reason() {
        for (sent, reason) in [
            ("2016-12-31T23:59:60Z", "the second 60"),
            ("2016-12-31T23:59:60.5Z", "the second 60"),
            ("2017-01-01T00:59:60+01:00", "the second 60"),
            ("2026-01-31T12:00:60Z", "the second 60"),
            ("2026-01-31T12:00:61Z", "RFC 3339"),
            ("2026-01-31T12:00:00.1234567890Z", "9 digits"),
            ("2026-01-31T12:00:00.0000000000+01:00", "9 digits"),
            ("0000-12-31T23:59:59Z", "year"),
            ("0001-01-01T00:00:00+00:01", "year"),
            ("9999-12-31T23:59:59-00:01", "year"),
            ("10000-01-01T00:00:00Z", "RFC 3339"),
            ("+12026-01-31T12:00:00Z", "RFC 3339"),
            ("2026-01-31T24:00:00Z", "RFC 3339"),
            ("2026-02-29T12:00:00Z", "RFC 3339"),
            ("2026-01-31T12:00:00+24:00", "RFC 3339"),
            ("2026-01-31T12:00:00,5Z", "RFC 3339"),
            ("2026-01-31T12:00:00.Z", "RFC 3339"),
            ("2026-01-31T12:00Z", "RFC 3339"),
            ("2026-01-31T12:00:00\u{2212}05:00", "RFC 3339"),
            ("2026-01-31", "RFC 3339"),
        ] {
            let refused = read(sent).unwrap_err();

            assert!(refused.contains(reason), "{sent}: {refused}");
        }
    }
}
