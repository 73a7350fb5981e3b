//! Databases and Redis that are away: at the start, between cycles, for a whole cycle.

use crate::{
    fixture::{Fixture, connect, output, rows},
    service::{Service, until},
};

/// Closes a database to everybody, or opens it.
async fn set_away(url: &str, away: bool) -> anyhow::Result<()> {
    let name = url.rsplit('/').next().unwrap().split('?').next().unwrap();
    let admin = connect(&devstack::shared().await?.database_url("postgres")).await?;
    admin.batch_execute(&format!("ALTER DATABASE \"{name}\" WITH ALLOW_CONNECTIONS {}", !away)).await?;
    if away {
        let end = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = $1";
        admin.query_one(end, &[&name]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_service_waits_for_an_unreachable_database_and_names_it() -> anyhow::Result<()> {
    for (url_of, dependency) in [(0, "source"), (1, "target")] {
        let mut fixture = Fixture::new().await?;
        let service = Service::start(&fixture, &[]);
        service.until_job("items", "ok").await?;
        let url = [fixture.source_url.clone(), fixture.target_url.clone()][url_of].clone();
        set_away(&url, true).await?;
        let waiting = format!(r#"{{"reason":"waiting-for","dependency":"{dependency}","#);
        service.until("/ready", &waiting).await?;
        let metrics = service.get("/metrics")?.1;
        let metric = format!("tagmill_dependency_waiting{{service=\"elt-service\",dependency=\"{dependency}\"}} 1");
        assert!(metrics.contains(&metric), "{metrics}");
        let critical = " CRITICAL a database was away for a whole cycle";
        assert!(until(async || Ok(fixture.log().contains(critical))).await?, "{}", service.log());
        assert_eq!(service.get("/health")?.0, 200, "a restart would not help");
        set_away(&url, false).await?;
        service.until("/ready", r#"{"ready":true"#).await?;
        fixture.source = connect(&fixture.source_url).await?;
        fixture.target = connect(&fixture.target_url).await?;
        fixture.source.batch_execute("DELETE FROM items WHERE id = 1").await?;
        let equal = async || Ok(rows(&fixture.source).await? == rows(&fixture.target).await?);
        assert!(until(equal).await?, "{}", service.log());
        assert_eq!(service.stop().await?.0, Some(0));
    }
    Ok(())
}

#[tokio::test]
async fn the_service_waits_at_its_start_for_an_unreachable_database() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    for (setting, dependency) in [("SOURCE_DATABASE_URL", "source"), ("TARGET_DATABASE_URL", "target")] {
        let service = Service::start(&fixture, &[(setting, "postgres://nobody@127.0.0.1:1/nothing")]);
        service.until("/ready", &format!(r#"{{"reason":"waiting-for","dependency":"{dependency}","#)).await?;
        assert_eq!(service.stop().await?.0, Some(0));
    }
    Ok(())
}

#[tokio::test]
async fn a_database_that_does_not_exist_exits_with_69() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    for (setting, url) in [("SOURCE_DATABASE_URL", &fixture.source_url), ("TARGET_DATABASE_URL", &fixture.target_url)] {
        let absent = url.replacen("/elt_", "/absent_", 1);
        let (code, text) = output(fixture.command(&[(setting, &absent)]).arg("run"));
        assert_eq!(code, Some(69), "{text}");
        assert!(text.contains(&format!("{setting}: 3D000 ")), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn without_redis_cycles_are_correct_and_the_service_is_ready() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let service = Service::start(&fixture, &[("REDIS_URL", "redis://127.0.0.1:1")]);
    service.until_job("items", "ok").await?;
    fixture.source.batch_execute("DELETE FROM items WHERE id = 1").await?;
    let equal = async || Ok(rows(&fixture.source).await? == rows(&fixture.target).await?);
    assert!(until(equal).await?, "{}", service.log());
    assert_eq!(service.get("/ready")?.0, 200);
    let (code, log) = service.stop().await?;
    assert_eq!((code, log.matches("Redis is away").count()), (Some(0), 1), "{log}");
    Ok(())
}
