//! The description as a whole.

use serde_json::{Map, Value, json};

use super::{
    entry::{Entry, entries},
    fields,
    operation::operation,
    parameters, problems,
    refusals::Refusals,
    schemas::Schemas,
    servers::servers,
};

use crate::{Service, operation::Operations};

/// What a reader has to know before the first request.
const INTRODUCTION: &str = include_str!("introduction.md");

/// The whole description.
#[must_use]
pub fn document(service: &Service) -> Value {
    let operations = service.operations();
    let entries: Vec<_> = entries(operations).collect();
    let mut schemas = Schemas::new(operations);
    let mut refusals = Refusals::default();
    let paths = paths(&entries, operations, &mut schemas, &mut refusals);
    let schemas = schemas.components();
    let responses = refusals.components();
    let headers = fields::components(&json!([paths, responses]), operations);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": operations.name,
            "version": operations.version,
            "summary": "Idempotency keys for HTTP APIs, at the edge.",
            "description": INTRODUCTION,
            "license": {"name": "Apache License 2.0", "identifier": env!("CARGO_PKG_LICENSE")},
        },
        "servers": servers(),
        "security": [{"bearer": []}],
        "tags": [
            {"name": "Operations", "description": "What takes effect once, and what it made"},
            {"name": "Keys", "description": "How to use a key, and what became of it"},
            {"name": "Operators", "description": "What those see who watch"},
            {"name": "Service", "description": "What the service says of itself"},
        ],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": responses,
            "parameters": parameters::components(),
            "headers": headers,
            "examples": problems::components(entries.iter()),
            "securitySchemes": {"bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "A bearer token names the caller (RFC 6750). Two callers cannot see, block or learn of \
                                each other's keys and of what was made with them.",
            }},
        },
    })
}

fn paths(
    entries: &[Entry],
    operations: &Operations,
    schemas: &mut Schemas,
    refusals: &mut Refusals,
) -> Map<String, Value> {
    let mut paths = Map::new();
    for entry in entries {
        let operation = operation(entry, entries, operations, schemas, refusals);
        let path = paths.entry(entry.path).or_insert_with(|| json!({}));
        if let Some(methods) = path.as_object_mut() {
            methods.insert(entry.method.to_lowercase(), operation);
        }
    }
    paths
}
