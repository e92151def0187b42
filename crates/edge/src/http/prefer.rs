//! `Prefer: wait=N` (RFC 7240, section 4.3).

/// The longest wait, in seconds.
const MAX_WAIT_S: u64 = 30;

/// How many seconds the client would rather wait than be told to come back: 0 without the preference, or
/// with one that is not a number of seconds, which RFC 7240 has ignored.
#[must_use]
pub fn wait_s(prefer: Option<&str>) -> u64 {
    // The first of several counts (section 2).
    let preference = prefer
        .unwrap_or_default()
        .split(',')
        .find_map(|preference| {
            let preference = preference.split(';').next()?;
            let (name, value) = preference.split_once('=')?;
            name.trim().eq_ignore_ascii_case("wait").then_some(value)
        });
    let seconds = preference.map(|value| value.trim().trim_matches('"').parse());
    match seconds {
        Some(Ok(seconds)) => MAX_WAIT_S.min(seconds),
        Some(Err(_)) | None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_found_among_other_preferences_and_bounded() {
        for (prefer, wait) in [
            ("wait=5", 5),
            ("Wait = 5", 5),
            ("respond-async, wait=\"10\"; foo", 10),
            ("wait=1, wait=2", 1),
            ("wait=31", 30),
            ("wait=0", 0),
        ] {
            assert_eq!(wait_s(Some(prefer)), wait, "{prefer}");
        }
    }

    #[test]
    fn what_is_no_number_of_seconds_is_no_wait() {
        for prefer in [
            "",
            "wait",
            "wait=",
            "wait=-1",
            "wait=1.5",
            "wait=x",
            "wait=99999999999999999999",
        ] {
            assert_eq!(wait_s(Some(prefer)), 0, "{prefer}");
        }
        assert_eq!(wait_s(None), 0);
    }
}
