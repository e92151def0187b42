//! The key that a request was sent with, wherever its route looks for it; and before, whether it comes from whom the route
//! is for, so that whoever makes an id up does not occupy it.

use idempotency_core::{IdempotencyKey, KeyForm, Request, Variables};
use worker::Env;

use super::{
    admit::read_request,
    content::Content,
    exchange::Exchange,
    head::RequestField,
    key::{KeyField, key, parse, unquoted},
    problem::Problem,
};
use crate::{
    operation::{KeyRule, KeySource, Keyed, NotVerified, Verification},
    settings::Settings,
    telemetry::{Event, tell},
};

/// A request's key and its field, if it has one.
pub type Sent = Result<Option<(IdempotencyKey, KeyField)>, Problem>;

/// The key of a request of this route, and whether it requires one.
pub async fn sent(
    content: &mut Content,
    route: &Keyed,
    exchange: &Exchange,
    settings: &Settings,
    env: &Env,
) -> (Sent, bool) {
    let KeyRule {
        form,
        is_required,
        from,
    } = &route.key;
    let verification = route.verification.as_deref();
    if from.is_none() && verification.is_none() {
        return (sent_key(exchange, *form), *is_required);
    }
    let operation = &*route.operation;
    let request = read_request(content, operation, Variables::default(), exchange, settings);
    let request = match request.await {
        Ok(request) => request,
        Err(problem) => return (Err(problem), *is_required),
    };
    let verified = match verification {
        Some(verification) => verify(verification, &request, exchange, env).await,
        None => Ok(()),
    };
    let is_handshake = verification.is_some_and(|verification| verification.is_handshake(&request));
    let sent = verified.and_then(|()| match from {
        None => sent_key(exchange, *form),
        Some(sources) => found_key(&request, sources, *form),
    });
    content.put_back(request.body);
    (sent, *is_required && !is_handshake)
}

async fn verify(
    verification: &dyn Verification,
    request: &Request,
    exchange: &Exchange,
    env: &Env,
) -> Result<(), Problem> {
    match verification.verify(request, env).await {
        Ok(()) => Ok(()),
        Err(NotVerified::Wrong(detail)) => Err(Problem::wrong_signature(&detail)),
        Err(NotVerified::Unconfigured(reason)) => {
            tell(exchange.subject(), &Event::Broken { reason });
            let detail = "The service cannot check signatures of this sender now. Whoever runs it finds the reason in its log.";
            Err(Problem::misconfigured(detail.to_owned()))
        }
    }
}

/// The problem that a request has no key.
pub fn missing(rule: &KeyRule) -> Problem {
    match &rule.from {
        None => Problem::key_missing(rule.form),
        Some(sources) => Problem::key_not_found(sources),
    }
}

/// The key in the header fields, if there is one.
pub fn sent_key(exchange: &Exchange, form: KeyForm) -> Sent {
    key(
        exchange.field(RequestField::IdempotencyKey)?,
        exchange.field(RequestField::ExtensionKey)?,
        form,
    )
}

/// The key in other places of a request that has been read, if there is one.
fn found_key(request: &Request, sources: &[KeySource], form: KeyForm) -> Sent {
    let found = sources.iter().find_map(|source| {
        let text = source.find(request)?;
        // A field may have the string of a structured field in it.
        Some(match source {
            KeySource::Header(_) => unquoted(&text),
            KeySource::Query(_)
            | KeySource::Form(_)
            | KeySource::Json(_)
            | KeySource::Digest
            | KeySource::All(_) => text,
        })
    });
    let Some(text) = found else {
        return Ok(None);
    };
    let key = parse(&text, KeyField::Standard, form)?;
    Ok(Some((key, KeyField::Standard)))
}
