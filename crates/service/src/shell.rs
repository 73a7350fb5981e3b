//! From the command line to the exit code.

use std::{env, process::ExitCode};

use tokio::runtime;

use crate::{
    Refusal, Service, check,
    cli::{Cli, Command, Ended},
    log, migrate, refusal, run,
    settings::Database,
};

/// Does what the command line asks for, as the service `S`.
#[must_use]
pub fn main<S: Service>() -> ExitCode {
    let outcome = match Cli::parse::<S::Settings>(&S::DESCRIPTION, env::args_os(), |name| env::var_os(name)) {
        Ok(cli) => act::<S>(&cli),
        Err(Ended::Answered(answer)) => {
            let _ = answer.print(); // to nobody, if the reader of a pipe has left
            Ok(ExitCode::SUCCESS)
        }
        Err(Ended::Refused(refusal)) => Err(refusal.into()),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("{}: {error:#}", S::DESCRIPTION.name);
        error.downcast_ref().map_or(ExitCode::FAILURE, |refusal: &Refusal| ExitCode::from(refusal.code()))
    })
}

fn act<S: Service>(cli: &Cli) -> anyhow::Result<ExitCode> {
    log::start(&cli.read()?);
    // Two threads: the loop has the main one, these serve the endpoints, the connections and the scheduler.
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Run => run::run::<S>(&cli.read()?, &cli.read()?).await.map(|()| ExitCode::SUCCESS),
            Command::Check => {
                let good = check::check::<S>(&cli.read()?, &cli.read()?).await?;
                Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(refusal::MISSING) })
            }
            Command::Migrate => {
                let database = cli.read::<Database>()?.connection(S::DESCRIPTION.name)?;
                Ok(migrate::migrate(&database).await.map(|()| ExitCode::SUCCESS)?)
            }
        }
    });
    // Whatever still runs (a name being resolved, a probe being answered) is not worth waiting for.
    runtime.shutdown_background();
    outcome
}
