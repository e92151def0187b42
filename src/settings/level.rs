//! How much events matter, and from which on they are logged.

use serde::{Deserialize, Serialize};

/// How much an event matters.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Expected.
    Info,
    /// Expected to be rare; many of them mean that a client or a part of the platform is in trouble.
    Warning,
    /// A person is needed.
    Error,
}
