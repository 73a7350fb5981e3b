//! Tests of subcommands, their help, and errors of wrong usage.

use std::convert::Infallible;

use runtime::{
    ExitError,
    cli::{Command, ParseEnd, Shell, command},
};
use stream::{StreamCommands, dead_letters::DeadLetters};

use super::{AllCommands, COMPLETE, OwnCommands, PROGRAM, Settings, Variables, parse};

#[test]
fn a_usage_error_is_one_line() {
    for (line, said) in [
        (
            vec!["--database-uri=hunter2"],
            "there is no option `--database-uri`; did you mean `--database-url`? See `stg-service --help`",
        ),
        (vec!["launch"], "there is no subcommand `launch`; see `stg-service --help`"),
        (vec!["chekc"], "there is no subcommand `chekc`; did you mean `check`? See `stg-service --help`"),
        (
            vec!["dead-letters"],
            "`stg-service dead-letters` needs a subcommand: `list` or `replay`; see `stg-service dead-letters --help`",
        ),
        (
            vec!["dead-letters", "list", "--jsno"],
            "there is no option `--jsno`; did you mean `--json`? See `stg-service dead-letters list --help`",
        ),
        (
            vec!["dead-letters", "list", "--limit", "few"],
            "--limit: `few` is not a number of dead letters; write a whole number from 0",
        ),
        (
            vec!["dead-letters", "replay", "--from", "3"],
            "--partition <PARTITION> is missing; see `stg-service dead-letters replay --help`",
        ),
        (
            vec!["dead-letters", "replay", "--yes", "--dry-run"],
            "--yes excludes --dry-run; see `stg-service dead-letters replay --help`",
        ),
        (
            vec!["check", "--log-format", "text"],
            "`--log-format` is a setting and stands before the subcommand; see `stg-service check --help`",
        ),
        (vec!["run", "faster"], "`faster` is one argument too many; see `stg-service run --help`"),
        (vec!["run", "postgres://u:hunter2@h"], "there is one argument too many; see `stg-service run --help`"),
        (vec!["postgres://u:hunter2@h"], "there is no subcommand of this name; see `stg-service --help`"),
        (vec!["--batch-size"], "BATCH_SIZE needs a value"),
        (vec!["revolve"], "<TIMES> is missing; see `stg-service revolve --help`"),
        (vec!["revolve", "often"], "TIMES: `often` is not a number of times; write a whole number from 1"),
    ] {
        let Err(ParseEnd::Invalid(exit_error)) = parse(&line, &COMPLETE.into()) else {
            panic!("{line:?} was understood")
        };
        assert_eq!(exit_error, ExitError::Config(said.to_owned()));
    }
}

#[test]
fn each_service_has_its_own_nested_subcommands() {
    let line = ["--redis-url=redis://r", "dead-letters", "replay", "--partition=1", "--from=3", "--to=9", "--yes"];
    let cli = parse(&line, &COMPLETE.into()).unwrap();
    let Command::Own(StreamCommands::DeadLetters(DeadLetters::Replay(replay))) = cli.command else {
        panic!("{:?}", cli.command)
    };
    let which = replay.selection;
    assert_eq!((which.partition, which.from, which.to, replay.confirmation.yes), (Some(1), Some(3), Some(9), true));

    let cli = parse(&["revolve", "3"], &COMPLETE.into()).unwrap();
    assert!(matches!(cli.command, Command::Own(StreamCommands::Own(OwnCommands::Revolve { times: 3 }))));
    let nobodys = runtime::cli::Cli::<StreamCommands<Infallible>>::parse::<Settings>(
        &PROGRAM,
        ["stg".into(), "revolve".into()],
        |_| None,
    );
    assert!(matches!(nobodys, Err(ParseEnd::Invalid(_))));
}

#[test]
fn every_numeric_setting_is_parsed_as_the_type_of_its_field() {
    for line in [
        &["dead-letters", "list", "--limit=1", "--partition=1", "--from=3", "--to=9"][..],
        &["--batch-size=1", "--batches-in-flight=1", "--database-pool-size=1", "--kafka-topic-partitions=1", "run"],
    ] {
        let cli = parse(line, &COMPLETE.into()).unwrap();
        cli.settings.read::<Settings>().unwrap();
    }
}

#[test]
fn help_is_printed_whatever_the_environment_holds() {
    let wrong = Variables::from([("BATCH_SIZE", "many"), ("DATABASE_URL", " ")]);
    for line in
        [&["--help"][..], &["-h"], &["help"], &["help", "dead-letters"], &["dead-letters", "list", "--help"], &["-V"]]
    {
        let Err(ParseEnd::Help(help)) = parse(line, &wrong) else { panic!("{line:?}: no help") };
        assert!(!help.to_string().contains('\u{1b}'), "{line:?}: colors in a pipe");
    }
}

#[test]
fn completions_exist_for_three_shells() {
    for (name, shell) in [("bash", Shell::Bash), ("zsh", Shell::Zsh), ("fish", Shell::Fish)] {
        let cli = parse(&["completions", name], &Variables::new()).unwrap();
        assert!(matches!(cli.command, Command::Completions { shell: named } if named == shell), "{name}");
    }
    let Err(ParseEnd::Invalid(exit_error)) = parse(&["completions", "cmd"], &Variables::new()) else { panic!("cmd") };
    assert_eq!(exit_error.to_string(), "SHELL must be one of bash, zsh, fish");
}

#[test]
fn help_contains_every_group_of_settings_and_every_command() {
    let Err(ParseEnd::Help(help)) = parse(&["--help"], &Variables::new()) else { panic!("no help") };
    let help = help.to_string();
    assert!(help.starts_with("Stores orders.\n"), "{help}");
    for text in [
        "This service:",
        "[env: DATABASE_URL]",
        "[env: REDIS_URL]",
        "[default: stg-dead-letters]",
        "migrate",
        "dead-letters",
        "revolve",
        "NAME_FILE",
    ] {
        assert!(help.contains(text), "{text} in {help}");
    }
    for argument in command::<Settings, AllCommands>(&PROGRAM).get_arguments() {
        assert!(argument.is_hide_env_values_set(), "{} would show its value in --help", argument.get_id());
        assert!(argument.get_help().is_some() || argument.get_id() == "redis_url", "{}", argument.get_id());
    }
}
