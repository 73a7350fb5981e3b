//! A producer that writes the Kafka protocol itself: its header names may be any bytes, while rdkafka accepts text
//! only.

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Writes one record to partition 0 of a topic, with a `Produce` request of version 3.
pub(crate) async fn produce(broker: &str, topic: &str, value: &[u8], headers: &[(&[u8], &[u8])]) -> anyhow::Result<()> {
    send(broker, topic, &batch(&record(value, headers)?)?).await
}

/// Writes a batch in an unknown format to partition 0 of a topic on a mock cluster, and a good batch behind it. Their
/// offsets are `at` and the next one.
pub(crate) async fn produce_unknown_format(broker: &str, topic: &str, at: i64) -> anyhow::Result<()> {
    let good = batch(&record(b"x", &[])?)?;
    // The cluster checks the first batch only, which claims to have two records. A client skips it, because its last
    // offset is lower than its first one.
    let mut cover = good.clone();
    cover[23..27].copy_from_slice(&(-1_i32).to_be_bytes());
    cover[57..61].copy_from_slice(&2_i32.to_be_bytes());
    let crc = crc32c(&cover[21..]).to_be_bytes();
    cover[17..21].copy_from_slice(&crc);
    let (mut unknown, mut behind) = (good.clone(), good);
    unknown[..8].copy_from_slice(&at.to_be_bytes());
    unknown[16] = 9;
    behind[..8].copy_from_slice(&(at + 1).to_be_bytes());
    send(broker, topic, &[cover, unknown, behind].concat()).await
}

async fn send(broker: &str, topic: &str, batch: &[u8]) -> anyhow::Result<()> {
    let mut request = Vec::new();
    request.extend([0, 0, 0, 3, 0, 0, 0, 0]); // Produce, its version, the correlation id
    request.extend([0xff; 4]); // neither a client nor a transaction
    request.extend([0, 1]); // acknowledged by the leader
    request.extend(10_000_i32.to_be_bytes()); // milliseconds
    request.extend([0, 0, 0, 1]); // topic
    request.extend(u16::try_from(topic.len())?.to_be_bytes());
    request.extend(topic.as_bytes());
    request.extend([0, 0, 0, 1, 0, 0, 0, 0]); // partition, which is 0
    request.extend(framed(batch)?);

    let mut broker = TcpStream::connect(broker).await?;
    broker.write_all(&framed(&request)?).await?;
    let mut answer = vec![0; usize::try_from(broker.read_u32().await?)?];
    broker.read_exact(&mut answer).await?;
    // The correlation id, one topic by its name, one partition by its number; then the error code.
    let at = 4 + 4 + 2 + topic.len() + 4 + 4;
    ensure!(answer.get(at..at + 2) == Some(&[0, 0]), "the broker answers {answer:?}");
    Ok(())
}

/// One record as a batch of its own.
fn batch(record: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut checked = Vec::new();
    checked.extend([0; 2 + 4 + 8 + 8]); // attributes, the last record, the first and the last time
    checked.extend([0xff; 8 + 2 + 4]); // no idempotent producer
    checked.extend([0, 0, 0, 1]); // record
    checked.extend(record);
    let mut rest = vec![0xff, 0xff, 0xff, 0xff, 2]; // no leader's epoch, the format
    rest.extend(crc32c(&checked).to_be_bytes());
    rest.extend(checked);
    Ok([vec![0; 8], framed(&rest)?].concat()) // after its first offset
}

fn record(value: &[u8], headers: &[(&[u8], &[u8])]) -> anyhow::Result<Vec<u8>> {
    let mut record = vec![0, 0, 0, 1]; // attributes, time, offset, no key: a length of -1
    record.extend(counted(value)?);
    record.push(zigzag(headers.len())?);
    for (name, value) in headers {
        record.extend(counted(name)?);
        record.extend(counted(value)?);
    }
    counted(&record)
}

/// Prefixed with its length in four bytes.
fn framed(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let length = u32::try_from(bytes.len())?;
    Ok([&length.to_be_bytes(), bytes].concat())
}

/// Prefixed with its length in one byte.
fn counted(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    Ok([&[zigzag(bytes.len())?], bytes].concat())
}

/// A small number as a varint.
fn zigzag(number: usize) -> anyhow::Result<u8> {
    u8::try_from(number * 2).ok().filter(|&byte| byte < 0x80).context("too large for one byte")
}

pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    let shift = |crc: u32| (crc >> 1) ^ if crc & 1 == 1 { 0x82f6_3b78 } else { 0 };
    !bytes.iter().fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| shift(crc)))
}
