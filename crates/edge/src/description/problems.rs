//! Which problems a route can run into, and what they look like.

use serde_json::{Map, Value, json};
use strum::VariantArray;

use super::entry::{Entry, What};
use crate::{
    http::{
        Page,
        described::{AnswerField, KeyField, Problem, RequestField, about_content_type, about_key},
    },
    operation::FieldError,
    problem_type::ProblemType,
};

/// On which routes a problem type occurs.
enum Where {
    /// Every route.
    Everywhere,
    /// Routes that are for callers.
    Callers,
    /// Routes that read header fields of their own, which may be too long.
    Fields,
    /// Routes that show operators more than others.
    Operators,
    /// Routes that take effect once per key.
    Keyed,
    /// Routes with a variable in their path, and the one that has nothing for programs.
    Variable,
    /// Routes that take a body.
    Body,
    /// Where an operator resolves a key.
    Resolution,
    /// Routes whose payload or query has rules.
    Ruled,
    /// Where a WebSocket is opened.
    Live,
    /// Routes that rely on what was stored.
    Stored,
}

/// One problem that a route can run into.
pub struct Occurrence {
    /// The name of its example, among the components.
    pub name: String,
    /// Its type.
    pub kind: ProblemType,
    /// What it looks like.
    pub example: Problem,
}

impl Occurrence {
    /// The header fields that such an answer may have, and may not.
    pub fn optional_fields(&self) -> impl Iterator<Item = AnswerField> {
        named_after_key(self.kind).iter().copied()
    }
}

/// All problems that `entry` can run into.
pub fn occurrences(entry: &Entry) -> impl Iterator<Item = Occurrence> {
    ProblemType::VARIANTS
        .iter()
        .filter(|kind| occurs(**kind, entry))
        .flat_map(|kind| examples(*kind, entry))
        .map(|(name, kind, example)| Occurrence {
            name,
            kind,
            example,
        })
}

const fn place(kind: ProblemType) -> Where {
    match kind {
        ProblemType::KeyMissing
        | ProblemType::KeyInvalid
        | ProblemType::KeyConflict
        | ProblemType::RequestMismatch
        | ProblemType::OperationInProgress
        | ProblemType::OperationFailed
        | ProblemType::OutcomeUnknown
        | ProblemType::UpstreamTimeout => Where::Keyed,
        ProblemType::MalformedJson
        | ProblemType::UnsupportedMediaType
        | ProblemType::PayloadTooLarge
        | ProblemType::RequestTimeout => Where::Body,
        ProblemType::ValidationFailed => Where::Ruled,
        ProblemType::HeaderFieldsTooLarge => Where::Fields,
        ProblemType::NotFound => Where::Variable,
        ProblemType::MethodNotAllowed | ProblemType::ServiceUnavailable => Where::Everywhere,
        ProblemType::Unauthorized | ProblemType::RateLimited => Where::Callers,
        ProblemType::Forbidden => Where::Operators,
        ProblemType::UpgradeRequired => Where::Live,
        ProblemType::NotAmbiguous => Where::Resolution,
        ProblemType::InternalError => Where::Stored,
    }
}

/// The fields that such an answer of a keyed route may have, because the problem can occur after the key was read, or
/// after its record was.
const fn named_after_key(kind: ProblemType) -> &'static [AnswerField] {
    match kind {
        ProblemType::OperationInProgress => &[AnswerField::Key, AnswerField::ExpiresAt],
        ProblemType::OperationFailed
        | ProblemType::OutcomeUnknown
        | ProblemType::UpstreamTimeout => &[
            AnswerField::Key,
            AnswerField::ExpiresAt,
            AnswerField::ProxyStatus,
        ],
        ProblemType::RequestMismatch
        | ProblemType::MalformedJson
        | ProblemType::ValidationFailed
        | ProblemType::UnsupportedMediaType
        | ProblemType::PayloadTooLarge
        | ProblemType::RequestTimeout
        | ProblemType::HeaderFieldsTooLarge
        | ProblemType::Unauthorized
        | ProblemType::RateLimited
        | ProblemType::ServiceUnavailable
        | ProblemType::InternalError => &[AnswerField::Key],
        ProblemType::KeyMissing
        | ProblemType::KeyInvalid
        | ProblemType::KeyConflict
        | ProblemType::NotFound
        | ProblemType::MethodNotAllowed
        | ProblemType::Forbidden
        | ProblemType::UpgradeRequired
        | ProblemType::NotAmbiguous => &[],
    }
}

fn occurs(kind: ProblemType, entry: &Entry) -> bool {
    match place(kind) {
        Where::Everywhere => true,
        Where::Callers => entry.is_for_callers(),
        Where::Keyed => entry.is_keyed(),
        Where::Body => entry.is_keyed() || entry.is_resolution(),
        Where::Resolution => entry.is_resolution(),
        Where::Variable => {
            entry.variable().is_some()
                || entry.is_for_operators()
                || entry.is_home()
                || entry.is_start_asset()
        }
        Where::Operators => entry.query().contains_key("client") || entry.is_for_operators(),
        Where::Live => entry.is_live(),
        Where::Fields => entry.is_for_callers() || may_be_unchanged(entry),
        // A page or a file is the same with any query.
        Where::Ruled => entry.path.starts_with("/api/"),
        Where::Stored => match &entry.what {
            What::Keyed(..) => true,
            What::Read(_) => false,
            What::Own(route) => {
                matches!(route.page, Page::KeyStatus | Page::Resolution) || may_be_unchanged(entry)
            }
        },
    }
}

