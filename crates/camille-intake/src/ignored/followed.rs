//! Which tool calls of a file are kept out, and what goes on from them: their results, what they copied, and what they
//! left running. A call is kept out if it may show what an ignored thing holds; that it is there is no secret.

use super::{Ignored, lists};
use crate::project::ProjectResolver;
use camille_ingest::place::{self, Doing, Mention, ROOT, Shown};
use camille_ingest::transcript::{Part, PartRole};
use serde::{Deserialize, Serialize};
use std::cell::{LazyCell, OnceCell};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// Tool calls remembered that are kept out.
const IGNORED_MAX: usize = 256;
/// Tool calls remembered whose results are lists of names.
const LISTS_MAX: usize = 64;
/// What goes on from them, as far as it is remembered.
const CARRIED_MAX: usize = 64;
/// Copies that are remembered.
const COPIES_MAX: usize = 64;
/// Copies of copies that are gone back.
const BACK_MAX: usize = 8;

/// What is remembered of a file's tool calls between two runs.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Followed {
    /// Tool calls that are kept out, whose results may still come.
    #[serde(default)]
    ignored: VecDeque<String>,
    /// Calls whose results are lists of names.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    lists: VecDeque<String>,
    /// What goes on from those that are kept out: files, and commands that run on.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    carried: VecDeque<String>,
    /// Where things were copied to, worktrees and clones put, and what they are of.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    copies: VecDeque<(String, String)>,
}

/// Where a part was made, and what is asked about it.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    /// The directory of the record.
    pub(crate) cwd: Option<&'a str>,
    /// That of its session.
    pub(crate) home: Option<&'a str>,
    pub(crate) resolver: &'a ProjectResolver,
    pub(crate) ignored: &'a Ignored,
}

impl<'a> At<'a> {
    fn here(&self) -> Option<&'a str> {
        self.cwd.or(self.home)
    }

    /// Whether the repository that a directory lies in has this name.
    fn is_called(&self, name: &str, directory: &str) -> bool {
        let root = self.resolver.root(directory);
        let project = self.resolver.resolve_session(directory, None, None);
        [root, project].iter().any(|known| known.rsplit('/').next() == Some(name))
    }

    /// A path as the disk has it.
    fn real(&self, path: &str) -> Option<PathBuf> {
        self.resolver.real(path, self.here())
    }
}

impl Followed {
    /// Whether a part of a tool call is kept out. Calls come before their results.
    pub(crate) fn keeps_out(&mut self, part: &Part, at: At<'_>) -> bool {
        let is_out = match part.role {
            PartRole::Input => self.call(part, at),
            _ => !self.lists.contains(&part.native_key) && self.shows(part, at),
        };
        if is_out && !self.ignored.contains(&part.native_key) {
            self.ignored.truncate(IGNORED_MAX - 1);
            self.ignored.push_front(part.native_key.clone());
        }
        let is_out = self.ignored.contains(&part.native_key);
        if is_out {
            self.carry(part, at);
        }
        is_out
    }

    /// What a path is a copy of: where it was copied from, or the same path in the repository that a worktree is of.
    /// What is kept out of the one is kept out of the other.
    pub(crate) fn twins(&self, path: &Path, resolver: &ProjectResolver) -> Vec<PathBuf> {
        let mut twins = vec![path.to_owned()];
        let mut at = 0;
        while at < twins.len() && at < BACK_MAX {
            for (to, of) in &self.copies {
                let below = match to.strip_suffix('*') {
                    // `split a part_`: all that is called so.
                    Some(begin) => twins[at]
                        .to_str()
                        .is_some_and(|path| path.starts_with(begin))
                        .then_some(Path::new("")),
                    None => twins[at].strip_prefix(to).ok(),
                };
                let of = below.map(|below| match below.as_os_str().is_empty() {
                    true => PathBuf::from(of),
                    false => Path::new(of).join(below),
                });
                if let Some(of) = of.filter(|of| !twins.contains(of)) {
                    twins.push(of);
                }
            }
            at += 1;
        }
        twins.remove(0);
        twins.extend(resolver.twin(&path.to_string_lossy()).map(PathBuf::from));
        twins
    }

