//! What is wrong with an idempotency key.

use idempotency_core::KeyForm;
use uuid::{Uuid, Variant};

/// What to send instead.
const fn send(form: KeyForm) -> &'static str {
    match form {
        KeyForm::Uuid4 => {
            "Send a UUID of version 4 in its 36 characters, such as 9b2e1c1e-52a9-4f4c-9d0b-0f6a1a2b3c4d."
        }
        KeyForm::Uuid => {
            "Send a UUID in its 36 characters, such as 9b2e1c1e-52a9-4f4c-9d0b-0f6a1a2b3c4d."
        }
        KeyForm::Opaque => {
            "Send 1 to 255 characters of visible ASCII without spaces, such as a UUID."
        }
    }
}

/// Quotes that word processors and Markdown write.
const OTHER_QUOTES: [char; 5] = ['`', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}'];

/// What is wrong with `text`, an invalid key. `may_be_quoted` says whether the field takes one in double quotes.
pub fn about_key(text: &str, form: KeyForm, may_be_quoted: bool) -> String {
    let text = text.trim_matches([' ', '\t']);
    let wrong = match (form, Uuid::try_parse(text)) {
        (KeyForm::Opaque, _) => about_opaque(text, may_be_quoted).to_owned(),
        (KeyForm::Uuid4 | KeyForm::Uuid, Ok(uuid)) => about_uuid(text, uuid),
        (KeyForm::Uuid4 | KeyForm::Uuid, Err(_)) => about_text(text, may_be_quoted).to_owned(),
    };
    format!("{wrong} {}", send(form))
}

const UNPAIRED: &str =
    "The key's double quotes do not make a pair. Send it in one pair of them, or without.";

fn about_opaque(text: &str, may_be_quoted: bool) -> &'static str {
    if text.is_empty() {
        "The key is empty."
    } else if may_be_quoted && text.starts_with('"') {
        UNPAIRED
    } else if text.len() > 255 {
        "The key is longer than 255 bytes."
    } else if matches!(text, "." | "..") {
        "The key is one dot or two, which URLs leave out of paths, so it could not be looked up."
    } else {
        "The key has a space or a character that is not visible ASCII in it."
    }
}

fn about_text(text: &str, may_be_quoted: bool) -> &'static str {
    let is_around = |quote: char| text.starts_with(quote) || text.ends_with(quote);
    let is_blank = |name: &&str| text.eq_ignore_ascii_case(name);
    if text.is_empty() {
        "The key is empty."
    } else if is_around('"') && !may_be_quoted {
        "The key is in double quotes, which belong to the field Idempotency-Key. Here, leave them out."
    } else if is_around('"') {
        UNPAIRED
    } else if is_around('\'') {
        "The key is in single quotes. Leave them out."
    } else if OTHER_QUOTES.into_iter().any(is_around) {
        "The key is in quotes that are none of HTTP's. Leave them out."
    } else if text.contains(['$', '%', '<', '{', '['])
        || ["undefined", "null", "none", "nan"].iter().any(is_blank)
    {
        "The key looks like a placeholder that was not replaced."
    } else if text.trim() != text {
        "The key has white space around it that is not a plain space."
    } else if text.contains(';') {
        "The key has parameters, which follow a key in double quotes in the field Idempotency-Key alone."
    } else if text.len() == 36 {
        "The key has 36 characters, but not the hex digits and hyphens of a UUID in their places."
    } else {
        "The key is not a UUID."
    }
}

/// A UUID, but not of version 4, or not in its usual form.
fn about_uuid(text: &str, uuid: Uuid) -> String {
    let version = uuid.get_version_num();
    match text.len() {
        32 => "The key is a UUID without its hyphens.".to_owned(),
        38 => "The key is a UUID in braces. Leave them out.".to_owned(),
        45 => "The key is a UUID with urn:uuid: in front. Leave that out.".to_owned(),
        _ if uuid.is_nil() => "The key is the nil UUID, which is the same for everybody.".to_owned(),
        _ if uuid.is_max() => "The key is the max UUID, which is the same for everybody.".to_owned(),
        _ if uuid.get_variant() != Variant::RFC4122 => {
            "The key has the form of a UUID but not its variant: the 20th character must be 8, 9, a or b.".to_owned()
        }
        _ => format!("The key is a UUID of version {version}, and it must be one of version 4."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_key_is_told_what_is_wrong_with_it() {
        const KEY: &str = "9b2e1c1e-52a9-4f4c-9d0b-0f6a1a2b3c4d";
        for (sent, told) in [
            (String::new(), "is empty"),
            (format!("\"{KEY}\""), "in double quotes"),
            (format!("'{KEY}'"), "in single quotes"),
            (format!("`{KEY}`"), "none of HTTP's"),
            (format!("\u{201c}{KEY}\u{201d}"), "none of HTTP's"),
            (format!("{{{KEY}}}"), "in braces"),
            (format!("urn:uuid:{KEY}"), "urn:uuid: in front"),
            (KEY.replace('-', ""), "without its hyphens"),
            (KEY.replace("-4f", "-7f"), "of version 7"),
            (KEY.replace("-4f", "-1f"), "of version 1"),
            (KEY.replace("-9d", "-cd"), "20th character"),
            (
                KEY.replace('9', "0")
                    .replace(|c: char| c.is_ascii_hexdigit(), "0"),
                "nil UUID",
            ),
            (
                KEY.replace(|c: char| c.is_ascii_hexdigit(), "f"),
                "max UUID",
            ),
            (KEY.replace("9b2e", "9b2g"), "hex digits and hyphens"),
            (format!("{KEY}\u{a0}"), "white space"),
            (format!("{KEY};v=1"), "parameters"),
            ("{{$guid}}".to_owned(), "placeholder"),
            ("$(uuidgen)".to_owned(), "placeholder"),
            ("<uuid>".to_owned(), "placeholder"),
            ("undefined".to_owned(), "placeholder"),
            ("[object Object]".to_owned(), "placeholder"),
            ("order-17".to_owned(), "not a UUID"),
        ] {
            let words = about_key(&sent, KeyForm::Uuid4, false);
            assert!(words.contains(told), "{sent}: {words}");
            assert!(words.contains("UUID of version 4"), "{sent}: {words}");
            assert!(!words.contains("order-17"));
        }
        assert!(about_key("\"abc", KeyForm::Uuid4, true).contains("do not make a pair"));
    }

    #[test]
    fn an_invalid_opaque_key_is_told_what_is_wrong_with_it() {
        let long = "k".repeat(256);
        for (sent, told) in [
            ("", "is empty"),
            (long.as_str(), "longer than 255 bytes"),
            (".", "could not be looked up"),
            ("..", "could not be looked up"),
            ("a b", "has a space"),
        ] {
            let words = about_key(sent, KeyForm::Opaque, false);
            assert!(words.contains(told), "{sent}: {words}");
            assert!(
                words.contains("Send 1 to 255 characters"),
                "{sent}: {words}"
            );
        }
    }
}
