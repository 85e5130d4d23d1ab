//! Two real nodes and what must be true of them, as a reference that is too simple to be wrong: who has written
//! what, what is shared, and whether the two know each other.

use crate::plan::{Deed, PROJECTS, SESSIONS, Step, Who};
use camille_proto::local::{ForgetRequest, Forgettable, UndoRequest};
use camille_proto::vocabulary::Sharing;
use camille_testkit::node::TestNode;
use camille_testkit::session::Session;
use std::collections::BTreeSet;

/// What one person has and wants.
#[derive(Default)]
struct Person {
    /// Of each session the marks of what was written, in order, and whether it was forgotten.
    written: [Vec<usize>; SESSIONS],
    forgotten: [bool; SESSIONS],
    /// Whether the transcript is there.
    lost: [bool; SESSIONS],
    shared: BTreeSet<usize>,
    denied: BTreeSet<usize>,
}

impl Person {
    fn has(&self, mark: usize) -> Option<usize> {
        (0..SESSIONS).find(|at| !self.forgotten[*at] && self.written[*at].contains(&mark))
    }

    fn shows(&self, mark: usize) -> bool {
        let project = self.has(mark).map(|session| session % PROJECTS);
        project.is_some_and(|p| self.shared.contains(&p) && !self.denied.contains(&p))
    }
}

/// The nodes and the reference.
pub(crate) struct World {
    nodes: [Option<TestNode>; 2],
    people: [Person; 2],
    acquainted: bool,
    marks: usize,
}

/// A word that nothing else resembles, and that no stemmer cuts.
fn word(mark: usize) -> String {
    const SYLLABLES: [&str; 10] = ["ba", "ku", "mo", "ti", "re", "lo", "fu", "ga", "no", "zu"];
    let digits = format!("{mark:04}");
    let syllables = digits.bytes().map(|digit| SYLLABLES[usize::from(digit - b'0')]);
    format!("q{}x", syllables.collect::<String>())
}

fn project(who: Who, number: usize) -> String {
    format!("/home/{}/acme/p{number}", who.name())
}

impl World {
    pub(crate) async fn new() -> Self {
        let start = async |name| Some(TestNode::start(name).await.expect("a node"));
        Self {
            nodes: [start("ana").await, start("bruno").await],
            people: [Person::default(), Person::default()],
            acquainted: false,
            marks: 0,
        }
    }

    fn node(&self, who: Who) -> &TestNode {
        self.nodes[who as usize].as_ref().expect("a node that runs")
    }

    /// Does it, on the nodes and in the reference.
    ///
    /// # Errors
    /// What differs.
    pub(crate) async fn play(&mut self, step: Step) -> Result<(), String> {
        let Step { who, deed } = step;
        let said = |error: &dyn std::error::Error| format!("{step}: {error}: {:?}", error.source());
        match deed {
            Deed::Writes(session) => self.write(who, session).await,
            Deed::Loses(session) => {
                self.people[who as usize].lost[session] = true;
                let text = self.transcript(who, session);
                let path = text.write_under(&self.node(who).claude_dir());
                let removed = path.and_then(std::fs::remove_file);
                removed.map_err(|error| said(&error))
            }
            Deed::Forgets(session) => {
                let what = Forgettable::Session {
                    session: self.transcript(who, session).id().to_owned(),
                    agent: None,
                };
                let request = ForgetRequest { what, preview: false };
                let person = &mut self.people[who as usize];
                let there = !person.written[session].is_empty() && !person.forgotten[session];
                person.forgotten[session] |= there;
                match self.node(who).client().forget(&request).await {
                    Err(error) if there => Err(said(&error)),
                    // What is not there cannot be forgotten; whether that is an error is not told here.
                    _ => Ok(()),
                }
            }
            Deed::Shares(number) => {
                let shared = self.node(who).share(&project(who, number)).await;
                let person = &mut self.people[who as usize];
                // A deny beats every share, and says so.
                match (shared, person.denied.contains(&number)) {
                    (Err(_), true) => Ok(()),
                    (Ok(()), true) => Err(format!("{step}: but it is denied")),
                    (shared, false) => {
                        person.shared.insert(number);
                        shared.map_err(|error| said(&error))
                    }
                }
            }
            Deed::Unshares(number) => {
                self.people[who as usize].denied.insert(number);
                let node = self.node(who);
                let done = node.share_as(&project(who, number), Sharing::Private).await;
                done.map_err(|error| said(&error))
            }
            Deed::Undoes(number) => {
                self.people[who as usize].denied.remove(&number);
                let request = UndoRequest { pattern: project(who, number), preview: false };
                let done = self.node(who).client().undo_unshare(&request).await;
                done.map(drop).map_err(|error| said(&error))
            }
            Deed::Parts => {
                if std::mem::take(&mut self.acquainted) {
                    let node = self.node(who).client();
                    let done = node.remove_peer(who.other().name()).await;
                    done.map_err(|error| said(&error))?;
                    // The other notices when it asks; it removes us before it joins anew, as a person would.
                    let other = self.node(who.other()).client();
                    other.remove_peer(who.name()).await.map_err(|error| said(&error))?;
                }
                Ok(())
            }
            Deed::Invites => {
                if !std::mem::replace(&mut self.acquainted, true) {
                    let done = self.node(who).befriend(self.node(who.other())).await;
                    done.map_err(|error| said(&error))?;
                }
                Ok(())
            }
            Deed::Restarts => {
                let node = self.nodes[who as usize].take().expect("a node that runs");
                let restarted = node.restart().await.map_err(|error| said(&error))?;
                self.nodes[who as usize] = Some(restarted);
                Ok(())
            }
            Deed::Asks(number) => match self.marks {
                0 => Ok(()),
                marks => self.ask(who, number % marks).await,
            },
        }
    }

