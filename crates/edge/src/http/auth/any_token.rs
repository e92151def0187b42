//! Whatever stands in `Authorization`, it is a token or none, and no two texts are one JSON Web Token.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use idempotency_core::{
    fuzz::{fuzz, mutated, mutated_text},
    lifecycle::UnixMillis,
};
use proptest::{collection, option, prelude::*, sample::select};
use serde_json::{Value, json};

use super::{bearer::bearer, jwks::Jwk, jwt::Jwt};

#[test]
fn what_is_taken_as_a_bearer_token_is_all_there_is_behind_the_scheme() {
    let right = "(Bearer|bearer|BEARER) {1,2}[A-Za-z0-9._~+/-]{1,8}={0,2} ?";
    let near = "(Bearer|Basic)[ \u{a0}]{0,2}[A-Za-z0-9._~+/=-]{0,8}[ \u{a0}\t]?";
    fuzz("bearer", &mutated_text(prop_oneof![right, near]), |field| {
        let Ok(Some(token)) = bearer(Some(&field)) else {
            return Ok(false);
        };
        let scheme = field.split(' ').next().unwrap();
        let around = field.strip_prefix(scheme).unwrap().replacen(token, "", 1);
        prop_assert!(scheme.eq_ignore_ascii_case("bearer"));
        prop_assert!(around.trim_matches(' ').is_empty(), "{field:?}");
        Ok(true)
    });
}

/// The parts of a token, of which most are right.
fn parts() -> impl Strategy<Value = (Value, Value, Vec<u8>)> {
    let algorithms = vec![
        json!("RS256"),
        json!("ES256"),
        json!("EdDSA"),
        json!("Ed25519"),
        json!("none"),
        json!("None"),
        json!("HS256"),
        json!("RS512"),
        json!("rs256"),
        json!(""),
        json!(null),
        json!(["RS256"]),
        json!(256),
    ];
    let header = (
        select(algorithms),
        option::of("[a-z]{0,4}"),
        option::weighted(0.2, json_value()),
    )
        .prop_map(|(alg, kid, crit)| {
            let mut header = json!({"alg": alg, "typ": "JWT", "kid": kid});
            if let Some(crit) = crit {
                header["crit"] = crit;
            }
            header
        });
    let right = || {
        select(vec![
            json!("us"),
            json!("us"),
            json!(["them", "us"]),
            json!("them"),
            json!([]),
        ])
    };
    let claims = (right(), right(), json_value(), 0..200_u64, option::of(0..200_u64))
        .prop_map(|(iss, aud, sub, exp, nbf)| json!({"iss": iss, "aud": aud, "sub": sub, "exp": exp, "nbf": nbf}));
    (header, claims, collection::vec(any::<u8>(), 0..64))
}

fn json_value() -> impl Strategy<Value = Value> {
    select(vec![
        json!("ann"),
        json!(""),
        json!(null),
        json!([]),
        json!(["b64"]),
        json!(1.5),
        json!({"a": 1}),
    ])
}

fn compact((header, claims, signature): &(Value, Value, Vec<u8>)) -> String {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (header, claims) = (header.to_string(), claims.to_string());
    format!(
        "{}.{}.{}",
        encode(header.as_bytes()),
        encode(claims.as_bytes()),
        encode(signature)
    )
}

#[test]
fn a_token_is_taken_by_its_header_alone_and_only_with_an_algorithm_that_is() {
    fuzz("JWT header", &parts(), |parts| {
        let token = compact(&parts);
        let parsed = Jwt::parse(&token).is_some();
        let known = ["RS256", "ES256", "EdDSA", "Ed25519"];
        let by_hand = parts.0["alg"]
            .as_str()
            .is_some_and(|alg| known.contains(&alg))
            && parts.0.get("crit").is_none();
        prop_assert_eq!(parsed, by_hand, "{}", parts.0);
        Ok(parsed)
    });
}

#[test]
fn a_token_that_was_changed_is_none_or_has_another_text_to_sign_or_another_signature() {
    let inputs = parts().prop_flat_map(|parts| {
        let token = compact(&parts);
        (Just(token.clone()), mutated_text(Just(token)))
    });
    fuzz("JWT, changed", &inputs, |(original, changed)| {
        let Some(jwt) = Jwt::parse(&changed) else {
            return Ok(false);
        };
        let written = format!("{}.{}", jwt.signed, URL_SAFE_NO_PAD.encode(&jwt.signature));
        prop_assert_eq!(&written, &changed);
        if let (Some(before), true) = (Jwt::parse(&original), original != changed) {
            prop_assert!(before.signed != jwt.signed || before.signature != jwt.signature);
        }
        Ok(true)
    });
}

#[test]
fn a_subject_is_found_only_in_claims_that_are_for_us_and_now() {
    fuzz(
        "JWT claims",
        &(parts(), 0..200_u64, 0..200_u64),
        |((_, claims, signature), now_s, later_s)| {
            let token = compact(&(json!({"alg": "ES256"}), claims.clone(), signature));
            let jwt = Jwt::parse(&token).unwrap();
            let at = |now_s| jwt.subject("us", "us", UnixMillis(now_s * 1000)).ok();
            let for_us = claims["iss"] == "us"
                && (claims["aud"] == "us"
                    || claims["aud"]
                        .as_array()
                        .is_some_and(|all| all.contains(&json!("us"))));
            let in_time = now_s < claims["exp"].as_u64().unwrap() + 30
                && now_s + 30 >= claims["nbf"].as_u64().unwrap_or(0);
            let expected = (for_us && in_time && claims["sub"] == "ann").then(|| "ann".to_owned());
            let subject = at(now_s);
            // What is remembered of it says the same at another time as the token does.
            if let Some((_, lifetime)) = &subject {
                let remembered = lifetime.check(UnixMillis(later_s * 1000));
                prop_assert_eq!(remembered.is_ok(), at(later_s).is_some());
            }
            prop_assert_eq!(subject.map(|(subject, _)| subject), expected);
            Ok(for_us && in_time)
        },
    );
}

#[test]
fn keys_of_a_set_have_an_algorithm_and_are_for_signatures() {
    let right = vec![
        json!({"kty": "RSA", "n": "A".repeat(342), "e": "AQAB"}),
        json!({"kty": "EC", "crv": "P-256", "x": "A", "y": "A"}),
        json!({"kty": "OKP", "crv": "Ed25519", "x": "A", "d": "A"}),
    ];
    let change = select(vec![
        ("kty", json!("oct")),
        ("kty", json!(7)),
        ("crv", json!("P-521")),
        ("crv", json!(null)),
        ("n", json!("AQAB")),
        ("n", json!("!")),
        ("use", json!("enc")),
        ("use", json!("sig")),
        ("alg", json!("HS256")),
        ("kid", json!("a")),
    ]);
    let key = (select(right), option::of(change)).prop_map(|(mut key, change)| {
        if let Some((name, value)) = change {
            key[name] = value;
        }
        key
    });
    let set = collection::vec(key, 0..3)
        .prop_map(|keys| json!({ "keys": keys }).to_string().into_bytes());
    fuzz("set of keys", &mutated(set), |bytes| {
        let keys = Jwk::parse_set(&bytes).unwrap_or_default();
        for key in &keys {
            let written = serde_json::to_value(key).unwrap();
            prop_assert!(key.algorithm().is_some());
            prop_assert!(written["kty"] != "oct" && written.get("d").is_none());
        }
        Ok(!keys.is_empty())
    });
}
