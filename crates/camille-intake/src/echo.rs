//! Whose text it is: what peers wrote and this node handed out is remembered, so that it is not taken for the
//! owner's own when an agent writes it into a transcript. A peer's text that came in that way would outlive
//! their grant.

mod asked;
mod known;

use asked::Asked;
use camille_ingest::echo::{self, Earlier, Found, Sifted, Trail, Voice};
use camille_proto::hit::Hit;
use camille_proto::local::AuditEntry;
use camille_registry::handed::Handed;
use camille_registry::{Registry, RegistryError};
use jiff::Timestamp;
use known::Known;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

/// Of the bank's size, one part in so many is kept of fingerprints.
const BANK_SHARE: u64 = 100;

/// What is kept of fingerprints however small the bank is, in bytes: some hundred pages of peers' text.
const BYTES_MIN: u64 = 256 * 1024;

/// Fingerprints that the bank showed to be the owner's, kept so that it is not asked again.
const OWN_MAX: usize = 64 * 1024;

/// The memory of what was handed out, as it stands in node.db.
#[derive(Debug, Default)]
pub struct Echo {
    bank_dir: PathBuf,
    known: RwLock<Known>,
    /// What others asked.
    asked: RwLock<Asked>,
    /// What is known of peers, and the bank held of the owner before.
    own: RwLock<HashSet<u64>>,
}

/// A text that is the owner's, whatever peers wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What it says.
    pub text: String,
    /// Of what it shows that.
    pub when: When,
}

/// Of what a text shows that it is the owner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Of what was handed out after that.
    Since(Timestamp),
    /// Of all, for the bank holds it: in this voice it would have been left out, had it come later. What is too
    /// little to be known for a peer's may have come later, and shows nothing.
    Before(Voice),
}

/// What a text is besides the owner's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What is left of it.
    pub sifted: Sifted,
    /// What the one is called who wrote the rest.
    pub who: Option<String>,
    /// Words of earlier parts that turn out to be the same one's.
    pub through: Vec<Earlier>,
}

impl Judged {
    const OWN: Self = Self { sifted: Sifted::Own, who: None, through: Vec::new() };
}

impl Echo {
    /// Reads what was handed out before. What is kept is measured by the bank in `bank_dir`.
    pub fn load(registry: &Registry, bank_dir: PathBuf) -> Result<Self, RegistryError> {
        let known = Known::of(&registry.handed()?);
        Ok(Self { bank_dir, known: RwLock::new(known), ..Self::default() })
    }

    /// How many of the newest accesses are worth telling of when a node opens.
    pub const ACCESSES_MAX: usize = asked::QUESTIONS_MAX;

