//! Why lines are so: what git says of them and what the bank knows of the sessions that wrote them. It attributes nothing
//! below the evidence that [`attribute`] asks for, and shows nothing that the asking view does not see.

mod attribute;

use crate::home::Home;
use attribute::{Asked, Edits, Known, Verdict};
use camille_bank::{BankReader, Document, EditKey, SessionName, Visibility};
use camille_ingest::edit;
use camille_intake::blame::{Blame, Stretch};
use camille_proto::id::DocumentId;
use camille_proto::local::{self, Evidence, MightKnow, Passage, WhyAnswer, WhySession, WhyStretch};
use camille_proto::problem::Problem;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// Edits of one answer that are looked at, the newest ones.
const EDITS_MAX: usize = 5_000;
/// Sessions that are named because they may know more.
const MIGHT_KNOW_MAX: usize = 5;
/// Sessions whose prompt and reason are shown.
const SESSIONS_LED_MAX: usize = 50;
/// Of a prompt or a reason as much as people read of it.
const PASSAGE_CHARS: usize = 800;

/// What is known of these lines.
pub(crate) fn answer(
    home: &Home,
    reader: Option<&BankReader>,
    visible: &Visibility,
    blame: &Blame,
) -> Result<WhyAnswer, Box<Problem>> {
    let documents = match reader {
        Some(reader) => reader
            .edits(&keys(blame), visible, EDITS_MAX)
            .map_err(|error| crate::error::bank(&error))?,
        None => Vec::new(),
    };
    let mut sessions = Sessions::default();
    let known = known(&documents, &mut sessions);
    let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (id, commit) in &blame.commits {
        let of = commit.sessions.iter();
        let of = of.filter_map(|session| sessions.named(reader, visible, session).transpose());
        named.insert(id.as_str(), of.collect::<Result<_, _>>()?);
    }
    let edits = Edits::of(&known);
    let verdicts: Vec<(Verdict, Option<Timestamp>)> = blame
        .stretches
        .iter()
        .map(|stretch| {
            let asked = asked(home, blame, stretch, &named);
            (edits.attribute(&asked), asked.time)
        })
        .collect();
    Answer { home, reader, visible, documents: &documents, known: &known, sessions: &sessions }
        .of(blame, verdicts)
}

/// What the edits of these files are filed under.
fn keys(blame: &Blame) -> Vec<EditKey> {
    let mut paths: Vec<&str> = blame.stretches.iter().map(|s| s.path.as_str()).collect();
    paths.sort_unstable();
    paths.dedup();
    let key =
        |path: &str| if path.contains('/') { EditKey::of(path) } else { EditKey::anywhere(path) };
    paths.into_iter().map(key).collect()
}

/// Every edit of every document, in order.
fn known(documents: &[Document], sessions: &mut Sessions) -> Vec<Known> {
    let mut known = Vec::new();
    for (number, document) in documents.iter().enumerate() {
        let session = sessions.of(document);
        let edits = edit::of_call(document.tool.as_deref().unwrap_or_default(), &document.text);
        let time = document.timestamp;
        known.extend(edits.into_iter().map(|edit| Known { session, document: number, time, edit }));
    }
    known
}

/// The lines as they are compared with what is kept: redacted like that.
fn asked<'a>(
    home: &Home,
    blame: &'a Blame,
    stretch: &'a Stretch,
    named: &BTreeMap<&str, Vec<usize>>,
) -> Asked<'a> {
    let redacted = |lines: &[String]| {
        lines.iter().map(|line| home.redactor.redact(line).text.into_owned()).collect()
    };
    let commit = stretch.commit.as_deref();
    Asked {
        path: &stretch.path,
        elsewhere: &blame.elsewhere,
        lines: redacted(&stretch.lines),
        removed: redacted(&stretch.removed),
        time: commit.and_then(|id| blame.commits.get(id)).and_then(|commit| commit.time),
        named: commit.and_then(|id| named.get(id)).cloned().unwrap_or_default(),
    }
}

/// The sessions that an answer is about, by number.
#[derive(Default)]
struct Sessions {
    all: Vec<About>,
    numbers: HashMap<SessionName, usize>,
}

/// What is shown of a session.
struct About {
    name: SessionName,
    parent: Option<String>,
    title: Option<String>,
    project: String,
}

impl Sessions {
    fn of(&mut self, document: &Document) -> usize {
        self.add(About {
            name: SessionName { agent: document.agent, session: document.session.clone() },
            parent: document.parent_session.clone(),
            title: document.title.clone(),
            project: document.project.clone(),
        })
    }

    fn add(&mut self, about: About) -> usize {
        let next = self.all.len();
        let number = *self.numbers.entry(about.name.clone()).or_insert(next);
        if number == next {
            self.all.push(about);
        }
        number
    }

    /// The number of a session that a commit names, if it is one of this bank.
    fn named(
        &mut self,
        reader: Option<&BankReader>,
        visible: &Visibility,
        id: &str,
    ) -> Result<Option<usize>, Box<Problem>> {
        // What is shorter names too many.
        const ID_CHARS_MIN: usize = 16;
        let known = self.all.iter().position(|about| about.name.session == id);
        if known.is_some() || id.len() < ID_CHARS_MIN {
            return Ok(known);
        }
        // Whoever does not see everything is told of sessions whose edits they see, and of no other.
        let Some(reader) = reader.filter(|_| *visible == Visibility::Everything) else {
            return Ok(None);
        };
        let found = reader.sessions(id, 1).map_err(|error| crate::error::bank(&error))?;
        let found = found.into_iter().find(|one| one.name.session == id && one.documents > 0);
        Ok(found.map(|one| {
            self.add(About {
                name: one.name,
                parent: None,
                title: one.title,
                project: one.project.unwrap_or_default(),
            })
        }))
    }
}

