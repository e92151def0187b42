//! The bearer token in the `Authorization` field (RFC 6750, section 2.1).

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::http::problem::Problem;

/// The token, or nothing if the field is absent.
pub fn bearer(authorization: Option<&str>) -> Result<Option<&str>, Problem> {
    let Some(value) = authorization else {
        return Ok(None);
    };
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    let token = token.trim_matches(' ');
    if scheme.eq_ignore_ascii_case("bearer") && is_token68(token) {
        Ok(Some(token))
    } else {
        Err(Problem::unauthorized(mistake(scheme, token)))
    }
}

/// What is wrong with a field that has no bearer token; the token is not repeated.
fn mistake(scheme: &str, token: &str) -> &'static str {
    let is = |name: &str| scheme.eq_ignore_ascii_case(name);
    if is("bearer") && token.is_empty() {
        "The Authorization field has no token behind Bearer: a variable may be empty. Put the token there."
    } else if is("bearer") {
        "The token in the Authorization field has a character that is none of A-Z a-z 0-9 - . _ ~ + / =. Send the \
         token alone, without quotes or spaces."
    } else if token.is_empty() {
        "The Authorization field has one word. Send Bearer, a space and the token."
    } else {
        "The Authorization field has another scheme than Bearer. Send Bearer, a space and the token."
    }
}

/// The password of the scheme Basic (RFC 7617), if that is what the field has.
pub fn password(authorization: &str) -> Option<String> {
    let (scheme, credentials) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    Some(text.split_once(':')?.1.to_owned())
}

/// RFC 9110, section 11.2.
fn is_token68(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !body.is_empty() && body.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_however_the_scheme_is_spelled() {
        assert_eq!(bearer(Some("Bearer abc.def==")).unwrap(), Some("abc.def=="));
        assert_eq!(
            bearer(Some("bearer  abc.def==")).unwrap(),
            Some("abc.def==")
        );
        assert_eq!(bearer(None).unwrap(), None);
    }

    #[test]
    fn a_password_is_found_whoever_the_user_is() {
        assert_eq!(password("Basic b3BzOmE6Yg==").as_deref(), Some("a:b"));
        assert_eq!(password("basic OnRva2Vu").as_deref(), Some("token"));
        for none in ["Basic", "Basic !", "Basic b3Bz", "Bearer b3BzOmE6Yg=="] {
            assert_eq!(password(none), None, "{none}");
        }
    }

    #[test]
    fn anything_else_in_the_field_is_refused() {
        for wrong in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Basic YTpi",
            "Bearer ä",
            "Bearer abc\u{a0}",
        ] {
            assert!(bearer(Some(wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_wrong_with_the_field_is_said_without_what_is_in_it() {
        for (wrong, told) in [
            ("s3cret", "one word"),
            ("Bearer", "no token behind Bearer"),
            ("Bearer  ", "no token behind Bearer"),
            ("Bearer \"s3cret\"", "without quotes"),
            ("Basic s3cret", "another scheme"),
            ("Token s3cret", "another scheme"),
        ] {
            let detail = bearer(Some(wrong)).unwrap_err().detail;
            assert!(detail.contains(told), "{wrong}: {detail}");
            assert!(
                detail.contains("token") && !detail.contains("s3cret"),
                "{detail}"
            );
        }
    }
}
