//! Settings of a role or a database: they change nothing that is stored and affect no transaction of a service.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use devstack::{ROLE_SETTINGS, RoleSetting, Treatment};
use harness::{Layer, Workload};

use super::Fixture;

/// Everything that depends on the messages only: no generated ids, no clocks.
const STORED: [(&str, &str); 15] = [
    ("order_events", "SELECT object_id, sent_dttm, payload::text, version, user_id, unsent FROM stg.order_events"),
    ("missing_names", "SELECT kind, name_id, restaurant_id, object_id FROM stg.missing_names"),
    ("h_user", "SELECT h_user_pk, user_id FROM dds.h_user"),
    ("h_order", "SELECT h_order_pk, order_id, order_dt FROM dds.h_order"),
    ("l_order_product", "SELECT hk_order_product_pk, h_order_pk, h_product_pk, load_dt FROM dds.l_order_product"),
    ("s_order_cost", "SELECT h_order_pk, cost, payment, load_dt, hk_order_cost_hashdiff FROM dds.s_order_cost"),
    ("s_order_status", "SELECT h_order_pk, status, load_dt, hk_order_status_hashdiff FROM dds.s_order_status"),
    ("s_order_product", "SELECT hk_order_product_pk, quantity, amount, load_dt FROM dds.s_order_product"),
    ("s_user_names", "SELECT h_user_pk, username, userlogin, hk_user_names_hashdiff FROM dds.s_user_names"),
    ("s_product_names", "SELECT h_product_pk, name, hk_product_names_hashdiff FROM dds.s_product_names"),
    ("bv_order_states", "SELECT * FROM dds.bv_order_states"),
    ("product_counters", "SELECT user_id, product_id, product_name, order_cnt FROM cdm.user_product_counters"),
    ("category_counters", "SELECT user_id, category_id, category_name, order_cnt FROM cdm.user_category_counters"),
    ("user_tags", "SELECT user_id, rule_id, tag FROM cdm.user_tags"),
    ("product_days", "SELECT * FROM cdm_summary.product_days"),
];

/// Functions in `public` that match calls of statements better than PostgreSQL's own, or equally, for a search path
/// with `public` first. The harness, a superuser, may call them.
const HIJACK: &str = "
    CREATE FUNCTION public.is_harness() RETURNS boolean LANGUAGE plpgsql AS
        $$ BEGIN IF session_user <> 'tagmill' THEN RAISE 'hijacked'; END IF; RETURN true; END $$;
    CREATE FUNCTION public.unnest(uuid[]) RETURNS SETOF uuid LANGUAGE sql AS
        'SELECT pg_catalog.unnest($1) WHERE public.is_harness()';
    CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text LANGUAGE sql AS
        'SELECT pg_catalog.unnest($1) WHERE public.is_harness()';
    CREATE FUNCTION public.unnest(bigint[]) RETURNS SETOF bigint LANGUAGE sql AS
        'SELECT pg_catalog.unnest($1) WHERE public.is_harness()';
    CREATE FUNCTION public.octet_length(text) RETURNS int LANGUAGE sql AS
        'SELECT pg_catalog.octet_length($1) WHERE public.is_harness()';
    CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
        'SELECT pg_catalog.clock_timestamp() WHERE public.is_harness()';
    CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE sql AS
        'SELECT pg_catalog.current_setting($1) WHERE public.is_harness()';
    CREATE FUNCTION public.pg_try_advisory_xact_lock(bigint) RETURNS boolean LANGUAGE sql AS
        'SELECT pg_catalog.pg_try_advisory_xact_lock($1) WHERE public.is_harness()';
";

