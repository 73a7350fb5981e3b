//! Settings of a role or a database do not affect transactions. Those that a transaction cannot set are rejected.

use database::{ConnectError, Database, Settings, Transaction};
use devstack::{Endpoints, ROLE_SETTINGS, RoleSetting, Treatment};
use warehouse::migrate;

use crate::fresh_database::sql;

/// A database and its own role, which owns it.
struct Fixture {
    endpoints: &'static Endpoints,
    name: String,
}

impl Fixture {
    async fn new() -> anyhow::Result<Self> {
        let endpoints = devstack::shared().await?;
        let name = endpoints.fresh_name("set").await?;
        endpoints.create_role(&name).await?;
        endpoints.create_database(&name).await?;
        let fixture = Self { endpoints, name };
        fixture.administer(&format!("ALTER DATABASE {0} OWNER TO {0}", fixture.name)).await?;
        Ok(fixture)
    }

    async fn administer(&self, statement: &str) -> anyhow::Result<()> {
        let (client, connection) =
            tokio_postgres::connect(&self.endpoints.database_url(&self.name), tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        Ok(client.batch_execute(statement).await?)
    }

    /// Sets these on the role or on the database.
    async fn set(&self, what: &str, settings: impl Iterator<Item = &RoleSetting>) -> anyhow::Result<()> {
        for setting in settings {
            self.administer(&format!("ALTER {what} {} {}", self.name, setting.set())).await?;
        }
        Ok(())
    }

    fn settings(&self) -> anyhow::Result<Settings> {
        Ok(Settings::from_url(&self.endpoints.database_url_as(&self.name, &self.name), None, 3)?)
    }
}

/// The settings of the transaction that differ from the stated ones.
async fn differences(kind: &str, tx: Transaction) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for setting in ROLE_SETTINGS {
        let Treatment::Stated(name, value) = setting.treatment else { continue };
        let query = "SELECT current_setting($1)";
        let rows = tx.query(&sql(query), [&name]).await?;
        let current = rows[0].try_get::<_, String>(0)?.replace('"', ""); // quote_all_identifiers
        if current != value {
            found.push(format!("{kind}: {name} is {current}, not {value}"));
        }
    }
    tx.commit().await?;
    Ok(found)
}

#[tokio::test]
async fn every_kind_of_transaction_overrides_the_settings_of_role_and_database() -> anyhow::Result<()> {
    for what in ["ROLE", "DATABASE"] {
        let fixture = Fixture::new().await?;
        fixture.set(what, ROLE_SETTINGS.iter().filter(|setting| setting.goes_unnoticed())).await?;
        let database = Database::new(&fixture.settings()?);
        let mut found = differences("batch", database.begin_batch().await?).await?;
        found.extend(differences("reading", database.begin_read_only().await?).await?);
        found.extend(differences("unhurried", database.begin_maintenance().await?).await?);
        found.extend(differences("aside", database.dedicated().begin_batch().await?).await?);
        assert_eq!(found, Vec::<String>::new(), "{what}");
    }
    Ok(())
}

/// An event trigger records the settings of the migrations, in whose transaction it is called.
#[tokio::test]
async fn migrations_override_the_settings_of_role_and_database() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let observed = ROLE_SETTINGS.iter().filter_map(|setting| match setting.treatment {
        Treatment::Stated(name, _) => Some(format!("('{name}', pg_catalog.current_setting('{name}'))")),
        _ => None,
    });
    fixture
        .administer(&format!(
            "CREATE TABLE public.observed (name text, value text);
             GRANT ALL ON public.observed TO {};
             CREATE FUNCTION public.observe() RETURNS event_trigger LANGUAGE plpgsql AS
             $$ BEGIN INSERT INTO public.observed VALUES {}; END $$;
             CREATE EVENT TRIGGER observe ON ddl_command_end WHEN tag IN ('CREATE VIEW', 'CREATE TABLE', 'CREATE SCHEMA')
             EXECUTE FUNCTION public.observe()",
            fixture.name,
            observed.collect::<Vec<_>>().join(", "),
        ))
        .await?;
    fixture.set("ROLE", ROLE_SETTINGS.iter().filter(|setting| setting.goes_unnoticed())).await?;
    assert!(!migrate(&fixture.settings()?).await?.is_empty());

    let database = Database::new(&Settings::from_url(&fixture.endpoints.database_url(&fixture.name), None, 1)?);
    let tx = database.begin_batch().await?;
    for setting in ROLE_SETTINGS {
        let Treatment::Stated(name, value) = setting.treatment else { continue };
        let query = "SELECT DISTINCT replace(value, '\"', '') FROM public.observed WHERE name = $1";
        let rows = tx.query(&sql(query), [&name]).await?;
        let seen: Vec<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        assert_eq!(seen, [value], "{name}");
    }
    tx.commit().await?;
    Ok(())
}

