//! The places on a disk.

use crate::model::{PLACES, Place};
use std::fs;
use std::path::{Path, PathBuf};

/// The repository that is shared.
pub(crate) const SHARED: &str = "github.com/acme/shared";

/// A person's home with repositories and other directories.
pub(crate) struct Disk {
    pub(crate) home: PathBuf,
}

impl Disk {
    /// `is_home_repository`: the home is one that tracks nothing of what is below.
    pub(crate) fn new(root: &Path, is_home_repository: bool) -> Self {
        let disk = Self { home: root.join("ana") };
        repository(&disk.shared(), Some(SHARED));
        repository(&disk.home.join("src/private"), Some("github.com/acme/private"));
        repository(&disk.shared().join("vendor/inner"), Some("github.com/customer/inner"));
        fs::create_dir_all(disk.shared().join("checkout/.hg")).expect("a directory");
        for directory in ["diary", "letters", "other"] {
            fs::create_dir_all(disk.home.join(directory)).expect("a directory");
        }
        std::os::unix::fs::symlink(disk.home.join("diary"), disk.shared().join("link"))
            .expect("a link");
        for directory in [Place::Inside, Place::Agents].map(|place| disk.path(place)) {
            fs::create_dir_all(directory).expect("a directory");
        }
        fs::create_dir_all(disk.home.join(".cache")).expect("a directory");
        // What is run there is its own.
        fs::create_dir_all(disk.shared().join("scripts")).expect("a directory");
        fs::write(disk.shared().join("scripts/find-plan"), "").expect("writes");
        std::os::unix::fs::symlink(disk.home.join("diary"), disk.path(Place::CacheLink))
            .expect("a link");
        if is_home_repository {
            repository(&disk.home, Some("github.com/ana/dotfiles"));
        }
        let places = PLACES.map(|place| disk.path(place));
        for directory in places.into_iter().filter(|path| path.is_dir()) {
            for file in ["plan.txt", "plan.ipynb"] {
                fs::write(directory.join(file), "salary\n").expect("writes");
            }
        }
        disk
    }

    pub(crate) fn shared(&self) -> PathBuf {
        self.home.join("src/shared")
    }

    /// A third place, which only `*` shares.
    pub(crate) fn other(&self) -> PathBuf {
        self.home.join("other")
    }

    /// Where the place is, as somebody who goes there writes it.
    pub(crate) fn path(&self, place: Place) -> PathBuf {
        match place {
            Place::Repository => self.home.join("src/private"),
            Place::Directory => self.home.join("diary"),
            Place::Link => self.shared().join("link"),
            Place::Vanished => self.home.join("src/gone"),
            Place::Nested => self.shared().join("vendor/inner"),
            Place::OtherVcs => self.shared().join("checkout"),
            Place::HomeRepository => self.home.join("letters"),
            Place::Inside => self.shared().join("secret"),
            Place::CacheLink => self.home.join(".cache/pay"),
            Place::Agents => {
                let folder = slug(&self.home.join("src/private"));
                self.home.join(".claude/projects").join(folder)
            }
            Place::Unmounted => "/Volumes/camille-gone/payroll".into(),
        }
    }

    /// What its owner calls the place in a rule.
    pub(crate) fn name(&self, place: Place) -> String {
        match place {
            Place::Repository | Place::Agents => "github.com/acme/private".into(),
            Place::Nested => "github.com/customer/inner".into(),
            Place::Link | Place::CacheLink => text(&self.home.join("diary")),
            other => text(&self.path(other)),
        }
    }
}

pub(crate) fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

/// The name that Claude Code gives to the folder of a directory's sessions.
pub(crate) fn slug(directory: &Path) -> String {
    text(directory).chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

fn repository(path: &Path, remote: Option<&str>) {
    let git = path.join(".git");
    fs::create_dir_all(&git).expect("a directory");
    fs::write(git.join("HEAD"), "ref: refs/heads/main\n").expect("writes");
    let remote = remote
        .map_or(String::new(), |name| format!("[remote \"origin\"]\n\turl = https://{name}.git\n"));
    fs::write(git.join("config"), remote).expect("writes");
}
