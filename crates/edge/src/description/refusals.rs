//! The answers that report a problem, each described once.

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::{
    entry::Entry,
    fields,
    problems::{Occurrence, occurrences},
    schemas::Schemas,
};
use crate::{http::described::ProblemDetails, operation::Operations};

/// Collects what routes have in common, for the components of the description.
#[derive(Default)]
pub struct Refusals {
    responses: Map<String, Value>,
}

impl Refusals {
    /// References to the refusals of `entry`, by status.
    pub fn of(
        &mut self,
        entry: &Entry,
        operations: &Operations,
        schemas: &mut Schemas,
    ) -> Vec<(String, Value)> {
        let mut by_status: BTreeMap<u16, Vec<Occurrence>> = BTreeMap::new();
        for occurrence in occurrences(entry) {
            let status = occurrence.example.status();
            by_status.entry(status).or_default().push(occurrence);
        }
        by_status
            .into_iter()
            .map(|(status, problems)| {
                let name = name(entry, status, &problems);
                let path = format!("#/components/responses/{name}");
                let response = response(entry, status, &problems, operations, schemas);
                self.responses.insert(name, response);
                (status.to_string(), json!({"$ref": path}))
            })
            .collect()
    }

    /// All of them.
    pub fn components(self) -> Map<String, Value> {
        self.responses
    }
}

/// Keyed routes have all their refusals in common; of the others, those with the same problem.
fn name(entry: &Entry, status: u16, problems: &[Occurrence]) -> String {
    if entry.is_keyed() {
        return format!("keyed-{status}");
    }
    let names: Vec<_> = problems.iter().map(|problem| &*problem.name).collect();
    names.join("-or-")
}

/// Nothing but these problems may be the `type`.
fn response(
    entry: &Entry,
    status: u16,
    problems: &[Occurrence],
    operations: &Operations,
    schemas: &mut Schemas,
) -> Value {
    let mut types: Vec<_> = problems
        .iter()
        .map(|problem| format!("/problems/{}", problem.kind.slug()))
        .collect();
    // One type may have several examples.
    types.dedup();
    let examples: Map<_, _> = problems
        .iter()
        .map(|problem| {
            let path = format!("#/components/examples/{}", problem.name);
            (problem.name.clone(), json!({"$ref": path}))
        })
        .collect();
    let mut schema = schemas.of_output(SchemaGenerator::subschema_for::<ProblemDetails>);
    let narrowed = json!({
        "properties": {"type": {"enum": types}, "status": {"const": status}},
        "additionalProperties": true,
    });
    // Validators check this keyword. Generators of clients leave it alone: with `allOf` they would make a class of its
    // own for each answer, which fails on a type that is younger than the client.
    schema.insert("dependentSchemas".to_owned(), json!({"type": narrowed}));
    json!({
        "description": description(problems),
        "headers": headers(entry, problems, operations),
        "content": {"application/problem+json": {"schema": schema, "examples": examples}},
    })
}

fn description(problems: &[Occurrence]) -> String {
    let mut lines: Vec<_> = problems
        .iter()
        .map(|problem| {
            format!(
                "`{}`: {}",
                problem.kind.slug(),
                problem.kind.definition().title
            )
        })
        .collect();
    lines.dedup();
    match lines.as_slice() {
        [line] => line.clone(),
        lines => format!("- {}", lines.join("\n- ")),
    }
}

/// The fields that the service's own functions set for these problems, and those that name the key, if it was read.
fn headers(entry: &Entry, problems: &[Occurrence], operations: &Operations) -> Map<String, Value> {
    let always = problems.iter().flat_map(|problem| problem.example.fields());
    let mut headers = fields::references(always);
    if entry.is_keyed() {
        let optional = problems.iter().flat_map(Occurrence::optional_fields);
        headers.extend(optional.filter_map(|field| fields::optional(field, operations)));
    }
    headers
}
