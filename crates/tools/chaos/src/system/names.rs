//! Names in Redis: most exist from the start, some are added later, a few never.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use harness::Pipeline;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use tokio::time::sleep;
use workload::source::Reference;

/// The random stream of the names, separate from others.
const STREAM: u64 = 2;

/// Shares of users, restaurants and products whose names are added late.
const LATE: f64 = 0.06;

/// Share of those that are never added.
const NEVER: f64 = 0.15;

/// Interval between two attempts to reach Redis.
const PAUSE: Duration = Duration::from_millis(200);

/// Names: those in Redis, and those to be added.
pub(crate) struct Names {
    known: Mutex<BTreeMap<String, Reference>>,
    late: Vec<Late>,
}

/// An object that is added in a round, at a time between its beginning (0) and its end (1).
struct Late {
    round: usize,
    at: f64,
    object: Reference,
}

impl Names {
    /// Decides when each object is added. Names on menus are in capitals, so that they differ from those in the orders.
    pub(crate) fn new(seed: u64, rounds: usize, reference: impl IntoIterator<Item = Reference>) -> Result<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(STREAM);
        let (mut known, mut late) = (BTreeMap::new(), Vec::new());
        for mut object in reference {
            let mut json: Value = serde_json::from_str(&object.json)?;
            let gaps = capitalise(&mut json, &mut rng);
            object.json = json.to_string();
            let whole = rng.random::<f64>() >= LATE;
            if whole && gaps.is_empty() {
                known.insert(object.id.clone(), object);
                continue;
            }
            if whole && let Some(menu) = json["menu"].as_array_mut() {
                menu.retain(|product| !gaps.contains(&product["_id"]));
                let json = json.to_string();
                known.insert(object.id.clone(), Reference { json, ..object.clone() });
            }
            if rng.random::<f64>() >= NEVER {
                late.push(Late { round: rng.random_range(0..rounds.max(1)), at: rng.random(), object });
            }
        }
        Ok(Self { known: Mutex::new(known), late })
    }

    /// All objects that Redis must hold now.
    pub(crate) fn known(&self) -> Vec<Reference> {
        self.lock().values().cloned().collect()
    }

    /// Writes all objects that Redis must hold, and retries until it succeeds.
    pub(crate) async fn write_all(&self, pipeline: &Pipeline) {
        while pipeline.name(&self.known()).await.is_err() {
            sleep(PAUSE).await;
        }
    }

    /// Adds the objects of this round.
    pub(crate) async fn add_late(&self, pipeline: &Pipeline, round: usize, lasts: Duration) {
        let mut due: Vec<&Late> = self.late.iter().filter(|late| late.round == round).collect();
        due.sort_by(|a, b| a.at.total_cmp(&b.at));
        let mut passed = 0.0;
        for late in due {
            sleep(lasts.mul_f64((late.at - passed).max(0.0))).await;
            passed = late.at;
            self.lock().insert(late.object.id.clone(), late.object.clone());
            while pipeline.name(std::slice::from_ref(&late.object)).await.is_err() {
                sleep(PAUSE).await;
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Reference>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the products of a menu in capitals. Returns those that are missing at first.
fn capitalise(json: &mut Value, rng: &mut ChaCha8Rng) -> Vec<Value> {
    let mut gaps = Vec::new();
    let Some(menu) = json["menu"].as_array_mut() else { return gaps };
    for product in menu {
        let capitals = product["name"].as_str().map(str::to_uppercase);
        product["name"] = capitals.into();
        if rng.random::<f64>() < LATE / 2.0 {
            gaps.push(product["_id"].clone());
        }
    }
    gaps
}
