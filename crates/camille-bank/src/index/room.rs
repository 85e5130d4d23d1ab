//! Documents on their way to Tantivy. It lets ten thousand wait, whatever they weigh; here they wait by their bytes,
//! so that what indexing holds in memory does not hang on how long texts are. It never keeps anybody waiting for good.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use tantivy::TantivyDocument;
use tantivy::schema::document::{CompactDocValue, Document};

/// What may wait, in bytes. One document alone may take more.
const BYTES_MAX: usize = 16 << 20;

/// What a document takes besides its texts.
const DOCUMENT_BYTES: usize = 512;

/// Nobody waits longer for others to be taken: writing a segment takes a part of it, and who takes documents may be
/// gone.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// How much may wait.
#[derive(Debug, Clone, Default)]
pub(super) struct Room(Arc<Taken>);

#[derive(Debug, Default)]
struct Taken {
    bytes: Mutex<usize>,
    less: Condvar,
}

/// A document that waits, and the room that it takes until then.
#[derive(Debug)]
pub(super) struct Waiting {
    document: TantivyDocument,
    /// Given back when it goes.
    _place: Place,
}

#[derive(Debug)]
struct Place {
    taken: Arc<Taken>,
    bytes: usize,
}

impl Room {
    /// Lets a document whose texts have so many bytes wait, once there is room for it.
    pub(super) fn wait(&self, document: TantivyDocument, bytes: usize) -> Waiting {
        self.wait_at_most(document, bytes, WAIT_MAX)
    }

    fn wait_at_most(&self, document: TantivyDocument, bytes: usize, most: Duration) -> Waiting {
        let bytes = bytes + DOCUMENT_BYTES;
        let taken = self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |taken: &mut usize| *taken > 0 && *taken + bytes > BYTES_MAX;
        let (mut taken, _) = self
            .0
            .less
            .wait_timeout_while(taken, most, is_full)
            .unwrap_or_else(PoisonError::into_inner);
        *taken += bytes;
        Waiting { document, _place: Place { taken: Arc::clone(&self.0), bytes } }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *self.taken.bytes.lock().unwrap_or_else(PoisonError::into_inner) -= self.bytes;
        self.taken.less.notify_one();
    }
}

impl Document for Waiting {
    type Value<'a> = CompactDocValue<'a>;
    type FieldsValuesIter<'a> = <TantivyDocument as Document>::FieldsValuesIter<'a>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        self.document.iter_fields_and_values()
    }

    fn into_tantivy_document(self) -> TantivyDocument {
        self.document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(room: &Room) -> usize {
        *room.0.bytes.lock().unwrap()
    }

    #[test]
    fn what_waits_is_bounded_by_its_bytes() {
        let room = Room::default();
        let first = room.wait(TantivyDocument::default(), 4 * BYTES_MAX);
        assert!(taken(&room) > BYTES_MAX, "one alone may take more");
        std::thread::scope(|scope| {
            let next = scope.spawn(|| room.wait(TantivyDocument::default(), 1));
            assert!(!next.is_finished(), "there is no room");
            drop(first.into_tantivy_document());
            drop(next.join().unwrap());
        });
        assert_eq!(taken(&room), 0);
        let many: Vec<Waiting> =
            (0..16).map(|_| room.wait(TantivyDocument::default(), 1 << 19)).collect();
        assert!(taken(&room) <= BYTES_MAX);
        drop(many);
        assert_eq!(taken(&room), 0);
    }

    #[test]
    fn nobody_waits_for_good() {
        let room = Room::default();
        let first = room.wait(TantivyDocument::default(), BYTES_MAX);
        let next = room.wait_at_most(TantivyDocument::default(), 1, Duration::from_millis(1));
        assert!(taken(&room) > BYTES_MAX);
        drop((first, next));
        assert_eq!(taken(&room), 0);
    }
}
