//! Generator of a week of orders: the same seed always gives the same bytes.
//!
//! Only the number of an order is stored: every restaurant, user and order has a random stream of its own and is drawn
//! again for each of its events. The menus and the pending deliveries are in memory.

pub mod mix;
mod options;

mod draw;
mod lexicon;

mod calendar;
mod restaurant;
mod user;
mod world;

mod message;
mod order;
mod record;

mod counts;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use jiff::civil::DateTime;

use crate::source::{Event, Reference};
use calendar::Calendar;
use mix::Mix;
use order::{Act, Order};
use world::World;

pub use counts::GeneratedCounts;
pub use options::Options;

/// A finite stream of events in the order of their delivery.
#[derive(Debug)]
pub struct Generator {
    world: World,
    calendar: Calendar,
    mix: Mix,
    orders: u64,
    planned: u64,
    under_way: BinaryHeap<Reverse<Delivery>>,
    counts: GeneratedCounts,
}

/// A future event. The earliest is first; of two at the same time, that of the older order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Delivery {
    at: DateTime,
    order: u64,
    act: Act,
}

impl Generator {
    /// Draws the restaurants. Events are drawn on demand.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        Self {
            world: World::new(options),
            calendar: Calendar::new(options.start),
            mix: options.mix,
            orders: options.orders,
            planned: 0,
            under_way: BinaryHeap::new(),
            counts: GeneratedCounts::default(),
        }
    }

    /// The objects the events refer to: first the restaurants, then the users.
    pub fn reference(&self) -> impl Iterator<Item = Reference> + '_ {
        self.world.reference()
    }

    /// Counts so far; after the last event, the counts of the whole stream.
    #[must_use]
    pub fn counts(&self) -> GeneratedCounts {
        self.counts
    }

    fn order(&self, number: u64) -> Order {
        Order::draw(&self.world, number, self.calendar.moment(number, self.orders))
    }

    /// Plans every order that begins before the next pending delivery.
    fn plan(&mut self) {
        while self.planned < self.orders {
            let begins = self.calendar.moment(self.planned, self.orders);
            if self.under_way.peek().is_some_and(|Reverse(next)| next.at < begins) {
                return;
            }
            let order = self.planned;
            for (at, act) in self.order(order).plan(&self.mix) {
                self.under_way.push(Reverse(Delivery { at, order, act }));
            }
            self.planned += 1;
        }
    }
}

impl Iterator for Generator {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.plan();
        let Reverse(Delivery { order, act, .. }) = self.under_way.pop()?;
        let order = self.order(order);
        self.counts.count(act, &order);
        Some(record::write(&order, &self.world, act))
    }
}
