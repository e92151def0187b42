//! The members that a type reads, and a payload of nothing else: what is unknown may be most of it.

use std::collections::BTreeMap;

use serde::{
    Deserializer,
    de::{DeserializeOwned, Error as _, Visitor, value::Error},
    forward_to_deserialize_any,
};
use serde_json::value::RawValue;

/// The names of members.
pub type Names = &'static [&'static str];

/// The members of `I`, if serde names them: of a struct with flattened members it does not.
pub fn members<I: DeserializeOwned>() -> Option<Names> {
    let mut names = None;
    // It reads nothing, and fails.
    drop(I::deserialize(Asking(&mut names)));
    names
}

/// `payload` without the members that `names` has not.
pub fn known_alone(payload: &[u8], names: Names) -> Option<Vec<u8>> {
    let mut members: BTreeMap<String, &RawValue> = serde_json::from_slice(payload).ok()?;
    members.retain(|name, _| names.contains(&name.as_str()));
    serde_json::to_vec(&members).ok()
}

/// A deserializer that has nothing, and notes what it is asked for.
struct Asking<'a>(&'a mut Option<Names>);

impl<'de> Deserializer<'de> for Asking<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("nothing"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: Names,
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = Some(fields);
        Err(Error::custom("nothing"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
