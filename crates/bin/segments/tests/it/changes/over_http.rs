//! Sixty-four writers over HTTP on few pairs, at two replicas: API v1, the second service's routes, deletions, removals, and
//! both sweepers. The audits find nothing.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::{
    fixture::Fixture,
    service::{Service, send},
};

const DURATION: Duration = Duration::from_secs(20);

/// A random request: method, path, body.
fn request(random: &mut ChaCha8Rng) -> (&'static str, String, String) {
    let (user, segment) = (random.random_range(1..=5), ["A", "B"][random.random_range(0..2)]);
    let guid = format!("00000000-0000-0000-0000-00000000000{user}");
    if random.random_range(0..50) == 0 {
        // Seldom enough that the sweepers find it.
        let add = r#"{"segmentSlug":"C","secondsToBeInSegment":1}"#;
        return (
            "POST",
            "/segments/change-for-user".into(),
            format!(r#"{{"userID":"{guid}","segmentsToAdd":[{add}]}}"#),
        );
    }
    match random.random_range(0..20) {
        0 => ("DELETE", format!("/api/v1/segments/{segment}"), String::new()),
        1 => ("DELETE", "/segments/remove".into(), format!(r#"{{"slug":"{segment}"}}"#)),
        2 => ("POST", "/api/v1/segments".into(), format!(r#"{{"name":"{segment}","percentage":50}}"#)),
        3..6 => ("POST", "/segments/create".into(), format!(r#"{{"slug":"{segment}","percentToFill":50}}"#)),
        6 => ("DELETE", "/segments/remove-user".into(), format!(r#"{{"userID":"{guid}"}}"#)),
        7 => ("POST", "/segments/create-user".into(), format!(r#"{{"userID":"{guid}"}}"#)),
        8 => {
            let status = ["active", "excluded"][random.random_range(0..2)];
            ("PUT", "/segments/update-user".into(), format!(r#"{{"userID":"{guid}","status":"{status}"}}"#))
        }
        9..12 => {
            let path = ["addUserToSegments", "deleteUserFromSegments"][random.random_range(0..2)];
            let body = format!(r#"{{"id":{user},"segments":[{{"name":"{segment}","end_date":""}}]}}"#);
            ("POST", format!("/api/v1/users/{path}"), body)
        }
        12..15 => {
            let body = format!(r#"{{"userID":"{guid}","segmentsToRemove":[{{"segmentSlug":"{segment}"}}]}}"#);
            ("POST", "/segments/change-for-user".into(), body)
        }
        _ => {
            let add = format!(r#"{{"segmentSlug":"{segment}","secondsToBeInSegment":{}}}"#, random.random_range(0..3));
            ("POST", "/segments/change-for-user".into(), format!(r#"{{"userID":"{guid}","segmentsToAdd":[{add}]}}"#))
        }
    }
}

/// Sends requests until the time is over. Returns how many had each status.
fn write(addresses: [SocketAddr; 2], seed: u64, until: Instant) -> BTreeMap<u16, usize> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut statuses = BTreeMap::new();
    while Instant::now() < until {
        let (method, path, body) = request(&mut random);
        let address = addresses[random.random_range(0..2)];
        let answer = send(address, method, &path, "Content-Type: application/json\r\n", body.as_bytes()).unwrap();
        *statuses.entry(answer.status).or_default() += 1;
    }
    statuses
}

#[tokio::test]
async fn sixty_four_writers_leave_nothing_for_the_audits() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let settings = [("DEV_METHODS", "true"), ("DATABASE_POOL_SIZE", "16")];
    let services = [Service::start(&fixture.url, &settings).await?, Service::start(&fixture.url, &settings).await?];
    let addresses = [services[0].address(), services[1].address()];
    for user in 1..=5 {
        let body = format!(r#"{{"userID":"00000000-0000-0000-0000-00000000000{user}"}}"#);
        assert_eq!(services[0].post("/segments/create-user", &body)?.status, 204);
    }
    assert_eq!(services[0].post("/segments/create", r#"{"slug":"C","percentToFill":0}"#)?.status, 204);
    let until = Instant::now() + DURATION;
    let mut statuses = BTreeMap::<u16, usize>::new();
    thread::scope(|scope| {
        let writers: Vec<_> = (0..64).map(|seed| scope.spawn(move || write(addresses, seed, until))).collect();
        for writer in writers {
            for (status, count) in writer.join().unwrap() {
                *statuses.entry(status).or_default() += count;
            }
        }
    });
    // Memberships of a second have been added again and again; now the sweepers end them.
    let expired = "SELECT count(*) > 0 FROM segments.operations WHERE kind = 'expire'";
    while fixture.rows(expired).await? != ["true"] {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    fixture.audit().await?;
    let done = statuses.get(&204).copied().unwrap_or_default();
    assert!(done > 500, "{statuses:?}");
    // Only a lack of connections or a wait for a lock may make a request fail, and nothing may be a deadlock.
    let is_known = |status: &u16| [200, 201, 204, 400, 404, 503].contains(status);
    assert!(statuses.keys().all(is_known), "{statuses:?}");
    for service in &services {
        assert!(!service.log().contains("40P01"), "{}", service.log());
    }
    let kinds = fixture.rows("SELECT kind FROM segments.operations GROUP BY kind ORDER BY kind").await?;
    let expected =
        ["change_user", "create_segment", "create_user", "delete_segment", "expire", "fill", "revive_segment"];
    assert!(expected.iter().all(|kind| kinds.iter().any(|found| found == kind)), "{kinds:?}");
    println!("{statuses:?}");
    Ok(())
}
