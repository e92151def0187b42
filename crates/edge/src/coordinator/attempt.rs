//! One attempt: the operation, with its deadline and its faults.

use std::{convert::Infallible, future::pending};

use idempotency_core::{
    Asked, Fault, UpstreamError,
    lifecycle::{Attempt, AttemptEnd, SavedResponse, UnixMillis},
};
use thiserror::Error;
use worker::{Env, State};

use crate::{
    operation::{Execution, Operation, OperationError, Streaming},
    tasks::sleep,
};

/// An attempt that ended without an answer.
#[derive(Debug, Error)]
pub enum AttemptError {
    /// The operation said so.
    #[error(transparent)]
    Operation(#[from] OperationError),
    /// It took longer than it may, as an operation alone or because of another system.
    #[error("the attempt's deadline passed")]
    Deadline(Option<UpstreamError>),
    /// A fault ended it before its effect.
    #[error("a fault was asked for")]
    FaultBefore,
    /// A fault ended it after its effect.
    #[error("a fault was asked for")]
    FaultAfter,
}

impl AttemptError {
    /// The answer that the attempt's own request gets.
    #[must_use]
    pub fn passed_on(self) -> Option<SavedResponse> {
        match self {
            Self::Operation(error) => error.passed_on(),
            Self::Deadline(_) | Self::FaultBefore | Self::FaultAfter => None,
        }
    }

    /// Why another system gave no whole answer.
    #[must_use]
    pub const fn upstream_error(&self) -> Option<UpstreamError> {
        match self {
            Self::Operation(error) => error.upstream_error(),
            Self::Deadline(error) => *error,
            Self::FaultBefore | Self::FaultAfter => None,
        }
    }

    /// What the record is to make of it.
    #[must_use]
    pub const fn end(&self) -> AttemptEnd {
        match self {
            Self::FaultBefore => AttemptEnd::Failed,
            Self::Operation(error) if error.had_no_effect() => AttemptEnd::Failed,
            Self::Operation(_) | Self::Deadline(_) | Self::FaultAfter => AttemptEnd::Ambiguous,
        }
    }
}

/// What an attempt has ended with.
pub struct Done {
    /// The answer for every retry.
    pub kept: SavedResponse,
    /// The answer of the attempt's own request, if that is more.
    pub passed_on: Option<SavedResponse>,
}

impl Done {
    /// With this answer. The body of one that `is_streamed` nobody has but the attempt's own request.
    fn of(response: SavedResponse, is_streamed: bool, operation: &dyn Operation) -> Self {
        let kept = operation.kept(&response);
        let kept = if is_streamed {
            let kept = kept.unwrap_or_else(|| response.clone());
            Some(kept.without_content())
        } else {
            kept
        };
        match kept {
            Some(kept) => Self {
                kept,
                passed_on: Some(response),
            },
            None => Self {
                kept: response,
                passed_on: None,
            },
        }
    }
}

/// Executes `operation` once. Whoever waits for it sets a deadline.
pub async fn execute(
    operation: &dyn Operation,
    attempt: &Attempt,
    asked: &Asked,
    state: &State,
    env: &Env,
    now: UnixMillis,
    streaming: &Streaming,
) -> Result<Done, AttemptError> {
    let execution = Execution {
        request: &asked.request,
        operation_id: &attempt.operation_id,
        begun_at: attempt.begun_at,
        follows_unknown: attempt.follows_unknown,
        idempotency_key: Some(&asked.idempotency_key),
        scope: &asked.scope,
        origin: &asked.origin,
        now,
        env,
        streaming,
    };
    before(&asked.faults, state).await?;
    let response = operation.execute(&execution).await?;
    after(&asked.faults, state).await?;
    Ok(Done::of(response, streaming.has_body(), operation))
}

#[expect(clippy::panic, reason = "a panic is what this fault is")]
async fn before(faults: &[Fault], state: &State) -> Result<(), AttemptError> {
    for fault in faults {
        match fault {
            Fault::DelayMs(ms) => sleep(*ms).await,
            Fault::FailBefore => return Err(AttemptError::FaultBefore),
            Fault::AbortBefore => match abort(state).await {},
            Fault::Panic => panic!("a panic was asked for"),
            Fault::FailAfter | Fault::AbortAfter | Fault::Overrun => {}
        }
    }
    Ok(())
}

async fn after(faults: &[Fault], state: &State) -> Result<(), AttemptError> {
    for fault in faults {
        match fault {
            Fault::FailAfter => return Err(AttemptError::FaultAfter),
            Fault::AbortAfter => match abort(state).await {},
            Fault::DelayMs(_)
            | Fault::FailBefore
            | Fault::AbortBefore
            | Fault::Panic
            | Fault::Overrun => {}
        }
    }
    Ok(())
}

/// Resets the object on the spot, as a crash would: its memory is lost, its storage is kept.
async fn abort(state: &State) -> Infallible {
    let reset = state.block_concurrency_while(async {
        Err::<(), _>(worker::Error::from(
            "the object was reset: a fault was asked for",
        ))
    });
    // It never returns from this. The platform reports an error to whoever waits for the object.
    let _ = reset.await;
    pending().await
}
