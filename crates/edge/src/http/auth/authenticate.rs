//! From the `Authorization` field to a caller.

use idempotency_core::{Scope, digest::sha256};

use super::{
    bearer::{bearer, password},
    caller::Caller,
    jwt::{Jwt, JwtError},
    keys::{KeysError, keys_for, remembered},
};
use crate::{
    clock,
    http::{exchange::Exchange, head::RequestField, problem::Problem},
    settings::{ApiTokens, Auth, JwtIssuer, Role, Settings},
    telemetry::{Event, tell},
};

/// What a caller without a token is called, where none is needed.
const NOBODY: &str = "anonymous";

/// Finds out who is calling.
pub async fn authenticate(exchange: &Exchange, settings: &Settings) -> Result<Caller, Problem> {
    let authorization = exchange.field(RequestField::Authorization)?;
    caller_of(bearer(authorization)?, exchange, settings).await
}

/// Whether the request has one of this service's API tokens.
pub fn is_own_token(exchange: &Exchange, settings: &Settings) -> Result<bool, Problem> {
    let authorization = exchange.field(RequestField::Authorization)?;
    let password = authorization.and_then(password);
    let token = password.or_else(|| bearer(authorization).ok().flatten().map(str::to_owned));
    Ok(match (&settings.auth, token) {
        (Auth::On { tokens, .. }, Some(token)) => tokens.find(&sha256(token.as_bytes())).is_some(),
        (Auth::On { .. } | Auth::Off, _) => false,
    })
}

/// Finds out who is calling where a page of the service may be. A browser that opens a page can send no bearer token,
/// but the password that it asked for: that is the token, whatever the user's name.
pub async fn authenticate_page(
    exchange: &Exchange,
    settings: &Settings,
) -> Result<Caller, Problem> {
    let authorization = exchange.field(RequestField::Authorization)?;
    let password = authorization.and_then(password);
    let token = match &password {
        Some(password) => Some(password.as_str()),
        None => bearer(authorization)?,
    };
    caller_of(token, exchange, settings).await
}

async fn caller_of(
    token: Option<&str>,
    exchange: &Exchange,
    settings: &Settings,
) -> Result<Caller, Problem> {
    match &settings.auth {
        Auth::Off => {
            let scope = token.map_or_else(Scope::anonymous, Scope::of_token);
            Ok(Caller {
                role: Role::Operator,
                name: match token {
                    None => NOBODY.to_owned(),
                    Some(token) if is_word(token) && token != NOBODY => token.to_owned(),
                    Some(_) => format!("token {scope:.8}"),
                },
                scope,
            })
        }
        Auth::On { tokens, issuer } if tokens.is_empty() && issuer.is_none() => {
            let reason =
                "nobody may call: set API_TOKENS, or JWT_ISSUER, JWT_AUDIENCE and JWT_JWKS_URL";
            tell(
                exchange.subject(),
                &Event::Broken {
                    reason: reason.to_owned(),
                },
            );
            Err(Problem::misconfigured(format!(
                "No credentials are configured, so {reason}."
            )))
        }
        Auth::On { tokens, issuer } => {
            let token = token.ok_or_else(|| {
                Problem::unauthorized("Send the field Authorization: Bearer and your token.")
            })?;
            known(tokens, issuer.as_ref(), token, exchange).await
        }
    }
}

/// The caller that `token` names: one of the configured tokens, or one that the issuer has signed.
async fn known(
    tokens: &ApiTokens,
    issuer: Option<&JwtIssuer>,
    token: &str,
    exchange: &Exchange,
) -> Result<Caller, Problem> {
    let digest = sha256(token.as_bytes());
    if let Some(found) = tokens.find(&digest) {
        return Ok(Caller {
            scope: Scope::of_client(&found.client),
            role: found.role,
            name: found.client.clone(),
        });
    }
    // Without an issuer, no token is remembered.
    if let Some(caller) = remembered(&digest, clock::now()) {
        return Ok(caller);
    }
    match verified(issuer, token, digest).await {
        Ok(Ok(caller)) => Ok(caller),
        Ok(Err(error)) => Err(Problem::invalid_token(&error.to_string())),
        Err(error) => {
            let reason = error.to_string();
            tell(exchange.subject(), &Event::KeysMissing { reason });
            Err(Problem::keys_missing())
        }
    }
}

/// Whether a token that nobody checks is a name that somebody made up. Any other may be one that is checked
/// elsewhere, and is told to nobody.
fn is_word(token: &str) -> bool {
    let in_word = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    token.len() <= 32 && token.bytes().all(in_word)
}

/// The caller that the token names, or why the token is invalid. An error means that it could not be checked.
///
/// The signature comes first: nothing that a token says is believed, reported or remembered before.
async fn verified(
    issuer: Option<&JwtIssuer>,
    token: &str,
    digest: [u8; 32],
) -> Result<Result<Caller, JwtError>, KeysError> {
    let (Some(issuer), Some(jwt)) = (issuer, Jwt::parse(token)) else {
        return Ok(Err(JwtError::Invalid));
    };
    let set = keys_for(&issuer.jwks_url, &jwt, clock::now()).await?;
    for key in set.keys.iter().filter(|key| jwt.is_for(&key.jwk)) {
        if key.has_signed(&jwt).await {
            // The issuer may have taken seconds to answer, in which the token may have expired.
            let subject = jwt.subject(&issuer.issuer, &issuer.audience, clock::now());
            return Ok(subject.map(|(subject, lifetime)| {
                let caller = Caller::by_subject(&issuer.issuer, &subject);
                set.remember(digest, caller.clone(), lifetime);
                caller
            }));
        }
    }
    Ok(Err(JwtError::Invalid))
}
