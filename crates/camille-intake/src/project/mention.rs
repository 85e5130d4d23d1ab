//! What a record that names a path touched: its session's own project, nobody's place, or somebody's. What lies there
//! on the disk is asked first, and what it is called after that.

use super::disk::Spot;
use super::folder::directory_of;
use super::harmless::{self, Ground};
use super::path::{text, tidy};
use super::spelling::{contains, drive, without_processes};
use super::store::{self, Kept};
use super::{Base, ProjectResolver, UNCLEAR};
use camille_ingest::place::{Doing, Mention, Reach};
use std::path::{Component, Path, PathBuf};

/// What a mention comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The place, if it is neither the session's own nor nobody's.
    pub place: Option<String>,
    /// Whether tools keep there what they fetched: then it may be nobody's.
    pub fetched: bool,
    /// Where it is, with links and without: a part of a place may be denied by itself.
    pub paths: Vec<String>,
    /// Whether all that lies below was read.
    pub walked: bool,
    /// Whether nothing stands there any more.
    pub gone: bool,
}

impl Touched {
    fn place(place: String) -> Self {
        Self { place: Some(place), ..Self::default() }
    }
}

impl ProjectResolver {
    /// What a record of a session touched by naming a path. `cwd`: the record's directory.
    #[must_use]
    pub fn resolve_mention(
        &self,
        mention: &Mention,
        cwd: Option<&str>,
        session: Base<'_>,
    ) -> Touched {
        if mention.unknown.is_some() {
            let is_own = mention.path == session.project;
            let is_read = mention.doing == Doing::Read && !is_own;
            return Touched { place: is_read.then(|| mention.path.clone()), ..Touched::default() };
        }
        if mention.foreign
            && let Some(project) = self.fetched(&mention.path)
        {
            let place = (project != session.project).then_some(project);
            return Touched { place, fetched: true, ..Touched::default() };
        }
        let cwd = cwd.unwrap_or(session.cwd);
        let home = self.home_of(cwd);
        let Some(path) = self.absolute(&mention.path, Some(cwd), home.as_deref()) else {
            return nowhere(&mention.path, session);
        };
        let Some(path) = without_processes(&path, Some(cwd)) else {
            return Touched::place(path);
        };
        let (project, spot) = self.project(&path, mention.directory, session);
        let by_text = text(&tidy(Path::new(&path)));
        let real = spot.as_ref().map_or_else(|| by_text.clone(), |spot| text(&spot.path));
        let mut paths = vec![real.clone()];
        if by_text != real && !path.contains("..") {
            paths.push(by_text);
        }
        paths.retain(|path| path.starts_with('/') && !harmless::is_plain(path));
        // What a pattern matches is asked for one by one, unless that is all.
        let is_all = match &mention.reach {
            Reach::Matching { pattern, .. } => pattern == "**",
            Reach::Alone | Reach::Below { .. } => true,
        };
        let walked = mention.doing == Doing::Read
            && is_all
            && spot.as_ref().is_some_and(|spot| spot.exists && spot.is_directory);
        let homes: Vec<String> =
            home.into_iter().chain(self.real_home.as_deref().map(text)).collect();
        let homes: Vec<&str> = homes.iter().map(String::as_str).collect();
        let at = At { mention, real: &real, homes: &homes, walked, session };
        let (place, fetched) = self.place(&at, project, spot.as_deref());
        let gone = spot.as_ref().is_some_and(|spot| !spot.exists);
        Touched { place, fetched, paths, walked, gone }
    }

    /// The project that an address on another machine is called by.
    fn fetched(&self, address: &str) -> Option<String> {
        let is_path = address.starts_with(['/', '~', '.']) || !address.contains(':');
        if is_path { None } else { self.resolve_remote(address) }
    }

