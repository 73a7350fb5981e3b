//! Addresses to which a webhook must not send: private ones by name and by number, and where a redirect leads.

use segments::subscribers::{due::Work, settings::WebhookPrivate};

use super::{Outcome, Receiver, Subscribed, subscribers};

#[tokio::test]
async fn private_addresses_are_not_connected_to_by_number_or_by_name() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(1).await?;
    subscribed.set(1, 1, true).await?;
    let denying = subscribers(&subscribed.fixture, WebhookPrivate::Deny)?;
    let port = subscribed.receiver.url();
    let port = port.rsplit(':').next().unwrap();
    for (host, reason) in [
        ("https://localhost", "private"),
        ("https://127.0.0.1", "private"),
        ("https://[::1]", "private"),
        ("https://[::ffff:127.0.0.1]", "private"),
        ("https://2130706433", "private"),
        ("https://169.254.169.254", "private"),
        ("https://10.0.0.1", "private"),
        ("http://127.0.0.1", "https://"),
    ] {
        let url = format!("{host}:{port}");
        subscribed.fixture.run(&format!(r#"UPDATE segmenter_subscriptions SET params = '{{"url": "{url}"}}'"#)).await?;
        let outcome = denying.sync(subscribed.id, Work::Sync).await;
        let outcome = outcome.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        assert!(matches!(&outcome, Outcome::Failed(error) if error.contains(reason)), "{url}: {outcome:?}");
    }
    assert_eq!(subscribed.receiver.calls(), 0);
    Ok(())
}

#[tokio::test]
async fn a_redirect_is_not_followed() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(1).await?;
    subscribed.set(1, 1, true).await?;
    let elsewhere = Receiver::start().await?;
    let location = format!("Location: {}\r\n", elsewhere.url());
    subscribed.receiver.answers(move |_| (307, location.clone()));
    let outcome = subscribed.sync().await?;
    assert!(matches!(&outcome, Outcome::Failed(error) if error.contains("redirects are not followed")), "{outcome:?}");
    assert_eq!((subscribed.receiver.calls(), elsewhere.calls()), (1, 0));
    Ok(())
}
