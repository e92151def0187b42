//! What comes, gathered for a while so that it is passed on together. However much comes, a batch has an end.

use std::cell::RefCell;

use crate::telemetry::Batch;

/// What has not been passed on.
#[derive(Default)]
pub struct Gathered(RefCell<Option<Batch>>);

impl Gathered {
    /// Adds what has come. True if it is the first since the last was taken: then somebody has to come and take it.
    pub fn add(&self, batch: &Batch) -> bool {
        let mut gathered = self.0.borrow_mut();
        let is_first = gathered.is_none();
        gathered.get_or_insert_default().merge(batch);
        is_first
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_none()
    }

    /// All that has come.
    pub fn take(&self) -> Option<Batch> {
        self.0.take()
    }
}
