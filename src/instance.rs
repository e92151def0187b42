//! The end of the wasm instance, and one report of it.
//!
//! An instance ends when an exception passes through Rust's frames: that of a panic, or one of JavaScript, such as a
//! stack that is too deep. No destructor runs then, so that what was borrowed stays borrowed. An error that Rust returns
//! is thrown after its frames are gone, and ends nothing. The code of `wasm-bindgen` around each call tells the two apart.

use std::{cell::Cell, panic};

use wasm_bindgen::{handler::set_on_abort, prelude::wasm_bindgen};

#[wasm_bindgen(module = "/src/instance.js")]
extern "C" {
    fn end();
    fn silence(is_silent: bool);
}

thread_local! {
    static IS_WATCHED: Cell<bool> = const { Cell::new(false) };
}

/// Sees to it that `entry.js` hears of the end of this instance. Whatever JavaScript calls first calls this first.
///
/// The `worker` crate has the next call of any kind make a new instance, with pointers into the old one. Without that
/// such calls fail, and `entry.js` starts the new instance.
pub fn watch() {
    if IS_WATCHED.replace(true) {
        return;
    }
    set_on_abort(end);
    let workers = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        console_error_panic_hook::hook(info);
        // It keeps state, and would report the panic again.
        silence(true);
        workers(info);
        silence(false);
    }));
}
