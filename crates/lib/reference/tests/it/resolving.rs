//! Resolving names: requests to Redis, and the handling of each value.

use std::time::{Duration, Instant};

use reference::{
    LARGEST_VALUE, Lookup, STALE_AFTER,
    Unusable::{NoName, NotJson, OtherKind, TooLarge, WrongType},
};

use crate::redis_database::{Writer, names};

const USER: &str = r#"{"_id": "u", "name": "Котова Ольга", "login": "kotova"}"#;
const RESTAURANT: &str = r#"{"_id": "r", "name": "Кофейня №1",
    "menu": [{"_id": "d", "name": "РОЛЛ С ТОФУ", "price": 180, "category": "Выпечка"}]}"#;

async fn database() -> anyhow::Result<(String, Writer)> {
    let stack = devstack::shared().await?;
    let url = stack.redis_url(stack.fresh_redis_database().await?);
    let mut writer = Writer::open(&url).await?;
    writer.set("u", USER).await?;
    writer.set("r", RESTAURANT).await?;
    Ok((url, writer))
}

#[tokio::test]
async fn users_and_restaurants_are_resolved() -> anyhow::Result<()> {
    let (url, _) = database().await?;
    let lookup = names(&url).resolve(&["u", "u", "absent"], &["r", "absent"], Instant::now()).await?;
    assert_eq!(lookup.user("u").unwrap().login, "kotova");
    assert_eq!(lookup.restaurant("r").unwrap().menu["d"].category.as_deref(), Some("Выпечка"));
    assert_eq!(lookup.user("absent"), None);
    assert_eq!(lookup.restaurant("absent"), None);
    Ok(())
}

#[tokio::test]
async fn a_value_of_the_other_kind_is_missing() -> anyhow::Result<()> {
    let (url, mut writer) = database().await?;
    writer.run(redis::cmd("RPUSH").arg("list").arg("u")).await?;
    writer.set("broken", "{").await?;
    let names = names(&url);
    let odd = ["u", "r", "list", "broken", ""];
    let lookup = names.resolve(&odd, &odd, Instant::now()).await?;
    assert_eq!(odd.map(|id| lookup.user(id).is_some()), [true, false, false, false, false]);
    assert_eq!(odd.map(|id| lookup.restaurant(id).is_some()), [false, true, false, false, false]);
    Ok(())
}

#[tokio::test]
async fn an_unusable_value_is_missing_with_a_reason() -> anyhow::Result<()> {
    let (url, mut writer) = database().await?;
    for (command, key) in [("HSET", "hash"), ("ZADD", "zset"), ("XADD", "stream")] {
        let field = if command == "XADD" { "*" } else { "1" };
        let mut store = redis::cmd(command);
        store.arg(key).arg(field).arg("name");
        if command == "XADD" {
            store.arg("Анна");
        }
        writer.run(&mut store).await?;
    }
    writer.run(redis::cmd("RPUSH").arg("list").arg(USER)).await?;
    writer.run(redis::cmd("SADD").arg("set").arg(USER)).await?;
    writer.set("large", &format!(r#"{{"name": "Анна", "x": "{}"}}"#, "x".repeat(LARGEST_VALUE))).await?;
    writer.set("text", "Анна").await?;
    writer.set("number", "7").await?;
    writer.set("blank", r#"{"name": " "}"#).await?;
    writer.set("nameless", r#"{"menu": []}"#).await?;
    writer.set("empty", "").await?;
    let of_both =
        [("hash", WrongType), ("zset", WrongType), ("stream", WrongType), ("list", WrongType), ("set", WrongType)]
            .into_iter()
            .chain([("large", TooLarge), ("text", NotJson), ("number", NotJson)]);
    let users = of_both.clone().chain([("r", OtherKind), ("nameless", OtherKind), ("blank", NoName)]);
    let restaurants = of_both.chain([("u", OtherKind), ("blank", OtherKind), ("nameless", NoName)]);
    let ids =
        ["hash", "zset", "stream", "list", "set", "large", "text", "number", "blank", "nameless", "u", "r", "empty"];

    let names = names(&url);
    let lookup = names.resolve(&ids, &ids, Instant::now()).await?;
    for (id, expected) in users {
        assert_eq!(lookup.unusable_user(id), Some(expected), "{id} as a user");
        assert_eq!(lookup.user(id), None, "{id}");
    }
    for (id, expected) in restaurants {
        assert_eq!(lookup.unusable_restaurant(id), Some(expected), "{id} as a restaurant");
        assert_eq!(lookup.restaurant(id), None, "{id}");
    }
    for id in ["u", "empty", "absent"] {
        assert_eq!(lookup.unusable_user(id), None, "{id}");
    }
    let types = names.types(&["hash", "zset", "stream", "list", "set", "text", "absent"]).await?;
    assert_eq!(types, ["hash", "zset", "stream", "list", "set", "string", "none"]);
    Ok(())
}

#[tokio::test]
async fn a_name_is_read_again_when_it_is_stale() -> anyhow::Result<()> {
    let (url, mut writer) = database().await?;
    let (names, start) = (names(&url), Instant::now());
    assert_eq!(names.resolve(&["u"], &[], start).await?.user("u").unwrap().name, "Котова Ольга");

    writer.set("u", r#"{"name": "Ольга"}"#).await?;
    let before = start + STALE_AFTER - Duration::from_millis(1);
    assert_eq!(names.resolve(&["u"], &[], before).await?.user("u").unwrap().name, "Котова Ольга");
    assert_eq!(names.resolve(&["u"], &[], start + STALE_AFTER).await?.user("u").unwrap().name, "Ольга");
    Ok(())
}

#[tokio::test]
async fn a_missing_name_is_not_cached() -> anyhow::Result<()> {
    let (url, mut writer) = database().await?;
    let (names, now) = (names(&url), Instant::now());
    assert_eq!(names.resolve(&["new"], &[], now).await?.user("new"), None);
    writer.set("new", r#"{"name": "Анна"}"#).await?;
    assert_eq!(names.resolve(&["new"], &[], now).await?.user("new").unwrap().name, "Анна");
    Ok(())
}

/// Ten menus of 4 MiB do not fit into the memory of a pod at once.
#[tokio::test]
async fn large_menus_are_visited_one_at_a_time() -> anyhow::Result<()> {
    let (url, mut writer) = database().await?;
    let large = ["large-1", "large-2", "large-3"];
    for id in large {
        let padded = format!(r#"{{"_id": "{id}", "name": "Кофейня", "menu": [], "note": "{}"}}"#, "x".repeat(700_000));
        writer.set(id, &padded).await?;
    }
    let mut visited = Vec::new();
    let see = |found: &Lookup| visited.push(large.iter().filter(|id| found.restaurant(id).is_some()).count());
    names(&url).visit(&["u"], &large, Instant::now(), see).await?;
    assert_eq!((visited.iter().max(), visited.iter().sum::<usize>()), (Some(&1), 3), "{visited:?}");
    Ok(())
}
