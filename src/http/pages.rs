//! What the service says of itself: how to use it, whether it is up, what its problems mean.

use serde_json::json;
use uuid::Uuid;

use super::{answer::Answer, catalogue::ProblemType};
use crate::settings::{Auth, Settings};

/// Whether the service is up.
#[must_use]
pub fn health() -> Answer {
    let body = json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")});
    Answer::json(body.to_string().into_bytes())
}

/// Which methods a path takes.
#[must_use]
pub fn options(allow: &str) -> Answer {
    let answer = Answer {
        status: 204,
        headers: Vec::new(),
        body: Vec::new(),
    };
    answer.with("Allow", allow)
}

/// How to use the service, with commands to paste. Each command has a key of its own, made for this answer.
#[must_use]
pub fn example(base_url: &str, settings: &Settings) -> Answer {
    let key = Uuid::new_v4;
    let needs_token = settings.auth != Auth::Off;
    let (curl_token, python_token) = if needs_token {
        (
            " -H \"Authorization: Bearer $API_TOKEN\"",
            ", \"Authorization\": \"Bearer \" + os.environ[\"API_TOKEN\"]",
        )
    } else {
        ("", "")
    };
    let curl = |path: &str, payload: &str| {
        format!(
            "curl -i -X POST {base_url}{path}{curl_token} -H 'Content-Type: application/json' \
             -H 'X-Idempotency-Key: {}' -d '{payload}'",
            key()
        )
    };
    let resources = "/api/v1/operations/resources";
    let python = format!(
        "import json, os, urllib.request, uuid\n\
         request = urllib.request.Request(\n\
         \x20   \"{base_url}{resources}\",\n\
         \x20   data=json.dumps({{\"name\": \"My first resource\"}}).encode(),\n\
         \x20   headers={{\"Content-Type\": \"application/json\", \"X-Idempotency-Key\": str(uuid.uuid4()){python_token}}},\n\
         )\n\
         for attempt in (\"first answer\", \"the same again\"):\n\
         \x20   with urllib.request.urlopen(request) as answer:\n\
         \x20       print(attempt, answer.status, answer.headers.get(\"Idempotent-Replayed\"), answer.read().decode())\n"
    );
    let body = json!({
        "description": "Send the same key with every repetition of a request, and the operation happens once.",
        "authorization": if needs_token {
            "Put your token into the environment variable API_TOKEN before you run the commands."
        } else {
            "None is needed here."
        },
        "header": "X-Idempotency-Key",
        "format": "a UUID of version 4; Idempotency-Key is taken too, bare or as a quoted string",
        "ttl": format!("{} seconds from the first request", settings.standard_retention_s()),
        "examples": {
            "curl": {
                "create_resource": curl(resources, r#"{"name": "My first resource"}"#),
                "create_transaction": curl(
                    "/api/v1/operations/transactions",
                    r#"{"amount": 99.95, "currency": "USD", "description": "One coffee machine"}"#,
                ),
            },
            "python": { "create_resource": python },
        },
        "behavior": {
            "first_request": "The operation runs and is answered with 201.",
            "duplicate_request": "The same answer again, byte for byte, with Idempotent-Replayed: true. Nothing runs.",
            "different_payload": "400 request-mismatch (422 if the key came in Idempotency-Key). Nothing runs.",
            "in_progress": "409 operation-in-progress with Retry-After; with Prefer: wait=N, the answer if it comes within N seconds (at most 30).",
        },
    });
    Answer::json(body.to_string().into_bytes())
}

/// What a problem type means and what to do about it.
#[must_use]
pub fn problem(kind: &ProblemType) -> Answer {
    let ProblemType {
        slug,
        status,
        title,
        meaning,
        remedy,
        ..
    } = kind;
    let again = if kind.retryable {
        "Yes, with the same key."
    } else {
        "No, it needs a change first."
    };
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n\
         <main>\n<p><code>{status}</code> <code>{slug}</code></p>\n<h1>{title}</h1>\n\
         <h2>What it means</h2>\n<p>{meaning}</p>\n\
         <h2>What to do</h2>\n<p>{remedy}</p>\n\
         <h2>Send the same request again?</h2>\n<p>{again}</p>\n</main>\n</html>\n"
    );
    Answer::new(200, "text/html; charset=utf-8", html.into_bytes())
        .with("Content-Security-Policy", CONTENT_SECURITY_POLICY)
}

const STYLE: &str = ":root{color-scheme:light dark;font:1.1rem/1.5 system-ui,sans-serif}\
    main{max-width:40rem;margin:3rem auto;padding:0 1rem}h1{line-height:1.2}h2{font-size:1.1rem;margin-bottom:0}\
    h2+p{margin-top:.2rem}";

/// The page shows itself and nothing else: no script, image or frame, and no style but the one with this SHA-256
/// (Content Security Policy Level 3, section 8.4).
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
    style-src 'sha256-4iOft3qqNI0GnzbeuxvuWQtPa448ls0xpiHdrv9OMpc='; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
