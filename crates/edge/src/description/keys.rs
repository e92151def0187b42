//! What is said of idempotency keys, which depends on the operations that there are.

use idempotency_core::KeyForm;
use schemars::SchemaGenerator;
use serde_json::{Value, json};

use crate::operation::{Operations, example_key, format::uuid_v4};

/// The pattern of a key, as `IdempotencyKey::parse` accepts it.
const fn pattern(form: KeyForm) -> &'static str {
    match form {
        KeyForm::Uuid4 => {
            "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}"
        }
        KeyForm::Uuid => {
            "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
        }
        KeyForm::Opaque => "[!-+\\--~]{1,255}",
    }
}

/// The pattern of the field `Idempotency-Key`: bare, or as a string.
pub fn pattern_of_field(form: KeyForm) -> String {
    let key = pattern(form);
    match form {
        KeyForm::Uuid4 | KeyForm::Uuid => format!("^({key}|\"{key}\")$"),
        // A string may have commas too, and a quote or backslash in it has a backslash before it.
        KeyForm::Opaque => format!("^({key}|\"([!#-\\[\\]-~]|\\\\[\"\\\\]){{1,255}}\")$"),
    }
}

/// A key of this form, in words.
pub const fn words(form: KeyForm) -> &'static str {
    match form {
        KeyForm::Uuid4 => "a UUID of version 4",
        KeyForm::Uuid => "a UUID",
        KeyForm::Opaque => "1 to 255 characters of visible ASCII",
    }
}

/// The schema of a key in answers.
pub fn schema(operations: &Operations) -> Value {
    let is_opaque = operations.key_forms().contains(&KeyForm::Opaque);
    if is_opaque {
        json!({"type": "string", "minLength": 1, "maxLength": 255})
    } else {
        json!({"type": "string", "format": "uuid"})
    }
}

/// The schema of a key in the body of an answer, which says all there is to say.
fn member(operations: &Operations) -> Value {
    let forms = operations.key_forms();
    let is_version_4 = forms.iter().all(|form| *form == KeyForm::Uuid4);
    if is_version_4 {
        uuid_v4(&mut SchemaGenerator::default()).into()
    } else {
        schema(operations)
    }
}

/// A key that another example has used: that of the first operation.
pub fn example(operations: &Operations) -> String {
    example_key(operations.names().next().unwrap_or_default())
}

/// Adds to the schema of this name what depends on the operations.
#[expect(
    clippy::indexing_slicing,
    reason = "a JSON value makes the member that is assigned to; its example is there"
)]
pub fn complete(name: &str, schema: &mut Value, operations: &Operations) {
    match name {
        "Health" => schema["examples"][0]["version"] = operations.version.into(),
        "KeyStatus" => {
            let names: Vec<_> = operations.names().collect();
            schema["properties"]["idempotency_key"] = member(operations);
            schema["properties"]["operation"]["enum"] = json!(names);
            let example = &mut schema["examples"][0];
            example["idempotency_key"] = self::example(operations).into();
            example["operation"] = names.first().copied().into();
        }
        _ => {}
    }
}