    /// Whether a call may show what something ignored holds.
    fn call(&mut self, part: &Part, at: At<'_>) -> bool {
        let tool = part.tool.as_deref();
        let is_shell = Ignored::is_shell(tool);
        let workdir = is_shell.then(|| workdir(part)).flatten();
        if lists::names(tool, &part.text) {
            self.lists.truncate(LISTS_MAX - 1);
            self.lists.push_front(part.native_key.clone());
            return false;
        }
        let shown: OnceCell<Option<Shown>> = OnceCell::new();
        let shown = || {
            let shown =
                shown.get_or_init(|| is_shell.then(|| place::shown(&part.text, workdir)).flatten());
            shown.as_ref()
        };
        if is_shell
            && at.here().is_some_and(|here| at.ignored.is_near(Path::new(here)))
            && shown().is_some_and(|shown| shown.only_names || shown.says_all)
        {
            self.lists.truncate(LISTS_MAX - 1);
            self.lists.push_front(part.native_key.clone());
        }
        let is_listed = || {
            // To parse a script takes longer than all else that is asked here.
            let may_be = is_shell && part.text.contains("ls");
            let shown = may_be.then(shown).flatten();
            shown.is_some_and(|shown| shown.places.iter().any(|place| self.touches(place, at)))
        };
        if !self.shows(part, at) && !is_listed() {
            return false;
        }
        // It names something ignored: does it show any of it?
        let Some(shown) = shown() else { return true };
        if shown.only_names {
            return false;
        }
        let is_silent = |place: &&Mention| !shown.silent.contains(place);
        let places = part.places.iter().filter(is_silent).chain(&shown.places).cloned().collect();
        self.shows(&Part { text: shown.text.clone(), places, ..part.clone() }, at)
    }

    /// Whether a part names something ignored of which it may show what it holds.
    fn shows(&self, part: &Part, at: At<'_>) -> bool {
        let only_names = LazyCell::new(|| Ignored::only_names(part.tool.as_deref(), &part.text));
        // Of what is only named, made or removed nothing is shown.
        let shows = |place: &Mention| !(place.doing < Doing::Ran && *only_names);
        part.path.as_deref().is_some_and(|path| self.touches(&Mention::new(path, Doing::Read), at))
            || part
                .places
                .iter()
                .any(|place| place.unknown.is_none() && self.touches(place, at) && shows(place))
            || at.here().is_some_and(|here| self.names(part, here, at))
            || self.goes_on(part, at)
    }

    /// Whether a place, or what it is a copy of, is ignored.
    fn touches(&self, place: &Mention, at: At<'_>) -> bool {
        let leads_there = || {
            at.ignored.touched(at.here(), &place.path)
                || at.real(&place.path).is_some_and(|real| self.is_ignored(&real, at))
        };
        let leads_there = match at.here() {
            // What this file copied says more than the disk does.
            Some(here) if self.copies.is_empty() => {
                at.ignored.leads(here, &place.path, leads_there)
            }
            _ => leads_there(),
        };
        leads_there
            || at.here().is_some_and(|here| {
                at.ignored.reached(here, place, || at.resolver.matched(place, here))
            })
    }

    fn is_ignored(&self, path: &Path, at: At<'_>) -> bool {
        at.ignored.path(path)
            || self.twins(path, at.resolver).iter().any(|twin| at.ignored.path(twin))
    }

    /// Whether a text names something ignored, whatever said it.
    fn names(&self, part: &Part, here: &str, at: At<'_>) -> bool {
        let tool = part.tool.as_deref();
        let is_elsewhere = LazyCell::new(|| lists::is_elsewhere(tool, &part.text));
        at.ignored.named(here, part.role, tool, &part.text, |name| {
            at.ignored.touched(Some(here), name)
                // `docker exec app cat /app/.env`: its end may be the end of a path here.
                || (*is_elsewhere && ends(name).any(|end| at.ignored.touched(Some(here), end)))
                || pattern(name).is_some_and(|place| {
                    at.ignored.reached(here, &place, || at.resolver.matched(&place, here))
                })
        })
    }

    /// Whether a call asks for what another one left that is kept out.
    fn goes_on(&self, part: &Part, at: At<'_>) -> bool {
        let reads = |carried: &String| {
            let is_it = |place: &Mention| {
                place.path == *carried
                    || at.real(&place.path).is_some_and(|real| real == Path::new(carried))
            };
            part.places.iter().any(is_it) || Ignored::asks(&part.text, carried)
        };
        part.role == PartRole::Input && self.carried.iter().any(reads)
    }

