//! The check that a server is the expected peer. It has two halves, and both are needed: the
//! certificate holds the peer's public key, and the handshake is signed with its private key.

use super::vouch::is_vouched;
use super::{PresentedCertificate, signature_algorithms, signature_schemes};
use camille_proto::id::PeerId;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::sync::Arc;

/// Why an address is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Another node answered.
    #[error("is another node ({presented})")]
    OtherKey {
        /// Which one it claims to be.
        presented: PeerId,
        /// Whether an authority that this node trusts says the same.
        vouched: bool,
    },
    /// The peer's certificate was shown by somebody who could not sign with its key.
    #[error("showed a certificate without holding its key")]
    NotProven,
    /// The certificate is unusable.
    #[error("has a certificate that {0}")]
    Certificate(String),
    /// It was not reached, or the handshake failed for another reason.
    #[error("{0}")]
    Failed(String),
}

impl Refusal {
    /// What an error of connecting or of the handshake means.
    pub(crate) fn of_io(error: &std::io::Error) -> Self {
        let Some(tls) = error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) else {
            return Self::Failed(error.to_string());
        };
        match tls {
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(own))) => {
                own.downcast_ref::<Self>().cloned().unwrap_or_else(|| Self::Failed(tls.to_string()))
            }
            rustls::Error::InvalidCertificate(CertificateError::BadSignature) => Self::NotProven,
            _ => Self::Failed(format!("TLS: {tls}")),
        }
    }
}

impl From<Refusal> for rustls::Error {
    fn from(refusal: Refusal) -> Self {
        Self::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(refusal))))
    }
}

/// Accepts one peer and nobody else.
#[derive(Debug)]
pub(crate) struct PinVerifier {
    expected: PeerId,
    roots: Option<Arc<RootCertStore>>,
}

impl PinVerifier {
    pub(crate) fn new(expected: PeerId, roots: Option<Arc<RootCertStore>>) -> Self {
        Self { expected, roots }
    }
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let unusable = |error: super::CertificateError| Refusal::Certificate(error.to_string());
        let presented = PresentedCertificate::parse(end_entity).map_err(unusable)?;
        if presented.peer_id != self.expected {
            let presented = presented.peer_id;
            let vouched = self
                .roots
                .as_ref()
                .is_some_and(|roots| is_vouched(roots, end_entity, intermediates, &presented, now));
            return Err(Refusal::OtherKey { presented, vouched }.into());
        }
        presented.check_dates(now.as_secs()).map_err(unusable)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::PeerIncompatible(rustls::PeerIncompatible::Tls12NotOffered))
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
            &signature_algorithms(),
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        signature_schemes()
    }
}
