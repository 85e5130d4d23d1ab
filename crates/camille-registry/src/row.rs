//! The rows of peers: what they hold, and how a name is found that is nobody else's.

use super::column::{Json, Millis, Peer as PeerColumn};
use super::{setting, text};
use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::key::{ApiKey, KeyId};
use camille_proto::name;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

/// What is known of one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Who it is.
    pub peer_id: PeerId,
    /// What it is called here. No two peers share a name, whatever the case.
    pub name: String,
    /// Where it was last reached, then where else it may be.
    pub addresses: Vec<String>,
    /// Whether we hold a key for its bank.
    pub has_key: bool,
    /// What that key may do and read there, as the peer told us.
    pub granted: Option<Grant>,
    /// Its newest live key for our bank.
    pub their_key: Option<KeyId>,
    /// What that key may do and read here.
    pub their_grant: Option<Grant>,
    /// When they became peers.
    pub added: Timestamp,
    /// When it last answered, to a minute.
    pub last_seen: Option<Timestamp>,
    /// How long its last recorded answer took.
    pub round_trip_ms: Option<u64>,
    /// What went wrong last; absent once it answers.
    pub last_error: Option<String>,
}

/// A peer to be added, or what is new about one.
#[derive(Debug)]
pub struct NewPeer<'a> {
    /// Who it is.
    pub peer_id: PeerId,
    /// What it calls itself; a peer that is known keeps the name it has here.
    pub name: &'a str,
    /// Where it may be reached, best first. Takes the place of all but the last good one.
    pub addresses: &'a [String],
    /// The key for its bank.
    pub key: &'a ApiKey,
    /// What that key may do and read there, if known.
    pub granted: Option<&'a Grant>,
}

impl Peer {
    /// Whether `name_or_id` means this peer: its whole id, or its name in any case.
    #[must_use]
    pub fn is_called(&self, name_or_id: &str) -> bool {
        match name_or_id.parse::<PeerId>() {
            Ok(id) => id == self.peer_id,
            Err(_) => self.name.eq_ignore_ascii_case(name_or_id),
        }
    }
}

/// Where a peer says that it is now.
pub(super) fn tell_addresses(
    connection: &Connection,
    peer: &PeerId,
    addresses: &[String],
) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE peer SET addresses = ?2 WHERE id = ?1",
        params![PeerColumn(*peer), Json(text::addresses(addresses))],
    )?;
    Ok(())
}

/// The peer's row, made with a free name if there is none. Returns what it is called here.
pub(super) fn ensure(
    connection: &Connection,
    peer: &PeerId,
    name: &str,
    now: Timestamp,
) -> rusqlite::Result<String> {
    let known = connection
        .prepare_cached("SELECT name FROM peer WHERE id = ?1")?
        .query_row([PeerColumn(*peer)], |row| row.get(0))
        .optional()?;
    if let Some(name) = known {
        return Ok(name);
    }
    let name = name::unique(&name::clean(name, "peer"), |name| is_taken(connection, name, peer))?;
    connection.execute(
        "INSERT INTO peer (id, name, addresses, added) VALUES (?1, ?2, '[]', ?3)",
        params![PeerColumn(*peer), name, Millis(now)],
    )?;
    Ok(name)
}

/// Where others say that a peer is: kept beside what it said itself while it is not reached.
pub(super) fn add_addresses(
    connection: &Connection,
    peer: &PeerId,
    given: &[String],
) -> rusqlite::Result<()> {
    let known: Option<Json<Vec<String>>> = connection
        .prepare_cached("SELECT addresses FROM peer WHERE id = ?1 AND error IS NOT NULL")?
        .query_row([PeerColumn(*peer)], |row| row.get(0))
        .optional()?;
    let Some(Json(known)) = known else { return Ok(()) };
    let all = text::addresses(&[known.as_slice(), given].concat());
    if all != known {
        connection
            .prepare_cached("UPDATE peer SET addresses = ?2 WHERE id = ?1")?
            .execute(params![PeerColumn(*peer), Json(all)])?;
    }
    Ok(())
}

/// Whether somebody else is called so or alike, or waits to be: the owner too.
pub(super) fn is_taken(
    connection: &Connection,
    name: &str,
    by_other_than: &PeerId,
) -> rusqlite::Result<bool> {
    if name::is_reserved(name) {
        return Ok(true);
    }
    let owner: Option<String> = setting::text(connection, setting::OWNER)?;
    if owner.is_some_and(|owner| name::are_alike(&owner, name)) {
        return Ok(true);
    }
    let mut statement = connection.prepare_cached(
        "SELECT name FROM peer WHERE id <> ?1
         UNION SELECT name FROM pending_join WHERE inviter <> ?1
         UNION SELECT name FROM candidate WHERE peer <> ?1 AND refused IS NULL",
    )?;
    let mut names =
        statement.query_map([PeerColumn(*by_other_than)], |row| row.get::<_, String>(0))?;
    names.try_fold(false, |taken, other| Ok(taken || name::are_alike(&other?, name)))
}

pub(super) const COLUMNS: &str =
    "peer.id, peer.name, peer.addresses, peer.last_good, peer.sealed_key IS NOT NULL, peer.granted,
    key.id, key.rights, peer.added, peer.last_seen, peer.round_trip_ms, peer.error";

/// Each peer with its newest live key for our bank.
pub(super) const TABLES: &str = "peer LEFT JOIN key ON key.rowid =
    (SELECT k.rowid FROM key k WHERE k.bound_to = peer.id AND k.kind = 'peer'
         AND k.revoked IS NULL ORDER BY k.created DESC, k.rowid DESC LIMIT 1)";

pub(super) fn find(connection: &Connection, name_or_id: &str) -> rusqlite::Result<Option<Peer>> {
    // A name may look like somebody else's id; the id counts.
    let (column, value): (&str, Box<dyn ToSql>) = match name_or_id.parse::<PeerId>() {
        Ok(id) => ("peer.id", Box::new(PeerColumn(id))),
        Err(_) => ("peer.name", Box::new(name_or_id.to_owned())),
    };
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE {column} = ?1");
    connection.prepare_cached(&sql)?.query_row([value], read_peer).optional()
}

pub(super) fn read_peer(row: &Row<'_>) -> rusqlite::Result<Peer> {
    let mut addresses = row.get::<_, Json<Vec<String>>>(2)?.0;
    if let Some(last_good) = row.get::<_, Option<String>>(3)? {
        addresses.retain(|address| *address != last_good);
        addresses.insert(0, last_good);
    }
    let time = |column| row.get::<_, Option<Millis>>(column).map(|t| t.map(|t| t.0));
    Ok(Peer {
        peer_id: row.get::<_, PeerColumn>(0)?.0,
        name: row.get(1)?,
        addresses,
        has_key: row.get(4)?,
        granted: row.get::<_, Option<Json<Grant>>>(5)?.map(|g| g.0),
        their_key: row.get::<_, Option<String>>(6)?.map(KeyId),
        their_grant: row.get::<_, Option<Json<Grant>>>(7)?.map(|g| g.0),
        added: row.get::<_, Millis>(8)?.0,
        last_seen: time(9)?,
        round_trip_ms: row.get::<_, Option<i64>>(10)?.map(i64::unsigned_abs),
        last_error: row.get(11)?,
    })
}
