//! As of any instant, a list equals a replay of the operations, and its last page costs what the first does.

use serde_json::Value;

use super::Api;

/// A segment whose `users` members have four stays each, with gaps: by second n of 2020, the first users of each stay.
async fn four_versions(api: &Api, users: u32) -> anyhow::Result<()> {
    let statements = format!(
        "INSERT INTO segments.users (guid) SELECT gen_random_uuid() FROM generate_series(1, {users});
         INSERT INTO segments.operations (kind, at, actor, segment_id)
            SELECT 'import', timestamp '2020-01-01' + n * interval '1 second', 'test', 1 FROM generate_series(0, 7) AS n;
         INSERT INTO segments.memberships (segment_id, user_id, start_at, end_at, opened_by, closed_by)
            SELECT 1, users.user_id, opening.at + users.user_id * interval '1 microsecond', closing.at + users.user_id * interval '1 microsecond',
                opening.operation_id, closing.operation_id
            FROM generate_series(0, 3) AS version
            JOIN segments.operations AS opening ON opening.kind = 'import' AND opening.at = timestamp '2020-01-01' + version * interval '2 seconds'
            JOIN segments.operations AS closing ON closing.kind = 'import' AND closing.at = opening.at + interval '1 second'
            CROSS JOIN segments.users
            WHERE users.user_id > 2
            ORDER BY version, users.user_id;
         VACUUM ANALYZE segments.memberships; VACUUM ANALYZE segments.users"
    );
    for statement in statements.split(';') {
        api.fixture.run(statement).await?;
    }
    Ok(())
}

/// A function that returns the plan of a query, as text.
const EXPLAIN: &str = "SET jit = off; CREATE FUNCTION pg_temp.explain(query text) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE plan json;
    BEGIN
        EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json) ' || query INTO plan;
        RETURN plan::text;
    END $$";

/// A number in a plan, added up over all its nodes.
fn sum(plan: &Value, field: &str) -> u64 {
    let own = plan[field].as_u64().unwrap_or_default();
    own + plan["Plans"].as_array().into_iter().flatten().map(|plan| sum(plan, field)).sum::<u64>()
}

fn nodes(plan: &Value, names: &mut Vec<String>) {
    let relation = plan["Relation Name"].as_str().unwrap_or_default();
    names.push(format!("{} {relation}", plan["Node Type"].as_str().unwrap_or_default()));
    plan["Plans"].as_array().into_iter().flatten().for_each(|plan| nodes(plan, names));
}

/// The plan of a page after a user, as the service runs it.
async fn plan(api: &Api, after: u32) -> anyhow::Result<Value> {
    let statement = include_str!("../../../../../../sql/segments/reads/list_members.sql");
    let at = "timestamp '2020-01-01 00:00:04.5'";
    let query = statement.replace("$1", "'A'").replace("$2", at).replace("$3", &after.to_string()).replace("$4", "101");
    let settings = database::Settings::from_url(&api.fixture.url, None, 1)?;
    let client = database::connect(&settings).await?.client;
    client.batch_execute(EXPLAIN).await?;
    let row = client.query_one("SELECT pg_temp.explain($1)", &[&query]).await?;
    Ok(serde_json::from_str::<Value>(row.get(0))?[0]["Plan"].clone())
}

#[tokio::test]
async fn the_last_page_reads_as_little_as_the_first() -> anyhow::Result<()> {
    let api = Api::new().await?;
    four_versions(&api, 20_000).await?;
    let (first, last) = (plan(&api, 0).await?, plan(&api, 19_902).await?);
    for plan in [&first, &last] {
        let mut names = Vec::new();
        nodes(plan, &mut names);
        assert!(!names.iter().any(|name| name.starts_with("Seq Scan")), "{names:?}");
        assert!(names.iter().any(|name| name == "Index Scan memberships"), "{names:?}");
        // A page of 101, each with four versions.
        assert!(sum(plan, "Rows Removed by Filter") <= 500, "{plan:#}");
    }
    let blocks =
        |plan: &Value| plan["Shared Hit Blocks"].as_u64().unwrap() + plan["Shared Read Blocks"].as_u64().unwrap();
    assert!(blocks(&last) <= 2 * blocks(&first), "{} blocks, then {}", blocks(&first), blocks(&last));
    Ok(())
}

#[tokio::test]
async fn pages_as_of_an_instant_equal_a_replay_of_the_operations() -> anyhow::Result<()> {
    let api = Api::new().await?;
    let users = 250;
    four_versions(&api, users).await?;
    for micros in [0_u32, 3, 100, 252, 999_999, 1_000_003, 1_000_100, 2_000_150, 4_500_000, 7_000_007, 7_900_000] {
        // User n is in from n µs after an even second until n µs after an odd one.
        let replay =
            (3..users + 3).filter(|user| micros.checked_sub(*user).is_some_and(|passed| passed / 1_000_000 % 2 == 0));
        let expected: Vec<u64> = replay.map(u64::from).collect();
        let as_of = format!("2020-01-01T00:00:0{}.{:06}Z", micros / 1_000_000, micros % 1_000_000);
        let (mut found, mut path) = (Vec::new(), format!("/segments/A/members?limit=99&as_of={as_of}"));
        loop {
            let page = api.get(&path).ok().json;
            let items = page["items"].as_array().unwrap().clone();
            found.extend(items.iter().map(|item| item["user"]["user_id"].as_u64().unwrap()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/segments/A/members?limit=99&as_of={as_of}&cursor={next}");
        }
        assert_eq!(found, expected, "as of {as_of}");
    }
    Ok(())
}
