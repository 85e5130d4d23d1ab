//! Whose text it is: what peers wrote and this node handed out is remembered, so that it is not taken for the
//! owner's own when an agent writes it into a transcript. A peer's text that came in that way would outlive
//! their grant.

use crate::registry::handed::Handed;
use crate::registry::{Registry, RegistryError};
use camille_ingest::echo::{self, Sifted};
use camille_proto::hit::Hit;
use jiff::Timestamp;
use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

/// The memory of what was handed out, as it stands in node.db.
#[derive(Debug, Default)]
pub(crate) struct Echo {
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    prints: HashSet<u64>,
    /// Texts that are remembered whole.
    texts: HashSet<[u8; 16]>,
}

impl Echo {
    /// Reads what was handed out before.
    pub(crate) fn load(registry: &Registry) -> Result<Self, RegistryError> {
        let echo = Self::default();
        echo.learn(&registry.handed()?);
        Ok(echo)
    }

    /// Remembers what peers wrote of these hits. Nothing of it may be handed out before.
    pub(crate) fn remember_hits(
        &self,
        registry: &Registry,
        hits: &[Hit],
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let theirs = hits.iter().filter(|hit| hit.source != "local");
        let texts = theirs.flat_map(|hit| {
            let title = hit.metadata.title.iter().map(String::as_str);
            title.chain([hit.content.as_str()]).map(|text| (hit.source.as_str(), text))
        });
        self.remember(registry, texts, now)
    }

    /// Remembers texts, each with who wrote it.
    pub(crate) fn remember<'a>(
        &self,
        registry: &Registry,
        texts: impl Iterator<Item = (&'a str, &'a str)>,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let mut new = Vec::new();
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let mut seen = HashSet::new();
            for (source, text) in texts {
                let mut id = [0; 16];
                id.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
                if !known.texts.contains(&id) && seen.insert(id) {
                    let prints = echo::fingerprints(text);
                    new.push(Handed { text: id, source: source.to_owned(), time: now, prints });
                }
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        registry.remember_handed(&new)?;
        self.learn(&new);
        Ok(())
    }

    fn learn(&self, handed: &[Handed]) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for Handed { text, prints, .. } in handed {
            known.texts.insert(*text);
            known.prints.extend(prints);
        }
    }

    /// What of a text is the owner's own. When it says it was written does not count: that is the writer's word.
    /// What the bank held before stays there, whatever comes out here.
    pub(crate) fn sift(&self, text: &str) -> Sifted {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.prints.is_empty() {
            return Sifted::Own;
        }
        echo::sift(text, &|print| known.prints.contains(&print))
    }
}
