//! From a content's bytes to a JSON value, within bounds. What is wrong is said in this file's words: neither
//! the parser's nor the client's are repeated.
//!
//! A member name that appears twice is refused: readers disagree on which of the two counts (RFC 8259,
//! section 4).

use std::collections::BTreeMap;

use json_event_parser::{JsonEvent, JsonSyntaxError, SliceJsonParser};

use super::{
    json::{Json, Number},
    json_mistakes::{about_document, about_place},
};

/// How deep arrays and objects may be nested: far deeper than people write, shallow enough for any stack.
const MAX_DEPTH: usize = 64;

/// How many members and items there may be in all. Each costs many times the two bytes that it may be sent as.
const MAX_VALUES: usize = 10_000;

/// The longest string or member name, in bytes of UTF-8, its escapes resolved.
const MAX_STRING_BYTES: usize = 65_536;

/// The longest number, in characters: more digits than anything is counted or measured in.
const MAX_NUMBER_CHARS: usize = 1_000;

impl<'a> Json<'a> {
    /// Reads one document; the error says what is wrong with it, in words for its author.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        if let Some(wrong) = about_document(bytes) {
            return Err(wrong.to_owned());
        }
        let mut document = Document {
            bytes,
            parser: SliceJsonParser::new(bytes),
            values_left: MAX_VALUES,
        };
        let first = document.next()?;
        let value = document.value(first, MAX_DEPTH)?;
        match document.parser.parse_next() {
            Ok(JsonEvent::Eof) => Ok(value),
            Ok(_) => Err(GOES_ON.to_owned()),
            Err(error) => Err(from(&error, GOES_ON)),
        }
    }
}

/// What the parser says of a string, a number or a word that the content ends in.
const UNENDED: &str = "Unexpected end of file";

const GOES_ON: &str = "The content goes on after the JSON document. Send one document.";

/// What is wrong, and where.
fn from(error: &JsonSyntaxError, wrong: &str) -> String {
    let at = error.location().start;
    // The parser counts lines and columns from 0; people count from 1.
    let (line, column) = (at.line.saturating_add(1), at.column.saturating_add(1));
    format!("Not JSON from line {line}, column {column} on: {wrong}")
}

/// A document that is being read.
struct Document<'a> {
    /// The whole of it.
    bytes: &'a [u8],
    parser: SliceJsonParser<'a>,
    /// How many members and items may still come.
    values_left: usize,
}

impl<'a> Document<'a> {
    fn next(&mut self) -> Result<JsonEvent<'a>, String> {
        self.parser.parse_next().map_err(|error| {
            let at = match error.message() {
                UNENDED => usize::MAX,
                _ => usize::try_from(error.location().start.offset).unwrap_or(usize::MAX),
            };
            from(&error, about_place(self.bytes, at))
        })
    }

    fn value(&mut self, event: JsonEvent<'a>, depth_left: usize) -> Result<Json<'a>, String> {
        match event {
            JsonEvent::Null => Ok(Json::Null),
            JsonEvent::Boolean(value) => Ok(Json::Boolean(value)),
            JsonEvent::Number(text) => number(&text).map(Json::Number),
            JsonEvent::String(text) => short(&text).map(|()| Json::String(text)),
            JsonEvent::StartArray => self.array(deeper(depth_left)?).map(Json::Array),
            JsonEvent::StartObject => self.object(deeper(depth_left)?).map(Json::Object),
            JsonEvent::EndArray
            | JsonEvent::EndObject
            | JsonEvent::ObjectKey(_)
            | JsonEvent::Eof => Err(about_place(self.bytes, usize::MAX).to_owned()),
        }
    }

    fn array(&mut self, depth_left: usize) -> Result<Vec<Json<'a>>, String> {
        let mut items = Vec::new();
        loop {
            let event = self.next()?;
            if event == JsonEvent::EndArray {
                return Ok(items);
            }
            self.count()?;
            items.push(self.value(event, depth_left)?);
        }
    }

    fn object(&mut self, depth_left: usize) -> Result<BTreeMap<String, Json<'a>>, String> {
        let mut members = BTreeMap::new();
        while let JsonEvent::ObjectKey(name) = self.next()? {
            self.count()?;
            short(&name)?;
            let event = self.next()?;
            let value = self.value(event, depth_left)?;
            if members.insert(name.into_owned(), value).is_some() {
                return Err("An object has two members of one name. Send one of them.".to_owned());
            }
        }
        Ok(members)
    }

    /// Takes one of the values that may still come.
    fn count(&mut self) -> Result<(), String> {
        self.values_left = self.values_left.checked_sub(1).ok_or_else(|| {
            format!("Arrays and objects have more than {MAX_VALUES} items and members in all.")
        })?;
        Ok(())
    }
}

fn deeper(depth_left: usize) -> Result<usize, String> {
    depth_left
        .checked_sub(1)
        .ok_or_else(|| format!("Arrays and objects are nested more than {MAX_DEPTH} deep."))
}

fn short(text: &str) -> Result<(), String> {
    if text.len() <= MAX_STRING_BYTES {
        Ok(())
    } else {
        Err(format!(
            "A string or a member's name has more than {MAX_STRING_BYTES} bytes."
        ))
    }
}

fn number(text: &str) -> Result<Number, String> {
    if text.len() > MAX_NUMBER_CHARS {
        return Err(format!(
            "A number has more than {MAX_NUMBER_CHARS} characters."
        ));
    }
    Number::of(text).ok_or_else(|| "A number's exponent is out of any use.".to_owned())
}
