//! What the description of the API shows of an entry of the table: its types, as JSON Schemas.

use schemars::{JsonSchema, Schema, SchemaGenerator};

/// Names a type's schema, and adds it to those that the generator collects.
pub type SchemaFn = fn(&mut SchemaGenerator) -> Schema;

/// The types of one entry.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// `Operation::NAME` or `Readable::NAME`
    pub name: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What it takes: the payload of an operation, the query of a reading.
    pub input: SchemaFn,
    /// What a success is answered with.
    pub output: SchemaFn,
    /// `Operation::LOCATION`
    pub location: Option<&'static str>,
}

/// A schema that goes by its type's name.
pub fn named<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
