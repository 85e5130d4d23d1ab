//! A TCP proxy between two nodes that can be told to be slow, to hang or to refuse. It must never look
//! into what it passes on, but it counts it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How the proxy behaves from now on, for connections that are open too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Passes everything on at once.
    Passes,
    /// Holds every piece back for so long.
    Delays(Duration),
    /// Keeps connections open and passes nothing on, as a stopped process does.
    Hangs,
    /// Closes every connection.
    Refuses,
}

/// A proxy that listens on a port of its own until it is dropped.
#[derive(Debug)]
pub struct SlowProxy {
    address: SocketAddr,
    behaviour: watch::Sender<Behaviour>,
    passed: Arc<AtomicU64>,
    _tasks: JoinSet<()>,
}

impl SlowProxy {
    /// Listens on loopback and passes on to `upstream`.
    ///
    /// # Errors
    /// No port could be had.
    pub async fn start(upstream: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (behaviour, told) = watch::channel(Behaviour::Passes);
        let passed = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, upstream, told, Arc::clone(&passed)));
        Ok(Self { address, behaviour, passed, _tasks: tasks })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Behaves like this from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.behaviour.send_replace(behaviour);
    }

    /// Bytes passed on so far, both ways.
    #[must_use]
    pub fn bytes_passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }
}

async fn accept(
    listener: TcpListener,
    upstream: SocketAddr,
    told: watch::Receiver<Behaviour>,
    passed: Arc<AtomicU64>,
) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        if *told.borrow() != Behaviour::Refuses {
            connections.spawn(connect(client, upstream, told.clone(), Arc::clone(&passed)));
        }
    }
}

async fn connect(
    client: TcpStream,
    upstream: SocketAddr,
    told: watch::Receiver<Behaviour>,
    passed: Arc<AtomicU64>,
) {
    let Ok(server) = TcpStream::connect(upstream).await else { return };
    // Without this the proxy itself would be slow: small pieces would wait for acknowledgements.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let there = pass(from_client, to_server, told.clone(), &passed);
    let back = pass(from_server, to_client, told.clone(), &passed);
    let refused = async {
        let mut told = told.clone();
        if told.wait_for(|behaviour| *behaviour == Behaviour::Refuses).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        _ = async { tokio::join!(there, back) } => {}
        () = refused => {}
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut told: watch::Receiver<Behaviour>,
    passed: &AtomicU64,
) {
    let mut piece = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let delay = match *told.borrow() {
            Behaviour::Delays(delay) => delay,
            _ => Duration::ZERO,
        };
        tokio::time::sleep(delay).await;
        // The proxy's end leaves nobody to wait for.
        if told.wait_for(|behaviour| *behaviour != Behaviour::Hangs).await.is_err() {
            return;
        }
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
        passed.fetch_add(length as u64, Ordering::Relaxed);
    }
    let _ = to.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echo() -> (SocketAddr, JoinSet<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (mut from, mut to) = stream.into_split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            }
        });
        (address, tasks)
    }

    async fn ask(stream: &mut TcpStream) -> Option<[u8; 4]> {
        stream.write_all(b"ping").await.ok()?;
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).await.ok()?;
        Some(answer)
    }

    #[tokio::test]
    async fn it_passes_delays_hangs_and_refuses() {
        let (upstream, _echo) = echo().await;
        let proxy = SlowProxy::start(upstream).await.expect("started");
        let mut stream = TcpStream::connect(proxy.address()).await.expect("connected");
        assert_eq!(ask(&mut stream).await.as_ref(), Some(b"ping"));
        assert_eq!(proxy.bytes_passed(), 8);

        proxy.behave(Behaviour::Delays(Duration::from_millis(40)));
        let started = std::time::Instant::now();
        assert_eq!(ask(&mut stream).await.as_ref(), Some(b"ping"));
        assert!(started.elapsed() >= Duration::from_millis(80), "held back both ways");

        proxy.behave(Behaviour::Hangs);
        let hung = tokio::time::timeout(Duration::from_millis(100), ask(&mut stream)).await;
        assert!(hung.is_err(), "nothing comes back");
        assert_eq!(proxy.bytes_passed(), 16);

        proxy.behave(Behaviour::Refuses);
        let mut answer = [0; 4];
        assert_eq!(stream.read(&mut answer).await.unwrap_or(0), 0, "closed");
    }
}
