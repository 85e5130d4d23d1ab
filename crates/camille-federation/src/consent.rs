//! What a node does with a question that another one sent: whether it answers, what of its bank it searches
//! for it, and whom it passes it on to. Decided here, at the owner's node, from what can be checked here.

use super::plan::ROUTE_MAX;
use camille_proto::CHAIN_MAX;
use camille_proto::forward::{ForwardRequest, RouteStep};
use camille_proto::id::PeerId;

/// The node that was asked, as far as it matters.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Who it is.
    pub own: PeerId,
    /// Whether it relays and answers relayed questions.
    pub allow_indirect: bool,
    /// Whether the sender's key lets it have questions passed on.
    pub sender_has_indirect: bool,
    /// For whom alone relayed questions are answered; `None`: for everyone.
    pub origins: Option<&'a [PeerId]>,
}

/// What to do with a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It went in a circle: nothing is searched.
    Duplicate,
    /// Nothing, for this reason.
    Refuse(Refused),
    /// Search and pass on.
    Answer {
        /// Only what is shared with peers of peers is searched.
        relayed: bool,
        /// Whom to pass it on to, with their routes.
        children: Vec<RouteStep>,
        /// Why others named in the route are not asked.
        unasked: Option<Unasked>,
    },
}

/// Why a question is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The chain is empty or too long.
    Chain,
    /// The chain does not begin with the origin.
    NotTheOrigin,
    /// The chain does not end with the sender.
    NotTheSender,
    /// The route does not begin at this node.
    NotForUs,
    /// The route names too many nodes.
    Route,
    /// This node does not answer relayed questions.
    NotIndirect,
    /// It does, but not for this origin.
    NotThisOrigin,
}

/// Why nodes of the route are not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unasked {
    /// The path has as many nodes as it may.
    TtlExceeded,
    /// This node does not relay, or not for the sender.
    NotRelaying,
}

impl Unasked {
    /// In words, for an answer.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TtlExceeded => "TTL exceeded",
            Self::NotRelaying => "this node does not pass on questions for this key",
        }
    }
}

/// Decides. The question's signature and the sender's key must have been checked before.
///
/// `sender`: whom the connection proves.
#[must_use]
pub fn decide(question: &ForwardRequest, sender: &PeerId, asked: &Asked<'_>) -> Decision {
    let chain = &question.request_chain;
    if chain.is_empty() || chain.len() > CHAIN_MAX {
        return Decision::Refuse(Refused::Chain);
    }
    if chain.last() != Some(sender) {
        return Decision::Refuse(Refused::NotTheSender);
    }
    if chain.first() != Some(&question.origin.peer_id) {
        return Decision::Refuse(Refused::NotTheOrigin);
    }
    let Some(own_step) = question.route.first().filter(|step| step.peer_id == asked.own) else {
        return Decision::Refuse(Refused::NotForUs);
    };
    if size(&own_step.children) > ROUTE_MAX {
        return Decision::Refuse(Refused::Route);
    }
    if chain.contains(&asked.own) {
        return Decision::Duplicate;
    }
    let relayed = chain.len() > 1 || question.delegated;
    if relayed && !asked.allow_indirect {
        return Decision::Refuse(Refused::NotIndirect);
    }
    if relayed && asked.origins.is_some_and(|origins| !origins.contains(&question.origin.peer_id)) {
        return Decision::Refuse(Refused::NotThisOrigin);
    }
    // Nobody is asked twice, whatever the route says.
    let mut named = Vec::new();
    let mut children: Vec<RouteStep> = Vec::new();
    for child in &own_step.children {
        let known = chain.contains(&child.peer_id) || named.contains(&child.peer_id);
        if child.peer_id != asked.own && !known {
            named.push(child.peer_id);
            children.push(child.clone());
        }
    }
    let unasked = if children.is_empty() {
        None
    } else if question.ttl < 2 {
        Some(Unasked::TtlExceeded)
    } else if !asked.allow_indirect || !asked.sender_has_indirect {
        Some(Unasked::NotRelaying)
    } else {
        None
    };
    if unasked.is_some() {
        children.clear();
    }
    Decision::Answer { relayed, children, unasked }
}

