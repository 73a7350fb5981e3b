//! Rejected messages: a rejection is an answer, and no reason to replace the producer.

use std::{sync::Arc, time::Duration};

use ::consumer::{LoopHealth, Message, Publisher as _};
use kafka::Publisher;
use metrics_exporter_prometheus::PrometheusBuilder;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use tokio::time::{Instant, sleep};

use crate::fixture::Fixture;

/// A producer without an answer is replaced after some 22 seconds.
const LONG: Duration = Duration::from_secs(35);

/// The time between two attempts.
const PAUSE: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_producer_whose_messages_are_rejected_is_not_replaced() -> anyhow::Result<()> {
    let (cluster, fixture) = Fixture::mocked(1)?;
    let denied = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    cluster.request_errors(RDKafkaApiKey::Produce, &[denied; 1000]);
    let recorder = PrometheusBuilder::new().build_recorder();
    let page = recorder.handle();
    let _local = metrics::set_default_local_recorder(&recorder);
    let loop_health = Arc::new(LoopHealth::default());
    let publisher = Publisher::connect(&fixture.settings)?.reporting_to(Arc::clone(&loop_health));

    let (begun, mut refused) = (Instant::now(), 0);
    while begun.elapsed() < LONG {
        let message = [Message { key: "key".to_owned(), value: b"x".as_slice().into() }];
        let error = publisher.publish(&message, &[]).await.expect_err("it is refused").error;
        assert!(error.contains("authorization failed"), "{error}");
        assert_eq!(loop_health.stalls(), [], "after {:?}", begun.elapsed());
        refused += 1;
        sleep(PAUSE).await;
    }
    assert!(refused > 50, "{refused} rejections are too few");
    let replaced = "tagmill_client_replacements_total{client=\"producer\"} 0\n";
    assert!(page.render().contains(replaced), "{}", page.render());
    Ok(())
}
