//! Which trace a request belongs to (W3C Trace Context, level 2). The service makes no spans, so of the context it reads
//! the trace's id alone.

/// The length of a `traceparent` of version 00, and of the part of a later version that has the same form.
const LENGTH: usize = 55;

/// The trace id in `traceparent`: 32 hex digits. Nothing, if the field is invalid and is to be ignored (section 3.2.2). A
/// later version may add more behind a hyphen (section 4.2).
#[must_use]
pub fn trace_id(traceparent: &str) -> Option<&str> {
    let (known, more) = traceparent.split_at_checked(LENGTH)?;
    let mut parts = known.split('-');
    let mut hex = |digits: usize| parts.next().filter(|part| is_hex(part, digits));
    let (version, trace_id, parent_id, _flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
    let ends = more.is_empty() || version != "00" && more.starts_with('-');
    let is_valid = ends && version != "ff" && !is_zero(trace_id) && !is_zero(parent_id);
    is_valid.then_some(trace_id)
}

/// In lower case alone.
fn is_hex(text: &str, digits: usize) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == digits && text.bytes().all(is_digit)
}

fn is_zero(id: &str) -> bool {
    id.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    #[test]
    fn a_trace_is_known_by_its_id_also_in_versions_to_come() {
        for valid in [
            format!("00-{ID}-{PARENT}-00"),
            format!("00-{ID}-{PARENT}-01"),
            format!("00-{ID}-{PARENT}-ff"),
            format!("01-{ID}-{PARENT}-01"),
            format!("cc-{ID}-{PARENT}-01-what-comes"),
            format!("fe-{ID}-{PARENT}-01-"),
        ] {
            assert_eq!(trace_id(&valid), Some(ID), "{valid}");
        }
    }

    #[test]
    fn what_is_invalid_names_no_trace() {
        for invalid in [
            String::new(),
            "00".to_owned(),
            format!("00-{ID}-{PARENT}"),
            format!("00-{ID}-{PARENT}-1"),
            format!("00-{ID}-{PARENT}-01-"),
            format!("00-{ID}-{PARENT}-01-more"),
            format!("01-{ID}-{PARENT}-01.more"),
            format!("ff-{ID}-{PARENT}-01"),
            format!("FE-{ID}-{PARENT}-01"),
            format!("0-0{ID}-{PARENT}-01"),
            format!("00-{}-{PARENT}-01", ID.to_uppercase()),
            format!("00-{ID}-{}-01", PARENT.to_uppercase()),
            format!("00-{ID}-{PARENT}-0A"),
            format!("00-{}-{PARENT}-01", "0".repeat(32)),
            format!("00-{ID}-{}-01", "0".repeat(16)),
            format!("00_{ID}_{PARENT}_01"),
            format!(" 00-{ID}-{PARENT}-01"),
            format!("00-{ID}-{PARENT}-01, 00-{ID}-{PARENT}-01"),
            "\u{e9}".repeat(28),
        ] {
            assert_eq!(trace_id(&invalid), None, "{invalid}");
        }
    }
}
