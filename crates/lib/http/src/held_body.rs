//! A response body that keeps a permit until the client has taken it.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    Error,
    body::{Body, Bytes, HttpBody},
};
use hyper::body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

/// Bytes that are handed to the connection at a time. Hyper takes as many as its buffer has room for, and drops the body
/// after the last ones, so what the client has not taken by then is as small as the buffer.
const PART: usize = 16 << 10;

/// A body in parts, and a permit.
pub(crate) struct HeldBody {
    body: Body,
    /// The rest of a frame of `body`.
    rest: Bytes,
    _permit: OwnedSemaphorePermit,
}

impl HeldBody {
    pub(crate) fn new(body: Body, permit: OwnedSemaphorePermit) -> Self {
        Self { body, rest: Bytes::new(), _permit: permit }
    }
}

impl HttpBody for HeldBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = self.rest.len().min(PART);
        // A copy: a slice would keep the whole frame alive.
        let part = Bytes::copy_from_slice(&self.rest.split_to(length));
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, hint) = (self.rest.len() as u64, self.body.size_hint());
        let mut sum = SizeHint::new();
        sum.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            sum.set_upper(upper + rest);
        }
        sum
    }
}
