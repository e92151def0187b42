//! A request, as operations get it.

use serde::{Deserialize, Serialize};

/// A request, as operations get it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// Scheme, host and port that it was sent to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub base_url: String,
    /// The path, as it was sent.
    pub path: String,
    /// The query without its question mark, as it was sent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// What stands in the place of the route's variables.
    #[serde(default, skip_serializing_if = "Variables::is_empty")]
    pub variables: Variables,
    /// The header fields in their order, names in lower case; empty, unless the operation reads them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<(String, String)>,
    /// The body. In a message it is the body of the frame.
    #[serde(skip)]
    pub body: Vec<u8>,
}

/// What stands in the place of a route's variables, percent-decoded, by their names.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Variables(pub Vec<(String, String)>);

impl Variables {
    /// What stands in the place of `{name}` or `{*name}`; empty, if the route has no such variable.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        let mut variables = self.0.iter();
        variables
            .find(|(own, _)| own == name)
            .map_or("", |(_, value)| value)
    }

    /// Whether the route has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Request {
    /// The first field of this name, in either case.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let field = fields.find(|(own, _)| own.eq_ignore_ascii_case(name));
        field.map(|(_, value)| value.as_str())
    }
}
