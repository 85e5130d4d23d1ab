//! The networks that this machine is on, and who is on the same one. What does not come from there is not listened
//! to (RFC 6762 §11).

use crate::mesh::interface;
use camille_proto::place;
use if_addrs::{IfAddr, IfOperStatus};
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The most networks that are looked after: a socket can be in so many groups.
const LINKS_MAX: usize = 16;

/// One network that this machine is on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) index: u32,
    /// Addresses with their netmasks.
    v4: Vec<(Ipv4Addr, Ipv4Addr)>,
    v6: Vec<(Ipv6Addr, Ipv6Addr)>,
}

impl Link {
    /// Where this machine can be reached there.
    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        let v4 = self.v4.iter().map(|(ip, _)| IpAddr::V4(*ip));
        v4.chain(self.v6.iter().map(|(ip, _)| IpAddr::V6(*ip)))
            .filter(|ip| !interface::is_link_local(ip))
    }

    /// By which address it is named to the system, if there is IPv4.
    pub(super) fn v4(&self) -> Option<Ipv4Addr> {
        self.v4.first().map(|(ip, _)| *ip)
    }

    pub(super) fn has_v6(&self) -> bool {
        !self.v6.is_empty()
    }

    /// Whether a service that was heard on this network may be there: on the same network, or at an address that no
    /// other network of the world has. Whoever is on a network may say anything there; that must not make this
    /// machine dial strangers elsewhere, itself, or its cloud's metadata.
    pub(super) fn may_hold(&self, ip: IpAddr) -> bool {
        let is_near = match ip.to_canonical() {
            IpAddr::V4(ip) => {
                let is_shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
                ip.is_private() || is_shared || self.reaches(ip)
            }
            IpAddr::V6(ip) => {
                let same = |(own, mask): &(Ipv6Addr, Ipv6Addr)| {
                    u128::from(*own) & u128::from(*mask) == u128::from(ip) & u128::from(*mask)
                };
                ip.is_unique_local() || self.v6.iter().any(same)
            }
        };
        is_near && place::is_elsewhere(ip)
    }

    fn reaches(&self, ip: Ipv4Addr) -> bool {
        let same = |(own, mask): &(Ipv4Addr, Ipv4Addr)| {
            u32::from(*own) & u32::from(*mask) == u32::from(ip) & u32::from(*mask)
        };
        self.v4.iter().any(same)
    }
}

/// The networks there are now, but those of this machine alone.
pub(super) fn links() -> io::Result<Vec<Link>> {
    let mut links: BTreeMap<u32, Link> = BTreeMap::new();
    for found in if_addrs::get_if_addrs()? {
        let is_up = matches!(found.oper_status, IfOperStatus::Up | IfOperStatus::Unknown);
        if found.is_loopback() || !is_up || interface::is_bridge(&found.name) {
            continue;
        }
        let Some(index) = found.index else { continue };
        let link = links.entry(index).or_default();
        link.index = index;
        match found.addr {
            IfAddr::V4(v4) => link.v4.push((v4.ip, v4.netmask)),
            IfAddr::V6(v6) => link.v6.push((v6.ip, v6.netmask)),
        }
    }
    Ok(links.into_values().take(LINKS_MAX).collect())
}

/// The network that a packet came by; `None`: from none of them.
pub(super) fn of(links: &[Link], source: &SocketAddr) -> Option<usize> {
    links.iter().position(|link| match source {
        SocketAddr::V4(source) => link.reaches(*source.ip()),
        SocketAddr::V6(source) => {
            source.ip().is_unicast_link_local() && source.scope_id() == link.index
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_is_on_the_same_network_is_heard() {
        let at = |index: u32, ip: [u8; 4]| Link {
            index,
            v4: vec![(ip.into(), Ipv4Addr::new(255, 255, 255, 0))],
            v6: Vec::new(),
        };
        let links = [at(2, [192, 0, 2, 7]), at(3, [198, 51, 100, 7])];
        let of = |source: &str| of(&links, &source.parse().expect("an address"));
        assert_eq!(of("192.0.2.99:5353"), Some(0));
        assert_eq!(of("198.51.100.1:5353"), Some(1));
        assert_eq!(of("203.0.113.1:5353"), None);
        assert_eq!(of("[fe80::1%3]:5353"), Some(1));
        assert_eq!(of("[fe80::1%4]:5353"), None);
        assert_eq!(of("[2001:db8::1]:5353"), None);
    }

    #[test]
    fn a_service_is_on_its_network_or_at_a_private_address() {
        let link = Link {
            index: 2,
            v4: vec![([203, 0, 113, 7].into(), [255, 255, 255, 0].into())],
            v6: vec![
                ("fe80::7".parse().expect("one"), "ffff:ffff:ffff:ffff::".parse().expect("one")),
                (
                    "2001:db8::7".parse().expect("one"),
                    "ffff:ffff:ffff:ffff::".parse().expect("one"),
                ),
            ],
        };
        let may = |ip: &str| link.may_hold(ip.parse().expect("an address"));
        for near in
            ["203.0.113.9", "10.1.2.3", "192.168.0.4", "100.101.1.1", "2001:db8::9", "fd12::1"]
        {
            assert!(may(near), "{near}");
        }
        for far in [
            "203.0.114.9",
            "8.8.8.8",
            "127.0.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "224.0.0.251",
            "255.255.255.255",
            "2001:db8:1::9",
            "::1",
            "::",
            "ff02::fb",
            "fe80::9",
            "::ffff:127.0.0.1",
            "fd00:ec2::254",
        ] {
            assert!(!may(far), "{far}");
        }
    }
}
