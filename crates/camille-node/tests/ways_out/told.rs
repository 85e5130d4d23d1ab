//! The sessions that did something in a place, and what becomes of their files.

use crate::disk::{Disk, slug, text};
use crate::model::{Place, Relation};
use crate::shape::{Event, Shape, Writer, uuid_of};
use crate::touch::Touch;
use std::fs;
use std::path::{Path, PathBuf};

/// Where agents keep their transcripts.
pub(crate) struct Folders {
    pub(crate) claude: PathBuf,
    pub(crate) codex: PathBuf,
}

/// A session that did something in a place, with a word of its own in all that it says.
pub(crate) struct Told {
    pub(crate) word: String,
    pub(crate) touch: Touch,
    pub(crate) shape: Shape,
    pub(crate) place: Option<Place>,
    writer: Writer,
    /// Which of its lines tell of the place.
    touching: Vec<usize>,
    sub_agent: Option<Writer>,
}

impl Told {
    pub(crate) fn new(
        disk: &Disk,
        number: usize,
        (touch, shape): (Touch, Shape),
        place: Option<Place>,
    ) -> Self {
        let word = format!("quince{number:05}");
        let shared = text(&disk.shared());
        let mut writer = Writer::new(shape, &uuid_of(&word), &shared);
        writer.begin(None);
        writer.push(&Event::Title(&format!("{word} title")));
        writer.push(&Event::Person(&format!("{word} where does the gardener sleep?")));
        writer.push(&Event::Agent(&format!("{word} looks around")));
        let before = writer.lines.len();
        let mut sub_agent = None;
        if let Some(place) = place {
            let place = disk.path(place);
            let says = format!("{word} salary");
            match touch.call(&place, &disk.shared(), &says) {
                None => {
                    let prompt = touch.prompt(&place, shape.is_claude(), &says);
                    writer.push(&Event::Person(&prompt));
                }
                Some(call) => {
                    let mut sub = (shape == Shape::ClaudeSubAgent).then(|| {
                        let agent = format!("a{}", &uuid_of(&says)[..8]);
                        let mut sub = Writer::new(shape, &writer.id, &shared);
                        sub.seed = format!("{}/{agent}", writer.id);
                        sub.agent = Some(agent);
                        sub.push(&Event::Person(&format!("{word} look into it")));
                        sub
                    });
                    let into = sub.as_mut().unwrap_or(&mut writer);
                    if touch == Touch::Cwd {
                        into.go(&text(&place));
                    }
                    into.push(&Event::Call(&call));
                    if touch == Touch::Cwd {
                        into.go(&shared);
                    }
                    sub_agent = sub;
                }
            }
        }
        let touching = (before..writer.lines.len()).collect();
        writer.push(&Event::Agent(&format!("{word} conclusion of the gardener")));
        Self { word, touch, shape, place, writer, touching, sub_agent }
    }

    pub(crate) fn id(&self) -> &str {
        &self.writer.id
    }

    /// What it had to do with its place.
    pub(crate) fn touched(&self) -> Relation {
        match (self.place, self.touch) {
            (None, _) => Relation::Nothing,
            (Some(_), Touch::Prompt | Touch::Selected) => Relation::Given,
            // It is the same project.
            (Some(Place::Inside), _) => Relation::Touched,
            (Some(_), Touch::Cwd) => Relation::There,
            (Some(_), _) => Relation::Touched,
        }
    }

    pub(crate) fn write(&self, folders: &Folders, disk: &Disk) {
        write(&self.writer, folders, disk, &self.writer.lines);
        if let Some(sub) = &self.sub_agent {
            let file = self.sub_agents_file(sub, folders, disk);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a directory");
            fs::write(file, text_of(&sub.lines)).expect("writes");
        }
    }

    /// Writes its file anew without the lines that tell of the place.
    pub(crate) fn compact(&self, folders: &Folders, disk: &Disk) {
        let lines = self.writer.lines.iter().enumerate();
        let kept = lines.filter(|(at, _)| !self.touching.contains(at));
        let kept: Vec<String> = kept.map(|(_, line)| line.clone()).collect();
        write(&self.writer, folders, disk, &kept);
        if let Some(sub) = &self.sub_agent {
            fs::remove_file(self.sub_agents_file(sub, folders, disk)).expect("removes");
        }
    }

    /// A session that begins with the same records, up to what was done in the place, and goes on by itself.
    /// Returns its id.
    pub(crate) fn fork(&self, folders: &Folders, disk: &Disk) -> String {
        let mut fork = self.sibling("fork", disk);
        fork.begin(Some(self.id()));
        let before = self.touching.first().copied().unwrap_or(self.writer.lines.len() - 1);
        let copied = self.writer.lines[..before].iter();
        if self.shape.is_claude() {
            fork.lines.extend(copied.map(|line| line.replace(self.id(), &fork.id)));
        } else {
            // Some forks bring what their origin's file began with, some only say from whom they are.
            let left_out = usize::from(self.shape == Shape::CodexShell);
            fork.lines.extend(copied.skip(left_out).cloned());
        }
        fork.push(&Event::Agent(&format!("{} conclusion of the fork", self.word)));
        write(&fork, folders, disk, &fork.lines);
        fork.id
    }

    /// It goes on at another time: as the same session, or as one that follows it. Returns that one's id.
    pub(crate) fn follow(&mut self, folders: &Folders, disk: &Disk) -> String {
        let says = format!("{} conclusion of what follows", self.word);
        if !self.shape.is_claude() {
            self.writer.push(&Event::Agent(&says));
            self.write(folders, disk);
            return self.id().to_owned();
        }
        let mut next = self.sibling("next", disk);
        if self.shape == Shape::ClaudeBlocks {
            self.writer.push(&Event::Silence);
            self.write(folders, disk);
        }
        next.parent.clone_from(&self.writer.parent);
        next.push(&Event::Person(&format!("{} go on", self.word)));
        next.push(&Event::Agent(&says));
        write(&next, folders, disk, &next.lines);
        next.id
    }

    /// It goes to another place.
    pub(crate) fn go_on(&mut self, folders: &Folders, disk: &Disk) {
        self.writer.go(&text(&disk.other()));
        self.writer.push(&Event::Agent(&format!("{} elsewhere", self.word)));
        self.write(folders, disk);
    }

    fn sibling(&self, name: &str, disk: &Disk) -> Writer {
        let id = uuid_of(&format!("{}-{name}", self.word));
        Writer::new(self.shape, &id, &text(&disk.shared()))
    }

    fn sub_agents_file(&self, sub: &Writer, folders: &Folders, disk: &Disk) -> PathBuf {
        let agent = sub.agent.as_deref().expect("a sub-agent");
        let own = file(&self.writer, folders, disk).with_extension("");
        own.join("subagents").join(format!("agent-{agent}.jsonl"))
    }
}

fn write(writer: &Writer, folders: &Folders, disk: &Disk, lines: &[String]) {
    let file = file(writer, folders, disk);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a directory");
    fs::write(file, text_of(lines)).expect("writes");
}

fn file(writer: &Writer, folders: &Folders, disk: &Disk) -> PathBuf {
    if writer.shape.is_claude() {
        let slug = slug(&disk.shared());
        folders.claude.join("projects").join(slug).join(format!("{}.jsonl", writer.id))
    } else {
        let day = Path::new("sessions/2026/03/02");
        let name = format!("rollout-2026-03-02T10-00-00-{}.jsonl", writer.id);
        folders.codex.join(day).join(name)
    }
}

fn text_of(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}
