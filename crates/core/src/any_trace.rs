//! Whatever a `traceparent` says, it names the trace that it was written for, or none.

use proptest::{option, prelude::*};

use super::trace::trace_id;
use crate::fuzz::{fuzz, mutated_text};

/// A field of this form, with what a later version may have behind it. Now and then, an id is zero.
fn traceparent() -> impl Strategy<Value = (String, String)> {
    let version = prop_oneof![2 => Just(0), 1 => Just(255), 1 => any::<u8>()];
    let trace = prop_oneof![8 => any::<u128>(), 1 => Just(0)];
    let parent = prop_oneof![8 => any::<u64>(), 1 => Just(0)];
    let more = option::weighted(0.2, "[-.][ -~]{0,8}");
    (version, trace, parent, any::<u8>(), more).prop_map(|(version, trace, parent, flags, more)| {
        let more = more.unwrap_or_default();
        let is_valid = version < 255
            && trace > 0
            && parent > 0
            && (more.is_empty() || version > 0 && more.starts_with('-'));
        let id = format!("{trace:032x}");
        let written = format!("{version:02x}-{id}-{parent:016x}-{flags:02x}{more}");
        (written, if is_valid { id } else { String::new() })
    })
}

#[test]
fn a_trace_is_named_by_what_is_valid_and_by_nothing_else() {
    fuzz("traceparent", &traceparent(), |(written, id)| {
        prop_assert_eq!(trace_id(&written).unwrap_or_default(), &id, "{}", written);
        Ok(!id.is_empty())
    });
}

#[test]
fn a_field_that_was_changed_names_what_stands_in_it_or_nothing() {
    let inputs = mutated_text(prop_oneof![
        6 => traceparent().prop_map(|(written, _)| written),
        1 => any::<String>(),
    ]);
    fuzz("traceparent, changed", &inputs, |value| {
        let Some(id) = trace_id(&value) else {
            return Ok(false);
        };
        let is_hex = |char: char| char.is_ascii_digit() || ('a'..='f').contains(&char);
        prop_assert!(id.len() == 32 && id.chars().all(is_hex) && !id.trim_matches('0').is_empty());
        prop_assert_eq!(value.find(id), Some(3), "{}", value);
        prop_assert!(value.len() == 55 || !value.starts_with("00-"), "{}", value);
        Ok(true)
    });
}