/// How many nodes these steps name.
fn size(steps: &[RouteStep]) -> usize {
    steps.iter().map(|step| 1 + size(&step.children)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use camille_proto::forward::Origin;
    use camille_proto::id::RequestId;
    use camille_proto::query::Query;

    fn peer(n: u8) -> PeerId {
        PeerId::from_bytes([n; 32])
    }

    fn step(n: u8, children: Vec<RouteStep>) -> RouteStep {
        RouteStep { peer_id: peer(n), sig: String::new(), not_after: 0, children }
    }

    /// From 1 by way of the chain to 9, which is to pass it on to 5 and 6.
    fn question(chain: &[u8]) -> ForwardRequest {
        ForwardRequest {
            original_query: Query::new("why"),
            terms: Vec::new(),
            analyzer: String::new(),
            candidates: 1,
            request_chain: chain.iter().map(|n| peer(*n)).collect(),
            ttl: 2,
            request_id: RequestId(uuid::Uuid::nil()),
            budget_ms: 1,
            origin: Origin { peer_id: peer(1), spki: String::new() },
            delegated: false,
            route: vec![step(9, vec![step(5, vec![]), step(6, vec![])])],
        }
    }

    const OPEN: Asked<'static> = Asked {
        own: PeerId::from_bytes([9; 32]),
        allow_indirect: true,
        sender_has_indirect: true,
        origins: None,
    };

    fn children(decision: &Decision) -> Vec<u8> {
        match decision {
            Decision::Answer { children, .. } => {
                children.iter().map(|step| step.peer_id.as_bytes()[0]).collect()
            }
            _ => panic!("{decision:?}"),
        }
    }

    #[test]
    fn an_open_node_passes_on_what_the_route_says() {
        let direct = decide(&question(&[1]), &peer(1), &OPEN);
        assert_eq!(children(&direct), [5, 6]);
        assert!(matches!(direct, Decision::Answer { relayed: false, unasked: None, .. }));
        let relayed = decide(&question(&[1, 2]), &peer(2), &OPEN);
        assert!(matches!(relayed, Decision::Answer { relayed: true, unasked: None, .. }));
    }

    #[test]
    fn nobody_is_asked_twice_and_circles_end() {
        let mut twice = question(&[1, 5]);
        let again = step(6, vec![]);
        twice.route[0].children.extend([again, step(1, vec![]), step(9, vec![])]);
        assert_eq!(children(&decide(&twice, &peer(5), &OPEN)), [6]);
        assert_eq!(decide(&question(&[1, 9, 2]), &peer(2), &OPEN), Decision::Duplicate);
    }

    #[test]
    fn a_node_that_does_not_relay_answers_for_itself_alone() {
        let unasked = |question: &ForwardRequest, asked: Asked<'_>| match decide(
            question,
            &peer(1),
            &asked,
        ) {
            Decision::Answer { children, unasked, .. } if children.is_empty() => unasked,
            other => panic!("{other:?}"),
        };
        let closed = Asked { allow_indirect: false, ..OPEN };
        assert_eq!(unasked(&question(&[1]), closed), Some(Unasked::NotRelaying));
        let without = Asked { sender_has_indirect: false, ..OPEN };
        assert_eq!(unasked(&question(&[1]), without), Some(Unasked::NotRelaying));
        let mut late = question(&[1]);
        late.ttl = 1;
        assert_eq!(unasked(&late, OPEN), Some(Unasked::TtlExceeded));
        late.route[0].children.clear();
        assert_eq!(unasked(&late, OPEN), None, "nobody was to be asked");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |question: &ForwardRequest, sender: u8, asked: Asked<'_>| match decide(
            question,
            &peer(sender),
            &asked,
        ) {
            Decision::Refuse(reason) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(&question(&[1, 2]), 3, OPEN), Refused::NotTheSender);
        assert_eq!(refused(&question(&[2]), 2, OPEN), Refused::NotTheOrigin);
        assert_eq!(refused(&question(&[]), 2, OPEN), Refused::Chain);
        assert_eq!(refused(&question(&[1; 17]), 1, OPEN), Refused::Chain);
        let other = Asked { own: peer(8), ..OPEN };
        assert_eq!(refused(&question(&[1]), 1, other), Refused::NotForUs);
        let closed = Asked { allow_indirect: false, ..OPEN };
        assert_eq!(refused(&question(&[1, 2]), 2, closed), Refused::NotIndirect);
        let mut delegated = question(&[1]);
        delegated.delegated = true;
        assert_eq!(refused(&delegated, 1, closed), Refused::NotIndirect);
        let picky = [peer(7)];
        let picky = Asked { origins: Some(&picky), ..OPEN };
        assert_eq!(refused(&question(&[1, 2]), 2, picky), Refused::NotThisOrigin);
        let mut long = question(&[1]);
        long.route[0].children = (0..=ROUTE_MAX).map(|_| step(3, vec![])).collect();
        assert_eq!(refused(&long, 1, OPEN), Refused::Route);
    }
}
