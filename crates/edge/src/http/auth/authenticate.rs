//! From the `Authorization` field to a caller.

use idempotency_core::Scope;

use super::{
    bearer::{bearer, password},
    jwt::{Jwt, JwtError},
    keys::{KeysError, keys_for},
};
use crate::{
    clock,
    http::{exchange::Exchange, head::RequestField, problem::Problem},
    settings::{ApiTokens, Auth, JwtIssuer, Role, Settings},
    telemetry::{Event, tell},
};

/// What a caller without a token is called, where none is needed.
const NOBODY: &str = "anonymous";

/// Who is calling.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// Whose records and rows the request is about.
    pub scope: Scope,
    /// What it may do.
    pub role: Role,
    /// What those who watch call it: a client id, or an issuer's subject. No two callers have the same.
    pub name: String,
}

impl Caller {
    /// Who sends this value of a header field that an upstream looks at. Those who watch see its digest, by which operators
    /// can look keys up.
    #[must_use]
    pub fn by_field(name: &str, value: &str) -> Self {
        Self::of_scope(Scope::of_field(name, value))
    }

    /// Everybody who calls a route.
    #[must_use]
    pub fn of_route(operation: &str) -> Self {
        Self::of_scope(Scope::of_route(operation))
    }

    fn of_scope(scope: Scope) -> Self {
        Self {
            scope,
            role: Role::Client,
            name: format!("scope {scope}"),
        }
    }

    /// The same, if it is an operator.
    pub fn operator(self) -> Result<Self, Problem> {
        match self.role {
            Role::Operator => Ok(self),
            Role::Client => Err(Problem::operators_only()),
        }
    }
}

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
        (Auth::On { tokens, .. }, Some(token)) => tokens.find(&token).is_some(),
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
    if let Some(found) = tokens.find(token) {
        return Ok(Caller {
            scope: Scope::of_client(&found.client),
            role: found.role,
            name: found.client.clone(),
        });
    }
    let (Some(issuer), Some(jwt)) = (issuer, Jwt::parse(token)) else {
        return Err(Problem::invalid_token("This token is not valid here."));
    };
    match verified(issuer, &jwt).await {
        Ok(Ok(subject)) => {
            let scope = Scope::of_subject(&issuer.issuer, &subject);
            Ok(Caller {
                role: Role::Client,
                name: name_of(&subject, &scope),
                scope,
            })
        }
        Ok(Err(error)) => Err(Problem::invalid_token(&error.to_string())),
        Err(error) => {
            let reason = error.to_string();
            tell(exchange.subject(), &Event::KeysMissing { reason });
            Err(Problem::keys_missing())
        }
    }
}

/// An issuer may call its subjects anything. At most 64 characters are shown, and none that could disturb a line of
/// text; a subject that is not shown in full has a part of its digest with it. No client id has a space.
fn name_of(subject: &str, scope: &Scope) -> String {
    let shown = subject.chars().filter(|char| !char.is_control()).take(64);
    let shown: String = shown.collect();
    if shown == subject {
        format!("subject {shown}")
    } else {
        format!("subject {shown} {scope:.8}")
    }
}

/// Whether a token that nobody checks is a name that somebody made up. Any other may be one that is checked
/// elsewhere, and is told to nobody.
fn is_word(token: &str) -> bool {
    let in_word = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    token.len() <= 32 && token.bytes().all(in_word)
}

/// The subject that the token names, or why the token is invalid. An error means that it could not be checked.
///
/// The signature comes first: nothing that a token says is believed, or reported, before.
async fn verified(
    issuer: &JwtIssuer,
    jwt: &Jwt<'_>,
) -> Result<Result<String, JwtError>, KeysError> {
    let keys = keys_for(&issuer.jwks_url, jwt, clock::now()).await?;
    for key in keys.iter().filter(|key| jwt.is_for(&key.jwk)) {
        if key.has_signed(jwt).await {
            // The issuer may have taken seconds to answer, in which the token may have expired.
            return Ok(jwt.subject(&issuer.issuer, &issuer.audience, clock::now()));
        }
    }
    Ok(Err(JwtError::Invalid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_subjects_have_a_name_in_common_and_none_has_a_clients() {
        let long = "x".repeat(64);
        let [longer, other] = [format!("{long}1"), format!("{long}2")];
        let subjects = ["ann", "ann\n", "\u{7}ann", &long, &longer, &other];

        let names = subjects.map(|subject| name_of(subject, &Scope::of_token(subject)));

        assert_eq!(names[0], "subject ann");
        assert!(names[4].starts_with(&format!("subject {long} ")));
        for (at, name) in names.iter().enumerate() {
            assert!(name.contains(' ') && !name.contains(char::is_control));
            assert!(!names[..at].contains(name), "{name}");
        }
    }
}
