//! Whom the owner means by a name or an id, as the log itself has it: who was removed, renamed or revoked since stands in
//! it all the same.

use super::{AuditError, AuditLog, Backward};
use camille_proto::id::PeerId;
use camille_proto::key::KeyId;
use camille_proto::local::AuditEntry;
use std::collections::{BTreeSet, HashSet};

/// The least of a node's id that one is taken for: as much as the log is shown with.
const ID_CHARS_MIN: usize = 8;

/// Whose entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// A name in small letters.
    name: String,
    /// As it was typed: the id of a key.
    key: String,
    peers: HashSet<PeerId>,
}

impl Who {
    /// Whoever holds the key of this id or name. Of a whole key, pasted, only its id counts.
    #[must_use]
    pub fn of_key(typed: &str) -> Self {
        let key = KeyId::of_pasted(typed).map_or_else(|| typed.trim().to_owned(), |id| id.0);
        Self { name: key.to_lowercase(), key, peers: HashSet::new() }
    }

    /// Whether the entry is theirs, as the one that asked or the origin.
    pub(super) fn asked(&self, entry: &AuditEntry) -> bool {
        let is_peer = |peer: &Option<PeerId>| peer.is_some_and(|peer| self.peers.contains(&peer));
        self.is_named(entry) || is_peer(&entry.peer_id) || is_peer(&entry.origin)
    }

    fn is_named(&self, entry: &AuditEntry) -> bool {
        entry.key_id.as_ref().is_some_and(|id| id.0 == self.key)
            || entry.key_name.as_ref().is_some_and(|name| name.trim().to_lowercase() == self.name)
    }

    /// Whether a node's id begins so.
    fn begins(&self, peer: &PeerId) -> bool {
        self.name.len() >= ID_CHARS_MIN && peer.to_string().to_lowercase().starts_with(&self.name)
    }
}

impl AuditLog {
    /// Who is meant: the peer that is called so today, if one is, and whoever the log calls so. As an error the names
    /// that stand in the log, when nobody is called so.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn who(
        &self,
        typed: &str,
        known: Option<PeerId>,
    ) -> Result<Result<Who, Vec<String>>, AuditError> {
        let mut who = Who { peers: known.into_iter().collect(), ..Who::of_key(typed) };
        let (mut is_known, mut names) = (known.is_some(), BTreeSet::new());
        let files = self.state().appender.files()?;
        for (path, file) in files {
            for line in Backward::new(file, &path)? {
                let Ok(entry) = serde_json::from_slice::<AuditEntry>(&line?) else { continue };
                let nodes = [entry.peer_id, entry.origin];
                // What they asked through others stands there by their node alone.
                let meant: Vec<PeerId> = match who.is_named(&entry) {
                    true => entry.peer_id.into_iter().collect(),
                    false => nodes.into_iter().flatten().filter(|id| who.begins(id)).collect(),
                };
                is_known |= who.is_named(&entry) || !meant.is_empty();
                who.peers.extend(meant);
                names.extend(entry.key_name);
            }
        }
        Ok(if is_known { Ok(who) } else { Err(names.into_iter().collect()) })
    }
}
