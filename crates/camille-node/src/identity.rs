//! Who this node is: one ECDSA P-256 key, the certificate made from it, and what the key signs and seals.
//!
//! The private key never leaves this module but for TLS, is never logged, and its file is never
//! overwritten, damaged or not: a lost key is a lost identity.

mod certificate;
mod file;
mod key;
mod sealing;
mod signed;

pub(crate) use certificate::ORGANIZATION;

use crate::settings::TlsSettings;
use camille_client::tls::{OwnCertificate, PresentedCertificate};
use camille_proto::id::PeerId;
use jiff::Timestamp;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY};
use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo};
use zeroize::Zeroizing;

/// The directory of the key and the certificate, inside the node's home.
const DIRECTORY: &str = "certs";
const KEY_FILE: &str = "server.key";
const CERTIFICATE_FILE: &str = "server.crt";

/// This node's key and certificate.
pub struct Identity {
    key: key::NodeKey,
    own: OwnCertificate,
    peer_id: PeerId,
    sources: Sources,
    /// Why the certificate is not the one it should be.
    problem: Mutex<Option<String>>,
}

/// Where the certificate comes from.
struct Sources {
    /// The one the node signs itself.
    own: PathBuf,
    /// The machine's name.
    host: String,
    /// The one that an authority signed.
    signed: Option<PathBuf>,
}

/// What became of looking whether there is a newer certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// There is none.
    Unchanged,
    /// It is shown from now on.
    Renewed,
    /// What is there cannot be used, for a reason that was not told before.
    Refused(String),
}

/// Why a node has no identity, or cannot use it.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file or directory cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file or directory cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The key file holds no usable key. It was left as it is.
    #[error("{} holds no ECDSA P-256 private key in PKCS#8 PEM", path.display())]
    KeyDamaged {
        /// The key file.
        path: PathBuf,
    },
    /// A new key or certificate cannot be made.
    #[error("cannot make a {what}")]
    Create {
        /// Which of them.
        what: &'static str,
        /// Why.
        #[source]
        source: rcgen::Error,
    },
    /// This cannot stand in a certificate.
    #[error("'{name}' is neither a host name nor an IP address")]
    Name {
        /// What was given.
        name: String,
    },
    /// The system has no randomness to give, or the cryptography failed otherwise.
    #[error("cannot {operation} with this node's key")]
    Cryptography {
        /// What failed.
        operation: &'static str,
    },
    /// What was sealed cannot be opened: another key or another context sealed it, or it was changed.
    #[error("what is stored under '{context}' was not sealed by this node's key")]
    Sealed {
        /// What it was sealed for.
        context: String,
    },
}

impl IdentityError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::KeyDamaged { .. } => Some(
                "restore the file from a backup; or move it away to become a new node, which every \
                 teammate then has to invite again",
            ),
            Self::Read { .. } | Self::Write { .. } => {
                Some("check that the file is there, who owns it, and how full the disk is")
            }
            Self::Sealed { .. } => Some(
                "certs/server.key and node.db belong together: restore both from the same backup, or \
                 join your teammates again",
            ),
            Self::Create { .. } | Self::Name { .. } | Self::Cryptography { .. } => None,
        }
    }
}

impl Identity {
    /// The identity in `home`/certs, made now if there is none. The certificate is made anew with the
    /// same key when it is missing, unreadable, another key's, or ends within 30 days.
    ///
    /// `host`: the machine's name, for the certificate.
    ///
    /// # Errors
    /// Files that cannot be read or written, and a damaged key file.
    pub fn load_or_create(home: &Path, host: &str, now: Timestamp) -> Result<Self, IdentityError> {
        Self::load(home, host, &TlsSettings::default(), now)
    }

    /// The same with the owner's files. A certificate of an authority that cannot be used is told, see
    /// [`Identity::problem`], and the node's own takes its place: peers look at the key alone.
    ///
    /// # Errors
    /// As [`Identity::load_or_create`], and a key file of the owner that does not exist.
    pub fn load(
        home: &Path,
        host: &str,
        tls: &TlsSettings,
        now: Timestamp,
    ) -> Result<Self, IdentityError> {
        let directory = home.join(DIRECTORY);
        file::create_private_dir(&directory)?;
        let key = match &tls.key_file {
            Some(path) => key::NodeKey::load_existing(path)?,
            None => key::NodeKey::load_or_create(&directory.join(KEY_FILE))?,
        };
        let sources = Sources {
            own: directory.join(CERTIFICATE_FILE),
            host: host.to_owned(),
            signed: tls.cert_file.clone(),
        };
        let (chain, problem) = sources.choose(&key, &[], now)?;
        let peer_id = PeerId::of_spki(key.spki());
        let own = OwnCertificate::new(chain, &PrivatePkcs8KeyDer::from(key.pkcs8()))
            .map_err(|_| IdentityError::Cryptography { operation: "set up TLS" })?;
        Ok(Self { key, own, peer_id, sources, problem: Mutex::new(problem) })
    }

