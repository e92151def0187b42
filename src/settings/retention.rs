//! How long records are kept.

/// Which variable says how long a record is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Retention {
    /// `IDEMPOTENCY_TTL_SECONDS`
    Standard,
    /// `AUDIT_TTL_SECONDS`
    Audit,
}
