//! An S3-compatible server: `moto`, as `make test` installs it.

use std::{
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use http_client::{Bytes, Client, Request, Response};
use segments::subscribers::settings::FileSettings;

/// The form of a signature.
const AUTHORIZATION: &str =
    "AWS4-HMAC-SHA256 Credential=key/20261130/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";

/// A running server. It is killed when the test ends.
pub(crate) struct S3Server {
    child: Child,
    pub(crate) endpoint: String,
    client: Client,
}

impl S3Server {
    /// Starts it on a free port, with a bucket `audiences`.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let program = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../target/venvs/segments/bin/moto_server");
        anyhow::ensure!(program.exists(), "{} is missing: run `make segments-venv`", program.display());
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", "0"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let mut output = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let endpoint = loop {
            line.clear();
            anyhow::ensure!(output.read_line(&mut line)? > 0, "the server ends");
            if let Some((_, url)) = line.split_once("Running on ") {
                break url.trim().to_owned();
            }
        };
        // Nobody reads the requests that it logs, but it has to be able to write them.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        let server = Self { child, endpoint, client: Client::new(Duration::from_secs(20))? };
        let created = server.ask("PUT", "").await?;
        anyhow::ensure!(created.status().as_u16() == 200, "{created:?}");
        Ok(server)
    }

    /// The settings that lead to it.
    pub(crate) fn settings(&self) -> FileSettings {
        FileSettings {
            files_root: None,
            s3_endpoint: Some(self.endpoint.clone()),
            s3_region: "us-east-1".to_owned(),
            s3_access_key: Some("key".to_owned()),
            s3_secret_key: Some("sesame".to_owned().into()),
            s3_path_style: true,
        }
    }

    /// A request about the bucket.
    pub(crate) async fn ask(&self, method: &str, path: &str) -> anyhow::Result<Response<Option<Bytes>>> {
        let uri = format!("{}/audiences{path}", self.endpoint);
        // The server wants a signature, and does not verify it.
        let signed = Request::builder().method(method).uri(uri).header("authorization", AUTHORIZATION);
        Ok(self.client.send(signed.body(Bytes::new())?).await?)
    }

    /// A small object.
    pub(crate) async fn object(&self, key: &str) -> anyhow::Result<String> {
        let answer = self.ask("GET", &format!("/{key}")).await?;
        anyhow::ensure!(answer.status().as_u16() == 200, "{key}: {answer:?}");
        Ok(String::from_utf8(answer.into_body().unwrap().to_vec())?)
    }

    /// The length of an object.
    pub(crate) async fn length(&self, key: &str) -> anyhow::Result<usize> {
        let answer = self.ask("HEAD", &format!("/{key}")).await?;
        Ok(answer.headers()["content-length"].to_str()?.parse()?)
    }

    /// The keys of all objects.
    pub(crate) async fn keys(&self) -> anyhow::Result<Vec<String>> {
        Ok(elements(&self.text("?list-type=2").await?, "Key"))
    }

    /// The keys of multipart uploads that have begun.
    pub(crate) async fn uploads(&self) -> anyhow::Result<Vec<String>> {
        Ok(elements(&self.text("?uploads").await?, "UploadId"))
    }

    async fn text(&self, path: &str) -> anyhow::Result<String> {
        Ok(String::from_utf8(self.ask("GET", path).await?.into_body().unwrap().to_vec())?)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The texts of the elements with this name.
fn elements(xml: &str, name: &str) -> Vec<String> {
    let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
    let parts = xml.split(&begin).skip(1);
    parts.filter_map(|part| part.split_once(&end)).map(|(text, _)| text.to_owned()).collect()
}
