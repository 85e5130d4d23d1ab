//! Which directories ever lay in a repository's root, as its own history has them: a directory that was removed is the
//! repository's, and nothing on the disk says so any more. It reads objects of git and never runs git; of a large history it
//! reads a part, and what it does not know of is not held.

use super::git_config::{read, read_end, read_start};
use super::index;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Commits that are looked at, and how many of the newest one by one; of older ones every fourth.
const COMMITS_MAX: usize = 4096;
const NEWEST: usize = 256;
const EVERY: usize = 4;
/// Branches that are followed.
const TIPS_MAX: usize = 256;
/// How much is read of either end of the log of where one was.
const LOG_BYTES_MAX: u64 = 64 * 1024;
/// Larger objects and lists of objects are not read.
const OBJECT_BYTES_MAX: usize = 1024 * 1024;
const INDEX_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// All that is unpacked of one repository.
const UNPACKED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Differences that one object is made of.
const CHAIN_MAX: usize = 64;
/// Objects remembered, on which others are based.
const REMEMBERED_MAX: usize = 512;
/// How deep directories of branches go: `refs/heads/ana/fix/x`.
const DEPTH_MAX: usize = 6;

/// An object's name with SHA-1; repositories with another are not read.
type Id = [u8; 20];

/// The directories that ever lay in a repository's root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct History(BTreeSet<String>);

impl History {
    /// Reads what the branches hold, and where the worktree ever was. What was only fetched from others is not asked.
    /// `own` and `common`: its directories of git.
    pub(super) fn read(own: &Path, common: &Path) -> Self {
        let mut objects = Objects::open(&common.join("objects"));
        let mut due: VecDeque<Id> = tips(own, common).into();
        let mut met: HashSet<Id> = due.iter().copied().collect();
        let (mut trees, mut links, mut seen) = (BTreeSet::new(), BTreeSet::new(), HashSet::new());
        let mut count = 0;
        while let Some(id) = due.pop_front() {
            let Some(commit) = objects.object(&id).filter(|_| count < COMMITS_MAX) else {
                continue;
            };
            let (tree, parents) = commit_of(&commit);
            if (count < NEWEST || count % EVERY == 0)
                && let Some(tree) = tree.filter(|tree| seen.insert(*tree))
                && let Some(entries) = objects.object(&tree)
            {
                entries_of(&entries, &mut trees, &mut links);
            }
            due.extend(parents.into_iter().filter(|parent| met.insert(*parent)));
            count += 1;
        }
        // A submodule is another repository's, whatever lay there before.
        Self(trees.difference(&links).cloned().collect())
    }

    /// Whether a directory of this name ever lay in the root.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// Where the branches and the worktree are, and where the worktree was.
fn tips(own: &Path, common: &Path) -> Vec<Id> {
    let mut tips: Vec<Id> =
        read(&own.join("HEAD")).and_then(|head| id(head.trim())).into_iter().collect();
    branches(&common.join("refs/heads"), DEPTH_MAX, &mut tips);
    let packed = read(&common.join("packed-refs")).unwrap_or_default();
    let packed = packed.lines().filter_map(|line| line.split_once(" refs/heads/"));
    tips.extend(packed.filter_map(|(commit, _)| id(commit)).take(TIPS_MAX));
    let log = own.join("logs/HEAD");
    for text in
        [read_end(&log, LOG_BYTES_MAX), read_start(&log, LOG_BYTES_MAX)].into_iter().flatten()
    {
        // A pull may bring another's history.
        tips.extend(
            text.lines().rev().filter_map(|line| id(line.split(' ').nth(1)?)).take(TIPS_MAX),
        );
    }
    let mut met = HashSet::new();
    tips.retain(|tip| met.insert(*tip));
    tips
}

fn branches(directory: &Path, depth: usize, tips: &mut Vec<Id>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        if tips.len() >= TIPS_MAX {
            return;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 0 => branches(&entry.path(), depth - 1, tips),
            Ok(kind) if kind.is_file() => {
                tips.extend(read(&entry.path()).and_then(|text| id(text.trim())));
            }
            _ => {}
        }
    }
}

