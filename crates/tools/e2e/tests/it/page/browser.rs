//! Headless Chromium, driven over the DevTools protocol.
//!
//! The protocol is JSON, one text after the other, each ended by a zero byte, over two pipes that Chromium has as files 3
//! and 4. There are crates for it; the living ones bring a hundred others and minutes of compiling, for a dozen calls.

use std::collections::BTreeSet;
use std::env;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, sleep, timeout};

/// Timeout of a response or a condition, on a machine that is busy with other tests.
const WAIT_TIMEOUT: Duration = Duration::from_secs(120);

const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Headless mode, without background requests.
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
];

/// A browser with one page. It is killed when dropped.
pub(super) struct Browser {
    _profile: TempDir,
    _child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    calls: u64,
    session: String,
    events: Vec<Value>,
}

/// A visitor of the page.
pub(super) struct Visitor {
    /// `ru-RU`, `en-US`.
    pub(super) language: &'static str,
    /// `light` or `dark`, as the system has it.
    pub(super) theme: &'static str,
    /// The width of the screen.
    pub(super) width: u32,
}

/// The browser of this machine.
fn program() -> Result<PathBuf> {
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let mut programs = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    programs.find(|program| program.is_file()).context("no Chromium: `make browser` installs one")
}

impl Browser {
    /// Starts one, with a fresh profile.
    pub(super) async fn start(visitor: &Visitor) -> Result<Self> {
        let profile = tempfile::Builder::new().prefix("tagmill-browser-").tempdir()?;
        let mut command = Command::new("setpriv");
        // The pipes are its standard input and output under other numbers.
        command.args(["--pdeathsig", "KILL", "sh", "-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "sh"]);
        command
            .arg(program()?)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start the browser")?;
        let to = child.stdin.take().context("no pipe")?;
        let from = BufReader::new(child.stdout.take().context("no pipe")?);
        let (calls, session, events) = (0, String::new(), Vec::new());
        let mut browser = Self { _profile: profile, _child: child, to, from, calls, session, events };
        browser.attach().await?;
        browser.be(visitor).await?;
        Ok(browser)
    }

    /// Opens an address and waits until the page is loaded.
    pub(super) async fn open(&mut self, address: &str) -> Result<()> {
        self.call("Page.navigate", json!({"url": "about:blank"})).await?;
        self.call("Page.navigate", json!({"url": address})).await?;
        let here = format!("location.href === {} && document.readyState === 'complete'", json!(address));
        self.until(&here).await
    }

    /// Value of a JavaScript expression.
    pub(super) async fn evaluate(&mut self, expression: &str) -> Result<Value> {
        let parameters = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let mut answer = self.call("Runtime.evaluate", parameters).await?;
        let thrown = &answer["exceptionDetails"];
        ensure!(thrown.is_null(), "{expression}: {thrown}");
        Ok(answer["result"]["value"].take())
    }

    /// Waits until a JavaScript expression is true; while the page changes, it may fail.
    pub(super) async fn until(&mut self, expression: &str) -> Result<()> {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            let found = self.evaluate(expression).await;
            if matches!(found, Ok(Value::Bool(true))) {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("waited {WAIT_TIMEOUT:?} in vain for {expression}: {found:?}");
            }
            sleep(POLL_INTERVAL).await;
        }
    }

    /// Presses a key: `Tab`, `ArrowRight`, `Enter`.
    pub(super) async fn press(&mut self, key: &str) -> Result<()> {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "End" => 35,
            "Home" => 36,
            "ArrowLeft" => 37,
            "ArrowRight" => 39,
            other => bail!("no code of the key {other}"),
        };
        let mut event = json!({"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code});
        if key == "Enter" {
            event["text"] = "\r".into();
        }
        self.call("Input.dispatchKeyEvent", event.clone()).await?;
        event["type"] = "keyUp".into();
        self.call("Input.dispatchKeyEvent", event).await?;
        Ok(())
    }

    /// Makes it another visitor's, from the next page on.
    pub(super) async fn be(&mut self, visitor: &Visitor) -> Result<()> {
        let Visitor { language, theme, width } = visitor;
        let screen = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": *width < 700});
        self.call("Emulation.setDeviceMetricsOverride", screen).await?;
        let theme = json!({"features": [{"name": "prefers-color-scheme", "value": theme}]});
        self.call("Emulation.setEmulatedMedia", theme).await?;
        let agent = json!({"userAgent": "Tagmill's test", "acceptLanguage": language});
        self.call("Emulation.setUserAgentOverride", agent).await?;
        Ok(())
    }

    /// Origins of all requests.
    pub(super) fn origins(&self) -> BTreeSet<String> {
        let asked = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        let addresses = asked.filter_map(|event| event["params"]["request"]["url"].as_str());
        let addresses = addresses.filter(|address| !address.starts_with("data:"));
        addresses.map(|address| address.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")).collect()
    }

    /// Messages of the page: errors, warnings, and violations of its content security policy.
    pub(super) fn complaints(&self) -> Vec<String> {
        let complains = |event: &&Value| match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => event["params"]["type"] != "log",
            Some("Log.entryAdded") => event["params"]["entry"]["level"] != "verbose",
            _ => false,
        };
        self.events.iter().filter(complains).map(Value::to_string).collect()
    }

    async fn attach(&mut self) -> Result<()> {
        let targets = self.call("Target.getTargets", json!({})).await?;
        let targets = targets["targetInfos"].as_array().context("no targets")?;
        let page = targets.iter().find(|target| target["type"] == "page").context("no page")?;
        let attach = json!({"targetId": page["targetId"], "flatten": true});
        let attached = self.call("Target.attachToTarget", attach).await?;
        attached["sessionId"].as_str().context("no session")?.clone_into(&mut self.session);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{domain}.enable"), json!({})).await?;
        }
        Ok(())
    }

    async fn call(&mut self, method: &str, parameters: Value) -> Result<Value> {
        self.calls += 1;
        let id = self.calls;
        let mut call = json!({"id": id, "method": method, "params": parameters});
        if !self.session.is_empty() {
            call["sessionId"] = self.session.as_str().into();
        }
        self.to.write_all(call.to_string().as_bytes()).await?;
        self.to.write_all(&[0]).await?;
        let answered = async {
            loop {
                let mut said = self.hear().await?;
                if said["id"] == id {
                    ensure!(said["error"].is_null(), "{method}: {}", said["error"]);
                    return Ok(said["result"].take());
                }
                self.events.push(said);
            }
        };
        timeout(WAIT_TIMEOUT, answered).await.with_context(|| format!("no answer to {method}"))?
    }

    async fn hear(&mut self) -> Result<Value> {
        let mut text = Vec::new();
        self.from.read_until(0, &mut text).await?;
        ensure!(text.pop() == Some(0), "the browser has ended");
        Ok(serde_json::from_slice(&text)?)
    }
}
