//! Where a request came from.

use serde::{Deserialize, Serialize};

/// Where a request came from.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Origin {
    /// The id that the answer and all log lines of the request carry.
    pub correlation_id: String,
    /// The trace that the request belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The client's address, where the platform tells it.
    pub ip_address: Option<String>,
    /// The request's `User-Agent`.
    pub user_agent: Option<String>,
}
