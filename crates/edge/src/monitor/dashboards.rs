//! Open dashboards: each is told all that there is when it connects, and then what comes.

use std::rc::Rc;

use idempotency_core::lifecycle::UnixMillis;
use worker::{Response, WebSocketPair, WebSocketRequestResponsePair};

use super::{
    object::{Monitor, ObjectError},
    told::Told,
};
use crate::{clock, tasks::sleep, telemetry::Batch};

/// How many may be open. Each is told everything, and what one is slow to take is in the object's memory.
const MAX_OPEN: usize = 100;

/// How often they are told at most, in milliseconds: what comes more often than anybody can see it is told together.
const TELL_PERIOD_MS: u64 = 250;

impl Monitor {
    /// Opens a dashboard's connection, and tells it all that there is.
    pub fn connect(&self) -> Result<Response, ObjectError> {
        if self.object.get_websockets().len() >= MAX_OPEN {
            return Err(ObjectError::Crowded(MAX_OPEN));
        }
        let WebSocketPair { client, server } = WebSocketPair::new()?;
        self.object.accept_web_socket(&server);
        // The platform answers this by itself: a page finds out whether its connection is alive, and wakes nobody.
        let pair =
            WebSocketRequestResponsePair::new("ping", "pong").map_err(worker::Error::from)?;
        self.object.set_websocket_auto_response(&pair);
        let snapshot = self.store.read(|state| {
            serde_json::to_string(&Told::Snapshot {
                now: clock::now(),
                tally: &state.all(),
                events: &state.events,
                alerts: &state.alerts,
                held: state.held.keys(),
            })
        })??;
        server.send_with_str(snapshot)?;
        Ok(Response::from_websocket(client)?)
    }

    /// Tells open dashboards what has come, at once if that was not done a moment ago; or that alerts have changed.
    pub fn tell_dashboards(
        self: &Rc<Self>,
        batch: Option<&Batch>,
        have_alerts_changed: bool,
        now: UnixMillis,
    ) -> Result<(), ObjectError> {
        if self.object.get_websockets().is_empty() {
            return Ok(());
        }
        match batch {
            Some(batch) if self.is_time_to_tell(now) => self.broadcast(Some(batch), now),
            Some(batch) => {
                self.tell_later(batch);
                Ok(())
            }
            None if have_alerts_changed => self.broadcast(None, now),
            None => Ok(()),
        }
    }

    fn is_time_to_tell(&self, now: UnixMillis) -> bool {
        self.untold.is_empty() && now >= self.told_at.get().plus_ms(TELL_PERIOD_MS)
    }

    fn tell_later(self: &Rc<Self>, batch: &Batch) {
        if !self.untold.add(batch) {
            return;
        }
        let monitor = self.clone();
        self.go_on(async move {
            sleep(TELL_PERIOD_MS).await;
            let batch = monitor.untold.take();
            // The sums are stored; a page that misses some of them has all when it connects again.
            let _ = monitor.broadcast(batch.as_ref(), clock::now());
        });
    }

    fn broadcast(&self, batch: Option<&Batch>, now: UnixMillis) -> Result<(), ObjectError> {
        self.told_at.set(now);
        let has_held_changed = batch.is_some() && self.have_held_changed.take();
        let told = self.store.read(|state| {
            let alerts = &state.alerts;
            serde_json::to_string(&match batch {
                Some(batch) => Told::Batch {
                    now,
                    batch,
                    alerts,
                    held: has_held_changed.then(|| state.held.keys()),
                },
                None => Told::Alerts { now, alerts },
            })
        })??;
        for socket in self.object.get_websockets() {
            // One that is closing is no reason not to tell the others.
            let _ = socket.send_with_str(&told);
        }
        Ok(())
    }
}
