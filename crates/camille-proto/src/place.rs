//! Where a node can be: which texts are an address to dial, and which addresses lead to one machine that is not
//! this one. Pure. What is dialled costs the one who answers there a handshake, so not everything that somebody
//! wrote is.

use std::net::{IpAddr, SocketAddr};

/// The longest address, in bytes: a DNS name of 253, brackets and a port.
const ADDRESS_BYTES_MAX: usize = 261;

/// The longest label of a name (RFC 1035 §2.3.4).
const LABEL_BYTES_MAX: usize = 63;

/// Whether a node can be there: the address of one machine, or a name that looks like one, with or without a port.
/// No URL, no credentials, and nowhere that is many machines or none.
#[must_use]
pub fn is_place(address: &str) -> bool {
    match Place::read(address) {
        Some(Place::At(ip)) => is_machine(ip),
        Some(Place::Named(_)) => true,
        None => false,
    }
}

/// Whether a node can be there that is neither this machine nor one that only this machine's link or cloud knows:
/// what is dialled because somebody else says so. A name counts here; what it leads to is looked at when it is
/// resolved (see [`is_elsewhere`]).
#[must_use]
pub fn is_place_elsewhere(address: &str) -> bool {
    match Place::read(address) {
        Some(Place::At(ip)) => is_elsewhere(ip),
        Some(Place::Named(host)) => !is_localhost(host),
        None => false,
    }
}

/// Whether the address is this machine's own: loopback, or a name that means it.
#[must_use]
pub fn is_here(address: &str) -> bool {
    match Place::read(address) {
        Some(Place::At(ip)) => ip.to_canonical().is_loopback(),
        Some(Place::Named(host)) => is_localhost(host),
        None => false,
    }
}

/// Whether the address is that of one machine, which can be another one. Link-local IPv4 is where clouds keep their
/// metadata, and link-local IPv6 means nothing without its interface.
#[must_use]
pub fn is_elsewhere(ip: IpAddr) -> bool {
    let apart = match ip.to_canonical() {
        IpAddr::V4(ip) => !ip.is_link_local(),
        IpAddr::V6(ip) => {
            let head = ip.segments();
            !ip.is_unicast_link_local()
                // The metadata of one cloud, and addresses that hide one of IPv4: ::a.b.c.d, NAT64, 6to4.
                && head[..2] != [0xfd00, 0xec2]
                && head[..6] != [0; 6]
                && head[..2] != [0x64, 0xff9b]
                && head[0] != 0x2002
        }
    };
    apart && is_machine(ip) && !ip.to_canonical().is_loopback()
}

/// Whether the address is that of one machine rather than of many or of none.
fn is_machine(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        // 0.0.0.0/8 is this network, 240.0.0.0/4 is reserved and ends in the broadcast address (RFC 6890).
        IpAddr::V4(ip) => (1..240).contains(&ip.octets()[0]) && !ip.is_multicast(),
        IpAddr::V6(ip) => !ip.is_unspecified() && !ip.is_multicast(),
    }
}

/// An address that was read.
enum Place<'a> {
    At(IpAddr),
    Named(&'a str),
}

impl<'a> Place<'a> {
    fn read(address: &'a str) -> Option<Self> {
        if address.is_empty() || address.len() > ADDRESS_BYTES_MAX {
            return None;
        }
        if let Ok(socket) = address.parse::<SocketAddr>() {
            return Some(Self::At(socket.ip()));
        }
        let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Ok(ip) = bare.unwrap_or(address).parse::<IpAddr>() {
            return Some(Self::At(ip));
        }
        let host = match address.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() => host,
            _ => address,
        };
        is_host(host).then_some(Self::Named(host))
    }
}

/// Whether it looks like a host's name (RFC 1123 §2.1, and the underscore that some machines have).
fn is_host(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or_default();
    // A last label that begins with a digit makes an address that resolvers read in their own way: 0x7f.1, 2130706433.
    let is_number = last.starts_with(|c: char| c.is_ascii_digit());
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_BYTES_MAX
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
    };
    !is_number && host.split('.').all(is_label)
}

/// Whether the name is one of those that systems give to themselves (RFC 6761 §6.3, and `/etc/hosts` of many).
pub fn is_localhost(host: &str) -> bool {
    const OWN: &[&str] = &["localhost", "localdomain", "ip6-localhost", "ip6-loopback"];
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let last = host.rsplit('.').next().unwrap_or_default();
    OWN.contains(&last) || host.starts_with("localhost.")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each kind of address is: where no node can be, where one can be for whoever typed it, and where one may
    /// be dialled because somebody else says so.
    const NOWHERE: &[&str] = &[
        "",
        "http://ana",
        "https://10.0.0.7:1/",
        "ana/x:1",
        "user@host",
        "user@10.0.0.7:22",
        "a b:1",
        "-x:1",
        "0.0.0.0:1",
        "0.1.2.3",
        "[::]:1",
        "224.0.0.251:5353",
        "239.1.1.1",
        "255.255.255.255:1",
        "240.0.0.1",
        "[ff02::fb]:1",
        "[::ffff:0.0.0.0]:1",
        "[::ffff:224.0.0.1]:1",
        "2130706433",
        "0x7f.1:80",
        "169.254.43518",
        "a..b",
        ".",
        "host:99999",
        "ana?x",
        "*.local",
        "日本:1",
        "a\u{202e}b",
    ];
    const TYPED: &[&str] = &[
        "127.0.0.1:1",
        "127.9.9.9",
        "[::1]:5",
        "[::ffff:127.0.0.1]:80",
        "localhost:7861",
        "LOCALHOST.",
        "ana.localhost",
        "localhost.localdomain:1",
        "ip6-localhost",
        "169.254.169.254:80",
        "169.254.1.1",
        "[fe80::1]:1",
        "[fe80::1%3]:9",
        "[::ffff:169.254.169.254]:80",
        "[fd00:ec2::254]:80",
        "[64:ff9b::a9fe:a9fe]:80",
        "[2002:7f00:1::]:80",
        "[::169.254.169.254]:80",
    ];
    const SAID: &[&str] = &[
        "192.0.2.1:7861",
        "10.0.0.7",
        "100.64.0.9:1",
        "[2001:db8::1]:7861",
        "2001:db8::1",
        "ana-laptop.local:7861",
        "vpn.example",
        "my_host",
        "fd12::1",
        "b:2",
    ];

    #[test]
    fn where_a_node_can_be_and_who_may_say_so() {
        for address in NOWHERE {
            assert!(!is_place(address) && !is_place_elsewhere(address), "{address}");
        }
        for address in TYPED {
            assert!(is_place(address) && !is_place_elsewhere(address), "{address}");
        }
        for address in SAID {
            assert!(is_place_elsewhere(address) && is_place(address), "{address}");
            assert!(!is_here(address), "{address}");
        }
        assert_eq!(TYPED.iter().filter(|address| is_here(address)).count(), 9);
    }

    #[test]
    fn every_block_of_ipv4_is_what_rfc_6890_says() {
        for first in 0..=255_u8 {
            for second in [0, 1, 169, 254, 255] {
                let is_one = (1..=223).contains(&first);
                let is_other = is_one && first != 127 && (first, second) != (169, 254);
                for text in [
                    format!("{first}.{second}.169.254"),
                    format!("{first}.{second}.169.254:80"),
                    format!("[::ffff:{first}.{second}.169.254]:80"),
                ] {
                    assert_eq!(is_place(&text), is_one, "{text}");
                    assert_eq!(is_place_elsewhere(&text), is_other, "{text}");
                }
            }
        }
    }
}
