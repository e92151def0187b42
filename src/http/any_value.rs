//! Whatever a header field or a path says, its parser answers; none panics, and each keeps its bounds.

use proptest::prelude::*;

use super::{
    auth::{Jwt, bearer},
    content::is_json,
    exchange::{is_correlation_id, split},
    key::key,
    prefer::wait_s,
    route::route,
};
use crate::coordinator::parse_faults;

/// Text of any kind, and text that is nearly right.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\"a-f0-9,;= \\\\-]{0,48}",
        "\"?[0-9a-fA-F]{8}-[0-9a-f]{4}-[0-9]?[0-9a-f]{3}-[89ab]?[0-9a-f]{3}-[0-9a-f]{12}\"?(;a=1|, )?",
        "(Bearer|Basic|bearer) {0,2}[A-Za-z0-9._~+/=-]{0,8} ?",
        "(wait|Wait)?[= \"]{0,3}[0-9]{0,24}[;,]?",
        "(delay=[0-9]{0,24}|fail-before|abort-after|panic|overrun|,| ){0,4}",
        "[A-Za-z0-9._:-]{120,136}[\"\n ]?",
        "https?://[a-z:0-9]{0,8}[/?#a-z{}=]{0,16}",
        "/(problems|api/v1/operations/[a-z]{0,12})/[a-z{}/-]{0,12}",
    ]
}

proptest! {
    #[test]
    fn no_value_panics_a_parser(one in value(), other in value()) {
        let _ = (bearer(Some(&one)), Jwt::parse(&one), is_json(&one), split(&one), parse_faults(&one));
        let _ = (route("GET", &one), route(&one, &other), key(Some(&one), Some(&other)));
        prop_assert!(wait_s(Some(&one)) <= 30);
    }

    #[test]
    fn a_correlation_id_that_is_taken_over_is_short_and_forges_no_log_line(value in value()) {
        let plain = |c: char| c.is_ascii_graphic() && !['"', '\\', '{', '}'].contains(&c);
        if is_correlation_id(&value) {
            prop_assert!(!value.is_empty() && value.len() <= 128 && value.chars().all(plain));
        }
    }

    #[test]
    fn a_key_that_is_taken_is_a_uuid_of_version_4_in_lower_case(value in value()) {
        if let Ok((key, _)) = key(Some(&value), None) {
            let text = key.to_string();
            prop_assert_eq!(text.as_bytes()[14], b'4');
            prop_assert!(text.len() == 36 && value.to_lowercase().contains(&text));
        }
    }
}
