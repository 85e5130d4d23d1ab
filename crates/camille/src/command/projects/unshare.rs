//! Taking an `unshare` back: what peers would see then, and only then the rule goes.

use super::share::seen_by_peers;
use crate::ask::{agreed, is_answered};
use crate::command::Context;
use crate::consent;
use crate::failure::{Exit, Failure};
use crate::output::{json, plain};
use camille_client::NodeClient;
use camille_proto::local::{ProjectPreview, UndoRequest, UndoResult};
use camille_proto::vocabulary::Sharing;

pub(super) async fn undo(
    context: &mut Context,
    pattern: String,
    yes: bool,
    as_json: bool,
) -> Result<Exit, Failure> {
    if !yes && !is_answered() {
        return Err(Failure::usage("taking it back asks first, and there is nobody to answer")
            .hint("--yes goes on without asking"));
    }
    let config = context.config()?;
    let session = consent::session(&config, &context.environment).await?;
    let outcome = carry_out(context, session.client(), pattern, yes, as_json).await;
    session.close().await;
    outcome
}

async fn carry_out(
    context: &mut Context,
    client: &NodeClient,
    pattern: String,
    yes: bool,
    as_json: bool,
) -> Result<Exit, Failure> {
    let terminal = &mut context.terminal;
    let name = plain::one_line(&pattern);
    let would =
        client.undo_unshare(&UndoRequest { pattern: pattern.clone(), preview: true }).await?;
    if !would.denied {
        return Err(Failure::usage(format!("no `unshare` of '{name}' stands"))
            .hint("camille projects list, for the rules there are"));
    }
    let shared: Vec<ProjectPreview> =
        would.projects.into_iter().filter(|p| p.sharing != Sharing::Private).collect();
    if !as_json {
        if shared.is_empty() {
            terminal.line("your peers would see nothing more")?;
            terminal.hint(
                "because",
                "no other rule shares it; a `share` of the same went with the `unshare`",
            )?;
        } else {
            seen_by_peers(terminal, "your peers would see", &shared)?;
        }
        terminal.flush()?;
    }
    if !yes && !agreed(&format!("Take the unshare of {name} back?"))? {
        terminal.line("nothing was changed")?;
        return Ok(Exit::NoHits);
    }
    let done: UndoResult = client.undo_unshare(&UndoRequest { pattern, preview: false }).await?;
    if as_json {
        json::print(terminal, &done)?;
    } else {
        terminal.line(format!("taken back: unshare {name}"))?;
    }
    Ok(Exit::Done)
}
