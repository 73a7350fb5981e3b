//! Kafka records of an order's events.

use jiff::ToSpan;
use jiff::civil::DateTime;
use serde::Serialize;

use super::message::{Id, Item, Message, Money, Payload, Status, Step, Time};
use super::order::{Act, Line, Order, Times};
use super::world::World;
use crate::source::Event;

/// Orders are numbered from here on.
const FIRST_ORDER: u64 = 9_000_000;

const OPEN: &[Status] = &[Status::Open];
const CLOSED: &[Status] = &[Status::Open, Status::Cooking, Status::Delivering, Status::Closed];
const CANCELLED: &[Status] = &[Status::Open, Status::Cooking, Status::Cancelled];
const WITHDRAWN: &[Status] = &[Status::Open, Status::Cooking, Status::Delivering, Status::Closed, Status::Cancelled];

/// The record of one step of the order.
pub(super) fn write(order: &Order, world: &World, act: Act) -> Event {
    let all = order.lines.as_slice();
    let fewer = &all[..all.len().saturating_sub(1)];
    let times = &order.times;
    let message = |lines, course, updated| message(order, world, lines, course, updated);
    let end = |cancelled| if cancelled { CANCELLED } else { CLOSED };
    let value = match act {
        Act::Opened | Act::Late => message(all, OPEN, times.opened),
        Act::Ended { cancelled } | Act::Repeated { cancelled } => message(all, end(cancelled), times.ended),
        Act::Changed { cancelled } => message(fewer, end(cancelled), times.changed),
        Act::Withdrawn { changed } => message(if changed { fewer } else { all }, WITHDRAWN, times.withdrawn),
        Act::Service => service(order),
        Act::Broken => spoil(message(all, CLOSED, times.ended), order.number),
        Act::Tombstone => return Event { value: None },
        Act::Reassigned => {
            reassign(&message(all, WITHDRAWN, times.withdrawn.saturating_add(1.hours())), &user(order, world))
        }
    };
    Event { value: Some(value) }
}

/// An order event: these lines, after this course, as of this time.
fn message(order: &Order, world: &World, lines: &[Line], course: &[Status], updated: DateTime) -> Vec<u8> {
    let user = world.user(order.user);
    let restaurant = world.restaurant(order.restaurant);
    let item = |line: &Line| {
        let product = &restaurant.menu[line.product];
        Item { id: &product.id, name: product.name, price: product.price, quantity: line.quantity }
    };
    let step = |status: &Status| Step { status: *status, dttm: Time(reached(*status, &order.times, updated)) };
    let order_items: Vec<Item<'_>> = lines.iter().map(item).collect();
    let cost: Money = order_items.iter().map(|item| item.price.times(item.quantity)).sum();
    let bonus_payment = cost.percent(order.bonus_percent);
    let payment = cost.minus(bonus_payment);
    json(&Message {
        object_id: FIRST_ORDER + order.number,
        object_type: "order",
        sent_dttm: Time(updated.saturating_add(3.seconds())),
        payload: Payload {
            restaurant: Id { id: &restaurant.id },
            user: Id { id: &user.id },
            date: Time(order.times.opened),
            order_items,
            bonus_payment,
            cost,
            payment,
            bonus_grant: payment.percent(3),
            statuses: course.iter().rev().map(step).collect(),
            final_status: course.last().copied().unwrap_or(Status::Open),
            update_ts: Time(updated),
        },
    })
}

/// When an order reached a status. A cancellation is always the latest status.
fn reached(status: Status, times: &Times, updated: DateTime) -> DateTime {
    match status {
        Status::Open => times.opened,
        Status::Cooking => times.cooking,
        Status::Delivering => times.delivering,
        Status::Closed => times.ended,
        Status::Cancelled => updated,
    }
}

/// A message of another kind, which the services must skip.
fn service(order: &Order) -> Vec<u8> {
    json(&serde_json::json!({
        "object_id": order.number,
        "object_type": "courier_shift",
        "sent_dttm": Time(order.times.ended),
        "payload": { "couriers": order.number % 50 },
    }))
}

/// The id of a user whose order it is not: the digits of the right one, turned by a place.
fn user(order: &Order, world: &World) -> String {
    let id = world.user(order.user).id;
    let (first, rest) = id.split_at(1);
    format!("{rest}{first}")
}

/// Changes the user of an order, with the newest of all its versions.
fn reassign(record: &[u8], user: &str) -> Vec<u8> {
    change(record, |message| message["payload"]["user"]["id"] = user.into())
}

/// Makes a record unreadable, in one of many ways.
fn spoil(mut record: Vec<u8>, number: u64) -> Vec<u8> {
    match number % 10 {
        0 => record.truncate(record.len() / 2),
        1 => record = br#"{"object_type":"order","object_id":-1}"#.to_vec(),
        2 => record.push(0xff),
        3 => record = b"[]".to_vec(),
        4 => record = change(&record, |message| message["payload"]["order_items"][0]["quantity"] = 0.into()),
        5 => record = change(&record, |message| message["payload"]["order_items"][0]["price"] = (-1).into()),
        6 => record = change(&record, |message| message["payload"]["order_items"][0]["name"] = "\0".into()),
        7 => record = change(&record, |message| message["sent_dttm"] = "2025-02-30 12:00:00".into()),
        8 => record = change(&record, |message| message["payload"]["user"] = serde_json::Value::Null),
        _ => record = change(&record, |message| message["payload"]["cost"] = "free".into()),
    }
    record
}

/// Writes a message again with one change.
fn change(record: &[u8], change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
    let mut message = serde_json::from_slice(record).unwrap_or_default();
    change(&mut message);
    json(&message)
}

/// Plain structs with text keys always serialise, so the default is never taken.
fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
