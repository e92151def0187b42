//! May this keyed request enter? Everything that can be known without looking at its key's record.

use idempotency_core::{Asked, CompositeKey, Fault, IdempotencyKey, Json, Origin, parse_faults};

use super::{
    auth::Caller,
    content::{Content, is_json},
    exchange::Exchange,
    fingerprint::fingerprint,
    head::Field,
    key::{KeyField, key},
    mistakes::about_content_type,
    prefer::wait_s,
    problem::Problem,
};
use crate::{
    operations::{FieldError, KeyedOperation},
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

/// The key in the header fields.
pub fn sent_key(exchange: &Exchange) -> Result<(IdempotencyKey, KeyField), Problem> {
    key(
        exchange.field(Field::IdempotencyKey)?,
        exchange.field(Field::ExtensionKey)?,
    )
}

/// Reads and checks the rest of a keyed request.
pub async fn admit(
    content: &mut Content,
    operation: &KeyedOperation,
    identity: &Identity,
    exchange: &Exchange,
    settings: &Settings,
) -> Result<Asked, Problem> {
    let payload = content.read(exchange, settings.max_content_bytes).await?;
    check_form(&payload, exchange)?;
    let fingerprint = fingerprint(
        exchange,
        &Json::parse(&payload).map_err(Problem::malformed_json)?,
    );
    (operation.validate)(&payload).map_err(Problem::invalid)?;
    let wait_s = wait_s(exchange.field(Field::Prefer)?);
    let faults = if settings.faults_allowed {
        faults(exchange)?
    } else {
        Vec::new()
    };
    Ok(Asked {
        operation: operation.name.to_owned(),
        idempotency_key: identity.key.to_string(),
        caller: identity.caller.scope.to_string(),
        caller_name: identity.caller.name.clone(),
        fingerprint,
        origin: Origin {
            correlation_id: exchange.correlation_id.clone(),
            ip_address: exchange.field(Field::ConnectingIp)?.map(str::to_owned),
            user_agent: exchange.field(Field::UserAgent)?.map(shortened),
        },
        wait_s,
        faults,
        payload,
    })
}

/// A content that is encoded, or of another type, is not read as JSON (RFC 9110, sections 8.3 and 8.4). Where there is
/// none, its type does not matter: it may have been announced, and have been lost on the way.
pub(super) fn check_form(payload: &[u8], exchange: &Exchange) -> Result<(), Problem> {
    if payload.is_empty() {
        let length = exchange.field(Field::ContentLength)?.unwrap_or("0");
        return Err(Problem::no_content(length != "0"));
    }
    let encoding = exchange.field(Field::ContentEncoding)?.unwrap_or_default();
    let is_plain = |coding: &str| {
        matches!(coding.trim(), "") || coding.trim().eq_ignore_ascii_case("identity")
    };
    if !encoding.split(',').all(is_plain) {
        return Err(Problem::unsupported_encoding());
    }
    match exchange.field(Field::ContentType)? {
        Some(sent) if is_json(sent) => Ok(()),
        sent => Err(Problem::unsupported_media_type(about_content_type(sent))),
    }
}

fn shortened(user_agent: &str) -> String {
    user_agent.chars().take(MAX_USER_AGENT_CHARS).collect()
}

fn faults(exchange: &Exchange) -> Result<Vec<Fault>, Problem> {
    exchange
        .field(Field::Fault)?
        .map_or(Ok(Vec::new()), |list| {
            parse_faults(list).map_err(|rule| {
                Problem::invalid(vec![FieldError::parameter(Field::Fault.name(), rule)])
            })
        })
}
