//! node.db's secrets are sealed with the node's identity. This joins the two; neither knows the other.

use crate::identity::Identity;
use camille_registry::SecretBox;

impl SecretBox for Identity {
    fn seal(&self, plaintext: &[u8], context: &str) -> Option<Vec<u8>> {
        Self::seal(self, plaintext, context).ok()
    }

    fn open(&self, sealed: &[u8], context: &str) -> Option<Vec<u8>> {
        Self::open(self, sealed, context).ok().map(|plaintext| plaintext.to_vec())
    }
}
