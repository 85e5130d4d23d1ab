//! Who was heard on the network: each by the address it was heard from and by the name it gave itself. What one
//! address says changes nothing of what another said, and it is bounded how much each says, and all together: then
//! the address that says most makes room, with what was heard of longest ago. Pure: the moment is a parameter.

use super::gate::{Bucket, Rate};
use super::packet::{Asked, HALF_KNOWN, Record, Said};
use super::txt::{self, Announced};
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Services that are remembered.
pub(super) const SERVICES_MAX: usize = 1_000;
/// Of these, from one address: it may be one that hands on what it hears elsewhere.
const EACH_MAX: usize = 64;
/// Addresses of one service.
const ADDRESSES_MAX: usize = 6;
/// How often keys are unpacked: that takes more than all else.
const UNPACKED: Rate = Rate { per_s: 100.0, burst: 300.0 };
/// How often somebody who left something out is asked for it.
const ASKED_MAX: u32 = 3;
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// Of how many a question says that they are known: it has to fit into a packet.
const KNOWN_MAX: usize = 30;
/// Questions at a time.
const QUESTIONS_MAX: usize = 16;

/// Where it was heard from, and its own name as it is compared.
type Key = (IpAddr, String);

/// What changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A service is known in full, or changed.
    Found(IpAddr, Found),
    /// It was taken back, or nobody says it any more.
    Gone(IpAddr, String),
    /// It made room for others.
    Dropped(IpAddr, String),
    /// It does not say who it is.
    Nobody(String),
}

/// A service that said everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) announced: Announced,
}

#[derive(Debug)]
struct Entry {
    name: String,
    heard: Instant,
    stands: Option<(String, u16)>,
    text: Vec<(String, String)>,
    announced: Option<Announced>,
    is_nobody: bool,
    /// With the network and the moment they were heard.
    addresses: Vec<(IpAddr, usize, Instant)>,
    said_until: Instant,
    /// Until when it holds that it offers the service at all.
    offers_until: Instant,
    ask_at: Instant,
    asked: u32,
    told: Option<Found>,
}

/// Who was heard.
#[derive(Debug)]
pub(super) struct Cache {
    entries: HashMap<Key, Entry>,
    unpacked: Bucket,
    /// Part of the time after which is asked whether it still holds; each node has another one.
    patience: f64,
    asked_at: Instant,
}

impl Cache {
    /// `jitter`: anything that differs from node to node.
    pub(super) fn new(jitter: u8, now: Instant) -> Self {
        let patience = 0.80 + f64::from(jitter % 32) / 256.0;
        Self {
            entries: HashMap::new(),
            unpacked: Bucket::full(UNPACKED, now),
            patience,
            asked_at: now,
        }
    }

    /// Takes in what an address said on a network. `own`: the name of this node's own service.
    pub(super) fn hear(
        &mut self,
        source: IpAddr,
        link: usize,
        records: &[Record],
        own: Option<&str>,
        now: Instant,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut touched: Vec<Key> = Vec::new();
        for record in records {
            let (Said::Offers { instance }
            | Said::Stands { instance, .. }
            | Said::Text { instance, .. }) = &record.said
            else {
                continue;
            };
            if own.is_some_and(|own| own.eq_ignore_ascii_case(instance)) {
                continue;
            }
            let key = (source, instance.to_ascii_lowercase());
            if record.ttl.is_zero() {
                if let Some(entry) = self.entries.remove(&key)
                    && entry.told.is_some()
                {
                    changes.push(Change::Gone(source, entry.name));
                }
                continue;
            }
            self.make_room(&key, &mut changes);
            let entry =
                self.entries.entry(key.clone()).or_insert_with(|| Entry::new(instance, now));
            entry.heard = now;
            match &record.said {
                Said::Stands { host, port, .. } => {
                    entry.stands = Some((host.clone(), *port));
                    entry.said_until = now + record.ttl;
                    entry.ask_at = now + record.ttl.mul_f64(self.patience);
                    entry.asked = 0;
                }
                Said::Text { text, .. } => {
                    let turns_out_nobody = entry.read_text(text, &mut self.unpacked, now);
                    changes.extend(turns_out_nobody.then(|| Change::Nobody(entry.name.clone())));
                }
                Said::Offers { .. } => entry.offers_until = now + record.ttl,
                Said::Address { .. } => {}
            }
            if !touched.contains(&key) {
                touched.push(key);
            }
        }
        self.hear_addresses(source, link, records, &mut touched, now);
        for key in touched {
            let Some(entry) = self.entries.get_mut(&key) else { continue };
            let found = entry.found();
            if let Some(found) = found
                && entry.told.as_ref() != Some(&found)
            {
                entry.told = Some(found.clone());
                changes.push(Change::Found(source, found));
            }
        }
        changes
    }

