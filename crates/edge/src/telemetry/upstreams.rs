//! How requests to upstreams end.

use super::gather::count;

/// A protected request that is under way to an upstream. It is counted when this is dropped: one that has timed out is
/// dropped without an end.
#[derive(Debug)]
pub struct Asking<'a> {
    upstream: &'a str,
    end: &'static str,
}

impl<'a> Asking<'a> {
    /// A request to the upstream of this name.
    #[must_use]
    pub const fn new(upstream: &'a str) -> Self {
        Self {
            upstream,
            end: "timeout",
        }
    }

    /// It has ended with this status; with none if no whole answer came.
    pub const fn ended(&mut self, status: Option<u16>) {
        self.end = match status {
            None => "network_error",
            Some(..200) => "1xx",
            Some(200..300) => "2xx",
            Some(300..400) => "3xx",
            Some(400..500) => "4xx",
            Some(500..) => "5xx",
        };
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        count(|tally| tally.add_upstream(self.upstream, self.end));
    }
}
