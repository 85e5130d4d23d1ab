//! Ana and bruno come to know each other.

use super::node::DemoNode;
use super::session::SHARED_PROJECT;
use super::stage::Stage;
use anyhow::{Context, ensure};
use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::local::{InviteCreated, InviteRequest, JoinCommand, PeerView, ShareRequest};
use camille_proto::vocabulary::Sharing;

/// What the two nodes say of each other after the join.
pub(super) struct Acquaintance {
    /// The invite.
    pub(super) invite: InviteCreated,
    /// Who she is, by her own word.
    pub(super) ana: PeerId,
    /// Who he is, by his own word.
    pub(super) bruno: PeerId,
    /// Her peers.
    pub(super) of_ana: Vec<PeerView>,
    /// His peers.
    pub(super) of_bruno: Vec<PeerView>,
}

/// Ana shares one project and invites bruno, who joins.
pub(super) async fn meet(stage: &Stage) -> anyhow::Result<Acquaintance> {
    let (ana, bruno) = (stage.ana.owner(), stage.bruno.owner());
    let rule =
        ShareRequest { pattern: SHARED_PROJECT.into(), sharing: Sharing::Shared, from: None };
    ana.share(&rule).await.context("ana cannot share her project")?;
    let request = InviteRequest { expires_s: 600, uses: 1, grant: Grant::teammate() };
    let invite: InviteCreated =
        ana.create_invite(&request).await.context("ana cannot invite anyone")?;
    let command = JoinCommand { line: invite.line.clone(), name: None };
    let join = bruno.join_invite(&command).await.context("bruno cannot join")?;
    ensure!(!join.pending, "bruno's join is pending: {}", join.reason.unwrap_or_default());
    Ok(Acquaintance {
        invite,
        ana: id_of(&stage.ana).await?,
        bruno: id_of(&stage.bruno).await?,
        of_ana: ana.peers().await?,
        of_bruno: bruno.peers().await?,
    })
}

pub(super) async fn id_of(node: &DemoNode) -> anyhow::Result<PeerId> {
    Ok(node.status().await?.peer_id)
}
