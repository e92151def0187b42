//! What the service says of itself: whether it is up, what its paths take, what its problems mean.

use schemars::JsonSchema;
use serde::Serialize;

use strum::VariantArray;

use super::{answer::Answer, answer_field::AnswerField, problem::Problem};
use crate::{catalogue::Definition, problem_type::ProblemType};

/// That the service is up.
#[derive(JsonSchema, Serialize)]
#[schemars(example = Health { status: "ok", version: "1.0.0" })]
pub struct Health {
    #[schemars(extend("const" = "ok"))]
    status: &'static str,
    /// The release.
    version: &'static str,
}

/// Whether the service is up, which has this release.
#[must_use]
pub fn health(version: &'static str) -> Answer {
    let health = Health {
        status: "ok",
        version,
    };
    Answer::json(serde_json::to_vec(&health).unwrap_or_default())
}

/// Which methods a path takes.
#[must_use]
pub fn options(allow: &str) -> Answer {
    let answer = Answer::empty(204);
    answer.with(AnswerField::Allow, allow)
}

/// What the problem type of this name means and what to do about it.
pub fn problem(slug: &str) -> Result<Answer, Problem> {
    let kind = ProblemType::VARIANTS
        .iter()
        .find(|kind| kind.slug() == slug);
    let kind = kind.ok_or_else(|| Problem::not_found("There is no such problem type."))?;
    let definition = kind.definition();
    let Definition {
        slug,
        title,
        meaning,
        remedy,
        ..
    } = definition;
    let statuses: Vec<_> = definition
        .statuses()
        .map(|status| status.to_string())
        .collect();
    let statuses = statuses.join("</code> or <code>");
    let again = if definition.retryable {
        "Yes, with the same key."
    } else {
        "No, it needs a change first."
    };
    Ok(page(
        title,
        &format!(
            "<p><code>{statuses}</code> <code>{slug}</code></p>\n<h1>{title}</h1>\n\
             <h2>What it means</h2>\n<p>{meaning}</p>\n\
             <h2>What to do</h2>\n<p>{remedy}</p>\n\
             <h2>Send the same request again?</h2>\n<p>{again}</p>\n"
        ),
    ))
}

/// A page for people, of this title and these elements.
pub fn page(title: &str, elements: &str) -> Answer {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n<main>\n{elements}</main>\n</html>\n"
    );
    Answer::new(200, "text/html; charset=utf-8", html.into_bytes())
        .with(AnswerField::ContentSecurityPolicy, CONTENT_SECURITY_POLICY)
}

const STYLE: &str = ":root{color-scheme:light dark;font:1.1rem/1.5 system-ui,sans-serif}\
    main{max-width:40rem;margin:3rem auto;padding:0 1rem}h1{line-height:1.2}h2{font-size:1.1rem;margin-bottom:0}\
    h2+p{margin-top:.2rem}pre{padding:1rem;border:1px solid #8888;border-radius:.4rem;font-size:.9rem;\
    white-space:pre-wrap;overflow-wrap:anywhere}ul{margin-top:.2rem;padding-left:1.2rem}";

/// A page shows itself and nothing else: no script, image or frame, and no style but the one with this SHA-256
/// (Content Security Policy Level 3, section 8.4).
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
    style-src 'sha256-wlX3zRZrfF4Ck0quq4GUl7T42BR0Nf3nhai8HGn1dxQ='; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