#[tokio::test]
async fn a_setting_of_the_role_that_cannot_be_overridden_is_refused_by_name() -> anyhow::Result<()> {
    for setting in ROLE_SETTINGS.iter().filter(|setting| setting.treatment == Treatment::Verified) {
        let fixture = Fixture::new().await?;
        Database::new(&fixture.settings()?).ping().await?;
        fixture.set("ROLE", [setting].into_iter()).await?;
        let connect_error = Database::new(&fixture.settings()?).ping().await.unwrap_err();
        let expected = format!("{} is {}", setting.name, setting.awkward);
        assert!(
            matches!(&connect_error, ConnectError::Rejected { reason: why, .. } if why.contains(&expected)),
            "{connect_error}"
        );
    }
    Ok(())
}

/// Under a stricter level, the second transaction would add to the old sum.
#[tokio::test]
async fn a_statement_after_a_lock_sees_what_was_committed_before_it() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture
        .administer(&format!(
            "CREATE TABLE public.sums (id int PRIMARY KEY, amount bigint);
             INSERT INTO public.sums VALUES (1, 0); GRANT ALL ON public.sums TO {0};
             ALTER ROLE {0} SET default_transaction_isolation = 'repeatable read'",
            fixture.name
        ))
        .await?;
    let database = Database::new(&fixture.settings()?);
    let (first, second) = (database.begin_batch().await?, database.begin_batch().await?);
    second.query(&sql("SELECT amount FROM public.sums"), []).await?; // takes a snapshot, if the level had one per transaction
    first.execute(&sql("UPDATE public.sums SET amount = amount + 1"), []).await?;
    first.commit().await?;
    let rows = second.query(&sql("SELECT amount FROM public.sums FOR UPDATE"), []).await?;
    assert_eq!(rows[0].try_get::<_, i64>(0)?, 1);
    second.commit().await?;
    Ok(())
}

/// A policy that hides rows would change sums without an error.
#[tokio::test]
async fn a_policy_that_hides_rows_is_an_error() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture
        .administer(&format!(
            "CREATE TABLE public.guarded (id int); INSERT INTO public.guarded VALUES (1);
             GRANT ALL ON public.guarded TO {}; ALTER TABLE public.guarded ENABLE ROW LEVEL SECURITY",
            fixture.name
        ))
        .await?;
    let tx = Database::new(&fixture.settings()?).begin_batch().await?;
    let failure = tx.query(&sql("SELECT id FROM public.guarded"), []).await.unwrap_err();
    assert!(failure.to_string().contains("row-level security"), "{failure}");
    Ok(())
}

/// A provider makes a database read-only when its disk is nearly full. A service that wrote nevertheless would fill it.
#[tokio::test]
async fn read_only_is_obeyed_and_told() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture
        .administer(&format!(
            "CREATE TABLE public.kept (id int); GRANT ALL ON public.kept TO {0};
             ALTER ROLE {0} SET default_transaction_read_only = on",
            fixture.name
        ))
        .await?;
    let tx = Database::new(&fixture.settings()?).begin_batch().await?;
    let failure = tx.execute(&sql("INSERT INTO public.kept VALUES (1)"), []).await.unwrap_err();
    assert!(failure.to_string().contains("25006"), "{failure}");
    Ok(())
}
