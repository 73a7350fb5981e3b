//! `visits-service` as a process, and HTTP requests to it.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use tokio::time::{Instant, sleep};

/// Timeout of any condition.
const SOON: Duration = Duration::from_secs(60);

/// The command with these variables and no others.
pub(crate) fn command(environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_visits-service"));
    command.env_clear().envs(environment.iter().copied());
    command
}

/// The output of a subcommand, and its exit code.
pub(crate) fn output(environment: &[(&str, &str)], arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command(environment).args(arguments).output().unwrap();
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

/// A running service. It is killed when the test ends.
pub(crate) struct Service {
    child: Child,
    address: SocketAddr,
}

impl Service {
    pub(crate) fn start(database_url: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let http_addr = address.to_string();
        let environment = [("DATABASE_URL", database_url), ("HTTP_ADDR", &http_addr), ("LOG_FORMAT", "json")];
        let child = command(&environment).stderr(Stdio::piped()).spawn().unwrap();
        Self { child, address }
    }

    /// The status and the body of an answer.
    pub(crate) fn ask(&self, method: &str, path: &str) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(SOON))?;
        stream.write_all(format!("{method} {path} HTTP/1.0\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        Ok((head.split(' ').nth(1).unwrap_or_default().parse().unwrap_or_default(), body.to_owned()))
    }

    /// Waits until `/ready` answers so.
    pub(crate) async fn until_ready_is(&self, expected: &str) -> anyhow::Result<()> {
        let begin = Instant::now();
        let mut last = String::new();
        while begin.elapsed() < SOON {
            if let Ok((_, body)) = self.ask("GET", "/ready") {
                if body.contains(expected) {
                    return Ok(());
                }
                last = body;
            }
            sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("/ready never answered {expected}; last: {last}")
    }

    /// Sends SIGTERM. Returns the exit code and the log.
    pub(crate) fn stop(mut self) -> (Option<i32>, String) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
