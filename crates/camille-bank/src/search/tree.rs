//! Which sessions are one conversation: those that share records, and those of which one began, goes on from or
//! is named by another. Also through sessions that are forgotten or were not read yet.

use crate::error::BankError;
use camille_proto::id::SessionKey;
use rusqlite::Connection;
use std::collections::HashMap;

/// What decides about a session, besides its documents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traits {
    /// What other banks know it by.
    pub(crate) key: SessionKey,
    /// The number of its conversation.
    pub(crate) tree: usize,
}

/// All sessions, by their conversations.
#[derive(Debug, Default)]
pub(crate) struct Trees {
    /// By session's row. Rows without a session are of a conversation of their own.
    pub(crate) sessions: Vec<Traits>,
    nodes: HashMap<SessionKey, usize>,
    /// For each node the one above it; the root of its tree is above itself.
    above: Vec<usize>,
}

impl Trees {
    /// The sessions of the rows below `count`, which are those that the index knows.
    pub(crate) fn of(connection: &Connection, count: usize) -> Result<Self, BankError> {
        let mut trees = Self::default();
        let failed = BankError::store;
        let kin: Vec<([u8; 8], [u8; 8])> = connection
            .prepare_cached("SELECT session, other FROM kin")
            .and_then(|mut select| {
                select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
            })
            .map_err(failed("read the sessions"))?;
        for (one, two) in kin {
            trees.join(SessionKey::from_bytes(one), SessionKey::from_bytes(two));
        }
        let rows: Vec<(i64, String, String)> = connection
            .prepare_cached("SELECT ord, agent, key FROM session")
            .and_then(|mut select| {
                select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
            })
            .map_err(failed("read the sessions"))?;
        let nobody = Traits { key: SessionKey::from_bytes([0; 8]), tree: usize::MAX };
        trees.sessions = vec![nobody; count];
        for (ord, agent, name) in rows {
            let key = SessionKey::of_name(&agent, &name);
            let node = trees.node(key);
            let tree = trees.root(node);
            let session = usize::try_from(ord).ok().and_then(|ord| trees.sessions.get_mut(ord));
            if let Some(session) = session {
                *session = Traits { key, tree };
            }
        }
        Ok(trees)
    }

    /// The conversation of a session, whether or not it is still there. `None`: nothing is there of it.
    pub(crate) fn tree(&self, session: SessionKey) -> Option<usize> {
        let mut node = *self.nodes.get(&session)?;
        while self.above[node] != node {
            node = self.above[node];
        }
        Some(node)
    }

    fn node(&mut self, session: SessionKey) -> usize {
        let next = self.above.len();
        let node = *self.nodes.entry(session).or_insert(next);
        if node == next {
            self.above.push(next);
        }
        node
    }

    fn root(&mut self, mut node: usize) -> usize {
        while self.above[node] != node {
            self.above[node] = self.above[self.above[node]];
            node = self.above[node];
        }
        node
    }

    fn join(&mut self, one: SessionKey, two: SessionKey) {
        let (one, two) = (self.node(one), self.node(two));
        let (one, two) = (self.root(one), self.root(two));
        self.above[one.max(two)] = one.min(two);
    }
}
