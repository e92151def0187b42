//! The description that the Worker serves is the one that the code gives.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

use std::{env, fs, path::Path};

use edge_idempotency::description::document;

#[test]
fn the_file_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/openapi.json");
    let described = format!("{:#}\n", document());
    if env::var_os("DESCRIBE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &described).unwrap();
    }

    let written = fs::read_to_string(&file).unwrap_or_default();

    assert!(
        written == described,
        "run `npm run describe` to write assets/openapi.json anew"
    );
}
