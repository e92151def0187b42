//! A Worker of its own: its operations, and where they are.

mod sign_up;

use idempotency_edge::{
    Service,
    operation::{Json, Read, Route},
    wasm_bindgen::{self, prelude::*},
};
use sign_up::{Account, SignUp};

/// The service of this Worker. JavaScript calls it once for each instance.
#[wasm_bindgen]
pub fn service() -> Result<Service, JsError> {
    let routes = vec![
        Route::post("/sign-ups", Json(SignUp))
            .example(r#"{"email": "ada@example.com", "name": "Ada"}"#),
        Route::get("/sign-ups/{id}", Read::of::<Account>()),
    ];
    Ok(Service::new(
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
        routes,
    )?)
}
