//! Expected tags: the written rules applied to the true counters; and the tag events published.

use anyhow::{Context, Result};
use harness::Pipeline;
use workload::model::Truth;

use super::tables;
use super::{Difference, Wanted};

/// A rule: its id, its category, its threshold and its tag.
const RULES: &str = "SELECT r.rule_id, r.threshold, r.tag, r.subject_key FROM cdm.tag_rules AS r
                     WHERE r.enabled AND r.subject = 'category'";

/// Compares the tags, and the history of tags with its topic.
pub(super) async fn compare(pipeline: &Pipeline, truth: &Truth) -> Result<Vec<Difference>> {
    let mut wanted = Wanted::default();
    for rule in pipeline.sql(RULES).await? {
        let mut cells = rule.splitn(4, '|');
        let mut cell = || cells.next().context("a rule is unreadable");
        let (id, threshold, tag, category) = (cell()?, cell()?.parse::<u64>()?, cell()?, cell()?);
        let counters =
            truth.categories.iter().filter(|((_, counted), count)| counted == category && **count >= threshold);
        wanted.must.extend(counters.map(|((user, _), _)| (format!("{user}|{id}"), tag.to_owned())));
    }
    let found = tables::read(pipeline, tables::USER_TAGS).await?;
    let mut differences = wanted.differences(tables::USER_TAGS.name, &found);
    if let Err(complaint) = pipeline.assert_tags_are_published().await {
        differences.push(Difference::problem("published tags", format!("{complaint:#}")));
    }
    Ok(differences)
}
