//! Equal JSON values always have one canonical form, and different ones never do.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

use idempotency_core::Json;
use proptest::{collection, prelude::*};
use serde_json::{Map, Value};

#[test]
fn white_space_member_order_and_escapes_do_not_matter() {
    let canonical = canonical(r#"{"a":1,"b":"é","c":[true,null]}"#);

    for same in [
        "{\"b\": \"\\u00e9\",\n \"a\": 1, \"c\": [true, null]}",
        r#"{"c":[true,null],"\u0062":"é","a":1}"#,
    ] {
        assert_eq!(self::canonical(same), canonical, "{same}");
    }
}

#[test]
fn numbers_are_equal_if_their_exact_values_are() {
    for (a, b) in [
        ("100.5", "100.50"),
        ("1e2", "100"),
        ("1E+2", "100.000"),
        ("0", "-0.0e7"),
        ("12.5e-1", "1.25"),
        ("0.001", "1e-3"),
    ] {
        assert_eq!(canonical(a), canonical(b), "{a} is {b}");
    }
    for (a, b) in [
        ("9007199254740993", "9007199254740992"),
        ("0.1", "0.10000000000000001"),
        ("1", "-1"),
        ("1", "10"),
        ("0.01", "100"),
        ("0.1", "10"),
        ("0.01", "0.001"),
        ("1e400", "1e401"),
        ("1e400", "1e-400"),
    ] {
        assert_ne!(canonical(a), canonical(b), "{a} is not {b}");
    }
}

#[test]
fn types_array_order_and_presence_matter() {
    let different = [
        "1",
        "\"1\"",
        "true",
        "\"true\"",
        "null",
        "false",
        "[]",
        "{}",
        "[1,2]",
        "[2,1]",
        "[[1],2]",
        "[[1,2]]",
        r#"{"a":1}"#,
        r#"{"a":null}"#,
        r#"{"a":{}}"#,
        r#"{"a":[]}"#,
        r#"{"b":1}"#,
        "\"\"",
        r#"{"$serde_json::private::Number":"1"}"#,
    ];

    for (i, a) in different.iter().enumerate() {
        for b in &different[..i] {
            assert_ne!(canonical(a), canonical(b), "{a} is not {b}");
        }
    }
}

#[test]
fn what_is_no_single_document_is_refused_with_a_reason() {
    for text in [
        "",
        " ",
        "{",
        "[1,",
        "{\"a\":}",
        "{\"a\" 1}",
        "nul",
        "01",
        "1.",
        ".5",
        "+1",
        "1 2",
        "\"\u{1}\"",
        "\"\\x\"",
        "\"\\ud800\"",
        "[1,]",
        "{\"a\":1,}",
        "{'a':1}",
        "NaN",
        "\u{feff}{}",
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,\"\\u0061\":2}",
        "[[{\"b\":{},\"b\":[]}]]",
        "1e99999999999999999999",
    ] {
        let reason = Json::parse(text.as_bytes()).expect_err(text);
        assert!(reason.ends_with('.'), "{text:?}: {reason}");
    }
    assert!(Json::parse(b"\"\xff\"").is_err());
    assert!(Json::parse("[".repeat(65).as_bytes()).is_err());
    let deepest = format!("{}{}", "[".repeat(64), "]".repeat(64));
    assert!(Json::parse(deepest.as_bytes()).is_ok());
}

#[test]
fn what_is_out_of_bounds_is_refused_by_its_bound() {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let items = |count: usize| format!("[{}]", vec!["0"; count].join(","));
    let halves = |count: usize| format!("{{\"a\":{0},\"b\":{0}}}", items(count / 2));
    let string = |bytes| format!("\"{}\"", "x".repeat(bytes));
    let member = |bytes| format!("{{{}:0}}", string(bytes));
    let escaped = |bytes| format!("\"{}\"", "\\u00e9".repeat(bytes / 2));
    let digits = |count| "1".repeat(count);
    let zeros = |count| format!("0.{}", "0".repeat(count - 2));
    for (write, most, bound) in [
        (&nested as &dyn Fn(usize) -> String, 64, "64 deep"),
        (&items, 10_000, "10000 items and members"),
        (&halves, 9_998, "10000 items and members"),
        (&string, 65_536, "65536 bytes"),
        (&member, 65_536, "65536 bytes"),
        (&escaped, 65_536, "65536 bytes"),
        (&digits, 1_000, "1000 characters"),
        (&zeros, 1_000, "1000 characters"),
    ] {
        assert!(Json::parse(write(most).as_bytes()).is_ok(), "{bound}");
        let reason = Json::parse(write(most + 2).as_bytes()).unwrap_err();
        assert!(reason.contains(bound), "{reason}");
    }
}

#[test]
fn a_reason_says_where_and_repeats_nothing() {
    for (text, place) in [
        ("{\"a\": secret}", "line 1, column 7"),
        ("{\n \"secret\": 1,\n}", "line 3, column 1"),
        ("{\"secret\": 1, \"secret\": 2}", "two members"),
        ("[\"secret\\x\"]", "line 1, column 9"),
        ("[1] secret", "line 1, column 5"),
        ("{\"secret", "line 1, column 2"),
    ] {
        let reason = Json::parse(text.as_bytes()).unwrap_err();

        assert!(reason.contains(place), "{text:?}: {reason}");
        assert!(!reason.contains("secret"), "{text:?}: {reason}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn a_value_written_in_two_ways_is_equal(value in value(), seed in any::<u64>()) {
        let plain = value.to_string();
        let other = rewritten(&value, &mut seed.clone());

        prop_assert_eq!(canonical(&plain), canonical(&other), "{} {}", plain, other);
    }

    #[test]
    fn two_values_are_equal_only_if_they_are(a in value(), b in value()) {
        prop_assert_eq!(canonical(&a.to_string()) == canonical(&b.to_string()), a == b);
    }

    #[test]
    fn two_numbers_are_equal_only_if_their_exact_values_are(((a, exact_a), (b, exact_b)) in two_numbers()) {
        prop_assert_eq!(canonical(&a) == canonical(&b), exact_a == exact_b, "{} {}", a, b);
    }

    #[test]
    fn a_decimal_point_may_move_with_its_exponent(digits in "[1-9][0-9]{0,30}", at in 0..30_usize, by in -50..50_i32) {
        let at = at.min(digits.len() - 1) + 1;
        let (whole, fraction) = digits.split_at(at);
        let fraction = if fraction.is_empty() { "0" } else { fraction };
        let shifted = format!("{whole}.{fraction}e{}", by + i32::try_from(digits.len() - at).unwrap());

        prop_assert_eq!(canonical(&format!("{digits}e{by}")), canonical(&shifted));
    }

    #[test]
    fn a_number_with_another_digit_is_another(digits in "[1-9][0-9]{1,40}", at in any::<prop::sample::Index>()) {
        let mut changed = digits.clone().into_bytes();
        let digit = &mut changed[at.index(digits.len())];
        *digit = if *digit == b'9' { b'8' } else { *digit + 1 };

        prop_assert_ne!(canonical(&digits), Json::parse(&changed).unwrap().canonical());
    }

    #[test]
    fn no_bytes_panic_and_what_is_read_serde_reads_too(bytes in collection::vec(any::<u8>(), 0..64)) {
        if Json::parse(&bytes).is_ok() {
            prop_assert!(serde_json::from_slice::<Value>(&bytes).is_ok());
        }
    }

    #[test]
    fn what_looks_like_json_is_read_as_serde_does(text in "[\\[\\]{}:, \"a\\\\u0-9.eE+-]{0,24}") {
        // Repeated members, deep nesting and huge exponents are refused on purpose; they cannot be this
        // short, except the first.
        let ours = Json::parse(text.as_bytes());
        let theirs = serde_json::from_slice::<Box<serde_json::value::RawValue>>(text.as_bytes());
        let repeated = ours.as_ref().is_err_and(|reason| reason.contains("two members"));
        prop_assert!(repeated || ours.is_ok() == theirs.is_ok(), "{:?} {:?}", ours, theirs);
    }
}

fn canonical(text: &str) -> Vec<u8> {
    Json::parse(text.as_bytes())
        .unwrap_or_else(|reason| panic!("{text}: {reason}"))
        .canonical()
}

/// Two numbers of any kind, or of so few kinds that they are often equal, or nearly.
fn two_numbers() -> impl Strategy<Value = ((String, String), (String, String))> {
    let any = || number("-?", "0|[1-9][0-9]{0,10}", "[0-9]{0,10}", 50);
    let few = || number("-?", "0|10?", "0?1?", 2);
    prop_oneof![(any(), any()), (few(), few()), (few(), few())]
}

/// A number as text, and 10^60 times its value, which is a whole number, in plain digits.
fn number(
    sign: &'static str,
    whole: &'static str,
    fraction: &'static str,
    most: i32,
) -> impl Strategy<Value = (String, String)> {
    let parts = (sign, whole, fraction, "e|e-|E\\+|E-", 0..=most);
    parts.prop_map(|(sign, whole, fraction, e, power)| {
        let point = if fraction.is_empty() { "" } else { "." };
        let text = format!("{sign}{whole}{point}{fraction}{e}{power}");
        let power = if e.ends_with('-') { -power } else { power };
        let zeros = 60 + power - i32::try_from(fraction.len()).unwrap();
        let scaled = format!("{whole}{fraction}{}", "0".repeat(zeros.try_into().unwrap()));
        let exact = match scaled.trim_start_matches('0') {
            "" => "0".to_owned(),
            digits => format!("{sign}{digits}"),
        };
        (text, exact)
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..3_i64).prop_map(Value::from),
        (-9..9_i32).prop_map(|whole| Value::from(f64::from(whole) + 0.25)),
        "[a-c\u{e9}\u{1f600}\"\\\\\n]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            collection::btree_map("[a-c]{0,2}", inner, 0..4)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// The same value with other white space, member order, escapes and number forms.
fn rewritten(value: &Value, seed: &mut u64) -> String {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    let space = ["", " ", "\n\t"][usize::try_from(*seed >> 62).unwrap() % 3];
    let text = match value {
        Value::Null | Value::Bool(_) => value.to_string(),
        Value::Number(number) => match *seed >> 60 & 3 {
            0 if number.is_f64() => format!("{number}00"),
            0 => format!("{number}.000"),
            1 if number.is_i64() && number.as_i64() != Some(0) => format!("{number}0e-1"),
            2 => format!("{number}e+0"),
            _ => number.to_string(),
        },
        Value::String(text) => {
            let units: Vec<_> = text
                .encode_utf16()
                .map(|unit| format!("\\u{unit:04x}"))
                .collect();
            format!("\"{}\"", units.concat())
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| rewritten(item, seed)).collect();
            format!("[{space}{}]", items.join(","))
        }
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .rev()
                .map(|(name, value)| {
                    let name = rewritten(&Value::from(name.as_str()), seed);
                    format!("{name}:{}", rewritten(value, seed))
                })
                .collect();
            format!("{{{}{space}}}", members.join(","))
        }
    };
    format!("{space}{text}{space}")
}
