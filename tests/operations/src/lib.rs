//! The Worker of the operations that tests need: a route of each kind, and operations that do what they should not. Behind
//! them it is a gateway, by the policy that a test gives it.

mod any_answer;
mod database;
mod echo;
mod effects;
mod mirror;
mod unrepeated;

use any_answer::AnyAnswer;
use echo::Echo;
use effects::Effects;
use idempotency_edge::{
    Service,
    core::KeyForm,
    operation::{Json, Read, Route},
    settings::Retention,
    wasm_bindgen::{self, prelude::*},
};
use mirror::Mirror;
use unrepeated::Unrepeated;

const TWO_SECONDS: Echo = Echo {
    retention: Retention::Seconds(2),
    ..Echo::named("two_seconds")
};

const AS_A_VARIABLE_SAYS: Echo = Echo {
    retention: Retention::Variable {
        name: "THINGS_TTL_SECONDS",
        default_s: 3600,
    },
    ..Echo::named("as_a_variable_says")
};

const ONE_SECOND_LONG: Echo = Echo {
    deadline_s: Some(1),
    ..Echo::named("one_second_long")
};

/// The service of this Worker, with the policy in `json`. `entry.js` calls it once for each instance.
#[wasm_bindgen]
pub fn service(json: &str) -> Result<Service, JsError> {
    let opaque = |route: Route| route.key_form(KeyForm::Opaque);
    let routes = vec![
        Route::post("/any-answer", Json(AnyAnswer)),
        Route::post("/unrepeated", Json(Unrepeated)),
        Route::post("/uuid4", Echo::named("uuid4")),
        Route::post("/uuid", Echo::named("uuid")).key_form(KeyForm::Uuid),
        opaque(Route::post("/opaque", Echo::named("opaque"))),
        opaque(Route::post("/optional", Echo::named("optional"))).optional_key(),
        Route::get("/things/{id}", Read::of::<Effects>()),
        opaque(Route::keyed(
            "PUT",
            "/things/{id}",
            Echo::named("put_thing"),
        )),
        opaque(Route::keyed(
            "DELETE",
            "/things/{id}",
            Echo::named("delete_thing"),
        )),
        opaque(Route::post(
            "/files/{folder}/{*rest}",
            Echo::named("post_file"),
        )),
        Route::post("/mirror", Mirror),
        Route::post("/two-seconds", TWO_SECONDS),
        Route::post("/as-a-variable-says", AS_A_VARIABLE_SAYS),
        Route::post("/one-second-long", ONE_SECOND_LONG),
    ];
    Ok(Service::gateway(
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
        routes,
        json,
    )?)
}