/// A trigger on every table that records the settings of the transaction of a service.
fn observe() -> String {
    let settings = stated().map(|(name, _)| format!("('{name}', pg_catalog.current_setting('{name}'))"));
    format!(
        "CREATE TABLE public.observed (service text, name text, value text, UNIQUE (service, name, value));
         GRANT SELECT, INSERT ON public.observed TO PUBLIC;
         CREATE FUNCTION public.observe() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             INSERT INTO public.observed (service, name, value)
             SELECT session_user, s.name, s.value FROM (VALUES {}) AS s (name, value) ON CONFLICT DO NOTHING;
             RETURN NULL;
         END $$;
         DO $$ DECLARE t text; BEGIN
             FOR t IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                 WHERE schemaname IN ('stg', 'dds', 'cdm', 'cdm_summary', 'cdm_rebuild')
                     OR tablename IN ('tagmill_rebuilds', 'tagmill_replayed_dead_letters')
             LOOP
                 EXECUTE format('CREATE TRIGGER observe AFTER INSERT OR UPDATE OR DELETE ON %s
                     FOR EACH STATEMENT EXECUTE FUNCTION public.observe()', t);
             END LOOP;
         END $$",
        settings.collect::<Vec<_>>().join(", ")
    )
}

/// The settings that transactions state, and their values.
fn stated() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROLE_SETTINGS.iter().filter_map(|setting| match setting.treatment {
        Treatment::Stated(name, value) => Some((name, value)),
        _ => None,
    })
}

/// A flow through the three services with both rebuilds. `set` says where the settings are set.
async fn flow(week: &Workload, set: &[String]) -> Result<BTreeMap<&'static str, Vec<String>>> {
    let fixture = Fixture::start(1).await?;
    let pipeline = &fixture.pipeline;
    pipeline.sql("UPDATE cdm.tag_rules SET threshold = 2").await?;
    pipeline.sql(HIJACK).await?;
    pipeline.sql(&observe()).await?;
    for whom in set {
        let whom = whom.replace("DB", &fixture.database);
        for setting in ROLE_SETTINGS.iter().filter(|setting| setting.goes_unnoticed()) {
            pipeline.administer(&format!("{whom} {}", setting.set())).await?;
        }
    }
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    let [stg, dds, cdm] = fixture.start_all().await?;
    pipeline.wait_idle().await?;
    let dds = fixture.rebuild(Layer::Dds, dds).await?;
    let cdm = fixture.rebuild(Layer::Cdm, cdm).await?;
    pipeline.wait_idle().await?;
    pipeline.summarized().await?;
    let (status, tags) = cdm.get("/api/v1/tags").await?;
    ensure!(status == 200, "the API: {status} {tags}");
    for layer in Layer::ALL {
        fixture.says(layer, &["check"]).await?;
    }
    for process in [stg, dds, cdm] {
        process.stop().await?;
    }

    // The harness logs in to the same database.
    for whom in set {
        pipeline.administer(&format!("{} RESET ALL", whom.replace("DB", &fixture.database))).await?;
    }
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await?;
    stated_everywhere(&fixture).await?;
    let mut stored = BTreeMap::from([("the API", vec![tags])]);
    for (name, statement) in STORED {
        let mut rows = pipeline.sql(&format!("SELECT r::text FROM ({statement}) AS r")).await?;
        rows.sort_unstable();
        stored.insert(name, rows);
    }
    Ok(stored)
}

/// Each service has written, and always under the settings it states.
async fn stated_everywhere(fixture: &Fixture) -> Result<()> {
    for layer in Layer::ALL {
        for (name, value) in stated() {
            let values = format!(
                "SELECT DISTINCT replace(value, '\"', '') FROM public.observed
                 WHERE service = 'tagmill_{}' AND name = '{name}'",
                layer.stem()
            );
            let seen: BTreeSet<String> = fixture.pipeline.sql(&values).await?.into_iter().collect();
            ensure!(!seen.is_empty(), "{} has written nothing", layer.stem());
            // The marts are chosen by the path, see sql/cdm/marts/choose_marts.sql.
            let chosen =
                |seen: &str| name == "search_path" && seen.replace("cdm_rebuild, ", "").replace("cdm, ", "") == value;
            let others: Vec<_> = seen.iter().filter(|seen| *seen != value && !chosen(seen)).collect();
            ensure!(others.is_empty(), "{}: {name} was {others:?}", layer.stem());
        }
    }
    Ok(())
}