const fn may_be_unchanged(entry: &Entry) -> bool {
    match entry.what {
        What::Own(route) => route.page.may_be_unchanged(),
        What::Keyed(..) | What::Read(_) => false,
    }
}

/// Problems as the service reports them; of a type without a function of its own, what its page says.
fn examples(kind: ProblemType, entry: &Entry) -> Vec<(String, ProblemType, Problem)> {
    let one = |problem| vec![(kind.slug().to_owned(), kind, problem)];
    let variant = |suffix: &str, problem| (format!("{}-{suffix}", kind.slug()), kind, problem);
    match kind {
        ProblemType::KeyMissing => one(Problem::key_missing(entry.key_form())),
        ProblemType::KeyInvalid => one(Problem::key_invalid(about_key(
            "order 17",
            entry.key_form(),
            false,
        ))),
        ProblemType::RequestMismatch => vec![
            variant("400", Problem::mismatch(KeyField::Extension)),
            variant("422", Problem::mismatch(KeyField::Standard)),
        ],
        ProblemType::OperationInProgress => match entry.in_progress_status() {
            409 => one(Problem::in_progress()),
            status => vec![variant(
                &status.to_string(),
                Problem::in_progress().with_status(status),
            )],
        },
        ProblemType::ValidationFailed if entry.is_keyed() || entry.is_resolution() => {
            let error = FieldError::at("name", "is required");
            vec![variant("payload", Problem::invalid(vec![error]))]
        }
        ProblemType::ValidationFailed => {
            let error = FieldError::parameter("limit", "must be a whole number from 1 to 1000");
            vec![variant("query", Problem::invalid(vec![error]))]
        }
        ProblemType::UnsupportedMediaType => vec![
            variant(
                "type",
                Problem::unsupported_media_type(about_content_type(None), "application/json"),
            ),
            variant("encoding", Problem::unsupported_encoding()),
        ],
        ProblemType::PayloadTooLarge => one(Problem::payload_too_large(262_144)),
        ProblemType::RequestTimeout => one(Problem::request_timeout()),
        ProblemType::HeaderFieldsTooLarge => {
            one(Problem::field_too_large(RequestField::Prefer.name(), 8192))
        }
        ProblemType::RateLimited => one(Problem::rate_limited(10)),
        ProblemType::MethodNotAllowed if entry.method == "GET" => {
            vec![variant(
                "get",
                Problem::method_not_allowed("GET, HEAD, OPTIONS"),
            )]
        }
        ProblemType::MethodNotAllowed => {
            let method = entry.method.to_lowercase();
            let allow = format!("{}, OPTIONS", entry.method);
            vec![variant(&method, Problem::method_not_allowed(&allow))]
        }
        ProblemType::Unauthorized => one(Problem::invalid_token(kind.definition().meaning)),
        ProblemType::Forbidden => one(Problem::operators_only()),
        ProblemType::UpgradeRequired => one(Problem::upgrade_required()),
        ProblemType::OperationFailed => one(Problem::operation_failed()),
        ProblemType::OutcomeUnknown => vec![
            variant(
                &entry.ambiguous_status().to_string(),
                Problem::outcome_unknown(false).with_status(entry.ambiguous_status()),
            ),
            variant("502", Problem::outcome_unknown(true)),
        ],
        ProblemType::UpstreamTimeout => one(Problem::upstream_timeout()),
        ProblemType::NotAmbiguous => one(Problem::not_ambiguous()),
        ProblemType::InternalError => one(Problem::internal()),
        ProblemType::KeyConflict
        | ProblemType::MalformedJson
        | ProblemType::NotFound
        | ProblemType::ServiceUnavailable => one(Problem::new(kind, kind.definition().meaning)),
    }
}

/// The examples of all entries, for the components of the description.
pub fn components<'a>(entries: impl Iterator<Item = &'a Entry<'a>>) -> Map<String, Value> {
    entries
        .flat_map(occurrences)
        .map(|occurrence| {
            let answer = occurrence.example.answer(CORRELATION_ID);
            let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let example = json!({"summary": occurrence.kind.definition().title, "value": value});
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
        for &kind in ProblemType::VARIANTS {
            let entries = entries(&router.operations);
            let told = entries.flat_map(|entry| occurrences(&entry).collect::<Vec<_>>());
            let mut told: Vec<_> = told
                .filter(|occurrence| occurrence.kind == kind)
                .map(|occurrence| occurrence.example.status())
                .collect();
            told.sort_unstable();
            told.dedup();
            assert_eq!(
                told,
                kind.definition().statuses().collect::<Vec<_>>(),
                "{}",
                kind.slug()
            );
        }
    }

    #[test]
    fn every_problem_type_occurs_somewhere() {
        let router = router();
        for &kind in ProblemType::VARIANTS {
            let occurs = entries(&router.operations).any(|entry| occurs(kind, &entry));
            assert!(occurs, "{} is in no answer that is described", kind.slug());
        }
    }
}