    /// Remembers what was asked with these accesses, which the owner may have printed.
    pub fn remember_questions<'a>(&self, accesses: impl Iterator<Item = &'a AuditEntry>) {
        let mut asked = self.asked.write().unwrap_or_else(PoisonError::into_inner);
        for access in accesses {
            if let Some(question) = &access.query {
                let who = access.key_name.as_deref().unwrap_or("somebody");
                asked.add(question, who, access.timestamp);
            }
        }
    }

    /// Remembers what peers wrote of these hits. Nothing of it may be handed out before.
    pub fn remember_hits(
        &self,
        registry: &Registry,
        hits: &[Hit],
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let theirs = hits.iter().filter(|hit| hit.source != "local");
        let texts = theirs.flat_map(|hit| {
            let title = hit.metadata.title.iter().map(String::as_str);
            title.chain([hit.content.as_str()]).map(|text| (hit.source.as_str(), text))
        });
        self.remember(registry, texts, now)
    }

    /// Remembers texts, each with who wrote it.
    pub fn remember<'a>(
        &self,
        registry: &Registry,
        texts: impl Iterator<Item = (&'a str, &'a str)>,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let mut new = Vec::new();
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let mut seen = HashSet::new();
            for (source, text) in texts {
                let mut id = [0; 16];
                id.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
                if !known.has_text(&id) && seen.insert(id) {
                    let prints = echo::fingerprints(text);
                    new.push(Handed { text: id, source: source.to_owned(), time: now, prints });
                }
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let bytes_max = BYTES_MIN.max(size(&self.bank_dir) / BANK_SHARE);
        let forgot = registry.remember_handed(&new, bytes_max)?;
        // What the table lost is not to be believed known.
        let all = if forgot { Some(Known::of(&registry.handed()?)) } else { None };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        match all {
            Some(all) => *known = all,
            None => known.add(&new),
        }
        Ok(())
    }

    /// Whether nothing was ever handed out: then there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).is_empty()
            && self.asked.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// What of a text is the owner's own. It is the part of that number of a session, and `trail` is of those before it. When it says it was written does not count: that is the writer's word.
    /// `on_disk` and `in_bank` are asked for what is known to be the owner's, only if something is found and
    /// each only if it is needed; the bank for what holds the quoted texts.
    pub fn sift(
        &self,
        (text, voice): (&str, Voice),
        (part, trail): (u64, &mut Trail),
        on_disk: &dyn Fn() -> Vec<Evidence>,
        in_bank: &dyn Fn(&str) -> Vec<Evidence>,
    ) -> Judged {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let asked = self.asked.read().unwrap_or_else(PoisonError::into_inner);
        if known.is_empty() && asked.is_empty() {
            return Judged::OWN;
        }
        // Questions are no longer than a chain: theirs need not be told from texts'.
        let text_of = |print| known.text(print).or_else(|| asked.text(print));
        let shown_by = |evidence: &[Evidence]| {
            let mut shown = known.shown_by(evidence);
            shown.extend(asked.shown_by(evidence));
            shown
        };
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        let before = trail.clone();
        let theirs = |print| text_of(print).filter(|_| !own.contains(&print));
        let Found { mut parts, mut through } = echo::follow(text, voice, part, trail, theirs);
        drop(own);
        if parts.is_empty() {
            return Judged::OWN;
        }
        let mut shown = shown_by(&on_disk());
        let by_disk = shown.len();
        let quoted: Vec<&str> = parts.iter().map(|part| &text[part.clone()]).collect();
        let mut held = in_bank(&quoted.join("\n"));
        held.retain(|held| match held.when {
            When::Since(_) => true,
            When::Before(voice) => {
                let theirs = |print| text_of(print).is_some();
                !echo::quotations(&held.text, voice, theirs).is_empty()
            }
        });
        let held = shown_by(&held);
        shown.extend(&held);
        if by_disk + held.len() > 0 {
            self.keep_own(held);
            let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
            let is_own = |print: u64| own.contains(&print) || shown.contains(&print);
            let theirs = |print| text_of(print).filter(|_| !is_own(print));
            *trail = before;
            Found { parts, through } = echo::follow(text, voice, part, trail, theirs);
        }
        let who = RefCell::new(BTreeMap::<&str, usize>::new());
        for part in &parts {
            for source in echo::every_print(&text[part.clone()])
                .iter()
                .filter_map(|p| known.source(*p).or_else(|| asked.source(*p)))
            {
                *who.borrow_mut().entry(source).or_default() += 1;
            }
        }
        let who = who.into_inner().into_iter().max_by_key(|(_, count)| *count);
        let who = who.map(|(source, _)| source.strip_prefix("peer:").unwrap_or(source).to_owned());
        Judged { sifted: echo::without(text, &parts), who, through }
    }

    /// What is left of a part when these words are taken out of it, with what else is a peer's.
    pub fn without(&self, text: &str, words: &HashSet<u64>) -> Sifted {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        let is_known = |print| known.text(print).is_some() && !own.contains(&print);
        echo::without(text, &echo::named(text, words, is_known))
    }

    /// Keeps in mind what the bank held.
    fn keep_own(&self, held: HashSet<u64>) {
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        if own.len() + held.len() > OWN_MAX {
            own.clear();
        }
        own.extend(held);
    }
}

