//! Whatever content comes, the reader answers, and what it reads has one canonical form.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "a test may panic: that is how it fails"
)]

use proptest::{collection, prelude::*};
use serde_json::Value;

use super::json::Json;
use crate::fuzz::{Shown, fuzz, mutated};

#[test]
fn bytes_of_any_kind_are_read_only_if_they_are_json() {
    let near = "[\\[\\]{}:, \"a\\\\u0-9.eE+-]{0,24}".prop_map(String::into_bytes);
    let short =
        "(-?[0-9]{1,3}(\\.[0-9]|e-?[0-9])?|\"[a-z]?\"|null|\\[\\]) ?".prop_map(String::into_bytes);
    let inputs = prop_oneof![collection::vec(any::<u8>(), 0..64), near, short];
    fuzz("JSON, any bytes", &inputs, |bytes| read(&bytes));
}

#[test]
fn json_that_was_changed_is_read_only_if_it_is_json() {
    let inputs = mutated(document().prop_map(String::into_bytes));
    fuzz("JSON, changed", &inputs, |bytes| read(&bytes));
}

/// What is taken is JSON for others too, written in another way it is the same, and with a letter more another.
fn read(bytes: &[u8]) -> Shown {
    let Ok(json) = Json::parse(bytes).map_err(|reason| assert!(reason.ends_with('.'))) else {
        return Ok(false);
    };
    let text = std::str::from_utf8(bytes).unwrap();
    prop_assert!(
        serde_json::from_slice::<Box<serde_json::value::RawValue>>(text.as_bytes()).is_ok()
    );
    let spaced = format!("\n\t {text}\r ");
    let inside = format!("[{text},0]");
    prop_assert_eq!(
        Json::parse(spaced.as_bytes()).unwrap().canonical(),
        json.canonical()
    );
    if let Ok(other) = Json::parse(inside.as_bytes()) {
        prop_assert_ne!(other.canonical(), json.canonical());
    }
    Ok(true)
}

#[test]
fn numbers_have_one_form_only_if_they_have_one_value() {
    let number = (-12..12_i64, -3..4_i32, 0..4_usize, any::<bool>());
    let forms = (number.clone(), 0..4_usize, any::<bool>());
    let again = forms.prop_map(|((digits, exponent, zeros, upper), others, lower)| {
        (
            (digits, exponent, zeros, upper),
            (digits, exponent, others, lower),
        )
    });
    let inputs = prop_oneof![3 => (number.clone(), number), 1 => again];
    fuzz("numbers", &inputs, |(a, b)| {
        let form = |number| Json::parse(written(number).as_bytes()).unwrap().canonical();
        let exact = |(digits, exponent, ..): (i64, i32, usize, bool)| {
            digits * 10_i64.pow(u32::try_from(exponent + 3).unwrap())
        };
        prop_assert_eq!(
            form(a) == form(b),
            exact(a) == exact(b),
            "{} {}",
            written(a),
            written(b)
        );
        Ok(exact(a) == exact(b))
    });
}

/// `digits` times ten to the power of `exponent`, with some zeros more and the point elsewhere.
fn written((digits, exponent, zeros, upper): (i64, i32, usize, bool)) -> String {
    let e = if upper { "E+" } else { "e" };
    let zeros = "0".repeat(if digits == 0 { 0 } else { zeros });
    match i32::try_from(zeros.len()).unwrap() {
        0 => format!("{digits}e{exponent}"),
        1 => format!("{digits}.{zeros}e{exponent}"),
        2 => format!("{digits}{zeros}e{}", exponent - 2),
        more => format!("{digits}{zeros}.{zeros}{e}{}", exponent - more).replace("+-", "-"),
    }
}

#[test]
fn an_object_with_two_members_of_one_name_is_refused_at_any_depth() {
    let names = collection::vec("[ab\u{e9}]{1,2}", 1..5);
    fuzz(
        "member names",
        &(names, 0..8_usize, any::<u8>()),
        |(names, depth, escaped)| {
            let members: Vec<_> = names
                .iter()
                .enumerate()
                .map(|(at, name)| format!("\"{}\":{at}", escape(name, escaped >> at & 1 == 1)))
                .collect();
            let text = format!(
                "{}{{{}}}{}",
                "[".repeat(depth),
                members.join(","),
                "]".repeat(depth)
            );
            let mut different = names.clone();
            different.sort();
            different.dedup();
            let taken = Json::parse(text.as_bytes()).is_ok();
            prop_assert_eq!(taken, different.len() == names.len(), "{}", text);
            Ok(taken)
        },
    );
}

fn escape(name: &str, escaped: bool) -> String {
    if escaped {
        let units: Vec<_> = name
            .encode_utf16()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect();
        units.concat()
    } else {
        name.to_owned()
    }
}

fn document() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(5, 32, 4, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            collection::btree_map("[a-c]{0,2}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    value.prop_map(|value| value.to_string())
}
