//! From the command line to the exit code.

use std::{
    env,
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

use tokio::runtime::{self, Runtime};

use crate::{
    App, Commands, ExitError,
    admin::healthcheck,
    admin::log,
    check,
    command::cli::{self, Cli, Command, ParseEnd, Program},
    command::completions,
    settings::{HttpSettings, LogSettings},
    startup::exit_error,
    startup::run::{self, Runtimes},
};

/// Runs the service `A` as the command line says.
#[must_use]
pub fn main<A: App>() -> ExitCode {
    let cli = Cli::<A::Commands>::parse::<A::Settings>(&Program::of::<A>(), env::args_os(), |name| env::var_os(name));
    let outcome = match cli {
        Ok(cli) => act::<A>(cli),
        Err(ParseEnd::Help(answer)) => {
            let _ = answer.print(); // to nobody, if the reader of a pipe has left
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

fn act<A: App>(Cli { command, settings_json, settings }: Cli<A::Commands>) -> anyhow::Result<ExitCode> {
    log::start(&settings.read::<LogSettings>()?);
    // The loop and its connections share the main thread: an answer wakes nobody else. What watches over the loop has a
    // thread of its own, and answers even if the loop hangs.
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
    // Whatever still runs (a name being resolved, a probe being answered) is not worth waiting for.
    runtime.shutdown_background();
    watch.shutdown_background();
    routes.shutdown_background();
    outcome
}

/// A runtime with one thread.
fn background(name: &str) -> io::Result<Runtime> {
    runtime::Builder::new_multi_thread().worker_threads(1).thread_name(name).enable_all().build()
}

/// Whether the reader of our output has left: `dead-letters list | head` has got what it wanted.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(|error: &io::Error| error.kind() == ErrorKind::BrokenPipe)
}
