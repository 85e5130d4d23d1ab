//! A packet of multicast DNS (RFC 6762 §18), as far as it is about this service: what is asked, what is said.
//! Pure. Packets come from anybody: how many questions and records one has is looked at before it is parsed.

use super::SERVICE;
use super::link::Link;
use simple_dns::rdata::{A, AAAA, PTR, RData, SRV, TXT};
use simple_dns::{
    CLASS, CharacterString, Label, Name, Packet, PacketFlag, QCLASS, QTYPE, Question,
    ResourceRecord, TYPE,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// The longest packet that is read (RFC 6762 §17).
pub(super) const PACKET_BYTES_MAX: usize = 9_000;
/// The most questions of a packet, and the most records. One that has more is no honest one.
const QUESTIONS_MAX: u16 = 64;
const RECORDS_MAX: u32 = 256;
/// The longest TXT record that is looked at.
const TEXT_BYTES_MAX: usize = 1_300;
/// What `_services._dns-sd._udp.local` tells of (RFC 6763 §9).
const TYPES: [&str; 4] = ["_services", "_dns-sd", "_udp", "local"];
/// How long what depends on a host's name holds, and everything else (RFC 6762 §10), in seconds.
const HOST_TTL_S: u32 = 120;
const OTHER_TTL_S: u32 = 4_500;
/// Who knows this node for so long yet needs no answer (RFC 6762 §7.1).
pub(super) const HALF_KNOWN: Duration = Duration::from_secs(OTHER_TTL_S as u64 / 2);

/// What a packet says about this service.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// Whether it answers.
    pub(super) is_answer: bool,
    pub(super) asked: Vec<Asked>,
    /// What it says; of a question, what whoever asks knows or is about to say.
    pub(super) records: Vec<Record>,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// Who offers the service.
    Service,
    /// What services there are.
    Types,
    /// All about one who offers it, by its own name.
    Instance(String),
    /// Where a host is.
    Host(String),
}

/// One thing that is said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// How long it holds; zero: no longer.
    pub(super) ttl: Duration,
    /// Whether what was said before does not hold any more.
    pub(super) replaces: bool,
    pub(super) said: Said,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    Offers { instance: String },
    Stands { instance: String, host: String, port: u16 },
    Text { instance: String, text: Vec<(String, String)> },
    Address { host: String, ip: IpAddr },
}

/// Reads a packet. `None`: it is none, or too much of one.
pub(super) fn read(bytes: &[u8]) -> Option<Heard> {
    let count = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let total: u32 = [6, 8, 10].into_iter().filter_map(count).map(u32::from).sum();
    if bytes.len() < 12 || count(4)? > QUESTIONS_MAX || total > RECORDS_MAX {
        return None;
    }
    let packet = Packet::parse(bytes).ok()?;
    let mut heard = Heard { is_answer: packet.has_flags(PacketFlag::RESPONSE), ..Heard::default() };
    heard.asked = packet.questions.iter().filter_map(asked).collect();
    let sections = [&packet.answers, &packet.name_servers, &packet.additional_records];
    heard.records = sections.into_iter().flatten().filter_map(record).collect();
    Some(heard)
}

fn asked(question: &Question<'_>) -> Option<Asked> {
    let wants = |types: &[TYPE]| match question.qtype {
        QTYPE::ANY => true,
        QTYPE::TYPE(kind) => types.contains(&kind),
        _ => false,
    };
    let labels = question.qname.get_labels();
    if is(labels, &service_labels()) {
        return wants(&[TYPE::PTR]).then_some(Asked::Service);
    }
    if is(labels, &TYPES) {
        return wants(&[TYPE::PTR]).then_some(Asked::Types);
    }
    if let Some(instance) = instance(&question.qname) {
        return wants(&[TYPE::SRV, TYPE::TXT]).then_some(Asked::Instance(instance));
    }
    wants(&[TYPE::A, TYPE::AAAA]).then(|| Asked::Host(host(&question.qname)))
}

fn record(record: &ResourceRecord<'_>) -> Option<Record> {
    let said = match &record.rdata {
        RData::PTR(PTR(to)) if is(record.name.get_labels(), &service_labels()) => {
            Said::Offers { instance: instance(to)? }
        }
        RData::SRV(srv) => Said::Stands {
            instance: instance(&record.name)?,
            host: host(&srv.target),
            port: srv.port,
        },
        RData::TXT(txt) => Said::Text { instance: instance(&record.name)?, text: text(txt) },
        RData::A(A { address }) => {
            Said::Address { host: host(&record.name), ip: Ipv4Addr::from(*address).into() }
        }
        RData::AAAA(AAAA { address }) => {
            Said::Address { host: host(&record.name), ip: Ipv6Addr::from(*address).into() }
        }
        _ => return None,
    };
    let ttl = Duration::from_secs(record.ttl.min(OTHER_TTL_S).into());
    Some(Record { ttl, replaces: record.cache_flush, said })
}

