//! The tree along which a question travels. The origin makes it from what it knows of its neighbours and
//! what they tell of theirs, so that every node is asked at most once: in a full mesh of N nodes a question
//! costs N − 1 requests. Nobody else adds to it.

use camille_proto::forward::RouteStep;
use camille_proto::id::PeerId;
use camille_proto::invariant::Invariant;
use std::collections::{BTreeMap, BTreeSet};

/// The most nodes below one neighbour, itself not counted: a relay obeys no more.
pub const ROUTE_MAX: usize = 64;

/// A neighbour, as the one who plans knows it.
#[derive(Debug, Clone)]
pub struct Neighbour {
    /// Who it is.
    pub peer_id: PeerId,
    /// Whether it can be asked now: there is a key for it and it is not known to be away.
    pub reachable: bool,
    /// Whom it passes questions on to, as it said: none when it does not relay for us.
    pub beyond: Vec<Known>,
}

/// A node that a relay told of, with what it told of that one's neighbours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Who it is.
    pub peer_id: PeerId,
    /// What the relay calls it.
    pub name: String,
    /// Whom that one passes questions on to.
    pub beyond: Vec<Known>,
}

/// A node to ask, and whom it asks in turn.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Branch {
    /// Who it is.
    pub peer_id: PeerId,
    /// What the relay calls it that told of it; empty for a neighbour.
    pub name: String,
    /// Whom it asks.
    pub children: Vec<Branch>,
}

impl Branch {
    /// A node that asks nobody.
    #[must_use]
    pub const fn leaf(peer_id: PeerId) -> Self {
        Self { peer_id, name: String::new(), children: Vec::new() }
    }

    /// The part of an origin's plan that begins at this step.
    #[must_use]
    pub fn of_route(step: &RouteStep) -> Self {
        Self {
            children: step.children.iter().map(Self::of_route).collect(),
            ..Self::leaf(step.peer_id)
        }
    }

    /// How many nodes it holds, itself included.
    #[must_use]
    pub fn size(&self) -> usize {
        1 + self.children.iter().map(Self::size).sum::<usize>()
    }
}

/// A node of the tree while it grows.
struct Node<'a> {
    peer_id: PeerId,
    name: &'a str,
    parent: Option<usize>,
    /// The neighbour it is below.
    root: usize,
    children: usize,
    beyond: &'a [Known],
}

/// Plans a question of `own` that may stand on a path of `ttl` nodes, this one included.
///
/// Nodes stand as near as they can. Of several relays that reach a node, the one with the fewest
/// children passes the question on. A neighbour that cannot be asked now may be reached through another.
#[must_use]
pub fn plan(own: &PeerId, neighbours: &[Neighbour], ttl: u32) -> Vec<Branch> {
    let mut nodes: Vec<Node<'_>> = Vec::new();
    let mut placed: BTreeSet<PeerId> = BTreeSet::from([*own]);
    if ttl >= 2 {
        for neighbour in neighbours.iter().filter(|neighbour| neighbour.reachable) {
            if placed.insert(neighbour.peer_id) {
                let root = nodes.len();
                nodes.push(Node {
                    peer_id: neighbour.peer_id,
                    name: "",
                    parent: None,
                    root,
                    children: 0,
                    beyond: &neighbour.beyond,
                });
            }
        }
    }
    let mut below = vec![0_usize; nodes.len()];
    let mut level = 0..nodes.len();
    for _ in 2..ttl {
        let next = nodes.len();
        // For each node not yet placed, who can pass a question on to it.
        let mut reached: BTreeMap<PeerId, Vec<(usize, &Known)>> = BTreeMap::new();
        for at in level.clone() {
            for known in nodes[at].beyond {
                if !placed.contains(&known.peer_id) {
                    reached.entry(known.peer_id).or_default().push((at, known));
                }
            }
        }
        for (peer_id, ways) in reached {
            let open = ways.into_iter().filter(|(at, _)| below[nodes[*at].root] < ROUTE_MAX);
            let Some((at, known)) = open.min_by_key(|(at, _)| (nodes[*at].children, *at)) else {
                continue;
            };
            placed.insert(peer_id);
            nodes[at].children += 1;
            let root = nodes[at].root;
            below[root] += 1;
            nodes.push(Node {
                peer_id,
                name: &known.name,
                parent: Some(at),
                root,
                children: 0,
                beyond: &known.beyond,
            });
        }
        level = next..nodes.len();
        if level.is_empty() {
            break;
        }
    }
    let distinct: BTreeSet<PeerId> = nodes.iter().map(|node| node.peer_id).collect();
    Invariant::AskedOnce.check(distinct.len() == nodes.len() && !distinct.contains(own));
    tree(&nodes)
}

