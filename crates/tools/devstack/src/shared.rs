//! The shared stack: one for a complete `cargo test`, or one for a process that runs alone.

use std::path::Path;

use tokio::sync::OnceCell;

use crate::endpoints::Endpoints;
use crate::options::Options;
use crate::stack::Stack;

/// Variable with the path of the file that describes the shared stack. `devstack run` sets it.
pub const STACK_VARIABLE: &str = "TAGMILL_STACK";

struct Shared {
    endpoints: Endpoints,
    /// A static is never dropped: when the process ends, the guard ends this stack.
    _private: Option<Stack>,
}

/// The stack `TAGMILL_STACK` describes; without it, one that lives as long as this process.
pub async fn shared() -> anyhow::Result<&'static Endpoints> {
    static SHARED: OnceCell<Shared> = OnceCell::const_new();
    let shared = SHARED.get_or_try_init(async || match std::env::var_os(STACK_VARIABLE) {
        Some(file) => described(Path::new(&file)),
        None => private().await,
    });
    Ok(&shared.await?.endpoints)
}

fn described(file: &Path) -> anyhow::Result<Shared> {
    Ok(Shared { endpoints: Endpoints::read(file)?, _private: None })
}

async fn private() -> anyhow::Result<Shared> {
    let stack = Stack::start(Options::for_tests()).await?;
    Ok(Shared { endpoints: stack.endpoints().clone(), _private: Some(stack) })
}
