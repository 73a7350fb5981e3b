//! Chunks of a fixed size, cut from a stream of parts of any size.

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};

/// A stream, and the bytes that have been read of it beyond the last chunk.
#[derive(Debug)]
pub struct Chunks<S> {
    stream: S,
    size: usize,
    buffer: BytesMut,
}

/// A chunk.
#[derive(Debug, PartialEq, Eq)]
pub struct Chunk {
    /// As many bytes as the size of a chunk. The last chunk may have fewer.
    pub bytes: Bytes,
    /// Whether the stream ends here.
    pub is_last: bool,
}

impl<S: Stream<Item = Result<Bytes, E>> + Unpin, E> Chunks<S> {
    /// Chunks of `size` bytes.
    pub fn new(stream: S, size: usize) -> Self {
        Self { stream, size, buffer: BytesMut::new() }
    }

    /// The next chunk. An empty stream has one, which is empty.
    ///
    /// # Errors
    /// The stream fails.
    pub async fn next(&mut self) -> Result<Chunk, E> {
        // One byte more than a chunk tells that it is not the last one.
        while self.buffer.len() <= self.size {
            match self.stream.next().await {
                Some(part) => self.buffer.extend_from_slice(&part?),
                None => return Ok(Chunk { bytes: self.buffer.split().freeze(), is_last: true }),
            }
        }
        Ok(Chunk { bytes: self.buffer.split_to(self.size).freeze(), is_last: false })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream::iter;

    use super::*;

    const CHUNK_BYTES: usize = 1000;

    /// The sizes of the chunks of a stream of these parts.
    async fn sizes(parts: &[usize]) -> Vec<usize> {
        let parts = parts.iter().map(|size| Ok::<_, String>(Bytes::from(vec![b'x'; *size])));
        let mut chunks = Chunks::new(iter(parts), CHUNK_BYTES);
        let mut sizes = Vec::new();
        loop {
            let chunk = chunks.next().await.unwrap();
            sizes.push(chunk.bytes.len());
            if chunk.is_last {
                return sizes;
            }
        }
    }

    #[tokio::test]
    async fn all_chunks_but_the_last_are_full() {
        assert_eq!(sizes(&[]).await, [0]);
        assert_eq!(sizes(&[3, 4]).await, [7]);
        assert_eq!(sizes(&[CHUNK_BYTES]).await, [CHUNK_BYTES]);
        assert_eq!(sizes(&[CHUNK_BYTES, 1]).await, [CHUNK_BYTES, 1]);
        assert_eq!(sizes(&[3 * CHUNK_BYTES]).await, [CHUNK_BYTES; 3]);
        assert_eq!(sizes(&[CHUNK_BYTES - 1, 2, CHUNK_BYTES]).await, [CHUNK_BYTES, CHUNK_BYTES, 1]);
    }

    #[tokio::test]
    async fn an_error_of_the_stream_is_passed_on() {
        let mut chunks = Chunks::new(iter([Ok(Bytes::from("a")), Err("lost")]), CHUNK_BYTES);
        assert_eq!(chunks.next().await, Err("lost"));
    }
}
