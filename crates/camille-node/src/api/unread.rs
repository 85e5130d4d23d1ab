//! Answers that were made and wait for being read: bounded for each key. Who reads none of his answers would have
//! this node keep them all, a few megabytes each; he gets no more of them until he reads.

use axum::body::{Body, Bytes};
use camille_proto::key::KeyId;
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

/// What may wait for one key.
const BYTES_MAX: u64 = 24 * 1024 * 1024;
/// How much is handed over at a time, so that what follows is still counted.
const PIECE_BYTES: usize = 64 * 1024;

/// Who was refused is not worked for again before as much has been read.
const READ_FIRST_BYTES: u64 = BYTES_MAX / 4;

/// What waits, by key. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unread(Arc<Mutex<HashMap<KeyId, Waiting>>>);

/// What waits for one key.
#[derive(Debug, Clone, Copy, Default)]
struct Waiting {
    bytes: u64,
    /// Whether an answer was too many, and not enough was read since.
    full: bool,
}

/// An answer too many: others wait to be read.
#[derive(Debug)]
pub(crate) struct TooMuch;

impl Unread {
    /// The answer, counted for this key until it is handed over.
    ///
    /// # Errors
    /// Too much waits already.
    pub(crate) fn hold(&self, key: &KeyId, answer: Body) -> Result<Body, TooMuch> {
        let bytes = answer.size_hint().lower();
        let mut waiting = self.lock();
        let before = waiting.get(key).copied().unwrap_or_default();
        if before.bytes > 0 && before.bytes + bytes > BYTES_MAX {
            waiting.insert(key.clone(), Waiting { full: true, ..before });
            return Err(TooMuch);
        }
        if bytes == 0 {
            return Ok(answer);
        }
        waiting.insert(key.clone(), Waiting { bytes: before.bytes + bytes, ..before });
        drop(waiting);
        let share = Share { unread: self.clone(), key: key.clone(), bytes };
        Ok(Body::new(Counted { answer, rest: Bytes::new(), share }))
    }

    /// Whether an answer for this key would be too many: then none is made.
    pub(crate) fn is_full(&self, key: &KeyId) -> bool {
        self.lock().get(key).is_some_and(|waiting| waiting.full)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<KeyId, Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one answer adds; given back piece by piece, and the rest when dropped.
struct Share {
    unread: Unread,
    key: KeyId,
    bytes: u64,
}

impl Share {
    fn give_back(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        let mut waiting = self.unread.lock();
        if let Some(left) = waiting.get_mut(&self.key) {
            left.bytes = left.bytes.saturating_sub(bytes);
            left.full = left.full && left.bytes + READ_FIRST_BYTES > BYTES_MAX;
            if left.bytes == 0 {
                waiting.remove(&self.key);
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back(self.bytes);
    }
}

struct Counted {
    answer: Body,
    /// What came and was not handed over yet.
    rest: Bytes,
    share: Share,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.answer).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.rest = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                other => return Poll::Ready(other),
            }
        }
        let piece = this.rest.split_to(PIECE_BYTES.min(this.rest.len()));
        this.share.give_back(piece.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.answer.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, hint) = (self.rest.len() as u64, self.answer.size_hint());
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper + rest);
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    fn answer(megabytes: usize) -> Body {
        Body::from((0..megabytes * 1024 * 1024).map(|at| (at % 251) as u8).collect::<Vec<_>>())
    }

    #[tokio::test]
    async fn who_reads_no_answers_gets_no_more_until_he_does() {
        let unread = Unread::default();
        let (ana, bo) = (KeyId("ana".into()), KeyId("bo".into()));
        let mut held: Vec<Body> =
            (0..6).map(|_| unread.hold(&ana, answer(4)).expect("fits")).collect();
        assert!(!unread.is_full(&ana));
        assert!(unread.hold(&ana, answer(1)).is_err(), "24 MB wait");
        assert!(unread.is_full(&ana) && !unread.is_full(&bo), "nothing is made for her");
        let others = unread.hold(&bo, answer(30)).expect("it is his first");
        drop(others);
        let mut first = held.remove(0);
        assert_eq!(first.size_hint().exact(), Some(4 * 1024 * 1024));
        let piece = first.frame().await.expect("a piece").expect("reads");
        assert_eq!(piece.into_data().expect("data").len(), PIECE_BYTES);
        assert!(unread.hold(&ana, answer(1)).is_err(), "most of it waits still");
        let rest = first.collect().await.expect("reads").to_bytes();
        let whole = answer(4).collect().await.expect("reads").to_bytes();
        assert_eq!(rest, whole.slice(PIECE_BYTES..));
        assert!(unread.is_full(&ana), "a little was read");
        held.truncate(4);
        assert!(!unread.is_full(&ana));
        assert!(unread.hold(&ana, answer(3)).is_ok());
        drop(held);
        assert!(unread.lock().is_empty(), "nothing is remembered of who read");
    }
}