fn id(hex: &str) -> Option<Id> {
    let hex = hex.as_bytes();
    if hex.len() != 40 {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut id = Id::default();
    for (byte, pair) in id.iter_mut().zip(hex.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(id)
}

/// The tree of a commit, and its parents.
fn commit_of(commit: &[u8]) -> (Option<Id>, Vec<Id>) {
    let text = String::from_utf8_lossy(commit);
    let head = text.split("\n\n").next().unwrap_or_default();
    let of = |name: &str| {
        let lines = head.lines().filter_map(|line| line.strip_prefix(name));
        lines.filter_map(|rest| id(rest.trim())).collect::<Vec<_>>()
    };
    (of("tree ").first().copied(), of("parent "))
}

/// The names of directories and of submodules in a tree.
fn entries_of(tree: &[u8], trees: &mut BTreeSet<String>, links: &mut BTreeSet<String>) {
    let mut rest = tree;
    while let Some(end) = rest.iter().position(|byte| *byte == 0) {
        let entry = String::from_utf8_lossy(&rest[..end]);
        match entry.split_once(' ') {
            Some(("40000", name)) => drop(trees.insert(name.to_owned())),
            Some(("160000", name)) => drop(links.insert(name.to_owned())),
            _ => {}
        }
        rest = rest.get(end + 1 + Id::default().len()..).unwrap_or_default();
    }
}

/// The objects of a repository.
struct Objects {
    directory: PathBuf,
    packs: Vec<Pack>,
    /// By pack and place.
    remembered: HashMap<(usize, u64), Rc<[u8]>>,
    left: usize,
}

/// A pack and the list of what is in it (gitformat-pack(5)).
struct Pack {
    index: Vec<u8>,
    file: File,
}

impl Objects {
    fn open(directory: &Path) -> Self {
        let files = std::fs::read_dir(directory.join("pack")).into_iter().flatten().flatten();
        let indexes = files
            .map(|file| file.path())
            .filter(|path| path.extension().is_some_and(|it| it == "idx"));
        let packs = indexes.filter_map(|path| Pack::open(&path)).collect();
        Self {
            directory: directory.to_owned(),
            packs,
            remembered: HashMap::new(),
            left: UNPACKED_BYTES_MAX,
        }
    }

    fn object(&mut self, id: &Id) -> Option<Rc<[u8]>> {
        for pack in 0..self.packs.len() {
            if let Some(at) = self.packs[pack].find(id) {
                return self.packed(pack, at, CHAIN_MAX);
            }
        }
        self.loose(id)
    }

    fn loose(&mut self, id: &Id) -> Option<Rc<[u8]>> {
        let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        let file = File::open(self.directory.join(&hex[..2]).join(&hex[2..])).ok()?;
        let mut bytes = Vec::new();
        file.take(OBJECT_BYTES_MAX as u64).read_to_end(&mut bytes).ok()?;
        let whole = self.inflated(&bytes, OBJECT_BYTES_MAX)?;
        // `tree 123\0…`
        let end = whole.iter().position(|byte| *byte == 0)?;
        Some(whole[end + 1..].into())
    }

    /// What stands at a place of a pack, put together from what it is based on.
    fn packed(&mut self, pack: usize, at: u64, chain: usize) -> Option<Rc<[u8]>> {
        if let Some(known) = self.remembered.get(&(pack, at)) {
            return Some(Rc::clone(known));
        }
        let chain = chain.checked_sub(1)?;
        let head = self.packs[pack].read(at, 64)?;
        let (kind, size, mut from) = header(&head)?;
        let base = match kind {
            1..=4 => None,
            6 => {
                // How far before it what it is based on stands.
                let (distance, length) = index::offset(head.get(from..)?)?;
                from += length;
                Some(self.packed(pack, at.checked_sub(distance as u64)?, chain)?)
            }
            7 => {
                let id = Id::try_from(head.get(from..from + 20)?).ok()?;
                from += 20;
                let at = self.packs[pack].find(&id)?;
                Some(self.packed(pack, at, chain)?)
            }
            _ => return None,
        };
        if size > OBJECT_BYTES_MAX {
            return None;
        }
        // What does not get smaller is stored as it is, with a few bytes for each part.
        let bytes = self.packs[pack].read(at + from as u64, size + size / 1000 + 64)?;
        let plain = self.inflated(&bytes, size)?;
        let object: Rc<[u8]> = match base {
            Some(base) => patched(&base, &plain)?.into(),
            None => plain.into(),
        };
        if self.remembered.len() >= REMEMBERED_MAX {
            self.remembered.clear();
        }
        self.remembered.insert((pack, at), Rc::clone(&object));
        Some(object)
    }

    fn inflated(&mut self, bytes: &[u8], max: usize) -> Option<Vec<u8>> {
        let plain = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(bytes, max).ok()?;
        self.left = self.left.checked_sub(plain.len())?;
        Some(plain)
    }
}

impl Pack {
    fn open(index: &Path) -> Option<Self> {
        let is_readable = std::fs::metadata(index).is_ok_and(|it| it.len() <= INDEX_BYTES_MAX);
        let bytes = is_readable.then(|| std::fs::read(index).ok()).flatten()?;
        let is_known = bytes.starts_with(b"\xfftOc\0\0\0\x02") && bytes.len() > HEAD + NAMES;
        let file = File::open(index.with_extension("pack")).ok()?;
        is_known.then_some(Self { index: bytes, file })
    }

    fn number(&self, at: usize) -> Option<usize> {
        let bytes = self.index.get(at..at + 4)?;
        usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()
    }

    /// Where an object stands.
    fn find(&self, id: &Id) -> Option<u64> {
        let first = usize::from(id[0]);
        let below = if first == 0 { 0 } else { self.number(HEAD + 4 * (first - 1))? };
        let (mut low, mut high) = (below, self.number(HEAD + 4 * first)?);
        let count = self.number(HEAD + 4 * 255)?;
        let names = HEAD + NAMES;
        let at = loop {
            if low >= high {
                return None;
            }
            let middle = low.midpoint(high);
            match self.index.get(names + 20 * middle..names + 20 * (middle + 1))?.cmp(id) {
                std::cmp::Ordering::Equal => break middle,
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        };
        // Behind the names stand checksums, and behind these the places.
        let places = names + 24 * count;
        let place = self.number(places + 4 * at)?;
        match place & 0x8000_0000 {
            0 => u64::try_from(place).ok(),
            _ => {
                let large = places + 4 * count + 8 * (place & 0x7fff_ffff);
                Some(u64::from_be_bytes(self.index.get(large..large + 8)?.try_into().ok()?))
            }
        }
    }

    fn read(&mut self, at: u64, size: usize) -> Option<Vec<u8>> {
        self.file.seek(SeekFrom::Start(at)).ok()?;
        let mut bytes = Vec::with_capacity(size);
        (&self.file).take(size as u64).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }
}

/// Bytes of a list of objects before the counts, and of the counts.
const HEAD: usize = 8;
const NAMES: usize = 4 * 256;

/// The kind of an object in a pack, its size, and where the rest begins.
fn header(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let first = *bytes.first()?;
    let (kind, mut size) = ((first >> 4) & 7, usize::from(first & 15));
    let (mut at, mut shift, mut more) = (1, 4, first & 0x80 != 0);
    while more {
        let byte = *bytes.get(at)?;
        size |= usize::from(byte & 0x7f).checked_shl(shift).filter(|_| shift < 40)?;
        (at, shift, more) = (at + 1, shift + 7, byte & 0x80 != 0);
    }
    Some((kind, size, at))
}

/// An object from what it is based on and the difference.
fn patched(base: &[u8], difference: &[u8]) -> Option<Vec<u8>> {
    let mut at = 0;
    let mut next = || {
        let byte = difference.get(at).copied();
        at += 1;
        byte
    };
    let mut sizes = [0_usize; 2];
    for size in &mut sizes {
        let mut shift = 0;
        loop {
            let byte = next()?;
            *size |= usize::from(byte & 0x7f).checked_shl(shift).filter(|_| shift < 40)?;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
    }
    if sizes[0] != base.len() || sizes[1] > OBJECT_BYTES_MAX {
        return None;
    }
    let mut object = Vec::with_capacity(sizes[1]);
    while let Some(command) = next() {
        if command & 0x80 == 0 {
            for _ in 0..command {
                object.push(next()?);
            }
            continue;
        }
        let (mut offset, mut size) = (0_usize, 0_usize);
        for bit in 0..4 {
            if command & (1 << bit) != 0 {
                offset |= usize::from(next()?) << (8 * bit);
            }
        }
        for bit in 0..3 {
            if command & (16 << bit) != 0 {
                size |= usize::from(next()?) << (8 * bit);
            }
        }
        let size = if size == 0 { 0x10000 } else { size };
        object.extend_from_slice(base.get(offset..offset.checked_add(size)?)?);
        if object.len() > OBJECT_BYTES_MAX {
            return None;
        }
    }
    (object.len() == sizes[1]).then_some(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    struct Clone(tempfile::TempDir);

    impl Clone {
        fn new() -> Self {
            let clone = Self(tempfile::tempdir().expect("a directory"));
            clone.git(&["init", "-q", "-b", "main"]);
            clone
        }

        fn git(&self, arguments: &[&str]) {
            let settings =
                ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
            let done = Command::new("git")
                .args(settings)
                .args(arguments)
                .current_dir(self.0.path())
                .output();
            let done = done.expect("git runs");
            assert!(
                done.status.success(),
                "{arguments:?}: {}",
                String::from_utf8_lossy(&done.stderr)
            );
        }

        fn file(&self, path: &str, text: &str) {
            let path = self.0.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("creates");
            std::fs::write(path, text).expect("writes");
        }

        fn commit(&self) {
            self.git(&["add", "-A"]);
            self.git(&["commit", "-qm", "x"]);
        }

        fn held(&self) -> Vec<String> {
            let git = self.0.path().join(".git");
            History::read(&git, &git).0.into_iter().collect()
        }
    }

    #[test]
    fn what_was_removed_is_remembered_loose_and_packed() {
        let clone = Clone::new();
        for number in 0..40 {
            clone.file(&format!("kept/{number}.rs"), &"line\n".repeat(number));
            clone.file(&format!("also{number}.txt"), "x");
        }
        clone.file("old/deep/a.rs", "a");
        clone.commit();
        clone.git(&["checkout", "-qb", "side"]);
        clone.file("feature/a.rs", "a");
        clone.commit();
        clone.git(&["checkout", "-q", "main"]);
        clone.git(&["branch", "-qD", "side"]);
        clone.git(&["rm", "-rq", "old"]);
        clone.git(&["commit", "-qm", "y"]);
        for number in 0..30 {
            clone.file(&format!("kept/{number}.rs"), "changed");
            clone.commit();
        }
        clone.file("untracked/a.rs", "a");
        let expected = ["feature", "kept", "old"];
        assert_eq!(clone.held(), expected);
        // What no branch holds stays, for where one was is known.
        clone.git(&["gc", "-q", "--aggressive"]);
        assert_eq!(clone.held(), expected);
        let objects = clone.0.path().join(".git/objects");
        let is_loose = |name: &str| name.len() == 2;
        let names = std::fs::read_dir(objects).expect("lists").flatten();
        assert!(
            !names.map(|it| it.file_name().to_string_lossy().into_owned()).any(|it| is_loose(&it))
        );
    }

    #[test]
    fn what_was_fetched_from_others_is_theirs() {
        let (clone, other) = (Clone::new(), Clone::new());
        clone.file("src/a.rs", "a");
        clone.commit();
        other.file("salaries/a.csv", "a");
        other.commit();
        clone.git(&[
            "fetch",
            "-q",
            &other.0.path().to_string_lossy(),
            "main:refs/remotes/pay/main",
        ]);
        assert_eq!(clone.held(), ["src"]);
    }

    #[test]
    fn what_is_broken_holds_nothing() {
        let clone = Clone::new();
        clone.file("src/a.rs", "a");
        clone.commit();
        clone.git(&["gc", "-q"]);
        let packs = clone.0.path().join(".git/objects/pack");
        for file in std::fs::read_dir(packs).expect("lists").flatten() {
            let bytes = std::fs::read(file.path()).expect("reads");
            std::fs::remove_file(file.path()).expect("removes");
            std::fs::write(file.path(), &bytes[..bytes.len() / 2]).expect("writes");
        }
        assert!(clone.held().is_empty());
        let empty = tempfile::tempdir().expect("a directory");
        assert_eq!(History::read(empty.path(), empty.path()), History::default());
        for piece in
            [&b""[..], b"\xff", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"\x90\x90\x90"]
        {
            let _ = (header(piece), patched(b"abc", piece));
        }
    }
}
