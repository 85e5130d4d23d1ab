//! What a record that names a path touched: its session's own project, nobody's place, or somebody's.

use super::folder::folder_of;
use super::harmless::{self, Ground};
use super::repository::{text, tidy};
use super::spelling::{absolute, contains};
use super::{Base, ProjectResolver};
use camille_ingest::place::{Doing, Mention};
use std::path::{Component, Path};

impl ProjectResolver {
    /// The place that a record of a session named, if that is neither the session's own nor nobody's. `cwd`: the
    /// record's directory.
    #[must_use]
    pub fn resolve_mention(
        &self,
        mention: &Mention,
        cwd: Option<&str>,
        session: Base<'_>,
    ) -> Option<String> {
        if mention.unknown.is_some() {
            return (mention.doing == Doing::Read).then(|| mention.path.clone());
        }
        let cwd = cwd.unwrap_or(session.cwd);
        let home = self.home_of(cwd);
        let Some(path) = absolute(&mention.path, Some(cwd), home.as_deref()) else {
            // Nothing says from where it goes: it is its own project's only if it does not go out of there.
            let leaves = mention.path.starts_with(['~', '/'])
                || Path::new(&mention.path).components().any(|part| part == Component::ParentDir);
            return leaves.then(|| mention.path.clone());
        };
        // Nearly all stand in directories that are gone together with their sessions, or below them as they are.
        let here = self.real_home.as_deref().or(self.home.as_deref()).map(text);
        let homes: Vec<&str> = home.as_deref().into_iter().chain(here.as_deref()).collect();
        let by_text = text(&tidy(Path::new(&path)));
        let named = folder_of(session.cwd);
        let folder = session.folder.or(Some(named.as_str()));
        let kind = |path: &str| match harmless::ground(path, &homes, folder) {
            Ground::Temporary
                if harmless::are_beside(path, session.cwd)
                    || homes.iter().any(|home| harmless::are_beside(path, home)) =>
            {
                Ground::Other
            }
            kind => kind,
        };
        if matches!(kind(&by_text), Ground::Harmless) && !path.contains("..") {
            return None;
        }
        let (project, spot) = self.project(&path, mention.directory, session);
        if project == session.project {
            return None;
        }
        let Some(spot) = spot else { return Some(project) };
        let real = text(&spot.path);
        let is_in_repository = spot.around.is_some();
        match kind(&real) {
            Ground::Harmless => return None,
            Ground::Temporary if !is_in_repository => return None,
            Ground::Other
                if !spot.exists && !is_likely(&spot.path, &spot.existing, session.cwd) =>
            {
                return None;
            }
            _ => {}
        }
        // What is gone from a session's own repository and was only listed, made or removed showed nothing.
        let is_own_ground = spot.around.as_ref().is_some_and(|around| {
            contains(&text(&around.root), &text(&self.spot(session.cwd, true).path))
        });
        let at_home = spot
            .around
            .as_ref()
            .is_some_and(|around| Some(&around.root) == self.real_home.as_ref());
        if !spot.exists && mention.doing == Doing::Named && is_own_ground && !at_home {
            return None;
        }
        match spot.owner() {
            Some(_) => Some(project),
            None => Some(text(spot.directory())),
        }
    }
}

/// Whether a path that does not exist may have: its beginning does, or the session was there. Otherwise it is the
/// route of a web server, or a pattern.
fn is_likely(path: &Path, existing: &Path, session: &str) -> bool {
    let first = |path: &Path| path.components().nth(1).map(|part| text(Path::new(&part)));
    existing != Path::new("/")
        || (first(path).is_some() && first(path) == first(Path::new(session)))
}
