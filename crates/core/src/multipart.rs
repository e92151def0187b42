//! Bodies of several parts (RFC 2046, section 5.1), for what makes two of them the same: their parts, and not the boundary,
//! which clients make anew each time.
//!
//! Only the plainest form is read: nothing before the first boundary, between a boundary and its line's end, or after the
//! last one. What is in doubt is no such body, and is compared by its bytes.

use crate::digest::digest;

/// The longest boundary (RFC 2046, section 5.1.1).
const MAX_BOUNDARY_BYTES: usize = 70;

/// The digest of the parts of `body` in their order, header fields and contents. Nothing, if `body` is not of parts, as
/// `content_type` says how they are divided.
#[must_use]
pub fn digest_of_parts(content_type: &str, body: &[u8]) -> Option<[u8; 32]> {
    let boundary = boundary(content_type)?;
    Some(digest(&parts(boundary, body)?))
}

/// The one boundary of a media type of parts.
fn boundary(content_type: &str) -> Option<&str> {
    let mut texts = content_type.split(';').map(str::trim);
    let (kind, _) = texts.next()?.split_once('/')?;
    if !kind.eq_ignore_ascii_case("multipart") {
        return None;
    }
    let parameters = texts.filter_map(|text| text.split_once('='));
    let mut found = parameters.filter(|(name, _)| name.eq_ignore_ascii_case("boundary"));
    let (_, value) = found.next()?;
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"')?,
        None => value,
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    let is_boundary = (1..=MAX_BOUNDARY_BYTES).contains(&value.len())
        && value.bytes().all(allowed)
        && !value.ends_with(' ');
    (is_boundary && found.next().is_none()).then_some(value)
}

/// The header fields and the content of each part in turn.
fn parts<'a>(boundary: &str, body: &'a [u8]) -> Option<Vec<&'a [u8]>> {
    let line = format!("\r\n--{boundary}");
    let line = line.as_bytes();
    let mut parts = Vec::new();
    let mut rest = body.strip_prefix(line.get(2..)?)?;
    loop {
        if let Some(end) = rest.strip_prefix(b"--") {
            return matches!(end, b"" | b"\r\n").then_some(parts);
        }
        // The line's end stays: the one after it ends header fields of which there are none.
        let next = find(rest, line)?;
        let (part, after) = rest.split_at_checked(next)?;
        let head = find(part, b"\r\n\r\n").filter(|_| part.starts_with(b"\r\n"))?;
        let (head, content) = part.split_at_checked(head)?;
        parts.extend([head, content]);
        rest = after.strip_prefix(line)?;
    }
}

/// Where `text`, which begins with a carriage return, is for the first time.
fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    let mut at = 0_usize;
    loop {
        let rest = bytes.get(at..)?;
        let next = rest.iter().position(|byte| *byte == b'\r')?;
        at = at.saturating_add(next);
        if bytes.get(at..)?.starts_with(text) {
            return Some(at);
        }
        at = at.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\n\r\nx\r\n\r\n\r\n--b--\r\n";

    fn of(content_type: &str, body: &str) -> Option<[u8; 32]> {
        digest_of_parts(content_type, body.as_bytes())
    }

    #[test]
    fn another_boundary_makes_the_same_parts() {
        let form = of("multipart/form-data; boundary=b", FORM).unwrap();

        let other = FORM.replace("--b", "-----WebKit7");
        assert_eq!(
            of("multipart/form-data; boundary=---WebKit7", &other),
            Some(form)
        );
        assert_eq!(
            of("Multipart/Mixed;x=y; Boundary=\"b\"", FORM.trim_end()),
            Some(form)
        );
    }

    #[test]
    fn any_change_of_a_part_makes_another_body() {
        let form = of("multipart/form-data; boundary=b", FORM);
        for (from, to) in [
            ("\"a\"", "\"b\""),
            ("\r\n1\r\n", "\r\n2\r\n"),
            ("x\r\n\r\n", "x\r\n"),
            ("\r\n--b\r\n\r\nx\r\n\r\n", ""),
            ("1\r\n--b\r\n\r\nx", "1x\r\n--b\r\n\r\n"),
            ("form-data", "form-data\r\nA: b"),
        ] {
            let changed = FORM.replacen(from, to, 1);
            let other = of("multipart/form-data; boundary=b", &changed);
            assert!(other.is_some() && other != form, "{from:?}");
        }
    }

    #[test]
    fn what_is_in_doubt_is_no_body_of_parts() {
        let is_read = |content_type, body: &str| of(content_type, body).is_some();
        let right = "multipart/form-data; boundary=b";
        assert!(is_read(right, "--b--"));
        for body in [
            "",
            "--b",
            "--b-",
            "--c--",
            "\r\n--b--",
            "preamble\r\n--b--",
            "--b--epilogue",
            "--b \r\n\r\nx\r\n--b--",
            "--b\r\nno end of the fields\r\n--b--",
            "--b\r\n\r\nx\r\n--bc\r\n--b--",
            "--b\r\n\r\nx",
        ] {
            assert!(!is_read(right, body), "{body:?}");
        }
        for content_type in [
            "",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"b",
            "multipart/form-data; boundary=b; boundary=b",
            "multipart/form-data; boundary=b\u{e4}",
            "text/plain; boundary=b",
        ] {
            assert!(!is_read(content_type, FORM), "{content_type}");
        }
    }
}
