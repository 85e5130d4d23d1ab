//! `camille index`: reads what is new in the transcripts into the bank.

use super::Context;
use crate::config::Config;
use crate::consent;
use crate::failure::{Exit, Failure};
use crate::output::progress::Progress;
use crate::output::{Terminal, count, grouped, json, moment, plain, size, table};
use crate::session::{self, Session};
use camille_proto::local::{Accounting, IndexReport, IndexRequest};
use std::path::{Path, PathBuf};

/// Nobody can do much about a line that no reader understands: a few are enough to show the kind.
const DEFECTS_SHOWN: usize = 3;

/// Read what is new in your agents' transcripts into the bank
///
/// Without PATH: the usual places of every agent, and all that was added before. With PATH: adds it as a
/// source and reads it. Secrets are replaced before anything is stored. What was read stays, even when an
/// agent deletes its transcripts.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files or directories to add
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Print what became of every line
    #[arg(long)]
    stats: bool,

    /// Make the index anew from the bank first; searches see the old one until then
    #[arg(long)]
    rebuild: bool,

    /// Set the bank aside, as bank.before-… (bank.damaged-… if it cannot be read), and read all transcripts anew.
    /// What only the old bank held stays in it. What it knows of private sessions, of places and of what you had
    /// forgotten is taken along as far as it can be read
    #[arg(long, conflicts_with_all = ["rebuild", "verify"])]
    start_over: bool,

    /// Only check that the bank is whole: every text, and the index against the texts
    #[arg(long, conflicts_with_all = ["paths", "stats", "rebuild"])]
    verify: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    if args.verify {
        return verify(args.json, context).await;
    }
    // The running node has another working directory.
    let paths = args.paths.iter().map(|path| absolute(path)).collect::<Result<_, _>>()?;
    let config = context.config()?;
    if args.start_over {
        set_aside(&config, context).await?;
    }
    let session = Session::open(&config).await?;
    let request = IndexRequest { paths, defaults: args.paths.is_empty(), rebuild: args.rebuild };
    let progress = Progress::start(&context.terminal);
    let report = session.client().index(&request, |event| progress.update(event)).await;
    drop(progress);
    session.close().await;
    let report = report?;

    if args.json {
        json::print(&mut context.terminal, &report)?;
        return Ok(Exit::Done);
    }
    let shown = if args.stats { usize::MAX } else { DEFECTS_SHOWN };
    print_warnings(&mut context.terminal, &report, shown)?;
    print_report(&mut context.terminal, &report)?;
    if args.stats {
        print_accounting(&mut context.terminal, &report.accounting)?;
    }
    Ok(Exit::Done)
}

/// Moves the bank out of the way. Nothing of it is lost, and nothing of it is used.
async fn set_aside(config: &Config, context: &mut Context) -> Result<(), Failure> {
    if session::running(config).await.is_some() {
        return Err(Failure::new(Exit::Busy, "a node runs on this home and has the bank open")
            .hint("stop `camille up`, and try again"));
    }
    // What was forgotten comes back, and may be shared: no text that an agent reads decides that.
    consent::person(config, &context.environment)?;
    let bank = config.home.join("bank");
    if !bank.exists() {
        return Ok(());
    }
    let failed = |what: &str, path: &Path, error: &dyn std::error::Error| {
        Failure::not_set_up(format!("cannot {what} {}", path.display())).because(error.to_string())
    };
    // The new one is there before the old one goes: no run in between begins with one that knows nothing.
    let next = config.home.join("bank.beginning");
    if let Err(error) = std::fs::remove_dir_all(&next)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(failed("remove", &next, &error));
    }
    let is_whole = camille_node::begin_bank_from(&bank, &next)
        .map_err(|error| failed("make", &next, &error))?;
    let aside = free_name(&config.home, if is_whole { "bank.before" } else { "bank.damaged" });
    std::fs::rename(&bank, &aside).map_err(|error| failed("move", &bank, &error))?;
    std::fs::rename(&next, &bank).map_err(|error| failed("move", &next, &error))?;
    let kept = format!("the old bank is in {}", aside.display());
    context.terminal.hint("note", plain::one_line(&kept))?;
    if is_whole {
        let taken = "what you had forgotten stays away, and what was private stays private";
        return context.terminal.hint("note", taken);
    }
    let forgotten = "what you had forgotten is read again where transcripts still hold it";
    context.terminal.hint("note", forgotten)?;
    let lost = "sessions that go on from one which nobody knows any more are held back: camille projects list --held";
    context.terminal.hint("note", lost)
}

/// A name beside the bank that nothing has, with the time in it.
fn free_name(home: &Path, kind: &str) -> PathBuf {
    let at = jiff::Zoned::now().strftime("%Y%m%d-%H%M%S");
    let named = |end: String| home.join(format!("{kind}-{at}{end}"));
    let ends = std::iter::once(String::new()).chain((2..).map(|number| format!("-{number}")));
    ends.map(named).find(|path| path.symlink_metadata().is_err()).unwrap_or_else(|| home.join(kind))
}

