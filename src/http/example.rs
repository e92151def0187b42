//! How to use the service, with commands to paste.

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Answer;
use crate::settings::{Auth, Settings};

const RESOURCES: &str = "/api/v1/operations/resources";
const TRANSACTIONS: &str = "/api/v1/operations/transactions";

/// The page's content.
#[derive(JsonSchema, Serialize)]
pub struct Example {
    description: &'static str,
    /// What the commands need to be let in.
    authorization: &'static str,
    /// The name of the header field.
    header: &'static str,
    format: &'static str,
    /// How long a key counts.
    ttl: String,
    examples: Examples,
    behavior: Behavior,
}

#[derive(JsonSchema, Serialize)]
struct Examples {
    /// Commands for a shell.
    curl: Curl,
    /// Programs.
    python: Python,
}

#[derive(JsonSchema, Serialize)]
struct Curl {
    create_resource: String,
    create_transaction: String,
}

#[derive(JsonSchema, Serialize)]
struct Python {
    create_resource: String,
}

/// What each arrival gets.
#[derive(JsonSchema, Serialize)]
struct Behavior {
    first_request: &'static str,
    duplicate_request: &'static str,
    different_payload: &'static str,
    in_progress: &'static str,
}

impl Example {
    /// The page of the service at `base_url`. `key` makes the key of the command of this name.
    pub fn new(base_url: &str, settings: &Settings, key: impl Fn(&str) -> String) -> Self {
        let needs_token = settings.auth != Auth::Off;
        let token = if needs_token {
            " -H \"Authorization: Bearer $API_TOKEN\""
        } else {
            ""
        };
        let curl = |name: &str, path: &str, payload: &str| {
            let key = key(name);
            format!(
                "curl -i -X POST {base_url}{path}{token} -H 'Content-Type: application/json' \
                 -H 'X-Idempotency-Key: {key}' -d '{payload}'"
            )
        };
        let payload =
            r#"{"amount": 99.95, "currency": "USD", "description": "One coffee machine"}"#;
        Self {
            description: "Send the same key with every repetition of a request, and the operation happens once.",
            authorization: if needs_token {
                "Put your token into the environment variable API_TOKEN before you run the commands."
            } else {
                "None is needed here."
            },
            header: "X-Idempotency-Key",
            format: "a UUID of version 4; Idempotency-Key is taken too, bare or as a quoted string",
            ttl: format!(
                "{} seconds from the first request",
                settings.standard_retention_s()
            ),
            examples: Examples {
                curl: Curl {
                    create_resource: curl(
                        "first resource",
                        RESOURCES,
                        r#"{"name": "My first resource"}"#,
                    ),
                    create_transaction: curl("first transaction", TRANSACTIONS, payload),
                },
                python: Python {
                    create_resource: python(base_url, needs_token),
                },
            },
            behavior: Behavior {
                first_request: "The operation runs and is answered with 201.",
                duplicate_request: "The same answer again, byte for byte, with Idempotent-Replayed: true. Nothing \
                                    runs.",
                different_payload: "400 request-mismatch (422 if the key came in Idempotency-Key). Nothing runs.",
                in_progress: "409 operation-in-progress with Retry-After; with Prefer: wait=N, the answer if it \
                              comes within N seconds (at most 30).",
            },
        }
    }

    /// The command to begin with.
    #[must_use]
    pub fn first_command(&self) -> &str {
        &self.examples.curl.create_resource
    }

    /// The answer that shows it.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::json(serde_json::to_vec(self).unwrap_or_default())
    }
}

fn python(base_url: &str, needs_token: bool) -> String {
    let token = if needs_token {
        ", \"Authorization\": \"Bearer \" + os.environ[\"API_TOKEN\"]"
    } else {
        ""
    };
    format!(
        "import json, os, urllib.request, uuid\n\
         request = urllib.request.Request(\n\
         \x20   \"{base_url}{RESOURCES}\",\n\
         \x20   data=json.dumps({{\"name\": \"My first resource\"}}).encode(),\n\
         \x20   headers={{\"Content-Type\": \"application/json\", \"X-Idempotency-Key\": str(uuid.uuid4()){token}}},\n\
         )\n\
         for attempt in (\"first answer\", \"the same again\"):\n\
         \x20   with urllib.request.urlopen(request) as answer:\n\
         \x20       print(attempt, answer.status, answer.headers.get(\"Idempotent-Replayed\"), answer.read().decode())\n"
    )
}
