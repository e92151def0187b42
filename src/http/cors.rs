//! Preflights: may a page of another origin call? (Fetch, "CORS protocol".)

use super::{answer::Answer, exchange::Exchange, head::Field, problem::Problem};

/// What a page may send.
const ALLOWED_HEADERS: &str = "Authorization, Content-Type, Idempotency-Key, Prefer, \
                               X-Correlation-ID, X-Idempotency-Key";

/// How many seconds a browser may remember the answer: the longest that any of them does.
const MAX_AGE_S: &str = "7200";

/// The answer to a preflight, if the request is one. It touches no key.
pub fn preflight(
    exchange: &Exchange,
    allowed_origins: &[String],
) -> Result<Option<Answer>, Problem> {
    let origin = exchange.field(Field::Origin)?;
    let asked = exchange.field(Field::RequestMethod)?;
    let ("OPTIONS", Some(origin), Some(_)) = (exchange.method(), origin, asked) else {
        return Ok(None);
    };
    if !allowed_origins.iter().any(|allowed| allowed == origin) {
        return Err(Problem::forbidden_origin());
    }
    let answer = Answer::empty(204);
    Ok(Some(
        answer
            .with("Access-Control-Allow-Methods", "GET, HEAD, POST")
            .with("Access-Control-Allow-Headers", ALLOWED_HEADERS)
            .with("Access-Control-Max-Age", MAX_AGE_S),
    ))
}
