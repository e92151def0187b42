//! What a policy says of a webhook.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};

use super::preset::Preset;

/// Who sends the requests of a route, and how that is known.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookRule {
    /// The sender. The signatures of `sns` and `paypal` are by certificate, and are not verified: that is left to the API.
    pub preset: Preset,
    /// The name of the variable or secret that has the sender's secret, or several names while one secret replaces
    /// another. Required, but for `sns` and `paypal`, which have none.
    #[serde(default)]
    pub secret: Names,
    /// Scheme, host and port of the URL that the sender calls, if they are not those that this service sees. For `twilio`
    /// alone, which signs them.
    #[serde(default)]
    pub public_url: Option<String>,
}

/// Names of variables or secrets: a text, or a list of them.
#[derive(Clone, Debug, Default)]
pub struct Names(pub Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMore)
    }
}

struct OneOrMore;

impl<'de> Visitor<'de> for OneOrMore {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a variable or secret, or a list of such names")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Names, E> {
        Ok(Names(vec![name.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Names, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = list.next_element()? {
            names.push(name);
        }
        Ok(Names(names))
    }
}

impl JsonSchema for Names {
    fn schema_name() -> Cow<'static, str> {
        "Names".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let name = json_schema!({"type": "string", "minLength": 1});
        json_schema!({
            "anyOf": [name, {"type": "array", "items": name, "minItems": 1, "maxItems": super::check::MAX_SECRETS}],
            "description": "The name of a variable or secret, or a list of such names.",
        })
    }
}