/// Puts the nodes into their parents, from the last to the first: children stand behind their parents.
fn tree(nodes: &[Node<'_>]) -> Vec<Branch> {
    let mut children: Vec<Vec<Branch>> = nodes.iter().map(|_| Vec::new()).collect();
    let mut roots = Vec::new();
    for (at, node) in nodes.iter().enumerate().rev() {
        let mut own = std::mem::take(&mut children[at]);
        own.reverse();
        let branch = Branch { peer_id: node.peer_id, name: node.name.to_owned(), children: own };
        match node.parent {
            Some(parent) => children[parent].push(branch),
            None => roots.push(branch),
        }
    }
    roots.reverse();
    roots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(n: u8) -> PeerId {
        PeerId::from_bytes([n; 32])
    }

    fn known(n: u8, beyond: Vec<Known>) -> Known {
        Known { peer_id: peer(n), name: format!("n{n}"), beyond }
    }

    fn neighbour(n: u8, beyond: Vec<Known>) -> Neighbour {
        Neighbour { peer_id: peer(n), reachable: true, beyond }
    }

    fn shape(branches: &[Branch]) -> String {
        let one = |branch: &Branch| {
            let name = branch.peer_id.as_bytes()[0].to_string();
            match branch.children.as_slice() {
                [] => name,
                children => format!("{name}({})", shape(children)),
            }
        };
        branches.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn in_a_full_mesh_everybody_is_asked_directly() {
        let others = |me: u8| (0..6).filter(|n| *n != me).map(|n| known(n, vec![])).collect();
        let neighbours: Vec<Neighbour> = (1..6).map(|n| neighbour(n, others(n))).collect();
        let tree = plan(&peer(0), &neighbours, 3);
        assert_eq!(shape(&tree), "1 2 3 4 5");
    }

    #[test]
    fn what_two_relays_reach_is_shared_between_them() {
        let far = |names: &[u8]| names.iter().map(|n| known(*n, vec![])).collect::<Vec<_>>();
        let neighbours = [neighbour(1, far(&[3, 4, 5, 0])), neighbour(2, far(&[3, 4, 5, 6, 1]))];
        assert_eq!(shape(&plan(&peer(0), &neighbours, 3)), "1(3 5) 2(4 6)");
    }

    #[test]
    fn the_ttl_counts_the_nodes_of_a_path() {
        let chain = || neighbour(1, vec![known(2, vec![known(3, vec![known(4, vec![])])])]);
        let shapes = [1, 2, 3, 4, 5, 9].map(|ttl| shape(&plan(&peer(0), &[chain()], ttl)));
        assert_eq!(shapes, ["", "1", "1(2)", "1(2(3))", "1(2(3(4)))", "1(2(3(4)))"]);
    }

    #[test]
    fn who_is_away_is_reached_through_another() {
        let away = Neighbour { reachable: false, ..neighbour(2, vec![known(5, vec![])]) };
        let neighbours = [neighbour(1, vec![known(2, vec![])]), away];
        assert_eq!(shape(&plan(&peer(0), &neighbours, 3)), "1(2)");
    }

    #[test]
    fn a_circle_ends_and_a_route_is_bounded() {
        let circle = neighbour(1, vec![known(2, vec![known(1, vec![known(0, vec![])])])]);
        assert_eq!(shape(&plan(&peer(0), &[circle], 5)), "1(2)");
        let many = (2..=200).map(|n| known(n, vec![])).collect();
        let tree = plan(&peer(0), &[neighbour(1, many)], 3);
        assert_eq!(tree[0].size(), 1 + ROUTE_MAX);
    }
}
