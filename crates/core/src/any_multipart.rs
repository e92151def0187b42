//! Whatever parts there are, two bodies of them are the same whatever their boundaries, and others are not.

use proptest::{collection, prelude::*};

use super::multipart::digest_of_parts;
use crate::fuzz::{fuzz, mutated};

/// Header fields and content.
type Part = (Vec<String>, Vec<u8>);

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let fields = collection::vec("[A-Za-z-]{1,6}: [ -~]{0,6}", 0..3);
    let near = "(\r|\n|\r\n|-|--|b|\r\n--|x|\u{e9}){0,6}".prop_map(String::into_bytes);
    let content = prop_oneof![collection::vec(any::<u8>(), 0..12), near];
    collection::vec((fields, content), 0..4)
}

fn body(parts: &[Part], boundary: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (fields, content) in parts {
        body.extend(format!("--{boundary}\r\n").into_bytes());
        for field in fields {
            body.extend(format!("{field}\r\n").into_bytes());
        }
        body.extend(b"\r\n");
        body.extend(content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{boundary}--\r\n").into_bytes());
    body
}

fn digest(parts: &[Part], boundary: &str) -> Option<[u8; 32]> {
    let content_type = format!("multipart/form-data; boundary={boundary}");
    digest_of_parts(&content_type, &body(parts, boundary))
}

#[test]
fn parts_are_the_same_whatever_their_boundary_and_others_are_not() {
    // No content has these in it.
    let boundary = "[A-Z]{12,40}";
    let other = prop_oneof![parts().prop_map(Some), Just(None)];
    let inputs = (parts(), other, boundary, boundary);
    fuzz("multipart", &inputs, |(parts, other, a, b)| {
        let other = other.unwrap_or_else(|| parts.clone());
        let (first, second) = (digest(&parts, &a), digest(&other, &b));
        prop_assert!(first.is_some() && second.is_some());
        prop_assert_eq!(first == second, parts == other);
        Ok(parts == other)
    });
}

#[test]
fn a_body_that_was_changed_is_of_the_same_parts_only_outside_of_them() {
    let inputs = parts().prop_flat_map(|parts| {
        let bytes = body(&parts, "b0undary");
        (Just(bytes.clone()), mutated(Just(bytes)))
    });
    fuzz("multipart, changed", &inputs, |(before, after)| {
        let digest = |body: &[u8]| digest_of_parts("multipart/mixed; boundary=b0undary", body);
        let Some(changed) = digest(&after) else {
            return Ok(false);
        };
        // All that is not compared is the last line's end.
        let same = before.trim_ascii_end() == after.trim_ascii_end();
        prop_assert_eq!(Some(changed) == digest(&before), same);
        Ok(true)
    });
}
