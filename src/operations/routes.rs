//! The table of routes: all that can be asked of the operations.

use super::{
    KeyedOperation, Read,
    audit::CreateAuditLog,
    audit_logs::AuditLogs,
    resource::{CreateResource, Resource},
    transaction::{CreateTransaction, Transaction},
};

/// One line of the table.
#[derive(Debug)]
pub struct Route {
    /// The path; a last segment `{id}` stands for any one segment.
    pub path: &'static str,
    /// What happens there.
    pub endpoint: Endpoint,
}

/// What a route does. Its method follows: POST for what is keyed, GET for what reads.
#[derive(Debug)]
pub enum Endpoint {
    /// Takes effect once per idempotency key.
    Keyed(KeyedOperation),
    /// Reads what operations have made.
    Read(Read),
}

/// Every route of every operation.
pub static ROUTES: &[Route] = &[
    keyed(
        "/api/v1/operations/resources",
        KeyedOperation::of::<CreateResource>(),
    ),
    read("/api/v1/operations/resources/{id}", Read::of::<Resource>()),
    keyed(
        "/api/v1/operations/transactions",
        KeyedOperation::of::<CreateTransaction>(),
    ),
    read(
        "/api/v1/operations/transactions/{id}",
        Read::of::<Transaction>(),
    ),
    keyed("/api/audit/log", KeyedOperation::of::<CreateAuditLog>()),
    read("/api/audit/logs", Read::of::<AuditLogs>()),
];

const fn keyed(path: &'static str, operation: KeyedOperation) -> Route {
    Route {
        path,
        endpoint: Endpoint::Keyed(operation),
    }
}

const fn read(path: &'static str, read: Read) -> Route {
    Route {
        path,
        endpoint: Endpoint::Read(read),
    }
}

/// The keyed operation of this name.
#[must_use]
pub fn find_operation(name: &str) -> Option<&'static KeyedOperation> {
    ROUTES.iter().find_map(|route| match &route.endpoint {
        Endpoint::Keyed(operation) if operation.name == name => Some(operation),
        Endpoint::Keyed(_) | Endpoint::Read(_) => None,
    })
}
