//! Whatever is stored in a record's place, reading it gives that record or says clearly that there is none. It never
//! gives another one: with other times or another id, an operation could happen a second time without a word.

use proptest::{collection, prelude::*};

use super::{DecodeError, FORMAT_VERSION, decode, encode, encoding::FORMAT_VERSION_UNREPEATED};
use crate::fuzz::{any_record, fuzz, mutated};

#[test]
fn a_stored_record_that_was_changed_is_itself_or_none() {
    let inputs = any_record().prop_flat_map(|record| {
        let stored = encode(&record).unwrap();
        (Just(record), mutated(Just(stored)))
    });
    fuzz("stored record, changed", &inputs, |(record, stored)| {
        match decode(&stored) {
            Ok(read) => prop_assert_eq!(&read, &record),
            Err(error) => return clear(&error),
        }
        Ok(true)
    });
}

#[test]
fn bytes_of_any_kind_are_no_record() {
    let head =
        "\\{(\"version\":[0-9]{1,3},?)?(\"digest\":\"[0-9a-f]{0,64}\",?)?(\"record\":\\{\\},?)?\\}";
    let near = (head, "[\n]{0,2}", any::<String>())
        .prop_map(|(head, end, body)| (head + &end + &body).into_bytes());
    let record = any_record().prop_map(|record| encode(&record).unwrap());
    let inputs = prop_oneof![
        8 => collection::vec(any::<u8>(), 0..256),
        8 => near,
        1 => record,
    ];
    fuzz("stored record, any bytes", &inputs, |bytes| {
        match decode(&bytes) {
            Ok(read) => prop_assert_eq!(encode(&read).unwrap(), bytes),
            Err(error) => return clear(&error),
        }
        Ok(true)
    });
}

#[test]
fn a_record_of_another_version_is_named_as_such() {
    let inputs = (any_record(), prop_oneof![0..5_u32, any::<u32>()]);
    fuzz(
        "stored record, any version",
        &inputs,
        |(record, version)| {
            let stored = encode(&record).unwrap();
            let own = if stored.starts_with(b"{\"version\":2") {
                2
            } else {
                3
            };
            let rest = &stored[b"{\"version\":2".len()..];
            let stored = [format!("{{\"version\":{version}").as_bytes(), rest].concat();
            match decode(&stored) {
                Err(DecodeError::OtherVersion(named)) => {
                    prop_assert!(
                        named == version && !(1..=FORMAT_VERSION_UNREPEATED).contains(&version)
                    );
                }
                // The version before had no digest.
                Err(error) => prop_assert!(version == 1, "{error}"),
                Ok(read) => {
                    prop_assert!((FORMAT_VERSION..=FORMAT_VERSION_UNREPEATED).contains(&version));
                    prop_assert_eq!(read, record);
                }
            }
            Ok(version == own)
        },
    );
}

/// Not taken, and for a reason that a person can read.
fn clear(error: &DecodeError) -> crate::fuzz::Shown {
    prop_assert!(error.to_string().starts_with("the stored record"));
    Ok(false)
}
