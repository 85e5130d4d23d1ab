//! The pepper: the secret half of every key check. It never leaves its file and this process.
//!
//! It lies in `certs/pepper`, apart from node.db, so that a copy of the database alone tells nothing
//! about any key. The database holds a check value, so that a pepper of another install is noticed
//! rather than making every issued key invalid in silence.

use super::error::RegistryError;
use super::{schema, setting};
use camille_proto::key::ApiKey;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use rusqlite::{Connection, TransactionBehavior};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const BYTES: usize = 32;
const CHECK_CONTEXT: &[u8] = b"camille-pepper-check-v1";

pub(super) struct Pepper {
    key: hmac::Key,
}

impl Pepper {
    /// Reads the pepper, or makes it together with its check value the first time.
    pub(super) fn load(
        directory: &Path,
        connection: &mut Connection,
        random: &SystemRandom,
    ) -> Result<Self, RegistryError> {
        let path = directory.join("pepper");
        let stored = |source| RegistryError::Store { operation: "check the pepper", source };
        schema::make_directory(directory)?;
        // The write lock makes one of several first starts the one that draws the pepper.
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(stored)?;
        let check = setting::blob(&transaction, setting::PEPPER_CHECK).map_err(stored)?;
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && check.is_none() => {
                let mut bytes = vec![0; BYTES];
                random.fill(&mut bytes).map_err(|_| RegistryError::Random)?;
                write_private(directory, &path, &bytes)
                    .map_err(|source| RegistryError::File { path: path.clone(), source })?;
                bytes
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(RegistryError::Pepper { path });
            }
            Err(source) => return Err(RegistryError::File { path, source }),
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        match check {
            _ if bytes.len() != BYTES => return Err(RegistryError::Pepper { path }),
            Some(check) if hmac::verify(&key, CHECK_CONTEXT, &check).is_err() => {
                return Err(RegistryError::Pepper { path });
            }
            Some(_) => {}
            None => {
                let check = hmac::sign(&key, CHECK_CONTEXT);
                setting::put(&transaction, setting::PEPPER_CHECK, check.as_ref())
                    .map_err(stored)?;
            }
        }
        transaction.commit().map_err(stored)?;
        Ok(Self { key })
    }

    /// What is stored of a key.
    pub(super) fn mac(&self, key: &ApiKey) -> Vec<u8> {
        hmac::sign(&self.key, key.reveal().as_bytes()).as_ref().to_vec()
    }

    /// Whether this is the key that `mac` was made from, in constant time.
    pub(super) fn verify(&self, key: &ApiKey, mac: &[u8]) -> bool {
        hmac::verify(&self.key, key.reveal().as_bytes(), mac).is_ok()
    }

    /// A key made of what `claimant` gave for itself, for a claim that `context` names: of the same claim always the
    /// same one. Whoever has this file alone cannot make it: what the claimant gave is a secret too.
    pub(super) fn key_for(&self, context: &str, claimant: &ApiKey) -> ApiKey {
        let part = |part: &str| {
            let text = format!("camille-claim-v1\0{part}\0{context}\0{}", claimant.reveal());
            hmac::sign(&self.key, text.as_bytes())
        };
        let (mut id, mut secret) = ([0; 6], [0; 32]);
        id.copy_from_slice(&part("id").as_ref()[..6]);
        secret.copy_from_slice(part("secret").as_ref());
        ApiKey::from_entropy(id, secret)
    }

    /// Does the work of one check for nothing: what is not even a key answers no sooner.
    pub(super) fn verify_nothing(&self) {
        let _ = hmac::verify(&self.key, &[0; 62], &[0; 32]);
    }
}

/// Writes a whole 0600 file or none. `fsync` first: node.db must never be ahead of its pepper.
fn write_private(directory: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let unfinished = directory.join("pepper.new");
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    File::open(directory)?.sync_all()
}
