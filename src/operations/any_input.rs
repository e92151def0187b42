//! Whatever payload comes, an operation takes it or says what is wrong with it; none panics. What is taken means
//! what was sent, to the digit.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "a test may panic: that is how it fails"
)]

use idempotency_core::{
    Request,
    fuzz::{fuzz, mutated},
};
use proptest::{option, prelude::*, sample::select};
use serde_json::Value;

use idempotency_edge::operation::Refusal;

use super::{amount::Amount, timestamp};
use crate::service;

/// The text of a member's value: one that is right somewhere, or one that is nowhere.
fn member() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "\"n\"",
            "{}",
            "1",
            "99.95",
            "\"USD\"",
            "\"login\"",
            "\"2026-01-31T12:00:00Z\""
        ])
        .prop_map(str::to_owned),
        any::<String>().prop_map(|text| Value::from(text).to_string()),
        "-?[0-9]{1,30}(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?",
        select(vec![
            "null",
            "true",
            "[]",
            "[{}]",
            "{\"a\":[1.10]}",
            "1e999999999",
            "0e4294967296"
        ])
        .prop_map(str::to_owned),
    ]
}

#[test]
fn a_payload_is_taken_or_what_is_wrong_with_it_is_said() {
    let names = vec![
        "name",
        "description",
        "metadata",
        "amount",
        "currency",
        "user_id",
        "action",
        "details",
        "timestamp",
    ];
    let right = vec![
        ("create_resource", r#""name":"n""#),
        ("create_transaction", r#""amount":1,"description":"d""#),
        (
            "create_audit_log",
            r#""user_id":"u","action":"login","details":{}"#,
        ),
    ];
    let inputs = (
        select(right),
        option::weighted(0.7, (select(names), member())),
    )
        .prop_flat_map(|((operation, members), more)| {
            let more = more.map_or(String::new(), |(name, value)| {
                format!(",\"{name}\":{value}")
            });
            (
                Just(operation),
                mutated(Just(format!("{{{members}{more}}}").into_bytes())),
            )
        });
    let service = service().unwrap();
    fuzz("payload", &inputs, |(operation, body)| {
        let request = Request {
            body,
            ..Request::default()
        };
        let operation = service.operations().find(operation).unwrap();
        let errors = match operation.admit(&request) {
            Ok(_) => return Ok(true),
            Err(Refusal::Invalid(errors)) => errors,
            Err(_) => return Ok(false),
        };
        prop_assert!(!errors.is_empty());
        for error in errors {
            let place = error.pointer.unwrap();
            prop_assert!(place.starts_with('#') && !error.detail.is_empty());
        }
        Ok(false)
    });
}

#[test]
fn an_amount_is_never_rounded() {
    let digits = prop_oneof!["[0-9]{1,12}", "[0-9]{24,40}", "0{0,30}[1-9]0{0,30}"];
    let inputs = (
        digits,
        any::<prop::sample::Index>(),
        option::of(-32..32_i32),
    );
    fuzz("amount", &inputs, |(digits, at, exponent)| {
        let point = at.index(digits.len());
        let (whole, fraction) = digits.split_at(point);
        let whole = whole.trim_start_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        let exponent = exponent.map_or(String::new(), |exponent| format!("e{exponent}"));
        let sent = format!("{whole}.{fraction}{exponent}");
        let Ok(amount) = serde_json::from_slice::<Amount>(sent.as_bytes()) else {
            return Ok(false);
        };
        let stored = serde_json::to_string(&amount).unwrap();
        prop_assert_eq!(value(&stored), value(&sent), "{} became {}", sent, stored);
        Ok(true)
    });
}

/// The digits without zeros at either end, and the power of ten of the last of them.
fn value(number: &str) -> (String, i64) {
    let (mantissa, exponent) = number.split_once('e').unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_end_matches('0');
    let exponent = exponent.parse::<i64>().unwrap() - i64::try_from(fraction.len()).unwrap()
        + i64::try_from(all.len() - digits.len()).unwrap();
    match digits.trim_start_matches('0') {
        "" => (String::new(), 0),
        digits => (digits.to_owned(), exponent),
    }
}

#[test]
fn a_timestamp_is_taken_only_if_it_can_be_answered() {
    let part = |max: u32| (0..=max).prop_map(|part| format!("{part:02}"));
    let year = prop_oneof![
        Just("0000".to_owned()),
        Just("9999".to_owned()),
        "[0-9]{4}",
        "[+-]?[0-9]{5}"
    ];
    let offset = prop_oneof![
        Just("Z".to_owned()),
        "[+-](0[0-9]|1[0-9]|2[0-4]):[0-5][0-9]"
    ];
    let time = (part(24), part(60), part(61), "(\\.[0-9]{1,12})?");
    let month = prop_oneof![part(13), Just("01".to_owned()), Just("12".to_owned())];
    let day = prop_oneof![part(32), Just("01".to_owned()), Just("31".to_owned())];
    let inputs = (year, month, day, time, offset).prop_map(
        |(year, month, day, (h, m, s, fraction), offset)| {
            format!("{year}-{month}-{day}T{h}:{m}:{s}{fraction}{offset}")
        },
    );
    fuzz("timestamp", &inputs, |sent| {
        let Ok(time) = timestamp::read(&sent) else {
            return Ok(false);
        };
        let answered = timestamp::write(time);
        prop_assert_eq!(
            timestamp::read(&answered),
            Ok(time),
            "{} became {}",
            sent,
            answered
        );
        prop_assert_eq!(answered.find('-'), Some(4), "{} became {}", sent, answered);
        Ok(true)
    });
}
