//! Snapshots of `--help` of the services and of their subcommands.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::Layer;

/// Subcommands of every service that reads a topic.
const STREAM: [&str; 6] = ["run", "check", "completions", "dead-letters", "dead-letters list", "dead-letters replay"];

/// The output of the program of a layer into a pipe, with an empty environment.
fn output(layer: Layer, arguments: &[&str]) -> Result<String> {
    let ours = std::env::current_exe()?;
    let mut programs = ours.ancestors().skip(1).take(2).map(|folder| folder.join(layer.binary()));
    let program = programs.find(|program| program.is_file()).context("no program: run `make test`")?;
    let output = Command::new(program).env_clear().args(arguments).output()?;
    ensure!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    Ok(String::from_utf8(output.stdout)?)
}

/// The help of the service itself and of its subcommands.
fn pages(layer: Layer, own: &[&str]) -> Result<String> {
    let mut pages = String::new();
    for line in [""].iter().chain(&STREAM).chain(own) {
        let arguments: Vec<&str> = line.split_whitespace().chain(["--help"]).collect();
        let text = output(layer, &arguments)?;
        ensure!(!text.contains('\u{1b}'), "{arguments:?}: colors in a pipe");
        pages.push_str(&format!("$ {} {}\n{text}\n", layer.binary(), arguments.join(" ")));
    }
    Ok(pages)
}

#[test]
fn of_stg() -> Result<()> {
    insta::assert_snapshot!(pages(Layer::Stg, &["parked", "parked list", "parked release"])?);
    Ok(())
}

#[test]
fn of_dds() -> Result<()> {
    insta::assert_snapshot!(pages(Layer::Dds, &["rebuild"])?);
    Ok(())
}

#[test]
fn of_cdm() -> Result<()> {
    let own = ["rebuild", "rules", "rules list", "rules add", "rules set", "rules remove", "rules preview"];
    insta::assert_snapshot!(pages(Layer::Cdm, &own)?);
    Ok(())
}

#[test]
fn completions_name_every_subcommand_and_setting() -> Result<()> {
    for layer in Layer::ALL {
        for shell in ["bash", "zsh", "fish"] {
            let script = output(layer, &["completions", shell])?;
            for word in [&*layer.binary(), "dead-letters", "completions", "dry-run", "kafka-source-topic"] {
                ensure!(script.contains(word), "{shell}: {word} is missing");
            }
        }
    }
    Ok(())
}
