//! Expected rows of STG and the vault.

use uuid::Uuid;
use workload::model::{Order, Truth};

use super::Wanted;
use super::tables::{self, Table};

/// All tables of STG and the vault, with their required and permitted rows.
pub(super) fn wanted(truth: &Truth) -> Vec<(Table, Wanted)> {
    let mut events = Wanted::default();
    let (mut hubs, mut orders, mut links, mut names) =
        (Wanted::default(), Wanted::default(), Wanted::default(), Wanted::default());
    let (mut costs, mut statuses, mut lines, mut states) =
        (Wanted::default(), Wanted::default(), Wanted::default(), Wanted::default());
    for (number, order) in &truth.orders {
        let parked = if order.parked { "parked" } else { "sent on" };
        let event = format!("{parked}|{}|{}|{}", order.user, order.sent_at, order.payload);
        events.must.insert(number.to_string(), event);
        if order.parked {
            continue;
        }
        let must = number.to_string();
        orders.must.insert(must.clone(), format!("{}|{}", key(&must), order.ordered_at));
        costs.must.insert(must.clone(), format!("{}|{}", order.cost, order.payment));
        statuses.must.insert(must.clone(), order.status.clone());
        let state = format!("{}|{}|{}|{}", order.user, order.status, order.cost, order.payment);
        states.must.insert(must, state);
        hold(&mut hubs, &mut links, *number, order);
        hold_lines(&mut hubs, &mut links, &mut lines, *number, order);
        trace(&mut hubs, &mut links, &mut lines, *number, order, truth);
    }
    for (id, person) in &truth.users {
        names.must.insert(format!("user|{id}"), format!("{}|{}", person.name, person.login));
    }
    for (id, name) in &truth.restaurants {
        names.must.insert(format!("restaurant|{id}"), name.clone());
    }
    for (id, name) in &truth.product_names {
        let held = hubs.must.contains_key(&format!("product|{id}"));
        let rows = if held { &mut names.must } else { &mut names.may };
        rows.insert(format!("product|{id}"), name.clone());
    }
    vec![
        (tables::ORDER_EVENTS, events),
        (tables::HUBS, hubs),
        (tables::ORDERS, orders),
        (tables::LINKS, links),
        (tables::NAMES, names),
        (tables::ORDER_COSTS, costs),
        (tables::ORDER_STATUSES, statuses),
        (tables::ORDER_PRODUCTS, lines),
        (tables::ORDER_STATES, states),
    ]
}

/// The key of a hub row as specified: UUIDv5 of the id's text in the OID namespace.
pub(super) fn key(id: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, id.as_bytes()).to_string()
}

/// User and restaurant of the order.
fn hold(hubs: &mut Wanted, links: &mut Wanted, number: u64, order: &Order) {
    let Order { user, restaurant, .. } = order;
    hubs.must.insert(format!("user|{user}"), key(user));
    hubs.must.insert(format!("restaurant|{restaurant}"), key(restaurant));
    links.must.insert(format!("order_user|{number}|{user}"), String::new());
    links.must.insert(format!("order_restaurant|{number}|{restaurant}"), String::new());
}

/// Current lines of the order.
fn hold_lines(hubs: &mut Wanted, links: &mut Wanted, lines: &mut Wanted, number: u64, order: &Order) {
    for (product, line) in &order.lines {
        let category = &line.category;
        hubs.must.insert(format!("product|{product}"), key(product));
        hubs.must.insert(format!("category|{category}"), key(category));
        links.must.insert(format!("order_product|{number}|{product}"), String::new());
        links.must.insert(format!("product_restaurant|{product}|{}", order.restaurant), String::new());
        links.must.insert(format!("product_category|{product}|{category}"), String::new());
        let value = format!("{}|{}|{category}", line.quantity, line.amount);
        lines.must.insert(format!("{number}|{product}"), value);
    }
}

/// Lines of superseded versions; if such a version was stored, they are removed lines.
fn trace(hubs: &mut Wanted, links: &mut Wanted, lines: &mut Wanted, number: u64, order: &Order, truth: &Truth) {
    for product in order.ever.iter().filter(|product| !order.lines.contains_key(*product)) {
        let Some(category) = truth.categories_of.get(product) else { continue };
        hubs.may.insert(format!("product|{product}"), key(product));
        hubs.may.insert(format!("category|{category}"), key(category));
        links.may.insert(format!("order_product|{number}|{product}"), String::new());
        links.may.insert(format!("product_restaurant|{product}|{}", order.restaurant), String::new());
        links.may.insert(format!("product_category|{product}|{category}"), String::new());
        lines.may.insert(format!("{number}|{product}"), format!("0|0.00000|{category}"));
    }
}