    fn hear_addresses(
        &mut self,
        source: IpAddr,
        link: usize,
        records: &[Record],
        touched: &mut Vec<Key>,
        now: Instant,
    ) {
        let said: Vec<(&str, IpAddr, bool)> = records
            .iter()
            .filter(|record| !record.ttl.is_zero())
            .filter_map(|record| match &record.said {
                Said::Address { host, ip } => Some((host.as_str(), *ip, record.replaces)),
                _ => None,
            })
            .collect();
        if said.is_empty() {
            return;
        }
        for (key, entry) in self.entries.iter_mut().filter(|(key, _)| key.0 == source) {
            let Some((host, _)) = &entry.stands else { continue };
            let mut here =
                said.iter().filter(|(of, _, _)| of.eq_ignore_ascii_case(host)).peekable();
            if here.peek().is_none() {
                continue;
            }
            for (_, ip, replaces) in here {
                entry.addresses.retain(|(other, on, heard)| {
                    let is_older = now.saturating_duration_since(*heard) > ASK_AGAIN;
                    let is_replaced =
                        *replaces && *on == link && is_older && other.is_ipv4() == ip.is_ipv4();
                    other != ip && !is_replaced
                });
                if entry.addresses.len() < ADDRESSES_MAX {
                    entry.addresses.push((*ip, link, now));
                }
            }
            if !touched.contains(key) {
                touched.push(key.clone());
            }
        }
    }

    /// So that one more fits.
    fn make_room(&mut self, newcomer: &Key, changes: &mut Vec<Change>) {
        if self.entries.contains_key(newcomer) {
            return;
        }
        let mut counts: HashMap<IpAddr, usize> = HashMap::new();
        // Counting is only of interest when something has to go.
        if self.entries.len() >= EACH_MAX {
            for (source, _) in self.entries.keys() {
                *counts.entry(*source).or_default() += 1;
            }
        }
        let from = if counts.get(&newcomer.0).is_some_and(|count| *count >= EACH_MAX) {
            newcomer.0
        } else if self.entries.len() >= SERVICES_MAX {
            let most = counts.into_iter().max_by_key(|(_, count)| *count);
            let Some((most, _)) = most else { return };
            most
        } else {
            return;
        };
        let oldest = self.entries.iter().filter(|(key, _)| key.0 == from);
        let oldest = oldest.min_by_key(|(_, entry)| entry.heard).map(|(key, _)| key.clone());
        if let Some(key) = oldest
            && let Some(entry) = self.entries.remove(&key)
            && entry.told.is_some()
        {
            changes.push(Change::Dropped(key.0, entry.name));
        }
    }

