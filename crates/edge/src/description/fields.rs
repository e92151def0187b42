//! The header fields of answers. `tests/worker/description.test.ts` fails if an answer has one that is not here.

use serde_json::{Map, Value, json};
use strum::VariantArray;

use super::keys;
use crate::{http::described::AnswerField, operation::Operations};

/// The fields of every answer, whatever it says.
const ALWAYS: [AnswerField; 8] = [
    AnswerField::CorrelationId,
    AnswerField::ContentTypeOptions,
    AnswerField::ReferrerPolicy,
    AnswerField::TransportSecurity,
    AnswerField::CacheControl,
    AnswerField::Vary,
    AnswerField::AllowOrigin,
    AnswerField::ExposeHeaders,
];

/// What the description says of a field; nothing of the type of a body, which stands with its schema, and of what
/// only preflights have, which are not described.
const fn description(field: AnswerField) -> Option<&'static str> {
    Some(match field {
        AnswerField::CorrelationId => {
            "The request's, if it had an acceptable one, or a new UUID of version 4. Every log line of the request has it."
        }
        AnswerField::ContentTypeOptions => "`nosniff`",
        AnswerField::ReferrerPolicy => "`no-referrer`",
        AnswerField::TransportSecurity => {
            "`max-age=31536000`, where the service is called over https and not as `localhost`."
        }
        AnswerField::CacheControl => {
            "`no-store`; for the files of the description `no-cache`: to be asked for again with `If-None-Match`."
        }
        AnswerField::Vary => "`Origin`, where pages of any other origin may call; `Accept` at `/`.",
        AnswerField::AllowOrigin => "The request's `Origin`, if its pages may call.",
        AnswerField::ExposeHeaders => "What such a page may read.",
        AnswerField::Key => "The request's key, as answers show it: a UUID in lower case.",
        AnswerField::ExpiresAt => {
            "When the key's lifetime ends: from then on it is as good as new."
        }
        AnswerField::Replayed => {
            "`true` on a replay, and only then: this is the first answer again, and nothing ran."
        }
        AnswerField::TraceId => {
            "On a replay: the trace of the request whose attempt made this answer, if that request had a `traceparent`."
        }
        AnswerField::BodyOmitted => {
            "`omitted` if the content was too long to be kept: it is left out of the first answer too."
        }
        AnswerField::Location => "The path under which what was made can be read.",
        AnswerField::Link => {
            "If there are more entries: `<url>; rel=\"next\"` (RFC 8288). Its URL has those that come after these, and none of them twice."
        }
        AnswerField::RetryAfter => "In how many seconds to send the request again.",
        AnswerField::ProxyStatus => {
            "What went wrong at the API behind this service, or which status it answered with (RFC 9209)."
        }
        AnswerField::Allow => "The methods that the path takes.",
        AnswerField::Authenticate => "`Bearer`",
        AnswerField::Accept => "The content type that is taken, if it was the type that was wrong.",
        AnswerField::AcceptEncoding => {
            "`identity`, if the content was encoded: no coding is taken."
        }
        AnswerField::ETag => "The file's version, for `If-None-Match`.",
        AnswerField::ContentSecurityPolicy => "What the page may load.",
        AnswerField::ContentType
        | AnswerField::AllowMethods
        | AnswerField::AllowHeaders
        | AnswerField::MaxAge => return None,
    })
}

/// Whether it is on every answer that mentions it.
const fn is_required(field: AnswerField) -> bool {
    match field {
        AnswerField::CorrelationId
        | AnswerField::ContentTypeOptions
        | AnswerField::ReferrerPolicy
        | AnswerField::CacheControl
        | AnswerField::Key
        | AnswerField::ExpiresAt
        | AnswerField::Location
        | AnswerField::RetryAfter
        | AnswerField::Allow
        | AnswerField::Authenticate
        | AnswerField::ETag
        | AnswerField::ContentSecurityPolicy
        | AnswerField::ContentType
        | AnswerField::AllowMethods
        | AnswerField::AllowHeaders
        | AnswerField::MaxAge => true,
        AnswerField::TransportSecurity
        | AnswerField::Vary
        | AnswerField::AllowOrigin
        | AnswerField::ExposeHeaders
        | AnswerField::Replayed
        | AnswerField::TraceId
        | AnswerField::BodyOmitted
        | AnswerField::ProxyStatus
        | AnswerField::Link
        | AnswerField::Accept
        | AnswerField::AcceptEncoding => false,
    }
}

fn schema(field: AnswerField, operations: &Operations) -> Value {
    match field {
        AnswerField::CorrelationId => {
            json!({"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,128}$"})
        }
        AnswerField::ContentTypeOptions => json!({"type": "string", "const": "nosniff"}),
        AnswerField::ReferrerPolicy => json!({"type": "string", "const": "no-referrer"}),
        AnswerField::TransportSecurity
        | AnswerField::Vary
        | AnswerField::AllowOrigin
        | AnswerField::ExposeHeaders
        | AnswerField::ProxyStatus
        | AnswerField::Link
        | AnswerField::Authenticate
        | AnswerField::ETag
        | AnswerField::ContentSecurityPolicy
        | AnswerField::ContentType
        | AnswerField::AllowMethods
        | AnswerField::AllowHeaders
        | AnswerField::MaxAge => json!({"type": "string"}),
        AnswerField::CacheControl => json!({"type": "string", "enum": ["no-store", "no-cache"]}),
        AnswerField::ExpiresAt => json!({"type": "string", "format": "date-time"}),
        AnswerField::Replayed => json!({"type": "string", "const": "true"}),
        AnswerField::TraceId => json!({"type": "string", "pattern": "^[0-9a-f]{32}$"}),
        AnswerField::BodyOmitted => json!({"type": "string", "const": "omitted"}),
        AnswerField::Location => json!({"type": "string", "format": "uri-reference"}),
        AnswerField::RetryAfter => json!({"type": "integer", "minimum": 1}),
        AnswerField::Allow => json!({"type": "string", "examples": ["GET, HEAD, OPTIONS"]}),
        AnswerField::Accept => json!({"type": "string", "const": "application/json"}),
        AnswerField::AcceptEncoding => json!({"type": "string", "const": "identity"}),
        AnswerField::Key => keys::schema(operations),
    }
}

/// The fields that answers of `described` refer to, for the components of the description.
pub fn components(described: &Value, operations: &Operations) -> Map<String, Value> {
    let described = described.to_string();
    let is_used = |field: &&AnswerField| described.contains(&format!("{:?}", path(**field)));
    let fields = AnswerField::VARIANTS.iter().filter(is_used);
    fields
        .filter_map(|field| header(*field, is_required(*field), operations))
        .collect()
}

fn path(field: AnswerField) -> String {
    format!("#/components/headers/{}", field.name())
}

/// The `headers` of an answer that has `ALWAYS` and these.
pub fn references(fields: impl IntoIterator<Item = AnswerField>) -> Map<String, Value> {
    let reference = |field: AnswerField| (field.name().to_owned(), json!({"$ref": path(field)}));
    ALWAYS.into_iter().chain(fields).map(reference).collect()
}

/// A field that such an answer may have or not.
pub fn optional(field: AnswerField, operations: &Operations) -> Option<(String, Value)> {
    header(field, false, operations)
}

fn header(field: AnswerField, required: bool, operations: &Operations) -> Option<(String, Value)> {
    let header = json!({
        "description": description(field)?,
        "required": required,
        "schema": schema(field, operations),
    });
    Some((field.name().to_owned(), header))
}
