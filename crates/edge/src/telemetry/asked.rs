//! Events of a keyed request that was admitted.

use idempotency_core::Asked;

use super::{Event, Subject, tell};

/// Tells of what happens to a request.
pub trait Tell {
    /// Tells of an event of this request.
    fn tell(&self, event: &Event);
}

impl Tell for Asked {
    fn tell(&self, event: &Event) {
        let subject = Subject {
            idempotency_key: Some(&self.idempotency_key),
            correlation_id: Some(&self.origin.correlation_id),
            trace_id: self.origin.trace_id.as_deref(),
            operation: Some(&self.operation),
            caller: Some(&self.caller),
            scope: Some(&self.scope),
        };
        tell(subject, event);
    }
}
