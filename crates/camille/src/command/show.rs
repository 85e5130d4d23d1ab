//! `camille show`: a hit of the last search, whole, with what stands around it.

use super::Context;
use super::projects::held::why;
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::last_search::{self, Shown};
use crate::named;
use crate::output::{Terminal, count, document, json, mark, plain, table};
use crate::session::Session;
use camille_client::{ClientError, NodeClient};
use camille_proto::id::{DocumentId, PeerId};
use camille_proto::query::LIMIT_MAX;
use camille_proto::vocabulary::Sharing;

/// A greater number is no hit's: it is the beginning of a session's id.
const HITS_MAX: usize = LIMIT_MAX as usize;
/// Columns of a label.
const LABEL: usize = 9;

/// Show a hit of the last search whole, with what was said before and after it
///
/// Of a session it shows what it is, and whether your peers see it.
///
/// Where the output goes to no terminal, what is a peer's stands between marks, as `camille search` says.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The number of a hit of the last search, a document's id, or a session's (the beginning is enough)
    #[arg(value_name = "NUMBER|ID|SESSION")]
    which: String,

    /// The peer whose bank holds the document, when an id is given
    #[arg(long, value_name = "NAME")]
    peer: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Where a document is.
struct Place {
    id: DocumentId,
    /// Absent: in the own bank.
    peer: Option<PeerId>,
    source: String,
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    let config = context.config()?;
    let Some(remembered) = remembered(&args, &config)? else {
        return show_session(&args, &config, &mut context.terminal).await;
    };
    let session = Session::look(&config).await?;
    let place = match (remembered, &args.peer) {
        (Found::Shown(shown), None) => place(&shown),
        (found, Some(name)) => at_peer(session.client(), found.id(), name).await?,
        (Found::Id(id), None) => Place { id, peer: None, source: "local".into() },
    };
    let answer = session.client().local_document(&place.id, place.peer.as_ref()).await;
    session.close().await;
    let mut view = match answer {
        Ok(view) => view,
        Err(ClientError::Problem(problem)) if problem.status == 404 => return Err(gone(&place)),
        Err(error) => return Err(error.into()),
    };
    if args.json {
        if context.terminal.marks {
            mark::document(&mut view, &place.source);
        }
        json::print(&mut context.terminal, &view)?;
    } else {
        document::print(&mut context.terminal, &view, &place.source)?;
    }
    Ok(Exit::Done)
}

enum Found {
    /// A hit of the last search.
    Shown(Shown),
    /// An id that the last search did not show.
    Id(DocumentId),
}

impl Found {
    const fn id(&self) -> DocumentId {
        match self {
            Self::Shown(shown) => shown.id,
            Self::Id(id) => *id,
        }
    }
}

/// `None`: the word can only be a session's.
fn remembered(args: &Args, config: &Config) -> Result<Option<Found>, Failure> {
    let which = args.which.trim();
    let last = last_search::load(config);
    if let Ok(id) = which.parse::<DocumentId>() {
        let shown = last.into_iter().find(|shown| shown.id == id);
        return Ok(Some(shown.map_or(Found::Id(id), Found::Shown)));
    }
    let Some(number) = which.parse::<usize>().ok().filter(|number| *number <= HITS_MAX) else {
        return Ok(None);
    };
    if last.is_empty() {
        return Err(
            Failure::usage("the last search found nothing to show").hint("camille search WORDS")
        );
    }
    let known = last.len() as u64;
    let shown = number.checked_sub(1).and_then(|index| last.into_iter().nth(index));
    shown.map(|shown| Some(Found::Shown(shown))).ok_or_else(|| {
        Failure::usage(format!("there is no hit {number}"))
            .because(format!("the last search had {}", count(known, "hit")))
    })
}

/// What a session is, and whether peers see it.
async fn show_session(
    args: &Args,
    config: &Config,
    terminal: &mut Terminal,
) -> Result<Exit, Failure> {
    let session = Session::look(config).await?;
    let client = session.client();
    let read = async {
        if named::sessions(client, &args.which).await?.is_empty() {
            let which = plain::one_line(&args.which);
            return Err(Failure::usage(format!(
                "'{which}' is neither a number nor a document's id"
            ))
            .because("no session's id begins so, either")
            .hint("camille show 1, for the first hit of the last search"));
        }
        let sessions = named::session(client, &args.which).await?;
        Ok::<_, Failure>((sessions, client.held_sessions().await?, client.projects().await?))
    };
    let read = read.await;
    session.close().await;
    let (sessions, held, projects) = read?;
    if args.json {
        json::print(terminal, &sessions)?;
        return Ok(Exit::Done);
    }
    for session in &sessions {
        let project = projects.iter().find(|one| session.project.as_ref() == Some(&one.id));
        let seen = match held.iter().find(|held| held.name == session.name) {
            Some(held) => format!("held back: {}", why(held)),
            None => match project.map_or(Sharing::Private, |project| project.sharing) {
                Sharing::Private => "not seen: its project is private".to_owned(),
                _ if session.released => "seen, its talk and nothing else: you released it".into(),
                _ => "seen: its project is shared".into(),
            },
        };
        for (label, text) in [
            ("session", session.name.session.as_str()),
            ("title", session.title.as_deref().unwrap_or("-")),
            ("project", session.project.as_deref().unwrap_or("-")),
            ("agent", session.name.agent.as_str()),
            ("holds", &count(session.documents, "document")),
            ("peers", &seen),
        ] {
            table::field(terminal, label, LABEL, text)?;
        }
    }
    Ok(Exit::Done)
}

fn place(shown: &Shown) -> Place {
    let peer = (shown.source != "local").then_some(shown.peer_id);
    Place { id: shown.id, peer, source: shown.source.clone() }
}

async fn at_peer(client: &NodeClient, id: DocumentId, name: &str) -> Result<Place, Failure> {
    let peers = client.peers().await?;
    let peer = peers.into_iter().find(|peer| peer.name.eq_ignore_ascii_case(name));
    let peer = peer.ok_or_else(|| {
        Failure::usage(format!("there is no peer called '{name}'")).hint("camille peers list")
    })?;
    Ok(Place { id, peer: Some(peer.peer_id), source: format!("peer:{}", peer.name) })
}

fn gone(place: &Place) -> Failure {
    let failure = Failure::new(Exit::NoHits, "that document is not there");
    match place.source.strip_prefix("peer:") {
        Some(name) => failure.because(format!("{name} no longer has it, or no longer shares it")),
        None => failure.because("your bank does not hold it"),
    }
}
