//! Hosts on one machine: network namespaces whose cables end at a bridge in a namespace of its own. They are
//! gone when this is dropped.

use anyhow::{Result, ensure};
use std::process::{Command, Stdio};

/// A network.
pub(crate) struct Lan {
    /// Tells the namespaces of several runs apart.
    prefix: String,
    addresses: std::cell::RefCell<Vec<u8>>,
}

impl Lan {
    /// Makes a network of so many hosts. `None`: not possible here.
    pub(crate) fn make(hosts: usize) -> Result<Option<Self>> {
        let prefix = format!("cml{}", std::process::id() % 10_000);
        let lan = Self { prefix, addresses: std::cell::RefCell::default() };
        let bridge = lan.bridge();
        if !run(&["ip", "netns", "add", &bridge]) {
            return Ok(None);
        }
        let made = lan.inside(&bridge, &["ip", "link", "add", "br0", "type", "bridge"])
            && lan.inside(&bridge, &["ip", "link", "set", "br0", "up"]);
        if !made {
            return Ok(None);
        }
        for place in 0..hosts {
            lan.add(place)?;
        }
        Ok(Some(lan))
    }

    fn add(&self, place: usize) -> Result<()> {
        let (bridge, host) = (self.bridge(), self.host(place));
        let port = format!("p{place}");
        let number = u8::try_from(place + 10)?;
        self.addresses.borrow_mut().push(number);
        let made = run(&["ip", "netns", "add", &host])
            && self.inside(&host, &["ip", "link", "set", "lo", "up"])
            && self.inside(
                &bridge,
                &[
                    "ip", "link", "add", &port, "type", "veth", "peer", "name", "eth0", "netns",
                    &host,
                ],
            )
            && self.inside(&bridge, &["ip", "link", "set", &port, "master", "br0", "up"])
            && self.address(place, number, "add")
            && self.inside(&host, &["ip", "link", "set", "eth0", "up"])
            && self.inside(&host, &["ip", "route", "add", "default", "dev", "eth0"]);
        ensure!(made, "a host could not be made");
        Ok(())
    }

    /// Pulls a host's cable.
    pub(crate) fn unplug(&self, place: usize) -> Result<()> {
        let host = self.host(place);
        ensure!(self.inside(&host, &["ip", "link", "set", "eth0", "down"]), "link down");
        Ok(())
    }

    /// Puts it back.
    pub(crate) fn plug(&self, place: usize) -> Result<()> {
        let host = self.host(place);
        let done = self.inside(&host, &["ip", "link", "set", "eth0", "up"])
            && self.inside(&host, &["ip", "route", "replace", "default", "dev", "eth0"]);
        ensure!(done, "link up");
        Ok(())
    }

    /// Gives each of two hosts the other's address.
    pub(crate) fn swap(&self, a: usize, b: usize) -> Result<()> {
        let (of_a, of_b) = {
            let mut addresses = self.addresses.borrow_mut();
            addresses.swap(a, b);
            (addresses[a], addresses[b])
        };
        let done = self.address(a, of_b, "del")
            && self.address(b, of_a, "del")
            && self.address(a, of_a, "add")
            && self.address(b, of_b, "add");
        ensure!(done, "swap addresses");
        for place in [a, b] {
            let host = self.host(place);
            self.inside(&host, &["ip", "route", "replace", "default", "dev", "eth0"]);
        }
        // Neighbours learn the new places at once, as a gratuitous ARP would tell them.
        for place in 0..self.addresses.borrow().len() {
            self.inside(&self.host(place), &["ip", "neigh", "flush", "all"]);
        }
        Ok(())
    }

    /// Drops every multicast DNS packet on a host, or lets them pass again.
    pub(crate) fn deafen(&self, place: usize, deaf: bool) -> Result<()> {
        let host = self.host(place);
        let rules = "table inet deaf {
            chain i { type filter hook input priority 0; udp dport 5353 drop; }
            chain o { type filter hook output priority 0; udp dport 5353 drop; }
        }";
        let done = if deaf {
            self.inside(&host, &["nft", rules])
        } else {
            self.inside(&host, &["nft", "delete", "table", "inet", "deaf"])
        };
        ensure!(done, "a rule of nft");
        Ok(())
    }

    /// Bytes that a host has sent and received.
    pub(crate) fn bytes(&self, place: usize) -> Result<u64> {
        let read = |which: &str| -> Result<u64> {
            let file = format!("/sys/class/net/eth0/statistics/{which}_bytes");
            let output = Command::new("ip")
                .args(["netns", "exec", &self.host(place), "cat", &file])
                .output()?;
            Ok(String::from_utf8_lossy(&output.stdout).trim().parse()?)
        };
        Ok(read("rx")? + read("tx")?)
    }

    fn address(&self, place: usize, number: u8, action: &str) -> bool {
        let address = format!("10.86.0.{number}/24");
        self.inside(&self.host(place), &["ip", "address", action, &address, "dev", "eth0"])
    }

    /// What runs a command on a host.
    pub(crate) fn command(
        &self,
        place: usize,
        program: &std::path::Path,
    ) -> tokio::process::Command {
        let mut command = tokio::process::Command::new("ip");
        command.args(["netns", "exec", &self.host(place)]).arg(program);
        command
    }

    fn host(&self, place: usize) -> String {
        format!("{}-{place}", self.prefix)
    }

    fn bridge(&self) -> String {
        format!("{}-br", self.prefix)
    }

    fn inside(&self, namespace: &str, command: &[&str]) -> bool {
        let mut whole = vec!["ip", "netns", "exec", namespace];
        whole.extend(command);
        run(&whole)
    }
}

impl Drop for Lan {
    fn drop(&mut self) {
        for place in 0..self.addresses.borrow().len() {
            run(&["ip", "netns", "del", &self.host(place)]);
        }
        run(&["ip", "netns", "del", &self.bridge()]);
    }
}

fn run(command: &[&str]) -> bool {
    let [program, arguments @ ..] = command else { return false };
    let status =
        Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
