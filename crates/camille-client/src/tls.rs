//! TLS as camille speaks it: version 1.3 only, and the other side is who its key says it is.
//!
//! A pinned handshake fails unless the certificate's key is the expected peer's *and* the handshake is
//! signed with that key. Nothing here accepts a certificate unconditionally, and no session is ever
//! resumed, because a resumed one would skip the check.

mod certificate;
mod own;
mod pin;
mod vouch;

pub use certificate::{CertificateError, PresentedCertificate};
pub use own::OwnCertificate;
pub(crate) use pin::Refusal;
pub use vouch::node_uri;

use camille_proto::id::PeerId;
use pin::PinVerifier;
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, SignatureScheme, WantsVerifier};
use std::sync::{Arc, LazyLock};

/// The application protocols offered and accepted, best first.
pub const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The one place that decides which cryptography TLS uses.
#[must_use]
pub fn crypto_provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> =
        LazyLock::new(|| Arc::new(rustls::crypto::ring::default_provider()));
    Arc::clone(&PROVIDER)
}

/// The signatures by which a node proves its key: ECDSA over P-256 with SHA-256 (RFC 8446, 4.2.3).
#[must_use]
pub fn signature_schemes() -> Vec<SignatureScheme> {
    vec![SignatureScheme::ECDSA_NISTP256_SHA256]
}

pub(crate) fn signature_algorithms() -> WebPkiSupportedAlgorithms {
    crypto_provider().signature_verification_algorithms
}

/// The name a peer goes by in TLS and HTTP. It is in a reserved domain (RFC 2606), so it can never be
/// looked up anywhere.
#[must_use]
pub fn server_name(peer: &PeerId) -> String {
    format!("{peer}.camille.invalid")
}

/// Makes TLS configurations that accept one peer each.
pub(crate) struct PinnedTls {
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    own: OwnCertificate,
    roots: Option<Arc<RootCertStore>>,
}

impl PinnedTls {
    /// `roots`: the authorities that may say whose a certificate is.
    pub(crate) fn new(
        own: &OwnCertificate,
        roots: Option<Arc<RootCertStore>>,
    ) -> Result<Self, rustls::Error> {
        let builder = ClientConfig::builder_with_provider(crypto_provider())
            .with_protocol_versions(&[&rustls::version::TLS13])?;
        Ok(Self { builder, own: own.clone(), roots })
    }

    /// The configuration that lets nobody but `peer` in.
    pub(crate) fn config(&self, peer: PeerId) -> Arc<ClientConfig> {
        let mut config = self
            .builder
            .clone()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(PinVerifier::new(peer, self.roots.clone())))
            .with_client_cert_resolver(Arc::new(self.own.clone()));
        config.alpn_protocols = ALPN.iter().map(|protocol| protocol.to_vec()).collect();
        config.resumption = Resumption::disabled();
        config.enable_early_data = false;
        Arc::new(config)
    }
}
