//! Dead letters by where they came from: each record that no service can use, once or more, and nothing else.

use anyhow::{Context, Result};
use e2e::{Layer, Pipeline, Record};

use super::{Difference, Rows, Wanted};
use crate::oracle::Oracle;

/// Compares the dead letters of all three services; only STG has reason to have any.
pub(super) async fn compare(pipeline: &Pipeline, oracle: &Oracle) -> Result<Vec<Difference>> {
    let source = pipeline.source(Layer::Stg);
    let mut wanted = Wanted::default();
    for ((partition, offset), value) in oracle.refused() {
        wanted.must.insert(format!("{source}/{partition}/{offset}"), shown(value.as_deref()));
    }
    let mut found = Rows::new();
    for layer in Layer::ALL {
        for letter in pipeline.read(&pipeline.dead_letters(layer)).await? {
            // A crash may have written it twice; the second must say the same.
            let value = shown(letter.value.as_deref());
            found
                .entry(place(&letter)?)
                .and_modify(|first| {
                    if *first != value {
                        *first = format!("{first} and {value}");
                    }
                })
                .or_insert(value);
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
