//! pgbouncer in transaction mode: everything works, no statement is named, and no state remains in a session.

use database::{Database, Settings};
use devstack::{Options, Stack};
use futures_util::{future::try_join_all, try_join};
use jiff::civil::DateTime;
use tokio::sync::OnceCell;
use uuid::Uuid;
use warehouse::migrate;

use crate::fresh_database::{number, sql};

/// The state that a session could leave to the next user of its connection.
const LEFT: &str = "SELECT count(*) FROM pg_prepared_statements";

struct Fixture {
    stack: Stack,
}

impl Fixture {
    /// One pgbouncer for all tests, with two connections to the server for each database. A static is never dropped;
    /// the stack's guard ends it with this process.
    async fn shared() -> anyhow::Result<&'static Self> {
        static STAGE: OnceCell<Fixture> = OnceCell::const_new();
        let options = Options { pooled: Some(2), ..Options::for_tests() };
        STAGE.get_or_try_init(async || Ok(Self { stack: Stack::start(options).await? })).await
    }

    /// Settings for a new database through the pooler, with this many connections.
    async fn database(&self, connections: usize) -> anyhow::Result<Settings> {
        let name = self.stack.endpoints().fresh_name("pooled").await?;
        self.stack.endpoints().create_database(&name).await?;
        let url = self.stack.pooled_endpoints().unwrap().database_url(&name);
        Ok(Settings::from_url(&url, None, connections)?)
    }
}

#[tokio::test]
async fn a_pooler_is_distinguished_from_a_server() -> anyhow::Result<()> {
    let fixture = Fixture::shared().await?;
    let pooled = Database::new(&fixture.database(1).await?).ping().await?;
    let url = fixture.stack.endpoints().database_url("postgres");
    // The URL's own options are kept, and do not prevent the detection.
    let direct = format!("{url}&options=-c%20work_mem%3D3MB");
    let direct = Database::new(&Settings::from_url(&direct, None, 1)?);
    assert!(!pooled.direct && direct.ping().await?.direct);
    assert_eq!(pooled.version, direct.ping().await?.version);
    let memory = "SELECT pg_size_bytes(current_setting('work_mem'))";
    assert_eq!(number(&direct, memory).await?, 3 << 20);
    Ok(())
}

