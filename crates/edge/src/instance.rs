//! The end of the wasm instance, and one report of it.
//!
//! An instance ends when an exception passes through Rust's frames: that of a panic, or one of JavaScript, such as a
//! stack that is too deep. No destructor runs then, so that what was borrowed stays borrowed. An error that Rust returns
//! is thrown after its frames are gone, and ends nothing. The code of `wasm-bindgen` around each call tells the two apart.

use std::panic::set_hook;

use wasm_bindgen::{handler::set_on_abort, prelude::wasm_bindgen};

use crate::tasks::{Tasks, connect};

#[wasm_bindgen(module = "/src/instance.js")]
extern "C" {
    fn end();
    fn panic();
}

/// Has the end of this instance reported, and told to `ending.js`. `packages/worker/index.js` calls it once for each instance,
/// before anything else, with JavaScript's side of the instance's tasks.
///
/// It takes the place of two hooks of the `worker` crate. One reports a panic without its stack. The other has the next
/// call of any kind make a new instance, with pointers into the old one; without it such calls fail, and `packages/worker/index.js`
/// starts the new instance.
#[wasm_bindgen]
pub fn watch(tasks: Tasks) {
    connect(tasks);
    set_on_abort(end);
    set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        panic();
    }));
}
