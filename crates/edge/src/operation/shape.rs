//! What the description of the API shows of a route: its types, as JSON Schemas.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::Listing;

/// Names a type's schema, and adds it to those that the generator collects.
pub type SchemaFn = fn(&mut SchemaGenerator) -> Schema;

/// The types of one route.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What it takes: the body of an operation's request, the query of a reading.
    pub input: SchemaFn,
    /// What a success is answered with.
    pub output: SchemaFn,
    /// `JsonOperation::LOCATION`
    pub location: Option<&'static str>,
    /// `JsonOperation::LISTING`
    pub listing: Option<Listing>,
}

impl Shape {
    /// That of an operation whose request and answer may be anything.
    #[must_use]
    pub const fn untyped() -> Self {
        Self {
            summary: "An operation",
            input: |_| Schema::default(),
            output: |_| Schema::default(),
            location: None,
            listing: None,
        }
    }
}

/// A schema that goes by its type's name.
pub fn named<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