/// Checks the bank and says what is wrong with it.
async fn verify(json: bool, context: &mut Context) -> Result<Exit, Failure> {
    let config = context.config()?;
    let session = Session::look(&config).await?;
    let progress = Progress::start(&context.terminal);
    let report = session.client().verify(|event| progress.verified(event)).await;
    drop(progress);
    session.close().await;
    let report = report?;
    let whole = report.faults_count == 0;
    if json {
        json::print(&mut context.terminal, &report)?;
        return Ok(if whole { Exit::Done } else { Exit::NoHits });
    }
    for fault in &report.faults {
        context.terminal.hint("fault", plain::one_line(fault))?;
    }
    if whole {
        context.terminal.line(format!(
            "the bank is whole: {} checked, in store and index, in {}",
            count(report.documents, "document"),
            moment::took(report.took_ms)
        ))?;
        return Ok(Exit::Done);
    }
    let faults = count(report.faults_count, "fault");
    let failure = Failure::new(Exit::NoHits, format!("the bank is not whole: {faults}"));
    Err(if report.rebuild_mends {
        failure.hint("camille index --rebuild makes the index anew; no document is lost")
    } else {
        failure
            .hint("camille index --start-over sets the bank aside and reads your transcripts anew")
    })
}

fn absolute(path: &Path) -> Result<String, Failure> {
    let found = path.canonicalize().map_err(|error| {
        Failure::usage(format!("cannot index {}", path.display())).because(error.to_string())
    })?;
    found.into_os_string().into_string().map_err(|path| {
        Failure::usage(format!("cannot index {}", path.to_string_lossy()))
            .because("its name is not UTF-8")
    })
}

fn print_warnings(
    terminal: &mut Terminal,
    report: &IndexReport,
    shown: usize,
) -> Result<(), Failure> {
    for (file, reason) in &report.unreadable {
        terminal
            .hint("not read", format!("{}: {}", plain::one_line(file), plain::one_line(reason)))?;
    }
    for defect in report.defects.iter().take(shown) {
        let place = if defect.line > 0 { format!(":{}", defect.line) } else { String::new() };
        let (file, reason) = (plain::one_line(&defect.file), plain::one_line(&defect.reason));
        terminal.hint("defect", format!("{file}{place}: {reason}"))?;
    }
    let more = report.defects.len().saturating_sub(shown);
    if more > 0 {
        terminal.hint("defect", format!("{more} more; --stats shows them"))?;
    }
    Ok(())
}

fn print_report(terminal: &mut Terminal, report: &IndexReport) -> Result<(), Failure> {
    if report.files == 0 {
        terminal.line("found no transcripts")?;
        for (place, exists) in &report.places {
            let what = if *exists { "nothing in it" } else { "does not exist" };
            terminal.line(format!("  {}: {what}", plain::one_line(place)))?;
        }
        return terminal.hint("try", "camille index PATH, with the directory that holds some");
    }
    let mut news = Vec::new();
    if report.documents_added > 0 && report.documents_added == report.documents_total {
        news.push("all new".into());
    } else if report.documents_added > 0 {
        news.push(format!("{} new", grouped(report.documents_added)));
    }
    if report.documents_changed > 0 && report.documents_added < report.documents_total {
        news.push(format!("{} grew or changed", grouped(report.documents_changed)));
    }
    if news.is_empty() {
        news.push("nothing new".into());
    }
    terminal.line(format!(
        "{} in the bank: {}",
        count(report.documents_total, "document"),
        news.join(", ")
    ))?;
    let unchanged = match report.files_unchanged {
        0 => String::new(),
        all if all == report.files => ", none of them changed".into(),
        some => format!(", {} unchanged", grouped(some)),
    };
    terminal.line(format!(
        "{}{unchanged} · {} read · {}",
        count(report.files, "file"),
        size(report.bytes_read),
        moment::took(report.took_ms)
    ))?;
    if !report.redacted.is_empty() {
        let rules: Vec<String> = report
            .redacted
            .iter()
            .map(|(rule, number)| format!("{} {}", grouped(*number), plain::one_line(rule)))
            .collect();
        let all = report.redacted.values().sum();
        terminal.line(format!(
            "{} replaced before storing: {}",
            count(all, "secret"),
            rules.join(", ")
        ))?;
    }
    Ok(())
}

fn print_accounting(terminal: &mut Terminal, accounting: &Accounting) -> Result<(), Failure> {
    let mut rows = vec![
        ("documented".to_owned(), accounting.documented, "became a document"),
        ("merged".into(), accounting.merged, "a further part of a document"),
        ("metadata".into(), accounting.metadata, "says something about its session"),
        ("duplicate".into(), accounting.duplicate, "repeats what another file holds"),
    ];
    for (reason, number) in &accounting.skipped {
        rows.push((format!("skipped: {reason}"), *number, ""));
    }
    rows.extend([
        ("blank".into(), accounting.blank, "nothing but white space"),
        ("pending".into(), accounting.pending, "not finished yet, read again later"),
        ("defective".into(), accounting.defective, "not understood"),
    ]);
    let width = grouped(accounting.lines).len();
    let rows: Vec<[String; 3]> = rows
        .into_iter()
        .map(|(class, number, what)| [right(number, width), class, what.to_owned()])
        .chain([[right(accounting.lines, width), "all lines".into(), verdict(accounting)]])
        .collect();
    terminal.line("")?;
    table::print(terminal, ["lines", "class", ""], &rows)
}

fn verdict(accounting: &Accounting) -> String {
    match accounting.unaccounted() {
        0 => "each of them one of the above".into(),
        missing => format!("{missing} unaccounted for: a bug in camille"),
    }
}

fn right(number: u64, width: usize) -> String {
    format!("{:>width$}", grouped(number))
}
