//! node.db: the keys this node issued, its peers, invites, joins, introductions and sharing rules.
//!
//! Everything here is synchronous and takes the time as a parameter; callers run it on the blocking
//! pool. It never stores a key in the clear, never reads a clock and never touches the network.

mod candidate;
mod column;
pub mod denied;
mod error;
pub mod forge;
pub mod handed;
mod heard;
mod held;
mod introducer;
mod invite;
mod join;
mod key;
mod kind;
mod note;
pub mod pattern;
mod peer;
mod pepper;
mod release;
pub mod remote;
mod replaced;
mod row;
pub mod rule;
mod schema;
mod setting;
mod sharing;
mod source;
mod stored;
mod succession;
mod text;
mod volunteer;
pub mod within;

pub use candidate::{Candidate, MeetOutcome, Standing};
pub use error::RegistryError;
pub use heard::Hearing;
pub use introducer::Introducer;
pub use invite::{Claim, ClaimOutcome};
pub use join::{FinishOutcome, PendingJoin};
pub use key::AuthError;
pub use kind::{Authenticated, KeyKind, Refusal};
pub use peer::{RemovedPeer, RenameOutcome};
pub use release::Release;
pub use row::{NewPeer, Peer};
pub use sharing::Shared;
pub use succession::{Renewal, Rotation};

use error::Fault;
use pepper::Pepper;
use ring::rand::{SecureRandom, SystemRandom};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Seals what must be kept but not in the clear: the keys that other nodes gave us.
pub trait SecretBox: Send + Sync {
    /// Encrypts and authenticates `plaintext`; `context` must be the same when it is opened. `None`
    /// when the system gives no random numbers.
    fn seal(&self, plaintext: &[u8], context: &str) -> Option<Vec<u8>>;

    /// The plaintext; `None` when it was sealed by someone else, for something else, or changed.
    fn open(&self, sealed: &[u8], context: &str) -> Option<Vec<u8>>;
}

/// An open node.db. Several handles, in one process or in many, may share a file.
pub struct Registry {
    connection: Mutex<Connection>,
    pepper: Pepper,
    secrets: Arc<dyn SecretBox>,
    random: SystemRandom,
}

impl Registry {
    /// Opens `<home>/node.db`, making the home, the database and `<home>/certs/pepper` where they are
    /// missing. `secrets` seals the keys that are held for others.
    ///
    /// # Errors
    /// When the files cannot be used, when a newer camille wrote them, or when the pepper is not the
    /// database's.
    pub fn open(home: &Path, secrets: Arc<dyn SecretBox>) -> Result<Self, RegistryError> {
        let random = SystemRandom::new();
        schema::make_directory(home)?;
        let mut connection = schema::open(&home.join("node.db"))?;
        let pepper = Pepper::load(&home.join("certs"), &mut connection, &random)?;
        Ok(Self { connection: Mutex::new(connection), pepper, secrets, random })
    }

    /// A number that changes whenever what somebody may read changes: a key revoked, a peer removed, a
    /// sharing rule changed. Caches of answers and statistics carry it in their key.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn epoch(&self) -> Result<u64, RegistryError> {
        self.read("read the epoch", |c| {
            Ok(setting::integer(c, setting::EPOCH)?.unwrap_or(0).unsigned_abs())
        })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A transaction that a panic interrupted was rolled back when it was dropped.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, RegistryError> {
        work(&self.connection()).map_err(|fault| fault.during(operation))
    }

