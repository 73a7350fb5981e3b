//! `devstack up`: a stack in the foreground; prints its addresses as shell exports.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use devstack::{EltStack, Options, Stack, Topic, UserService};
use tokio::signal::unix::{SignalKind, signal};

/// Starts a stack with the pipeline's topics. Ctrl-C or SIGTERM stops it
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder of data and logs, kept for the next start [default: a temporary folder]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Number of partitions of each topic that is created
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(i32).range(1..))]
    partitions: i32,
    /// Start two PostgreSQL clusters and Redis for elt-service instead, without Kafka
    #[arg(long)]
    elt: bool,
}

/// The databases of `--elt`.
const ELT_DATABASE: &str = "elt";

enum Running {
    /// With a user service for segments-service.
    Pipeline(Stack, UserService),
    Elt(EltStack),
}

pub(crate) async fn up(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut terminate = signal(SignalKind::terminate())?;
    let started = start(arguments);
    let stack = tokio::select! {
        stack = started => stack?,
        _ = tokio::signal::ctrl_c() => return Ok(ExitCode::FAILURE),
        _ = terminate.recv() => return Ok(ExitCode::FAILURE),
    };
    let (variables, folder) = match &stack {
        Running::Pipeline(stack, users) => {
            println!("export USER_SERVICE_URL='{}'", users.url());
            (stack.endpoints().variables(), stack.folder())
        }
        Running::Elt(stack) => (stack.urls(ELT_DATABASE, 0).variables(), stack.folder()),
    };
    for (name, value) in variables {
        println!("export {name}='{value}'");
    }
    eprintln!("The stack is running; its logs are in {}. Ctrl-C stops it.", folder.display());
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    match stack {
        Running::Pipeline(stack, _) => stack.stop().await?,
        Running::Elt(stack) => stack.stop().await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn start(arguments: Arguments) -> anyhow::Result<Running> {
    let options = Options { folder: arguments.folder, ..Options::default() };
    if arguments.elt {
        let stack = EltStack::start(options).await?;
        stack.ensure(ELT_DATABASE).await?;
        return Ok(Running::Elt(stack));
    }
    let stack = Stack::start(options).await?;
    stack.endpoints().create_topics(&Topic::pipeline(arguments.partitions)).await?;
    Ok(Running::Pipeline(stack, UserService::start().await?))
}