/// The properties, the first of each name (RFC 6763 §6.4).
fn text(txt: &TXT<'_>) -> Vec<(String, String)> {
    let mut left = TEXT_BYTES_MAX;
    let mut properties = Vec::new();
    for (name, value) in txt.iter_raw() {
        let Some(value) = value else { continue };
        let Some(rest) = left.checked_sub(name.len() + value.len()) else { break };
        left = rest;
        if let (Ok(name), Ok(value)) = (std::str::from_utf8(name), std::str::from_utf8(value)) {
            properties.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }
    properties
}

fn service_labels() -> [&'static str; 3] {
    let mut labels = SERVICE.split('.');
    std::array::from_fn(|_| labels.next().unwrap_or_default())
}

fn is(labels: &[Label<'_>], name: &[&str]) -> bool {
    labels.len() == name.len()
        && labels.iter().zip(name).all(|(a, b)| a.as_ref().eq_ignore_ascii_case(b.as_bytes()))
}

/// The own name of one who offers this service.
fn instance(name: &Name<'_>) -> Option<String> {
    let (first, rest) = name.get_labels().split_first()?;
    is(rest, &service_labels()).then(|| String::from_utf8_lossy(first.as_ref()).into_owned())
}

fn host(name: &Name<'_>) -> String {
    let labels: Vec<_> =
        name.get_labels().iter().map(|label| String::from_utf8_lossy(label.as_ref())).collect();
    labels.join(".")
}

/// What a node says of itself.
#[derive(Debug, Clone)]
pub(super) struct Own {
    /// Its own name, one label.
    pub(super) instance: String,
    /// Its host's name, without a dot at the end.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) text: Vec<(&'static str, String)>,
    /// The addresses that it has; nothing: all of its machine's.
    pub(super) chosen: Vec<IpAddr>,
}

impl Own {
    /// Whether there is something to say on this link.
    pub(super) fn is_on(&self, link: &Link) -> bool {
        self.addresses(link).next().is_some()
    }

    fn addresses<'a>(&'a self, link: &'a Link) -> impl Iterator<Item = IpAddr> + 'a {
        link.addresses().filter(|ip| self.chosen.is_empty() || self.chosen.contains(ip))
    }

    /// Everything that this node says on a link; `gone`: that it does not hold any more.
    pub(super) fn answer(&self, link: &Link, types: bool, gone: bool) -> Option<Vec<u8>> {
        let mut packet = Packet::new_reply(0);
        packet.set_flags(PacketFlag::AUTHORITATIVE_ANSWER);
        let ttl = |seconds: u32| if gone { 0 } else { seconds };
        if types {
            let to = RData::PTR(PTR(service()?));
            packet.answers.push(entry(name(&TYPES)?, ttl(OTHER_TTL_S), to, false));
        }
        let to = RData::PTR(PTR(full(&self.instance)?));
        packet.answers.push(entry(service()?, ttl(OTHER_TTL_S), to, false));
        packet.answers.push(self.stands(ttl(HOST_TTL_S))?);
        let mut txt = TXT::new();
        for (name, value) in &self.text {
            let property = format!("{name}={value}").into_bytes();
            txt.add_char_string(CharacterString::new(&property).ok()?.into_owned());
        }
        let txt = RData::TXT(txt);
        packet.answers.push(entry(full(&self.instance)?, ttl(OTHER_TTL_S), txt, true));
        for ip in self.addresses(link) {
            let rdata = match ip {
                IpAddr::V4(ip) => RData::A(A { address: ip.into() }),
                IpAddr::V6(ip) => RData::AAAA(AAAA { address: ip.into() }),
            };
            let host = Name::new(&self.host).ok()?.into_owned();
            packet.answers.push(entry(host, ttl(HOST_TTL_S), rdata, true));
        }
        packet.build_bytes_vec_compressed().ok()
    }

    fn stands(&self, ttl: u32) -> Option<ResourceRecord<'static>> {
        let target = Name::new(&self.host).ok()?.into_owned();
        let srv = RData::SRV(SRV { priority: 0, weight: 0, port: self.port, target });
        Some(entry(full(&self.instance)?, ttl, srv, true))
    }

    /// Asks whether somebody else has this name (RFC 6762 §8.1).
    pub(super) fn probe(&self) -> Option<Vec<u8>> {
        let mut packet = Packet::new_query(0);
        packet.questions.push(question(full(&self.instance)?, QTYPE::ANY));
        let mut stands = self.stands(HOST_TTL_S)?;
        stands.cache_flush = false;
        packet.name_servers.push(stands);
        packet.build_bytes_vec_compressed().ok()
    }
}

/// A packet that asks for these. `known`: who need not answer, and for how many seconds that is known.
pub(super) fn query(asked: &[Asked], known: &[(String, u32)]) -> Option<Vec<u8>> {
    let mut packet = Packet::new_query(0);
    for asked in asked {
        match asked {
            Asked::Service => packet.questions.push(question(service()?, TYPE::PTR.into())),
            Asked::Types => packet.questions.push(question(name(&TYPES)?, TYPE::PTR.into())),
            Asked::Instance(instance) => {
                let Some(full) = full(instance) else { continue };
                packet.questions.push(question(full.clone(), TYPE::SRV.into()));
                packet.questions.push(question(full, TYPE::TXT.into()));
            }
            Asked::Host(host) => {
                let Ok(host) = Name::new(host).map(Name::into_owned) else { continue };
                packet.questions.push(question(host.clone(), TYPE::A.into()));
                packet.questions.push(question(host, TYPE::AAAA.into()));
            }
        }
    }
    for (instance, ttl) in known {
        let Some(to) = full(instance) else { continue };
        packet.answers.push(entry(service()?, *ttl, RData::PTR(PTR(to)), false));
    }
    packet.build_bytes_vec_compressed().ok()
}

fn question(name: Name<'static>, kind: QTYPE) -> Question<'static> {
    Question::new(name, kind, QCLASS::CLASS(CLASS::IN), false)
}

fn entry(
    name: Name<'static>,
    ttl: u32,
    rdata: RData<'static>,
    replaces: bool,
) -> ResourceRecord<'static> {
    ResourceRecord::new(name, CLASS::IN, ttl, rdata).with_cache_flush(replaces)
}

fn service() -> Option<Name<'static>> {
    name(&service_labels())
}

