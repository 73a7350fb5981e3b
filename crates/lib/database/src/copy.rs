//! `COPY … FROM STDIN` inside a transaction: rows are sent as they come.

use std::pin::Pin;

use bytes::Bytes;
use consumer::Failure;
use futures_util::SinkExt as _;
use tokio_postgres::CopyInSink;

use crate::error::failure;

/// A running `COPY … FROM STDIN`, made by [`crate::Transaction::copy_in`]. If it is dropped before [`CopyIn::finish`], the
/// server stores no row of it, and the transaction has failed.
pub struct CopyIn {
    name: &'static str,
    sink: Pin<Box<CopyInSink<Bytes>>>,
}

impl CopyIn {
    pub(crate) fn new(name: &'static str, sink: CopyInSink<Bytes>) -> Self {
        Self { name, sink: Box::pin(sink) }
    }

    /// Sends a part of the rows, in PostgreSQL's text format. It may end inside a row.
    ///
    /// # Errors
    /// As [`crate::Transaction::query`].
    pub async fn send(&mut self, part: Bytes) -> Result<(), Failure> {
        self.sink.send(part).await.map_err(|error| failure(self.name, &error))
    }

    /// Ends the rows. Returns their number.
    ///
    /// # Errors
    /// As [`crate::Transaction::query`].
    pub async fn finish(mut self) -> Result<u64, Failure> {
        self.sink.as_mut().finish().await.map_err(|error| failure(self.name, &error))
    }
}
