//! Which module imports which: forward along the walk, and never in a circle.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// A module, by its path in its crate; a folder is the module of its `mod.rs`.
type Module = Vec<String>;
type Imports = BTreeMap<Module, BTreeSet<Module>>;

#[test]
fn modules_follow_the_walk() {
    let walk = walk();
    let at = |module: &Module| walk.iter().position(|listed| *listed == module[0]);
    let imports = imports("crates/edge/src");
    assert!(imports.len() > 80);
    for (module, imported) in &imports {
        for other in imported {
            if let (Some(here), Some(there)) = (at(module), at(other)) {
                assert!(
                    here <= there,
                    "{} goes back to {}",
                    module.join("::"),
                    other.join("::")
                );
            }
        }
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for root in ["src", "crates/core/src", "crates/edge/src"] {
        if let Some(circle) = circle(&imports(root)) {
            let circle: Vec<_> = circle.iter().map(|module| module.join("::")).collect();
            panic!("{root}: {}", circle.join(" -> "));
        }
    }
}

#[test]
fn a_circle_is_found() {
    let module = |name: &str| vec![name.to_owned()];
    let edge = |from, to| (module(from), BTreeSet::from([module(to)]));

    assert_eq!(
        circle(&Imports::from([edge("a", "b"), edge("b", "c")])),
        None
    );
    let found = circle(&Imports::from([
        edge("a", "b"),
        edge("b", "c"),
        edge("c", "b"),
    ]));
    assert_eq!(found, Some(["b", "c", "b"].map(module).to_vec()));
}

#[test]
fn every_name_of_an_import_is_seen() {
    let text = "use crate::{a::{B, c::D as E}, f::g};\npub use super::h::*;\nuse std::i;";

    let seen: Vec<_> = uses(text).iter().map(|path| path.join("::")).collect();

    assert_eq!(
        seen,
        [
            "crate::a::B",
            "crate::a::c::D",
            "crate::f::g",
            "super::h::*",
            "std::i"
        ]
    );
}

/// The modules of the machinery, in the order of its list; those for tests are left out.
fn walk() -> Vec<String> {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/edge/src/lib.rs");
    let list = fs::read_to_string(list).unwrap();
    let list = list.split("#[cfg(test)]").next().unwrap();
    let modules = list
        .lines()
        .map(|line| line.trim_start_matches("pub ").split_once("mod "));
    let names = modules.filter_map(|line| line.filter(|(before, _)| before.is_empty()));
    let walk: Vec<_> = names
        .map(|(_, name)| name.trim_end_matches(';').to_owned())
        .collect();
    assert!(walk.len() > 12);
    walk
}

/// What each file under `root` imports of the others. The file that lists a folder's modules imports nothing.
fn imports(root: &str) -> Imports {
    let files = files(root);
    let modules: BTreeSet<Module> = files.keys().cloned().collect();
    let exported = exported(&files);
    let mut imports = Imports::new();
    for (module, (path, text)) in &files {
        if path.ends_with("mod.rs") || path.ends_with("lib.rs") {
            continue;
        }
        let found = uses(text).into_iter().filter_map(|path| {
            let name = absolute(module, &path)?;
            let mut target = exported.get(&name).cloned().unwrap_or(name);
            while !target.is_empty() && !modules.contains(&target) {
                target.pop();
            }
            (!target.is_empty() && target != *module).then_some(target)
        });
        imports.insert(module.clone(), found.collect());
    }
    imports
}

/// The names that folders show of their files, with the file that each is in.
fn exported(files: &BTreeMap<Module, (PathBuf, String)>) -> BTreeMap<Module, Module> {
    let folders = files
        .iter()
        .filter(|(_, (path, _))| path.ends_with("mod.rs"));
    folders
        .flat_map(|(folder, (_, text))| {
            uses(text).into_iter().map(|mut path| {
                let name = path.pop().unwrap();
                let from = [folder.as_slice(), &path].concat();
                ([folder.as_slice(), &[name]].concat(), from)
            })
        })
        .collect()
}

/// The path in the crate of what `module` calls `path`; nothing if it is of another crate.
fn absolute(module: &Module, path: &[String]) -> Option<Module> {
    let mut path = path.iter().peekable();
    let mut base = match path.next()?.as_str() {
        "crate" => Vec::new(),
        "super" => module[..module.len() - 1].to_vec(),
        _ => return None,
    };
    while path.next_if(|name| *name == "super").is_some() {
        base.pop();
    }
    base.extend(path.cloned());
    Some(base)
}

/// Every path that a `use` of the code names, its own tests left out.
fn uses(text: &str) -> Vec<Vec<String>> {
    let code = text.split("\n#[cfg(test)]\nmod tests").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n");
    code.split(';')
        .filter_map(|statement| statement.split_once("use "))
        .filter(|(before, _)| {
            before.trim_end().ends_with("pub") || before.trim().is_empty() || before.ends_with('\n')
        })
        .flat_map(|(_, tree)| names(tree.trim()))
        .collect()
}

/// The paths of a tree such as `a::{b, c::d}`.
fn names(tree: &str) -> Vec<Vec<String>> {
    let (head, rest) = match tree.split_once("::") {
        Some((head, rest)) if !head.contains('{') => (Some(head.trim().to_owned()), rest.trim()),
        Some(_) | None => (None, tree),
    };
    let below = match (rest.strip_prefix('{'), &head) {
        (Some(list), _) => branches(list.trim_end().trim_end_matches('}')),
        (None, Some(_)) => names(rest),
        (None, None) => vec![vec![rest.split(" as ").next().unwrap().trim().to_owned()]],
    };
    let with_head = |path: Vec<String>| head.iter().cloned().chain(path).collect();
    below.into_iter().map(with_head).collect()
}

/// The paths of a list such as `b, c::{d, e}`, which is cut at its outermost commas.
fn branches(list: &str) -> Vec<Vec<String>> {
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for char in list.chars() {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if char == ',' && depth == 0 {
            parts.push(String::new());
        } else {
            parts.last_mut().unwrap().push(char);
        }
    }
    let parts = parts.iter().map(|part| part.trim());
    parts
        .filter(|part| !part.is_empty())
        .flat_map(names)
        .collect()
}

/// The modules of a circle, in order, if there is one.
fn circle(imports: &Imports) -> Option<Vec<Module>> {
    fn visit(
        module: &Module,
        imports: &Imports,
        path: &mut Vec<Module>,
        done: &mut BTreeSet<Module>,
    ) -> Option<Vec<Module>> {
        if let Some(start) = path.iter().position(|on_path| on_path == module) {
            return Some([&path[start..], std::slice::from_ref(module)].concat());
        }
        if done.contains(module) {
            return None;
        }
        path.push(module.clone());
        let next = imports.get(module).into_iter().flatten();
        let found = next
            .into_iter()
            .find_map(|other| visit(other, imports, path, done));
        path.pop();
        done.insert(module.clone());
        found
    }
    let mut done = BTreeSet::new();
    imports
        .keys()
        .find_map(|module| visit(module, imports, &mut Vec::new(), &mut done))
}

fn files(root: &str) -> BTreeMap<Module, (PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
    let mut found = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == "rs") {
                let inside = path.strip_prefix(&root).unwrap().with_extension("");
                let mut module: Module = inside
                    .components()
                    .map(|part| part.as_os_str().to_string_lossy().into_owned())
                    .collect();
                module.pop_if(|name| name == "mod" || name == "lib");
                let text = fs::read_to_string(&path).unwrap();
                found.insert(module, (path, text));
            }
        }
    }
    found
}
