//! Builds the crate again when a migration is added: the macro that embeds migrations tracks changed files only.

fn main() {
    println!("cargo::rerun-if-changed=../../../sql/segments/migrations");
}
