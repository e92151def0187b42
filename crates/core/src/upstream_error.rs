//! Why another system gave no whole answer, as far as this platform lets anyone know.

use serde::{Deserialize, Serialize};

/// Why another system gave no whole answer. The names are those of RFC 9209, section 2.3.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamError {
    /// It took longer than it may.
    HttpResponseTimeout,
    /// There is no answer. The platform says the same of a connection that was refused, reset or closed.
    ConnectionTerminated,
    /// The answer began, and broke off.
    HttpResponseIncomplete,
}

impl UpstreamError {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HttpResponseTimeout => "http_response_timeout",
            Self::ConnectionTerminated => "connection_terminated",
            Self::HttpResponseIncomplete => "http_response_incomplete",
        }
    }
}