    /// What nobody says any more, and what is to be asked.
    pub(super) fn due(&mut self, now: Instant) -> (Vec<Change>, Vec<Asked>) {
        let (mut changes, mut questions) = (Vec::new(), Vec::new());
        self.entries.retain(|key, entry| {
            let holds = now < entry.said_until;
            if !holds && entry.told.is_some() {
                changes.push(Change::Gone(key.0, entry.name.clone()));
            }
            holds
        });
        for entry in self.entries.values_mut().filter(|entry| entry.ask_at <= now) {
            if questions.len() >= QUESTIONS_MAX {
                break;
            }
            entry.asked += 1;
            let again =
                if entry.asked < ASKED_MAX { ASK_AGAIN } else { Duration::from_secs(86_400) };
            entry.ask_at = now + again;
            match &entry.stands {
                Some((host, _)) if entry.addresses.is_empty() && entry.announced.is_some() => {
                    questions.push(Asked::Host(host.clone()));
                }
                _ => questions.push(Asked::Instance(entry.name.clone())),
            }
        }
        if !questions.is_empty() {
            self.asked_at = now;
        }
        (changes, questions)
    }

    /// Who need not answer when it is asked who is there, with for how many seconds more that is known.
    pub(super) fn known(&self, now: Instant) -> Vec<(String, u32)> {
        let known =
            self.entries.values().filter(|entry| entry.told.is_some()).filter_map(|entry| {
                let left = entry.offers_until.saturating_duration_since(now);
                let seconds = u32::try_from(left.as_secs()).unwrap_or(u32::MAX);
                (left > HALF_KNOWN).then(|| (entry.name.clone(), seconds))
            });
        let mut known: Vec<_> = known.collect();
        // By IPv4 and by IPv6 it is one.
        known.sort_unstable();
        known.dedup_by(|a, b| a.0 == b.0);
        known.truncate(KNOWN_MAX);
        known
    }

    /// When somebody was asked last.
    pub(super) fn asked_at(&self) -> Instant {
        self.asked_at
    }

    /// When something is due next.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.entries.values().map(|entry| entry.ask_at.min(entry.said_until)).min()
    }

    /// Forgets everybody: this machine is somewhere else now.
    pub(super) fn forget(&mut self) {
        self.entries.clear();
    }
}

impl Entry {
    fn new(name: &str, now: Instant) -> Self {
        Self {
            name: name.to_owned(),
            heard: now,
            stands: None,
            text: Vec::new(),
            announced: None,
            is_nobody: false,
            addresses: Vec::new(),
            // Until it says more.
            said_until: now + ASK_AGAIN * (ASKED_MAX + 1),
            offers_until: now,
            ask_at: now + ASK_AGAIN / 10,
            asked: 0,
            told: None,
        }
    }

    /// Whether it is known only now that this is nobody.
    fn read_text(
        &mut self,
        text: &[(String, String)],
        unpacked: &mut Bucket,
        now: Instant,
    ) -> bool {
        // What is not read now is said again.
        if self.text == text && !text.is_empty() || !unpacked.take(now) {
            return false;
        }
        let get = |name: &str| {
            text.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
        };
        self.announced = txt::read(get);
        self.text = text.to_vec();
        let was_somebody = !self.is_nobody;
        self.is_nobody = self.announced.is_none();
        self.is_nobody && was_somebody
    }