/// What an answer is made from.
struct Answer<'a> {
    home: &'a Home,
    reader: Option<&'a BankReader>,
    visible: &'a Visibility,
    documents: &'a [Document],
    known: &'a [Known],
    sessions: &'a Sessions,
}

/// What the verdicts say of one session.
#[derive(Default)]
struct Tally {
    evidence: Option<Evidence>,
    lines: usize,
    document: Option<usize>,
}

impl Answer<'_> {
    fn of(
        &self,
        blame: &Blame,
        verdicts: Vec<(Verdict, Option<Timestamp>)>,
    ) -> Result<WhyAnswer, Box<Problem>> {
        let mut tallies: BTreeMap<usize, Tally> = BTreeMap::new();
        for (verdict, _) in &verdicts {
            if let Some((session, evidence)) = verdict.session {
                let tally = tallies.entry(session).or_default();
                tally.evidence = Some(tally.evidence.map_or(evidence, |known| known.min(evidence)));
                tally.lines += verdict.wrote;
                tally.document = tally.document.max(verdict.document);
            }
        }
        let might_know = self.might_know(&verdicts, &tallies);
        let mut order: Vec<usize> = tallies.keys().copied().collect();
        let time =
            |session: &usize| tallies[session].document.and_then(|at| self.documents[at].timestamp);
        order.sort_by_key(|session| std::cmp::Reverse(time(session)));
        let mut sessions = Vec::with_capacity(order.len());
        for session in &order {
            let is_led = sessions.len() < SESSIONS_LED_MAX;
            sessions.push(self.session(*session, &tallies[session], is_led)?);
        }
        let place = |session: usize| {
            let at = order.iter().position(|one| *one == session)?;
            u32::try_from(at).ok()
        };
        let stretches = blame.stretches.iter().zip(verdicts).map(|(stretch, (verdict, time))| {
            let commit = stretch.commit.as_ref().and_then(|id| blame.commits.get(id));
            let lines = count(stretch.lines.len());
            WhyStretch {
                path: stretch.path.clone(),
                line: stretch.line,
                end: stretch.line + lines.saturating_sub(1),
                commit: stretch.commit.clone(),
                time,
                summary: commit.map(|commit| self.shown(&commit.summary, PASSAGE_CHARS)),
                telling: count(verdict.telling),
                session: verdict.session.and_then(|(session, _)| place(session)),
                evidence: verdict.session.map(|(_, evidence)| evidence),
                wrote: count(verdict.wrote),
            }
        });
        Ok(WhyAnswer { stretches: stretches.collect(), sessions, might_know })
    }

    fn session(
        &self,
        session: usize,
        tally: &Tally,
        is_led: bool,
    ) -> Result<WhySession, Box<Problem>> {
        let about = &self.sessions.all[session];
        let edit = tally.document.map(|at| &self.documents[at]);
        let led = match (self.reader, edit) {
            (Some(reader), Some(edit)) if is_led => reader
                .led_to(&edit.id, self.visible)
                .map_err(|error| crate::error::bank(&error))?
                .unwrap_or_default(),
            _ => camille_bank::Led::default(),
        };
        let passage = |document: Option<Document>| {
            document.map(|document| Passage {
                document: document.id,
                text: self.shown(&document.text, PASSAGE_CHARS),
            })
        };
        Ok(WhySession {
            name: name(&about.name),
            parent: about.parent.clone(),
            title: about.title.clone(),
            project: about.project.clone(),
            evidence: tally.evidence.unwrap_or(Evidence::Replaced),
            lines: count(tally.lines),
            edit: edit.map(|edit| -> DocumentId { edit.id }),
            time: edit.and_then(|edit| edit.timestamp),
            prompt: passage(led.prompt),
            reason: passage(led.said),
        })
    }

    /// Sessions that edited a file of which something is not known, before that was committed.
    fn might_know(
        &self,
        verdicts: &[(Verdict, Option<Timestamp>)],
        tallies: &BTreeMap<usize, Tally>,
    ) -> Vec<MightKnow> {
        let unknown = verdicts.iter().filter(|(verdict, _)| verdict.session.is_none());
        let mut sessions: Vec<usize> =
            unknown.flat_map(|(v, _)| v.edited.iter().copied()).collect();
        sessions.sort_unstable();
        sessions.dedup();
        sessions.retain(|session| !tallies.contains_key(session));
        let might = |session: usize| {
            let about = &self.sessions.all[session];
            let edits = self.known.iter().filter(|known| known.session == session);
            MightKnow {
                name: name(&about.name),
                title: about.title.clone(),
                project: about.project.clone(),
                edits: count(edits.clone().count()),
                time: edits.filter_map(|known| known.time).max(),
            }
        };
        let mut all: Vec<MightKnow> = sessions.into_iter().map(might).collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.time));
        all.truncate(MIGHT_KNOW_MAX);
        all
    }

    /// The beginning of a text as the asker may see it.
    fn shown(&self, text: &str, chars: usize) -> String {
        let text = crate::wire::redacted(self.home, self.visible, text);
        let cut: String = text.trim().chars().take(chars).collect();
        if cut.len() < text.trim().len() { cut + "…" } else { cut }
    }
}

fn name(name: &SessionName) -> local::SessionName {
    local::SessionName { agent: name.agent, session: name.session.clone() }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
