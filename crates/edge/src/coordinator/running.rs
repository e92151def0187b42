//! The attempt that an instance of the object is executing, and who waits for its end.

use std::convert::Infallible;

use futures_channel::oneshot;
use idempotency_core::lifecycle::Attempt;

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

#[cfg(test)]
mod tests {
    use idempotency_core::lifecycle::{OperationId, UnixMillis};

    use super::*;

    #[test]
    fn so_many_may_wait_and_who_goes_leaves_a_place() {
        let mut running = Running::of(Attempt {
            operation_id: OperationId("o".to_owned()),
            number: 1,
            deadline: UnixMillis(0),
            awaited_until: UnixMillis(0),
            follows_unknown: false,
        });
        let mut waiting: Vec<_> = (0..MAX_WAITING).map_while(|_| running.wait()).collect();

        assert_eq!(waiting.len(), MAX_WAITING);
        assert!(running.wait().is_none());
        waiting.pop();
        assert!(running.wait().is_some());
    }
}
