//! What git says of made-up repositories.

use super::*;
use std::process::Command;

struct Clone(tempfile::TempDir);

impl Clone {
    fn new() -> Self {
        let clone = Self(tempfile::tempdir().unwrap());
        clone.git(&["init", "-q", "-b", "main"]);
        clone
    }

    fn git(&self, arguments: &[&str]) -> String {
        let settings = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
        let done =
            Command::new("git").args(settings).args(arguments).current_dir(self.0.path()).output();
        let done = done.unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", message]);
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    fn blame(&self, name: &str, which: &Which) -> Blame {
        of_file(&self.path(name), which).unwrap()
    }
}

fn lines(stretch: &Stretch) -> Vec<&str> {
    stretch.lines.iter().map(String::as_str).collect()
}

#[test]
fn each_run_of_lines_has_its_commit_and_what_that_removed() {
    let clone = Clone::new();
    clone.file("src/a.rs", "fn one() {}\nfn two() {}\nfn three() {}\n");
    let first = clone.commit("begin\n\nSession: 0f0e0d0c-aaaa-bbbb-cccc-000000000001");
    clone.file("src/a.rs", "fn one() {}\nfn second() {}\nfn three() {}\n");
    let second = clone.commit("rename");
    clone.file("src/a.rs", "fn one() {}\nfn second() {}\nfn three() {}\nfn four() {}\n");
    let blame = clone.blame("src/a.rs", &Which::All);
    let runs: Vec<_> =
        blame.stretches.iter().map(|s| (s.line, s.commit.clone(), lines(s))).collect();
    assert_eq!(
        runs,
        [
            (1, Some(first.clone()), vec!["fn one() {}"]),
            (2, Some(second.clone()), vec!["fn second() {}"]),
            (3, Some(first.clone()), vec!["fn three() {}"]),
            (4, None, vec!["fn four() {}"]),
        ]
    );
    assert_eq!(blame.stretches[1].removed, ["fn two() {}"]);
    assert!(blame.stretches.iter().all(|stretch| stretch.path == "src/a.rs"));
    assert_eq!(blame.commits[&second].summary, "rename");
    assert!(blame.commits[&second].time.is_some());
    assert_eq!(blame.commits[&first].sessions, ["0f0e0d0c-aaaa-bbbb-cccc-000000000001"]);
    let some = clone.blame("src/a.rs", &Which::Lines(2, 2));
    assert_eq!(some.stretches, blame.stretches[1..2]);
}

#[test]
fn a_renamed_file_is_known_by_what_it_was_called() {
    let clone = Clone::new();
    clone.file("old/a.rs", "fn one() {}\nfn two() {}\nfn three() {}\n");
    clone.commit("begin");
    std::fs::create_dir_all(clone.path("new")).unwrap();
    clone.git(&["mv", "old/a.rs", "new/b.rs"]);
    clone.commit("move");
    let blame = clone.blame("new/b.rs", &Which::All);
    assert_eq!(blame.stretches[0].path, "old/a.rs");
}

#[test]
fn a_commit_is_the_lines_that_it_added() {
    let clone = Clone::new();
    clone.file("a.txt", "one\ntwo\n-- three\n");
    clone.file("docs/a.txt", "x\n");
    clone.commit("begin");
    clone.file("a.txt", "one\nzwei\n++ drei\nvier\n");
    clone.file("b c.txt", "new\n");
    let id = clone.commit("change");
    let blame = of_commit(clone.0.path(), "HEAD").unwrap();
    let runs: Vec<_> =
        blame.stretches.iter().map(|s| (s.path.as_str(), s.line, lines(s))).collect();
    assert_eq!(runs, [("a.txt", 2, vec!["zwei", "++ drei", "vier"]), ("b c.txt", 1, vec!["new"]),]);
    assert_eq!(blame.stretches[0].removed, ["two", "-- three"]);
    assert_eq!(blame.elsewhere, ["docs"], "another file of that name");
    assert!(blame.commits.contains_key(&id));
}

#[test]
fn checkpoints_name_their_sessions() {
    let clone = Clone::new();
    clone.file("x", "x\n");
    clone.commit("begin");
    clone.git(&["checkout", "-q", "--orphan", CHECKPOINTS]);
    clone.file("0e/6b66910244/0/metadata.json", r#"{"session_id": "the-session"}"#);
    clone.commit("checkpoint");
    clone.git(&["checkout", "-q", "main"]);
    clone.file("x", "y\n");
    let id = clone.commit("change\n\nEntire-Checkpoint: 0e6b66910244");
    let blame = clone.blame("x", &Which::All);
    assert_eq!(blame.commits[&id].sessions, ["the-session"]);
}

#[test]
fn a_symbol_has_lines() {
    let clone = Clone::new();
    clone.file(
        "a.rs",
        "fn load() {}\nstruct Cache;\nimpl Cache {\n    fn load(&self) {\n        one();\n    }\n}\n",
    );
    clone.commit("begin");
    let first = |symbol: &str| {
        let blame = clone.blame("a.rs", &Which::Symbol(symbol.into()));
        (blame.stretches[0].line, blame.stretches[0].lines.len())
    };
    assert_eq!(first("load"), (1, 1));
    assert_eq!(first("Cache::load"), (4, 3));
    let unknown = of_file(&clone.path("a.rs"), &Which::Symbol("store".into()));
    assert!(matches!(unknown, Err(BlameError::Symbol { .. })));
}

#[test]
fn what_cannot_be_told_is_an_error() {
    let clone = Clone::new();
    clone.file("a.rs", "fn one() {}\n");
    let untracked = clone.blame("a.rs", &Which::All);
    assert_eq!((untracked.stretches[0].commit.clone(), untracked.stretches[0].line), (None, 1));
    clone.commit("begin");
    let of = |which: Which| of_file(&clone.path("a.rs"), &which);
    assert!(matches!(of(Which::Lines(2, 3)), Err(BlameError::Lines { count: 1, .. })));
    assert!(matches!(of(Which::Lines(0, 0)), Err(BlameError::Lines { .. })));
    let missing = of_file(&clone.path("b.rs"), &Which::All);
    assert!(matches!(missing, Err(BlameError::File { .. })));
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("a"), "x").unwrap();
    let outside = of_file(&outside.path().join("a"), &Which::All);
    assert!(matches!(outside, Err(BlameError::Outside { .. })), "{outside:?}");
    for commit in ["nothing", "--output=x", ""] {
        let commit = of_commit(clone.0.path(), commit);
        assert!(matches!(commit, Err(BlameError::Commit { .. })), "{commit:?}");
    }
}

#[test]
fn nothing_that_a_repository_names_is_run() {
    let clone = Clone::new();
    clone.file("a.rs", "fn one() {}\n");
    clone.file(".gitattributes", "*.rs diff=evil\n");
    clone.commit("begin");
    clone.file("a.rs", "fn two() {}\n");
    let id = clone.commit("change");
    let made = clone.path("made");
    let evil = format!("touch {} #", made.display());
    for key in ["core.fsmonitor", "diff.evil.textconv", "diff.evil.command", "diff.external"] {
        clone.git(&["config", key, &evil]);
    }
    clone.git(&["config", "log.showSignature", "true"]);
    clone.git(&["config", "gpg.program", &evil]);
    clone.blame("a.rs", &Which::All);
    of_commit(clone.0.path(), &id).unwrap();
    assert!(!made.exists());
}
