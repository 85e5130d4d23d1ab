//! From the sightings of what one native key names to the documents it makes. A pure function of the set
//! of sightings: in which order files were read never shows.

use std::collections::BTreeMap;

/// One sighting of a part, as far as folding cares.
#[derive(Debug, Clone)]
pub(super) struct Sighting<'a> {
    /// The session: when it began and its name.
    pub(super) session: (i64, &'a str),
    /// The file it stands in.
    pub(super) file: &'a str,
    /// Which part it is.
    pub(super) part_key: &'a str,
    /// Inputs come before outputs.
    pub(super) output: bool,
    /// Where it stands in the file.
    pub(super) position: i64,
    /// The redaction rules its text went through.
    pub(super) redaction: i64,
    /// The length of its text.
    pub(super) bytes: i64,
    /// What its text is.
    pub(super) hash: [u8; 16],
}

/// A document that follows from the sightings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Draft {
    /// A sighting in the session that is its home.
    pub(super) home: usize,
    /// Where it stands in its home.
    pub(super) position: i64,
    /// The sightings that make up its text, in order.
    pub(super) parts: Vec<usize>,
}

/// The documents that follow from all sightings of one native key, the one that keeps the key's own id
/// first.
///
/// The earliest session (by its first time, then its name) is the home. A later session that repeats what
/// is known adds the parts it has more. One that disagrees on a part's text gets a document of its own,
/// unless it agrees with one that an earlier dissenter got. Within one session, files that disagree (a
/// copy, a moved file) yield the text that went through the newest redaction, then the longer one.
pub(super) fn fold(sightings: &[Sighting<'_>]) -> Vec<Draft> {
    let mut sessions: BTreeMap<(i64, &str), BTreeMap<&str, usize>> = BTreeMap::new();
    for (index, sighting) in sightings.iter().enumerate() {
        let parts = sessions.entry(sighting.session).or_default();
        parts
            .entry(sighting.part_key)
            .and_modify(|best| {
                if is_better(sighting, &sightings[*best]) {
                    *best = index;
                }
            })
            .or_insert(index);
    }
    let mut versions: Vec<Version<'_>> = Vec::new();
    for (rank, parts) in sessions.into_values().enumerate() {
        let agrees = |version: &Version<'_>| {
            parts.iter().all(|(key, index)| {
                version
                    .parts
                    .get(key)
                    .is_none_or(|known| sightings[known.1].hash == sightings[*index].hash)
            })
        };
        let at = versions.iter().position(agrees).unwrap_or_else(|| {
            versions.push(Version { parts: BTreeMap::new(), rank });
            versions.len() - 1
        });
        for (key, index) in parts {
            versions[at].parts.entry(key).or_insert((rank, index));
        }
    }
    versions.into_iter().filter_map(|version| version.draft(sightings)).collect()
}

/// What sessions agree on: for each part the rank of the session it comes from and the sighting.
struct Version<'a> {
    parts: BTreeMap<&'a str, (usize, usize)>,
    rank: usize,
}

impl Version<'_> {
    fn draft(self, sightings: &[Sighting<'_>]) -> Option<Draft> {
        let mut parts: Vec<(usize, usize)> = self.parts.into_values().collect();
        let (_, home) = *parts
            .iter()
            .filter(|(rank, _)| *rank == self.rank)
            .min_by_key(|(_, index)| (sightings[*index].position, sightings[*index].part_key))?;
        parts.sort_by_key(|(rank, index)| {
            let sighting = &sightings[*index];
            (sighting.output, *rank, sighting.position, sighting.part_key)
        });
        Some(Draft {
            home,
            position: sightings[home].position,
            parts: parts.into_iter().map(|(_, index)| index).collect(),
        })
    }
}

fn is_better(new: &Sighting<'_>, old: &Sighting<'_>) -> bool {
    let worth = |s: &Sighting<'_>| (s.redaction, s.bytes, s.hash);
    match worth(new).cmp(&worth(old)) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => new.file < old.file,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(session: (i64, &'static str), part: &'static str, text: u8) -> Sighting<'static> {
        Sighting {
            session,
            file: session.1,
            part_key: part,
            output: part.starts_with("out"),
            position: i64::from(text),
            redaction: 1,
            bytes: 1,
            hash: [text; 16],
        }
    }

    #[test]
    fn the_earliest_session_is_the_home() {
        let drafts = fold(&[sighting((5, "b"), "p", 1), sighting((3, "c"), "p", 1)]);
        assert_eq!(drafts, [Draft { home: 1, position: 1, parts: vec![1] }]);
        let drafts = fold(&[sighting((3, "c"), "p", 1), sighting((3, "b"), "p", 1)]);
        assert_eq!(drafts[0].home, 1, "ties go by name");
    }

    #[test]
    fn a_later_session_adds_what_is_missing() {
        let drafts = fold(&[
            sighting((9, "fork"), "out", 7),
            sighting((9, "fork"), "in", 2),
            sighting((1, "home"), "in", 2),
        ]);
        assert_eq!(drafts, [Draft { home: 2, position: 2, parts: vec![2, 0] }]);
    }

    #[test]
    fn another_text_is_another_document() {
        let drafts = fold(&[
            sighting((9, "fork"), "p", 8),
            sighting((1, "home"), "p", 2),
            sighting((10, "fork of the fork"), "p", 8),
        ]);
        assert_eq!(drafts.len(), 2);
        assert_eq!(drafts[0].parts, [1]);
        assert_eq!(drafts[1].parts, [0]);
    }

    #[test]
    fn a_copy_of_a_file_changes_nothing() {
        let mut copy = sighting((1, "home"), "p", 2);
        copy.file = "a copy";
        let drafts = fold(&[sighting((1, "home"), "p", 2), copy]);
        assert_eq!(drafts[0].parts, [1], "the file that sorts first");
    }
}
