//! A certificate that an authority signed for this node's key: read from the file its owner named, and the
//! request that it is made from.

use super::IdentityError;
use super::certificate::{is_host_name, named};
use super::key::NodeKey;
use camille_client::tls::{CertificateError, PresentedCertificate, node_uri};
use camille_proto::id::PeerId;
use jiff::Timestamp;
use rcgen::SanType;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Why the certificate of another's making is not shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignedError {
    #[error("{} cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{} holds no certificate in PEM", path.display())]
    Empty { path: PathBuf },
    #[error("the certificate in {} {reason}", path.display())]
    Unusable { path: PathBuf, reason: CertificateError },
    #[error(
        "the certificate in {} is for another key than this node's (camille csr makes the request for a new one)",
        path.display()
    )]
    OtherKey { path: PathBuf },
    #[error("the certificate in {} is valid only from {from}", path.display())]
    NotYetValid { path: PathBuf, from: Timestamp },
    #[error("the certificate in {} ended on {end}", path.display())]
    Expired { path: PathBuf, end: Timestamp },
}

/// The certificate in this file, with those that follow it, if it is this key's and valid now.
pub(super) fn load(
    path: &Path,
    key: &NodeKey,
    now: Timestamp,
) -> Result<Vec<CertificateDer<'static>>, SignedError> {
    let path = || path.to_owned();
    let pem = std::fs::read(path()).map_err(|source| SignedError::Read { path: path(), source })?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|_| SignedError::Empty { path: path() })?;
    let first = chain.first().ok_or_else(|| SignedError::Empty { path: path() })?;
    let presented = PresentedCertificate::parse(first)
        .map_err(|reason| SignedError::Unusable { path: path(), reason })?;
    if presented.peer_id != PeerId::of_spki(key.spki()) {
        return Err(SignedError::OtherKey { path: path() });
    }
    let at = |second: i64| Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
    if now.as_second() < presented.not_before_s {
        return Err(SignedError::NotYetValid { path: path(), from: at(presented.not_before_s) });
    }
    if now.as_second() > presented.not_after_s {
        return Err(SignedError::Expired { path: path(), end: at(presented.not_after_s) });
    }
    Ok(chain)
}

/// The request for a certificate (PKCS #10, RFC 2986), PEM: this node's key, its names and `names` besides, and the
/// URI by which peers recognise it.
pub(super) fn request(
    key: &NodeKey,
    host: &str,
    names: &[String],
) -> Result<String, IdentityError> {
    let is_usable = |name: &&String| name.parse::<IpAddr>().is_ok() || is_host_name(name);
    if let Some(wrong) = names.iter().find(|name| !is_usable(name)) {
        return Err(IdentityError::Name { name: wrong.clone() });
    }
    let made = || {
        let mut params = named(host)?;
        for name in names {
            let name = match name.parse::<IpAddr>() {
                Ok(ip) => SanType::IpAddress(ip),
                Err(_) => SanType::DnsName(name.as_str().try_into()?),
            };
            if !params.subject_alt_names.contains(&name) {
                params.subject_alt_names.push(name);
            }
        }
        let uri = node_uri(&PeerId::of_spki(key.spki()));
        params.subject_alt_names.push(SanType::URI(uri.try_into()?));
        params.serialize_request(key.pair())?.pem()
    };
    made().map_err(|source| IdentityError::Create { what: "request for a certificate", source })
}
