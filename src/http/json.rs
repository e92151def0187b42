//! JSON as values, not as text: two documents are equal here if they mean the same.
//!
//! Member order, white space and escapes do not matter; array order, types and the presence of a member do.
//! Numbers are compared by their exact decimal value, which no float could do. A member name that appears
//! twice is refused: readers disagree on which of the two counts (RFC 8259, section 4).

use std::{borrow::Cow, collections::BTreeMap};

use json_event_parser::{JsonEvent, SliceJsonParser};

/// How deep arrays and objects may be nested: far deeper than people write, shallow enough for any stack.
const MAX_DEPTH: usize = 64;

/// A JSON value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// A number of any size and precision.
    Number(Number),
    /// A string, its escapes resolved.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object; the map orders its members.
    Object(BTreeMap<String, Json<'a>>),
}

/// An exact decimal: the sign, the significant digits without zeros at either end, and the power of ten of
/// the last digit. Zero has no digits, no sign and exponent 0.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Number {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl<'a> Json<'a> {
    /// Reads one document; the error says what is wrong with it, in words for its author.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        if bytes.starts_with(b"\xef\xbb\xbf") {
            return Err("The content begins with a byte order mark; JSON has none.".to_owned());
        }
        let mut parser = SliceJsonParser::new(bytes);
        let first = next(&mut parser)?;
        let value = value(&mut parser, first, MAX_DEPTH)?;
        if next(&mut parser)? == JsonEvent::Eof {
            Ok(value)
        } else {
            Err("The content goes on after the JSON document.".to_owned())
        }
    }

    /// The canonical form: the same bytes for equal values, and for them only.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    /// Every value begins with its type, and whatever has a variable length with that length, so that no
    /// value can be read as another.
    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Null => bytes.push(b'n'),
            Self::Boolean(false) => bytes.push(b'f'),
            Self::Boolean(true) => bytes.push(b't'),
            Self::Number(number) => {
                bytes.push(if number.negative { b'-' } else { b'+' });
                write_text(bytes, &number.digits);
                bytes.extend_from_slice(&number.exponent.to_be_bytes());
            }
            Self::String(text) => {
                bytes.push(b's');
                write_text(bytes, text);
            }
            Self::Array(items) => {
                bytes.push(b'a');
                write_length(bytes, items.len());
                for item in items {
                    item.write(bytes);
                }
            }
            Self::Object(members) => {
                bytes.push(b'o');
                write_length(bytes, members.len());
                for (name, value) in members {
                    write_text(bytes, name);
                    value.write(bytes);
                }
            }
        }
    }
}

fn write_length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend_from_slice(&(length as u64).to_be_bytes());
}

fn write_text(bytes: &mut Vec<u8>, text: &str) {
    write_length(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

fn next<'a>(parser: &mut SliceJsonParser<'a>) -> Result<JsonEvent<'a>, String> {
    parser.parse_next().map_err(|error| {
        let at = error.location().start;
        // The parser counts lines and columns from 0; people count from 1.
        let (line, column) = (at.line.saturating_add(1), at.column.saturating_add(1));
        format!("{} at line {line}, column {column}.", error.message())
    })
}

fn value<'a>(
    parser: &mut SliceJsonParser<'a>,
    event: JsonEvent<'a>,
    depth_left: usize,
) -> Result<Json<'a>, String> {
    match event {
        JsonEvent::Null => Ok(Json::Null),
        JsonEvent::Boolean(value) => Ok(Json::Boolean(value)),
        JsonEvent::Number(text) => number(&text).map(Json::Number),
        JsonEvent::String(text) => Ok(Json::String(text)),
        JsonEvent::StartArray => array(parser, deeper(depth_left)?).map(Json::Array),
        JsonEvent::StartObject => object(parser, deeper(depth_left)?).map(Json::Object),
        JsonEvent::EndArray | JsonEvent::EndObject | JsonEvent::ObjectKey(_) | JsonEvent::Eof => {
            Err("The JSON document ends too early.".to_owned())
        }
    }
}

fn deeper(depth_left: usize) -> Result<usize, String> {
    depth_left
        .checked_sub(1)
        .ok_or_else(|| format!("Arrays and objects are nested more than {MAX_DEPTH} deep."))
}

fn array<'a>(parser: &mut SliceJsonParser<'a>, depth_left: usize) -> Result<Vec<Json<'a>>, String> {
    let mut items = Vec::new();
    loop {
        let event = next(parser)?;
        if event == JsonEvent::EndArray {
            return Ok(items);
        }
        items.push(value(parser, event, depth_left)?);
    }
}

fn object<'a>(
    parser: &mut SliceJsonParser<'a>,
    depth_left: usize,
) -> Result<BTreeMap<String, Json<'a>>, String> {
    let mut members = BTreeMap::new();
    while let JsonEvent::ObjectKey(name) = next(parser)? {
        let event = next(parser)?;
        let value = value(parser, event, depth_left)?;
        let name = name.into_owned();
        if members.contains_key(&name) {
            return Err(format!("An object has two members named {name:?}."));
        }
        members.insert(name, value);
    }
    Ok(members)
}

/// The value of a number that the parser has accepted.
fn number(text: &str) -> Result<Number, String> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let without_trailing = all.trim_end_matches('0');
    let digits = without_trailing.trim_start_matches('0');
    if digits.is_empty() {
        return Ok(Number {
            negative: false,
            digits: String::new(),
            exponent: 0,
        });
    }
    let trailing = all.len().saturating_sub(without_trailing.len());
    let exponent = exponent
        .parse::<i64>()
        .ok()
        .and_then(|exponent| exponent.checked_add_unsigned(trailing as u64))
        .and_then(|exponent| exponent.checked_sub_unsigned(fraction.len() as u64))
        .ok_or_else(|| "A number's exponent is out of any use.".to_owned())?;
    Ok(Number {
        negative,
        digits: digits.to_owned(),
        exponent,
    })
}
