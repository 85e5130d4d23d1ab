//! From the sightings of what may be one record to the documents they make. A pure function of the set of
//! sightings: in which order files were read never shows. Nothing joins over the border of a project.

use std::collections::BTreeMap;

/// One sighting of a part, as far as folding cares.
#[derive(Debug, Clone)]
pub(super) struct Sighting<'a> {
    /// The session: when it began and its name.
    pub(super) session: (i64, &'a str),
    /// The project of the session, and of the record's own directory.
    pub(super) border: (i64, i64),
    /// The key of the part's own record.
    pub(super) own: i64,
    /// Whether the record is a copy. 0: no; 1: it does not say; 2: yes.
    pub(super) origin: i64,
    /// Whether a person says it.
    pub(super) person: bool,
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

/// The documents that follow from all sightings, in an order that depends on them alone.
///
/// What a session has of one record is a *unit*. A record that is no copy comes before those that may be, what
/// a person says before what an agent repeats, an earlier session before a later one; the first is the home.
///
/// A unit of the same record joins a document if it disagrees on no part's text, and adds the parts it has
/// more. A unit of another record joins if one of the two may be a copy, the texts are the same in the same
/// order, and no other record of its session has joined: two equal texts in one session are two. All else
/// makes documents of its own. Within one session, files that disagree (a copy, a moved file) yield the text
/// that went through the newest redaction, then the longer one.
pub(super) fn fold(sightings: &[Sighting<'_>]) -> Vec<Draft> {
    if let [only] = sightings {
        return vec![Draft { home: 0, position: only.position, parts: vec![0] }];
    }
    let mut versions: Vec<Version<'_>> = Vec::new();
    for (rank, unit) in units(sightings).into_iter().enumerate() {
        let at = versions
            .iter()
            .position(|version| version.is_same(&unit) && version.agrees(&unit, sightings))
            .or_else(|| {
                let is_known = |version: &Version<'_>| version.is_same(&unit);
                if versions.iter().any(is_known) {
                    return None;
                }
                versions.iter().position(|version| version.is_copied_by(&unit, sightings))
            });
        match at {
            Some(at) => versions[at].add(rank, &unit, sightings),
            None => versions.push(Version::of(rank, unit)),
        }
    }
    versions.into_iter().map(|version| version.draft(sightings)).collect()
}

/// What one session has of one record.
struct Unit<'a> {
    session: (i64, &'a str),
    border: (i64, i64),
    own: i64,
    origin: i64,
    person: bool,
    /// The part that stands first.
    first: usize,
    parts: BTreeMap<&'a str, usize>,
}

impl Unit<'_> {
    /// Its parts in the order of its text.
    fn in_order(&self, sightings: &[Sighting<'_>]) -> Vec<usize> {
        let mut parts: Vec<usize> = self.parts.values().copied().collect();
        parts.sort_by_key(|index| {
            let sighting = &sightings[*index];
            (sighting.output, sighting.position, sighting.part_key)
        });
        parts
    }
}

fn units<'a>(sightings: &[Sighting<'a>]) -> Vec<Unit<'a>> {
    let mut units: BTreeMap<_, Unit<'a>> = BTreeMap::new();
    for (index, sighting) in sightings.iter().enumerate() {
        let name = (sighting.session, sighting.border, sighting.own);
        let unit = units.entry(name).or_insert_with(|| Unit {
            session: sighting.session,
            border: sighting.border,
            own: sighting.own,
            origin: sighting.origin,
            person: sighting.person,
            first: index,
            parts: BTreeMap::new(),
        });
        unit.origin = unit.origin.min(sighting.origin);
        unit.person |= sighting.person;
        unit.parts
            .entry(sighting.part_key)
            .and_modify(|best| {
                if is_better(sighting, &sightings[*best]) {
                    *best = index;
                }
            })
            .or_insert(index);
    }
    let mut units: Vec<Unit<'a>> = units.into_values().collect();
    for unit in &mut units {
        unit.first = unit.in_order(sightings)[0];
    }
    units.sort_by_key(|unit| {
        let first = &sightings[unit.first];
        (unit.origin, !unit.person, unit.session, first.position, first.file, first.hash)
    });
    units
}

