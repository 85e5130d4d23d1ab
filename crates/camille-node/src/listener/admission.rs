//! How many connections there may be. Strangers, who have shown no key yet, are bounded in all and from one
//! address; who has shown one has a place that no stranger can take.
//!
//! When all places of strangers are taken, a newcomer is not turned away: whoever has been of no use makes room.
//! It is looked for at the address that has most of them, so that many connections from few addresses are only
//! each other's rivals. There the one that came least far goes, and of those the oldest. Turning newcomers away
//! would let anybody who holds every place with connections that say nothing close the door for all.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// Strangers' connections from one address.
const STRANGERS_PER_ADDRESS_MAX: usize = 64;

/// Connections from one address that have shown a key.
const KNOWN_PER_ADDRESS_MAX: usize = 64;

/// How far a stranger's connection has come: the less, the sooner it makes room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Progress {
    /// Its handshake is not finished; most likely not begun.
    Connected,
    /// It has asked for nothing yet.
    Secured,
    /// It has sent a request's head.
    Asked,
    /// It has shown a key, where too many connections had done so already. It makes room for nobody.
    Keyed,
}

/// Counts the connections of one server. Clones share the count.
#[derive(Clone)]
pub(super) struct Admission {
    counts: Arc<Mutex<Counts>>,
    strangers_max: usize,
}

#[derive(Default)]
struct Counts {
    strangers: usize,
    /// Ever admitted: the later a connection came, the higher its number.
    admitted: u64,
    each: HashMap<IpAddr, Here>,
}

/// The connections from one address.
#[derive(Default)]
struct Here {
    strangers: BTreeMap<u64, Stranger>,
    known: usize,
}

/// A connection that has shown no key.
struct Stranger {
    progress: Progress,
    cut: CancellationToken,
}

/// A connection's place, given back when dropped.
pub(super) struct Place {
    admission: Admission,
    address: IpAddr,
    number: u64,
    known: Mutex<bool>,
    cut: CancellationToken,
}

impl Admission {
    /// `strangers_max`: connections that have shown no key, in all.
    pub(super) fn new(strangers_max: usize) -> Self {
        Self { counts: Arc::default(), strangers_max }
    }

    /// A stranger's place for a connection from this address. Another one may have to go for it. `None`: nobody can,
    /// since all have shown keys.
    pub(super) fn admit(&self, address: IpAddr) -> Option<Place> {
        let address = charged(address);
        let mut counts = self.lock();
        let here = counts.each.get(&address).map_or(0, |here| here.strangers.len());
        if here >= STRANGERS_PER_ADDRESS_MAX {
            counts.make_room_at(address)?;
        } else if counts.strangers >= self.strangers_max {
            let most = counts.each.iter().filter(|(_, here)| here.idler().is_some());
            // Of two that have as many, the one whose idler came less far, then the one that came first, goes.
            let (most, _) = most
                .max_by_key(|(_, here)| (here.strangers.len(), std::cmp::Reverse(here.idler())))?;
            let most = *most;
            counts.make_room_at(most)?;
        }
        let (number, cut) = (counts.admitted, CancellationToken::new());
        counts.admitted += 1;
        counts.strangers += 1;
        let stranger = Stranger { progress: Progress::Connected, cut: cut.clone() };
        counts.each.entry(address).or_default().strangers.insert(number, stranger);
        Some(Place { admission: self.clone(), address, number, known: Mutex::new(false), cut })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// Cuts the stranger at this address that is of least use.
    fn make_room_at(&mut self, address: IpAddr) -> Option<()> {
        let (_, number) = self.each.get(&address)?.idler()?;
        self.take(address, number)?.cut.cancel();
        self.forget_if_empty(address);
        Some(())
    }

    fn take(&mut self, address: IpAddr, number: u64) -> Option<Stranger> {
        let stranger = self.each.get_mut(&address)?.strangers.remove(&number)?;
        self.strangers -= 1;
        Some(stranger)
    }

    fn forget_if_empty(&mut self, address: IpAddr) {
        if self.each.get(&address).is_some_and(|here| here.strangers.is_empty() && here.known == 0)
        {
            self.each.remove(&address);
        }
    }
}

impl Here {
    /// Who makes room first, if anybody does.
    fn idler(&self) -> Option<(Progress, u64)> {
        let idle =
            self.strangers.iter().filter(|(_, stranger)| stranger.progress < Progress::Keyed);
        idle.map(|(number, stranger)| (stranger.progress, *number)).min()
    }
}

impl Place {
    /// Runs it, unless the place is needed for somebody else before it ends.
    pub(super) async fn run_unless_cut<F: Future>(&self, run: F) -> Option<F::Output> {
        self.cut.run_until_cancelled(run).await
    }

