//! How long records are kept.

/// How long records are kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Retention {
    /// As the variable `IDEMPOTENCY_TTL_SECONDS` says.
    Standard,
    /// As a variable of the Worker's own says.
    Variable {
        /// Its name.
        name: &'static str,
        /// How many seconds it is where the variable is not set.
        default_s: u64,
    },
    /// So many seconds.
    Seconds(u64),
}

/// How many seconds the standard retention is where its variable is not set: the 24 hours of the original and of most
/// services that document one.
const STANDARD_S: u64 = 86_400;

impl Retention {
    /// The variable that says it, and the seconds that it is otherwise.
    #[must_use]
    pub const fn variable(self) -> (Option<&'static str>, u64) {
        match self {
            Self::Standard => (Some("IDEMPOTENCY_TTL_SECONDS"), STANDARD_S),
            Self::Variable { name, default_s } => (Some(name), default_s),
            Self::Seconds(seconds) => (None, seconds),
        }
    }
}
