//! What the description of the API shows of a route: its types, as JSON Schemas.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::Listing;

/// Names a type's schema, and adds it to those that the generator collects.
pub type SchemaFn = fn(&mut SchemaGenerator) -> Schema;

/// The types of one route.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// `JsonOperation::NAME` or `Readable::NAME`
    pub name: &'static str,
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

/// A schema that goes by its type's name.
pub fn named<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
