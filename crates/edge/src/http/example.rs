//! How to use the service, with commands to paste.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{answer::Answer, answer_field::AnswerField};
use crate::{
    operation::{Endpoint, Operations},
    settings::{Auth, Retention, Settings},
};

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
    /// Commands for a shell, by the names of the operations.
    curl: BTreeMap<String, String>,
    /// Programs, by the names of the operations.
    python: BTreeMap<String, String>,
    #[serde(skip)]
    first_command: Option<String>,
}

/// What each arrival gets.
#[derive(JsonSchema, Serialize)]
struct Behavior {
    first_request: &'static str,
    duplicate_request: &'static str,
    different_payload: &'static str,
    in_progress: &'static str,
}

/// An operation with a body to try it with.
struct Trial<'a> {
    name: &'a str,
    path: &'a str,
    body: &'a str,
}

impl Example {
    /// The page of the service at `base_url`. `key` makes the key of the command for this operation.
    pub fn new(
        base_url: &str,
        operations: &Operations,
        settings: &Settings,
        key: impl Fn(&str) -> String,
    ) -> Self {
        let needs_token = settings.auth != Auth::Off;
        let trials: Vec<_> = trials(operations).collect();
        let commands = trials
            .iter()
            .map(|trial| trial.command(base_url, needs_token, &key(trial.name)));
        let commands: Vec<_> = commands.collect();
        let named = trials.iter().map(|trial| trial.name.to_owned());
        let program = trials
            .first()
            .map(|trial| (trial.name.to_owned(), trial.program(base_url, needs_token)));
        let ttl_s = settings.retention_s(Retention::Standard);
        Self {
            description: "Send the same key with every repetition of a request, and the operation happens once.",
            authorization: if needs_token {
                "Put your token into the environment variable API_TOKEN before you run the commands."
            } else {
                "None is needed here."
            },
            header: AnswerField::Key.name(),
            format: "a UUID of version 4; Idempotency-Key is taken too, bare or as a quoted string",
            ttl: format!("{ttl_s} seconds from the first request"),
            examples: Examples {
                first_command: commands.first().cloned(),
                curl: named.zip(commands).collect(),
                python: program.into_iter().collect(),
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

    /// The command to begin with, if there is one.
    #[must_use]
    pub fn first_command(&self) -> Option<&str> {
        self.examples.first_command.as_deref()
    }

    /// The answer that shows it.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::json(serde_json::to_vec(self).unwrap_or_default())
    }
}

fn trials(operations: &Operations) -> impl Iterator<Item = Trial<'_>> {
    operations.routes.iter().filter_map(|route| {
        let Endpoint::Keyed(keyed) = &route.endpoint else {
            return None;
        };
        Some(Trial {
            name: keyed.operation.name(),
            path: &route.path,
            body: keyed
                .example
                .filter(|_| route.method == "POST" && !route.path.contains('{'))?,
        })
    })
}

impl Trial<'_> {
    fn command(&self, base_url: &str, needs_token: bool, key: &str) -> String {
        let Self { path, body, .. } = self;
        let token = if needs_token {
            " -H \"Authorization: Bearer $API_TOKEN\""
        } else {
            ""
        };
        format!(
            "curl -i -X POST {base_url}{path}{token} -H 'Content-Type: application/json' \
             -H 'X-Idempotency-Key: {key}' -d '{body}'"
        )
    }

    /// A body that is JSON is a literal of Python too, unless it has `true`, `false` or `null` in it.
    fn program(&self, base_url: &str, needs_token: bool) -> String {
        let Self { path, body, .. } = self;
        let token = if needs_token {
            ", \"Authorization\": \"Bearer \" + os.environ[\"API_TOKEN\"]"
        } else {
            ""
        };
        format!(
            "import json, os, urllib.request, uuid\n\
             request = urllib.request.Request(\n\
             \x20   \"{base_url}{path}\",\n\
             \x20   data=json.dumps({body}).encode(),\n\
             \x20   headers={{\"Content-Type\": \"application/json\", \"X-Idempotency-Key\": str(uuid.uuid4()){token}}},\n\
             )\n\
             for attempt in (\"first answer\", \"the same again\"):\n\
             \x20   with urllib.request.urlopen(request) as answer:\n\
             \x20       print(attempt, answer.status, answer.headers.get(\"Idempotent-Replayed\"), answer.read().decode())\n"
        )
    }
}
