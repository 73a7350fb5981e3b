//! Listeners with TLS and authentication, in addition to the open ones, as servers have them in production.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::Context;
use openssl::pkey::{PKey, Private};

use crate::secure::certificate::{self, Authority, Validity};
use crate::{endpoints::databases, servers::owner::owner, servers::ports};

/// The only host name of the certificates. They are not valid for the address of the server.
const HOST: &str = "localhost";

/// The user of the secured listeners.
pub(crate) const USER: &str = "guarded";

/// Passwords that require percent-encoding in a URL. Each is different, so that a leak can be traced.
pub(crate) const KAFKA_PASSWORD: &str = "k4fka:Gehe/im@%22";
pub(crate) const POSTGRES_PASSWORD: &str = "p0stgres:Gehe/im@%22";
pub(crate) const REDIS_PASSWORD: &str = "r3dis:Gehe/im@%22";

/// Addresses and credentials of the secured listeners: Kafka with SASL_SSL and PLAIN or SCRAM-SHA-512, PostgreSQL with
/// TLS and password, Redis with TLS and password.
pub struct Secured {
    folder: PathBuf,
    kafka_port: u16,
    postgres_port: u16,
    redis_port: u16,
    pooler_port: u16,
    authority: Authority,
    key: PKey<Private>,
}

impl Secured {
    /// Makes the certificates, in `folder`.
    pub(crate) fn prepare(folder: &Path) -> anyhow::Result<Self> {
        let secured = Self {
            folder: folder.join("secured"),
            kafka_port: ports::free()?,
            postgres_port: ports::free()?,
            redis_port: ports::free()?,
            pooler_port: ports::free()?,
            authority: Authority::new("The authority of this stack")?,
            key: certificate::key()?,
        };
        fs::create_dir_all(&secured.folder)?;
        fs::write(secured.ca_file(), secured.authority.pem()?)?;
        fs::write(secured.untrusted_ca_file(), Authority::new("Some other authority")?.pem()?)?;
        let key = secured.key.private_key_to_pem_pkcs8()?;
        fs::write(secured.key_file(), &key)?;
        // PostgreSQL requires that only its user can read the key.
        fs::write(secured.postgres_key_file(), &key)?;
        fs::set_permissions(secured.postgres_key_file(), Permissions::from_mode(0o600))?;
        if let Some(owner) = owner()? {
            chown(secured.postgres_key_file(), Some(owner.uid.as_raw()), Some(owner.gid.as_raw()))?;
        }
        secured.renew()?;
        Ok(secured)
    }

    /// Installs expired certificates; each server reads its own at its next start.
    pub fn expire(&self) -> anyhow::Result<()> {
        self.certify(Validity::Expired)
    }

    /// Installs valid certificates; each server reads its own at its next start.
    pub fn renew(&self) -> anyhow::Result<()> {
        self.certify(Validity::Current)
    }

    fn certify(&self, validity: Validity) -> anyhow::Result<()> {
        let certificate = self.authority.issue(HOST, &self.key, validity)?;
        let key = String::from_utf8(self.key.private_key_to_pem_pkcs8()?)?;
        fs::write(self.keystore_file(), format!("{key}{certificate}"))?;
        fs::write(self.certificate_file(), certificate).context("cannot write a certificate")
    }

    /// The certificate (PEM) of the authority that has issued the certificates of the servers.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// The certificate (PEM) of an authority that has issued no server certificate.
    pub fn untrusted_ca_file(&self) -> PathBuf {
        self.folder.join("strange-ca.pem")
    }

    /// For `bootstrap.servers`.
    pub fn bootstrap_servers(&self) -> String {
        format!("{HOST}:{}", self.kafka_port)
    }

    /// The user and the password for SASL, by whichever mechanism.
    pub fn kafka_login(&self) -> (&'static str, &'static str) {
        (USER, KAFKA_PASSWORD)
    }

    /// The URL of the database `name`, whether it exists or not.
    pub fn database_url(&self, name: &str) -> String {
        database_url(self.postgres_port, name)
    }

    /// The same through the pooler, if there is one.
    pub fn pooled_database_url(&self, name: &str) -> String {
        database_url(self.pooler_port, name)
    }

    /// The URL of Redis database `number`.
    pub fn redis_url(&self, number: u16) -> String {
        format!("rediss://{USER}:{}@{HOST}:{}/{number}", encoded(REDIS_PASSWORD), self.redis_port)
    }

    /// A URL of Redis with login and without TLS, for a trusted network.
    pub fn open_redis_url(&self, url: &str) -> String {
        url.replacen("://", &format!("://{USER}:{}@", encoded(REDIS_PASSWORD)), 1)
    }

    /// The texts that no output may contain: the passwords, plain and percent-encoded.
    pub fn secrets(&self) -> Vec<String> {
        let passwords = [KAFKA_PASSWORD, POSTGRES_PASSWORD, REDIS_PASSWORD];
        passwords.into_iter().flat_map(|password| [password.to_owned(), encoded(password)]).collect()
    }

    pub(crate) fn kafka_port(&self) -> u16 {
        self.kafka_port
    }

    /// All clients use one port; the rules of pg_hba.conf distinguish them.
    pub(crate) fn postgres_port(&self) -> u16 {
        self.postgres_port
    }

    pub(crate) fn redis_port(&self) -> u16 {
        self.redis_port
    }

    pub(crate) fn pooler_port(&self) -> u16 {
        self.pooler_port
    }

    pub(crate) fn certificate_file(&self) -> PathBuf {
        self.folder.join("server.crt")
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.folder.join("server.key")
    }

    pub(crate) fn postgres_key_file(&self) -> PathBuf {
        self.folder.join("postgres.key")
    }

    /// Key and certificate, as Kafka wants them.
    pub(crate) fn keystore_file(&self) -> PathBuf {
        self.folder.join("server.pem")
    }
}

/// Creates the role that logs in by password. It reads and writes all data and owns none.
pub(crate) async fn create_role(superuser_url: &str) -> anyhow::Result<()> {
    let client = databases::connect(superuser_url).await?;
    let statement = format!(
        "DO $$ BEGIN
             IF to_regrole('{USER}') IS NULL THEN
                 CREATE ROLE {USER} LOGIN PASSWORD '{POSTGRES_PASSWORD}' IN ROLE pg_read_all_data, pg_write_all_data;
             END IF;
         END $$"
    );
    client.batch_execute(&statement).await.context("cannot create the secured role")
}

fn database_url(port: u16, name: &str) -> String {
    format!("postgres://{USER}:{}@{HOST}:{port}/{name}?sslmode=verify-full", encoded(POSTGRES_PASSWORD))
}

/// Percent-encodes everything except letters and digits.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() {
            encoded.push(byte.into());
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