    /// The connection came so far. It never goes back.
    pub(super) fn advance(&self, progress: Progress) {
        let mut counts = self.admission.lock();
        let here = counts.each.get_mut(&self.address);
        if let Some(stranger) = here.and_then(|here| here.strangers.get_mut(&self.number)) {
            stranger.progress = stranger.progress.max(progress);
        }
    }

    /// A key was shown here: the place counts no longer among those of strangers, as long as its address has not
    /// too many that are known.
    pub(super) fn become_known(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if *known {
            return;
        }
        let mut counts = self.admission.lock();
        let Some(here) = counts.each.get_mut(&self.address) else { return };
        if here.known < KNOWN_PER_ADDRESS_MAX {
            // One that was cut a moment ago has no place any more.
            if counts.take(self.address, self.number).is_some() {
                if let Some(here) = counts.each.get_mut(&self.address) {
                    here.known += 1;
                }
                *known = true;
            }
        } else if let Some(stranger) = here.strangers.get_mut(&self.number) {
            stranger.progress = Progress::Keyed;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let known = *self.known.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut counts = self.admission.lock();
        if !known {
            counts.take(self.address, self.number);
        } else if let Some(here) = counts.each.get_mut(&self.address) {
            here.known -= 1;
        }
        counts.forget_if_empty(self.address);
    }
}

/// What an address counts as: an IPv6 host has a whole /64 to choose from.
fn charged(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn is_cut(place: &Place) -> bool {
        place.cut.is_cancelled()
    }

    fn come(admission: &Admission, address: &str) -> Place {
        admission.admit(ip(address)).expect("a place")
    }

    #[test]
    fn one_address_cannot_take_every_place() {
        let admission = Admission::new(100);
        let mut places: Vec<_> =
            (0..STRANGERS_PER_ADDRESS_MAX).map(|_| come(&admission, "192.0.2.1")).collect();
        places.push(come(&admission, "192.0.2.1"));
        assert!(is_cut(&places[0]) && !is_cut(&places[1]), "the oldest makes room");
        places.push(come(&admission, "::ffff:192.0.2.1"));
        assert!(is_cut(&places[1]), "the same address in IPv6");
        let other = come(&admission, "192.0.2.2");
        assert!(!is_cut(&other) && !is_cut(&places[2]));
        assert_eq!(admission.lock().strangers, STRANGERS_PER_ADDRESS_MAX + 1);
    }

    #[test]
    fn a_64_counts_as_one_address_and_the_total_is_bounded() {
        let admission = Admission::new(STRANGERS_PER_ADDRESS_MAX + 1);
        let hosts = (0..STRANGERS_PER_ADDRESS_MAX).map(|n| format!("2001:db8:0:1::{n:x}"));
        let places: Vec<_> = hosts.map(|host| come(&admission, &host)).collect();
        let _surplus = come(&admission, "2001:db8:0:1:ffff::1");
        assert!(is_cut(&places[0]));
        let lone = come(&admission, "2001:db8:0:2::1");
        let newcomer = come(&admission, "2001:db8:0:3::1");
        assert!(is_cut(&places[1]), "the address that has most makes room");
        assert!(!is_cut(&lone) && !is_cut(&newcomer));
        assert_eq!(admission.lock().strangers, STRANGERS_PER_ADDRESS_MAX + 1);
    }

    #[test]
    fn who_came_least_far_makes_room_first() {
        let admission = Admission::new(4);
        let places: Vec<_> = (0..4).map(|_| come(&admission, "192.0.2.1")).collect();
        places[0].advance(Progress::Asked);
        places[1].advance(Progress::Secured);
        places[2].advance(Progress::Secured);
        places[2].advance(Progress::Connected);
        let mut newcomers = Vec::new();
        for gone in [3, 1, 2] {
            assert!(!is_cut(&places[gone]));
            newcomers.push(come(&admission, &format!("198.51.100.{gone}")));
            assert!(is_cut(&places[gone]), "{gone}");
        }
        assert!(newcomers.iter().all(|place| !is_cut(place)) && !is_cut(&places[0]));
    }

    #[test]
    fn nothing_is_remembered_of_those_who_left() {
        let admission = Admission::new(10);
        drop(admission.admit(ip("192.0.2.1")));
        assert!(admission.lock().each.is_empty());
        assert_eq!(admission.lock().strangers, 0);
        let known = admission.admit(ip("192.0.2.1"));
        known.as_ref().expect("a place").become_known();
        drop(known);
        assert!(admission.lock().each.is_empty());
        assert_eq!(admission.lock().strangers, 0);
    }

    #[test]
    fn who_has_shown_a_key_takes_no_place_from_strangers_nor_they_from_him() {
        let admission = Admission::new(2);
        let known: Vec<_> = (0..KNOWN_PER_ADDRESS_MAX)
            .map(|_| {
                let place = admission.admit(ip("192.0.2.1")).expect("a place");
                place.become_known();
                place.become_known();
                place
            })
            .collect();
        let one_too_many = admission.admit(ip("192.0.2.1")).expect("a stranger's place");
        one_too_many.become_known();
        let stranger = come(&admission, "192.0.2.2");
        let newcomer = come(&admission, "192.0.2.3");
        assert!(is_cut(&stranger), "who has shown no key makes room");
        assert!(!is_cut(&one_too_many) && !known.iter().any(is_cut));
        drop(newcomer);
        let second = come(&admission, "192.0.2.1");
        second.become_known();
        assert!(admission.admit(ip("192.0.2.3")).is_none(), "all have shown keys");
        drop((known, one_too_many, stranger, second));
        assert!(admission.lock().each.is_empty());
        assert_eq!(admission.lock().strangers, 0);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Come(u8),
        Advance(usize, bool),
        Known(usize),
        Leave(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..6_u8).prop_map(Step::Come),
            1 => (0..64_usize, any::<bool>()).prop_map(|(at, asked)| Step::Advance(at, asked)),
            1 => (0..64_usize).prop_map(Step::Known),
            1 => (0..64_usize).prop_map(Step::Leave),
        ]
    }

