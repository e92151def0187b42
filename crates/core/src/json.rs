//! JSON as values, not as text: two documents are equal here if they mean the same.
//!
//! Member order, white space and escapes do not matter; array order, types and the presence of a member do.
//! Numbers are compared by their exact decimal value, which no float could do. `parse.rs` reads them.

use std::{borrow::Cow, collections::BTreeMap};

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

impl Json<'_> {
    /// The canonical form: the same bytes for equal values, and for them only.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    /// The same without what these JSON Pointers (RFC 6901) name.
    #[must_use]
    pub fn without(mut self, pointers: &[String]) -> Self {
        for pointer in pointers {
            let segments = pointer.strip_prefix('/').map(|rest| rest.split('/'));
            let segments: Vec<_> = segments
                .into_iter()
                .flatten()
                .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
                .collect();
            self.remove(&segments);
        }
        self
    }

    fn remove(&mut self, segments: &[String]) {
        match (self, segments) {
            (Self::Object(members), [last]) => {
                members.remove(last);
            }
            (Self::Object(members), [first, rest @ ..]) => {
                if let Some(member) = members.get_mut(first) {
                    member.remove(rest);
                }
            }
            (Self::Array(items), [first, rest @ ..]) if !rest.is_empty() => {
                let item = first.parse().ok().and_then(|at: usize| items.get_mut(at));
                if let Some(item) = item {
                    item.remove(rest);
                }
            }
            _ => {}
        }
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

impl Number {
    /// The value of a number that the parser has accepted, unless its exponent is out of any use.
    pub fn of(text: &str) -> Option<Self> {
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
            return Some(Self {
                negative: false,
                digits: String::new(),
                exponent: 0,
            });
        }
        let trailing = all.len().saturating_sub(without_trailing.len());
        let exponent = exponent
            .parse::<i64>()
            .ok()?
            .checked_add_unsigned(trailing as u64)?
            .checked_sub_unsigned(fraction.len() as u64)?;
        Some(Self {
            negative,
            digits: digits.to_owned(),
            exponent,
        })
    }
}
