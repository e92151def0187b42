//! What a status is called in answers, metrics, logs and stored records.

use serde::{Serialize, Serializer};
use strum::VariantArray;

/// The name of a [`Status`](super::Status), in the order of a record's life.
#[derive(Clone, Copy, Debug, Eq, PartialEq, VariantArray)]
pub enum StatusName {
    /// An attempt is running.
    Processing,
    /// The operation took effect.
    Completed,
    /// The last attempt ended without an answer.
    Failed,
    /// The last attempt may have taken effect, and must not be repeated.
    Ambiguous,
    /// An operator had the key forgotten.
    Forgotten,
}

impl StatusName {
    /// The name as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "PROCESSING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::Ambiguous => "AMBIGUOUS",
            Self::Forgotten => "FORGOTTEN",
        }
    }
}

impl Serialize for StatusName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
