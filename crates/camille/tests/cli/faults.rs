//! Disks that fill up, files that are not what they should be, directories that may not be read: a clear
//! error or a repair, and nothing lost.

use crate::bank::filled;
use crate::environment::Home;
use camille_testkit::session::Session;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Whoever is nobody, on every system.
const NOBODY: u32 = 65_534;

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id runs");
    id.stdout == b"0\n"
}

/// Skips with a reason; where everything must be checked, fails instead.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "only this variable says that nothing may be skipped; whoever runs the tests hears what is"
)]
fn skip(reason: &str) {
    assert!(std::env::var_os("CAMILLE_STRICT").is_none(), "strict: {reason}");
    eprintln!("skipped: {reason}");
}

/// Where a database's header says which version of the schema it has (SQLite's file format, 1.3).
const USER_VERSION: std::ops::Range<usize> = 60..64;

#[test]
fn a_bank_of_a_newer_camille_is_refused_and_left_alone() {
    let home = filled();
    let path = home.camille_home().join("bank/bank.db");
    let mut bytes = std::fs::read(&path).expect("reads");
    bytes[USER_VERSION].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&path, &bytes).expect("writes");
    for command in [["index"].as_slice(), &["search", "webhook"], &["up"]] {
        home.run(command).ended(4).says("schema 99").says("or newer");
    }
    assert_eq!(std::fs::read(&path).expect("reads"), bytes);
}

#[test]
fn another_programs_file_is_refused_and_left_alone() {
    let home = Home::new();
    let file =
        home.write("camille/bank/bank.db", "this is a shopping list, and a long one at that");
    home.run(&["index"]).ended(4).says("not a camille bank").says("left as it is");
    home.run(&["search", "milk"]).ended(4).says("not a camille bank");
    assert!(std::fs::read_to_string(file).expect("reads").contains("shopping"));
}

#[test]
fn a_damaged_page_is_named_and_the_rest_is_kept() {
    let home = filled();
    let path = home.camille_home().join("bank/bank.db");
    let mut bytes = std::fs::read(&path).expect("reads");
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    bytes[3 * page..3 * page + 200].fill(0x5a);
    std::fs::write(&path, bytes).expect("writes");
    let outcome = home.run(&["index", "--verify"]);
    assert!([1, 4].contains(&outcome.code), "{outcome:#?}");
    assert!(outcome.stderr.contains("damaged"), "{outcome:#?}");
}

#[test]
fn every_command_says_the_same_of_a_damaged_bank_and_how_to_start_over() {
    let home = filled();
    let path = home.camille_home().join("bank/bank.db");
    let mut bytes = std::fs::read(&path).expect("reads");
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    for start in (page..bytes.len()).step_by(page) {
        bytes[start..start + 300].fill(0x5a);
    }
    std::fs::write(&path, &bytes).expect("writes");
    let id = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
    for command in [
        ["search", "webhook"].as_slice(),
        &["show", id],
        &["status"],
        &["index"],
        &["index", "--verify"],
        &["index", "--rebuild"],
        &["projects", "list"],
        &["forget", id, "--preview"],
        &["secrets"],
        &["up"],
    ] {
        let outcome = home.run(command).ended(4).says("index --start-over");
        assert!(outcome.stderr.to_lowercase().contains("bank"), "{outcome:#?}");
        // What `up` says to something that is no terminal goes to a service's journal.
        for raw in ["ERROR", "WARN", "camille_node::"] {
            assert!(command == ["up"] || !outcome.stderr.contains(raw), "{raw}: {outcome:#?}");
        }
    }
    let log = std::fs::read_to_string(home.camille_home().join("logs/camille.log"));
    assert!(log.expect("a log").contains("malformed"), "what happened is written down");
    home.run(&["index", "--start-over"]).ended(0).says("the old bank is in").says("forgotten");
    home.run(&["search", "webhook"]).ended(0);
    let kept = std::fs::read_dir(home.camille_home()).expect("reads").flatten();
    let kept = kept.map(|entry| entry.path()).find(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("bank.damaged-"))
    });
    let kept = std::fs::read(kept.expect("the old bank").join("bank.db")).expect("reads");
    assert!(kept.len() >= bytes.len() && kept[page..page + 300].iter().all(|byte| *byte == 0x5a));
}

#[test]
fn what_was_forgotten_comes_back_for_no_script() {
    let home = Home::new();
    home.run(&["index", "--start-over"]).ended(4).says("nobody at a terminal");
}