    /// The place, and whether tools fetched what is there.
    fn place(&self, at: &At<'_>, project: String, spot: Option<&Spot>) -> (Option<String>, bool) {
        let At { mention, real, session, .. } = *at;
        let rest = harmless::below_home(real, at.homes);
        let inside = store::inside(rest).or_else(|| self.in_folder(real, session.cwd));
        let kept = inside.map(|inside| store::kept(inside, session));
        let is_setup = kept == Some(Kept::Setup);
        match kept {
            // Agents keep worktrees, too.
            Some(Kept::Said(_)) if self.is_checkout(at, spot) => {
                return ((project != session.project).then_some(project), false);
            }
            Some(Kept::Said(folder)) => return (self.said(real, folder, session), false),
            Some(Kept::Folder) if mention.doing == Doing::Read => {
                return (Some(format!("{UNCLEAR}{real}")), false);
            }
            Some(Kept::Own) => return (None, false),
            Some(Kept::Folder | Kept::Setup) | None => {}
        }
        if project == session.project {
            return (None, false);
        }
        let (ground, root) = at.ground();
        let Some(spot) = spot else {
            // A drive of Windows in what was said on another system.
            let is_foreign = mention.foreign && drive(session.cwd).is_none();
            return ((ground != Ground::Harmless && !is_foreign).then_some(project), false);
        };
        match ground {
            // All that anybody has lies below.
            Ground::Harmless if real == "/" => {
                return (at.walked.then(|| real.to_owned()), false);
            }
            Ground::Harmless => {
                let around = spot.around.as_ref();
                let inner = around.filter(|around| {
                    around.root.starts_with(root) && around.root != Path::new(root)
                });
                let Some(inner) = inner else { return (None, false) };
                // Without a remote it is nothing that was fetched.
                let is_made = !inner.has_remotes && !is_setup;
                return (Some(inner.project.clone()), !is_made);
            }
            Ground::Temporary if spot.around.is_none() => return (None, false),
            Ground::Settings => return (spot.owner().map(|_| project), false),
            Ground::Home
                if spot.owner().is_none() && rest.is_some_and(|rest| at.is_set_up(rest)) =>
            {
                return (None, false);
            }
            _ if is_setup && spot.around.is_none() => return (None, false),
            Ground::Home | Ground::Other if !spot.exists && at.is_elsewhere(spot) => {
                return (None, false);
            }
            // A worktree that the session made of its own repository.
            _ if !spot.exists && mention.doing == Doing::Made && mention.directory => {
                return (None, false);
            }
            Ground::Other if !spot.exists && !is_likely(mention, spot, session.cwd) => {
                return (None, false);
            }
            _ => {}
        }
        // What is gone from a session's own repository and was only listed, made or removed showed nothing.
        let is_own_ground = spot
            .around
            .as_ref()
            .is_some_and(|around| self.spot(session.cwd, true).path.starts_with(&around.root));
        let at_home = spot
            .around
            .as_ref()
            .is_some_and(|around| Some(&around.root) == self.real_home.as_ref());
        let showed_nothing = matches!(mention.doing, Doing::Named | Doing::Made);
        if !spot.exists && showed_nothing && is_own_ground && !at_home {
            return (None, false);
        }
        // What is run is a file, and this one lay beside others.
        let lay_beside = spot.path.parent() == Some(&spot.existing) && !mention.directory;
        if !spot.exists && mention.doing == Doing::Ran && lay_beside && is_own_ground && !at_home {
            return (None, false);
        }
        let place = spot.owner().map_or_else(|| text(spot.directory()), |_| project);
        (Some(place), false)
    }

    /// Whether somebody works at a path in an agent's folder: a repository is there, or the session was.
    fn is_checkout(&self, at: &At<'_>, spot: Option<&Spot>) -> bool {
        let is_inside = |path: &str| {
            let rest = harmless::below_home(path, at.homes);
            let inside = store::inside(rest).or_else(|| self.in_folder(path, at.session.cwd));
            inside.is_some_and(|inside| !inside.is_empty())
        };
        let root = spot.and_then(Spot::owner).map(|owner| text(&owner.root));
        root.is_some_and(|root| is_inside(&root))
            || (contains(at.session.cwd, at.real) && is_inside(at.session.cwd))
    }

    /// The project that was spoken of in a directory, if an agent keeps there what was said in one.
    pub(super) fn said_in(&self, path: &str, session: Base<'_>) -> Option<String> {
        let home = self.home_of(path);
        let homes: Vec<&str> = home.iter().map(String::as_str).collect();
        let rest = harmless::below_home(path, &homes);
        let inside = store::inside(rest).or_else(|| self.in_folder(path, session.cwd))?;
        match store::kept(inside, session) {
            Kept::Said(folder) => {
                let said = self.said(path, folder, session);
                Some(said.unwrap_or_else(|| session.project.to_owned()))
            }
            Kept::Folder | Kept::Setup | Kept::Own => None,
        }
    }

    /// Whose words an agent keeps at a path. What was said in any project may be a private one's.
    fn said(&self, path: &str, folder: Option<String>, session: Base<'_>) -> Option<String> {
        let of = folder.and_then(|folder| directory_of(&folder));
        match of {
            Some(directory) => {
                let (project, _) = self.project(&text(&directory), true, session);
                (project != session.project).then_some(project)
            }
            None => Some(format!("{UNCLEAR}{path}")),
        }
    }
}

/// A path that was mentioned.
#[derive(Clone, Copy)]
struct At<'a> {
    mention: &'a Mention,
    /// Without links.
    real: &'a str,
    homes: &'a [&'a str],
    walked: bool,
    session: Base<'a>,
}

