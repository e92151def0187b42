//! From the `Authorization` field to a caller.

use worker::Request;

use super::{
    bearer::bearer,
    jwt::{Jwt, JwtError},
    keys::keys_for,
};
use crate::{
    clock,
    coordinator::Scope,
    http::{
        exchange::{Exchange, field},
        problem::Problem,
    },
    settings::{ApiTokens, Auth, JwtIssuer, Role, Settings},
    telemetry::{Event, log},
};

/// Who is calling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Caller {
    /// Whose records and rows the request is about.
    pub scope: Scope,
    /// What it may do.
    pub role: Role,
}

/// Finds out who is calling.
pub async fn authenticate(
    request: &Request,
    exchange: &Exchange,
    settings: &Settings,
) -> Result<Caller, Problem> {
    let authorization = field(request, "Authorization")?;
    let token = bearer(authorization.as_deref())?;
    match &settings.auth {
        Auth::Off => Ok(Caller {
            scope: token.map_or_else(Scope::anonymous, Scope::of_token),
            role: Role::Operator,
        }),
        Auth::On { tokens, issuer } if tokens.is_empty() && issuer.is_none() => {
            let reason =
                "nobody may call: set API_TOKENS, or JWT_ISSUER, JWT_AUDIENCE and JWT_JWKS_URL";
            log(
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
    if let Some(found) = tokens.find(token) {
        return Ok(Caller {
            scope: Scope::of_client(&found.client),
            role: found.role,
        });
    }
    let (Some(issuer), Some(jwt)) = (issuer, Jwt::parse(token)) else {
        return Err(Problem::invalid_token("This token is not valid here."));
    };
    match verified(issuer, &jwt).await {
        Ok(subject) => Ok(Caller {
            scope: Scope::of_subject(&issuer.issuer, &subject),
            role: Role::Client,
        }),
        Err(JwtError::Keys(error)) => {
            let reason = error.to_string();
            log(exchange.subject(), &Event::KeysMissing { reason });
            Err(Problem::keys_missing())
        }
        Err(error @ (JwtError::Expired | JwtError::NotYetValid | JwtError::Invalid)) => {
            Err(Problem::invalid_token(&error.to_string()))
        }
    }
}

/// The signature comes first: nothing that a token says is believed, or told of, before.
async fn verified(issuer: &JwtIssuer, jwt: &Jwt<'_>) -> Result<String, JwtError> {
    let now = clock::now();
    let keys = keys_for(&issuer.jwks_url, jwt, now).await?;
    for key in keys.iter().filter(|key| jwt.is_for(&key.jwk)) {
        if key.has_signed(jwt).await? {
            return jwt.subject(&issuer.issuer, &issuer.audience, now);
        }
    }
    Err(JwtError::Invalid)
}
