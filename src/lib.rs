//! The Worker that this repository deploys: its operations, and where they are.

#[cfg(test)]
mod description;
mod operations;

use idempotency_edge::{
    Service,
    operation::{Json, Read, Route},
};
use operations::{
    audit::CreateAuditLog,
    audit_logs::AuditLogs,
    resource::{CreateResource, Resource},
    transaction::{CreateTransaction, Transaction},
};
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// The service of this Worker. JavaScript calls it once for each instance.
#[wasm_bindgen]
pub fn service() -> Result<Service, JsError> {
    let resources = "/api/v1/operations/resources";
    let transactions = "/api/v1/operations/transactions";
    let routes = vec![
        Route::post(resources, Json(CreateResource)).example(r#"{"name": "My first resource"}"#),
        Route::get(format!("{resources}/{{id}}"), Read::of::<Resource>()),
        Route::post(transactions, Json(CreateTransaction)).example(
            r#"{"amount": 99.95, "currency": "USD", "description": "One coffee machine"}"#,
        ),
        Route::get(format!("{transactions}/{{id}}"), Read::of::<Transaction>()),
        Route::post("/api/audit/log", Json(CreateAuditLog)),
        Route::get("/api/audit/logs", Read::of::<AuditLogs>()),
    ];
    Ok(Service::new(
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
        routes,
    )?)
}