#[tokio::test]
async fn settings_of_a_role_or_a_database_do_not_change_stored_data() -> Result<()> {
    let week = Workload::dirty(152, 300);
    let plain = flow(&week, &[]).await?;
    for (name, rows) in &plain {
        ensure!(!rows.is_empty() || *name == "missing_names", "{name} is empty");
    }
    let roles = Layer::ALL.map(|layer| format!("ALTER ROLE tagmill_{} IN DATABASE DB", layer.stem()));
    for set in [&roles[..], &["ALTER DATABASE DB".to_owned()]] {
        let awkward = flow(&week, set).await.with_context(|| set.join(", "))?;
        for (name, rows) in &plain {
            let there = &awkward[name];
            let first = rows.iter().zip(there).find(|(here, there)| here != there);
            ensure!(rows == there, "{}: {name}: {} rows, then {}: {first:?}", set[0], rows.len(), there.len());
        }
    }
    Ok(())
}

/// A read-only default takes effect: services wait, report it, and continue when it is removed.
#[tokio::test]
async fn a_read_only_default_is_waited_out_and_reported() -> Result<()> {
    let week = Workload::clean(153, 50);
    let fixture = Fixture::start(1).await?;
    let pipeline = &fixture.pipeline;
    pipeline.name(&week.reference).await?;
    let services = fixture.start_all().await?;
    let set = format!("ALTER DATABASE {} SET default_transaction_read_only", fixture.database);
    pipeline.administer(&format!("{set} = on")).await?;
    pipeline.administer("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename ~ '^tagmill_'").await?;
    pipeline.load(&week.events).await?;
    let told = async || {
        let (status, body) = services[0].get("/ready").await?;
        Ok(status == 503 && body.contains("25006"))
    };
    harness::until("/ready tells of it", super::WAIT_TIMEOUT, told).await?;
    pipeline.administer(&format!("{set} = off")).await?;
    pipeline.administer("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename ~ '^tagmill_'").await?;
    fixture.is_right(&week).await?;
    ensure!(pipeline.read(&pipeline.dead_letters(Layer::Stg)).await?.is_empty(), "an order was given up for it");
    Ok(())
}

/// A setting that no transaction can state is refused by name, at the start and by `check`.
#[tokio::test]
async fn a_setting_that_no_transaction_can_override_is_rejected_by_name() -> Result<()> {
    let fixture = Fixture::start(1).await?;
    for setting in ROLE_SETTINGS.iter().filter(|setting| setting.treatment == Treatment::Verified) {
        let whom = format!("ALTER ROLE tagmill_cdm IN DATABASE {}", fixture.database);
        fixture.pipeline.administer(&format!("{whom} {}", setting.set())).await?;
        let expected = format!("{} is {}", setting.name, setting.awkward);
        for command in ["check", "run"] {
            let output = fixture.service(Layer::Cdm).env("HTTP_ADDR", "127.0.0.1:0").run(&[command]).await?;
            let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
            ensure!(output.status.code() == Some(69), "{command}: {}\n{said}", output.status);
            ensure!(said.lines().any(|line| line.contains("DATABASE_URL: ") && line.contains(&expected)), "{said}");
        }
        fixture.pipeline.administer(&format!("{whom} RESET ALL")).await?;
    }
    Ok(())
}

/// The page of operations explains every setting of the table, and no other.
#[test]
fn the_documented_settings_are_those_of_the_code() -> Result<()> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../deploy/operations.md");
    let text = std::fs::read_to_string(page)?;
    let (_, section) = text.split_once("### Settings of a role or a database").context("no section")?;
    let section = section.split("\n#").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let told: Vec<&str> = rows.filter_map(|row| row.split(" | ").next()).flat_map(names).collect();
    let known: Vec<&str> = ROLE_SETTINGS.iter().map(|RoleSetting { name, .. }| *name).collect();
    assert_eq!(told, known);
    Ok(())
}

/// Text between backquotes.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}
