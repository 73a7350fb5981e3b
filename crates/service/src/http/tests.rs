//! The endpoints as a probe sees them: over a socket.

use std::io;

use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};

use super::*;

struct Probe {
    address: SocketAddr,
    vitals: Arc<Vitals>,
}

impl Probe {
    async fn start(metrics: PrometheusHandle) -> io::Result<Self> {
        let vitals = Arc::new(Vitals::default());
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let endpoints = Endpoints { vitals: Arc::clone(&vitals), metrics };
        tokio::spawn(axum::serve(listener, routes(endpoints)).into_future());
        Ok(Self { address, vitals })
    }

    /// The status and the body.
    async fn get(&self, path: &str) -> io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Ok((head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned()))
    }
}

fn no_metrics() -> PrometheusHandle {
    PrometheusBuilder::new().build_recorder().handle()
}

#[tokio::test(start_paused = true)]
async fn healthy_while_the_loop_turns() -> io::Result<()> {
    let probe = Probe::start(no_metrics()).await?;
    assert_eq!(probe.get("/health").await?, (200, "healthy".to_owned()));
    time::advance(HANGS_AFTER).await;
    assert_eq!(probe.get("/health").await?, (503, "the loop has not turned for 60 s".to_owned()));
    probe.vitals.turned();
    assert_eq!(probe.get("/health").await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn ready_says_what_is_waited_for() -> io::Result<()> {
    let probe = Probe::start(no_metrics()).await?;
    let unassigned = r#"{"ready":false,"reasons":[{"reason":"no-partitions-assigned"}]}"#;
    assert_eq!(probe.get("/ready").await?, (503, unassigned.to_owned()));

    probe.vitals.assigned(0);
    assert_eq!(probe.get("/ready").await?, (200, r#"{"ready":true,"reasons":[]}"#.to_owned()));

    let error = "connection refused".to_owned();
    probe.vitals.waits_for(Some(Waiting { dependency: "postgres", error, attempts: 3 }));
    let waiting = r#"{"reason":"waiting-for","dependency":"postgres","error":"connection refused","attempts":3}"#;
    assert_eq!(probe.get("/ready").await?, (503, format!(r#"{{"ready":false,"reasons":[{waiting}]}}"#)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn metrics_tell_the_time_since_the_last_commit() -> io::Result<()> {
    let recorder = PrometheusBuilder::new().add_global_label("service", "stg-service").build_recorder();
    let _local = ::metrics::set_default_local_recorder(&recorder);
    let probe = Probe::start(recorder.handle()).await?;
    time::advance(Duration::from_secs(7)).await;
    let (status, page) = probe.get("/metrics").await?;
    assert_eq!(status, 200);
    let line = r#"tagmill_seconds_since_last_commit{service="stg-service"} 7"#;
    assert!(page.lines().any(|found| found.starts_with(line)), "{page}");
    Ok(())
}
