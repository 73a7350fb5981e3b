//! Restaurants with their menus, and users, some of whom order far more than others.

use jiff::civil::DateTime;
use rand::Rng;
use serde::Serialize;

use super::draw::{self, Weights};
use super::options::Options;
use super::restaurant::{Product, Restaurant};
use super::user::User;
use crate::source::Reference;

/// Scale of the integer weights of activity: large enough that the least active user still has some.
const ACTIVITY: u64 = 1 << 40;

/// The restaurants and users of the orders.
#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: u64,
    start: DateTime,
    restaurants: Vec<Restaurant>,
    activity: Weights,
    users: usize,
}

impl World {
    pub(super) fn new(options: &Options) -> Self {
        let users = options.users.max(1) as usize;
        let restaurants =
            (0..options.restaurants.max(1)).map(|number| Restaurant::draw(options.seed, number, options.start));
        Self {
            seed: options.seed,
            start: options.start,
            restaurants: restaurants.collect(),
            // Zipf, flattened at the top: the keenest user orders about ten times as often as the laziest.
            activity: Weights::new((0..users as u64).map(|rank| ACTIVITY / (users as u64 / 10 + 1 + rank))),
            users,
        }
    }

    pub(super) fn reference(&self) -> impl Iterator<Item = Reference> + '_ {
        let restaurants = self.restaurants.iter().map(|restaurant| object(&restaurant.id, restaurant));
        let users = (0..self.users).map(|number| self.user(number)).map(|user| object(&user.id, &user));
        restaurants.chain(users)
    }

    pub(super) fn restaurant(&self, number: usize) -> &Restaurant {
        &self.restaurants[number]
    }

    pub(super) fn user(&self, number: usize) -> User {
        User::draw(self.seed, number, self.restaurants.len(), self.start)
    }

    /// Draws the user of an order.
    pub(super) fn draw_user(&self, rng: &mut impl Rng) -> usize {
        self.activity.draw(rng)
    }

    /// Draws a restaurant: mostly the usual one of the user.
    pub(super) fn draw_restaurant(&self, rng: &mut impl Rng, user: &User) -> usize {
        let usual = &user.habits.restaurants;
        if draw::chance(rng, 0.85) {
            usual[draw::early(rng, usual.len())]
        } else {
            draw::below(rng, self.restaurants.len())
        }
    }
}

/// Draws a product as an index into the menu: mostly the usual one of the user, if the menu has it.
pub(super) fn draw_product(rng: &mut impl Rng, user: &User, menu: &[Product]) -> usize {
    let taste = user.habits.tastes[draw::early(rng, user.habits.tastes.len())];
    let usual = menu.iter().filter(|product| product.category == taste).count();
    if usual == 0 || draw::chance(rng, 0.4) {
        return draw::early(rng, menu.len());
    }
    let wanted = draw::early(rng, usual);
    let mut tasty = menu.iter().enumerate().filter(|(_, product)| product.category == taste);
    tasty.nth(wanted).map_or(0, |(index, _)| index)
}

fn object(id: &str, object: &impl Serialize) -> Reference {
    Reference { id: id.to_owned(), json: serde_json::to_string(object).unwrap_or_default() }
}
