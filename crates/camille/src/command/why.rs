//! `camille why`: the sessions behind lines or a commit, with the prompt that led to them.

use super::Context;
use crate::failure::{Exit, Failure};
use crate::output::{json, plain, why};
use crate::session::Session;
use camille_proto::local::{WhyAnswer, WhyRequest};
use std::path::{Path, PathBuf};

/// Show why lines of a file are so: which sessions wrote them, the prompt that led to it and what the agent said
///
/// Of each line git says which commit it came with; the session that wrote this very line last before that commit, in a
/// file of that name, is the one shown. It needs no hooks: what your agents wrote before you installed camille counts too.
///
/// A line that no session of your bank is known to have written is "not known here". That a session was at work at the
/// time, or edited the file, is never enough.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A file with lines or a symbol (src/a.rs:10, src/a.rs:10-24, src/a.rs:Cache::load), a file, or a commit
    #[arg(value_name = "FILE[:LINE[-LINE]|:SYMBOL]|COMMIT")]
    what: String,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    let request = request(&args.what)?;
    let answer = ask(&request, context).await?;
    if args.json {
        json::print(&mut context.terminal, &answer)?;
    } else {
        why::print(&mut context.terminal, &answer)?;
    }
    Ok(if answer.sessions.is_empty() { Exit::NoHits } else { Exit::Done })
}

/// Asks a node.
pub(super) async fn ask(request: &WhyRequest, context: &mut Context) -> Result<WhyAnswer, Failure> {
    let config = context.config()?;
    let session = Session::open(&config).await?;
    let answer = session.client().why(request).await;
    session.close().await;
    Ok(answer?)
}

/// What was typed, as a node understands it.
fn request(what: &str) -> Result<WhyRequest, Failure> {
    if let Some(path) = file(what)? {
        return Ok(WhyRequest { path, ..WhyRequest::default() });
    }
    for (at, _) in what.match_indices(':') {
        let Some(path) = file(&what[..at])? else { continue };
        let part = &what[at + 1..];
        let request = WhyRequest { path, ..WhyRequest::default() };
        return Ok(match lines(part) {
            Some(lines) => WhyRequest { lines: Some(lines), ..request },
            None if part.is_empty() => request,
            None => WhyRequest { symbol: Some(part.into()), ..request },
        });
    }
    let is_path = what.contains(':') || Path::new(what).extension().is_some();
    if is_path && !what.contains("..") {
        let what = plain::one_line(what);
        return Err(Failure::usage(format!("there is no file '{what}' here"))
            .hint("camille why FILE:LINE, from where the file is found"));
    }
    let here = absolute(Path::new("."))?;
    Ok(WhyRequest { path: here, commit: Some(what.into()), ..WhyRequest::default() })
}

/// The whole path of a file, if there is one.
pub(super) fn file(typed: &str) -> Result<Option<String>, Failure> {
    let path = Path::new(typed);
    if path.is_file() { absolute(path).map(Some) } else { Ok(None) }
}

fn absolute(path: &Path) -> Result<String, Failure> {
    let whole: PathBuf = std::path::absolute(path).map_err(|error| {
        Failure::usage("the directory that you are in cannot be told").because(error.to_string())
    })?;
    Ok(whole.to_string_lossy().into_owned())
}

fn lines(typed: &str) -> Option<(u32, u32)> {
    let (first, last) = typed.split_once('-').unwrap_or((typed, typed));
    Some((first.parse().ok()?, last.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_one_or_from_one_to_another() {
        assert_eq!(lines("7"), Some((7, 7)));
        assert_eq!(lines("7-12"), Some((7, 12)));
        assert_eq!(lines("Cache::load"), None);
        assert_eq!(lines("7-"), None);
    }

    #[test]
    fn a_file_comes_before_a_symbol_and_a_commit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.rs");
        std::fs::write(&path, "x").unwrap();
        let name = path.to_str().unwrap();
        let asked = |what: &str| request(what).unwrap();
        assert_eq!(asked(name), WhyRequest { path: name.into(), ..WhyRequest::default() });
        assert_eq!(asked(&format!("{name}:3")).lines, Some((3, 3)));
        assert_eq!(asked(&format!("{name}:a::b")).symbol.as_deref(), Some("a::b"));
        assert_eq!(asked("HEAD~2").commit.as_deref(), Some("HEAD~2"));
        assert!(request("nowhere/b.rs:3").is_err());
    }
}
