//! What an instance of the object has under way, and who waits for its end: an attempt, or a question to another system.

use std::convert::Infallible;

use futures_channel::oneshot;
use futures_util::future::{LocalBoxFuture, Shared};
use idempotency_core::lifecycle::{Attempt, Finding, Probe};

/// How many requests may wait for an attempt: far more than a client has reason to send. All of them ask for
/// the answer at once when the attempt ends.
const MAX_WAITING: usize = 100;

/// It lives in memory on purpose: a record that is PROCESSING while there is none belongs to an instance
/// that died.
pub struct Running {
    /// The attempt.
    pub attempt: Attempt,
    /// Nothing is ever sent: dropping these wakes the waiting requests, however the attempt ended.
    waiting: Vec<oneshot::Sender<Infallible>>,
}

impl Running {
    /// An attempt that nobody waits for yet.
    #[must_use]
    pub const fn of(attempt: Attempt) -> Self {
        Self {
            attempt,
            waiting: Vec::new(),
        }
    }

    /// What is over when the attempt is; nothing if as many wait for it as may.
    pub fn wait(&mut self) -> Option<oneshot::Receiver<Infallible>> {
        // Those who wanted to wait for less time than the attempt takes are gone.
        self.waiting.retain(|waiting| !waiting.is_canceled());
        (self.waiting.len() < MAX_WAITING).then(|| {
            let (sender, over) = oneshot::channel();
            self.waiting.push(sender);
            over
        })
    }
}

/// A question to another system. Requests that come meanwhile wait for its answer instead of asking again.
pub struct Asking {
    /// What is asked.
    pub probe: Probe,
    /// What was found.
    pub answer: Shared<LocalBoxFuture<'static, Finding>>,
}

#[cfg(test)]
mod tests {
    use idempotency_core::lifecycle::{OperationId, UnixMillis};

    use super::*;

    #[test]
    fn so_many_may_wait_and_who_goes_leaves_a_place() {
        let mut running = Running::of(Attempt {
            operation_id: OperationId("o".to_owned()),
            begun_at: UnixMillis(0),
            number: 1,
            deadline: UnixMillis(0),
            late_until: UnixMillis(0),
            follows_unknown: false,
        });
        let mut waiting: Vec<_> = (0..MAX_WAITING).map_while(|_| running.wait()).collect();

        assert_eq!(waiting.len(), MAX_WAITING);
        assert!(running.wait().is_none());
        waiting.pop();
        assert!(running.wait().is_some());
    }
}
