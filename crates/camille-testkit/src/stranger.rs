//! A client that connects like no node would.

use camille_client::tls::{crypto_provider, signature_schemes};
use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A client that is no node: it believes every server and shows what it is told to.
#[derive(Debug)]
pub struct Stranger {
    /// The certificate it shows, if it is asked for one.
    pub shown: Option<Arc<CertifiedKey>>,
    /// What the server said it would like to see.
    pub hints: Mutex<Vec<Vec<u8>>>,
}

impl Stranger {
    /// One that shows no certificate.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { shown: None, hints: Mutex::default() })
    }

    /// How it speaks TLS, offering this application protocol.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn config(self: &Arc<Self>, alpn: &str) -> Result<Arc<ClientConfig>, rustls::Error> {
        let mut config = ClientConfig::builder_with_provider(crypto_provider())
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(self) as Arc<dyn ServerCertVerifier>)
            .with_client_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesClientCert>);
        config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
        Ok(Arc::new(config))
    }

    /// Connects to an address.
    ///
    /// # Errors
    /// Nobody listens there, or the handshake failed.
    pub async fn connect(
        self: &Arc<Self>,
        address: SocketAddr,
        alpn: &str,
    ) -> io::Result<TlsStream<TcpStream>> {
        self.connect_from(IpAddr::from([127, 0, 0, 1]), address, alpn).await
    }

    /// Connects from an address of this machine, in IPv4.
    ///
    /// # Errors
    /// Nobody listens there, or the handshake failed.
    pub async fn connect_from(
        self: &Arc<Self>,
        source: IpAddr,
        address: SocketAddr,
        alpn: &str,
    ) -> io::Result<TlsStream<TcpStream>> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(source, 0))?;
        let tcp = socket.connect(address).await?;
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        let config = self.config(alpn).map_err(io::Error::other)?;
        TlsConnector::from(config).connect(name, tcp).await
    }
}

impl ServerCertVerifier for Stranger {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.3 only".into()))
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        signature_schemes()
    }
}

impl ResolvesClientCert for Stranger {
    fn resolve(&self, hints: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        *self.hints.lock().unwrap_or_else(PoisonError::into_inner) =
            hints.iter().map(|hint| hint.to_vec()).collect();
        self.shown.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}