    /// Looks whether there is a newer certificate, and shows it from now on. The node's own is renewed 30 days
    /// before its end. One that cannot be used changes nothing as long as the last one is valid.
    ///
    /// # Errors
    /// The node's own certificate cannot be read or written.
    pub fn refresh(&self, now: Timestamp) -> Result<Refreshed, IdentityError> {
        let shown = self.own.chain();
        let (chain, problem) = self.sources.choose(&self.key, &shown, now)?;
        let known = std::mem::replace(
            &mut *self.problem.lock().unwrap_or_else(PoisonError::into_inner),
            problem.clone(),
        );
        if chain != shown {
            self.own
                .replace(chain)
                .map_err(|_| IdentityError::Cryptography { operation: "set up TLS" })?;
            if problem.is_none() {
                return Ok(Refreshed::Renewed);
            }
        }
        match problem {
            Some(problem) if known.as_ref() != Some(&problem) => Ok(Refreshed::Refused(problem)),
            _ => Ok(Refreshed::Unchanged),
        }
    }

    /// Who signed the certificate, unless the node did.
    #[must_use]
    pub fn authority(&self) -> Option<String> {
        let der = self.certificate();
        let (_, certificate) = x509_parser::parse_x509_certificate(&der).ok()?;
        let issuer = certificate.issuer();
        (issuer != certificate.subject()).then(|| issuer.to_string())
    }

    /// When the certificate ends.
    #[must_use]
    pub fn ends(&self) -> Timestamp {
        let presented = PresentedCertificate::parse(&self.certificate());
        let end = presented.ok().and_then(|p| Timestamp::from_second(p.not_after_s).ok());
        end.unwrap_or(Timestamp::MAX)
    }

    /// Why the certificate is not the one that the owner wants, if it is not.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The request for a certificate (PKCS #10, RFC 2986), PEM. `names`: host names and IP addresses besides the
    /// machine's own.
    ///
    /// # Errors
    /// A name cannot stand in a certificate.
    pub fn request(&self, names: &[String]) -> Result<String, IdentityError> {
        signed::request(&self.key, &self.sources.host, names)
    }

    /// Who this node is.
    #[must_use]
    pub fn peer_id(&self) -> PeerId {
        self.peer_id
    }

    /// The public key: DER SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        self.key.spki()
    }

    /// The certificate, DER.
    #[must_use]
    pub fn certificate(&self) -> CertificateDer<'static> {
        self.own.chain().swap_remove(0)
    }

    /// What this node shows to those it connects to and those who connect to it.
    #[must_use]
    pub fn own_certificate(&self) -> &OwnCertificate {
        &self.own
    }

    /// Signs with ECDSA P-256 and SHA-256 (FIPS 186-5): r and s, 32 bytes each.
    ///
    /// # Errors
    /// [`IdentityError::Cryptography`] when the system gives no randomness.
    pub fn sign(&self, bytes: &[u8]) -> Result<[u8; 64], IdentityError> {
        self.key.sign(bytes)
    }

    /// Encrypts `plaintext` so that only this node's key opens it, and only for this `context`.
    ///
    /// # Errors
    /// [`IdentityError::Cryptography`] when the system gives no randomness.
    pub fn seal(&self, plaintext: &[u8], context: &str) -> Result<Vec<u8>, IdentityError> {
        sealing::seal(self.key.pkcs8(), plaintext, context)
    }

    /// Opens what [`Identity::seal`] made with the same context.
    ///
    /// # Errors
    /// [`IdentityError::Sealed`] for anything else.
    pub fn open(&self, sealed: &[u8], context: &str) -> Result<Zeroizing<Vec<u8>>, IdentityError> {
        sealing::open(self.key.pkcs8(), sealed, context)
    }

    /// A secret that follows from the private key, another one for each label.
    ///
    /// # Errors
    /// [`IdentityError::Cryptography`], in theory.
    pub fn derive(&self, label: &str) -> Result<Zeroizing<[u8; 32]>, IdentityError> {
        sealing::derive(self.key.pkcs8(), label)
    }
}

