//! What is wrong with a `Content-Type`.

/// What to do, whatever was sent.
const SEND: &str = "Send JSON in UTF-8, with Content-Type: application/json.";

/// Those that people send without knowing it, and who sends them.
const UNASKED: &[(&str, &str)] = &[
    (
        "application/x-www-form-urlencoded",
        "curl -d and forms send it unless told otherwise. With curl, add -H 'Content-Type: application/json'.",
    ),
    (
        "multipart/form-data",
        "curl -F and forms send it. The content must be JSON, not a form.",
    ),
    (
        "text/plain",
        "fetch() sends it with a string unless told otherwise.",
    ),
    (
        "application/octet-stream",
        "Some clients send it with bytes unless told otherwise.",
    ),
    ("text/json", "The type of JSON is application/json."),
];

/// What is wrong with `sent`, which is not JSON in UTF-8.
pub fn about_content_type(sent: Option<&str>) -> String {
    let Some(sent) = sent else {
        return format!("The field Content-Type is missing. {SEND}");
    };
    let sent = sent.to_ascii_lowercase();
    let mut parts = sent.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let unasked = UNASKED.iter().find(|(name, _)| *name == media_type);
    match unasked {
        Some((name, why)) => format!("The Content-Type is {name}. {why} {SEND}"),
        None if sent.contains(',') => format!("The Content-Type was sent twice. {SEND}"),
        None if media_type == "application/json" => about_charset(parts),
        None if media_type.ends_with("+json") => {
            format!(
                "The Content-Type is one that is made of JSON, but only JSON itself is taken. {SEND}"
            )
        }
        None => format!("The Content-Type is not application/json. {SEND}"),
    }
}

/// A charset is repeated only if it is a short name.
fn about_charset<'a>(parameters: impl Iterator<Item = &'a str>) -> String {
    let is_name = |text: &&str| {
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:+".contains(&byte);
        (1..=40).contains(&text.len()) && text.bytes().all(in_name)
    };
    let charset = parameters
        .filter_map(|part| part.split_once('='))
        .filter(|(name, _)| name.trim() == "charset")
        .map(|(_, value)| value.trim().trim_matches('"'))
        .find(|value| *value != "utf-8");
    let wrong = match charset.filter(is_name) {
        Some(name) => format!("The charset is {name}."),
        None => "The charset is not utf-8.".to_owned(),
    };
    format!("{wrong} JSON is in UTF-8: send it so, with charset=utf-8 or without a charset.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_type_that_is_not_json_is_told_what_is_wrong_with_it() {
        for (sent, told) in [
            (None, "is missing"),
            (Some("application/x-www-form-urlencoded"), "curl -d"),
            (Some("multipart/form-data; boundary=x"), "curl -F"),
            (Some("Text/Plain;charset=UTF-8"), "fetch()"),
            (Some("application/json, application/json"), "sent twice"),
            (Some("application/ld+json"), "JSON itself"),
            (Some("application/xml"), "not application/json"),
            (Some(""), "not application/json"),
            (
                Some("application/json; charset=ISO-8859-1"),
                "charset is iso-8859-1",
            ),
            (Some("application/json;charset=\"utf8\""), "charset is utf8"),
            (
                Some("application/json;charset=s3cret \u{1b}[31m"),
                "charset is not utf-8",
            ),
            (Some("application/json;charset="), "charset is not utf-8"),
        ] {
            let words = about_content_type(sent);
            assert!(words.contains(told), "{sent:?}: {words}");
            assert!(words.contains("UTF-8"), "{sent:?}: {words}");
            assert!(!words.contains("s3cret"), "{words}");
        }
    }
}
