//! Which problems a route can run into, and what they look like.

use serde_json::{Map, Value, json};

use super::entry::{Entry, What};
use crate::{
    http::{
        OwnRoute, Page,
        described::{CATALOGUE, KeyField, Problem, ProblemType, about_content_type, about_key},
    },
    operation::FieldError,
};

/// On which routes a problem type occurs.
enum Where {
    /// Every route.
    Everywhere,
    /// Routes that are for callers.
    Callers,
    /// Routes that read header fields of their own, which may be too long.
    Fields,
    /// Routes that tell operators more than others.
    Operators,
    /// Routes that take effect once per key.
    Keyed,
    /// Routes with a variable in their path, and the one that has nothing for programs.
    Variable,
    /// Routes that take content.
    Content,
    /// Where an operator resolves a key.
    Resolution,
    /// Routes whose payload or query has rules.
    Ruled,
    /// Where a WebSocket is opened.
    Live,
    /// Routes that rely on what was stored.
    Stored,
}

/// A problem type that is not here is described nowhere, and a test says so.
const OCCURRENCES: &[(&str, Where)] = &[
    ("idempotency-key-missing", Where::Keyed),
    ("idempotency-key-invalid", Where::Keyed),
    ("idempotency-key-conflict", Where::Keyed),
    ("request-mismatch", Where::Keyed),
    ("operation-in-progress", Where::Keyed),
    ("malformed-json", Where::Content),
    ("validation-failed", Where::Ruled),
    ("unsupported-media-type", Where::Content),
    ("payload-too-large", Where::Content),
    ("request-timeout", Where::Content),
    ("header-fields-too-large", Where::Fields),
    ("not-found", Where::Variable),
    ("method-not-allowed", Where::Everywhere),
    ("unauthorized", Where::Callers),
    ("forbidden", Where::Operators),
    ("upgrade-required", Where::Live),
    ("rate-limited", Where::Callers),
    ("operation-failed", Where::Keyed),
    ("outcome-unknown", Where::Keyed),
    ("not-ambiguous", Where::Resolution),
    ("service-unavailable", Where::Everywhere),
    ("internal-error", Where::Stored),
];

/// The problems that, on a keyed route, can be told after the key was read.
const NAME_KEY: &[&str] = &[
    "request-mismatch",
    "operation-in-progress",
    "malformed-json",
    "validation-failed",
    "unsupported-media-type",
    "payload-too-large",
    "request-timeout",
    "header-fields-too-large",
    "unauthorized",
    "rate-limited",
    "operation-failed",
    "outcome-unknown",
    "service-unavailable",
    "internal-error",
];

/// Those of them that tell when the key's lifetime ends.
const NAME_EXPIRY: &[&str] = &[
    "operation-in-progress",
    "operation-failed",
    "outcome-unknown",
];

/// One problem that a route can run into.
pub struct Occurrence {
    /// The name of its example, among the components.
    pub name: String,
    /// Its type.
    pub kind: &'static ProblemType,
    /// What it looks like.
    pub example: Problem,
}

impl Occurrence {
    /// The header fields that such an answer may have, and may not.
    pub fn optional_fields(&self) -> impl Iterator<Item = &'static str> {
        let named = |slugs: &[&str]| slugs.contains(&self.kind.slug);
        let key = named(NAME_KEY).then_some("X-Idempotency-Key");
        let expiry = named(NAME_EXPIRY).then_some("X-Idempotency-Expires-At");
        key.into_iter().chain(expiry)
    }
}

/// All problems that `entry` can run into.
pub fn occurrences(entry: &Entry) -> impl Iterator<Item = Occurrence> {
    CATALOGUE
        .iter()
        .filter(|kind| occurs(kind.slug, entry))
        .flat_map(|kind| examples(kind, entry))
        .map(|(name, kind, example)| Occurrence {
            name,
            kind,
            example,
        })
}

fn occurs(slug: &str, entry: &Entry) -> bool {
    let mut places = OCCURRENCES.iter().filter(|(name, _)| *name == slug);
    places.any(|(_, place)| match place {
        Where::Everywhere => true,
        Where::Callers => entry.is_for_callers(),
        Where::Keyed => entry.is_keyed(),
        Where::Content => entry.is_keyed() || entry.is_resolution(),
        Where::Resolution => entry.is_resolution(),
        Where::Variable => {
            entry.variable().is_some() || entry.is_for_operators() || entry.is_home()
        }
        Where::Operators => entry.query().contains_key("client") || entry.is_for_operators(),
        Where::Live => entry.is_live(),
        Where::Fields => entry.is_for_callers() || entry.is_home() || is_asset(entry),
        // A page or a file is the same with any query.
        Where::Ruled => entry.path.starts_with("/api/"),
        Where::Stored => match &entry.what {
            What::Keyed(..) => true,
            What::Read(_) => false,
            What::Own(route) => {
                matches!(
                    route.page,
                    Page::KeyStatus | Page::Resolution | Page::Asset(_)
                )
            }
        },
    })
}

