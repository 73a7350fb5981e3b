//! Keys of both sides as streams: into buckets, and those of some buckets into temporary tables of A.

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;

use crate::{
    error::{Result, Server, target},
    keys::buckets::{Buckets, Selection},
    keys::context::Context,
    keys::hash::{Fingerprint, Hasher},
    keys::sql::{KEYS, Keys, PLACES},
    source::query::Query,
    source::read::{BATCH, Rows},
    source::tuple,
    source::watermark::BEGINNING,
    target::upsert::sql::copy_in,
    target::upsert::stage::Writer,
};

/// How many batches of keys of M wait at most while those of A are read: 4 MiB.
const WAITING: usize = 64;

/// The keys of M by bucket, and their fingerprint.
pub(crate) async fn of_source(context: Context<'_>, query: &Query, hasher: &Hasher) -> Result<(Fingerprint, Buckets)> {
    let (mut fingerprint, mut buckets, mut hasher) =
        (Fingerprint::new(hasher.secret), Buckets::default(), hasher.clone());
    let rows = Rows::open(context.source, &query.select(BEGINNING, None)).await?;
    let see = |tuple: &[u8]| {
        let hash = hasher.hash(tuple);
        fingerprint.add(hash);
        buckets.add(hash);
        context.progress.add(tuple.len());
    };
    rows.for_each(see).await?;
    Ok((fingerprint, buckets))
}

/// The keys of A by bucket.
pub(crate) async fn of_target(context: Context<'_>, keys: &Keys<'_>, hasher: &Hasher) -> Result<Buckets> {
    let (mut buckets, mut hasher) = (Buckets::default(), hasher.clone());
    let rows = Rows::open_on(Server::Target, context.target, &keys.select()).await?;
    rows.for_each(|tuple| buckets.add(hasher.hash(tuple))).await?;
    Ok(buckets)
}

/// Copies the places of the rows of A whose keys are in `selection`, and then the keys of M that are in `missing`. Both
/// sides are read at the same time: keys of M wait until A can take them.
pub(crate) async fn copy_selected(
    context: Context<'_>,
    (query, keys): (&Query, &Keys<'_>),
    hasher: &Hasher,
    (selection, missing): (&Selection, &Selection),
) -> Result<()> {
    if missing.is_empty() {
        return copy_places(context, keys, hasher, selection).await;
    }
    let (sender, mut batches) = mpsc::channel(WAITING);
    let write = async {
        copy_places(context, keys, hasher, selection).await?;
        let mut writer = Writer::open(context.target, &copy_in(KEYS, &[])).await?;
        while let Some(batch) = batches.recv().await {
            writer.write(batch).await?;
        }
        // Only a read that has come to its end is one of all keys.
        Ok(writer)
    };
    let (writer, ()) = tokio::try_join!(write, send_selected(context, query, hasher, missing, sender))?;
    writer.finish().await.map(drop)
}

/// Reads the keys of M, and sends those of some buckets.
async fn send_selected(
    context: Context<'_>,
    query: &Query,
    hasher: &Hasher,
    selection: &Selection,
    batches: mpsc::Sender<Bytes>,
) -> Result<()> {
    let mut hasher = hasher.clone();
    let mut rows = Rows::open(context.source, &query.select(BEGINNING, None)).await?;
    while let Some(batch) = rows.next(|tuple| selection.contains(hasher.hash(tuple))).await? {
        // The other side has failed, and says why.
        if batches.send(batch).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Notes where the rows of A are whose keys are in some buckets.
async fn copy_places(context: Context<'_>, keys: &Keys<'_>, hasher: &Hasher, selection: &Selection) -> Result<()> {
    let (mut places, mut hasher) = (BytesMut::new(), hasher.clone());
    let rows = Rows::open_on(Server::Target, context.target, &keys.select_with_places()).await?;
    let width = keys.columns.len();
    let note = |tuple: &[u8]| {
        if selection.contains(hasher.hash(tuple)) {
            places.extend_from_slice(&[0, 2]);
            places.extend_from_slice(tuple::after(tuple, width));
        }
    };
    rows.for_each(note).await?;
    let mut writer = Writer::open(context.target, &copy_in(PLACES, &[])).await?;
    while !places.is_empty() {
        writer.write(places.split_to(places.len().min(BATCH)).freeze()).await?;
    }
    writer.finish().await.map(drop)
}

/// Draws a secret for the hashes.
pub(crate) async fn draw_secret(context: Context<'_>) -> Result<String> {
    const DRAW: &str = "SELECT pg_catalog.gen_random_uuid()::text || pg_catalog.gen_random_uuid()::text";
    let row = context.target.query_one(DRAW, &[]).await.map_err(target("draw a random number"))?;
    row.try_get(0).map_err(target("draw a random number"))
}