/// A document while units join it.
struct Version<'a> {
    border: (i64, i64),
    /// The sessions that joined, with their records.
    joined: Vec<((i64, &'a str), i64)>,
    /// Whether no record of it is known to be no copy.
    may_be_copy: bool,
    /// What is known of each part of each record.
    known: BTreeMap<(i64, &'a str), usize>,
    /// What makes up its text, with the rank of the unit it comes from.
    parts: Vec<(usize, usize)>,
    home: usize,
}

impl<'a> Version<'a> {
    fn of(rank: usize, unit: Unit<'a>) -> Self {
        Self {
            border: unit.border,
            joined: vec![(unit.session, unit.own)],
            may_be_copy: unit.origin > 0,
            parts: unit.parts.values().map(|index| (rank, *index)).collect(),
            known: unit.parts.into_iter().map(|(key, index)| ((unit.own, key), index)).collect(),
            home: unit.first,
        }
    }

    /// Whether it holds the unit's very record.
    fn is_same(&self, unit: &Unit<'_>) -> bool {
        self.border == unit.border && self.joined.iter().any(|(_, own)| *own == unit.own)
    }

    fn agrees(&self, unit: &Unit<'_>, sightings: &[Sighting<'_>]) -> bool {
        unit.parts.iter().all(|(key, index)| {
            let known = self.known.get(&(unit.own, *key));
            known.is_none_or(|known| sightings[*known].hash == sightings[*index].hash)
        })
    }

    fn is_copied_by(&self, unit: &Unit<'_>, sightings: &[Sighting<'_>]) -> bool {
        let hash = |index: &usize| sightings[*index].hash;
        self.border == unit.border
            && (self.may_be_copy || unit.origin > 0)
            && self.joined.iter().all(|(session, _)| *session != unit.session)
            && self
                .in_order(sightings)
                .iter()
                .zip(&unit.in_order(sightings))
                .all(|(known, new)| hash(known) == hash(new))
    }

    fn add(&mut self, rank: usize, unit: &Unit<'a>, sightings: &[Sighting<'_>]) {
        let is_alone = self.joined.iter().all(|(_, own)| *own == unit.own);
        self.joined.push((unit.session, unit.own));
        self.may_be_copy &= unit.origin > 0;
        for (key, index) in &unit.parts {
            if self.known.contains_key(&(unit.own, *key)) {
                continue;
            }
            self.known.insert((unit.own, key), *index);
            let hash = sightings[*index].hash;
            if is_alone || self.parts.iter().all(|(_, part)| sightings[*part].hash != hash) {
                self.parts.push((rank, *index));
            }
        }
    }

    fn in_order(&self, sightings: &[Sighting<'_>]) -> Vec<usize> {
        let mut parts = self.parts.clone();
        parts.sort_by_key(|(rank, index)| {
            let sighting = &sightings[*index];
            (sighting.output, *rank, sighting.position, sighting.part_key)
        });
        parts.into_iter().map(|(_, index)| index).collect()
    }

    fn draft(self, sightings: &[Sighting<'_>]) -> Draft {
        Draft {
            home: self.home,
            position: sightings[self.home].position,
            parts: self.in_order(sightings),
        }
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
            border: (0, 0),
            own: 1,
            origin: 1,
            person: false,
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

    #[test]
    fn nothing_joins_over_the_border_of_a_project() {
        let mut other = sighting((3, "b"), "p", 1);
        other.border = (0, 7);
        let drafts = fold(&[sighting((1, "a"), "p", 1), other]);
        assert_eq!(drafts.len(), 2, "the same text of the same record");
    }

    #[test]
    fn two_equal_texts_in_one_session_are_two_and_a_copy_of_it_adds_none() {
        let one = |session, own, position, origin| Sighting {
            own,
            position,
            origin,
            ..sighting(session, "p", 1)
        };
        let (home, fork) = ((1, "a"), (2, "b"));
        let sightings =
            [one(fork, 8, 9, 1), one(home, 6, 5, 1), one(fork, 7, 5, 1), one(home, 5, 0, 1)];
        let homes: Vec<usize> = fold(&sightings).iter().map(|draft| draft.home).collect();
        assert_eq!(homes, [3, 1]);
        let own = [one(home, 5, 0, 0), one(fork, 6, 0, 0), one((3, "c"), 7, 0, 2)];
        let homes: Vec<usize> = fold(&own).iter().map(|draft| draft.home).collect();
        assert_eq!(homes, [0, 1], "neither is a copy of the other; the third is one of the two");
    }
}
