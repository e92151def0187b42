//! Whatever a header field or a path says, its parser answers; none panics, and each keeps its bounds.

use idempotency_core::{
    KeyForm,
    fuzz::{fuzz, mutated_text},
    parse_faults,
};
use proptest::{collection, option, prelude::*, sample::select};

use crate::any_service::router;

use super::{
    content::is_json,
    exchange::{is_correlation_id, split},
    key::{KeyField, key},
    prefer::wait_s,
};

/// Text of any kind, and text that is nearly right.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => any::<String>(),
        1 => "[\"a-f0-9,;= \\\\-]{0,48}",
        1 => "(application/json|Application/JSON)( ?; ?charset=\"?(utf|UTF|latin)-?[18]\"?){0,2}",
        1 => "(delay=[0-9]{0,24}|fail-before|abort-after|panic|overrun|,| ){0,4}",
        1 => "https?://[a-z:0-9]{0,8}[/?#a-z{}=]{0,16}",
        1 => "/(problems|api/v1/operations/[a-z]{0,12})/[a-z{}/-]{0,12}",
        6 => "/(health|notes|notes/[a-z0-9.-]{1,8}|files/[a-z0-9/%.-]{1,8})",
    ]
}

#[test]
fn no_value_panics_a_parser() {
    let inputs = (select(vec!["GET", "GET", "POST"]), mutated_text(value()));
    let router = router();
    fuzz("header field or path", &inputs, |(method, value)| {
        let (base_url, path, query) = split(&value);
        prop_assert!(base_url.len() + path.len() + query.len() <= value.len());
        let taken = [
            is_json(&value),
            parse_faults(&value).is_ok(),
            router.route(method, &value, "").is_ok(),
        ];
        Ok(taken.contains(&true))
    });
}

#[test]
fn what_is_taken_as_a_correlation_id_has_no_character_that_means_anything_elsewhere() {
    let inputs = mutated_text(prop_oneof![4 => "[A-Za-z0-9._:-]{1,130}", 1 => value()]);
    fuzz("correlation id", &inputs, |value| {
        let allowed = |char: char| char.is_ascii_alphanumeric() || "._:-".contains(char);
        let is_right = (1..=128).contains(&value.len()) && value.chars().all(allowed);
        prop_assert_eq!(is_correlation_id(&value), is_right);
        Ok(is_right)
    });
}

#[test]
fn what_is_taken_as_a_key_is_a_uuid_of_version_4_and_nothing_around_it_that_could_be_another() {
    let near = "[ \t\u{a0}\u{2003}]?\"?[0-9a-fA-F]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\"?(;[a-z]=1| ,|\u{a0})?";
    let right = " ?[0-9A-F]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
    let inputs = mutated_text(prop_oneof![4 => right, 4 => near, 1 => value()]);
    fuzz("idempotency key", &inputs, |value| {
        let Ok(Some((key, _))) = key(Some(&value), None, KeyForm::Uuid4) else {
            return Ok(false);
        };
        let text = key.to_string();
        let lower = value.to_ascii_lowercase();
        prop_assert!(lower.contains(&text) && text.as_bytes()[14] == b'4');
        let around = lower.replacen(&text, "", 1);
        prop_assert!(around.is_ascii() && !around.contains(','), "{value:?}");
        Ok(true)
    });
}

/// A key in one of the spellings of a field.
fn spelled(quoted: bool) -> impl Strategy<Value = (u8, String)> {
    (0..3_u8, any::<bool>(), 0..3_usize).prop_map(move |(key, upper, form)| {
        let lower = format!("9b2e1c1e-52a9-4f4c-9d0b-0f6a1a2b3c4{key}");
        let text = if upper { lower.to_uppercase() } else { lower };
        let forms = [
            text.clone(),
            format!("\"{text}\""),
            format!("\"{text}\";a=\"b\""),
        ];
        (key, forms[if quoted { form } else { 0 }].clone())
    })
}

#[test]
fn two_fields_name_a_key_only_if_they_name_the_same_one() {
    let broken = || prop_oneof![Just(String::new()), Just("9b2e1c1e".to_owned()), value()];
    let field = |quoted| {
        option::weighted(
            0.8,
            prop_oneof![
                6 => spelled(quoted).prop_map(|(key, text)| (Some(key), text)),
                1 => broken().prop_map(|text| (None, text)),
                1 => (spelled(quoted), spelled(quoted)).prop_map(|((_, a), (_, b))| (None, format!("{a}, {b}"))),
            ],
        )
    };
    fuzz(
        "two key fields",
        &(field(true), field(false)),
        |(standard, extension)| {
            let text = |field: &Option<(_, String)>| field.as_ref().map(|(_, text)| text.clone());
            let (standard_text, extension_text) = (text(&standard), text(&extension));
            let found = key(
                standard_text.as_deref(),
                extension_text.as_deref(),
                KeyForm::Uuid4,
            );
            let named = |field: &Option<(Option<u8>, String)>| match field {
                Some((key, _)) => key.map(Some),
                None => Some(None),
            };
            let expected = match (named(&standard), named(&extension)) {
                (Some(Some(a)), Some(Some(b))) if a == b => Some((a, KeyField::Standard)),
                (Some(Some(a)), Some(None)) => Some((a, KeyField::Standard)),
                (Some(None), Some(Some(b))) => Some((b, KeyField::Extension)),
                _ => None,
            };
            let found = found.ok().flatten().map(|(key, field)| {
                let last = key.to_string().pop().unwrap();
                (u8::try_from(last.to_digit(10).unwrap()).unwrap(), field)
            });
            prop_assert_eq!(found, expected);
            Ok(found.is_some())
        },
    );
}

#[test]
fn the_first_wait_counts_and_is_bounded_whatever_stands_around_it() {
    let preference = prop_oneof![
        "[a-v-]{1,8}(=[a-z0-9]{1,4})?".prop_map(|other| (None, other)),
        (
            0..100_u64,
            select(vec!["wait=N", "Wait = N", "WAIT=\"N\"", " wait=N; x=1 "])
        )
            .prop_map(|(s, form)| (Some(s.min(30)), form.replace('N', &s.to_string()))),
        select(vec![
            "wait=-1",
            "wait=",
            "wait=1.5",
            "wait=99999999999999999999",
            "wait=\u{663}"
        ])
        .prop_map(|none| (Some(0), none.to_owned())),
    ];
    fuzz(
        "Prefer",
        &collection::vec(preference, 0..5),
        |preferences| {
            let field: Vec<_> = preferences.iter().map(|(_, text)| text.as_str()).collect();
            let expected = preferences.iter().find_map(|(wait, _)| *wait).unwrap_or(0);
            prop_assert_eq!(wait_s(Some(&field.join(","))), expected);
            Ok(expected > 0)
        },
    );
}

#[test]
fn no_preference_waits_longer_than_half_a_minute() {
    let near = "(wait|Wait|,|;| ){1,3}[= \"]{0,3}[0-9]{0,24}[;,]?";
    let inputs = mutated_text(
        prop_oneof![1 => near, 1 => value(), 2 => "( ?[a-w]{1,4},)?wait ?= ?[0-9]{1,3}"],
    );
    fuzz("Prefer, any text", &inputs, |value| {
        let wait_s = wait_s(Some(&value));
        prop_assert!(wait_s <= 30);
        Ok(wait_s > 0)
    });
}
