//! The master database: the writer is reproducible and makes every kind of change; M holds what the model says.

use std::collections::BTreeSet;

use workload::master::{Row, Session, Sizes, Table, Transaction, Writer, compare};

const NOW: i64 = 1_780_000_000_000_000;
const SECOND: i64 = 1_000_000;

fn writer(seed: u64) -> Writer {
    Writer::new(seed, Sizes::of_orders(2000), NOW)
}

/// Plays so many transactions, and returns them.
fn play(writer: &mut Writer, transactions: i64) -> Vec<Transaction> {
    let one = |second| {
        let transaction = writer.traffic(NOW + second * SECOND);
        writer.commit(&transaction);
        transaction
    };
    (0..transactions).map(one).collect()
}

#[test]
fn the_same_seed_gives_the_same_changes() {
    let [mut one, mut same, mut other] = [1, 1, 2].map(writer);
    let played = play(&mut one, 50);
    assert_eq!(played, play(&mut same, 50));
    assert_ne!(played, play(&mut other, 50));
    assert!(Table::ALL.iter().all(|table| one.model().rows(*table).eq(same.model().rows(*table))));
}

/// What became of a row, seen from outside.
fn kind(before: Option<&Row>, after: Option<&Row>, seen: bool) -> &'static str {
    match (before, after) {
        (None, Some(_)) if seen => "return",
        (None, _) => "insert",
        (_, None) => "delete",
        (Some(before), Some(after)) if before.stamp == after.stamp => "rename without a stamp",
        (Some(before), Some(after)) if before.key != after.key => "rename",
        (Some(before), Some(after)) if after.stamp < before.stamp => "update by a clock behind",
        _ => "update",
    }
}

#[test]
fn traffic_has_every_kind_of_change() {
    let mut writer = writer(1);
    let mut kinds = BTreeSet::new();
    for second in 0..200 {
        let transaction = writer.traffic(NOW + second * SECOND);
        for (id, after) in transaction.changes(Table::Orders).into_iter().flatten() {
            kinds.insert(kind(writer.model().get(Table::Orders, *id), after.as_ref(), *id <= 2000));
        }
        writer.commit(&transaction);
    }
    let all = ["delete", "insert", "rename", "rename without a stamp", "return", "update", "update by a clock behind"];
    assert_eq!(kinds, BTreeSet::from(all));
}

/// The columns of the key of products.
fn keys(writer: &Writer) -> Vec<Vec<String>> {
    let key = |(id, row): (i64, &Row)| {
        let mut line = String::new();
        row.line(Table::Products, id, &mut line);
        let columns: Vec<&str> = line.split('\t').collect();
        vec![columns[1].to_owned(), columns[3].to_owned()]
    };
    writer.model().rows(Table::Products).map(key).collect()
}

#[test]
fn keys_of_products_repeat_and_have_nulls() {
    let mut writer = writer(1);
    play(&mut writer, 100);
    let keys = keys(&writer);
    let distinct: BTreeSet<_> = keys.iter().collect();
    assert!(distinct.len() < keys.len());
    assert!(keys.iter().any(|key| key[1] == "\\N"));
}

#[test]
fn nobody_changes_the_rows_of_an_open_transaction() {
    let mut writer = writer(1);
    let open = writer.held_open(NOW);
    let rows: BTreeSet<i64> = open.changes(Table::Users).unwrap().keys().copied().collect();
    for transaction in play(&mut writer, 200) {
        let changed = transaction.changes(Table::Users).into_iter().flatten().map(|(id, _)| id);
        assert!(changed.into_iter().all(|id| !rows.contains(id)));
    }
    assert!(writer.delete_many(Table::Users, 1.0).changes(Table::Users).unwrap().keys().all(|id| !rows.contains(id)));
    writer.commit(&open);
    assert!(rows.iter().any(|id| writer.model().get(Table::Users, *id).is_some()));
}

#[tokio::test]
async fn the_database_holds_what_the_model_says() {
    let stack = devstack::shared().await.unwrap();
    let url = stack.create_database(&stack.fresh_name("master").await.unwrap()).await.unwrap();
    let [session, other] = [Session::connect(&url).await.unwrap(), Session::connect(&url).await.unwrap()];
    let mut writer = Writer::new(3, Sizes::of_orders(2000), session.clock().await.unwrap());
    session.fill(writer.model()).await.unwrap();

    let open = writer.held_open(other.begin().await.unwrap());
    other.write(&open).await.unwrap();
    for step in 0..60 {
        let now = session.begin().await.unwrap();
        let transaction = match step {
            20 => writer.update_many(Table::Orders, 0.3, now),
            40 => writer.delete_many(Table::Products, 0.3),
            _ => writer.traffic(now),
        };
        session.write(&transaction).await.unwrap();
        session.commit().await.unwrap();
        writer.commit(&transaction);
    }
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    for table in Table::ALL {
        assert_eq!(compare(&client, table, writer.model()).await.unwrap(), Vec::<String>::new());
    }
    other.commit().await.unwrap();
    assert!(!compare(&client, Table::Orders, writer.model()).await.unwrap().is_empty(), "the late changes");
    writer.commit(&open);
    for table in Table::ALL {
        assert_eq!(compare(&client, table, writer.model()).await.unwrap(), Vec::<String>::new());
    }
}
