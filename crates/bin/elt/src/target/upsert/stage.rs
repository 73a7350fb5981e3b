//! COPY into A: the stage tables of a cycle, or the empty target itself.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::SinkExt;
use tokio_postgres::{Client, CopyInSink};

use crate::{
    error::{Result, target},
    source::tuple::{HEADER, TRAILER},
};

/// A COPY under way. Dropped before [`Writer::finish`], it fails, and the transaction with it.
pub(crate) struct Writer {
    sink: Pin<Box<CopyInSink<Bytes>>>,
}

impl Writer {
    /// Begins a binary COPY.
    pub(crate) async fn open(client: &Client, copy: &str) -> Result<Self> {
        let sink = client.copy_in(copy).await.map_err(target("copy"))?;
        let mut writer = Self { sink: Box::pin(sink) };
        writer.write(Bytes::from_static(HEADER)).await?;
        Ok(writer)
    }

    /// Sends whole tuples.
    pub(crate) async fn write(&mut self, tuples: Bytes) -> Result<()> {
        match self.sink.send(tuples).await {
            Ok(()) => Ok(()),
            // The server has ended the COPY; what it says of it comes with the end.
            Err(error) => match self.sink.as_mut().finish().await {
                Err(reason) => Err(target("copy")(reason)),
                Ok(_) => Err(target("copy")(error)),
            },
        }
    }

    /// Ends the COPY and returns the number of rows.
    pub(crate) async fn finish(mut self) -> Result<u64> {
        self.write(Bytes::from_static(TRAILER)).await?;
        self.sink.as_mut().finish().await.map_err(target("copy"))
    }
}
