//! Users: a name from lists, and habits.

use jiff::civil::DateTime;
use serde::Serialize;

use super::draw::{self, Kind};
use super::lexicon;
use super::message::Time;

/// A user in the format of Redis, and habits that only the generator knows.
#[derive(Debug, Serialize)]
pub(super) struct User {
    #[serde(rename = "_id")]
    pub(super) id: String,
    name: String,
    login: String,
    update_ts: Time,
    #[serde(skip)]
    pub(super) habits: Habits,
}

/// Habits of a user.
#[derive(Debug)]
pub(super) struct Habits {
    /// Numbers of the restaurants this user prefers, the dearest first.
    pub(super) restaurants: [usize; 3],
    /// Categories this user prefers.
    pub(super) tastes: [&'static str; 2],
}

impl User {
    /// Draws the user with this number, for a number of restaurants.
    pub(super) fn draw(seed: u64, number: usize, restaurants: usize, registered: DateTime) -> Self {
        let mut rng = draw::stream(seed, Kind::User, number as u64);
        let id = draw::id(&mut rng);
        let woman = draw::chance(&mut rng, 0.5);
        let (surname, latin) = lexicon::SURNAMES[draw::below(&mut rng, lexicon::SURNAMES.len())];
        let (names, patronymics, ending, latin_ending) = if woman {
            (&lexicon::WOMEN, &lexicon::DAUGHTERS, "а", "a")
        } else {
            (&lexicon::MEN, &lexicon::SONS, "", "")
        };
        let name = names[draw::below(&mut rng, names.len())];
        let patronymic = patronymics[draw::below(&mut rng, patronymics.len())];
        let habits = Habits {
            restaurants: std::array::from_fn(|_| draw::below(&mut rng, restaurants)),
            tastes: std::array::from_fn(|_| lexicon::CATEGORIES[draw::early(&mut rng, lexicon::CATEGORIES.len())].name),
        };
        Self {
            id,
            name: format!("{surname}{ending} {name} {patronymic}"),
            login: format!("{latin}{latin_ending}{number}"),
            update_ts: Time(registered),
            habits,
        }
    }
}
