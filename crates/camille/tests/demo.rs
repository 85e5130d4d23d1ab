//! `camille demo` with the real binary: it passes, is short, and leaves nothing behind, whatever happens.
//! Nothing of the user's is there to be read.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The demo, with no environment but a place for temporary files.
fn demo(temporary: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_camille"));
    command
        .arg("demo")
        .args(args)
        .env_clear()
        .env("TMPDIR", temporary)
        // As wide as the terminal that README shows.
        .env("COLUMNS", "100")
        .current_dir(temporary)
        .stdin(Stdio::null());
    command
}

/// A short path, as sockets want it.
fn temporary_dir() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("cd-").tempdir().expect("a directory")
}

fn left_in(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("readable");
    entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect()
}

fn text(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn every_check_passes_in_forty_lines_and_nothing_is_left() {
    let temporary = temporary_dir();
    let words = "why are two customers charged twice";
    let output = demo(temporary.path(), &["--ask", words]).output().expect("ran");
    let (out, err) = text(&output);
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    assert!(out.lines().count() <= 40, "{} lines:\n{out}", out.lines().count());
    assert_eq!(out.matches('✓').count(), 9, "{out}");
    assert!(!out.contains('✗') && !out.contains('\u{1b}'), "{out}");
    assert!(out.contains("Two workers take the same job"), "her answer to the own words:\n{out}");
    assert_eq!(err, "");
    assert!(out.lines().last().is_some_and(|line| line.ends_with(" up")), "{out}");
    assert_eq!(left_in(temporary.path()), [""; 0]);
}

#[test]
fn an_interruption_stops_both_nodes_and_leaves_nothing() {
    let temporary = temporary_dir();
    let mut child = demo(temporary.path(), &[])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    // The first word is printed when both nodes run.
    let mut first = [0; 1];
    child.stdout.as_mut().expect("piped").read_exact(&mut first).expect("a word");
    assert_eq!(left_in(temporary.path()).len(), 1);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
    let output = child.wait_with_output().expect("ended");
    let (out, err) = text(&output);
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    assert!(err.contains("interrupted"), "{err}");
    assert_eq!(left_in(temporary.path()), [""; 0]);
}

#[test]
fn when_nobody_reads_on_it_ends_and_leaves_nothing() {
    let temporary = temporary_dir();
    let mut child = demo(temporary.path(), &[])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let mut first = [0; 1];
    let mut stdout = child.stdout.take().expect("piped");
    stdout.read_exact(&mut first).expect("a word");
    drop(stdout);
    assert_eq!(child.wait().expect("ended").code(), Some(0));
    assert_eq!(left_in(temporary.path()), [""; 0]);
}
