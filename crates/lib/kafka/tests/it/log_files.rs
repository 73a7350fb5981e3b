//! Damage to record batches in the log files of a stopped broker, as a disk or a foreign producer may cause it.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use devstack::Stack;

use crate::foreign::crc32c;

/// The first log file of a partition.
pub(crate) struct LogFile {
    path: PathBuf,
    bytes: Vec<u8>,
}

/// Offsets inside a batch: length, format, checksum, and the start of the data under the checksum.
const LENGTH: usize = 8;
const MAGIC: usize = 16;
const CRC: usize = 17;
const CHECKED: usize = 21;

impl LogFile {
    pub(crate) fn open(stack: &Stack, topic: &str, partition: i32) -> anyhow::Result<Self> {
        let path = stack.folder().join(format!("kafka/data/{topic}-{partition}/00000000000000000000.log"));
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        Ok(Self { path, bytes })
    }

    /// Changes the last byte of a batch, so that its checksum is wrong.
    pub(crate) fn corrupt(mut self, batch: usize) -> anyhow::Result<()> {
        let (begin, end) = self.batch(batch)?;
        ensure!(begin < end);
        self.bytes[end - 1] ^= 0xff;
        self.save()
    }

    /// Sets an unknown codec in a batch.
    pub(crate) fn set_codec(mut self, batch: usize, codec: u8) -> anyhow::Result<()> {
        let (begin, end) = self.batch(batch)?;
        self.bytes[begin + CHECKED + 1] = codec;
        let crc = crc32c(&self.bytes[begin + CHECKED..end]).to_be_bytes();
        self.bytes[begin + CRC..begin + CHECKED].copy_from_slice(&crc);
        self.save()
    }

    /// Sets an unknown format in a batch.
    pub(crate) fn set_magic(mut self, batch: usize, magic: u8) -> anyhow::Result<()> {
        let (begin, _) = self.batch(batch)?;
        self.bytes[begin + MAGIC] = magic;
        self.save()
    }

    /// The begin and the end of a batch.
    fn batch(&self, number: usize) -> anyhow::Result<(usize, usize)> {
        let mut begin = 0;
        for at in 0.. {
            let length = self.bytes.get(begin + LENGTH..begin + LENGTH + 4).context("the batch does not exist")?;
            let end = begin + LENGTH + 4 + usize::try_from(u32::from_be_bytes(length.try_into()?))?;
            if at == number {
                return Ok((begin, end));
            }
            begin = end;
        }
        anyhow::bail!("no batch {number}")
    }

    fn save(self) -> anyhow::Result<()> {
        Ok(std::fs::write(self.path, self.bytes)?)
    }
}
