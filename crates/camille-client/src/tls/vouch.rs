//! Whether a certificate authority that the owner trusts says whose a certificate is. That spares comparing
//! fingerprints when a peer is added, and nothing else: the pin holds besides.

use super::signature_algorithms;
use camille_proto::id::PeerId;
use rustls::RootCertStore;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::server::ParsedCertificate;
use rustls_pki_types::{CertificateDer, UnixTime};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// How a certificate names the node it is for, as a URI among its subject's alternative names (RFC 5280, 4.2.1.6).
#[must_use]
pub fn node_uri(peer: &PeerId) -> String {
    format!("camille:{peer}")
}

/// Whether the chain leads to one of the roots, is valid now, and names this peer.
pub(super) fn is_vouched(
    roots: &RootCertStore,
    certificate: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
    peer: &PeerId,
    now: UnixTime,
) -> bool {
    let Ok(parsed) = ParsedCertificate::try_from(certificate) else { return false };
    let algorithms = signature_algorithms().all;
    verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, now, algorithms)
        .is_ok()
        && names(certificate, &node_uri(peer))
}

/// Whether the URI is among the certificate's names.
fn names(certificate: &CertificateDer<'_>, wanted: &str) -> bool {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return false };
    let Ok(Some(names)) = parsed.subject_alternative_name() else { return false };
    let is_it = |name: &GeneralName<'_>| matches!(name, GeneralName::URI(uri) if *uri == wanted);
    names.value.general_names.iter().any(is_it)
}
