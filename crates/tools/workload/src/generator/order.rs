//! One order: user, restaurant, lines, time, and its events.

use jiff::civil::DateTime;
use jiff::{Span, ToSpan};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::draw::{self, Kind, Weights};
use super::mix::Mix;
use super::world::{self, World};

/// Weights of the number of lines of an order, beginning with one line: 3.5 on average.
const LINES: [u64; 7] = [10, 20, 25, 20, 12, 8, 5];

/// Kinds of records, in the order in which two records of the same time are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    /// The order was received.
    Opened,
    /// The order has been closed or cancelled.
    Ended { cancelled: bool },
    /// The order's end, once more.
    Repeated { cancelled: bool },
    /// The order was received; this event was overtaken by a later one.
    Late,
    /// The order has lost its last line.
    Changed { cancelled: bool },
    /// The order has been cancelled after all, with the lines it had by then.
    Withdrawn { changed: bool },
    /// A message of another kind.
    Service,
    /// A record without a value.
    Tombstone,
    /// A record that cannot be read.
    Broken,
    /// The order with another user.
    Reassigned,
}

/// An order as drawn; its events follow from it.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) number: u64,
    pub(super) user: usize,
    pub(super) restaurant: usize,
    pub(super) lines: Vec<Line>,
    /// Share of the cost paid in bonuses.
    pub(super) bonus_percent: i64,
    pub(super) times: Times,
    /// State of the random stream after the order was drawn; its plan continues from here.
    rng: ChaCha8Rng,
}

/// A quantity of a product, by its index on the menu.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) product: usize,
    pub(super) quantity: u32,
}

/// Times of all steps of the order, including those that its plan lacks.
#[derive(Debug)]
pub(super) struct Times {
    pub(super) opened: DateTime,
    pub(super) cooking: DateTime,
    pub(super) delivering: DateTime,
    pub(super) ended: DateTime,
    pub(super) changed: DateTime,
    pub(super) withdrawn: DateTime,
}

impl Order {
    /// Draws the order with this number and start time.
    pub(super) fn draw(world: &World, number: u64, opened: DateTime) -> Self {
        let mut rng = draw::stream(world.seed, Kind::Order, number);
        let user = world.draw_user(&mut rng);
        let habits = world.user(user);
        let restaurant = world.draw_restaurant(&mut rng, &habits);
        let menu = &world.restaurant(restaurant).menu;

        let mut lines: Vec<Line> = Vec::new();
        for _ in 0..=Weights::new(LINES.into_iter()).draw(&mut rng) {
            let mut product = world::draw_product(&mut rng, &habits, menu);
            // The same product rarely occurs twice in one order.
            if draw::chance(&mut rng, 0.98) {
                let free = |product: &usize| lines.iter().all(|line| line.product != *product);
                product = (product..menu.len()).chain(0..product).find(free).unwrap_or(product);
            }
            let quantity = if draw::chance(&mut rng, 0.8) { 1 } else { rng.random_range(2..=3) };
            lines.push(Line { product, quantity });
        }
        let bonus_percent = if draw::chance(&mut rng, 0.1) { 20 } else { 0 };
        let times = Times::draw(&mut rng, opened);
        Self { number, user, restaurant, lines, bonus_percent, times, rng }
    }

    /// Every event of this order and when it is delivered.
    pub(super) fn plan(&self, mix: &Mix) -> Vec<(DateTime, Act)> {
        // Every share consumes its random numbers in any case, so changing one share does not affect the others.
        let rng = &mut self.rng.clone();
        let mut happens = |share| draw::chance(rng, share);
        let (opened, late) = (happens(mix.opened), happens(mix.late));
        let (cancelled, repeated) = (happens(mix.cancelled), happens(mix.repeated));
        let (changed, withdrawn) = (happens(mix.changed), happens(mix.withdrawn));
        let (noise, tombstone, broken) = (happens(mix.noise), happens(0.5), happens(mix.broken));

        let Times { opened: begin, ended: end, .. } = self.times;
        let other = if tombstone { Act::Tombstone } else { Act::Service };
        let mut acts = vec![
            (opened && !late, begin, Act::Opened),
            (true, end, Act::Ended { cancelled }),
            (repeated, after(end, within(rng, 60, 3 * 3600)), Act::Repeated { cancelled }),
            (late, after(end, within(rng, 10, 600)), Act::Late),
            (changed, self.times.changed, Act::Changed { cancelled }),
            (withdrawn && !cancelled, self.times.withdrawn, Act::Withdrawn { changed }),
            (noise, after(end, within(rng, 0, 600)), other),
            (broken, after(end, within(rng, 0, 600)), Act::Broken),
        ];
        acts.push((draw::chance(rng, mix.reassigned), after(end, within(rng, 0, 7200)), Act::Reassigned));
        acts.into_iter().filter_map(|(happens, at, act)| happens.then_some((at, act))).collect()
    }
}

impl Times {
    fn draw(rng: &mut ChaCha8Rng, opened: DateTime) -> Self {
        let cooking = after(opened, within(rng, 30, 600));
        let delivering = after(cooking, within(rng, 600, 1800));
        let ended = after(delivering, within(rng, 300, 1800));
        let changed = after(ended, within(rng, 300, 3600));
        let withdrawn = after(changed, within(rng, 300, 3600));
        Self { opened, cooking, delivering, ended, changed, withdrawn }
    }
}

fn within(rng: &mut ChaCha8Rng, least: i64, most: i64) -> Span {
    rng.random_range(least..=most).seconds()
}

fn after(moment: DateTime, span: Span) -> DateTime {
    moment.saturating_add(span)
}
