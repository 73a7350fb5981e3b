//! Circular dependencies of files: no two files of a crate use each other, directly or through others.
//!
//! A module and the files in its folder are one thing, so what they use of each other does not count. Neither do tests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::repository::{files, root};

/// The path of a module or of an item from the root of its crate.
type Names = Vec<String>;

/// The modules of a crate.
type Modules = BTreeMap<Names, Module>;

/// A file, without its tests.
#[derive(Default)]
struct Module {
    /// Paths that it names, from the root of the crate.
    used: Vec<Names>,
    /// Names that it gives to such paths (`use`), its own and those that it exports.
    imported: BTreeMap<String, Names>,
}

/// The source without comments, and without tests.
fn code(text: &str) -> String {
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut code = String::new();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            // A module in a file of its own, or the rest of this one.
            if lines.next().is_none_or(|item| !item.ends_with(';')) {
                break;
            }
        } else {
            code.push_str(line);
            code.push('\n');
        }
    }
    code
}

/// Reads the paths that begin at `text` (`a::{b, c::D as E}`), each with the name it gets. Returns the rest.
fn read<'a>(text: &'a str, before: &[String], found: &mut Vec<(String, Names)>) -> &'a str {
    let mut text = text.trim_start();
    if let Some(mut group) = text.strip_prefix('{') {
        while !group.trim_start().starts_with('}') && !group.is_empty() {
            group = read(group, before, found).trim_start_matches(|letter| !matches!(letter, ',' | '}'));
            group = group.strip_prefix(',').unwrap_or(group);
        }
        return group.trim_start().strip_prefix('}').unwrap_or(group);
    }
    let mut path = before.to_vec();
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if !matches!(name, "" | "self") {
        path.push(name.to_owned());
    }
    text = rest;
    if let Some(inner) = text.strip_prefix("::") {
        return read(inner, &path, found);
    }
    let alias = text.strip_prefix(" as ").and_then(|alias| alias.split([',', ';', '}', '\n']).next());
    let name = alias.or(path.last().map(String::as_str)).unwrap_or_default().to_owned();
    found.push((name, path));
    text
}

impl Module {
    fn read(text: &str, own: &[String]) -> Self {
        let text = code(text);
        let paths = |start: usize| {
            let mut found = Vec::new();
            read(&text[start..], &[], &mut found);
            found.into_iter().map(|(name, path)| (name, from_root(&path, own)))
        };
        let is_import = |start: &usize| {
            let before = text[..*start].rsplit('\n').next().unwrap_or_default().trim();
            ["", "pub", "pub(crate)", "pub(super)"].contains(&before)
        };
        let is_whole = |start: &usize| {
            !text[..*start].ends_with(|letter: char| letter.is_alphanumeric() || matches!(letter, ':' | '_' | '$'))
        };
        let starts = |word| text.match_indices(word).map(|(start, _)| start);
        let named = starts("crate::").chain(starts("super::")).filter(is_whole);
        Self {
            imported: starts("use ").filter(is_import).flat_map(|start| paths(start + "use ".len())).collect(),
            used: named.flat_map(paths).map(|(_, path)| path).collect(),
        }
    }
}

/// A path from the root of the crate. The first name of a path without `crate` or `super` is a module below.
fn from_root(path: &[String], own: &[String]) -> Names {
    let mut base = if path.first().is_some_and(|first| first == "crate") { Vec::new() } else { own.to_vec() };
    for name in path {
        match name.as_str() {
            "crate" => {}
            "super" => drop(base.pop()),
            _ => base.push(name.clone()),
        }
    }
    base
}

/// The module that a path leads to, by way of what other modules export.
fn owner(path: &[String], modules: &Modules, steps: usize) -> Names {
    let length = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length])).unwrap();
    let (module, item) = path.split_at(length);
    let exported = item.first().and_then(|item| modules[module].imported.get(item));
    match exported {
        Some(next) if steps > 0 => owner(&[next, &item[1..]].concat(), modules, steps - 1),
        _ => module.to_vec(),
    }
}

/// The modules of a crate whose sources are in `folder`.
fn modules(folder: &Path) -> Modules {
    let mut modules = Modules::new();
    for file in files(".rs").iter().filter(|file| file.starts_with(folder)) {
        let names = file.strip_prefix(folder).unwrap().with_extension("");
        let mut names: Names = names.iter().map(|name| name.to_str().unwrap().to_owned()).collect();
        names.retain(|name| name != "lib");
        // A binary beside a library is a crate of its own, of one file.
        if names == ["main"] && folder.join("lib.rs").exists() {
            continue;
        }
        names.retain(|name| name != "main");
        let module = Module::read(&fs::read_to_string(file).unwrap(), &names);
        modules.insert(names, module);
    }
    modules
}

/// The modules that each module uses, those above and below it aside.
fn uses(modules: &Modules) -> BTreeMap<&Names, BTreeSet<Names>> {
    let beside = |module: &Names, other: &Names| !module.starts_with(other) && !other.starts_with(module);
    let used = |(name, module): (_, &Module)| {
        let owners = module.used.iter().map(|path| owner(path, modules, 8));
        (name, owners.filter(|owner| beside(name, owner)).collect())
    };
    modules.iter().map(used).collect()
}

/// Everything that can be reached from a module.
fn reached(from: &Names, uses: &BTreeMap<&Names, BTreeSet<Names>>) -> BTreeSet<Names> {
    let (mut open, mut reached) = (vec![from.clone()], BTreeSet::new());
    while let Some(module) = open.pop() {
        open.extend(uses[&module].iter().filter(|next| reached.insert((*next).clone())).cloned());
    }
    reached
}

#[test]
fn files_have_no_circular_dependencies() {
    let roots = files(".rs").into_iter().filter(|file| file.ends_with("src/lib.rs") || file.ends_with("src/main.rs"));
    let folders: BTreeSet<_> = roots.map(|file| file.parent().unwrap().to_owned()).collect();
    let (mut seen, mut circles) = (0, Vec::new());
    for folder in &folders {
        let modules = modules(folder);
        let uses = uses(&modules);
        seen += uses.values().map(BTreeSet::len).sum::<usize>();
        let circle = uses.keys().filter(|name| reached(name, &uses).contains(**name)).map(|name| name.join("::"));
        let circle: Vec<String> = circle.collect();
        if !circle.is_empty() {
            circles.push(format!("{}: {}", folder.strip_prefix(root()).unwrap().display(), circle.join(", ")));
        }
    }
    assert!(seen > 500, "only {seen} uses were found: has the form of the sources changed?");
    assert!(circles.is_empty(), "circles of files among:\n{}", circles.join("\n"));
}
