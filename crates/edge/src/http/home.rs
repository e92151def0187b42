//! What is at `/`: for people, what this is and where to begin; for programs, where the description is.

use uuid::Uuid;

use super::{
    answer::Answer, answer_field::AnswerField, example::Example, exchange::Exchange,
    head::RequestField, pages, problem::Problem,
};
use crate::{
    operation::Operations,
    settings::{Auth, Settings},
};

/// A page for a browser; a problem that says where to look for everybody else. `has_assets` says whether there are the
/// pages that it leads to.
pub fn home(
    exchange: &Exchange,
    operations: &Operations,
    settings: &Settings,
    has_assets: bool,
) -> Result<Answer, Problem> {
    let accept = exchange.field(RequestField::Accept)?.unwrap_or_default();
    // Browsers name the type of pages; others name another one, or take anything.
    if accept.contains("text/html") {
        Ok(page(exchange, operations, settings, has_assets).with(AnswerField::Vary, "Accept"))
    } else {
        Err(Problem::nothing_at_root().with(AnswerField::Vary, "Accept"))
    }
}

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
