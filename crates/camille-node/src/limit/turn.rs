//! Whose turn it is to have the own bank searched. Searches take processors, so there are few at once, and one key has
//! no more than half of the processors: however much it asks at a time, others find one free. The owner is not
//! narrowed.

use camille_proto::key::KeyId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// Searches of the own bank that run at once.
const AT_ONCE: usize = 4;

/// Of how many keys it is remembered that they have searches, before those that have none are forgotten.
const KEYS_MAX: usize = 64;

/// The turns there are.
#[derive(Debug)]
pub(crate) struct Turns {
    all: Semaphore,
    each: usize,
    keys: Mutex<HashMap<KeyId, Arc<Semaphore>>>,
}

/// One search. It is over when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    _own: Option<OwnedSemaphorePermit>,
    _one: SemaphorePermit<'a>,
}

impl Turns {
    /// Turns on a machine with so many processors.
    pub(crate) fn new(processors: usize) -> Self {
        let each = (processors / 2).clamp(1, AT_ONCE / 2);
        Self { all: Semaphore::new(AT_ONCE), each, keys: Mutex::default() }
    }

    /// Waits for a turn of this key's; of the owner's without one. Whoever goes away while waiting costs nothing.
    ///
    /// # Errors
    /// Never: the semaphores are not closed.
    pub(crate) async fn take(&self, key: Option<&KeyId>) -> Result<Turn<'_>, AcquireError> {
        let own = match key {
            // Its own place first: who has none must not stand in others' way.
            Some(key) => Some(self.of(key).acquire_owned().await?),
            None => None,
        };
        Ok(Turn { _own: own, _one: self.all.acquire().await? })
    }

    fn of(&self, key: &KeyId) -> Arc<Semaphore> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= KEYS_MAX {
            keys.retain(|_, places| Arc::strong_count(places) > 1);
        }
        let places = keys.entry(key.clone());
        Arc::clone(places.or_insert_with(|| Arc::new(Semaphore::new(self.each))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn one_key_leaves_room_for_others_however_much_it_asks() {
        for (processors, each) in [(1, 1), (2, 1), (4, 2), (64, 2)] {
            // Who does much at once without waiting is made to wait by tokio.
            tokio::task::yield_now().await;
            let turns = Turns::new(processors);
            let (many, few) = (KeyId("many".into()), KeyId("few".into()));
            let mut running = Vec::new();
            let mut waiting: Vec<_> = (0..20).map(|_| Box::pin(turns.take(Some(&many)))).collect();
            for asked in &mut waiting {
                running.extend(asked.as_mut().now_or_never());
            }
            assert_eq!(running.len(), each, "{processors} processors");
            assert!(turns.take(Some(&few)).now_or_never().is_some(), "another one's turn");
            assert!(turns.take(None).now_or_never().is_some(), "the owner's");
            running.clear();
            // Those that had their turn come first.
            waiting.drain(..each);
            let next = waiting.iter_mut().filter_map(|asked| asked.as_mut().now_or_never());
            assert!(next.count() >= 1, "and it goes on");
        }
    }

    #[tokio::test]
    async fn keys_that_ask_nothing_are_forgotten() {
        let turns = Turns::new(2);
        for number in 0..10_000 {
            let key = KeyId(number.to_string());
            drop(turns.take(Some(&key)).await.expect("a turn"));
        }
        assert!(turns.keys.lock().expect("not poisoned").len() <= KEYS_MAX);
    }
}
