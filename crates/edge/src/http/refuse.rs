//! A request that is refused, or could not be answered: it is logged and counted, and gets a problem.

use super::{answer::Answer, exchange::Exchange, problem::Problem};
use crate::telemetry::tell;

/// The answer that says so.
pub fn refuse(problem: Problem, exchange: &Exchange) -> Answer {
    tell(exchange.subject(), &exchange.refused(&problem));
    problem.answer(&exchange.correlation_id)
}
