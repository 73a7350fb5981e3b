//! Tests of missing names: which names an order waits for, and when it does not wait.

use orders::NO_CATEGORY;
use stg::transform::{Kind, MenuName, Missing, enrich};

use crate::story::{Redis, at, noon, order};

fn missing(kind: Kind, id: &str) -> Missing {
    let restaurant_id = if kind == Kind::Product { "restaurant" } else { "" };
    Missing { kind, id: id.to_owned(), restaurant_id: restaurant_id.to_owned() }
}

#[test]
fn each_missing_name_is_listed_once() {
    let event = order(1, 0, "u", &["tea", "cake", "pie", "cake"]);
    let (user, restaurant) = (missing(Kind::User, "u"), missing(Kind::Restaurant, "restaurant"));
    let (cake, pie) = (missing(Kind::Product, "cake"), missing(Kind::Product, "pie"));
    let tea = ("tea", Some("Чай"));
    for (redis, expected) in [
        (Redis::default(), vec![restaurant.clone(), user.clone()]),
        (Redis::default().and_user("u", "Анна"), vec![restaurant]),
        (Redis::default().and_products(&[tea]), vec![user]),
        (Redis::of_user("u").and_products(&[tea]), vec![cake.clone(), pie.clone()]),
        (Redis::of_user("u").and_products(&[tea, ("pie", Some("Пироги"))]), vec![cake.clone()]),
        // A product without a category counts as missing.
        (Redis::of_user("u").and_products(&[tea, ("pie", None), ("cake", Some("Торты"))]), vec![pie]),
    ] {
        assert_eq!(enrich(&event, &redis.lookup(), noon(), MenuName::Required).as_ref(), Err(&expected), "{redis:?}");
        assert!(expected.iter().all(|name| !name.is_known(&redis.lookup())), "{redis:?}");
    }
}

#[test]
fn a_missing_name_is_known_as_soon_as_it_is_usable() {
    let menu = |category| Redis::of_user("u").and_products(&[("cake", category)]).lookup();
    assert!(missing(Kind::User, "u").is_known(&menu(None)));
    assert!(missing(Kind::Restaurant, "restaurant").is_known(&menu(None)));
    assert!(!missing(Kind::Product, "cake").is_known(&menu(None)));
    assert!(missing(Kind::Product, "cake").is_known(&menu(Some("Торты"))));
    assert!(!missing(Kind::User, "cake").is_known(&menu(Some("Торты"))));
}

#[test]
fn products_get_no_category_after_the_longest_wait() {
    let event = order(1, 0, "u", &["tea", "cake", "pie"]);
    let redis = Redis::of_user("u").and_products(&[("tea", Some("Чай")), ("pie", None)]);
    let sent = enrich(&event, &redis.lookup(), at(5), MenuName::Optional).unwrap();
    let products: Vec<_> =
        sent.products.iter().map(|product| (product.name.as_str(), product.category.as_str())).collect();
    let expected = [("tea of the menu", "Чай"), ("cake of the order", NO_CATEGORY), ("pie of the menu", NO_CATEGORY)];
    assert_eq!(products, expected);
    assert_eq!(sent.enriched_at, at(5));
}

#[test]
fn users_and_restaurants_are_waited_for_without_limit() {
    let event = order(1, 0, "u", &["tea"]);
    let no_user = Redis::default().and_products(&[("tea", Some("Чай"))]).lookup();
    assert_eq!(enrich(&event, &no_user, noon(), MenuName::Optional), Err(vec![missing(Kind::User, "u")]));
    let no_restaurant = Redis::default().and_user("u", "Анна").lookup();
    let expected = Err(vec![missing(Kind::Restaurant, "restaurant")]);
    assert_eq!(enrich(&event, &no_restaurant, noon(), MenuName::Optional), expected);
}

#[test]
fn kinds_are_parsed_from_their_stored_text() {
    for kind in [Kind::Product, Kind::Restaurant, Kind::User] {
        assert_eq!(Kind::read(kind.as_str()), Some(kind));
    }
    assert_eq!(Kind::read("waiter"), None);
}
