//! A server that poses as somebody else's node, for `camille demo` and for tests: it shows that no byte of
//! a key or a question reaches one.
//!
//! It listens on loopback only, answers nothing, and keeps nothing of what it is sent but the count.

use camille_client::tls::{ALPN, crypto_provider};
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// A running impostor. It ends when dropped.
#[derive(Debug)]
pub struct Impostor {
    address: SocketAddr,
    seen: Arc<Seen>,
    tasks: TaskTracker,
    end: DropGuard,
}

/// Why there is no impostor.
#[derive(Debug, thiserror::Error)]
pub enum ImpostorError {
    /// It needs a port.
    #[error("cannot listen on loopback")]
    Listen(#[source] std::io::Error),
    /// It needs a key of its own.
    #[error("cannot make a key")]
    Key(#[source] rcgen::Error),
    /// It needs TLS.
    #[error("cannot set up TLS")]
    Tls(#[source] rustls::Error),
}

#[derive(Debug, Default)]
struct Seen {
    attempts: AtomicU64,
    handshakes: AtomicU64,
    application_bytes: AtomicU64,
}

impl Impostor {
    /// One that shows a copy of this certificate, and signs with a key that it makes itself.
    ///
    /// # Errors
    /// [`ImpostorError`].
    pub async fn with_copied_certificate(
        certificate: CertificateDer<'static>,
    ) -> Result<Self, ImpostorError> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)
            .map_err(ImpostorError::Key)?;
        Self::listen(certificate, PrivatePkcs8KeyDer::from(key.serialize_der())).await
    }

    /// One that shows this certificate and signs with this key, whether they belong together or not.
    ///
    /// # Errors
    /// [`ImpostorError`].
    pub async fn listen(
        certificate: CertificateDer<'static>,
        key: PrivatePkcs8KeyDer<'static>,
    ) -> Result<Self, ImpostorError> {
        Self::listen_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), certificate, key).await
    }

    /// As [`Impostor::listen`], at an address that a node has left.
    ///
    /// # Errors
    /// [`ImpostorError`].
    pub async fn listen_at(
        address: SocketAddr,
        certificate: CertificateDer<'static>,
        key: PrivatePkcs8KeyDer<'static>,
    ) -> Result<Self, ImpostorError> {
        let config = config(certificate, key).map_err(ImpostorError::Tls)?;
        let listener = TcpListener::bind(address).await.map_err(ImpostorError::Listen)?;
        let address = listener.local_addr().map_err(ImpostorError::Listen)?;
        let seen = Arc::new(Seen::default());
        let end = CancellationToken::new();
        let tasks = TaskTracker::new();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let serving = serve(listener, acceptor, Arc::clone(&seen), tasks.clone(), end.clone());
        tasks.spawn(serving);
        Ok(Self { address, seen, tasks, end: end.drop_guard() })
    }

    /// Ends it; its address is free when this returns.
    pub async fn leave(self) {
        let Self { tasks, end, .. } = self;
        drop(end);
        tasks.close();
        tasks.wait().await;
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections it got.
    #[must_use]
    pub fn attempts(&self) -> u64 {
        self.seen.attempts.load(Ordering::SeqCst)
    }

    /// How many clients believed it: they finished their handshake.
    #[must_use]
    pub fn handshakes(&self) -> u64 {
        self.seen.handshakes.load(Ordering::SeqCst)
    }

    /// How many bytes those who believed it have sent, decrypted.
    #[must_use]
    pub fn application_bytes(&self) -> u64 {
        self.seen.application_bytes.load(Ordering::SeqCst)
    }
}

async fn serve(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    seen: Arc<Seen>,
    tasks: TaskTracker,
    end: CancellationToken,
) {
    while let Some(Ok((tcp, _))) = end.run_until_cancelled(listener.accept()).await {
        seen.attempts.fetch_add(1, Ordering::SeqCst);
        let (acceptor, seen, end) = (acceptor.clone(), Arc::clone(&seen), end.clone());
        tasks.spawn(async move {
            end.run_until_cancelled(listen_to(tcp, acceptor, &seen)).await;
        });
    }
}

/// Counts what one client sends until it goes.
async fn listen_to(tcp: TcpStream, acceptor: TlsAcceptor, seen: &Seen) {
    let Ok(mut stream) = acceptor.accept(tcp).await else {
        return;
    };
    seen.handshakes.fetch_add(1, Ordering::SeqCst);
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        seen.application_bytes.fetch_add(count as u64, Ordering::SeqCst);
    }
}

fn config(
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    let key = crypto_provider().key_provider.load_private_key(key.into())?;
    // Unlike the usual constructors, this one does not look whether the two belong together.
    let mask = Mask(Arc::new(CertifiedKey::new(vec![certificate], key)));
    let mut config = ServerConfig::builder_with_provider(crypto_provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(mask));
    config.alpn_protocols = ALPN.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(config)
}

#[derive(Debug)]
struct Mask(Arc<CertifiedKey>);

impl ResolvesServerCert for Mask {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}
