//! Peers whose peers we want to meet, and what they tell: whom they introduce. What becomes of those is `candidate`.

use super::candidate::forget_unoffered;
use super::column::{Json, Millis, Peer as PeerColumn};
use super::error::{Fault, RegistryError};
use super::{Registry, note, row, text};
use camille_proto::id::PeerId;
use camille_proto::introduction::{Introduced, Introductions};
use camille_proto::name;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// The most candidates that one introducer may bring.
const CANDIDATES_MAX: usize = 256;

/// A peer whose peers this node wants to meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introducer {
    /// Who it is.
    pub peer_id: PeerId,
    /// What it is called here.
    pub name: String,
    /// Since when.
    pub since: Timestamp,
    /// Whether all that it introduces are accepted.
    pub accepts_all: bool,
}

impl Registry {
    /// Wants to meet a peer's peers from now on, or no more. Candidates whom nobody else introduces are forgotten
    /// then. `None`: nobody is called so.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn set_introducer(
        &self,
        name_or_id: &str,
        on: bool,
        now: Timestamp,
    ) -> Result<Option<row::Peer>, RegistryError> {
        self.write("choose who introduces", |tx| {
            let Some(peer) = row::find(tx, name_or_id)? else { return Ok(None) };
            let id = PeerColumn(peer.peer_id);
            if on {
                let sql = "INSERT OR IGNORE INTO introducer (peer, since) VALUES (?1, ?2)";
                tx.execute(sql, params![id, Millis(now)])?;
            } else {
                tx.execute("DELETE FROM introducer WHERE peer = ?1", [id])?;
            }
            forget_unoffered(tx, now)?;
            Ok(Some(peer))
        })
    }

    /// The peers whose peers this node wants to meet, by name.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn introducers(&self) -> Result<Vec<Introducer>, RegistryError> {
        self.read("list who introduces", |c| {
            let mut statement = c.prepare_cached(
                "SELECT introducer.peer, peer.name, since, accepts_all
                 FROM introducer JOIN peer ON peer.id = introducer.peer ORDER BY peer.name",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(Introducer {
                    peer_id: row.get::<_, PeerColumn>(0)?.0,
                    name: row.get(1)?,
                    since: row.get::<_, Millis>(2)?.0,
                    accepts_all: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Takes over whom an introducer tells of; `own` is this node. Those it does not tell of any more are
    /// forgotten, unless they are peers. That it parted with one who is a peer of ours is news to the owner and no
    /// more. Nothing happens if the peer is not (any more) an introducer.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn take_introductions(
        &self,
        introducer: &PeerId,
        own: &PeerId,
        told: &Introductions,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        self.write("keep who is introduced", |tx| {
            let by: Option<(String, bool)> = tx
                .query_row(
                    "SELECT peer.name, accepts_all FROM introducer JOIN peer ON peer.id = introducer.peer
                     WHERE introducer.peer = ?1",
                    [PeerColumn(*introducer)],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            let Some((by, accepts_all)) = by else { return Ok(()) };
            let told_of: Vec<&Introduced> = told
                .candidates
                .iter()
                .filter(|one| one.peer_id != *own && one.peer_id != *introducer)
                .take(CANDIDATES_MAX)
                .collect();
            for parted in &told.parted {
                if is_offered(tx, parted, introducer)?
                    && let Some(name) = name_of_peer(tx, parted)?
                {
                    let news = format!(
                        "{by}, who introduced {name}, parted with them. To do so too: camille peers remove {name}"
                    );
                    note::add_news(tx, &news, now)?;
                }
            }
            forget_offers(tx, introducer, &told_of)?;
            let mut new = Vec::new();
            for one in &told_of {
                if let Some(name) = take(tx, introducer, one)? {
                    new.push(name);
                }
            }
            forget_unoffered(tx, now)?;
            if accepts_all {
                self.accept_offers(tx, introducer, now)?;
            } else if !new.is_empty() {
                let names = new.join(", ");
                let news = format!("{by} introduces {names}: camille peers accept NAME, or --all");
                note::add_news(tx, &news, now)?;
            }
            Ok(())
        })
    }
}

/// Takes one over. Returns its name here if it is new to this node.
fn take(
    connection: &Connection,
    introducer: &PeerId,
    told: &Introduced,
) -> Result<Option<String>, Fault> {
    let peer = PeerColumn(told.peer_id);
    let addresses = text::addresses(&told.addresses);
    let known = connection.execute(
        "UPDATE candidate SET addresses = ?2 WHERE peer = ?1",
        params![peer, Json(&addresses)],
    )? > 0;
    let is_peer = name_of_peer(connection, &told.peer_id)?.is_some();
    let mut new = None;
    if !known {
        let name = name::clean(&told.name, "peer");
        let name = name::unique(&name, |name| row::is_taken(connection, name, &told.peer_id))?;
        connection.execute(
            "INSERT INTO candidate (peer, name, addresses) VALUES (?1, ?2, ?3)",
            params![peer, name, Json(&addresses)],
        )?;
        new = Some(name).filter(|_| !is_peer);
    }
    connection.execute(
        "INSERT OR IGNORE INTO offer (introducer, candidate) VALUES (?1, ?2)",
        params![PeerColumn(*introducer), peer],
    )?;
    connection.execute(
        "UPDATE pending_join SET addresses = ?2 WHERE inviter = ?1 AND sealed_invite IS NULL",
        params![peer, Json(&addresses)],
    )?;
    if is_peer {
        row::add_addresses(connection, &told.peer_id, &addresses)?;
    }
    Ok(new)
}

/// What an introducer offers no more.
fn forget_offers(
    connection: &Connection,
    introducer: &PeerId,
    told_of: &[&Introduced],
) -> Result<(), Fault> {
    let mut statement = connection.prepare("SELECT candidate FROM offer WHERE introducer = ?1")?;
    let offered: Vec<PeerId> = statement
        .query_map([PeerColumn(*introducer)], |row| row.get::<_, PeerColumn>(0).map(|peer| peer.0))?
        .collect::<Result<_, _>>()?;
    for gone in offered.iter().filter(|id| !told_of.iter().any(|one| one.peer_id == **id)) {
        connection.execute(
            "DELETE FROM offer WHERE introducer = ?1 AND candidate = ?2",
            params![PeerColumn(*introducer), PeerColumn(*gone)],
        )?;
    }
    Ok(())
}

fn is_offered(connection: &Connection, peer: &PeerId, by: &PeerId) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM offer WHERE candidate = ?1 AND introducer = ?2)",
        params![PeerColumn(*peer), PeerColumn(*by)],
        |row| row.get(0),
    )
}

/// What a peer that can be asked is called here.
fn name_of_peer(connection: &Connection, peer: &PeerId) -> rusqlite::Result<Option<String>> {
    connection
        .query_row(
            "SELECT name FROM peer WHERE id = ?1 AND sealed_key IS NOT NULL",
            [PeerColumn(*peer)],
            |row| row.get(0),
        )
        .optional()
}
