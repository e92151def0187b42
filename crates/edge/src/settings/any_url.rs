//! Whatever is configured as the address of the issuer's keys, what is taken is a public name over https: another
//! reader of URLs agrees that it is no address and nobody's user.

use idempotency_core::fuzz::{fuzz, mutated_text};
use proptest::{option, prelude::*, sample::select};
use worker::Url;

use super::urls::is_public;

/// An IPv4 address in one of the notations that some reader of URLs takes.
fn address() -> impl Strategy<Value = String> {
    let private = select(vec![
        [127, 0, 0, 1],
        [10, 0, 0, 1],
        [169, 254, 169, 254],
        [192, 168, 0, 1],
        [0, 0, 0, 0],
    ]);
    (private, 0..8_u8).prop_map(|(parts, form)| {
        let [a, b, c, d] = parts;
        let whole = u32::from_be_bytes(parts);
        match form {
            0 => format!("{a}.{b}.{c}.{d}"),
            1 => whole.to_string(),
            2 => format!("0x{whole:x}"),
            3 => format!("0{whole:o}"),
            4 => format!("0x{a:x}.{b}.0{c:o}.{d}"),
            5 => format!("{a}.{}", whole & 0x00ff_ffff),
            6 => format!("[::ffff:{a}.{b}.{c}.{d}]"),
            _ => format!("{a}.{b}.{c}.{d}."),
        }
    })
}

#[test]
fn the_address_of_the_keys_is_a_public_name_for_another_reader_too() {
    let host = prop_oneof![
        2 => address(),
        8 => "[a-z]{1,8}\\.(example|com|de)",
        2 => "[a-z0-9-]{1,8}(\\.[a-zA-Z0-9-]{1,8}){0,3}",
        1 => "[a-z]{1,6}\\.(local|localhost|internal|lan|home|arpa|xn--p1ai)\\.?",
        1 => "[a-z\u{ff10}-\u{ff19}\u{3002}%.]{1,12}",
    ];
    let inputs = (
        select(vec![
            "https://",
            "https://",
            "https://",
            "http://",
            "https:",
            "https:\\\\",
        ]),
        option::weighted(0.2, "[a-z.:]{0,6}@"),
        host,
        "((:[0-9]{0,5})?|)",
        select(vec![
            "",
            "/keys",
            "?a=@10.0.0.1",
            "#@10.0.0.1",
            "\\@10.0.0.1",
            "@10.0.0.1/",
        ]),
    )
        .prop_map(|(scheme, user, host, port, rest)| {
            format!("{scheme}{}{host}{port}{rest}", user.unwrap_or_default())
        });
    fuzz("address of the keys", &mutated_text(inputs), |text| {
        if !is_public(&text) {
            return Ok(false);
        }
        // What no reader takes is never fetched.
        if let Ok(url) = Url::parse(&text) {
            let name = url.domain().unwrap_or_default();
            prop_assert_eq!(url.scheme(), "https");
            prop_assert!(
                name.contains('.') && !name.ends_with('.'),
                "{} is {:?}",
                text,
                url.host_str()
            );
            prop_assert!(!name.ends_with(".localhost") && !name.ends_with(".internal"));
            prop_assert!(url.username().is_empty() && url.password().is_none());
        }
        Ok(true)
    });
}
