//! The URL of an upstream.

use std::net::IpAddr;

use super::target::Base;

/// The parts of an upstream's URL, or what it must be.
pub fn base(url: &str) -> Result<Base, &'static str> {
    const RULE: &str =
        "an https URL without user, query and fragment; http is for this machine alone";
    let (scheme, rest) = url.split_once("://").ok_or(RULE)?;
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at_checked(at).ok_or(RULE)?,
        None => (rest, ""),
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    let is_plain = !authority.is_empty() && authority.bytes().all(allowed);
    let is_secure = scheme == "https" || scheme == "http" && is_own_machine(authority);
    if !is_plain || !is_secure || path.contains(['?', '#', '\\', '%']) || path.contains("/.") {
        return Err(RULE);
    }
    Ok(Base {
        origin: format!("{scheme}://{authority}"),
        path: path.trim_end_matches('/').to_owned(),
    })
}

fn is_own_machine(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstreams_url_is_one_host_and_nothing_else() {
        for (url, origin, path) in [
            ("https://a.example", "https://a.example", ""),
            (
                "https://a.example:8443/v1/",
                "https://a.example:8443",
                "/v1",
            ),
            ("http://localhost:3000", "http://localhost:3000", ""),
            ("http://127.0.0.1:1/x", "http://127.0.0.1:1", "/x"),
            ("http://[::1]:1", "http://[::1]:1", ""),
        ] {
            let base = base(url).unwrap();
            assert_eq!(
                (base.origin.as_str(), base.path.as_str()),
                (origin, path),
                "{url}"
            );
        }
        for url in [
            "",
            "a.example",
            "https://",
            "ftp://a.example",
            "http://a.example",
            "http://localhost.evil.example",
            "https://user@a.example",
            "https://a.example?x",
            "https://a.example/x?y",
            "https://a.example/#f",
            "https://a.example/../b",
            "https://a\\b",
            "https://a.example/%2e",
        ] {
            assert!(base(url).is_err(), "{url}");
        }
    }
}
