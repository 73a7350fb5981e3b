//! Tests of each `sslmode` through a service: `require` and below encrypt without verifying the host name.

use anyhow::{Result, ensure};
use harness::Layer;

use super::{Fixture, all};

#[tokio::test]
async fn each_sslmode_verifies_as_documented() -> Result<()> {
    let fixture = Fixture::start().await?;
    let secured = fixture.secured()?;
    let (ours, strange) = (secured.ca_file().display().to_string(), secured.untrusted_ca_file().display().to_string());
    let database = fixture.database_url(&fixture.pipeline)?;
    for (mode, host, ca_file, good) in [
        ("verify-full", "localhost", ours.as_str(), true),
        ("verify-full", "127.0.0.1", &ours, false),
        ("verify-ca", "127.0.0.1", &ours, true),
        ("verify-ca", "localhost", &strange, false),
        ("verify-ca", "localhost", "", false), // the system's authorities, and they are asked
        ("require", "127.0.0.1", "", true),
        ("require", "localhost", &strange, false), // as in libpq: an authority that is named is asked
        ("prefer", "127.0.0.1", "", true),
        ("disable", "localhost", "", false), // by the server's rules
    ] {
        let url = database.replace("localhost", host).replace("verify-full", mode);
        let service = fixture.service(Layer::Cdm)?.env("DATABASE_URL", url).env("DATABASE_CA_FILE", ca_file);
        let output = service.run(&["check"]).await?;
        let what = format!("{mode} to {host} with `{ca_file}`");
        ensure!(output.status.code() == Some(if good { 0 } else { 69 }), "{what}:\n{}", all(&output));
        let database = all(&output).lines().find(|line| line.contains(" database: ")).unwrap_or_default().to_owned();
        ensure!(database.starts_with("ok ") == good, "{what}: {database}");
    }
    Ok(())
}
