//! What is at `/`: for people, what this is and where to begin; for programs, where the description is.

use uuid::Uuid;
use worker::Env;

use super::{
    answer::Answer,
    answer_field::AnswerField,
    asset::{asset, has_assets},
    example::Example,
    exchange::Exchange,
    head::RequestField,
    pages,
    problem::Problem,
};
use crate::{
    operation::Operations,
    settings::{Auth, Settings},
};

/// A page for a browser, where one can see a key at work if `START_PAGE` is on; a problem that says where to look for
/// everybody else.
pub async fn home(
    exchange: &Exchange,
    operations: &Operations,
    settings: &Settings,
    env: &Env,
) -> Result<Answer, Problem> {
    let accept = exchange.field(RequestField::Accept)?.unwrap_or_default();
    // Browsers name the type of pages; others name another one, or take anything.
    let answer = match (accept.contains("text/html"), has_assets(env)) {
        (false, _) => return Err(Problem::nothing_at_root().with(AnswerField::Vary, "Accept")),
        (true, true) if settings.has_start_page => asset(START_PAGE, exchange, env).await?,
        (true, has_assets) => page(exchange, operations, settings, has_assets),
    };
    Ok(answer.with(AnswerField::Vary, "Accept"))
}

/// Its path among the static assets.
const START_PAGE: &str = "/start/index.html";

fn page(
    exchange: &Exchange,
    operations: &Operations,
    settings: &Settings,
    has_assets: bool,
) -> Answer {
    let key = |_: &str| Uuid::new_v4().to_string();
    let example = Example::new(&exchange.base_url, operations, settings, key);
    let callers = match settings.auth {
        Auth::Off => "Callers are not checked here: this server is for development.",
        Auth::On { .. } => {
            "Put your token into the environment variable <code>API_TOKEN</code> first."
        }
    };
    let to_try = example.first_command().map_or_else(String::new, |command| {
        let command = command.replace(" -H ", " \\\n  -H ").replace(" -d ", " \\\n  -d ");
        let command = command.replace('&', "&amp;").replace('<', "&lt;");
        format!(
            "<h2>Try it</h2>\n<p>{callers} Run this twice: the second answer is the first one again, with \
             <code>Idempotent-Replayed: true</code>.</p>\n<pre><code>{command}</code></pre>\n"
        )
    });
    pages::page(
        operations.name,
        &format!(
            "<h1>{name}</h1>\n\
             <p>Idempotency keys for HTTP APIs: an operation takes effect once, however often it is asked for, and \
             every retry gets the first answer again, byte for byte.</p>\n\
             {to_try}{to_look_at}",
            name = operations.name,
            to_look_at = if has_assets { LOOK_AROUND } else { "" },
        ),
    )
}

const LOOK_AROUND: &str = "<h2>Look around</h2>\n<ul>\n\
    <li><a href=\"/docs\">The API</a>, to read and to try; <a href=\"/openapi.json\">the same in OpenAPI</a>, \
    for programs</li>\n\
    <li><a href=\"/dashboard\">The dashboard</a>: what happens, as it happens; for operators</li>\n</ul>\n";