    /// Runs `work` as one transaction that holds the write lock from its beginning, so that what it
    /// reads is still true when it writes.
    fn write<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, RegistryError> {
        let mut connection = self.connection();
        let run = || {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run().map_err(|fault: Fault| fault.during(operation))
    }

    fn entropy<const N: usize>(&self) -> Result<[u8; N], RegistryError> {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes).map_err(|_| RegistryError::Random)?;
        Ok(bytes)
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Registry")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::after;
    use camille_proto::id::PeerId;
    use jiff::Timestamp;

    /// Not encryption, but it notices a wrong context as the real one does.
    pub(super) struct TestBox;

    impl SecretBox for TestBox {
        fn seal(&self, plaintext: &[u8], context: &str) -> Option<Vec<u8>> {
            let mut sealed = format!("{context}\0").into_bytes();
            sealed.extend(plaintext.iter().map(|b| b ^ 0x5a));
            Some(sealed)
        }

        fn open(&self, sealed: &[u8], context: &str) -> Option<Vec<u8>> {
            let body = sealed.strip_prefix(format!("{context}\0").as_bytes())?;
            Some(body.iter().map(|b| b ^ 0x5a).collect())
        }
    }

    /// A registry in a directory of its own.
    pub(super) struct Fixture {
        pub(super) home: tempfile::TempDir,
        pub(super) registry: Registry,
    }

    pub(super) fn fixture() -> Fixture {
        let home = tempfile::tempdir().expect("a temporary directory");
        let registry = open(home.path());
        Fixture { home, registry }
    }

    pub(super) fn open(home: &Path) -> Registry {
        Registry::open(home, Arc::new(TestBox)).expect("node.db opens")
    }

    pub(super) fn peer(name: &str) -> PeerId {
        PeerId::of_spki(name.as_bytes())
    }

    /// Noon of a day in 2026, `day` days on.
    pub(super) fn day(day: i64) -> Timestamp {
        let start: Timestamp = "2026-03-01T12:00:00Z".parse().expect("a timestamp");
        after(start, day * 86_400)
    }

    #[test]
    fn files_are_for_the_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let f = fixture();
        f.registry.note_first_mesh_search().expect("writes");
        for file in ["node.db", "node.db-wal", "node.db-shm", "node.db-lock", "certs/pepper"] {
            let path = f.home.path().join(file);
            let mode = std::fs::metadata(&path).expect("exists").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn a_newer_database_is_refused_and_left_alone() {
        let f = fixture();
        let path = f.home.path().join("node.db");
        drop(f.registry);
        let db = Connection::open(&path).expect("opens");
        db.pragma_update(None, "user_version", 99).expect("sets");
        db.execute("UPDATE setting SET value = '9.9.9' WHERE name = 'written_by'", [])
            .expect("sets");
        drop(db);
        let error = Registry::open(f.home.path(), Arc::new(TestBox)).expect_err("refused");
        assert!(
            matches!(&error, RegistryError::Newer { found: 99, written_by, .. } if written_by == "9.9.9"),
            "{error}"
        );
    }

    #[test]
    fn a_foreign_database_is_refused() {
        let home = tempfile::tempdir().expect("a directory");
        let db = Connection::open(home.path().join("node.db")).expect("opens");
        db.execute("CREATE TABLE other (x)", []).expect("creates");
        drop(db);
        let error = Registry::open(home.path(), Arc::new(TestBox)).expect_err("refused");
        assert!(matches!(error, RegistryError::Foreign { .. }), "{error}");
    }

    #[test]
    fn a_lost_pepper_is_said_and_not_replaced() {
        let f = fixture();
        let pepper = f.home.path().join("certs/pepper");
        drop(f.registry);
        std::fs::remove_file(&pepper).expect("removes");
        let error = Registry::open(f.home.path(), Arc::new(TestBox)).expect_err("refused");
        assert!(matches!(error, RegistryError::Pepper { .. }), "{error}");
        assert!(!pepper.exists());
        std::fs::write(&pepper, [1; 32]).expect("writes");
        let error = Registry::open(f.home.path(), Arc::new(TestBox)).expect_err("refused");
        assert!(matches!(error, RegistryError::Pepper { .. }), "{error}");
    }

    #[test]
    fn many_may_open_a_fresh_home_at_once() {
        for _ in 0..25 {
            let home = tempfile::tempdir().expect("a directory");
            let start = std::sync::Barrier::new(4);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        start.wait();
                        open(home.path()).epoch().expect("reads");
                    });
                }
            });
        }
    }

    #[test]
    fn the_registry_is_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Registry>();
    }
}