impl<'a> At<'a> {
    /// Whether it is where others' machines build and run things, and nobody is there on this one; or may be another
    /// machine's, and nothing of what it begins with stands here.
    fn is_elsewhere(&self, spot: &Spot) -> bool {
        let is_here = |other: &str| {
            contains(other, self.session.cwd) || self.homes.iter().any(|home| contains(other, home))
        };
        // `/orders/list`, `/home/runner/x`: the root, or the home, if it is one.
        let names = if harmless::below_home(self.real, self.homes).is_some() { 2 } else { 1 };
        let begins: PathBuf = spot.path.components().take(names + 1).collect();
        let is_mount = begins.file_name().is_some_and(|name| MOUNTS.iter().any(|it| name == *it));
        if self.mention.foreign
            && !is_mount
            && !spot.existing.starts_with(&begins)
            && !is_here(&text(&begins))
        {
            return true;
        }
        ELSEWHERE.iter().any(|other| contains(other, self.real) && !is_here(other))
    }

    /// Whether it is what the session's own program is set up by, or where programs are installed.
    fn is_set_up(&self, rest: &str) -> bool {
        let is_prefix = self.mention.doing == Doing::Made
            && self.mention.reach == Reach::Alone
            && !self.mention.directory
            && harmless::is_prefix(rest);
        is_prefix || harmless::sets_up(rest, self.session.project, self.session.cwd)
    }

    fn ground(&self) -> (Ground, &'a str) {
        let beside = |other: &str| harmless::are_beside(self.real, other);
        match harmless::ground(self.real, self.homes) {
            (Ground::Temporary, _)
                if beside(self.session.cwd) || self.homes.iter().any(|home| beside(home)) =>
            {
                (Ground::Other, "")
            }
            ground => ground,
        }
    }
}

/// What a path comes to where nothing says from where it goes: it is its own project's only if it does not go out of
/// there, and what is nobody's in every home is nobody's in this one.
fn nowhere(path: &str, session: Base<'_>) -> Touched {
    let leaves = path.starts_with(['~', '/'])
        || Path::new(path).components().any(|part| part == Component::ParentDir);
    let in_home = path.strip_prefix("~/").filter(|rest| !rest.contains(".."));
    let is_nobodys = in_home.is_some_and(|rest| {
        let some = format!("/home/~/{rest}");
        let kept = store::inside(Some(rest)).map(|inside| store::kept(inside, session));
        matches!(harmless::ground(&some, &[]).0, Ground::Harmless | Ground::Settings)
            && matches!(kept, None | Some(Kept::Own | Kept::Setup))
    });
    Touched { place: (leaves && !is_nobodys).then(|| path.to_owned()), ..Touched::default() }
}

/// Directories at the root that other disks are usually found below.
const MOUNTS: &[&str] = &["Volumes", "media", "mnt", "net", "srv", "export"];

/// What routes of web servers begin with.
const ROUTES: &[&str] = &[
    "admin", "api", "app", "assets", "auth", "callback", "docs", "graphql", "health", "healthz",
    "internal", "login", "logout", "me", "metrics", "oauth", "orgs", "public", "repos", "rest",
    "rpc", "static", "user", "users", "webhook", "webhooks", "ws",
];

/// Where builds and functions of others' machines run: what stands in their logs and traces was never here.
const ELSEWHERE: [&str; 11] = [
    "/__w",
    "/Users/runner",
    "/builds",
    "/github/home",
    "/github/workspace",
    "/home/circleci",
    "/home/node/app",
    "/home/runner",
    "/opt/hostedtoolcache",
    "/rustc",
    "/var/task",
];

/// Whether a path that does not exist may have: its beginning does, the session was there, or what was done with it is
/// done with files. Otherwise it is the route of a web server, or a pattern.
fn is_likely(mention: &Mention, spot: &Spot, session: &str) -> bool {
    let first = |path: &Path| path.components().nth(1).map(|part| text(Path::new(&part)));
    let Some(root) = first(&spot.path) else { return false };
    if spot.existing != Path::new("/")
        || Some(&root) == first(Path::new(session)).as_ref()
        || MOUNTS.contains(&root.as_str())
    {
        return true;
    }
    let is_version = |name: &str| {
        name.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_route = ROUTES.contains(&root.as_str()) || is_version(&root);
    let is_name = |c: char| c.is_alphanumeric() || "._-".contains(c);
    // A word behind a slash is a command of the agent's, two slashes begin a comment.
    let is_path = root.chars().count() > 1
        && root.chars().all(is_name)
        && !mention.path.starts_with("//")
        && spot.path.components().count() > 2;
    mention.directory || (mention.doing != Doing::Named && is_path && !is_route)
}
