//! Takes what peers wrote out of what a line says, and what of it turns out to have begun in earlier lines.

use super::convert::Memory;
use super::evidence;
use super::reading::{Pending, Reading};
use crate::echo::Judged;
use camille_bank::{POSITIONS_A_BYTE, Silent};
use camille_ingest::echo::{Earlier, Sifted, Trail, Voice};
use camille_ingest::transcript::{Record, TitleRank};
use camille_proto::vocabulary::Speaker;
use std::collections::{BTreeMap, HashSet};

/// What stands for a part that was stored and of which nothing may be left.
const NOTHING: &str = "…";

/// What of a line peers wrote.
#[derive(Default)]
pub(super) struct Echoed {
    /// The records of which nothing is left, by their places.
    pub(super) nothing_left: Vec<usize>,
    /// What the one is called who wrote it.
    pub(super) who: Option<String>,
    /// Words of earlier parts that are theirs, by the parts' positions.
    pub(super) earlier: BTreeMap<u64, HashSet<u64>>,
}

impl Reading<'_> {
    /// Takes what peers wrote out of what a line says.
    pub(super) fn leave_out(&self, memory: &mut Memory, records: &mut [Record]) -> Echoed {
        let mut echoed = Echoed::default();
        let mut is_cut = false;
        for at in 0..records.len() {
            let Record::Part(part) = &mut records[at] else { continue };
            memory.paths.note(part);
            let voice = if part.speaker == Speaker::Tool { Voice::Shown } else { Voice::Said };
            let mut trail = std::mem::take(&mut memory.trail);
            let said = (part.text.as_str(), voice);
            let Judged { sifted, who, through } =
                self.sift(memory, said, (part.position, &mut trail));
            memory.trail = trail;
            is_cut |= sifted != Sifted::Own;
            match sifted {
                Sifted::Own => {}
                Sifted::Cut(own) => part.text = own,
                Sifted::Nothing => {
                    memory.trail.settle(part.position);
                    echoed.nothing_left.push(at);
                }
            }
            echoed.who = echoed.who.or(who);
            self.note(through, &mut records[..at], &mut echoed);
        }
        for record in records {
            let Record::Session(fact) = record else { continue };
            // The beginning of a prompt is too short to be known by itself.
            let is_theirs = |(rank, title): &(TitleRank, String)| {
                (is_cut && *rank == TitleRank::FirstPrompt)
                    || self.sift(memory, (title, Voice::Shown), (0, &mut Trail::default())).sifted
                        != Sifted::Own
            };
            fact.title = fact.title.take().filter(|title| !is_theirs(title));
        }
        echoed
    }

    /// Takes words out of the parts before in the same line, and notes those of earlier lines.
    fn note(&self, words: Vec<Earlier>, before: &mut [Record], echoed: &mut Echoed) {
        for Earlier { part, print, .. } in words {
            if let Some(part) = part {
                echoed.earlier.entry(part).or_default().insert(print);
            }
        }
        for (at, record) in before.iter_mut().enumerate() {
            let Record::Part(part) = record else { continue };
            let Some(words) = echoed.earlier.remove(&part.position) else { continue };
            match self.echo.without(&part.text, &words) {
                Sifted::Own => {}
                Sifted::Cut(own) => part.text = own,
                Sifted::Nothing if echoed.nothing_left.contains(&at) => {}
                Sifted::Nothing => echoed.nothing_left.push(at),
            }
        }
    }

    /// Takes words out of earlier lines that wait to be handed over. Gives whether some were handed over already.
    pub(super) fn take_back(&self, is_again: bool, echoed: &Echoed, batch: &mut Pending) -> bool {
        let mut is_behind = false;
        for (position, words) in &echoed.earlier {
            let offset = position / POSITIONS_A_BYTE;
            let line = batch.lines.partition_point(|line| line.offset < offset);
            let found = batch.lines.get_mut(line).and_then(|line| {
                line.parts.iter().position(|part| part.position == *position).map(|at| (line, at))
            });
            let Some((at, part)) = found else {
                // What is not there and not before is left out already.
                is_behind |= offset < batch.from;
                continue;
            };
            match self.echo.without(&at.parts[part].text, words) {
                Sifted::Own => {}
                Sifted::Cut(own) => at.parts[part].text = own,
                // It stands in the bank, and only another text takes its place.
                Sifted::Nothing if is_again => NOTHING.clone_into(&mut at.parts[part].text),
                Sifted::Nothing => {
                    let part = at.parts.remove(part);
                    let is_empty = at.parts.is_empty();
                    batch.silent.extend(part.record_id.map(|record| Silent {
                        agent: part.agent,
                        session: part.session,
                        record,
                        position: part.position,
                    }));
                    if is_empty {
                        if at.found.is_empty() {
                            batch.lines.remove(line);
                        }
                        batch.count_echo(echoed.who.as_deref());
                    }
                }
            }
        }
        is_behind
    }

    /// What of a text is the owner's own.
    fn sift(&self, memory: &Memory, said: (&str, Voice), place: (u64, &mut Trail)) -> Judged {
        let real = |path: &str, cwd: Option<&str>| self.resolver.real(path, cwd);
        let on_disk = || memory.paths.evidence(&real);
        let in_bank = |quoted: &str| {
            self.bank.map(|bank| evidence::of_bank(bank, quoted)).unwrap_or_default()
        };
        self.echo.sift(said, place, &on_disk, &in_bank)
    }
}
