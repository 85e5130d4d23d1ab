//! Says on every network that this node is there, and listens to who else is. Everything that it does because of
//! a packet is bounded: few packets of each address are looked at, and it answers once a second at most.

use super::cache::{Cache, Change};
use super::gate::Gate;
use super::link::{self, Link};
use super::packet::{self, Asked, Heard, Own, PACKET_BYTES_MAX, Said};
use super::socket::Sockets;
use camille_proto::id::PeerId;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How often it is looked whether networks came or went.
const LINKS_EVERY: Duration = Duration::from_secs(3);
/// How often it is asked whether a name is free, and how long each time is waited (RFC 6762 §8.1).
const PROBES: u32 = 3;
const PROBE_EVERY: Duration = Duration::from_millis(250);
/// How often it is said that this node is there, and when again (RFC 6762 §8.3).
const ANNOUNCEMENTS: u32 = 3;
const ANNOUNCE_EVERY: Duration = Duration::from_secs(1);
/// How long after the first question is asked again; then twice as long each time, up to an hour
/// (RFC 6762 §5.2).
const ASK_FIRST: Duration = Duration::from_secs(1);
const ASK_LAST: Duration = Duration::from_secs(3_600);
/// No network hears the same twice within this time (RFC 6762 §6).
const ANSWER_EVERY: Duration = Duration::from_secs(1);

/// What is to be told.
pub(super) enum Event {
    /// About who is there.
    Changed(Change),
    /// This machine is on other networks than before.
    Moved,
}

pub(super) struct Daemon {
    sockets: Sockets,
    links: Vec<OnLink>,
    gate: Gate,
    cache: Cache,
    own: Option<Own>,
    /// Differs from node to node, so that not all speak at once.
    jitter: u8,
    short_id: String,
    looked: Instant,
    ask_at: Instant,
    ask_again: Duration,
    /// What is said unasked: probes first, then announcements.
    say_at: Option<Instant>,
    said: u32,
}

/// A network, and what is to be said there.
struct OnLink {
    link: Link,
    answered: Option<Instant>,
    answer_at: Option<Instant>,
    types: bool,
}

impl Daemon {
    /// One that says what `own` is, if anything.
    pub(super) fn open(own: Option<Own>, peer: &PeerId) -> io::Result<Self> {
        let now = Instant::now();
        let jitter = peer.as_bytes().first().copied().unwrap_or_default();
        let mut daemon = Self {
            sockets: Sockets::open()?,
            links: Vec::new(),
            gate: Gate::new(now),
            cache: Cache::new(jitter, now),
            say_at: own.as_ref().map(|_| now),
            own,
            jitter,
            short_id: peer.short(),
            looked: now,
            ask_at: now,
            ask_again: ASK_FIRST,
            said: 0,
        };
        daemon.look_at_links(now)?;
        Ok(daemon)
    }

    /// Runs for ever, and tells what happens.
    pub(super) async fn run(&mut self, mut tell: impl FnMut(Event)) -> io::Result<()> {
        let mut buffer = Box::new([0; PACKET_BYTES_MAX]);
        loop {
            let until = self.next_due();
            tokio::select! {
                (length, source) = self.sockets.receive(&mut buffer) => {
                    let changes = self.packet(&buffer[..length], source, Instant::now());
                    changes.into_iter().map(Event::Changed).for_each(&mut tell);
                }
                () = tokio::time::sleep_until(until.into()) => {}
            }
            let now = Instant::now();
            if now >= self.looked + LINKS_EVERY && self.look_at_links(now)? {
                tell(Event::Moved);
            }
            if now >= until {
                self.speak(now, &mut tell).await;
            }
        }
    }

    /// Says that this node goes, so that nobody looks for it any more.
    pub(super) async fn part(&self) {
        let Some(own) = self.own.as_ref().filter(|_| self.said > PROBES) else { return };
        for on in self.links.iter().filter(|on| own.is_on(&on.link)) {
            if let Some(packet) = own.answer(&on.link, false, true) {
                self.sockets.send(&on.link, &packet).await;
            }
        }
    }

    fn packet(&mut self, bytes: &[u8], source: SocketAddr, now: Instant) -> Vec<Change> {
        let on = self
            .links
            .iter()
            .position(|on| link::of(std::slice::from_ref(&on.link), &source).is_some());
        let Some(on) = on else { return Vec::new() };
        if !self.gate.admits(source.ip(), now) {
            return Vec::new();
        }
        let Some(mut heard) = packet::read(bytes) else { return Vec::new() };
        if self.is_taken(&heard) {
            self.rename(now);
        }
        if !heard.is_answer {
            self.asked(on, &heard, now);
            return Vec::new();
        }
        let link = &self.links[on].link;
        heard.records.retain(|record| match record.said {
            Said::Address { ip, .. } => link.may_hold(ip),
            _ => true,
        });
        let own = self.own.as_ref().map(|own| own.instance.as_str());
        self.cache.hear(source.ip(), on, &heard.records, own, now)
    }

    /// Whether somebody else goes by this node's name.
    fn is_taken(&self, heard: &Heard) -> bool {
        let Some(own) = &self.own else { return false };
        heard.records.iter().any(|record| match &record.said {
            Said::Stands { instance, host, port } => {
                instance.eq_ignore_ascii_case(&own.instance)
                    && !(host.eq_ignore_ascii_case(&own.host) && *port == own.port)
                    && !record.ttl.is_zero()
            }
            _ => false,
        })
    }

