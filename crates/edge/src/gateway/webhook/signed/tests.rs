//! Signatures of the senders' own examples are right, and nothing else is.

use idempotency_core::{
    Request,
    digest::{hex, sha256},
    lifecycle::UnixMillis,
};

use super::{
    examples::{adyen, examples, github, slack, standard, stripe, svix},
    proof,
};
use crate::gateway::webhook::{preset::Preset, scheme::GITLAB};

#[test]
fn each_senders_own_example_is_right() {
    for example in examples() {
        let verified = example.verify(&example.request(), example.now_s);
        assert_eq!(verified, Ok(true), "{:?}", example.preset);
    }
}

#[test]
fn another_body_secret_or_signature_is_wrong() {
    for example in examples() {
        let preset = example.preset;
        let mut tampered = example.request();
        let text = String::from_utf8(tampered.body).unwrap();
        let digit = text.rfind("1000").or(text.rfind("113")).unwrap_or(0);
        let other = if text.as_bytes()[digit] == b'9' {
            "8"
        } else {
            "9"
        };
        tampered.body = [&text[..digit], other, &text[digit + 1..]]
            .concat()
            .into_bytes();
        assert_ne!(
            example.verify(&tampered, example.now_s),
            Ok(true),
            "{preset:?}"
        );

        let mut forged = example.request();
        for (_, value) in &mut forged.fields {
            *value = value
                .replace("=2", "=3")
                .replace("=7", "=8")
                .replace("=a", "=b")
                .replace("g0h", "h0h");
        }
        let body = String::from_utf8(forged.body).unwrap();
        forged.body = body
            .replace(r#"Signature":"x"#, r#"Signature":"y"#)
            .replace(r#":"coq"#, r#":"doq"#)
            .into_bytes();
        assert_eq!(
            example.verify(&forged, example.now_s),
            Ok(false),
            "{preset:?}"
        );
    }
}

#[test]
fn a_signature_of_another_time_is_refused() {
    for example in [stripe(), slack(), standard(), svix()] {
        let request = example.request();
        let signed_s = example.now_s / 1000 * 1000;
        for now_s in [signed_s - 2000, signed_s + 2000] {
            let refused = example.verify(&request, now_s).unwrap_err();
            assert!(refused.contains("more than 300 seconds"), "{refused}");
        }
    }
    let at = |now_s| standard().verify(&standard().request(), now_s).is_ok();
    assert_eq!(
        [299, 300, 301].map(|s| at(1_614_265_330 + s)),
        [true, true, false]
    );
    assert_eq!([300, 301].map(|s| at(1_614_265_330 - s)), [true, false]);
}

#[test]
fn what_is_missing_is_named_and_not_what_would_be_right() {
    for example in examples() {
        let mut request = example.request();
        request.fields.clear();
        request.body = br#"{"notificationItems":[]}"#.to_vec();
        let refused = example.verify(&request, example.now_s).unwrap_err();
        assert!(
            refused.contains("is missing") || refused.contains("hmacSignature"),
            "{refused}"
        );
    }
    let mut odd = stripe();
    odd.fields = vec![("Stripe-Signature", "t=1533204620,v1=short,v0=x")];
    let refused = odd.verify(&odd.request(), odd.now_s).unwrap_err();
    assert_eq!(
        refused,
        "Stripe-Signature has no signature of a known form."
    );
}

#[test]
fn an_adyen_notification_has_one_item_and_each_member_once() {
    let example = adyen();
    let text = String::from_utf8(example.body.to_vec()).unwrap();
    let twice = text.replacen(r#""success""#, r#""eventCode":"CAPTURE","success""#, 1);
    let two = text.replacen("}]}", r#"},{"NotificationRequestItem":{}}]}"#, 1);
    for body in [twice, two] {
        let request = Request {
            body: body.into_bytes(),
            ..Request::default()
        };
        assert!(example.verify(&request, 0).is_err());
    }
}

#[test]
fn twilios_parameters_are_sorted_and_each_pair_counts_once() {
    // github.com/twilio/twilio-python: test_request_validator.py, of which tests/worker/webhook-senders.test.ts has the codes.
    let form = "SidAccount=AC123&Digits=5678&Digits=1234&Sid=CA123&Digits=1234";
    let request = |content_type: &str, query: &str| Request {
        fields: vec![
            ("content-type".to_owned(), content_type.to_owned()),
            (
                "x-twilio-signature".to_owned(),
                "IK+Dwps556ElfBT0I3Rgjkr1wJU=".to_owned(),
            ),
        ],
        query: query.to_owned(),
        body: form.as_bytes().to_vec(),
        ..github().request()
    };
    let heads = |request: &Request| -> Vec<String> {
        let scheme = Preset::Twilio.sender().scheme.unwrap();
        let heads = proof(&scheme, request, None, UnixMillis(0)).map(|proof| {
            assert!(proof.body.is_empty());
            proof.heads
        });
        let heads = heads.unwrap_or_default().into_iter();
        heads.map(|head| String::from_utf8(head).unwrap()).collect()
    };

    let rest = "/myapp.php?foo=1&bar=2Digits1234Digits5678SidCA123SidAccountAC123";
    let signed = heads(&request(
        "application/x-www-form-urlencoded; charset=UTF-8",
        "foo=1&bar=2",
    ));
    assert_eq!(
        signed,
        [
            format!("https://mycompany.com{rest}"),
            format!("https://mycompany.com:443{rest}")
        ]
    );
    let digest = hex(&sha256(form.as_bytes()));
    let right = request("application/json", &format!("bodySHA256={digest}"));
    assert_eq!(
        heads(&right)[0],
        format!("https://mycompany.com/myapp.php?bodySHA256={digest}")
    );
    for query in [
        "foo=1",
        "bodySHA256=",
        &format!("bodySHA256={}", digest.replace('a', "b")),
    ] {
        assert!(
            heads(&request("application/json", query)).is_empty(),
            "{query}"
        );
    }
}

#[test]
fn a_token_of_gitlab_may_have_any_character() {
    let request = Request {
        fields: vec![("x-gitlab-token".to_owned(), "a,b c".to_owned())],
        ..Request::default()
    };

    let proof = proof(&GITLAB, &request, None, UnixMillis(0)).unwrap();

    assert!(proof.has(b"a,b c"));
    assert!(!proof.has(b"a"));
}
