//! From an attempt's start to its end, which may come after its own request has been answered.

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use idempotency_core::{
    Asked, Claimed, Fault, UpstreamError,
    lifecycle::{Attempt, UnixMillis},
};

use super::{
    attempt::{AttemptError, Done, execute},
    no_answer::NoAnswer,
    object::Object,
};
use crate::{
    clock,
    operation::{OperationError, Streaming},
    tasks::{go_on, within},
    telemetry::Tell,
};

/// An attempt that is under way. It needs nobody to wait for it, so that it can outlast the request that started it.
type UnderWay = LocalBoxFuture<'static, Result<Done, AttemptError>>;

impl Object {
    /// Executes the operation until the attempt's deadline. With a time of grace, an answer of another system still
    /// counts if it comes after that, though the request that asked for it has been told that it did not come.
    pub(super) async fn execute(
        self: &Rc<Self>,
        attempt: Attempt,
        grace_s: Option<u64>,
        asked: &Rc<Asked>,
        streaming: &Streaming,
    ) -> Result<Claimed, NoAnswer> {
        let started_at = clock::now();
        let mut under_way = self.begin(&attempt, asked, started_at, streaming);
        let ended = if asked.faults.contains(&Fault::Overrun) {
            Some(under_way.as_mut().await)
        } else {
            let left_ms = started_at.ms_until(attempt.deadline);
            within(left_ms, under_way.as_mut()).await
        };
        let is_awaited = ended.is_none() && grace_s.is_some();
        let ended = ended.unwrap_or_else(|| {
            let error = grace_s.map(|_| UpstreamError::HttpResponseTimeout);
            Err(AttemptError::Deadline(error))
        });
        let reply = self.settle(&attempt, ended, started_at, asked);
        // The body of an answer that came too late is nobody's.
        if !reply.as_ref().is_ok_and(Claimed::passes_on) {
            drop(streaming.take());
        }
        if is_awaited {
            let late = self
                .clone()
                .await_late(under_way, attempt, asked.clone(), started_at);
            go_on(late, |promise| self.state.as_raw().wait_until(promise));
        } else {
            self.end(&attempt);
        }
        reply
    }

    fn begin(
        self: &Rc<Self>,
        attempt: &Attempt,
        asked: &Rc<Asked>,
        now: UnixMillis,
        streaming: &Streaming,
    ) -> UnderWay {
        let (object, attempt, asked) = (self.clone(), attempt.clone(), asked.clone());
        let streaming = streaming.clone();
        Box::pin(async move {
            let operation = object.operations.find(&asked.operation).ok_or_else(|| {
                OperationError::NotSent("this release has no such operation".to_owned())
            })?;
            let (state, env) = (&object.state, &object.env);
            execute(operation, &attempt, &asked, state, env, now, &streaming).await
        })
    }

    /// Waits for an attempt's late answer, and has it settle the record if it still may. Whoever retries waits with it.
    async fn await_late(
        self: Rc<Self>,
        under_way: UnderWay,
        attempt: Attempt,
        asked: Rc<Asked>,
        started_at: UnixMillis,
    ) {
        let left_ms = clock::now().ms_until(attempt.late_until);
        if let Some(ended) = within(left_ms, under_way).await
            && let Err(error) = self.settle(&attempt, ended, started_at, &asked)
        {
            asked.tell(&error.event());
        }
        self.end(&attempt);
        self.hand_over_soon();
    }

    /// Forgets the running attempt if it is this one, which wakes the requests that wait for it.
    fn end(&self, attempt: &Attempt) {
        let mut running = self.running.borrow_mut();
        if running
            .as_ref()
            .is_some_and(|running| running.attempt == *attempt)
        {
            *running = None;
        }
    }

    /// Waits for the running attempt's end, at the latest until `until`. False if there was nothing to wait
    /// for, too many wait already, or it took longer.
    pub(super) async fn settles_before(&self, until: UnixMillis) -> bool {
        let now = clock::now();
        let left_ms = now.ms_until(until);
        let ended = match self.running.borrow_mut().as_mut() {
            Some(running) if left_ms > 0 => running.wait(),
            Some(_) | None => None,
        };
        let Some(ended) = ended else {
            return false;
        };
        within(left_ms, ended).await.is_some()
    }
}
