//! `JWT_ISSUER`, `JWT_AUDIENCE`, `JWT_JWKS_URL`: whose JSON Web Tokens are taken.

use super::values::{Variables, WrongSetting};

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
    pub(super) fn read(text: &impl Variables) -> Result<Option<Self>, WrongSetting> {
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

/// The host of an absolute URL, without its port; nothing if there is a user in front of it.
fn host<'a>(url: &'a str, scheme: &str) -> Option<&'a str> {
    let authority = url.strip_prefix(scheme)?.split(['/', '?', '#']).next()?;
    let plain = authority
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte));
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    (plain && port.parse::<u16>().is_ok()).then_some(host)
}

/// A host with a name of two labels or more, the last of them in letters: no address of any notation
/// (127.0.0.1, 0x7f.1, 2130706433, or IPv6) passes, nor does a name that only a private network resolves.
pub(super) fn is_public(url: &str) -> bool {
    const PRIVATE: [&str; 6] = ["localhost", "local", "internal", "lan", "home", "arpa"];
    host(url, "https://").is_some_and(|host| {
        let name = host.to_ascii_lowercase();
        let last = name.rsplit('.').next().unwrap_or_default();
        let letters =
            last.starts_with("xn--") || last.bytes().all(|byte| byte.is_ascii_lowercase());
        name.contains('.')
            && name.split('.').all(|label| !label.is_empty())
            && letters
            && !PRIVATE.contains(&last)
    })
}

fn is_loopback(url: &str) -> bool {
    host(url, "http://").is_some_and(|host| matches!(host, "localhost" | "127.0.0.1"))
}
