//! What Adyen signs: some members of the one item of a notification.

use idempotency_core::Json;
use serde_json::Value;

/// The members in their order.
const MEMBERS: [&str; 8] = [
    "/pspReference",
    "/originalReference",
    "/merchantAccountCode",
    "/merchantReference",
    "/amount/value",
    "/amount/currency",
    "/eventCode",
    "/success",
];

/// The text that is signed, and the signature as it was sent.
///
/// Nothing, if `body` is no notification of one item: what else is in it is not signed. Nor if an object in it has two
/// members of one name, of which the API may read another than is verified here.
pub fn signed(body: &[u8]) -> Option<(String, String)> {
    Json::parse(body).ok()?;
    let notification: Value = serde_json::from_slice(body).ok()?;
    let items = notification.get("notificationItems")?.as_array()?;
    let [item] = items.as_slice() else {
        return None;
    };
    let item = item.get("NotificationRequestItem")?;
    let signature = item.pointer("/additionalData/hmacSignature")?.as_str()?;
    let values = MEMBERS.map(|pointer| match item.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(true)) => "true".to_owned(),
        Some(Value::Bool(false)) => "false".to_owned(),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => String::new(),
    });
    Some((values.join(":"), signature.to_owned()))
}