impl Sources {
    /// The certificate to show, with those that lead to its authority, and why it is not the one wanted. `shown`:
    /// the one shown until now, if any.
    fn choose(
        &self,
        key: &key::NodeKey,
        shown: &[CertificateDer<'static>],
        now: Timestamp,
    ) -> Result<(Vec<CertificateDer<'static>>, Option<String>), IdentityError> {
        let problem = match self.signed.as_deref().map(|path| signed::load(path, key, now)) {
            Some(Ok(chain)) => return Ok((chain, None)),
            Some(Err(error)) => Some(error.to_string()),
            None => None,
        };
        let is_good = |shown: &CertificateDer<'_>| {
            PresentedCertificate::parse(shown).is_ok_and(|shown| {
                (shown.not_before_s..=shown.not_after_s).contains(&now.as_second())
            })
        };
        if problem.is_some() && shown.first().is_some_and(is_good) {
            return Ok((shown.to_vec(), problem));
        }
        let own = certificate::load_or_issue(&self.own, key, &self.host, now)?;
        Ok((vec![own], problem))
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("peer_id", &self.peer_id).finish_non_exhaustive()
    }
}

/// Whether `signature` (r and s, 32 bytes each) over `bytes` was made with the P-256 key `spki` (DER
/// SubjectPublicKeyInfo). Takes anything; what cannot be parsed is not valid.
#[must_use]
pub fn verify(spki: &[u8], bytes: &[u8], signature: &[u8]) -> bool {
    let Ok((rest, parsed)) = SubjectPublicKeyInfo::from_der(spki) else {
        return false;
    };
    let curve = parsed.algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok());
    let p256 =
        parsed.algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY && curve == Some(OID_EC_P256);
    let point = &parsed.subject_public_key.data;
    rest.is_empty()
        && p256
        && UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(bytes, signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn now() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().expect("a timestamp")
    }

    fn load(home: &Path, now: Timestamp) -> Identity {
        Identity::load_or_create(home, "laptop", now).expect("an identity")
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("metadata").permissions().mode() & 0o777
    }

    #[test]
    fn an_identity_is_made_once_and_its_files_are_private() {
        let home = tempfile::tempdir().expect("tempdir");
        let first = load(home.path(), now());
        let second = load(home.path(), now());
        assert_eq!(first.peer_id(), second.peer_id());
        assert_eq!(first.certificate(), second.certificate());
        let certs = home.path().join("certs");
        assert_eq!(mode(&certs), 0o700);
        assert_eq!(mode(&certs.join("server.key")), 0o600);
        assert_eq!(mode(&certs.join("server.crt")), 0o600);
        assert_eq!(fs::read_dir(&certs).expect("listing").count(), 2, "no temporary file stays");
    }

    #[test]
    fn a_key_that_others_may_read_is_made_private_again() {
        let home = tempfile::tempdir().expect("tempdir");
        load(home.path(), now());
        let path = home.path().join("certs/server.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("chmod");
        load(home.path(), now());
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_damaged_key_is_told_and_left_alone() {
        let home = tempfile::tempdir().expect("tempdir");
        load(home.path(), now());
        let path = home.path().join("certs/server.key");
        let whole = fs::read(&path).expect("key");
        for damaged in [&b""[..], b"not a key", &whole[..whole.len() / 2]] {
            fs::write(&path, damaged).expect("write");
            let error =
                Identity::load_or_create(home.path(), "laptop", now()).expect_err("damaged");
            assert!(matches!(error, IdentityError::KeyDamaged { .. }), "{error}");
            assert!(error.hint().is_some());
            assert_eq!(fs::read(&path).expect("key"), damaged);
        }
    }

    #[test]
    fn a_key_file_of_the_owners_is_the_identity_and_is_never_made_or_touched() {
        let (home, other) =
            (tempfile::tempdir().expect("tempdir"), tempfile::tempdir().expect("tempdir"));
        let path = other.path().join("certs/server.key");
        let tls = TlsSettings { key_file: Some(path.clone()), ..TlsSettings::default() };
        let load_with = || Identity::load(home.path(), "laptop", &tls, now());
        assert!(matches!(load_with(), Err(IdentityError::Read { path: p, .. }) if p == path));
        assert!(!path.exists());
        let expected = load(other.path(), now()).peer_id();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("chmod");
        assert_eq!(load_with().expect("an identity").peer_id(), expected);
        assert_eq!(mode(&path), 0o640);
        assert!(!home.path().join("certs/server.key").exists());
    }

    #[test]
    fn a_request_names_the_node_and_nothing_that_is_no_name() {
        let home = tempfile::tempdir().expect("tempdir");
        let identity = load(home.path(), now());
        assert!(identity.request(&["vpn.example.org".into(), "::1".into()]).is_ok());
        for wrong in ["", "two words", "a/b", "a\nb"] {
            let refused = identity.request(&[wrong.into()]);
            assert!(matches!(refused, Err(IdentityError::Name { .. })), "{wrong}");
        }
    }

    #[test]
    fn a_certificate_is_renewed_with_the_same_key() {
        let home = tempfile::tempdir().expect("tempdir");
        let first = load(home.path(), now());
        let days = |n: i64| SignedDuration::from_hours(24 * n);
        let late = load(home.path(), now() + days(3650 - 31));
        assert_eq!(first.certificate(), late.certificate());
        let renewed = load(home.path(), now() + days(3650 - 29));
        assert_ne!(first.certificate(), renewed.certificate());
        assert_eq!(first.peer_id(), renewed.peer_id());
        let path = home.path().join("certs/server.crt");
        fs::write(&path, "damaged").expect("write");
        assert_eq!(load(home.path(), now()).peer_id(), first.peer_id());
        assert_ne!(fs::read(&path).expect("certificate"), b"damaged");
    }

    #[test]
    fn the_certificate_names_the_machine_and_starts_a_day_ago() {
        let home = tempfile::tempdir().expect("tempdir");
        let identity = load(home.path(), now());
        let der = identity.certificate();
        let (_, certificate) = x509_parser::parse_x509_certificate(&der).expect("a certificate");
        assert_eq!(certificate.subject().to_string(), "CN=camille.local, O=Camille Memory System");
        let validity = certificate.validity();
        assert_eq!(validity.not_before.timestamp(), now().as_second() - 24 * 3600);
        assert_eq!(validity.not_after.timestamp(), now().as_second() + 3650 * 24 * 3600);
        let names = certificate.subject_alternative_name().expect("SAN").expect("SAN");
        let names: Vec<_> = names.value.general_names.iter().map(ToString::to_string).collect();
        let expected = [
            "DNSName(localhost)",
            "DNSName(laptop)",
            "DNSName(laptop.local)",
            "IPAddress(7f:00:00:01)",
            "IPAddress(00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:01)",
        ];
        assert_eq!(names, expected);
        let presented = camille_client::tls::PresentedCertificate::parse(&der);
        assert_eq!(presented.map(|p| p.peer_id), Ok(identity.peer_id()));
    }

    #[test]
    fn odd_host_names_do_not_stop_a_node() {
        for host in
            ["", "B\u{fc}ro", "under_score", "with space", &"x".repeat(300), "a.local", "::1"]
        {
            let home = tempfile::tempdir().expect("tempdir");
            Identity::load_or_create(home.path(), host, now()).expect(host);
        }
    }

    #[test]
    fn signatures_hold_for_their_bytes_and_key_only() {
        let (a, b) = (tempfile::tempdir().expect("tempdir"), tempfile::tempdir().expect("tempdir"));
        let (a, b) = (load(a.path(), now()), load(b.path(), now()));
        let signature = a.sign(b"question").expect("signature");
        assert!(verify(a.spki(), b"question", &signature));
        assert!(!verify(a.spki(), b"Question", &signature));
        assert!(!verify(b.spki(), b"question", &signature));
        assert!(!verify(a.spki(), b"question", &signature[..63]));
        assert!(!verify(b"", b"question", &signature));
        let mut trailing = a.spki().to_vec();
        trailing.push(0);
        assert!(!verify(&trailing, b"question", &signature));
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_and_context_only() {
        let (a, b) = (tempfile::tempdir().expect("tempdir"), tempfile::tempdir().expect("tempdir"));
        let (first, other) = (load(a.path(), now()), load(b.path(), now()));
        let sealed = first.seal(b"cml_secret", "key for ana").expect("sealed");
        assert!(!sealed.windows(6).any(|w| w == b"secret"));
        assert_ne!(sealed, first.seal(b"cml_secret", "key for ana").expect("sealed"));
        let opened = load(a.path(), now()).open(&sealed, "key for ana").expect("opened");
        assert_eq!(opened.as_slice(), b"cml_secret");
        assert!(first.open(&sealed, "key for bo").is_err());
        assert!(other.open(&sealed, "key for ana").is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(first.open(&changed, "key for ana").is_err(), "byte {at}");
            assert!(first.open(&sealed[..at], "key for ana").is_err(), "cut at {at}");
        }
    }

    #[test]
    fn derived_secrets_are_stable_and_apart() {
        let home = tempfile::tempdir().expect("tempdir");
        let secret = |label: &str| *load(home.path(), now()).derive(label).expect("secret");
        assert_eq!(secret("pepper"), secret("pepper"));
        assert_ne!(secret("pepper"), secret("other"));
    }
}
