//! What a request may say beside its content.

use serde_json::{Map, Value, json};
use strum::VariantArray;

use super::{
    entry::{Entry, What},
    keys,
    schemas::Schemas,
};
use crate::{
    http::described::RequestField,
    operation::{KeyRule, Operations},
    problem_type::ProblemType,
};

/// The `parameters` of an entry.
pub fn parameters(entry: &Entry, operations: &Operations, schemas: &mut Schemas) -> Vec<Value> {
    let variable = entry
        .variable()
        .map(|name| variable(entry, name, operations, schemas));
    let query = entry.query().into_iter().map(query);
    let named: &[RequestField] = match &entry.what {
        What::Keyed(..) => &[
            RequestField::Prefer,
            RequestField::CorrelationId,
            RequestField::TraceParent,
        ],
        What::Own(route) if route.page.may_be_unchanged() => {
            &[RequestField::IfNoneMatch, RequestField::CorrelationId]
        }
        What::Read(_) | What::Own(_) => &[RequestField::CorrelationId],
    };
    let named = named.iter().map(|field| {
        let path = format!("#/components/parameters/{}", field.name());
        json!({"$ref": path})
    });
    let key = match &entry.what {
        What::Keyed(keyed, _) => Some(key(keyed.operation.name(), &keyed.key)),
        What::Read(_) | What::Own(_) => None,
    };
    variable
        .into_iter()
        .chain(query)
        .chain(key)
        .chain(named)
        .collect()
}

/// The field of the key. A client sends one field, so one is described, under the name that the IETF draft gives it;
/// no schema could say that one of two has to be there. It has no example, which would be a constant that people send
/// twice.
fn key(operation: &str, rule: &KeyRule) -> Value {
    json!({
        "name": RequestField::IdempotencyKey.name(),
        "in": "header",
        "required": rule.is_required,
        "description": format!(
            "The idempotency key: {}, bare or as a quoted string (RFC 9651). Make a new one for each operation, and send \
             the same one with every repetition of its request. `X-Idempotency-Key` is taken in its place, bare; \
             `request-mismatch` then has status 400 instead of 422. If both are there, they must name the same key.",
            keys::words(rule.form)
        ),
        "schema": {
            "type": "string",
            "pattern": keys::pattern_of_field(rule.form),
            // Postman's import makes one value per schema: with this, each operation has a key of its own.
            "description": format!("The key of one `{operation}`."),
        },
    })
}

/// The parameters that routes have in common, for the components of the description.
pub fn components() -> Map<String, Value> {
    let common = [
        (
            RequestField::Prefer,
            "`wait=N`: while the first request with the key is still running, wait up to N seconds, at most 30, for its \
             answer instead of getting 409 (RFC 7240). Anything else is ignored.",
        ),
        (
            RequestField::CorrelationId,
            "Comes back in the answer and stands in every log line of the request, if it is 1 to 128 characters of \
             `A-Z a-z 0-9 . _ : -`. Otherwise the service makes a UUID of version 4.",
        ),
        (
            RequestField::TraceParent,
            "The trace that the request belongs to (W3C Trace Context). Its id stands in every log line of the request, in \
             the history of the key, and in `X-Idempotency-Trace-ID` on replays of the answer. Ignored if it is invalid.",
        ),
        (
            RequestField::IfNoneMatch,
            "The `ETag` of the file that the client has.",
        ),
    ];
    let parameter = |(field, description): (RequestField, &str)| {
        let name = field.name();
        let schema = json!({"type": "string"});
        let parameter =
            json!({"name": name, "in": "header", "description": description, "schema": schema});
        (name.to_owned(), parameter)
    };
    common.into_iter().map(parameter).collect()
}

fn variable(entry: &Entry, name: &str, operations: &Operations, schemas: &mut Schemas) -> Value {
    let (description, schema, example) = match name {
        "key" => (
            "The key, in either case of its digits.",
            json!({"type": "string", "minLength": 1}),
            Some(keys::example(operations)),
        ),
        "slug" => {
            let slugs: Vec<_> = ProblemType::VARIANTS
                .iter()
                .map(|kind| kind.slug())
                .collect();
            (
                "The problem's name: the last segment of its `type`.",
                json!({"type": "string", "enum": slugs}),
                Some(ProblemType::RequestMismatch.slug().to_owned()),
            )
        }
        _ => (
            "The `id` in the answer that made it.",
            json!({"type": "string", "minLength": 1}),
            id(entry, schemas),
        ),
    };
    json!({
        "name": name,
        "in": "path",
        "required": true,
        "description": description,
        "schema": schema,
        "example": example,
    })
}

/// The id in the example of what is read.
fn id(entry: &Entry, schemas: &mut Schemas) -> Option<String> {
    let What::Read(read) = &entry.what else {
        return None;
    };
    let schema = schemas.of_output(read.shape.output);
    let example = schemas.example(&schema)?;
    Some(example.get("id")?.as_str()?.to_owned())
}

/// A parameter of a query, from a member of the type that holds it. One that may be absent is not one that may be
/// null.
fn query((name, mut schema): (String, Value)) -> Value {
    let members = schema.as_object_mut();
    let description = members.and_then(|members| {
        if let Some(Value::Array(types)) = members.get("type") {
            let first = types.first().cloned().unwrap_or_default();
            members.insert("type".to_owned(), first);
        }
        if members.get("default") == Some(&Value::Null) {
            members.remove("default");
        }
        members.remove("description")
    });
    let mut parameter = Map::new();
    parameter.insert("name".to_owned(), name.into());
    parameter.insert("in".to_owned(), "query".into());
    parameter.extend(description.map(|text| ("description".to_owned(), text)));
    parameter.insert("schema".to_owned(), schema);
    parameter.into()
}
