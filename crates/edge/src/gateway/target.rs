//! The URL of a request to an upstream. Nothing that a client sends can make it leave the upstream.

use thiserror::Error;

use super::policy::Rewrite;

/// The parts of an upstream's URL: `https://host:port` and a path without a slash at its end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Base {
    /// Scheme, host and port.
    pub origin: String,
    /// The path in front of every other; empty, if there is none.
    pub path: String,
}

/// A path that is not passed on.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum WrongPath {
    /// A segment of dots, plain or encoded, which servers resolve in different ways.
    #[error("the path has a segment of dots")]
    Dots,
    /// A backslash, which some servers take for a slash.
    #[error("the path has a backslash")]
    Backslash,
    /// An encoded slash or NUL, or a percent sign without two hex digits.
    #[error("the path has an encoding that servers read in different ways")]
    Encoding,
    /// It does not begin with what the route takes from its beginning.
    #[error("the path does not begin with what is stripped from it")]
    NotStripped,
}

/// The URL of `path` and `query` at the upstream, with `strip` taken from the path's beginning and `prefix` put there.
pub fn url(
    base: &Base,
    strip: &str,
    prefix: &str,
    path: &str,
    query: &str,
) -> Result<String, WrongPath> {
    check(path)?;
    let rest = path.strip_prefix(strip).ok_or(WrongPath::NotStripped)?;
    if !strip.is_empty() && !rest.is_empty() && !rest.starts_with('/') {
        return Err(WrongPath::NotStripped);
    }
    let Base { origin, path } = base;
    let separator = if rest.starts_with('/') || rest.is_empty() && !prefix.is_empty() {
        ""
    } else {
        "/"
    };
    // After the origin there is always a slash, so that nothing can become part of the host.
    let url = format!("{origin}{path}{prefix}{separator}{rest}");
    Ok(if query.is_empty() {
        url
    } else {
        format!("{url}?{query}")
    })
}

/// What a URL of the upstream is at this service; nothing, if it is none of the upstream's.
pub fn ours(location: &str, base: &Base, rewrite: &Rewrite, our_base_url: &str) -> Option<String> {
    let is_end = |rest: &str| rest.is_empty() || rest.starts_with(['/', '?', '#']);
    let rest = location
        .strip_prefix(base.origin.as_str())
        .filter(|rest| is_end(rest))?;
    let inside = [base.path.as_str(), rewrite.prefix.as_str()].concat();
    // What is not below the path that requests get is still better reached here than there.
    let rest = match rest
        .strip_prefix(inside.as_str())
        .filter(|rest| is_end(rest))
    {
        Some(rest) => format!("{}{rest}", rewrite.strip),
        None => rest.to_owned(),
    };
    Some(format!("{our_base_url}{rest}"))
}

fn check(path: &str) -> Result<(), WrongPath> {
    let lower = path.to_ascii_lowercase();
    if lower.contains('\\') || lower.contains("%5c") {
        return Err(WrongPath::Backslash);
    }
    let is_encoded = |rest: &str| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if lower.contains("%00") || !lower.split('%').skip(1).all(is_encoded) {
        return Err(WrongPath::Encoding);
    }
    let is_dots = |segment: &str| matches!(segment.replace("%2e", ".").as_str(), "." | "..");
    if lower.replace("%2f", "/").split('/').any(is_dots) {
        return Err(WrongPath::Dots);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use idempotency_core::fuzz::fuzz;
    use proptest::{option, prelude::*};

    use super::*;

    fn base(path: &str) -> Base {
        Base {
            origin: "https://api.example:8443".to_owned(),
            path: path.to_owned(),
        }
    }

    #[test]
    fn a_path_is_put_behind_the_upstreams() {
        let url = |base_path, strip, prefix, path, query| {
            url(&base(base_path), strip, prefix, path, query)
        };
        for (base_path, strip, prefix, path, query, expected) in [
            ("", "", "", "/orders", "", "/orders"),
            ("/v1", "", "", "/orders", "a=b", "/v1/orders?a=b"),
            ("/v1", "/shop", "", "/shop/orders", "", "/v1/orders"),
            ("", "/shop", "/api", "/shop", "", "/api"),
            ("", "", "", "//evil.example/x", "", "//evil.example/x"),
            ("", "", "", "/a%2Fb", "", "/a%2Fb"),
        ] {
            let expected = format!("https://api.example:8443{expected}");
            assert_eq!(url(base_path, strip, prefix, path, query), Ok(expected));
        }
    }

    #[test]
    fn what_servers_read_in_different_ways_is_refused() {
        for (path, wrong) in [
            ("/a/../b", WrongPath::Dots),
            ("/a/%2e%2E/b", WrongPath::Dots),
            ("/a/.%2e", WrongPath::Dots),
            ("/./b", WrongPath::Dots),
            ("/a%2f..%2fb", WrongPath::Dots),
            ("/a\\b", WrongPath::Backslash),
            ("/a%5Cb", WrongPath::Backslash),
            ("/a%00", WrongPath::Encoding),
            ("/a%", WrongPath::Encoding),
            ("/a%2", WrongPath::Encoding),
            ("/a%zz", WrongPath::Encoding),
            ("/other", WrongPath::NotStripped),
            ("/shopadmin", WrongPath::NotStripped),
        ] {
            let is_stripped = wrong == WrongPath::NotStripped;
            let strip = if is_stripped { "/shop" } else { "" };
            assert_eq!(url(&base(""), strip, "", path, ""), Err(wrong), "{path}");
        }
    }

    #[test]
    fn a_location_at_the_upstream_is_one_here() {
        let rewrite = Rewrite {
            strip: "/shop".to_owned(),
            prefix: "/api".to_owned(),
        };
        let ours = |location| ours(location, &base("/v1"), &rewrite, "https://here.example");
        for (location, expected) in [
            (
                "https://api.example:8443/v1/api/orders/7?a",
                Some("https://here.example/shop/orders/7?a"),
            ),
            (
                "https://api.example:8443/else",
                Some("https://here.example/else"),
            ),
            ("https://api.example:84430/v1", None),
            ("https://api.example:8443.evil.example/", None),
            ("/orders/7", None),
        ] {
            assert_eq!(ours(location).as_deref(), expected, "{location}");
        }
    }

    #[test]
    fn no_path_and_query_leave_the_upstream() {
        let path = "[/]?(//|@|evil\\.example|[a-z.%2eEfF\\\\:#?]{0,8}|/){0,6}";
        let inputs = (path, option::of("[ -~]{0,12}"));
        fuzz("upstream's URL", &inputs, |(path, query)| {
            let Ok(url) = url(
                &base("/v1"),
                "",
                "",
                &path,
                query.as_deref().unwrap_or_default(),
            ) else {
                return Ok(false);
            };
            prop_assert!(
                url.starts_with("https://api.example:8443/v1/")
                    || url == "https://api.example:8443/v1"
            );
            Ok(true)
        });
    }
}
