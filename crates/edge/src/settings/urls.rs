//! Which addresses the service calls by itself: none that a private network alone knows.

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
pub fn is_public(url: &str) -> bool {
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

/// An address on this machine, for development.
pub fn is_loopback(url: &str) -> bool {
    host(url, "http://").is_some_and(|host| matches!(host, "localhost" | "127.0.0.1"))
}