    /// Remembers what a script copies, as far as anything of it can be ignored or denied.
    pub(crate) fn copies_of(&mut self, part: &Part, at: At<'_>) {
        let Some(here) = at.here().filter(|_| Ignored::is_shell(part.tool.as_deref())) else {
            return;
        };
        let is_near = at.ignored.is_near(Path::new(here));
        // A directory may be denied in every copy of its repository.
        let brings = || ["worktree", "clone"].iter().any(|word| part.text.contains(word));
        if !is_near && !brings() {
            return;
        }
        for (from, to) in place::copies(&part.text, workdir(part)) {
            let of = match address(&from) {
                Some(name) if at.is_called(name, here) => ROOT,
                Some(_) => continue,
                None => from.as_str(),
            };
            // `scp h:/app/.env e`: what it is there it is here.
            let end = ends(of).find(|end| at.ignored.touched(Some(here), end));
            let is_elsewhere = lists::is_elsewhere(part.tool.as_deref(), &part.text);
            let of = end.filter(|_| is_elsewhere).unwrap_or(of);
            let (Some(of), Some(real)) = (at.real(of), at.real(to.trim_end_matches('*'))) else {
                continue;
            };
            let text = |path: &Path| path.to_string_lossy().into_owned();
            if to.ends_with('*') {
                self.copied(format!("{}*", text(&real)), text(&of));
                continue;
            }
            // Into a directory that stands there, or to another name.
            if let Some(name) = of.file_name() {
                self.copied(text(&real.join(name)), text(&of));
            }
            // What was unpacked where the session is lies among all that is its own.
            let is_around = of.starts_with(&real)
                || at.real(".").is_some_and(|here| here.starts_with(&real))
                || CROWDS.iter().any(|crowd| real == Path::new(crowd));
            if !is_around {
                self.copied(text(&real), text(&of));
            }
        }
    }

    fn copied(&mut self, to: String, of: String) {
        let copy = (to, of);
        if copy.0 != copy.1 && !self.copies.contains(&copy) {
            self.copies.truncate(COPIES_MAX - 1);
            self.copies.push_front(copy);
        }
    }

    /// Remembers what may go on from a part that is kept out: what it wrote, and where its output went.
    fn carry(&mut self, part: &Part, at: At<'_>) {
        let wrote = part.places.iter().filter(|place| {
            place.unknown.is_none() && matches!(place.doing, Doing::Wrote | Doing::Made)
        });
        let carried: Vec<String> = match part.role {
            PartRole::Input => {
                let real = |place: &Mention| {
                    let real = at.real(&place.path);
                    real.map_or(place.path.clone(), |real| real.to_string_lossy().into_owned())
                };
                // A directory is more than what was put into it.
                let is_file = |path: &String| !Path::new(path).is_dir();
                wrote
                    .map(real)
                    .filter(is_file)
                    .chain(Ignored::carried_by_call(&part.text))
                    .collect()
            }
            _ => Ignored::carried(&part.text),
        };
        for one in carried {
            if !self.carried.contains(&one) {
                self.carried.truncate(CARRIED_MAX - 1);
                self.carried.push_front(one);
            }
        }
    }
}

/// The name of the repository at an address: `git@h:acme/api.git`, `https://h/acme/api`.
fn address(from: &str) -> Option<&str> {
    let is_one = from.contains("://") || (from.contains('@') && from.contains(':'));
    let name = from.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    is_one.then(|| name.strip_suffix(".git").unwrap_or(name))
}

/// Directories that everybody's things lie in: one that was copied there is not all of it.
const CROWDS: &[&str] =
    &["/", "/tmp", "/var/tmp", "/private/tmp", "/dev/shm", "/srv", "/opt", "/home"];

/// The directory that a call's own member names: a place that something ran in and that its text does not say.
fn workdir(part: &Part) -> Option<&str> {
    let is_it = |place: &&Mention| {
        place.doing == Doing::Ran && place.directory && !part.text.contains(&place.path)
    };
    part.places.iter().find(is_it).map(|place| place.path.as_str())
}

/// The ends of a path from the root: `app/.env`, `.env`.
fn ends(name: &str) -> impl Iterator<Item = &str> {
    let is_rooted = name.starts_with('/');
    name.match_indices('/')
        .map(|(at, _)| &name[at + 1..])
        .filter(move |end| is_rooted && !end.is_empty())
}

/// A text in quotes as a pattern of paths: `data/**/*.csv`.
fn pattern(name: &str) -> Option<Mention> {
    let star = name.find('*')?;
    if name.contains(char::is_whitespace) || name.contains(['\\', '(', '^', '$', '+', '|']) {
        return None;
    }
    // `ke*/*.json`; not `.*/`, which is said of texts.
    let (directory, pattern) = match name[..star].rfind('/') {
        Some(at) => (&name[..at], &name[at + 1..]),
        None if name.contains('/') && name.starts_with(char::is_alphanumeric) => (".", name),
        None => return None,
    };
    let reach = place::Reach::Matching { pattern: pattern.to_owned(), links: true };
    Some(Mention { reach, ..Mention::new(directory, Doing::Read) })
}
