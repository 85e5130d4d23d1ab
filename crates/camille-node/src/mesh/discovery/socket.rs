//! The sockets of multicast DNS: one for IPv4 and one for IPv6, shared with whoever else on this machine uses the
//! port (RFC 6762 §15), in the group on every network.

use super::link::Link;
use super::packet::PACKET_BYTES_MAX;
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockRef, Socket, Type};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use tokio::net::UdpSocket;

const PORT: u16 = 5353;
const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);

/// Both of them. A system without one of the two kinds does with the other.
#[derive(Debug)]
pub(super) struct Sockets {
    v4: Option<UdpSocket>,
    v6: Option<UdpSocket>,
}

impl Sockets {
    pub(super) fn open() -> io::Result<Self> {
        let v4 = open(Domain::IPV4, SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), PORT));
        let v6 = open(Domain::IPV6, SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), PORT));
        match (v4, v6) {
            (Err(error), Err(_)) => Err(error),
            (v4, v6) => Ok(Self { v4: v4.ok(), v6: v6.ok() }),
        }
    }

    /// Joins the group on a network. Where it is in the group already, nothing happens.
    pub(super) fn join(&self, link: &Link) {
        if let (Some(socket), Some(_)) = (&self.v4, link.v4()) {
            let interface = InterfaceIndexOrAddress::Index(link.index);
            let _ = SockRef::from(socket).join_multicast_v4_n(&GROUP_V4, &interface);
        }
        if let (Some(socket), true) = (&self.v6, link.has_v6()) {
            let _ = SockRef::from(socket).join_multicast_v6(&GROUP_V6, link.index);
        }
    }

    /// The next packet from any network.
    pub(super) async fn receive(&self, buffer: &mut [u8; PACKET_BYTES_MAX]) -> (usize, SocketAddr) {
        let mut other = [0; PACKET_BYTES_MAX];
        loop {
            let (received, is_other) = tokio::select! {
                received = receive(self.v4.as_ref(), &mut buffer[..]) => (received, false),
                received = receive(self.v6.as_ref(), &mut other[..]) => (received, true),
            };
            match received {
                Ok((length, source)) => {
                    if is_other {
                        buffer[..length].copy_from_slice(&other[..length]);
                    }
                    return (length, source);
                }
                // A port that was closed somewhere, or a network that went.
                Err(error) => {
                    tracing::debug!(%error, "no packet");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    }

    /// Sends a packet to everybody on a network.
    pub(super) async fn send(&self, link: &Link, packet: &[u8]) {
        if let (Some(socket), Some(own)) = (&self.v4, link.v4()) {
            let told = SockRef::from(socket).set_multicast_if_v4(&own);
            let to = SocketAddr::new(GROUP_V4.into(), PORT);
            note(told.and(socket.send_to(packet, to).await.map(drop)));
        }
        if let (Some(socket), true) = (&self.v6, link.has_v6()) {
            let to = SocketAddrV6::new(GROUP_V6, PORT, 0, link.index);
            let told = SockRef::from(socket).set_multicast_if_v6(link.index);
            note(told.and(socket.send_to(packet, to).await.map(drop)));
        }
    }
}

fn note(sent: io::Result<()>) {
    if let Err(error) = sent {
        tracing::debug!(%error, "a packet was not sent");
    }
}

fn open(domain: Domain, address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    if domain == Domain::IPV6 {
        socket.set_only_v6(true)?;
        socket.set_multicast_loop_v6(true)?;
        socket.set_multicast_hops_v6(255)?;
        socket.set_unicast_hops_v6(255)?;
    } else {
        socket.set_multicast_loop_v4(true)?;
        socket.set_multicast_ttl_v4(255)?;
        socket.set_ttl_v4(255)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

async fn receive(socket: Option<&UdpSocket>, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
    match socket {
        Some(socket) => socket.recv_from(buffer).await,
        None => std::future::pending().await,
    }
}
