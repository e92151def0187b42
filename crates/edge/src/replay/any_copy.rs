//! Whatever KV holds in the place of a copy, it is that copy or none.

use idempotency_core::{
    CompositeKey, IdempotencyKey, Scope,
    fuzz::{any_record, fuzz, mutated},
};
use proptest::{collection, prelude::*};

use super::kv::{open, sealed};

const SECRET: [u8; 32] = [7; 32];

#[test]
fn a_copy_that_was_changed_is_itself_or_none() {
    let inputs = any_record().prop_flat_map(|record| {
        let copy = sealed(&SECRET, &key("ours"), &record).unwrap();
        (Just(record), mutated(Just(copy)))
    });
    fuzz("copy, changed", &inputs, |(record, copy)| {
        prop_assert!(open(&SECRET, &key("theirs"), &copy).is_err());
        match open(&SECRET, &key("ours"), &copy) {
            Ok(opened) => prop_assert_eq!(opened, record),
            Err(_) => return Ok(false),
        }
        Ok(true)
    });
}

#[test]
fn bytes_of_any_kind_are_no_copy() {
    let near = ("\"[0-9a-f]{64}\"", "[\n]{0,2}", any::<String>())
        .prop_map(|(head, end, rest)| (head + &end + &rest).into_bytes());
    let copy = any_record().prop_map(|record| sealed(&SECRET, &key("ours"), &record).unwrap());
    let inputs = prop_oneof![
        4 => collection::vec(any::<u8>(), 0..256),
        4 => near,
        1 => copy,
    ];
    fuzz("copy, any bytes", &inputs, |bytes| {
        let Ok(record) = open(&SECRET, &key("ours"), &bytes) else {
            return Ok(false);
        };
        prop_assert_eq!(sealed(&SECRET, &key("ours"), &record).unwrap(), bytes);
        Ok(true)
    });
}

fn key(caller: &str) -> CompositeKey {
    let key = IdempotencyKey::parse(
        "00000000-0000-4000-8000-000000000000",
        idempotency_core::KeyForm::Uuid4,
    )
    .unwrap();
    CompositeKey::new(&Scope::of_token(caller), &key)
}
