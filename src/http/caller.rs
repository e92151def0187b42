//! Who is calling?

use super::problem::Problem;
use crate::coordinator::Scope;

/// The caller that the `Authorization` field names.
///
/// A bearer token (RFC 6750, section 2.1) separates callers; it is not checked against anything.
pub fn caller(authorization: Option<&str>) -> Result<Scope, Problem> {
    let Some(value) = authorization else {
        return Ok(Scope::anonymous());
    };
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    let token = token.trim();
    if scheme.eq_ignore_ascii_case("bearer") && is_token68(token) {
        Ok(Scope::of_token(token))
    } else {
        Err(Problem::unauthorized(
            "The Authorization field must be 'Bearer' and a token of letters, digits and -._~+/=, or be \
             left out.",
        ))
    }
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
    fn a_token_is_a_caller_and_none_is_another() {
        let a = caller(Some("Bearer abc.def==")).unwrap();
        let b = caller(Some("bearer  abc.def==")).unwrap();
        let other = caller(Some("Bearer abc.deg==")).unwrap();

        assert_eq!(a, b);
        assert_ne!(a, other);
        assert_ne!(a, caller(None).unwrap());
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
        ] {
            assert!(caller(Some(wrong)).is_err(), "{wrong:?}");
        }
    }
}
