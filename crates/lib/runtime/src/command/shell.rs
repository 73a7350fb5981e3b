//! Main function of every service: parses the command line, runs a subcommand, returns the exit code.

use std::{
    env,
    ffi::OsString,
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

use tokio::runtime::{self, Runtime};

use crate::{
    App, CommandSettings, Commands, ExitError,
    admin::healthcheck,
    admin::log,
    check,
    command::cli::{self, Cli, Command, ParseEnd, Program},
    command::completions,
    command::usage,
    settings::{HttpSettings, LogSettings},
    startup::exit_error,
    startup::run::{self, Runtimes},
};

/// Runs the subcommand of the service `A` that the command line names.
#[must_use]
pub fn main<A: App>() -> ExitCode {
    main_with::<A>(|name| env::var_os(name))
}

/// The same for a service whose variables come from other places than the environment too. `variable` returns the value of
/// a variable.
#[must_use]
pub fn main_with<A: App>(variable: impl Fn(&str) -> Option<OsString>) -> ExitCode {
    let cli = Cli::<A::Commands>::parse::<A::Settings>(&Program::of::<A>(), env::args_os(), variable);
    let outcome = match cli {
        Ok(cli) => act::<A>(cli),
        Err(ParseEnd::Help(answer)) => {
            let _ = answer.print(); // fails if the reader of a pipe has exited
            Ok(ExitCode::SUCCESS)
        }
        Err(ParseEnd::Invalid(exit_error)) => Err(exit_error.into()),
    };
    outcome.unwrap_or_else(|error| {
        if is_broken_pipe(&error) {
            return ExitCode::SUCCESS;
        }
        eprintln!("{}: {error:#}", A::NAME);
        error.downcast_ref().map_or(ExitCode::FAILURE, |exit_error: &ExitError| ExitCode::from(exit_error.code()))
    })
}

/// The names of the settings of the service `A`, as variables.
#[must_use]
pub fn variables<A: App>() -> Vec<String> {
    let command = cli::command::<A::Settings, A::Commands>(&Program::of::<A>());
    command.get_arguments().filter_map(|argument| Some(argument.get_env()?.to_str()?.to_owned())).collect()
}

fn act<A: App>(Cli { command, settings_json, settings }: Cli<A::Commands>) -> anyhow::Result<ExitCode> {
    let command = instead_of_run(command, &settings)?;
    let (file, copy) = match command {
        Command::Run => (A::log_file(&settings)?, A::log_copy(&settings)?),
        _ => (None, None),
    };
    log::start(&settings.read::<LogSettings>()?, file, copy)?;
    // The loop and its connections share the main thread, so that an answer wakes no other thread. Signals and the
    // endpoints have a thread of their own and work even if the loop hangs.
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let watch = background("watch")?;
    // Routes of the service may take time, for instance to compress a response. The probes do not wait for them.
    let routes = background("routes")?;
    let done = |()| ExitCode::SUCCESS;
    let outcome = runtime.block_on(async {
        match command {
            Command::Run => {
                let app = A::new(settings.read()?)?;
                let runtimes = Runtimes { watch: watch.handle().clone(), routes: routes.handle().clone() };
                run::run(app, &settings.read()?, &settings.read()?, &runtimes).await.map(done)
            }
            Command::Check => {
                let good = check::check::<A>(settings.read()?).await?;
                Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(exit_error::EX_UNAVAILABLE) })
            }
            Command::Healthcheck => {
                healthcheck::healthcheck(settings.read::<HttpSettings>()?.http_addr).await.map(done)
            }
            Command::Settings => {
                Ok(writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&settings_json)?).map(done)?)
            }
            Command::Completions { shell } => {
                let command = cli::command::<A::Settings, A::Commands>(&Program::of::<A>());
                Ok(completions::write(shell, command, &mut io::stdout()).map(done)?)
            }
            Command::Migrate => Ok(A::migrate(&settings).await.map(done)?),
            Command::Own(command) => command.act(&settings, &mut io::stdout()).await.map(done),
        }
    });
    // Does not wait for running tasks, for example a DNS lookup or the answer to a probe.
    runtime.shutdown_background();
    watch.shutdown_background();
    routes.shutdown_background();
    outcome
}

/// Returns the command, or the one that replaces `run` for its arguments.
fn instead_of_run<Own: Commands>(command: Command<Own>, settings: &CommandSettings) -> Result<Command<Own>, ExitError> {
    let arguments = settings.run_arguments().filter(|_| matches!(command, Command::Run));
    let own = arguments.map(Own::instead_of_run).transpose().map_err(|error| usage::one_line(&error, str::to_owned))?;
    Ok(own.flatten().map_or(command, Command::Own))
}

/// A runtime with one thread.
fn background(name: &str) -> io::Result<Runtime> {
    runtime::Builder::new_multi_thread().worker_threads(1).thread_name(name).enable_all().build()
}

/// Whether the reader of standard output has exited, as in `dead-letters list | head`.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(|error: &io::Error| error.kind() == ErrorKind::BrokenPipe)
}
