//! Comparison of dead letters by source position: each unusable record at least once, and no other record.

use anyhow::{Context, Result};
use harness::{Layer, Pipeline, Record};

use super::{Difference, Rows, Wanted};
use crate::compare::oracle::{Oracle, Place};

/// The comparison's name for a dead letter that was written.
const WRITTEN: &str = "a dead letter";

/// Compares the dead letters of all three services; only STG has reason to have any. The value is a part of the key: a
/// crash may have written a dead letter twice, and a topic that was created again has had two records at one offset.
pub(super) async fn compare(pipeline: &Pipeline, oracle: &Oracle) -> Result<Vec<Difference>> {
    let source = pipeline.source(Layer::Stg);
    let key = |((partition, offset), value): (&Place, &Option<Vec<u8>>)| {
        (format!("{source}/{partition}/{offset}: {}", shown(value.as_deref())), WRITTEN.to_owned())
    };
    let former = oracle.former();
    let mut wanted = Wanted::default();
    wanted.must.extend(oracle.refused().iter().map(key));
    wanted.must.extend(former.must.iter().map(|(place, value)| key((place, value))));
    wanted.may.extend(former.may.iter().map(|(place, value)| key((place, value))));
    let mut found = Rows::new();
    for layer in Layer::ALL {
        for letter in pipeline.read(&pipeline.dead_letters(layer)).await? {
            let key = format!("{}: {}", place(&letter)?, shown(letter.value.as_deref()));
            found.insert(key, WRITTEN.to_owned());
        }
    }
    Ok(wanted.differences("dead letters", &found))
}

fn place(letter: &Record) -> Result<String> {
    let header = |name: &str| letter.header(name).with_context(|| format!("a dead letter has no header {name}"));
    Ok(format!("{}/{}/{}", header("source-topic")?, header("source-partition")?, header("source-offset")?))
}

fn shown(value: Option<&[u8]>) -> String {
    value.map_or_else(|| "a tombstone".to_owned(), |bytes| bytes.escape_ascii().to_string())
}
