//! The certificate that this process shows, to those it connects to and to those who connect to it. It may be
//! renewed while connections run: each handshake takes the one of its moment.

use super::crypto_provider;
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use std::sync::{Arc, PoisonError, RwLock};

/// A key and the certificate that is shown with it. Clones share it.
#[derive(Debug, Clone)]
pub struct OwnCertificate(Arc<RwLock<Arc<CertifiedKey>>>);

impl OwnCertificate {
    /// The certificate of this key, followed by those that lead to the one who signed it.
    ///
    /// # Errors
    /// What rustls says about a certificate and key that do not go together.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: &PrivatePkcs8KeyDer<'_>,
    ) -> Result<Self, rustls::Error> {
        let certified = CertifiedKey::from_der(chain, key.clone_key().into(), &crypto_provider())?;
        Ok(Self(Arc::new(RwLock::new(Arc::new(certified)))))
    }

    /// Shows another certificate of the same key from now on. Connections that exist stay as they are.
    ///
    /// # Errors
    /// What rustls says about a certificate of another key; then everything stays as it was.
    pub fn replace(&self, chain: Vec<CertificateDer<'static>>) -> Result<(), rustls::Error> {
        let renewed = CertifiedKey::new(chain, self.current().key.clone());
        renewed.keys_match()?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(renewed);
        Ok(())
    }

    /// The certificate, followed by those that lead to the one who signed it.
    #[must_use]
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.current().cert.clone()
    }

    fn current(&self) -> Arc<CertifiedKey> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for OwnCertificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

impl ResolvesClientCert for OwnCertificate {
    fn resolve(
        &self,
        _issuers: &[&[u8]],
        _schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }

    fn has_certs(&self) -> bool {
        true
    }
}