#[test]
fn what_is_forgotten_is_gone_and_stays_away() {
    let home = filled();
    let found = home.run(&["search", "flexbox", "--json"]).ended(0).json();
    let session =
        found["results"][0]["metadata"]["sessionId"].as_str().expect("a session").to_owned();
    home.run(&["forget", &session]).ended(2).says("--yes");
    let seen = home.run(&["forget", &session, "--preview"]).ended(0).prints("2 documents");
    seen.prints("1 session as a whole").prints("/home/ana/acme/site");
    home.run(&["search", "flexbox"]).ended(0);
    home.run(&["forget", &session, "--yes"]).ended(0).prints("forgot 2 documents");
    home.run(&["search", "flexbox"]).ended(1);
    home.run(&["index"]).ended(0);
    home.run(&["search", "flexbox"]).ended(1);
    home.run(&["forget", &session, "--yes"]).ended(1).says("holds nothing called");
    home.run(&["search", "webhook"]).ended(0);
    home.run(&["forget", "1", "--yes"]).ended(0).prints("forgot 1 document");
    home.run(&["index", "--verify"]).ended(0).prints("the bank is whole");
    home.run(&["index", "--rebuild"]).ended(0);
    home.run(&["index", "--verify"]).ended(0).prints("the bank is whole: 2 documents");
}

#[test]
fn what_may_not_be_read_is_named_and_the_rest_is_read() {
    if !is_root() {
        return skip("it needs root to become somebody else");
    }
    let home = Home::new();
    Session::new("open")
        .person("the open one")
        .write_under(&home.path().join(".claude"))
        .expect("a transcript");
    let closed = home.path().join(".claude/projects/closed");
    std::fs::create_dir(&closed).expect("a directory");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).expect("closes it");
    give_to_nobody(home.path());
    let output = home.command(&["index"]).uid(NOBODY).gid(NOBODY).output().expect("runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.contains("closed: "), "{stderr}");
    let output = home.command(&["search", "open"]).uid(NOBODY).gid(NOBODY).output().expect("runs");
    assert!(output.status.success());
}

#[test]
fn a_home_that_may_not_be_written_is_named() {
    if !is_root() {
        return skip("it needs root to become somebody else");
    }
    let home = filled();
    give_to_nobody(home.path());
    let run = |args: &[&str]| {
        let output = home.command(args).uid(NOBODY).gid(NOBODY).output().expect("runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(run(&["search", "webhook"]).0, Some(0));
    let bank = home.camille_home().join("bank");
    for entry in std::fs::read_dir(&bank).expect("reads").flatten() {
        std::os::unix::fs::chown(entry.path(), Some(0), Some(0)).expect("takes it away");
    }
    std::os::unix::fs::chown(&bank, Some(0), Some(0)).expect("takes it away");
    let (code, stderr) = run(&["index"]);
    assert_eq!(code, Some(4), "{stderr}");
    assert!(stderr.contains("writ") && stderr.contains("bank"), "{stderr}");
}

fn give_to_nobody(path: &Path) {
    let given =
        Command::new("chown").arg("-R").arg(format!("{NOBODY}:{NOBODY}")).arg(path).status();
    assert!(given.expect("chown runs").success());
}

/// A file system of a few megabytes, gone with the test.
struct SmallDisk<'h> {
    path: &'h Path,
}

impl<'h> SmallDisk<'h> {
    fn mount(path: &'h Path, megabytes: u32) -> Option<Self> {
        std::fs::create_dir_all(path).expect("a directory");
        let size = format!("size={megabytes}m,mode=0700");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "camille-test"])
            .arg(path)
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(Self { path })
    }

    fn grow(&self, megabytes: u32) {
        let size = format!("remount,size={megabytes}m");
        assert!(
            Command::new("mount")
                .args(["-o", &size])
                .arg(self.path)
                .status()
                .expect("mount runs")
                .success()
        );
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path).status();
    }
}

#[test]
fn a_full_disk_is_named_and_nothing_is_lost() {
    let home = Home::new();
    let path = home.camille_home();
    let Some(disk) = is_root().then(|| SmallDisk::mount(&path, 3)).flatten() else {
        return skip("it needs root and mount for a small disk");
    };
    let claude = home.path().join(".claude");
    let mut seed = 1_u64;
    for number in 0..60 {
        let mut session = Session::new(format!("s{number}"));
        for _ in 0..30 {
            // Words that do not repeat, so that they cannot be made small.
            let words: Vec<String> = (0..40)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    format!("{:x}", seed >> 8)
                })
                .collect();
            session = session.agent(&words.join(" "));
        }
        session.write_under(&claude).expect("a transcript");
    }
    home.run(&["index"]).ended(4).says("full").says("make room");
    disk.grow(100);
    home.run(&["index"]).ended(0).prints("1,800 documents in the bank");
    home.run(&["index", "--verify"]).ended(0).prints("the bank is whole: 1,800 documents");
}
