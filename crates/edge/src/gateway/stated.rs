//! What a policy states itself, or what holds otherwise.

use std::{borrow::Cow, ops::Deref};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

/// A value, and whether the policy states it: a preset fills in what it does not.
#[derive(Clone, Debug)]
pub struct Stated<T> {
    value: T,
    by_policy: bool,
}

impl<T> Stated<T> {
    /// What holds unless the policy states something else.
    pub const fn otherwise(value: T) -> Self {
        Self {
            value,
            by_policy: false,
        }
    }

    /// Whether the policy states it.
    pub const fn is_by_policy(&self) -> bool {
        self.by_policy
    }

    /// Takes `value`, unless the policy states another.
    pub fn fill_in(&mut self, value: T) {
        if !self.by_policy {
            self.value = value;
        }
    }
}

impl<T> Deref for Stated<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Stated<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(|value| Self {
            value,
            by_policy: true,
        })
    }
}

/// For the defaults in the JSON Schema.
#[cfg(not(target_arch = "wasm32"))]
impl<T: serde::Serialize> serde::Serialize for Stated<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

/// That of the value.
impl<T: JsonSchema> JsonSchema for Stated<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
