//! The header fields of answers. `tests/worker/description.test.ts` fails if an answer has one that is not here.

use serde_json::{Map, Value, json};

use super::keys;
use crate::operation::Operations;

/// The fields of every answer, whatever it says.
pub const ALWAYS: [&str; 8] = [
    "X-Correlation-ID",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Strict-Transport-Security",
    "Cache-Control",
    "Vary",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
];

/// The field whose schema depends on the operations.
const KEY: &str = "X-Idempotency-Key";

/// One field.
struct Field {
    name: &'static str,
    description: &'static str,
    /// Whether it is on every answer that mentions it.
    required: bool,
    schema: fn() -> Value,
}

const FIELDS: &[Field] = &[
    Field {
        name: "X-Correlation-ID",
        description: "The request's, if it had an acceptable one, or a new UUID of version 4. Every log line of the \
                      request has it.",
        required: true,
        schema: || json!({"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,128}$"}),
    },
    Field {
        name: "X-Content-Type-Options",
        description: "`nosniff`",
        required: true,
        schema: || json!({"type": "string", "const": "nosniff"}),
    },
    Field {
        name: "Referrer-Policy",
        description: "`no-referrer`",
        required: true,
        schema: || json!({"type": "string", "const": "no-referrer"}),
    },
    Field {
        name: "Strict-Transport-Security",
        description: "`max-age=31536000`, where the service is called over https and not as `localhost`.",
        required: false,
        schema: || json!({"type": "string"}),
    },
    Field {
        name: "Cache-Control",
        description: "`no-store`; for the files of the description `no-cache`: to be asked for again with \
                      `If-None-Match`.",
        required: true,
        schema: || json!({"type": "string", "enum": ["no-store", "no-cache"]}),
    },
    Field {
        name: "Vary",
        description: "`Origin`, where pages of any other origin may call; `Accept` at `/`.",
        required: false,
        schema: || json!({"type": "string"}),
    },
    Field {
        name: "Access-Control-Allow-Origin",
        description: "The request's `Origin`, if its pages may call.",
        required: false,
        schema: || json!({"type": "string"}),
    },
    Field {
        name: "Access-Control-Expose-Headers",
        description: "What such a page may read.",
        required: false,
        schema: || json!({"type": "string"}),
    },
    Field {
        name: KEY,
        description: "The request's key, as answers show it: a UUID in lower case.",
        required: true,
        schema: || json!({"type": "string"}),
    },
    Field {
        name: "X-Idempotency-Expires-At",
        description: "When the key's lifetime ends: from then on it is as good as new.",
        required: true,
        schema: || json!({"type": "string", "format": "date-time"}),
    },
    Field {
        name: "Idempotent-Replayed",
        description: "`true` on a replay, and only then: this is the first answer again, and nothing ran.",
        required: false,
        schema: || json!({"type": "string", "const": "true"}),
    },
    Field {
        name: "X-Idempotency-Content",
        description: "`omitted` if the content was too long to be kept: it is left out of the first answer too.",
        required: false,
        schema: || json!({"type": "string", "const": "omitted"}),
    },
    Field {
        name: "Location",
        description: "The path under which what was made can be read.",
        required: true,
        schema: || json!({"type": "string", "format": "uri-reference"}),
    },
    Field {
        name: "Link",
        description: "If there are more entries: `<url>; rel=\"next\"` (RFC 8288). Its URL has those that come after \
                      these, and none of them twice.",
        required: false,
        schema: || json!({"type": "string"}),
    },
    Field {
        name: "Retry-After",
        description: "In how many seconds to send the request again.",
        required: true,
        schema: || json!({"type": "integer", "minimum": 1}),
    },
    Field {
        name: "Allow",
        description: "The methods that the path takes.",
        required: true,
        schema: || json!({"type": "string", "examples": ["GET, HEAD, OPTIONS"]}),
    },
    Field {
        name: "WWW-Authenticate",
        description: "`Bearer`",
        required: true,
        schema: || json!({"type": "string"}),
    },
    Field {
        name: "Accept",
        description: "The content type that is taken, if it was the type that was wrong.",
        required: false,
        schema: || json!({"type": "string", "const": "application/json"}),
    },
    Field {
        name: "Accept-Encoding",
        description: "`identity`, if the content was encoded: no coding is taken.",
        required: false,
        schema: || json!({"type": "string", "const": "identity"}),
    },
    Field {
        name: "ETag",
        description: "The file's version, for `If-None-Match`.",
        required: true,
        schema: || json!({"type": "string"}),
    },
    Field {
        name: "Content-Security-Policy",
        description: "What the page may load.",
        required: true,
        schema: || json!({"type": "string"}),
    },
];

/// All fields, for the components of the description.
pub fn components(operations: &Operations) -> Map<String, Value> {
    let named = |field: &Field| (field.name.to_owned(), header(field, field.required));
    let mut fields: Map<_, _> = FIELDS.iter().map(named).collect();
    if let Some(key) = fields.get_mut(KEY) {
        key["schema"] = keys::schema(operations);
    }
    fields
}

/// The `headers` of an answer that has `ALWAYS` and these.
pub fn references<'a>(names: impl Iterator<Item = &'a str>) -> Map<String, Value> {
    let reference = |name: &str| {
        let path = format!("#/components/headers/{name}");
        (name.to_owned(), json!({"$ref": path}))
    };
    ALWAYS.into_iter().chain(names).map(reference).collect()
}

/// A field that such an answer may have or not.
pub fn optional(name: &str, operations: &Operations) -> Option<(String, Value)> {
    let field = FIELDS.iter().find(|field| field.name == name)?;
    let mut header = header(field, false);
    if name == KEY {
        header["schema"] = keys::schema(operations);
    }
    Some((name.to_owned(), header))
}

fn header(field: &Field, required: bool) -> Value {
    json!({
        "description": field.description,
        "required": required,
        "schema": (field.schema)(),
    })
}
