//! A database with schema `segments` for each test.

use std::fs;

use database::{Database, Settings};
use segments::changes::Changes;

/// A database and the changes in it.
pub(crate) struct Fixture {
    pub(crate) url: String,
    connection: database::Connection,
    pub(crate) changes: Changes,
}

impl Fixture {
    /// An empty one.
    pub(crate) async fn new() -> anyhow::Result<Self> {
        let stack = devstack::shared().await?;
        let migrated = async |url: String| {
            segments::MIGRATIONS.apply(&Settings::from_url(&url, None, 1)?).await?;
            Ok(())
        };
        stack.template_database("segments", migrated).await?;
        let url = stack.create_database_from("segments", &stack.fresh_name("segments").await?).await?;
        let database = Database::new(&Settings::from_url(&url, None, 16)?);
        let connection = database::connect(&Settings::from_url(&url, None, 1)?).await?;
        Ok(Self { changes: Changes::new(database), url, connection })
    }

    /// With the schemas of the order warehouse in the same database.
    pub(crate) async fn with_warehouse() -> anyhow::Result<Self> {
        let fixture = Self::new().await?;
        warehouse::migrate(&Settings::from_url(&fixture.url, None, 1)?).await?;
        Ok(fixture)
    }

    /// A pool of connections.
    pub(crate) fn pool(&self) -> anyhow::Result<Database> {
        Ok(Database::new(&Settings::from_url(&self.url, None, 16)?))
    }

    /// The URL of a database without a schema.
    pub(crate) async fn empty() -> anyhow::Result<String> {
        let stack = devstack::shared().await?;
        stack.create_database(&stack.fresh_name("segments_empty").await?).await
    }

    /// With the customer's original database imported.
    pub(crate) async fn imported() -> anyhow::Result<Self> {
        let fixture = Self::new().await?;
        fixture.run(&data("original.sql")).await?;
        fixture.import().await?;
        Ok(fixture)
    }

    /// Imports the tables of the original that are in schema `public`.
    pub(crate) async fn import(&self) -> anyhow::Result<()> {
        self.run(include_str!("../../../../../sql/segments/import_original.sql")).await
    }

    /// Runs statements, as `psql` does.
    pub(crate) async fn run(&self, statements: &str) -> anyhow::Result<()> {
        Ok(self.connection.client.batch_execute(statements).await?)
    }

    /// The rows of a query as text, columns separated by `|`.
    pub(crate) async fn rows(&self, query: &str) -> anyhow::Result<Vec<String>> {
        let query = format!(
            "SELECT pg_catalog.concat_ws('|', VARIADIC pg_catalog.array_agg(value ORDER BY place)) FROM (SELECT row_number() OVER () AS number, * FROM ({query}) AS given) AS numbered, LATERAL json_each_text(row_to_json(numbered)) WITH ORDINALITY AS field (key, value, place) WHERE key <> 'number' GROUP BY number ORDER BY number"
        );
        let rows = self.connection.client.query(&query, &[]).await?;
        rows.iter().map(|row| Ok(row.try_get::<_, String>(0)?)).collect()
    }

    /// No audit finds a difference.
    pub(crate) async fn audit(&self) -> anyhow::Result<()> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/segments/audit");
        let mut count = 0;
        for entry in fs::read_dir(folder)? {
            let file = entry?.path();
            let rows = self.rows(&fs::read_to_string(&file)?).await?;
            assert_eq!(rows, Vec::<String>::new(), "{}", file.display());
            count += 1;
        }
        assert_eq!(count, 3);
        Ok(())
    }
}

/// A file of the test data.
pub(crate) fn data(name: &str) -> String {
    fs::read_to_string(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}
