//! A monitor that is not the hub shows it what has come.

use std::rc::Rc;

use super::{call::show, object::Monitor};
use crate::{
    tasks::sleep,
    telemetry::{Batch, Event, Subject, tell},
};

/// How long a monitor that is not the hub gathers before it shows the hub, in milliseconds.
const SHOW_PERIOD_MS: u64 = 1000;

impl Monitor {
    /// Shows the hub what has come here, at most once a second.
    pub fn show_soon(self: &Rc<Self>, batch: &Batch) {
        if !self.unshown.add(batch) {
            return;
        }
        let monitor = self.clone();
        self.go_on(async move {
            sleep(SHOW_PERIOD_MS).await;
            if let Some(batch) = monitor.unshown.take()
                && let Err(error) = show(&monitor.env, &batch).await
            {
                let reason = error.to_string();
                tell(Subject::NONE, &Event::CountsLost { reason });
            }
        });
    }
}
