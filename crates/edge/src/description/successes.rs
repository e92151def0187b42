//! What a route answers where nothing is wrong.

use std::iter;

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::{
    entry::{Entry, What},
    fields,
    schemas::Schemas,
    servers::BASE_URL,
};
use crate::{
    http::{
        Page,
        described::{AnswerField, Example, Health, KeyStatus, View},
    },
    monitor::Alerts,
    operation::{Listing, Operations, SchemaFn, Shape, example_key},
    settings::Settings,
};

/// The successes of an entry, by status.
pub fn successes(
    entry: &Entry,
    all: &[Entry],
    operations: &Operations,
    schemas: &mut Schemas,
) -> Vec<(String, Value)> {
    match &entry.what {
        What::Keyed(_, shape) => {
            vec![("201".to_owned(), created(shape, all, schemas))]
        }
        What::Read(read) => {
            let link = entry
                .query()
                .contains_key("cursor")
                .then_some(AnswerField::Link);
            let shown = shown_with(link, schemas, read.shape.output);
            vec![("200".to_owned(), shown)]
        }
        What::Own(route) => own(route.page, operations, schemas),
    }
}

fn created(shape: &Shape, all: &[Entry], schemas: &mut Schemas) -> Value {
    let location = shape.location.map(|_| AnswerField::Location);
    let names = [
        AnswerField::Key,
        AnswerField::ExpiresAt,
        AnswerField::Replayed,
        AnswerField::TraceId,
        AnswerField::BodyOmitted,
    ];
    json!({
        "description": "It took effect: now, or when the key was first used.",
        "headers": fields::references(names.into_iter().chain(location)),
        "content": json_content(schemas, shape.output),
        "links": links(shape, all),
    })
}

/// From an answer to what can be asked next.
fn links(shape: &Shape, all: &[Entry]) -> Value {
    let look_up = json!({
        "operationId": "look_up_key",
        "description": "What became of the key.",
        "parameters": {"key": "$response.header.X-Idempotency-Key"},
    });
    let read = all
        .iter()
        .find(|entry| Some(entry.path) == shape.location)
        .map(|entry| {
            json!({
                "operationId": entry.name(),
                "description": "What was made.",
                "parameters": {"id": "$response.body#/id"},
            })
        });
    let list = shape.listing.map(|Listing { name, parameter }| {
        json!({
            "operationId": name,
            "description": format!("Those of the same {parameter}."),
            "parameters": {parameter: format!("$response.body#/{parameter}")},
        })
    });
    let links = [("read", read), ("list", list), ("look_up", Some(look_up))];
    let links = links
        .into_iter()
        .filter_map(|(name, link)| Some((name.to_owned(), link?)));
    Value::Object(links.collect())
}

fn own(page: Page, operations: &Operations, schemas: &mut Schemas) -> Vec<(String, Value)> {
    let shown = match page {
        Page::KeyStatus | Page::Resolution => {
            shown(schemas, SchemaGenerator::subschema_for::<KeyStatus>)
        }
        Page::Example => example(operations, schemas),
        Page::Health => shown(schemas, SchemaGenerator::subschema_for::<Health>),
        Page::Home => home(operations),
        Page::ProblemType => file("page.html", &[]),
        Page::Operators(View::Metrics) => file("metrics.txt", &[]),
        Page::Operators(View::Alerts) => shown(schemas, SchemaGenerator::subschema_for::<Alerts>),
        Page::Operators(View::Live) => json!({
            "description": "The connection is open.",
            "headers": fields::references([]),
        }),
        Page::Asset(name) | Page::StartAsset(name) | Page::OperatorsAsset(name) => {
            file(name, &[AnswerField::ETag])
        }
    };
    let unchanged = page.may_be_unchanged().then(|| {
        let policy = is_html(page).then_some(AnswerField::ContentSecurityPolicy);
        let response = json!({
            "description": "The client has the file already.",
            "headers": fields::references([AnswerField::ETag].into_iter().chain(policy)),
        });
        ("304".to_owned(), response)
    });
    let status = if matches!(page, Page::Operators(View::Live)) {
        "101"
    } else {
        "200"
    };
    [(status.to_owned(), shown)]
        .into_iter()
        .chain(unchanged)
        .collect()
}

fn is_html(page: Page) -> bool {
    match page {
        Page::Home | Page::ProblemType => true,
        Page::Asset(file) | Page::StartAsset(file) | Page::OperatorsAsset(file) => {
            file.rsplit('.').next() == Some("html")
        }
        Page::KeyStatus | Page::Resolution | Page::Example | Page::Health | Page::Operators(_) => {
            false
        }
    }
}

/// A file, with its version, where `START_PAGE` is on.
fn home(operations: &Operations) -> Value {
    let mut shown = file("page.html", &[]);
    let version = fields::optional(AnswerField::ETag, operations);
    if let Some(Value::Object(headers)) = shown.get_mut("headers") {
        headers.extend(version);
    }
    shown
}

/// The page of a service that takes tokens.
fn example(operations: &Operations, schemas: &mut Schemas) -> Value {
    let mut shown = shown(schemas, SchemaGenerator::subschema_for::<Example>);
    let settings = Settings::read(|_| None, iter::empty()).ok();
    // None that another example has, which has another body.
    let key = |name: &str| example_key(&format!("first {name}"));
    let example = settings.map(|settings| Example::new(BASE_URL, operations, &settings, key));
    if let Some(content) = shown.pointer_mut("/content/application~1json") {
        *content = json!({"schema": content.get("schema"), "example": example});
    }
    shown
}

fn shown(schemas: &mut Schemas, output: SchemaFn) -> Value {
    shown_with(None, schemas, output)
}

fn shown_with(field: Option<AnswerField>, schemas: &mut Schemas, output: SchemaFn) -> Value {
    json!({
        "description": "What was asked for.",
        "headers": fields::references(field),
        "content": json_content(schemas, output),
    })
}

fn json_content(schemas: &mut Schemas, output: SchemaFn) -> Value {
    let schema = schemas.of_output(output);
    let example = schemas.example(&schema);
    json!({"application/json": {"schema": schema, "example": example}})
}

/// A file that a browser reads; its type follows from its name.
fn file(name: &str, fields: &[AnswerField]) -> Value {
    let (media_type, schema, policy) = match name.rsplit('.').next() {
        Some("html") => (
            "text/html",
            json!({"type": "string"}),
            Some(AnswerField::ContentSecurityPolicy),
        ),
        Some("js") => ("text/javascript", json!({"type": "string"}), None),
        Some("txt") => ("text/plain", json!({"type": "string"}), None),
        Some("css") => ("text/css", json!({"type": "string"}), None),
        Some(_) | None => (
            "application/json",
            json!({"type": "object", "additionalProperties": true}),
            None,
        ),
    };
    json!({
        "description": "What was asked for.",
        "headers": fields::references(fields.iter().copied().chain(policy)),
        "content": {media_type: {"schema": schema}},
    })
}
