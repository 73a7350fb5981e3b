//! From the command line to the exit code.

use std::{
    convert::Infallible,
    env,
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

use tokio::runtime;

use crate::{
    Commands, Refusal, Service, check,
    cli::{Cli, Command, Ended},
    healthcheck, log, migrate, refusal, run,
    settings::{DatabaseSettings, Http},
};

/// Does what the command line asks for, as the service `S`.
#[must_use]
pub fn main<S: Service>() -> ExitCode {
    main_with::<S, Infallible>()
}

/// Does what the command line asks for, as the service `S`, which has subcommands of its own.
#[must_use]
pub fn main_with<S: Service, Own: Commands>() -> ExitCode {
    let outcome = match Cli::<Own>::parse::<S::Settings>(&S::DESCRIPTION, env::args_os(), |name| env::var_os(name)) {
        Ok(cli) => act::<S, Own>(cli),
        Err(Ended::Answered(answer)) => {
            let _ = answer.print(); // to nobody, if the reader of a pipe has left
            Ok(ExitCode::SUCCESS)
        }
        Err(Ended::Refused(refusal)) => Err(refusal.into()),
    };
    outcome.unwrap_or_else(|error| {
        if nobody_reads(&error) {
            return ExitCode::SUCCESS;
        }
        eprintln!("{}: {error:#}", S::DESCRIPTION.name);
        error.downcast_ref().map_or(ExitCode::FAILURE, |refusal: &Refusal| ExitCode::from(refusal.code()))
    })
}

fn act<S: Service, Own: Commands>(Cli { command, reference, given }: Cli<Own>) -> anyhow::Result<ExitCode> {
    log::start(&given.read()?);
    // The loop and its connections share the main thread: an answer wakes nobody else. What watches over the loop has a
    // thread of its own, and answers even if the loop hangs.
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let watch = runtime::Builder::new_multi_thread().worker_threads(1).thread_name("watch").enable_all().build()?;
    let done = |()| ExitCode::SUCCESS;
    let outcome = runtime.block_on(async {
        match command {
            Command::Run => run::run::<S>(&given.read()?, &given.read()?, watch.handle()).await.map(done),
            Command::Check => {
                let good = check::check::<S>(&given.read()?, &given.read()?).await?;
                Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(refusal::MISSING) })
            }
            Command::Healthcheck => healthcheck::healthcheck(given.read::<Http>()?.http_addr).await.map(done),
            Command::Settings => Ok(writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&reference)?).map(done)?),
            Command::Migrate => {
                let database = given.read::<DatabaseSettings>()?.connection(S::DESCRIPTION.name)?;
                Ok(migrate::migrate(&database).await.map(done)?)
            }
            Command::DeadLetters(command) => command.act(&given, &mut io::stdout()).await.map(done),
            Command::Own(command) => command.act(&given, &mut io::stdout()).await.map(done),
        }
    });
    // Whatever still runs (a name being resolved, a probe being answered) is not worth waiting for.
    runtime.shutdown_background();
    watch.shutdown_background();
    outcome
}

/// Whether the reader of our output has left: `dead-letters list | head` has got what it wanted.
fn nobody_reads(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(|error: &io::Error| error.kind() == ErrorKind::BrokenPipe)
}
