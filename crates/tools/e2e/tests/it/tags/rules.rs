//! Tests of rules changed by SQL while the service runs.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline, Workload, until};
use tokio::time::sleep;

use crate::tags::{CATEGORY, USER, counters, history, rule, say, tags};

#[tokio::test]
async fn a_rule_that_is_added_changed_renamed_disabled_or_deleted_is_applied_to_every_user() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let _cdm = pipeline.service(Layer::Cdm).start().await?;
    say(&pipeline, counters(USER, 1, 7, 3)).await?;
    say(&pipeline, counters("other", 1, 5, 3)).await?;
    let change = async |sql: &str| {
        pipeline.sql(sql).await?;
        until("the rule is applied", Duration::from_secs(60), async || Ok(pipeline.untagged().await? == 0)).await?;
        tags(&pipeline).await
    };
    rule(&pipeline, 100, "category", CATEGORY, 6, "Завтракает").await?;
    assert_eq!(change("SELECT").await?, [format!("{USER}|100|Завтракает")]);
    let lower = change("UPDATE cdm.tag_rules SET threshold = 5 WHERE rule_id = 100").await?;
    assert_eq!(lower, [format!("{USER}|100|Завтракает"), "other|100|Завтракает".to_owned()]);
    let renamed = change("UPDATE cdm.tag_rules SET tag = 'Жаворонок', threshold = 6 WHERE rule_id = 100").await?;
    assert_eq!(renamed, [format!("{USER}|100|Жаворонок")]);
    let subject =
        "UPDATE cdm.tag_rules SET subject = 'product', subject_key = 'dish', threshold = 3 WHERE rule_id = 100";
    assert_eq!(change(subject).await?, [format!("{USER}|100|Жаворонок"), "other|100|Жаворонок".to_owned()]);
    assert_eq!(change("UPDATE cdm.tag_rules SET enabled = false WHERE rule_id = 100").await?, [""; 0]);
    assert_eq!(change("UPDATE cdm.tag_rules SET enabled = true WHERE rule_id = 100").await?.len(), 2);
    assert_eq!(change("DELETE FROM cdm.tag_rules WHERE rule_id = 100").await?, [""; 0]);
    let left = pipeline.sql("SELECT * FROM cdm.tag_rules_in_force WHERE rule_id = 100").await?;
    ensure!(left.is_empty(), "the deleted rule is still in force: {left:?}");
    // The same id once more: the count of changes goes on.
    rule(&pipeline, 100, "category", CATEGORY, 7, "Завтракает").await?;
    assert_eq!(change("SELECT").await?, [format!("{USER}|100|Завтракает")]);

    let of_other: Vec<String> = history(&pipeline).await?.into_iter().filter(|row| row.starts_with("other")).collect();
    assert_eq!(
        of_other,
        [
            "other|100|1|assigned|Завтракает|5|5",
            "other|100|2|revoked|Завтракает|5|6",
            "other|100|3|assigned|Жаворонок|3|3",
            "other|100|4|revoked|Жаворонок|3|3",
            "other|100|5|assigned|Жаворонок|3|3",
            "other|100|6|revoked|Жаворонок|3|3",
        ]
    );
    let of_user: Vec<String> = history(&pipeline).await?.into_iter().filter(|row| row.starts_with(USER)).collect();
    assert_eq!(
        of_user[1..3],
        [format!("{USER}|100|2|revoked|Завтракает|7|6"), format!("{USER}|100|3|assigned|Жаворонок|7|6")]
    );
    assert_eq!(pipeline.assert_tags_are_published().await?.repeats, 0);
    Ok(())
}

#[tokio::test]
async fn an_event_has_the_name_of_its_subject_even_without_a_counter() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    rule(&pipeline, 100, "product", "dish", 1, "Сырники").await?;
    let _cdm = pipeline.service(Layer::Cdm).start().await?;
    say(&pipeline, counters(USER, 1, 1, 1)).await?;
    for (subject, key) in [("category", "Супы"), ("product", "dish"), ("product", "another"), ("category", CATEGORY)]
    {
        let change =
            format!("UPDATE cdm.tag_rules SET subject = '{subject}', subject_key = '{key}' WHERE rule_id = 100");
        pipeline.sql(&change).await?;
        until("the rule is applied", Duration::from_secs(60), async || Ok(pipeline.untagged().await? == 0)).await?;
    }
    assert_eq!(
        pipeline.sql("SELECT action, subject, subject_name, order_cnt FROM cdm.user_tag_events ORDER BY seq").await?,
        [
            "assigned|product|Сырники|1",
            "revoked|category|Супы|0",
            "assigned|product|Сырники|1",
            "revoked|product|another|0",
            &format!("assigned|category|{CATEGORY}|1"),
        ]
    );
    Ok(())
}

/// Changes that follow each other faster than the service looks.
const CHANGES: [&str; 8] = [
    "INSERT INTO cdm.tag_rules (subject, subject_key, threshold, tag) SELECT 'product', product_id, 1, 'Пробовал' FROM dds.h_product LIMIT 40",
    "UPDATE cdm.tag_rules SET threshold = threshold + 1 WHERE subject = 'category' AND rule_id % 2 = 0",
    "UPDATE cdm.tag_rules SET tag = tag || '!' WHERE rule_id % 3 = 0",
    "DELETE FROM cdm.tag_rules WHERE rule_id % 5 = 0",
    "UPDATE cdm.tag_rules SET enabled = NOT enabled WHERE rule_id % 2 = 1",
    "UPDATE cdm.tag_rules SET threshold = 1 WHERE subject = 'category'",
    "UPDATE cdm.tag_rules SET enabled = true, threshold = 3 WHERE subject = 'category'",
    "UPDATE cdm.tag_rules SET tag = 'Пробовал дважды', threshold = 2 WHERE subject = 'product'",
];

#[tokio::test]
async fn tags_are_correct_while_rules_change_and_two_replicas_process_orders() -> Result<()> {
    let week = Workload::dirty(81, 1_200);
    let pipeline = Pipeline::start(2).await?;
    pipeline.name(&week.reference).await?;
    let mut services = pipeline.start_all().await?;
    services.push(pipeline.service(Layer::Cdm).start().await?);
    for (part, change) in week.events.chunks(week.events.len().div_ceil(CHANGES.len())).zip(CHANGES) {
        pipeline.load(part).await?;
        sleep(Duration::from_millis(700)).await; // some time for changes to be in progress
        pipeline.sql(change).await?;
    }
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await?;
    let published = pipeline.assert_tags_are_published().await?;
    ensure!(published.events > 500, "only {} changes of tags", published.events);
    let revoked = pipeline.count("SELECT count(*) FROM cdm.user_tag_events WHERE action = 'revoked'").await?;
    ensure!(revoked > 100, "only {revoked} tags were revoked");
    Ok(())
}
