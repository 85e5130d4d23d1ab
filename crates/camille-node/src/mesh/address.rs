//! The addresses peers are told: all of this machine's but loopback and container bridges, and those
//! the owner advertises.

use crate::mesh::service::Mesh;
use camille_proto::place;
use std::net::{IpAddr, SocketAddr};

/// Addresses that one node names.
pub(crate) const ADDRESSES_MAX: usize = 32;

/// This node's addresses as `host:port`, best first. Empty until it listens or knows its port.
pub(crate) fn own(mesh: &Mesh) -> Vec<String> {
    let listening = mesh.life.listening.borrow().clone();
    let node = &mesh.home.settings.node;
    let bound = match (&node.bind, listening.is_empty()) {
        (_, false) => listening,
        (Some(bind), true) => bind.clone(),
        (None, true) => Vec::new(),
    };
    let port = bound.first().map_or_else(
        || mesh.home.registry.port().ok().flatten().unwrap_or(node.port),
        SocketAddr::port,
    );
    let mut addresses: Vec<String> =
        node.advertise.iter().map(|address| with_port(address, port)).collect();
    if bound.is_empty() || bound.iter().any(|address| address.ip().is_unspecified()) {
        let interfaces = mesh.interfaces.addresses();
        addresses.extend(interfaces.into_iter().map(|ip| SocketAddr::new(ip, port).to_string()));
    }
    // Where the owner chose an address, even a loopback one, that is where this node can be found.
    addresses.extend(bound.iter().filter(|a| !a.ip().is_unspecified()).map(SocketAddr::to_string));
    let mut seen = std::collections::HashSet::new();
    // Port 0 is a wish, not a place.
    addresses.retain(|address| !address.ends_with(":0") && seen.insert(address.clone()));
    addresses.truncate(ADDRESSES_MAX);
    addresses
}

/// What is taken of the addresses that somebody else names, who spoke `from` there. A node that is dialled costs
/// whoever really sits at an address a handshake, so nobody points this node at its own machine, at what only its
/// link or its cloud knows, or at many. That a node is on this machine is believed of one that speaks from it.
pub(crate) fn believed(named: &[String], from: Option<IpAddr>) -> Vec<String> {
    let is_here = from.is_some_and(|ip| ip.to_canonical().is_loopback());
    let may_be_dialled =
        |at: &&String| place::is_place_elsewhere(at) || (is_here && place::is_here(at));
    named.iter().filter(may_be_dialled).cloned().collect()
}

fn with_port(address: &str, port: u16) -> String {
    let has_port = address.parse::<SocketAddr>().is_ok()
        || (address.parse::<IpAddr>().is_err()
            && address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()));
    if has_port {
        return address.to_owned();
    }
    match address.parse::<IpAddr>() {
        Ok(ip) => SocketAddr::new(ip, port).to_string(),
        Err(_) => format!("{address}:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{believed, with_port};

    #[test]
    fn nobody_points_this_node_at_itself_but_who_is_on_it() {
        let named = ["127.0.0.1:1", "localhost:1", "169.254.169.254:80", "10.0.0.7:1", "user@host"]
            .map(str::to_owned);
        let from = |ip: &str| Some(ip.parse().expect("an address"));
        for elsewhere in [None, from("10.0.0.7"), from("2001:db8::7"), from("::ffff:10.0.0.7")] {
            assert_eq!(believed(&named, elsewhere), ["10.0.0.7:1"]);
        }
        for here in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(
                believed(&named, from(here)),
                ["127.0.0.1:1", "localhost:1", "10.0.0.7:1"],
                "{here}"
            );
        }
    }

    #[test]
    fn an_advertised_address_keeps_its_own_port() {
        assert_eq!(with_port("vpn.example:9000", 7861), "vpn.example:9000");
        assert_eq!(with_port("vpn.example", 7861), "vpn.example:7861");
        assert_eq!(with_port("192.0.2.1", 7861), "192.0.2.1:7861");
        assert_eq!(with_port("2001:db8::1", 7861), "[2001:db8::1]:7861");
        assert_eq!(with_port("[2001:db8::1]:9", 7861), "[2001:db8::1]:9");
    }
}
