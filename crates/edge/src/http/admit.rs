//! May this keyed request enter? Everything that can be known without looking at its key's record.

use idempotency_core::{
    Asked, CompositeKey, Fault, IdempotencyKey, Origin, Request, Variables, lifecycle::Fingerprint,
    parse_faults,
};

use super::{
    auth::Caller,
    content::{Content, is_json},
    exchange::Exchange,
    head::RequestField,
    key::KeyField,
    mistakes::about_content_type,
    prefer::wait_s,
    problem::Problem,
};
use crate::{
    operation::{FieldError, Operation, Refusal},
    replay,
    settings::Settings,
};

/// How much of `User-Agent` is kept: what is written into a row is no place for 8 KiB of a stranger's text.
const MAX_USER_AGENT_CHARS: usize = 512;

/// The caller and the key of a request: whose record it is about.
#[derive(Debug)]
pub struct Identity {
    /// The caller.
    pub caller: Caller,
    /// The key.
    pub key: IdempotencyKey,
    /// Which field it came in.
    pub field: KeyField,
}

impl Identity {
    /// The address of the record.
    #[must_use]
    pub fn composite_key(&self) -> CompositeKey {
        CompositeKey::new(&self.caller.scope, &self.key)
    }
}

/// Checks the rest of a keyed request.
pub fn admit(
    request: Request,
    operation: &dyn Operation,
    identity: &Identity,
    exchange: &Exchange,
    settings: &Settings,
) -> Result<Asked, Problem> {
    // An operation says the same of the same request.
    let known = replay::fingerprint(&identity.composite_key(), operation.name(), &request);
    let fingerprint = match known {
        Some(fingerprint) => fingerprint,
        None => admitted(operation, &request)?,
    };
    let faults = if settings.faults_allowed {
        faults(exchange)?
    } else {
        Vec::new()
    };
    Ok(Asked {
        operation: operation.name().to_owned(),
        idempotency_key: identity.key.to_string(),
        scope: identity.caller.scope.to_string(),
        caller: identity.caller.name.clone(),
        fingerprint,
        origin: origin(exchange)?,
        wait_s: wait_s(exchange.field(RequestField::Prefer)?).max(operation.wait_s()),
        faults,
        request,
    })
}

/// Reads the request to its end.
pub async fn read_request(
    content: &mut Content,
    operation: &dyn Operation,
    variables: Variables,
    exchange: &Exchange,
    settings: &Settings,
) -> Result<Request, Problem> {
    let max_bytes = operation
        .max_body_bytes()
        .unwrap_or(settings.max_content_bytes);
    let body = content.read(exchange, max_bytes).await?;
    if operation.takes_json() {
        check_form(&body, exchange)?;
    }
    let fields = if operation.reads_fields() {
        exchange.all_fields()
    } else {
        Vec::new()
    };
    Ok(Request {
        base_url: exchange.base_url.clone(),
        method: exchange.method().to_owned(),
        path: exchange.path.clone(),
        query: exchange.query.clone(),
        variables,
        fields,
        body,
    })
}

/// Has the operation admit the request.
pub fn admitted(operation: &dyn Operation, request: &Request) -> Result<Fingerprint, Problem> {
    operation.admit(request).map_err(|refusal| match refusal {
        Refusal::MalformedJson(detail) => Problem::malformed_json(detail),
        Refusal::UnsupportedMediaType { detail, accept } => {
            Problem::unsupported_media_type(detail, &accept)
        }
        Refusal::Invalid(errors) => Problem::invalid(errors),
    })
}

/// Where the request came from.
pub fn origin(exchange: &Exchange) -> Result<Origin, Problem> {
    Ok(Origin {
        correlation_id: exchange.correlation_id.clone(),
        trace_id: exchange.trace_id.clone(),
        ip_address: exchange
            .field(RequestField::ConnectingIp)?
            .map(str::to_owned),
        user_agent: exchange.field(RequestField::UserAgent)?.map(shortened),
    })
}

/// A content that is encoded, or of another type, is not read as JSON (RFC 9110, sections 8.3 and 8.4). Where there is
/// none, its type does not matter: it may have been announced, and have been lost on the way.
pub(super) fn check_form(payload: &[u8], exchange: &Exchange) -> Result<(), Problem> {
    if payload.is_empty() {
        let length = exchange.field(RequestField::ContentLength)?.unwrap_or("0");
        return Err(Problem::no_content(length != "0"));
    }
    let encoding = exchange
        .field(RequestField::ContentEncoding)?
        .unwrap_or_default();
    let is_plain = |coding: &str| {
        matches!(coding.trim(), "") || coding.trim().eq_ignore_ascii_case("identity")
    };
    if !encoding.split(',').all(is_plain) {
        return Err(Problem::unsupported_encoding());
    }
    match exchange.field(RequestField::ContentType)? {
        Some(sent) if is_json(sent) => Ok(()),
        sent => Err(Problem::unsupported_media_type(
            about_content_type(sent),
            "application/json",
        )),
    }
}

fn shortened(user_agent: &str) -> String {
    user_agent.chars().take(MAX_USER_AGENT_CHARS).collect()
}

fn faults(exchange: &Exchange) -> Result<Vec<Fault>, Problem> {
    exchange
        .field(RequestField::Fault)?
        .map_or(Ok(Vec::new()), |list| {
            parse_faults(list).map_err(|rule| {
                Problem::invalid(vec![FieldError::parameter(
                    RequestField::Fault.name(),
                    rule,
                )])
            })
        })
}