    /// Asks both for everything that was ever written.
    ///
    /// # Errors
    /// What differs.
    pub(crate) async fn ask_everything(&self) -> Result<(), String> {
        for mark in 0..self.marks {
            self.ask(Who::Ana, mark).await?;
            self.ask(Who::Bruno, mark).await?;
        }
        Ok(())
    }

    fn transcript(&self, who: Who, session: usize) -> Session {
        let mut text = Session::new(format!("{}-s{session}", who.name()))
            .cwd(project(who, session % PROJECTS));
        for mark in &self.people[who as usize].written[session] {
            let word = word(*mark);
            text = text.person(&format!("what is {word}?")).agent(&format!("{word} is a word."));
        }
        text
    }

    async fn write(&mut self, who: Who, session: usize) -> Result<(), String> {
        let mark = self.marks;
        self.marks += 1;
        let person = &mut self.people[who as usize];
        person.written[session].push(mark);
        person.lost[session] = false;
        let transcript = self.transcript(who, session);
        let report = self.node(who).add(&[transcript]).await.map_err(|error| error.to_string())?;
        match report.accounting.unaccounted() {
            0 => Ok(()),
            lines => Err(format!("{lines} lines are unaccounted for")),
        }
    }

    async fn ask(&self, who: Who, mark: usize) -> Result<(), String> {
        let own = &self.people[who as usize];
        let other = &self.people[who.other() as usize];
        let mut expected: Vec<&str> = Vec::new();
        if own.has(mark).is_some() {
            expected.extend(["local"; 2]);
        }
        let away = format!("peer:{}", who.other().name());
        if self.acquainted && other.shows(mark) {
            expected.extend([away.as_str(); 2]);
        }
        let answer =
            self.node(who).search(&word(mark)).await.map_err(|error| error.to_string())?.answer;
        let mut found: Vec<&str> = Vec::new();
        for hit in &answer.results {
            // Neighbours of what is meant come along; each must be something that may be seen.
            let marks: Vec<usize> =
                (0..self.marks).filter(|mark| hit.content.contains(&word(*mark))).collect();
            let mine = hit.source == "local";
            let seen = |mark: &usize| match mine {
                true => own.has(*mark).is_some(),
                false => self.acquainted && other.shows(*mark),
            };
            if !marks.iter().all(seen) {
                return Err(format!("{} sees '{}' of {}", who.name(), hit.content, hit.source));
            }
            if marks.contains(&mark) {
                found.push(&hit.source);
            }
        }
        found.sort_unstable();
        if found == expected {
            return Ok(());
        }
        let peers: Vec<String> = answer
            .peers
            .iter()
            .map(|p| format!("{} {:?} {:?}", p.name, p.status, p.error))
            .collect();
        Err(format!(
            "{} asks for {} (m{mark}): found {found:?}, expected {expected:?}; {peers:?}",
            who.name(),
            word(mark)
        ))
    }
}
