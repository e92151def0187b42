//! From a URL's query to its parameters, or everything that is wrong with it.
//!
//! A parameter that is unknown is refused: whoever misspells a filter would get everything.

use super::FieldError;

/// The parameters of a route.
pub trait Query: Default {
    /// Their names.
    const NAMES: &'static [&'static str];

    /// Takes the value of the parameter `name`, which is one of `NAMES`, or says what it must be.
    fn set(&mut self, name: &str, value: &str) -> Result<(), String>;
}

/// No parameters.
impl Query for () {
    const NAMES: &'static [&'static str] = &[];

    fn set(&mut self, _: &str, _: &str) -> Result<(), String> {
        Ok(())
    }
}

/// The longest value of a parameter, in bytes: a link to the next page repeats it, and header fields are short.
const MAX_VALUE_BYTES: usize = 2048;

/// How many wrong parameters are told of: a URL has room for thousands.
const MAX_ERRORS: usize = 20;

/// The longest name that is repeated to whoever sent it, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// Reads a query, which comes without its question mark.
pub fn parse_query<Q: Query>(query: &str) -> Result<Q, Vec<FieldError>> {
    let mut parameters = Q::default();
    let mut errors = Vec::new();
    let mut seen = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let known = Q::NAMES.iter().find(|known| **known == name);
        let taken = match known {
            None => Err(unknown(Q::NAMES)),
            Some(known) if seen.contains(known) => Err("must not be there twice".to_owned()),
            Some(_) if value.len() > MAX_VALUE_BYTES => {
                Err(format!("must have at most {MAX_VALUE_BYTES} bytes"))
            }
            Some(known) => {
                seen.push(*known);
                parameters.set(known, &value)
            }
        };
        if let Err(rule) = taken {
            errors.push(FieldError::parameter(repeated(&name), rule));
        }
        if errors.len() == MAX_ERRORS {
            break;
        }
    }
    if errors.is_empty() {
        Ok(parameters)
    } else {
        Err(errors)
    }
}

fn unknown(names: &[&str]) -> String {
    match names {
        [] => "is unknown: there are no parameters here".to_owned(),
        names => format!("is unknown: there are {}", names.join(", ")),
    }
}

/// `name`, if it is one that a parameter could have; an answer is no place for anything else.
fn repeated(name: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte);
    let starts_plainly = name.starts_with(|first: char| first.is_ascii_alphabetic());
    if starts_plainly && name.len() <= MAX_NAME_BYTES && name.bytes().all(is_plain) {
        name
    } else {
        "?"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Flag(bool);

    impl Query for Flag {
        const NAMES: &'static [&'static str] = &["flag"];

        fn set(&mut self, _: &str, value: &str) -> Result<(), String> {
            self.0 = value.parse().map_err(|_| "must be true or false")?;
            Ok(())
        }
    }

    #[test]
    fn all_wrong_parameters_are_told() {
        let errors = parse_query::<Flag>("flag=x&Flag=true&flag=true&%3Cb%3E=1").unwrap_err();

        assert_eq!(
            errors,
            [
                FieldError::parameter("flag", "must be true or false"),
                FieldError::parameter("Flag", "is unknown: there are flag"),
                FieldError::parameter("flag", "must not be there twice"),
                FieldError::parameter("?", "is unknown: there are flag"),
            ]
        );
        assert_eq!(parse_query::<Flag>("flag=true"), Ok(Flag(true)));
        assert_eq!(parse_query::<Flag>(""), Ok(Flag(false)));
        assert!(parse_query::<()>("a").is_err());
        let long = parse_query::<Flag>(&format!("flag={}", "x".repeat(2049))).unwrap_err();
        assert_eq!(
            long,
            [FieldError::parameter(
                "flag",
                "must have at most 2048 bytes"
            )]
        );
    }

    #[test]
    fn a_query_of_thousands_of_wrong_parameters_has_a_short_answer() {
        let errors = parse_query::<()>(&"a&".repeat(5000)).unwrap_err();

        assert_eq!(errors.len(), MAX_ERRORS);
    }
}
