//! One route, with what it takes and what it gives.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::{
    entry::{Entry, What},
    keys,
    parameters::parameters,
    refusals::Refusals,
    schemas::Schemas,
    servers::BASE_URL,
    successes::successes,
};
use crate::{
    http::{Page, described::ResolutionInput},
    operation::{Operations, SchemaFn, example_key},
    settings::Retention,
};

/// The operation object of an entry.
pub fn operation(
    entry: &Entry,
    all: &[Entry],
    operations: &Operations,
    schemas: &mut Schemas,
    refusals: &mut Refusals,
) -> Value {
    let content = match &entry.what {
        What::Keyed(_, shape) => Some(content(shape.input, schemas)),
        What::Own(_) if entry.is_resolution() => Some(content(
            SchemaGenerator::subschema_for::<ResolutionInput>,
            schemas,
        )),
        What::Read(_) | What::Own(_) => None,
    };
    let mut members = Map::new();
    let mut set = |name: &str, value: Value| members.insert(name.to_owned(), value);
    set("operationId", entry.name().into());
    set("tags", json!([entry.tag()]));
    set("summary", entry.summary().into());
    set(
        "description",
        description(entry, content.as_ref(), operations).into(),
    );
    // Nobody has to say who asks for a page.
    if !entry.is_for_callers() {
        set("security", json!([]));
    }
    set("parameters", parameters(entry, operations, schemas).into());
    if let Some(content) = content {
        set(
            "requestBody",
            json!({"required": true, "content": {"application/json": content}}),
        );
    }
    let successes = successes(entry, all, operations, schemas);
    let refusals = refusals.of(entry, operations, schemas);
    set("responses", successes.into_iter().chain(refusals).collect());
    members.into()
}

fn content(input: SchemaFn, schemas: &mut Schemas) -> Value {
    let schema = schemas.of_input(input);
    let example = schemas.example(&schema);
    json!({"schema": schema, "example": example})
}

fn description(entry: &Entry, content: Option<&Value>, operations: &Operations) -> String {
    let text = match &entry.what {
        What::Keyed(keyed, _) => {
            let without = if keyed.key.is_required {
                ""
            } else {
                " Without a key, it takes effect each time."
            };
            let kept = kept(keyed.operation.retention());
            format!(
                "Takes effect once per caller and key. Every retry gets the first answer, byte for byte, for {kept} from \
                 the first request on.{without}"
            )
        }
        What::Read(_) => "Shows what is the caller's own, and nothing else.".to_owned(),
        What::Own(route) => page(route.page).to_owned(),
    };
    match command(entry, content, operations) {
        Some(command) => format!("{text}\n\n```sh\n{command}\n```"),
        None => text,
    }
}

/// How long answers are kept, in words.
fn kept(retention: Retention) -> String {
    match retention.variable() {
        (Some(name), default_s) => format!("`{name}` ({} unless set)", duration(default_s)),
        (None, seconds) => duration(seconds),
    }
}

fn duration(seconds: u64) -> String {
    let units = [("hour", 3600), ("minute", 60), ("second", 1)];
    let fits = units
        .into_iter()
        .find(|(_, length)| seconds.is_multiple_of(*length));
    let (unit, length) = fits.unwrap_or(("second", 1));
    match seconds.checked_div(length).unwrap_or_default() {
        1 => format!("1 {unit}"),
        count => format!("{count} {unit}s"),
    }
}

const fn page(page: Page) -> &'static str {
    match page {
        Page::KeyStatus => {
            "A key that is unknown, has expired or is another caller's is 404, and all three look alike."
        }
        Page::Resolution => {
            "For operators only. An `AMBIGUOUS` key is completed, with the answer for every retry, or has failed; any key \
             can be forgotten. The key's history says who said so."
        }
        Page::Example => "Every command has a key of its own, made for this answer.",
        Page::Home => {
            "A browser, which asks for `text/html`, gets a page; others are told where the description is."
        }
        Page::Health => {
            "It answers as soon as the service's variables are all right; nothing else is asked."
        }
        Page::ProblemType => "The `type` of every problem leads here.",
        Page::Operators(_) | Page::OperatorsAsset(_) => "For operators only.",
        Page::StartAsset(_) => "404 unless the variable `START_PAGE` is `on`.",
        Page::Asset(_) => "Part of what the service says of itself.",
    }
}

/// Wherever tokens are checked, the reader's own; a local server that checks none takes this one for a name.
const TOKEN: &str = " \\\n  -H \"Authorization: Bearer ${API_TOKEN:-anybody}\"";

/// The example as a command, if it can be run as printed: what has an id has to be made first, and an ambiguous key by a
/// crash.
fn command(entry: &Entry, content: Option<&Value>, operations: &Operations) -> Option<String> {
    if entry.is_live() || entry.is_resolution() {
        return None;
    }
    let path = match entry.variable() {
        None => entry.path.to_owned(),
        Some("key") => entry.path.replace("{key}", &keys::example(operations)),
        Some("slug") => entry.path.replace("{slug}", "request-mismatch"),
        Some(_) => return None,
    };
    let token = if entry.is_for_callers() { TOKEN } else { "" };
    let accept = if entry.is_home() {
        " -H 'Accept: text/html'"
    } else {
        ""
    };
    let url = format!("curl -i {BASE_URL}{path}{token}{accept}");
    let Some(content) = content else {
        return Some(url);
    };
    let key = example_key(entry.name());
    let example = content.get("example")?;
    Some(format!(
        "{url} \\\n  -H 'Content-Type: application/json' \\\n  -H 'Idempotency-Key: {key}' \\\n  -d '{example}'"
    ))
}
