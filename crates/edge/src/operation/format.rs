//! What the schemas say of texts: their formats, and examples of them.

use idempotency_core::digest::digest;
use schemars::{Schema, SchemaGenerator, json_schema};
use uuid::Builder;

/// A moment, in RFC 3339 and UTC.
#[must_use]
pub fn moment(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": "date-time",
        "pattern": "^.*Z$",
        "examples": ["2026-01-31T12:00:00.000Z"],
    })
}

/// A UUID of version 4, as the service writes it.
#[must_use]
pub fn uuid_v4(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": "uuid",
        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
    })
}

/// The idempotency key in the examples of this operation: no two operations have one in common, so that all examples
/// can be run against one server.
#[must_use]
pub fn example_key(operation: &str) -> String {
    let digest = digest(&[operation.as_bytes()]);
    let bytes = digest.first_chunk().copied().unwrap_or_default();
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}
