//! Two databases, a Redis database and a folder of job files for each test, and commands on them.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

/// M, A, Redis, JOBS_DIR and LOG_DIR.
pub(crate) struct Fixture {
    pub(crate) source_url: String,
    pub(crate) target_url: String,
    pub(crate) redis_url: String,
    pub(crate) source: Client,
    pub(crate) target: Client,
    folder: TempDir,
}

/// The table of M that the tests copy.
pub(crate) const ITEMS: &str =
    "CREATE TABLE items (id int PRIMARY KEY, title text, updated_at timestamp DEFAULT localtimestamp);
    INSERT INTO items SELECT n, 'title ' || n FROM generate_series(1, 100) AS n";

/// A job that copies it, with more keys.
pub(crate) fn items(more: &str) -> String {
    format!(
        "CREATE_TABLE_SQL: CREATE TABLE IF NOT EXISTS items (id int PRIMARY KEY, title text, updated_at timestamp)
SELECT_SOURCE_SQL: SELECT id, title, updated_at FROM items WHERE updated_at > %s
UPSERT_TARGET_SQL: |
  INSERT INTO items (id, title, updated_at) VALUES (%s, %s, %s)
  ON CONFLICT (id) DO UPDATE SET title = EXCLUDED.title, updated_at = EXCLUDED.updated_at
SELECT_KEYS_SQL: SELECT id FROM items
TARGET_TABLE: items
KEY_COLUMNS: id
{more}"
    )
}

pub(crate) async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// All rows of `items`, as text.
pub(crate) async fn rows(client: &Client) -> anyhow::Result<Vec<String>> {
    texts(client, "SELECT items::text FROM items ORDER BY id").await
}

/// The first column of a query.
pub(crate) async fn texts(client: &Client, query: &str) -> anyhow::Result<Vec<String>> {
    client.query(query, &[]).await?.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

impl Fixture {
    /// With the table and its job.
    pub(crate) async fn new() -> anyhow::Result<Self> {
        let fixture = Self::empty().await?;
        fixture.source.batch_execute(ITEMS).await?;
        fixture.write_job("items.yaml", &items(""));
        Ok(fixture)
    }

    /// With schema `elt`, and nothing else.
    pub(crate) async fn empty() -> anyhow::Result<Self> {
        let stack = devstack::shared().await?;
        let migrated = async |url: String| {
            elt::MIGRATIONS.apply(&database::Settings::from_url(&url, None, 1)?).await?;
            Ok(())
        };
        stack.template_database("elt_target", migrated).await?;
        let source_url = stack.create_database(&stack.fresh_name("elt_m").await?).await?;
        let target_url = stack.create_database_from("elt_target", &stack.fresh_name("elt_a").await?).await?;
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("jobs"))?;
        Ok(Self {
            source: connect(&source_url).await?,
            target: connect(&target_url).await?,
            redis_url: stack.redis_url(stack.fresh_redis_database().await?),
            source_url,
            target_url,
            folder,
        })
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a job file at once, as an editor or a ConfigMap does.
    pub(crate) fn write_job(&self, name: &str, text: &str) {
        let hidden = self.path("jobs").join(format!(".{name}"));
        fs::write(&hidden, text).unwrap();
        fs::rename(hidden, self.path("jobs").join(name)).unwrap();
    }

    /// The program with the settings of this test and no others.
    pub(crate) fn command(&self, settings: &[(&str, &str)]) -> Command {
        let mut command = program(&[
            ("SOURCE_DATABASE_URL", &self.source_url),
            ("TARGET_DATABASE_URL", &self.target_url),
            ("REDIS_URL", &self.redis_url),
        ]);
        command.current_dir(self.folder.path()).envs(settings.iter().copied());
        command
    }

    /// What a subcommand prints, and how it ends.
    pub(crate) fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        output(self.command(&[]).args(arguments))
    }

    /// A subcommand that has to end well.
    pub(crate) fn good(&self, arguments: &[&str]) -> String {
        let (code, text) = self.run(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {text}");
        text
    }

    /// The same as JSON, of one line.
    pub(crate) fn json(&self, arguments: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.run(arguments).1).unwrap()
    }

    /// The text of the log files.
    pub(crate) fn log(&self) -> String {
        log(&self.path("logs"))
    }
}

fn log(folder: &Path) -> String {
    let files = fs::read_dir(folder).into_iter().flatten();
    files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

/// The program with these variables and no others.
pub(crate) fn program(settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elt-service"));
    // Log files go there, unless a fixture has a folder of its own.
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    command.env_clear().env("HTTP_ADDR", "127.0.0.1:0").envs(settings.iter().copied());
    command
}

/// What a command prints, and how it ends.
pub(crate) fn output(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

/// Times and durations replaced, so that a snapshot can be compared.
pub(crate) fn without_times(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace).map(|word| {
        let (bare, space) = word.split_at(word.trim_end().len());
        let digits = bare.chars().filter(char::is_ascii_digit).count();
        let is_time = digits >= 6 && (bare.contains(':') || bare.starts_with("20"));
        let is_seconds = bare.contains('.') && bare.parse::<f64>().is_ok();
        match (is_time, is_seconds) {
            (true, _) => format!("<time>{space}"),
            (_, true) => format!("<n>{space}"),
            _ => word.to_owned(),
        }
    });
    words.collect()
}
