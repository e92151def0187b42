//! Where the API is served.

use serde_json::{Value, json};

/// Where the local server listens.
pub const BASE_URL: &str = "http://localhost:8000";

/// The `servers` of the description.
pub fn servers() -> Value {
    json!([
        {"url": BASE_URL, "description": "A local server, as `npm start` runs it"},
        {"url": "/", "description": "The service that this description comes from"},
    ])
}
