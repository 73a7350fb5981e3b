//! Being told to stop: softly at first, hard when that takes too long or is asked for twice.

use std::{process, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

/// A token that SIGTERM or SIGINT cancels. From then on the process has `grace` to finish or abandon its batch; past
/// that, or at a second signal, it ends with code 1. Nothing is lost by that: what was not committed comes again.
pub(crate) fn shutdown_token(grace: Duration) -> std::io::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        let name = either(&mut terminate, &mut interrupt).await;
        // Before the token is cancelled: a service without work ends at once, and its log would not say why.
        tracing::info!(signal = name, grace_s = grace.as_secs(), "stopping");
        told.cancel();
        let reason = tokio::select! {
            _ = either(&mut terminate, &mut interrupt) => "a second signal",
            () = sleep(grace) => "SHUTDOWN_GRACE is over",
        };
        tracing::error!(reason, "stopped hard; the batch in hand comes again");
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
