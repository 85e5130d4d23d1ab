//! A random network: who knows whom, what each lets the others see, how far apart they are, and who is slow,
//! hung, cut off or disobedient.

use super::random::Random;
use camille_proto::grant::{Grant, Verb};
use camille_proto::id::PeerId;
use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) const NODES: usize = 20;

/// How a node behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Honest,
    /// Takes questions and never answers.
    Hung,
    /// Passes every question on to everyone it knows, whatever the route says, and answers for others.
    Flooding,
    /// Asks in its own name what others asked it, to see what they would not be shown.
    Curious,
    /// Takes itself out of the chain, so that the question looks like the origin's own.
    Hiding,
}

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) manner: Manner,
    pub(crate) allow_indirect: bool,
    /// How long its own search takes.
    pub(crate) search: Duration,
    /// What its peers may see: their keys for its bank, by their place.
    pub(crate) grants: BTreeMap<usize, Grant>,
    /// When keys of its peers stop to be good.
    pub(crate) revoked: BTreeMap<usize, Duration>,
    pub(crate) ttl: u32,
}

/// The way between two nodes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) delay: Duration,
    /// From when on nothing passes.
    pub(crate) cut: Option<Duration>,
    pub(crate) lost_percent: u64,
}

pub(crate) struct Network {
    pub(crate) members: Vec<Member>,
    pub(crate) links: BTreeMap<(usize, usize), Link>,
}

pub(crate) fn peer(place: usize) -> PeerId {
    PeerId::of_spki(&place.to_be_bytes())
}

impl Network {
    pub(crate) fn random(random: &mut Random) -> Self {
        let ms = Duration::from_millis;
        // Some networks are all honest: there the strictest rules hold.
        let honest_only = random.chance(50);
        let density = 5 + random.below(60);
        let mut members: Vec<Member> = (0..NODES)
            .map(|_| Member {
                manner: match random.below(20) {
                    0 => Manner::Hung,
                    1 if !honest_only => Manner::Flooding,
                    2 if !honest_only => Manner::Curious,
                    3 if !honest_only => Manner::Hiding,
                    _ => Manner::Honest,
                },
                allow_indirect: random.chance(75),
                search: match random.below(20) {
                    0 => ms(4_000 + random.below(6_000)),
                    _ => ms(1 + random.below(40)),
                },
                grants: BTreeMap::new(),
                revoked: BTreeMap::new(),
                ttl: 2 + u32::try_from(random.below(4)).unwrap_or(0),
            })
            .collect();
        let mut links = BTreeMap::new();
        for a in 0..NODES {
            for b in a + 1..NODES {
                if random.chance(density) {
                    connect(random, &mut members, &mut links, a, b);
                }
            }
        }
        Self { members, links }
    }

    pub(crate) fn link(&self, a: usize, b: usize) -> Option<&Link> {
        self.links.get(&(a.min(b), a.max(b)))
    }

    /// Whether there are only nodes that do as they should.
    pub(crate) fn is_honest(&self) -> bool {
        self.members.iter().all(|m| matches!(m.manner, Manner::Honest | Manner::Hung))
    }
}

fn connect(
    random: &mut Random,
    members: &mut [Member],
    links: &mut BTreeMap<(usize, usize), Link>,
    a: usize,
    b: usize,
) {
    let ms = Duration::from_millis;
    for (owner, holder) in [(a, b), (b, a)] {
        let mut grant = Grant::teammate();
        if random.chance(80) {
            grant.verbs.push(Verb::Indirect);
        }
        if random.chance(20) {
            grant.projects = Some(vec!["open".into()]);
        }
        members[owner].grants.insert(holder, grant);
        if random.chance(3) {
            members[owner].revoked.insert(holder, ms(random.below(8_000)));
        }
    }
    let far = if random.chance(10) { 900 } else { 60 };
    let link = Link {
        delay: ms(1 + random.below(far)),
        cut: random.chance(4).then(|| ms(random.below(8_000))),
        lost_percent: if random.chance(10) { 10 } else { 0 },
    };
    links.insert((a, b), link);
}
