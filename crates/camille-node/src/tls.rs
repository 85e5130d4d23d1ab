//! TLS as a node serves it: version 1.3 only, no session is ever resumed, and whoever connects may show
//! who they are.
//!
//! A client certificate that is shown is proved: its holder signed this handshake. It says who asks, it
//! gives no right.

use crate::identity::{Identity, ORGANIZATION};
use camille_client::tls::{ALPN, PresentedCertificate, crypto_provider, signature_schemes};
use camille_proto::id::PeerId;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig,
    ServerConnection, SignatureScheme,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, UnixTime};
use std::path::Path;
use std::sync::Arc;

/// How this node answers TLS handshakes.
///
/// # Errors
/// What rustls says about a certificate and key that do not go together.
pub fn server_config(identity: &Identity) -> Result<Arc<ServerConfig>, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(crypto_provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(Arc::new(NodeCertVerifier::new()))
        .with_cert_resolver(Arc::new(identity.own_certificate().clone()));
    config.alpn_protocols = ALPN.iter().map(|protocol| protocol.to_vec()).collect();
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

/// The authorities in this file that may say whose a certificate is. Without any, fingerprints are compared, as
/// always; so a file that cannot be used is no reason not to start.
pub(crate) fn roots(file: Option<&Path>) -> Option<Arc<RootCertStore>> {
    let file = file?;
    let mut roots = RootCertStore::empty();
    match CertificateDer::pem_file_iter(file) {
        Ok(certificates) => {
            let (added, _) = roots.add_parsable_certificates(certificates.flatten());
            if added == 0 {
                tracing::warn!(file = %file.display(), "tls.ca_file holds no certificate");
            }
        }
        Err(error) => {
            tracing::warn!(file = %file.display(), %error, "tls.ca_file cannot be read");
        }
    }
    (!roots.is_empty()).then(|| Arc::new(roots))
}

/// Whose certificate the client of this finished handshake has shown, if any.
#[must_use]
pub fn client_of(connection: &ServerConnection) -> Option<PeerId> {
    let certificate = connection.peer_certificates()?.first()?;
    // It was parsed during the handshake, so it parses now.
    PresentedCertificate::parse(certificate).ok().map(|presented| presented.peer_id)
}

/// Takes any node's certificate, but only from the holder of its key.
#[derive(Debug)]
struct NodeCertVerifier {
    /// Only nodes have certificates of this issuer, so browsers, which look for one, find none and do
    /// not trouble the person in front of them.
    hints: [DistinguishedName; 1],
}

impl NodeCertVerifier {
    fn new() -> Self {
        Self { hints: [DistinguishedName::from(organization_name())] }
    }
}

impl ClientCertVerifier for NodeCertVerifier {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        use camille_client::tls::CertificateError as Unusable;
        PresentedCertificate::parse(end_entity)
            .and_then(|presented| presented.check_dates(now.as_secs()))
            .map_err(|error| match error {
                Unusable::Expired => CertificateError::Expired,
                Unusable::NotYetValid => CertificateError::NotValidYet,
                Unusable::Unreadable | Unusable::KeyType => CertificateError::BadEncoding,
            })?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is never spoken".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &crypto_provider().signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        signature_schemes()
    }
}

/// The distinguished name `O=Camille Memory System` in DER (X.501; RFC 5280, 4.1.2.4): a sequence of one
/// set of one pair of type (2.5.4.10) and UTF-8 value. Every length is below 128, so one byte each.
fn organization_name() -> Vec<u8> {
    const SEQUENCE: u8 = 0x30;
    const SET: u8 = 0x31;
    const UTF8_STRING: u8 = 0x0c;
    const ORGANIZATION_OID: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x0a];
    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
        [&[tag, length], content].concat()
    }
    let pair = [&ORGANIZATION_OID[..], &wrap(UTF8_STRING, ORGANIZATION.as_bytes())].concat();
    wrap(SEQUENCE, &wrap(SET, &wrap(SEQUENCE, &pair)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use x509_parser::prelude::{FromDer, X509Name};

    #[test]
    fn the_hint_is_a_name_with_our_organization_only() {
        let der = organization_name();
        let (rest, name) = X509Name::from_der(&der).expect("a name");
        assert!(rest.is_empty());
        assert_eq!(name.to_string(), "O=Camille Memory System");
    }
}
