//! Which node of a mesh holds which sessions. Deterministic; it never looks into a file.

use super::random::Random;
use std::collections::BTreeMap;

/// The seed of every split.
const SEED: u64 = 0x00ca_3111_e000_0002;

/// What is dealt out: a session with its sub-agents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its name, unique.
    pub name: String,
    /// The project it belongs to.
    pub project: String,
    /// Its size in bytes.
    pub size_bytes: u64,
}

/// How sessions are dealt out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Each session to a node drawn by lot.
    Random,
    /// Each project as a whole to the node that has the least so far, the largest first.
    Project,
}

/// For each unit the nodes that hold it: one each, or all of them for the share `common` of the units.
#[must_use]
pub fn deal(units: &[Unit], nodes: usize, split: Split, common: f64) -> Vec<Vec<usize>> {
    let projects = (split == Split::Project).then(|| by_project(units, nodes));
    units
        .iter()
        .map(|unit| {
            let mut random = Random::named(SEED, &unit.name);
            if random.fraction() < common {
                return (0..nodes).collect();
            }
            match &projects {
                Some(projects) => vec![projects[unit.project.as_str()]],
                None => vec![random.below(nodes)],
            }
        })
        .collect()
}

fn by_project(units: &[Unit], nodes: usize) -> BTreeMap<&str, usize> {
    let mut sizes: BTreeMap<&str, u64> = BTreeMap::new();
    for unit in units {
        *sizes.entry(&unit.project).or_default() += unit.size_bytes;
    }
    let mut largest_first: Vec<(&str, u64)> = sizes.into_iter().collect();
    largest_first.sort_by_key(|(name, size)| (std::cmp::Reverse(*size), *name));
    let mut loads = vec![0_u64; nodes];
    largest_first
        .into_iter()
        .map(|(name, size)| {
            let node = (0..nodes).min_by_key(|node| loads[*node]).unwrap_or(0);
            loads[node] += size;
            (name, node)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units() -> Vec<Unit> {
        (0..200)
            .map(|n| Unit {
                name: format!("session{n}"),
                project: format!("project{}", n % 9),
                size_bytes: 100 + n,
            })
            .collect()
    }

    #[test]
    fn every_session_has_one_home() {
        for split in [Split::Random, Split::Project] {
            let dealt = deal(&units(), 8, split, 0.0);
            assert!(dealt.iter().all(|nodes| nodes.len() == 1));
            for node in 0..8 {
                assert!(
                    dealt.iter().any(|nodes| nodes == &[node]),
                    "{split:?}: node {node} is empty"
                );
            }
            assert_eq!(dealt, deal(&units(), 8, split, 0.0));
        }
    }

    #[test]
    fn projects_stay_whole() {
        let units = units();
        let dealt = deal(&units, 2, Split::Project, 0.0);
        for (a, on_a) in units.iter().zip(&dealt) {
            for (b, on_b) in units.iter().zip(&dealt) {
                assert!(a.project != b.project || on_a == on_b);
            }
        }
    }

    #[test]
    fn the_common_share_is_everywhere() {
        let dealt = deal(&units(), 4, Split::Random, 0.3);
        let common = dealt.iter().filter(|nodes| nodes.len() == 4).count();
        assert!((40..80).contains(&common), "{common} of 200");
    }
}