fn full(instance: &str) -> Option<Name<'static>> {
    let [a, b, c] = service_labels();
    name(&[instance, a, b, c])
}

fn name(labels: &[&str]) -> Option<Name<'static>> {
    let labels: Option<Vec<Label<'static>>> =
        labels.iter().map(|label| Label::new(label.as_bytes().to_vec()).ok()).collect();
    Some(Name::new_with_labels(&labels?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn own() -> Own {
        let text = vec![("version", "0.1.0".to_owned()), ("pubkey", "A2s".to_owned())];
        let chosen = vec![IpAddr::from([192, 0, 2, 1])];
        Own {
            instance: "camille-book-ana".into(),
            host: "book-1.local".into(),
            port: 7,
            text,
            chosen,
        }
    }

    #[test]
    fn what_is_said_is_what_is_heard() {
        let bytes = own().answer(&Link::default(), true, false).expect("fits");
        let heard = read(&bytes).expect("reads");
        assert!(heard.is_answer && heard.asked.is_empty());
        let [offers, stands, text] = &heard.records[..] else { panic!("{heard:?}") };
        let instance = "camille-book-ana".to_owned();
        assert_eq!(offers.said, Said::Offers { instance: instance.clone() });
        assert!(!offers.replaces && stands.replaces && text.replaces);
        let host = "book-1.local".to_owned();
        assert_eq!(stands.said, Said::Stands { instance: instance.clone(), host, port: 7 });
        let properties = own().text.into_iter().map(|(name, value)| (name.to_owned(), value));
        assert_eq!(text.said, Said::Text { instance, text: properties.collect() });
        let gone = read(&own().answer(&Link::default(), false, true).expect("fits"));
        assert!(gone.expect("reads").records.iter().all(|record| record.ttl.is_zero()));
    }

    #[test]
    fn what_is_asked_is_understood_and_a_probe_says_what_it_is_about_to_say() {
        let asked = [
            Asked::Service,
            Asked::Types,
            Asked::Instance("ana.b".into()),
            Asked::Host("book-1.local".into()),
        ];
        let heard = read(&query(&asked, &[]).expect("fits")).expect("reads");
        let mut twice = Vec::new();
        for asked in asked {
            if matches!(asked, Asked::Instance(_) | Asked::Host(_)) {
                twice.push(asked.clone());
            }
            twice.push(asked);
        }
        assert_eq!(heard.asked, twice);
        let known = query(&[Asked::Service], &[("ana".into(), 3_000)]).expect("fits");
        let known = read(&known).expect("reads");
        assert_eq!(known.records[0].said, Said::Offers { instance: "ana".into() });
        assert!(known.records[0].ttl > HALF_KNOWN);
        let probe = read(&own().probe().expect("fits")).expect("reads");
        assert_eq!(probe.asked, [Asked::Instance("camille-book-ana".into())]);
        assert!(!probe.is_answer && matches!(probe.records[0].said, Said::Stands { port: 7, .. }));
    }

    #[test]
    fn who_asks_or_says_too_much_is_not_read() {
        let many = vec![Asked::Service; usize::from(QUESTIONS_MAX) + 1];
        assert_eq!(read(&query(&many, &[]).expect("fits")), None);
        assert!(read(&query(&many[1..], &[]).expect("fits")).is_some());
        let mut head = vec![0; 12];
        head[6..8].copy_from_slice(&u16::MAX.to_be_bytes());
        assert_eq!(read(&head), None);
        // A name that leads to itself.
        let mut around = vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        around.extend([0xc0, 12, 0, 12, 0, 1]);
        assert_eq!(read(&around), None);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = read(&bytes);
        }

        #[test]
        fn what_was_changed_on_the_way_is_read_or_not(
            at in 0..200_usize, byte in any::<u8>(), cut in 0..300_usize
        ) {
            let mut bytes = own().answer(&Link::default(), true, false).expect("fits");
            let last = bytes.len() - 1;
            bytes[at.min(last)] = byte;
            bytes.truncate(cut.max(1));
            let _ = read(&bytes);
        }
    }
}