    proptest! {
        /// Whoever comes is let in while a place is taken by somebody without a key; nobody who has shown one is
        /// cut; an address that has fewer than another loses nothing; and the count is right.
        #[test]
        fn newcomers_are_let_in_and_the_lone_are_left_alone(
            steps in proptest::collection::vec(step(), 0..300)
        ) {
            let admission = Admission::new(12);
            let mut places: Vec<Place> = Vec::new();
            for step in steps {
                let live = |places: &[Place], address: IpAddr| {
                    let strangers = places.iter().filter(|p| !is_cut(p) && !*p.known.lock().expect("no panic"));
                    strangers.filter(|place| place.address == address).count()
                };
                match step {
                    Step::Come(from) => {
                        let address = IpAddr::from([192, 0, 2, from]);
                        let before: Vec<bool> = places.iter().map(is_cut).collect();
                        let place = admission.admit(address);
                        prop_assert!(place.is_some(), "nobody here is keyed beyond what one address may be");
                        let cut: Vec<&Place> = places.iter().zip(before)
                            .filter(|(place, before)| is_cut(place) && !before)
                            .map(|(place, _)| place)
                            .collect();
                        prop_assert!(cut.len() <= 1);
                        if let Some(gone) = cut.first() {
                            prop_assert!(!*gone.known.lock().expect("no panic"));
                            let had = live(&places, gone.address) + 1;
                            for other in 0..6 {
                                prop_assert!(live(&places, IpAddr::from([192, 0, 2, other])) <= had);
                            }
                        }
                        places.extend(place);
                    }
                    Step::Advance(at, asked) => if let Some(place) = places.get(at) {
                        place.advance(if asked { Progress::Asked } else { Progress::Secured });
                    },
                    Step::Known(at) => if let Some(place) = places.get(at) {
                        place.become_known();
                    },
                    Step::Leave(at) => if at < places.len() {
                        places.swap_remove(at);
                    },
                }
                let strangers: usize = (0..6).map(|n| live(&places, IpAddr::from([192, 0, 2, n]))).sum();
                prop_assert!(strangers <= 12);
                prop_assert_eq!(admission.lock().strangers, strangers);
            }
            places.clear();
            prop_assert!(admission.lock().each.is_empty());
        }
    }
}
