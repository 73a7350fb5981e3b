//! Users converge to those of the user service: events repeated, out of order, read by replicas; answers slow and wrong.

use std::time::Duration;

use consumer::{Message, Processor as _, Publisher as _};
use devstack::{Topic, UserService};
use segments::{
    changes::{Cause, Status},
    user_actions::{UserActions, UserServiceSettings},
};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::{fixture::Fixture, service::Service};

/// The processor of records, with a user service.
fn actions(fixture: &Fixture, service: &UserService) -> UserActions {
    let settings = UserServiceSettings {
        user_service_url: Some(service.url().into()),
        user_service_token: Some("secret".to_owned().into()),
    };
    UserActions::new(fixture.changes.clone(), &settings).unwrap()
}

async fn users(fixture: &Fixture) -> anyhow::Result<Vec<String>> {
    fixture.rows("SELECT right(guid::text, 1) AS user, status FROM segments.users ORDER BY 1").await
}

#[tokio::test]
async fn the_last_request_wins_and_no_lock_is_held_during_one() -> anyhow::Result<()> {
    let (fixture, service, guid) = (Fixture::new().await?, UserService::start().await?, Uuid::from_u128(1));
    let actions = actions(&fixture, &service);
    service.set(guid, 200, r#"{"status":"active"}"#);
    actions.store(&[guid]).await?;
    // The first request is answered late, with the state of its time.
    service.delay(Duration::from_secs(2));
    let events = [guid];
    let slow = actions.store(&events);
    let fast = async {
        service.until_asked(2).await;
        service.delay(Duration::ZERO);
        service.set(guid, 200, r#"{"status":"excluded"}"#);
        let begin = Instant::now();
        actions.store(&[guid]).await?;
        assert!(begin.elapsed() < Duration::from_secs(1), "the slow request holds no lock");
        anyhow::Ok(())
    };
    let (slow, fast) = tokio::join!(slow, fast);
    slow?;
    fast?;
    assert_eq!(users(&fixture).await?, ["1|excluded"]);
    // A local change takes a number too.
    service.delay(Duration::from_secs(1));
    let slow = actions.store(&events);
    let local = async {
        service.until_asked(4).await;
        let asked = fixture.changes.next_request().await?;
        fixture.changes.set_status(guid, Status::Removed, asked, false, &Cause::task("test")).await
    };
    let (slow, local) = tokio::join!(slow, local);
    slow?;
    local?;
    assert_eq!(users(&fixture).await?, ["1|removed"]);
    assert!(service.tokens().iter().all(|token| token == "Bearer secret"), "{:?}", service.tokens());
    Ok(())
}

#[tokio::test]
async fn there_are_sixteen_requests_at_a_time() -> anyhow::Result<()> {
    let (fixture, service) = (Fixture::new().await?, UserService::start().await?);
    service.delay(Duration::from_millis(50));
    let actions = actions(&fixture, &service);
    let many: Vec<Uuid> = (1..=40).map(Uuid::from_u128).collect();
    let (first, second) = tokio::join!(actions.store(&many[..20]), actions.store(&many[20..]));
    first?;
    second?;
    assert_eq!(service.most_at_a_time(), 16);
    assert_eq!(users(&fixture).await?, Vec::<String>::new(), "those who are unknown there are not created");
    Ok(())
}

#[tokio::test]
async fn an_outage_stores_nothing_and_is_an_error() -> anyhow::Result<()> {
    let (fixture, service, guid) = (Fixture::new().await?, UserService::start().await?, Uuid::from_u128(1));
    let actions = actions(&fixture, &service);
    service.set(guid, 500, "");
    assert!(actions.store(&[guid]).await.is_err());
    assert_eq!(users(&fixture).await?, Vec::<String>::new());
    Ok(())
}

/// Topics, and the settings of a service that reads them.
async fn topics() -> anyhow::Result<kafka::Settings> {
    let stack = devstack::shared().await?;
    let (source, dead_letters) = (stack.fresh_name("UserAction").await?, stack.fresh_name("segments-dead").await?);
    stack.create_topics(&[Topic::data(&source, 2), Topic::dead_letters(&dead_letters, 1)]).await?;
    Ok(kafka::Settings {
        service: "it".to_owned(),
        bootstrap_servers: stack.bootstrap_servers(),
        group_id: stack.fresh_name("group").await?,
        destination_topic: Some(source.clone()),
        source_topic: source,
        dead_letter_topic: dead_letters,
        ..kafka::Settings::default()
    })
}

/// Sends records, as the user service does.
async fn publish(kafka: &kafka::Settings, values: &[String]) -> anyhow::Result<()> {
    let message = |value: &String| Message { key: String::new(), value: value.clone().into_bytes() };
    let messages: Vec<Message> = values.iter().map(message).collect();
    Ok(kafka::Publisher::connect(kafka)?.publish(&messages, &[]).await?)
}

fn event(number: u128) -> String {
    format!(r#"{{"userID":"{}"}}"#, Uuid::from_u128(number))
}

/// Waits until the users are these.
async fn until_users_are(fixture: &Fixture, expected: &[&str]) -> anyhow::Result<()> {
    let mut last = Vec::new();
    let waiting = async {
        loop {
            last = users(fixture).await?;
            if last == expected {
                return anyhow::Ok(());
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    let result = timeout(Duration::from_secs(60), waiting).await;
    result.unwrap_or_else(|_| Err(anyhow::anyhow!("the users are {last:?}, not {expected:?}")))
}

#[tokio::test]
async fn two_replicas_and_a_kill_end_in_the_states_of_the_user_service() -> anyhow::Result<()> {
    let (fixture, service, kafka) = (Fixture::new().await?, UserService::start().await?, topics().await?);
    for (number, status, body) in [
        (1, 200, r#"{"status":"active"}"#),
        (2, 200, r#"{"status":"excluded"}"#),
        (3, 404, ""),
        (4, 200, "garbage"),
        (5, 503, ""),
    ] {
        service.set(Uuid::from_u128(number), status, body);
    }
    let url = service.url();
    let settings = [
        ("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap_servers.as_str()),
        ("KAFKA_USER_TOPIC", &kafka.source_topic),
        ("KAFKA_DEAD_LETTER_TOPIC", &kafka.dead_letter_topic),
        ("KAFKA_GROUP_ID", &kafka.group_id),
        ("USER_SERVICE_URL", &url),
    ];
    let mut first = Service::start(&fixture.url, &settings).await?;
    let _second = Service::start(&fixture.url, &settings).await?;
    let events = [event(2), event(1), event(1), "{".to_owned(), event(3), event(4), event(2)];
    publish(&kafka, &events).await?;
    until_users_are(&fixture, &["1|active", "2|excluded"]).await?;
    // An outage is waited out; other users change meanwhile, and a replica is killed.
    publish(&kafka, &[event(5), event(1)]).await?;
    first.kill();
    service.set(Uuid::from_u128(1), 410, "");
    service.set(Uuid::from_u128(5), 200, r#"{"status":"active"}"#);
    publish(&kafka, &[event(1)]).await?;
    until_users_are(&fixture, &["1|removed", "2|excluded", "5|active"]).await?;
    let mut reader = kafka::Reader::open(&kafka, &kafka.dead_letter_topic).await?;
    let mut reasons = std::collections::BTreeSet::new();
    while let Some(record) = reader.next().await? {
        let reason = record.headers.iter().find(|(name, _)| name == "reason").and_then(|(_, value)| value.clone());
        reasons.insert(String::from_utf8(reason.unwrap_or_default())?);
    }
    assert_eq!(reasons.into_iter().collect::<Vec<_>>(), ["not-json", "unreadable-answer"]);
    fixture.audit().await
}

/// The process dies after the transaction and before the offsets are committed: the next one reads the events again.
#[cfg(feature = "failpoints")]
#[tokio::test]
async fn a_kill_between_store_and_commit_repeats_the_events() -> anyhow::Result<()> {
    let (fixture, service, kafka) = (Fixture::new().await?, UserService::start().await?, topics().await?);
    for number in [1, 2] {
        service.set(Uuid::from_u128(number), 200, r#"{"status":"active"}"#);
    }
    let url = service.url();
    let settings = [
        ("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap_servers.as_str()),
        ("KAFKA_USER_TOPIC", &kafka.source_topic),
        ("KAFKA_DEAD_LETTER_TOPIC", &kafka.dead_letter_topic),
        ("KAFKA_GROUP_ID", &kafka.group_id),
        ("USER_SERVICE_URL", &url),
    ];
    publish(&kafka, &[event(1), event(2)]).await?;
    let armed: Vec<_> = settings.iter().copied().chain([("FAILPOINTS", "stored=return")]).collect();
    let mut first = Service::launch(&fixture.url, &armed)?;
    first.until_ended().await?;
    let stored = users(&fixture).await?;
    assert!(!stored.is_empty(), "the transaction was committed");
    // There is no new event: only those whose offsets were not committed tell of the new states.
    service.set(Uuid::from_u128(1), 200, r#"{"status":"excluded"}"#);
    service.set(Uuid::from_u128(2), 404, "");
    let _second = Service::start(&fixture.url, &settings).await?;
    let expected: &[&str] =
        if stored.iter().any(|user| user.starts_with('2')) { &["1|excluded", "2|removed"] } else { &["1|excluded"] };
    until_users_are(&fixture, expected).await?;
    fixture.audit().await
}