/// What the files of a directory take, in bytes. What cannot be read takes nothing.
fn size(dir: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    let of = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.flatten().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use camille_registry::SecretBox;
    use std::sync::Arc;

    /// Nothing is sealed here.
    struct Open;

    impl SecretBox for Open {
        fn seal(&self, plaintext: &[u8], _: &str) -> Option<Vec<u8>> {
            Some(plaintext.to_vec())
        }

        fn open(&self, sealed: &[u8], _: &str) -> Option<Vec<u8>> {
            Some(sealed.to_vec())
        }
    }

    /// A registry in a directory of its own.
    struct Fixture {
        _home: tempfile::TempDir,
        registry: Registry,
    }

    fn fixture() -> Fixture {
        let home = tempfile::tempdir().expect("a directory");
        let registry = Registry::open(home.path(), Arc::new(Open)).expect("node.db opens");
        Fixture { _home: home, registry }
    }

    fn day(day: i64) -> Timestamp {
        let start: Timestamp = "2026-03-01T12:00:00Z".parse().expect("a timestamp");
        start + jiff::SignedDuration::from_hours(24 * day)
    }

    /// A text of some thousand letters in which nothing repeats itself.
    fn theirs(number: u64) -> String {
        let letter = |at: u64| {
            let hash = blake3::hash(&(number << 32 | at).to_le_bytes());
            char::from(b'a' + hash.as_bytes()[0] % 26)
        };
        (0..4_000).map(|at| if at % 7 == 6 { ' ' } else { letter(at) }).collect()
    }

    fn sift(
        echo: &Echo,
        text: &str,
        on_disk: &dyn Fn() -> Vec<Evidence>,
        in_bank: &dyn Fn(&str) -> Vec<Evidence>,
    ) -> Judged {
        echo.sift((text, Voice::Shown), (0, &mut Trail::default()), on_disk, in_bank)
    }

    fn judged(echo: &Echo, text: &str) -> Judged {
        sift(echo, text, &Vec::new, &|_| Vec::new())
    }

    #[test]
    fn fingerprints_take_a_hundredth_of_the_bank_and_the_oldest_are_forgotten() {
        let f = fixture();
        let bank = tempfile::tempdir().expect("a directory");
        let bytes = 40 * 1024 * 1024_u64;
        let file = std::fs::File::create(bank.path().join("bank.db")).expect("a file");
        file.set_len(bytes).expect("is made long");
        let echo = Echo::load(&f.registry, bank.path().to_owned()).expect("loads");
        for number in 0..300 {
            let text = theirs(number);
            let one = [("peer:ana", text.as_str())];
            echo.remember(
                &f.registry,
                one.into_iter(),
                day(0) + jiff::SignedDuration::from_mins(number as i64),
            )
            .expect("remembers");
        }
        let kept = f.registry.handed().expect("reads");
        let prints: usize = kept.iter().map(|handed| handed.prints.len()).sum();
        let taken = (prints * 6 + kept.len() * 48) as u64;
        assert!(taken <= bytes / 100 && taken > bytes / 200, "{taken} of {bytes}");
        assert_eq!(judged(&echo, &theirs(0)), Judged::OWN, "forgotten");
        let known =
            Judged { sifted: Sifted::Nothing, who: Some("ana".into()), through: Vec::new() };
        assert_eq!(judged(&echo, &theirs(299)), known);
        let again = Echo::load(&f.registry, bank.path().to_owned()).expect("loads");
        assert_eq!(judged(&again, &theirs(299)), known, "after a restart");
        assert_eq!(size(bank.path()), bytes);
    }

    #[test]
    fn what_stood_there_before_is_the_owners_and_what_came_later_is_not() {
        let f = fixture();
        let echo = Echo::load(&f.registry, PathBuf::new()).expect("loads");
        assert!(echo.is_empty());
        let (one, two) = (theirs(1), theirs(2));
        for (text, when) in [(&one, day(3)), (&two, day(5))] {
            let text = [("peer:ana", text.as_str())];
            echo.remember(&f.registry, text.into_iter(), when).expect("remembers");
        }
        let both = format!("{one}\n{two}");
        let file = |when| vec![Evidence { text: both.clone(), when }];
        let by_disk =
            |since| sift(&echo, &both, &|| file(When::Since(since)), &|_| Vec::new()).sifted;
        assert_eq!(by_disk(day(2)), Sifted::Own);
        // The second was handed out after the file had it, and the first before.
        assert_eq!(by_disk(day(4)), Sifted::Cut(format!("…\n{two}")));
        assert_eq!(by_disk(day(6)), Sifted::Nothing);
        let by_bank = sift(&echo, &both, &Vec::new, &|_| file(When::Before(Voice::Shown)));
        assert_eq!(by_bank, Judged::OWN);
        assert_eq!(judged(&echo, &both), Judged::OWN, "what the bank said once is kept in mind");
    }

    #[test]
    fn what_others_asked_is_not_the_owners() {
        const QUESTION: &str =
            "why does the severance agreement of the lynx department mention the second quarter";
        let echo = Echo::default();
        let access = AuditEntry {
            seq: 1,
            timestamp: day(1),
            event: "search".to_owned(),
            route: "GET /api/v1/search".to_owned(),
            status: 200,
            key_id: None,
            key_name: Some("cleo".to_owned()),
            peer_id: None,
            origin: None,
            query: Some(QUESTION.to_owned()),
            results: Some(0),
            documents: Vec::new(),
            duration_ms: 7,
            error: None,
        };
        echo.remember_questions([&access].into_iter());
        let row = format!(
            "when   who   asked\n2026-11-30 10:05  cleo  “{}…”  0 hits  7 ms",
            &QUESTION[..58]
        );
        let line = format!(
            "{{\"event\":\"search\",\"keyName\":\"cleo\",\"query\":\"{QUESTION}\",\"results\":0}}"
        );
        for text in [row, line] {
            let judged = judged(&echo, &text);
            assert_eq!(judged.who.as_deref(), Some("cleo"), "{text}");
            assert!(!matches!(&judged.sifted, Sifted::Own), "{text}");
            assert!(
                !matches!(&judged.sifted, Sifted::Cut(kept) if kept.contains("lynx")),
                "{text}"
            );
        }
        // Whoever asks without end drives out questions only.
        for number in 0..400 {
            let access = AuditEntry { query: Some(theirs(number)), ..access.clone() };
            echo.remember_questions([&access].into_iter());
        }
        assert_eq!(judged(&echo, QUESTION), Judged::OWN);
        assert_ne!(judged(&echo, &theirs(399)), Judged::OWN);
    }
}
