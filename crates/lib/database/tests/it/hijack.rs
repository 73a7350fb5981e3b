//! Functions in `public` that look like PostgreSQL's own are never called.

use database::{Database, Settings};
use warehouse::migrate;

use crate::fresh_database::{empty, number, sql};

/// Functions that match calls of statements better than PostgreSQL's own, or equally, for a search path with `public`
/// first.
const HIJACK: &str = "
    CREATE FUNCTION public.hijacked() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'hijacked'; END $$;
    CREATE FUNCTION public.unnest(uuid[]) RETURNS SETOF uuid LANGUAGE sql AS
        'SELECT gen_random_uuid() WHERE public.hijacked()';
    CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text LANGUAGE sql AS 'SELECT md5(''1'') WHERE public.hijacked()';
    CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE sql AS 'SELECT ''on'' WHERE public.hijacked()';
    CREATE FUNCTION public.current_setting(text, boolean) RETURNS text LANGUAGE sql AS
        'SELECT ''on'' WHERE public.hijacked()';
    CREATE FUNCTION public.to_regclass(text) RETURNS regclass LANGUAGE sql AS
        'SELECT ''pg_class''::regclass WHERE public.hijacked()';
    CREATE FUNCTION public.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS
        'SELECT ''on'' WHERE public.hijacked()';
    CREATE FUNCTION public.pg_advisory_xact_lock(bigint) RETURNS void LANGUAGE sql AS
        'SELECT ''''::void WHERE public.hijacked()';
    CREATE FUNCTION public.equals(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT public.hijacked()';
    CREATE OPERATOR public.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = public.equals);
";

#[tokio::test]
async fn functions_in_schema_public_are_never_called() -> anyhow::Result<()> {
    for path in ["\"$user\", public", "public, pg_catalog"] {
        let endpoints = devstack::shared().await?;
        let name = endpoints.fresh_name("hijack").await?;
        endpoints.create_role(&name).await?;
        endpoints.create_database(&name).await?;
        let (client, connection) =
            tokio_postgres::connect(&endpoints.database_url(&name), tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        let all = format!("GRANT ALL ON DATABASE {name} TO {name}; GRANT ALL ON SCHEMA public TO {name}; {HIJACK}");
        client.batch_execute(&all).await?;
        client.batch_execute(&format!("ALTER ROLE {name} SET search_path = {path}")).await?;

        let settings = Settings::from_url(&endpoints.database_url_as(&name, &name), None, 2)?;
        migrate(&settings).await?;
        let database = Database::new(&settings);
        let key = vec![uuid::Uuid::NAMESPACE_OID];
        let select = sql("SELECT count(*) FROM unnest($1::uuid[]) AS n (id) WHERE n.id = ANY($1::uuid[])");
        for tx in [database.begin_batch().await?, database.begin_read_only().await?] {
            let rows = tx.query(&select, [&key]).await?;
            assert_eq!(rows[0].try_get::<_, i64>(0)?, 1, "{path}");
            tx.commit().await?;
        }
        assert_eq!(database.read(&select, &[&key]).await?[0].try_get::<_, i64>(0)?, 1, "{path}");
        let tx = database.begin_maintenance().await?;
        assert_eq!(tx.query(&select, [&key]).await?[0].try_get::<_, i64>(0)?, 1, "{path}");
        tx.commit().await?;
    }
    Ok(())
}

/// Objects in the temporary schema of a session are found last, also by the pooler's next client.
#[tokio::test]
async fn a_temporary_table_does_not_replace_a_table_of_the_schema() -> anyhow::Result<()> {
    let database = Database::new(&empty().await?);
    let tx = database.begin_batch().await?;
    tx.execute(&sql("CREATE TEMPORARY TABLE pg_class (relname name)"), []).await?;
    tx.commit().await?;
    assert!(number(&database, "SELECT count(*) FROM pg_class").await? > 0);
    Ok(())
}