    /// Takes a name that nobody else can have; whoever says that he has it, lies.
    fn rename(&mut self, now: Instant) {
        let Some(own) = &mut self.own else { return };
        if own.instance.ends_with(&self.short_id) {
            return;
        }
        let longest = 62 - self.short_id.len();
        let kept = own.instance.floor_char_boundary(longest);
        own.instance = format!("{}-{}", &own.instance[..kept], self.short_id);
        tracing::info!(
            name = own.instance,
            "the name on this network was taken; another one is used"
        );
        self.said = 0;
        self.say_at = Some(now);
    }

    /// Somebody asks. All is answered together, soon, and not again at once.
    fn asked(&mut self, on: usize, heard: &Heard, now: Instant) {
        let Some(own) = self.own.as_ref().filter(|_| self.said >= PROBES) else { return };
        let Some(on) = self.links.get_mut(on).filter(|on| own.is_on(&on.link)) else { return };
        let is_known = heard.records.iter().any(|record| match &record.said {
            Said::Offers { instance } => {
                instance.eq_ignore_ascii_case(&own.instance) && record.ttl >= packet::HALF_KNOWN
            }
            _ => false,
        });
        let is_meant = heard.asked.iter().any(|asked| match asked {
            Asked::Service => !is_known,
            Asked::Types => {
                on.types = true;
                true
            }
            Asked::Instance(name) => name.eq_ignore_ascii_case(&own.instance),
            Asked::Host(name) => name.eq_ignore_ascii_case(&own.host),
        });
        if is_meant {
            let soon = now + Duration::from_millis(20 + u64::from(self.jitter) * 100 / 256);
            let at = on.answered.map_or(soon, |answered| soon.max(answered + ANSWER_EVERY));
            on.answer_at = Some(on.answer_at.map_or(at, |before| before.min(at)));
        }
    }

    fn next_due(&self) -> Instant {
        let answers = self.links.iter().filter_map(|on| on.answer_at).min();
        let all = [Some(self.looked + LINKS_EVERY), Some(self.ask_at), self.say_at, answers];
        let cached = self.cache.next_due().map(|at| at.max(self.asked_pause()));
        all.into_iter().flatten().chain(cached).min().unwrap_or(self.ask_at)
    }

    /// Before then nobody is asked for what he left out, however many leave something out.
    fn asked_pause(&self) -> Instant {
        self.cache.asked_at() + ANSWER_EVERY / 4
    }

    async fn speak(&mut self, now: Instant, tell: &mut impl FnMut(Event)) {
        if self.say_at.is_some_and(|at| at <= now) {
            self.say(now).await;
        }
        for at in 0..self.links.len() {
            if self.links[at].answer_at.is_some_and(|due| due <= now) {
                self.answer(at, now).await;
            }
        }
        if self.asked_pause() <= now {
            let (changes, questions) = self.cache.due(now);
            changes.into_iter().map(Event::Changed).for_each(tell);
            if !questions.is_empty() {
                self.ask(&questions, &[]).await;
            }
        }
        if self.ask_at <= now {
            let known = self.cache.known(now);
            self.ask(&[Asked::Service], &known).await;
            self.ask_at = now + self.ask_again;
            self.ask_again = (self.ask_again * 2).min(ASK_LAST);
        }
    }

    async fn ask(&self, asked: &[Asked], known: &[(String, u32)]) {
        let Some(packet) = packet::query(asked, known) else { return };
        for on in &self.links {
            self.sockets.send(&on.link, &packet).await;
        }
    }

    async fn say(&mut self, now: Instant) {
        let Some(own) = &self.own else { return };
        let is_probe = self.said < PROBES;
        for on in self.links.iter_mut().filter(|on| own.is_on(&on.link)) {
            let packet = if is_probe { own.probe() } else { own.answer(&on.link, false, false) };
            if let Some(packet) = packet {
                self.sockets.send(&on.link, &packet).await;
            }
            if !is_probe {
                on.answered = Some(now);
            }
        }
        self.said += 1;
        self.say_at = match self.said {
            said if said <= PROBES => Some(now + PROBE_EVERY),
            said if said < PROBES + ANNOUNCEMENTS => Some(now + ANNOUNCE_EVERY * (said - PROBES)),
            _ => None,
        };
    }

    async fn answer(&mut self, at: usize, now: Instant) {
        let Some(on) = self.links.get_mut(at) else { return };
        on.answer_at = None;
        on.answered = Some(now);
        let types = std::mem::take(&mut on.types);
        let packet = self.own.as_ref().and_then(|own| own.answer(&on.link, types, false));
        if let Some(packet) = packet {
            self.sockets.send(&self.links[at].link, &packet).await;
        }
    }

    /// Whether there are others than before. Then everything is said and asked anew.
    fn look_at_links(&mut self, now: Instant) -> io::Result<bool> {
        self.looked = now;
        let links = link::links()?;
        if links.iter().eq(self.links.iter().map(|on| &on.link)) {
            return Ok(false);
        }
        for link in &links {
            self.sockets.join(link);
        }
        let on = |link| OnLink { link, answered: None, answer_at: None, types: false };
        self.links = links.into_iter().map(on).collect();
        self.cache.forget();
        self.ask_at = now;
        self.ask_again = ASK_FIRST;
        self.said = self.said.min(PROBES);
        self.say_at = self.own.as_ref().map(|_| now);
        Ok(true)
    }
}
