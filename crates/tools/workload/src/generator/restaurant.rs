//! Restaurants: a kind, a place, and a menu that fits the kind.

use jiff::civil::DateTime;
use rand::RngExt;
use rand::seq::SliceRandom;
use serde::Serialize;

use super::draw::{self, Kind};
use super::lexicon::{self, Category};
use super::message::{Money, Time};

/// A restaurant in the format of Redis.
#[derive(Debug, Serialize)]
pub(super) struct Restaurant {
    #[serde(rename = "_id")]
    pub(super) id: String,
    name: String,
    pub(super) menu: Vec<Product>,
    update_ts: Time,
}

/// A product of a menu with a unique id: menus share no ids.
#[derive(Debug, Serialize)]
pub(super) struct Product {
    #[serde(rename = "_id")]
    pub(super) id: String,
    pub(super) name: &'static str,
    pub(super) price: Money,
    pub(super) category: &'static str,
}

impl Restaurant {
    /// The restaurant with this number.
    pub(super) fn draw(seed: u64, number: u32, founded: DateTime) -> Self {
        let mut rng = draw::stream(seed, Kind::Restaurant, u64::from(number));
        let index = number as usize;
        let (kind, cooks) = lexicon::KINDS[index % lexicon::KINDS.len()];
        let round = index / lexicon::KINDS.len();
        let place = lexicon::PLACES[(index + round) % lexicon::PLACES.len()];
        let branch = index / (lexicon::KINDS.len() * lexicon::PLACES.len());
        let name = if branch == 0 { format!("{kind} {place}") } else { format!("{kind} {place} №{}", branch + 1) };

        let id = draw::id(&mut rng);
        let mut known: Vec<(&Category, &str)> = lexicon::CATEGORIES
            .iter()
            .filter(|category| cooks.contains(&category.name))
            .flat_map(|category| category.products.iter().map(move |product| (category, *product)))
            .collect();
        known.shuffle(&mut rng);
        known.truncate(rng.random_range(20..=40));
        let menu = known.into_iter().map(|(category, name)| Product {
            id: draw::id(&mut rng),
            name,
            price: price(&mut rng, category),
            category: category.name,
        });
        Self { id, name, menu: menu.collect(), update_ts: Time(founded) }
    }
}

/// A price in steps of five roubles, some of them with a half more.
fn price(rng: &mut impl rand::Rng, category: &Category) -> Money {
    let (low, high) = category.roubles;
    let roubles = rng.random_range(low / 5..=high / 5) * 5;
    Money::kopecks(roubles * 100 + if draw::chance(rng, 0.2) { 50 } else { 0 })
}
