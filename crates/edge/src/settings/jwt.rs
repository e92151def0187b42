//! `JWT_ISSUER`, `JWT_AUDIENCE`, `JWT_JWKS_URL`: whose JSON Web Tokens are taken.

use super::{
    urls::{is_loopback, is_public},
    values::{Environment, WrongSetting},
};

/// An issuer of tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct JwtIssuer {
    /// What `iss` must be.
    pub issuer: String,
    /// What `aud` must be or contain.
    pub audience: String,
    /// Where its keys are.
    pub jwks_url: String,
}

impl JwtIssuer {
    /// Reads the three variables: all of them, or none.
    pub(super) fn read(text: &impl Environment) -> Result<Option<Self>, WrongSetting> {
        match ["JWT_ISSUER", "JWT_AUDIENCE", "JWT_JWKS_URL"].map(text) {
            [None, None, None] => Ok(None),
            [Some(issuer), Some(audience), Some(jwks_url)] => {
                if is_public(&jwks_url) || is_loopback(&jwks_url) {
                    Ok(Some(Self {
                        issuer,
                        audience,
                        jwks_url,
                    }))
                } else {
                    Err(WrongSetting {
                        name: "JWT_JWKS_URL",
                        rule: "an https URL of a public host name, without a user and a password",
                    })
                }
            }
            _ => Err(WrongSetting {
                name: "JWT_ISSUER",
                rule: "set together with JWT_AUDIENCE and JWT_JWKS_URL: all three, or none",
            }),
        }
    }

    /// Whether its keys are on this machine, which is for development.
    #[must_use]
    pub fn is_local(&self) -> bool {
        is_loopback(&self.jwks_url)
    }
}
