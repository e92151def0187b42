//! Alerts on their way to the webhook: one at a time, and in nobody's way.

use std::rc::Rc;

use idempotency_core::lifecycle::UnixMillis;

use super::{object::Monitor, state::State, store::StoreError};
use crate::{
    clock,
    telemetry::{Event, Subject, tell},
};

/// After how long the telling of all that waits is believed dead, in milliseconds: longer than it may take.
const OVERDUE_MS: u64 = 600_000;

impl Monitor {
    /// Has the webhook told what it is to know, unless that is under way, or was in vain less than `pause_ms` ago.
    pub fn deliver_soon(self: &Rc<Self>, url: &str, pause_ms: u64, now: UnixMillis) {
        if now < self.deliver_at.get() {
            return;
        }
        self.deliver_at.set(now.plus_ms(OVERDUE_MS));
        let (monitor, url) = (self.clone(), url.to_owned());
        self.go_on(async move {
            let delivered = monitor.deliver(&url).await;
            let pause_ms = if delivered.is_ok() { 0 } else { pause_ms };
            monitor.deliver_at.set(clock::now().plus_ms(pause_ms));
            if let Err(reason) = delivered {
                tell(Subject::NONE, &Event::WebhookFailed { reason });
            }
        });
    }

    /// Tells the webhook all that waits, until it does not take one. That is told again when the alarm rings, and so is
    /// what it may have taken when the instance ended: it stays stored until it is known to be told.
    async fn deliver(&self, url: &str) -> Result<(), String> {
        let failed = |error: StoreError| error.to_string();
        let waiting = self.store.read(|state| state.deliveries.clone());
        for delivery in waiting.map_err(failed)? {
            let told = delivery.send(url).await;
            let settle = |state: &mut State| state.settle(&delivery, told.is_ok());
            self.store.change(settle).map_err(failed)?;
            told?;
        }
        Ok(())
    }
}
