//! Rules of form that no linter knows.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

#[test]
fn the_lifecycle_does_no_io_and_reads_no_clock() {
    for file in files("crates/core/src/lifecycle", "rs") {
        let text = read(&file);
        for forbidden in [
            "worker",
            "async ",
            ".await",
            "chrono",
            "clock::",
            "Uuid",
            "getrandom",
            "js_sys",
            "SystemTime",
            "Instant",
            "thread_local",
            "static mut",
            "RefCell",
            "println",
        ] {
            let used = code(&text).any(|line| line.contains(forbidden));
            assert!(!used, "{} uses {forbidden}", file.display());
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    for file in code_files() {
        assert!(
            read(&file).starts_with("//! "),
            "{} has no header",
            file.display()
        );
    }
}

#[test]
fn files_stay_small_enough_to_read() {
    let all = code_files().chain(files("tests", "ts"));
    for file in all {
        let lines = read(&file).lines().count();
        assert!(lines <= 320, "{} has {lines} lines", file.display());
    }
}

#[test]
fn every_problem_type_is_documented() {
    let slugs = quoted(&read("crates/edge/src/catalogue.rs"), "    slug: \"");
    assert!(slugs.len() >= 22);
    for slug in slugs {
        assert_mentioned("docs/http.md", &format!("`{slug}`"));
    }
}

#[test]
fn every_variable_is_documented() {
    let sources = files("crates/edge/src/settings", "rs").into_iter();
    let sources = sources.chain(files("crates/edge/src/store", "rs"));
    let sources = sources.chain(files("src/operations", "rs"));
    let sources: Vec<_> = sources.map(read).collect();
    let names: Vec<_> = sources
        .iter()
        .flat_map(|source| source.split('"'))
        .filter(|word| {
            word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        })
        .chain(["AUTH"])
        .collect();
    assert!(names.len() >= 11);
    for name in names {
        assert_mentioned("docs/configuration.md", &format!("`{name}`"));
    }
}

/// They open the service, or break it on demand; `.dev.vars` has them, which no deployment reads.
#[test]
fn what_is_deployed_sets_no_variable_of_local_development() {
    let deployed = read("wrangler.toml");
    for variable in ["AUTH", "FAULT_INJECTION"] {
        assert!(
            !deployed.contains(variable),
            "wrangler.toml mentions {variable}"
        );
    }
}

#[test]
fn the_local_server_is_where_the_documents_say() {
    assert!(read("wrangler.toml").contains("[dev]\nport = 8000\n"));
    assert_mentioned("README.md", "http://localhost:8000");
}

/// Each section is there in the root's, but for what makes the difference, and what belongs to one deployment.
#[test]
fn workers_of_other_stores_are_configured_as_the_root_s_is() {
    let without_comments = |file: &str| {
        let text = read(file);
        let of_deployment = ["#", "id = ", "preview_id = ", "database_id = ", "simple = "];
        let is_common = |line: &&str| !of_deployment.iter().any(|start| line.starts_with(start));
        text.lines()
            .filter(is_common)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let root = without_comments("wrangler.toml");
    let differs = ["[build]", "[assets]", "[vars]", "[[d1_databases]]"];
    let common: Vec<_> = root
        .split("\n\n")
        .map(str::trim)
        .filter(|section| {
            section.starts_with('[') && !differs.iter().any(|it| section.starts_with(it))
        })
        .collect();
    assert!(common.len() >= 8);
    let configurations = files("stores", "toml");
    assert!(configurations.len() >= 2);
    for file in configurations {
        let text = without_comments(file.to_str().unwrap());
        assert!(text.contains("compatibility_date = \"2026-10-01\"\n"));
        if file.ends_with("driver/wrangler.toml") {
            // Another Worker, which nobody but ours may reach.
            assert!(text.contains("workers_dev = false\npreview_urls = false\n"));
            assert!(!text.contains("route"));
            continue;
        }
        for section in &common {
            assert!(text.contains(section), "{} lacks {section}", file.display());
        }
    }
    assert!(root.contains("compatibility_date = \"2026-10-01\"\n"));
}

#[test]
fn a_caller_is_told_to_wait_for_as_long_as_the_limiter_counts() {
    let told = quoted_until(
        &read("crates/edge/src/http/rate.rs"),
        "PERIOD_S: u64 = ",
        ';',
    );
    let configured = quoted_until(&read("wrangler.toml"), "period = ", ' ');
    let bound = quoted(
        &read("crates/edge/src/http/rate.rs"),
        "const BINDING: &str = \"",
    );

    assert_eq!(told.len(), 1);
    assert_eq!(told, configured);
    assert!(read("wrangler.toml").contains(&format!("[[ratelimits]]\nname = \"{}\"", bound[0])));
}

#[test]
fn rust_and_javascript_wait_for_as_long() {
    for (in_javascript, its_name, in_rust, name) in [
        (
            "packages/worker/index.js",
            "DEADLINE_MS",
            "crates/edge/src/http/content.rs",
            "SILENCE_MS",
        ),
        (
            "packages/worker/index.js",
            "SOON_MS",
            "crates/edge/src/replay/claim.rs",
            "HEDGE_MS",
        ),
    ] {
        let one = quoted_until(&read(in_javascript), &format!("const {its_name} = "), ';');
        let other = quoted_until(&read(in_rust), &format!("const {name}: u64 = "), ';');

        assert_eq!(one.len(), 1, "{in_javascript}");
        assert_eq!(one, other);
    }
}

#[test]
fn everything_that_is_stored_is_documented() {
    let tables = files("migrations", "sql")
        .iter()
        .flat_map(|file| quoted_until(&read(file), "CREATE TABLE ", ' '))
        .collect::<Vec<_>>();
    assert!(tables.len() >= 3);
    let columns = files("migrations", "sql")
        .iter()
        .flat_map(|file| columns(&read(file)))
        .collect::<Vec<_>>();
    assert!(columns.len() >= 30);
    let keys = quoted(
        &read("crates/edge/src/coordinator/storage.rs"),
        ": &str = \"",
    );
    let copies = quoted_until(&read("crates/core/src/address.rs"), "format!(\"", '{');
    for stored in tables.iter().chain(&columns).chain(&keys).chain(&copies) {
        assert_mentioned("docs/storage.md", &format!("`{stored}"));
    }
}

#[test]
fn every_event_is_documented() {
    let source = read("crates/edge/src/telemetry/event.rs");
    let messages = quoted(&source, "=> \"");
    assert!(messages.len() >= 16);
    for message in messages {
        assert_mentioned("docs/logs.md", &message);
    }
}

#[test]
fn every_test_file_is_on_the_map_once() {
    let map = read("tests/README.md");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut there: Vec<_> = files("tests", "ts")
        .iter()
        .filter_map(|file| file.strip_prefix(&tests).unwrap().to_str())
        .filter_map(|file| Some(file.strip_suffix(".test.ts")?.to_owned()))
        .collect();
    let mut mapped = quoted_until(&map, " | `", '`');
    there.sort();
    mapped.sort();
    assert_eq!(mapped, there);
}

/// A comment before a block of code names the file that it shows.
#[test]
fn documents_show_files_as_they_are() {
    let mut shown = Vec::new();
    for document in files("docs", "md") {
        let text = read(&document);
        for block in text.split("<!-- file: ").skip(1) {
            let (file, rest) = block.split_once(" -->\n```").unwrap();
            let code = rest.split_once('\n').unwrap().1;
            let code = code.split_once("\n```\n").unwrap().0;
            assert!(
                read(file) == format!("{code}\n"),
                "{} does not show {file} as it is",
                document.display()
            );
            shown.push(file.to_owned());
        }
    }
    assert!(shown.len() >= 9, "{shown:?}");
}

fn assert_mentioned(document: &str, text: &str) {
    assert!(
        read(document).contains(text),
        "{document} does not mention {text}"
    );
}

/// What stands between `before` and the next quotation mark, wherever `before` does.
fn quoted(text: &str, before: &str) -> Vec<String> {
    quoted_until(text, before, '"')
}

fn quoted_until(text: &str, before: &str, end: char) -> Vec<String> {
    text.split(before)
        .skip(1)
        .map(|rest| rest.split(end).next().unwrap().to_owned())
        .collect()
}

/// Those of tables that are created, one a line, and those that are added.
fn columns(sql: &str) -> Vec<String> {
    let created = sql.split("CREATE TABLE ").skip(1);
    let created = created
        .flat_map(|table| {
            let lines = table.lines().skip(1);
            lines.take_while(|line| line.starts_with("  "))
        })
        .filter(|line| !line.trim().starts_with("UNIQUE"))
        .map(|line| line.trim().split(' ').next().unwrap().to_owned());
    created
        .chain(quoted_until(sql, "ADD COLUMN ", ' '))
        .collect()
}

/// The lines that are code: no comments, and nothing after the file's own tests begin.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .filter(|line| !line.trim().starts_with("//"))
}

/// The Rust code of the Worker and of what it is made of.
fn code_files() -> impl Iterator<Item = PathBuf> {
    ["src", "crates/core/src", "crates/edge/src"]
        .into_iter()
        .flat_map(|folder| files(folder, "rs"))
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.unwrap().path();
            if path.is_dir() && !is_generated(&path) {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "no .{extension} in {folder}");
    found
}

/// What is installed or generated in a checkout, and not ours.
fn is_generated(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| {
        name == "node_modules" || name == "dist" || name.to_string_lossy().starts_with('.')
    })
}

fn read(file: impl AsRef<Path>) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
