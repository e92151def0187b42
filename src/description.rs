//! The description that the Worker serves is the one that the code gives.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

use std::{env, fs, path::Path};

use idempotency_edge::{description::document, gateway};
use serde_json::Value;

use crate::service;

#[test]
fn the_description_is_up_to_date() {
    is_up_to_date("assets/openapi.json", &document(&service().unwrap()));
}

#[test]
fn the_schema_of_policies_is_up_to_date() {
    is_up_to_date("packages/worker/gateway.schema.json", &gateway::schema());
}

#[test]
fn every_field_of_a_policy_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(root.join("docs").join(name)).unwrap();
    let text = read("gateway.md") + &read("webhooks.md");
    let marked: Vec<_> = text.split('`').skip(1).step_by(2).collect();

    let names = fields(&gateway::schema());

    assert!(names.len() > 25);
    for name in names {
        let is_name = |char: char| char == '_' || char == '$' || char.is_ascii_alphanumeric();
        let mut words = marked
            .iter()
            .flat_map(|code| code.split(|char| !is_name(char)));
        assert!(
            words.any(|word| word == name),
            "docs/gateway.md says nothing of {name}"
        );
    }
}

/// The names of all members that a schema has properties for.
fn fields(part: &Value) -> Vec<String> {
    match part {
        Value::Object(members) => {
            let properties = members.get("properties").and_then(Value::as_object);
            let own = properties
                .into_iter()
                .flat_map(|named| named.keys().cloned());
            own.chain(members.values().flat_map(fields)).collect()
        }
        Value::Array(items) => items.iter().flat_map(fields).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn is_up_to_date(name: &str, content: &Value) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let described = format!("{content:#}\n");
    if env::var_os("DESCRIBE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &described).unwrap();
    }

    let written = fs::read_to_string(&file).unwrap_or_default();

    assert!(
        written == described,
        "run `npm run describe` to write {name} anew"
    );
}

#[test]
fn a_pattern_says_what_the_whole_text_is() {
    // Some generators of clients look for a pattern at the start of a text, others anywhere.
    let patterns = patterns(&document(&service().unwrap()));

    assert!(!patterns.is_empty());
    for pattern in patterns {
        let whole = pattern.starts_with('^') && pattern.ends_with('$');
        assert!(whole, "{pattern} has no start or no end");
    }
}

fn patterns(part: &Value) -> Vec<String> {
    match part {
        Value::Object(members) => {
            let own = members.get("pattern").and_then(Value::as_str);
            let inside = members.values().flat_map(patterns);
            own.map(str::to_owned).into_iter().chain(inside).collect()
        }
        Value::Array(items) => items.iter().flat_map(patterns).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}