    fn found(&self) -> Option<Found> {
        let (host, port) = self.stands.as_ref()?;
        let announced = self.announced.clone()?;
        let mut addresses: Vec<IpAddr> = self.addresses.iter().map(|(ip, _, _)| *ip).collect();
        if addresses.is_empty() {
            return None;
        }
        addresses.sort_by_key(|ip| (ip.is_ipv6(), *ip));
        Some(Found {
            name: self.name.clone(),
            host: host.clone(),
            port: *port,
            addresses,
            announced,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: [(&str, &str); 3] = [
        ("version", "0.1.0"),
        ("pubkey", "A2sX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKW"),
        ("capabilities", "search"),
    ];

    fn said(instance: &str, ip: [u8; 4]) -> Vec<Record> {
        let (instance, host) = (instance.to_owned(), format!("{instance}.local"));
        let text = TEXT.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        [
            Said::Stands { instance: instance.clone(), host: host.clone(), port: 7 },
            Said::Text { instance, text },
            Said::Address { host, ip: ip.into() },
        ]
        .into_iter()
        .map(|said| Record { ttl: Duration::from_secs(120), replaces: true, said })
        .collect()
    }

    fn from(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn names(changes: &[Change]) -> Vec<&str> {
        let found = changes.iter().filter_map(|change| match change {
            Change::Found(_, found) => Some(found.name.as_str()),
            _ => None,
        });
        found.collect()
    }

    #[test]
    fn who_said_everything_is_found_once_and_gone_when_it_says_no_more() {
        let start = Instant::now();
        let mut cache = Cache::new(0, start);
        let changes = cache.hear(from(1), 0, &said("ana", [192, 0, 2, 1]), None, start);
        assert_eq!(names(&changes), ["ana"]);
        assert_eq!(cache.known(start), [], "it did not say how long it offers that");
        let said_offer = Said::Offers { instance: "ana".into() };
        let ttl = Duration::from_secs(4_500);
        let offer = [Record { ttl, replaces: false, said: said_offer }];
        cache.hear(from(1), 0, &offer, None, start);
        assert_eq!(cache.known(start), [("ana".to_owned(), 4_500)]);
        assert_eq!(cache.known(start + ttl * 2 / 3), [], "it has to say so again");
        assert_eq!(cache.hear(from(1), 0, &said("ana", [192, 0, 2, 1]), None, start), []);
        assert_eq!(cache.hear(from(1), 0, &said("own", [192, 0, 2, 1]), Some("Own"), start), []);
        let (changes, questions) = cache.due(start + Duration::from_secs(100));
        assert_eq!((changes, questions), (vec![], vec![Asked::Instance("ana".into())]));
        // Its address changed.
        let later = start + Duration::from_secs(101);
        let changes = cache.hear(from(1), 0, &said("ana", [192, 0, 2, 9]), None, later);
        let [Change::Found(_, found)] = &changes[..] else { panic!("{changes:?}") };
        assert_eq!(found.addresses, [from(9)]);
        let (changes, _) = cache.due(later + Duration::from_secs(121));
        assert_eq!(changes, [Change::Gone(from(1), "ana".into())]);
        assert!(cache.entries.is_empty());
    }

    #[test]
    fn nobody_takes_back_or_changes_what_another_address_said() {
        let start = Instant::now();
        let mut cache = Cache::new(0, start);
        cache.hear(from(1), 0, &said("ana", [192, 0, 2, 1]), None, start);
        let mut goodbye = said("ana", [192, 0, 2, 1]);
        goodbye.iter_mut().for_each(|record| record.ttl = Duration::ZERO);
        assert_eq!(cache.hear(from(66), 0, &goodbye, None, start), []);
        let changes = cache.hear(from(66), 0, &said("ana", [192, 0, 2, 66]), None, start);
        assert!(matches!(&changes[..], [Change::Found(source, _)] if *source == from(66)));
        assert_eq!(
            cache.hear(from(1), 0, &goodbye, None, start),
            [Change::Gone(from(1), "ana".into())]
        );
    }

    #[test]
    fn newcomers_are_found_whatever_others_make_up_and_it_stays_bounded() {
        let start = Instant::now();
        let mut cache = Cache::new(0, start);
        cache.hear(from(1), 0, &said("before", [192, 0, 2, 1]), None, start);
        for number in 0..20_000_u32 {
            let now = start + Duration::from_millis(u64::from(number) / 10);
            let source = from(100 + (number % 40) as u8);
            cache.hear(source, 0, &said(&format!("x{number}"), [10, 0, 0, 1]), None, now);
            assert!(cache.entries.len() <= SERVICES_MAX);
        }
        let later = start + Duration::from_secs(20);
        let changes = cache.hear(from(2), 0, &said("late", [192, 0, 2, 2]), None, later);
        assert_eq!(names(&changes), ["late"]);
        assert!(cache.entries.contains_key(&(from(1), "before".into())), "it says little");
        let each = cache.entries.keys().filter(|(source, _)| *source == from(100)).count();
        assert!(each <= EACH_MAX);
        let (_, questions) = cache.due(later + Duration::from_secs(2));
        assert!(questions.len() <= QUESTIONS_MAX);
    }
}
