//! Crates: the table in `crates/README.md` lists each one with its drivers, and dependencies follow the folders.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use serde_json::Value;

use crate::repository::root;

/// The libraries that talk to a server.
const DRIVERS: [&str; 3] = ["rdkafka", "redis", "tokio-postgres"];

/// A crate of the workspace.
struct Crate {
    /// Its folder, from `crates`: `lib/orders`.
    folder: String,
    /// What it depends on, development dependencies aside.
    dependencies: BTreeSet<String>,
}

impl Crate {
    fn read(package: &Value) -> Self {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        let folder = manifest.parent().unwrap().strip_prefix(root().join("crates")).unwrap();
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let dependencies = dependencies.filter(|dependency| dependency["kind"] != "dev");
        Self {
            folder: folder.to_str().unwrap().to_owned(),
            dependencies: dependencies.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect(),
        }
    }

    /// `bin`, `lib` or `tools`.
    fn kind(&self) -> &str {
        self.folder.split('/').next().unwrap()
    }

    fn drivers(&self) -> Vec<&str> {
        DRIVERS.into_iter().filter(|driver| self.dependencies.contains(*driver)).collect()
    }
}

/// The crates of the workspace by name, as cargo sees them.
fn crates() -> BTreeMap<String, Crate> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (package["name"].as_str().unwrap().to_owned(), Crate::read(package))).collect()
}

#[test]
fn every_crate_has_one_row_in_the_map() {
    let map = fs::read_to_string(root().join("crates/README.md")).unwrap();
    let rows = map.lines().skip_while(|line| !line.starts_with("| crate |")).skip(2);
    let rows: BTreeMap<&str, (&str, Vec<&str>)> = rows
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let (name, target) = cells[0].trim_start_matches('[').trim_end_matches(')').split_once("](").unwrap();
            (name, (target, cells[2].split(", ").filter(|driver| !driver.is_empty()).collect()))
        })
        .collect();
    let crates = crates();
    assert_eq!(rows.keys().copied().collect::<Vec<_>>(), crates.keys().map(String::as_str).collect::<Vec<_>>());
    for (name, package) in &crates {
        let (target, drivers) = &rows[name.as_str()];
        assert!(target.starts_with(&format!("{}/", package.folder)), "{name} is in crates/{}", package.folder);
        assert_eq!(*drivers, package.drivers(), "the drivers of {name}");
    }
}

#[test]
fn libraries_depend_on_libraries_only_and_nothing_on_a_service() {
    let crates = crates();
    for (name, package) in &crates {
        for (dependency, below) in package.dependencies.iter().filter_map(|name| crates.get_key_value(name)) {
            let allowed = below.kind() == "lib" || (package.kind() == "tools" && below.kind() == "tools");
            assert!(allowed, "{} must not depend on {}", package.folder, below.folder);
            assert_ne!(name, dependency);
        }
    }
}

#[test]
fn the_runtime_does_not_depend_on_kafka() {
    let crates = crates();
    let mut open = vec!["runtime"];
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        assert!(!["kafka", "stream", "rdkafka"].contains(&name), "runtime depends on {name}, by way of {seen:?}");
        if seen.insert(name)
            && let Some(package) = crates.get(name)
        {
            open.extend(package.dependencies.iter().map(String::as_str));
        }
    }
    assert!(seen.contains("health"), "{seen:?}");
}