const fn is_asset(entry: &Entry) -> bool {
    matches!(
        entry.what,
        What::Own(OwnRoute {
            page: Page::Asset(_),
            ..
        })
    )
}

/// Problems as the service tells them; of a type that no function here makes, what its page says.
fn examples(
    kind: &'static ProblemType,
    entry: &Entry,
) -> Vec<(String, &'static ProblemType, Problem)> {
    let one = |problem| vec![(kind.slug.to_owned(), kind, problem)];
    let variant = |suffix: &str, problem| (format!("{}-{suffix}", kind.slug), kind, problem);
    match kind.slug {
        "idempotency-key-missing" => one(Problem::key_missing(entry.key_form())),
        "idempotency-key-invalid" => one(Problem::key_invalid(about_key(
            "order 17",
            entry.key_form(),
            false,
        ))),
        "request-mismatch" => vec![
            variant("400", Problem::mismatch(KeyField::Extension)),
            variant("422", Problem::mismatch(KeyField::Standard)),
        ],
        "operation-in-progress" => one(Problem::in_progress()),
        "validation-failed" if entry.is_keyed() || entry.is_resolution() => {
            let error = FieldError::at("name", "is required");
            vec![variant("payload", Problem::invalid(vec![error]))]
        }
        "validation-failed" => {
            let error = FieldError::parameter("limit", "must be a whole number from 1 to 1000");
            vec![variant("query", Problem::invalid(vec![error]))]
        }
        "unsupported-media-type" => vec![
            variant(
                "type",
                Problem::unsupported_media_type(about_content_type(None)),
            ),
            variant("encoding", Problem::unsupported_encoding()),
        ],
        "payload-too-large" => one(Problem::payload_too_large(262_144)),
        "request-timeout" => one(Problem::request_timeout()),
        "header-fields-too-large" => one(Problem::field_too_large("Prefer", 8192)),
        "rate-limited" => one(Problem::rate_limited(10)),
        "method-not-allowed" if entry.method == "GET" => {
            vec![variant(
                "get",
                Problem::method_not_allowed("GET, HEAD, OPTIONS"),
            )]
        }
        "method-not-allowed" => {
            let method = entry.method.to_lowercase();
            let allow = format!("{}, OPTIONS", entry.method);
            vec![variant(&method, Problem::method_not_allowed(&allow))]
        }
        "unauthorized" => one(Problem::invalid_token(kind.meaning)),
        "forbidden" => one(Problem::operators_only()),
        "upgrade-required" => one(Problem::upgrade_required()),
        "operation-failed" => one(Problem::operation_failed()),
        "outcome-unknown" => vec![
            variant("409", Problem::outcome_unknown(false)),
            variant("502", Problem::outcome_unknown(true)),
        ],
        "not-ambiguous" => one(Problem::not_ambiguous()),
        "internal-error" => one(Problem::internal()),
        _ => one(Problem::new(kind, kind.meaning)),
    }
}

/// The examples of all entries, for the components of the description.
pub fn components<'a>(entries: impl Iterator<Item = &'a Entry<'a>>) -> Map<String, Value> {
    entries
        .flat_map(occurrences)
        .map(|occurrence| {
            let answer = occurrence.example.answer(CORRELATION_ID);
            let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let example = json!({"summary": occurrence.kind.title, "value": value});
            (occurrence.name, example)
        })
        .collect()
}

const CORRELATION_ID: &str = "5498899f-d5fc-4660-9202-0f19a99b3645";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{any_service::router, description::entries};

    #[test]
    fn a_problem_type_has_the_statuses_that_its_problems_have() {
        let router = router();
        for kind in CATALOGUE {
            let entries = entries(&router.operations);
            let told = entries.flat_map(|entry| occurrences(&entry).collect::<Vec<_>>());
            let mut told: Vec<_> = told
                .filter(|occurrence| occurrence.kind.slug == kind.slug)
                .map(|occurrence| occurrence.example.status())
                .collect();
            told.sort_unstable();
            told.dedup();
            assert_eq!(told, kind.statuses().collect::<Vec<_>>(), "{}", kind.slug);
        }
    }

    #[test]
    fn every_problem_type_occurs_somewhere() {
        let router = router();
        for kind in CATALOGUE {
            let occurs = entries(&router.operations).any(|entry| occurs(kind.slug, &entry));
            assert!(occurs, "{} is in no answer that is described", kind.slug);
        }
    }
}
