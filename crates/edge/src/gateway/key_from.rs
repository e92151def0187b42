//! Where the policy has the key of a request looked for.

use idempotency_core::KeyForm;
use schemars::JsonSchema;
use serde::Deserialize;

use super::stated::Stated;
use crate::operation::KeySource;

/// Where the key of a request is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KeyFrom {
    /// Places, the first of which that has something has the key: `header:NAME`, `query:NAME`, `form:NAME`,
    /// `json:/pointer`, or `digest`, which makes one of the whole request. Several with ` + ` in between have it together.
    pub from: Stated<Vec<KeySource>>,
    /// Whether a request without a key is refused. If not, it passes to the upstream as it is.
    pub required: bool,
    /// `opaque`: 1 to 255 bytes of visible ASCII. `uuid`: any UUID. `uuid4`: one of version 4.
    pub form: Form,
}

impl std::default::Default for KeyFrom {
    fn default() -> Self {
        let fields = ["Idempotency-Key", "X-Idempotency-Key"];
        Self {
            from: Stated::otherwise(
                fields
                    .map(|name| KeySource::Header(name.to_owned()))
                    .to_vec(),
            ),
            required: true,
            form: Form::Opaque,
        }
    }
}

impl KeyFrom {
    /// Where keys are, if it is not in the two fields that every route knows.
    #[must_use]
    pub fn elsewhere(&self) -> Option<Vec<KeySource>> {
        (*self.from != *Self::default().from).then(|| self.from.to_vec())
    }
}

/// The form of keys.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// 1 to 255 bytes of visible ASCII.
    Opaque,
    /// Any UUID.
    Uuid,
    /// A UUID of version 4.
    Uuid4,
}

impl From<Form> for KeyForm {
    fn from(form: Form) -> Self {
        match form {
            Form::Opaque => Self::Opaque,
            Form::Uuid => Self::Uuid,
            Form::Uuid4 => Self::Uuid4,
        }
    }
}
