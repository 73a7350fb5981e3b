//! Signals: SIGTERM and SIGINT stop the process gracefully. A second signal, or the end of SHUTDOWN_GRACE, forces it to
//! exit.

use std::{process, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

/// A token that SIGTERM or SIGINT cancels. The process then has `grace` to finish or abandon its batch. After that, or
/// at a second signal, it exits with code 1. Nothing is lost: uncommitted records are processed again.
pub(crate) fn shutdown_token(grace: Duration) -> std::io::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        let name = either(&mut terminate, &mut interrupt).await;
        // Before the token is cancelled, because a service without work exits at once, before it could log the signal.
        tracing::info!(signal = name, grace_s = grace.as_secs(), "stopping");
        token.cancel();
        let reason = tokio::select! {
            _ = either(&mut terminate, &mut interrupt) => "a second signal",
            () = sleep(grace) => "SHUTDOWN_GRACE has elapsed",
        };
        tracing::error!(reason, "exit without a graceful shutdown; uncommitted records will be processed again");
        process::exit(1);
    });
    Ok(stop)
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) -> &'static str {
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}
