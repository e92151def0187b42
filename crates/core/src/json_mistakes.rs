//! What is wrong with invalid JSON.

/// What can be seen of a content as a whole, before it is read as JSON.
pub fn about_document(bytes: &[u8]) -> Option<&'static str> {
    match bytes.trim_ascii() {
        [] => Some("The content has nothing in it but white space. Send a JSON object."),
        [0xef, 0xbb, 0xbf, ..] => {
            Some("The content begins with a byte order mark; JSON has none. Leave it out.")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, ..] | [0, ..] => {
            Some("The content is in UTF-16 or UTF-32. Send it in UTF-8.")
        }
        [b'<', ..] => Some("The content looks like XML or HTML. Send a JSON object."),
        [b'\'', ..] => Some(
            "The content begins with a single quote. The command line of Windows hands it on: use double quotes there.",
        ),
        trimmed if is_form(trimmed) => Some(
            "The content looks like a form. Send a JSON object, with its names in double quotes.",
        ),
        _ => None,
    }
}

/// `name=`, as the content of a form begins.
fn is_form(bytes: &[u8]) -> bool {
    let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_.[]%".contains(*byte);
    let length = bytes.iter().take_while(in_name).count();
    length > 0 && bytes.get(length) == Some(&b'=')
}

/// What is wrong in `bytes` at `at`, where the parser met something that it does not accept.
pub fn about_place(bytes: &[u8], at: usize) -> &'static str {
    let (before, rest) = bytes.split_at_checked(at).unwrap_or((bytes, &[]));
    let previous = before.trim_ascii_end().last().copied();
    match (previous, rest) {
        (_, []) => "The content ends before the JSON document does. Send all of it.",
        (_, [b'\\', b'"', ..]) => {
            "A quote outside of a string has a backslash. The content was escaped once more than it should be."
        }
        (_, [b'\\', b'u', ..]) => HALF,
        (_, _) if ends_in_escape(before) => HALF,
        (_, [b'\\', ..]) => {
            "A backslash begins no escape that JSON has. Write \\\\ for a backslash itself."
        }
        (_, _) if before.ends_with(b"\\u") => "\\u is not followed by four hex digits.",
        (Some(b','), [b'}' | b']', ..]) => "A comma has nothing behind it. Leave it out.",
        (Some(b',' | b'[' | b'{'), [b',', ..]) => {
            "A comma has nothing in front of it. Leave it out."
        }
        (Some(b':'), [b',' | b'}' | b']', ..]) => {
            "A member has no value. Write one, or leave the member out."
        }
        (_, [b'\'', ..]) => {
            "A single quote is no quote in JSON. Write strings and names in double quotes."
        }
        (_, [b'/' | b'#', ..]) => "JSON has no comments. Leave them out.",
        (_, [b'+' | b'.', ..]) => {
            "A number begins with neither a plus nor a point. Write it as in 1 or 0.5."
        }
        (_, [0..=0x1f, ..]) => {
            "A string has a line break, a tab or another control character in it. Write it as an escape, such as \\n."
        }
        (_, [0x80..=0xff, ..]) => about_bytes(rest),
        (_, [first, ..]) if first.is_ascii_alphabetic() || *first == b'_' => about_word(rest),
        _ => about_separator(before, rest),
    }
}

const HALF: &str =
    "A \\u escape is half of a surrogate pair. Write both halves, or the character itself.";

/// Whether the last thing is `\u` and four hex digits.
fn ends_in_escape(before: &[u8]) -> bool {
    let Some((rest, digits)) = before.split_last_chunk::<4>() else {
        return false;
    };
    rest.ends_with(b"\\u") && digits.iter().all(u8::is_ascii_hexdigit)
}

/// A byte beyond ASCII outside of a string, or one that is not UTF-8.
fn about_bytes(rest: &[u8]) -> &'static str {
    match rest {
        [0xe2, 0x80, 0x98..=0x9f, ..] => {
            "A quote is a typographic one, as word processors write it. Write the plain double quote."
        }
        [0xc2, 0xa0, ..] | [0xe2, 0x80, ..] => {
            "There is white space that JSON does not have, such as a no-break space. Write a plain space."
        }
        _ => "A byte is not UTF-8, or stands outside of a string. Send the content in UTF-8.",
    }
}

/// A word that JSON does not have. If a colon follows, it is a member's name.
fn about_word(rest: &[u8]) -> &'static str {
    let in_word = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-$".contains(*byte);
    let length = rest.iter().take_while(in_word).count();
    let (word, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
    if behind.trim_ascii_start().starts_with(b":") {
        return "A name has no quotes. Write it in double quotes.";
    }
    match word {
        b"True" | b"False" | b"TRUE" | b"FALSE" | b"None" | b"Null" | b"NULL" | b"nil" => {
            "JSON's words are true, false and null, in lower case. Other languages have others."
        }
        b"NaN" | b"Infinity" | b"inf" | b"nan" => {
            "JSON has no such number. Write null, or leave it out."
        }
        b"undefined" => "JSON has no undefined. Write null, or leave the member out.",
        _ => "A word is not true, false or null. Write text in double quotes.",
    }
}

/// Something that is valid elsewhere.
fn about_separator(before: &[u8], rest: &[u8]) -> &'static str {
    match (before, rest) {
        ([.., b'0'], [b'0'..=b'9', ..]) => {
            "A number begins with a zero. Leave it out, or write text."
        }
        ([.., b'.'], _) => "A number ends with its point. Write a digit behind it.",
        ([.., b'e' | b'E' | b'-' | b'+'], _) => "A number ends too early. Write its digits.",
        (_, [b'"' | b'{' | b'[' | b'-' | b'0'..=b'9', ..]) => {
            "A comma or a colon is missing in front of this, or a quote within a string has no backslash."
        }
        (_, [b'=', ..]) => "An equals sign stands where JSON has a colon.",
        (_, [b'}' | b']', ..]) => {
            "A bracket closes what is not open, or another one is to be closed first."
        }
        _ => "This cannot stand here in JSON.",
    }
}
