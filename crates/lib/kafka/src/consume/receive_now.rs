//! Receiving without waiting: processes all events that the client has now, including log lines and statistics.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// Polls a future of rdkafka until it is ready or there are no more events.
///
/// One poll takes one event. If the event is a log line, statistics or a rebalance, the future is pending and has woken
/// its task already. Giving up then would delay a rebalance behind a hundred log lines by as many calls.
pub(crate) fn receive_now<T>(receiving: impl Future<Output = T>) -> Option<T> {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut receiving = pin!(receiving);
    for _ in 0..MOST_EVENTS {
        match receiving.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(received) => return Some(received),
            Poll::Pending if woken.0.swap(false, Ordering::AcqRel) => {}
            Poll::Pending => return None,
        }
    }
    None
}

/// Maximum number of events per call. A client with endless events must not block the loop.
const MOST_EVENTS: usize = 10_000;

/// Records whether a future has woken its task.
#[derive(Debug, Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    /// Takes this many events without a message. Then it is ready if `is_ready`.
    fn after(events: usize, is_ready: bool) -> Option<()> {
        let mut left = events;
        receive_now(poll_fn(move |context| {
            if left == 0 {
                return if is_ready { Poll::Ready(()) } else { Poll::Pending };
            }
            left -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        }))
    }

    #[test]
    fn events_without_a_record_are_skipped() {
        assert_eq!(after(0, true), Some(()));
        assert_eq!(after(100, true), Some(()));
        assert_eq!(after(100, false), None);
        assert_eq!(after(MOST_EVENTS, true), None);
    }
}