/// Each of the six clients sends its own statements in its own order. Named statements would be mixed up.
#[tokio::test]
async fn many_transactions_share_few_connections() -> anyhow::Result<()> {
    const SHAPES: [&str; 3] = [
        "INSERT INTO public.goods SELECT * FROM unnest($1::bigint[], $2::int[])",
        "UPDATE public.goods SET amount = amount + n FROM unnest($1::bigint[], $2::int[]) AS change(id, n) WHERE goods.id = change.id",
        "SELECT id FROM public.goods, unnest($2::int[]) AS n WHERE id = ANY ($1::bigint[]) FOR UPDATE OF goods",
    ];
    let fixture = Fixture::shared().await?;
    let settings = fixture.database(1).await?;
    let setup = Database::new(&settings).begin_batch().await?;
    setup.execute(&sql("CREATE TABLE public.goods (id bigint PRIMARY KEY, amount int)"), []).await?;
    setup.commit().await?;

    let members = (0..6_usize).map(async |member| {
        let database = Database::new(&settings);
        for round in 0..20 {
            let tx = database.begin_batch().await?;
            let ids = vec![i64::try_from(member * 100 + round)?];
            let insert = sql(SHAPES[0]);
            tx.execute(&insert, [&ids, &vec![1_i32]]).await?;
            let (one, two) = (sql(SHAPES[(member + round) % 2 + 1]), sql(SHAPES[(member + round + 1) % 2 + 1]));
            let amounts = vec![1_i32];
            let (first, second) = try_join!(tx.query(&one, [&ids, &amounts]), tx.query(&two, [&ids, &amounts]))?;
            assert_eq!(first.len() + second.len(), 1);
            tx.commit().await?;
        }
        anyhow::Ok(())
    });
    try_join_all(members).await?;

    let database = Database::new(&settings);
    assert_eq!(number(&database, "SELECT sum(amount) FROM public.goods").await?, 6 * 20 * 2);
    assert_eq!(number(&database, LEFT).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_transaction_ends_as_it_does_on_a_server() -> anyhow::Result<()> {
    const COUNT: &str = "SELECT count(*) FROM public.goods";
    const OPEN: &str = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'";
    let fixture = Fixture::shared().await?;
    let database = Database::new(&fixture.database(3).await?);
    let tx = database.begin_batch().await?;
    tx.execute(&sql("CREATE TABLE public.goods (id bigint PRIMARY KEY)"), []).await?;
    tx.commit().await?;
    let insert = sql("INSERT INTO public.goods VALUES ($1)");

    let tx = database.begin_batch().await?;
    assert_eq!(tx.execute(&insert, [&1_i64]).await?, 1);
    assert_eq!(number(&database, COUNT).await?, 0);
    tx.rollback().await?;

    let dropped = database.begin_batch().await?;
    dropped.execute(&insert, [&1_i64]).await?;
    drop(dropped);

    let failed = database.begin_batch().await?;
    failed.execute(&insert, [&1_i64]).await?;
    let refused = failed.execute(&sql("SELECT $1::text::int"), [&"Анна"]).await.unwrap_err();
    assert!(matches!(refused, consumer::Failure::InvalidData(_)), "{refused}");
    assert!(failed.commit().await.unwrap_err().to_string().contains("25P02"));

    // The server notices a closed connection after a while.
    let closed = async {
        while number(&database, OPEN).await? > 0 {
            tokio::task::yield_now().await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), closed).await??;
    assert_eq!(number(&database, COUNT).await?, 0);
    let tx = database.begin_batch().await?;
    tx.execute(&insert, [&1_i64]).await?;
    tx.commit().await?;
    assert_eq!(number(&database, COUNT).await?, 1);

    // The settings belong to the transaction, not to the connection.
    let guarded = "SELECT count(*) FROM pg_settings WHERE name = 'enable_seqscan' AND setting = 'off'";
    assert_eq!(number(&database, guarded).await?, 1);
    let unhurried = database.begin_maintenance().await?;
    let rows = unhurried.query(&sql(guarded), []).await?;
    assert_eq!(rows[0].try_get::<_, i64>(0)?, 0);
    Ok(())
}

/// Values whose types have to be sent arrive unchanged.
#[tokio::test]
async fn every_type_of_parameter_is_sent_and_read_back() -> anyhow::Result<()> {
    let fixture = Fixture::shared().await?;
    let database = Database::new(&fixture.database(1).await?);
    let tx = database.begin_batch().await?;
    let at: DateTime = "2022-11-19T16:06:36.123456".parse()?;
    let key = Uuid::NAMESPACE_OID;
    let one = "SELECT $1, $2, $3, $4, $5, $6, $7, $8::text";
    let none: Option<&str> = None;
    let rows = tx.query(&sql(one), [&true, &7_i32, &8_i64, &"текст", &"String".to_owned(), &key, &at, &none]).await?;
    let row = &rows[0];
    assert!(row.try_get::<_, bool>(0)?);
    assert_eq!((row.try_get::<_, i32>(1)?, row.try_get::<_, i64>(2)?), (7, 8));
    assert_eq!((row.try_get::<_, &str>(3)?, row.try_get::<_, &str>(4)?), ("текст", "String"));
    assert_eq!((row.try_get::<_, Uuid>(5)?, row.try_get::<_, DateTime>(6)?), (key, at));
    assert_eq!(row.try_get::<_, Option<&str>>(7)?, None);

    let many = "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)";
    let (flags, small, large) = (vec![false], vec![Some(1_i32)], vec![2_i64]);
    let (texts, strings) = (vec![Some("a")], vec!["b".to_owned()]);
    let rows = tx.query(&sql(many), [&flags, &small, &&large[..], &texts, &strings, &vec![key], &vec![at]]).await?;
    assert_eq!(rows[0].try_get::<_, i64>(2)?, 2);
    assert_eq!(rows[0].try_get::<_, DateTime>(6)?, at);
    tx.commit().await?;

    // A read has a transaction here, for its settings.
    let read = "SELECT $1 + $2, current_setting('search_path'), current_setting('transaction_read_only')";
    let rows = database.read(&sql(read), &[&7_i32, &1_i32]).await?;
    assert_eq!(rows[0].try_get::<_, i32>(0)?, 8);
    assert_eq!((rows[0].try_get::<_, &str>(1)?, rows[0].try_get::<_, &str>(2)?), ("pg_catalog, pg_temp", "on"));
    assert_eq!(number(&database, LEFT).await?, 0);
    Ok(())
}

#[tokio::test]
async fn five_migrate_at_once_over_two_connections() -> anyhow::Result<()> {
    let fixture = Fixture::shared().await?;
    let settings = fixture.database(1).await?;
    let needed = warehouse::MIGRATIONS.pending(&settings).await?;
    let applied = try_join_all((0..5).map(|_| migrate(&settings))).await?;
    assert_eq!(applied.concat(), needed);
    assert_eq!(warehouse::MIGRATIONS.pending(&settings).await?, Vec::<String>::new());
    assert_eq!(number(&Database::new(&settings), LEFT).await?, 0);
    Ok(())
}
