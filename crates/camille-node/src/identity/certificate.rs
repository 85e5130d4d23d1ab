//! The node's self-signed certificate. Unlike the key it can be made again at any time: peers remember
//! the key, not the certificate.

use super::IdentityError;
use super::file;
use super::key::NodeKey;
use camille_client::tls::PresentedCertificate;
use camille_proto::id::PeerId;
use jiff::Timestamp;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyUsagePurpose, SanType,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::time::Duration;

/// The organization in every node's certificate.
pub(crate) const ORGANIZATION: &str = "Camille Memory System";

const COMMON_NAME: &str = "camille.local";
const DAY_S: i64 = 24 * 60 * 60;
/// Clocks differ: a certificate made now is good for a machine that is behind.
const VALID_BEFORE_S: i64 = DAY_S;
const VALID_FOR_S: i64 = 3650 * DAY_S;
const RENEWED_AHEAD_S: i64 = 30 * DAY_S;

/// The longest name in DNS (RFC 1035, 2.3.4), less room for `.local`.
const HOST_CHARS_MAX: usize = 240;

/// The self-signed certificate in this file, or a new one where that cannot be used any more.
pub(super) fn load_or_issue(
    path: &Path,
    key: &NodeKey,
    host: &str,
    now: Timestamp,
) -> Result<CertificateDer<'static>, IdentityError> {
    match std::fs::read(path) {
        Ok(pem) => {
            if let Some(usable) = usable(&pem, key, now) {
                file::make_private(path)?;
                return Ok(usable);
            }
            tracing::info!(path = %path.display(), "renewing the certificate");
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(source) => return Err(IdentityError::Read { path: path.to_owned(), source }),
    }
    let certificate = self_signed(host, now)
        .and_then(|params| params.self_signed(key.pair()))
        .map_err(|source| IdentityError::Create { what: "certificate", source })?;
    file::replace(path, certificate.pem().as_bytes())?;
    Ok(certificate.der().clone())
}

/// The certificate, if it holds this key and is good for some time to come.
fn usable(pem: &[u8], key: &NodeKey, now: Timestamp) -> Option<CertificateDer<'static>> {
    let certificate = CertificateDer::from_pem_slice(pem).ok()?;
    let presented = PresentedCertificate::parse(&certificate).ok()?;
    let now_s = now.as_second();
    let lasts = presented.not_after_s - now_s > RENEWED_AHEAD_S;
    let begun = presented.not_before_s <= now_s;
    (presented.peer_id == PeerId::of_spki(key.spki()) && lasts && begun).then_some(certificate)
}

fn self_signed(host: &str, now: Timestamp) -> Result<CertificateParams, rcgen::Error> {
    let mut params = named(host)?;
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let at = |second: i64| epoch + Duration::from_secs(u64::try_from(second).unwrap_or(0));
    params.not_before = at(now.as_second() - VALID_BEFORE_S);
    params.not_after = at(now.as_second() + VALID_FOR_S);
    Ok(params)
}

/// What stands in a certificate of a node on this machine, whoever signs it.
pub(super) fn named(host: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, COMMON_NAME);
    params.distinguished_name.push(DnType::OrganizationName, ORGANIZATION);
    let mut names = vec!["localhost".to_owned()];
    if is_host_name(host) {
        names.push(host.to_owned());
        if !host.ends_with(".local") {
            names.push(format!("{host}.local"));
        }
    }
    for name in names {
        params.subject_alt_names.push(SanType::DnsName(name.try_into()?));
    }
    for ip in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        params.subject_alt_names.push(SanType::IpAddress(ip));
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    Ok(params)
}

/// Whether this can stand in a certificate as a DNS name. Machines are called all sorts of things.
pub(super) fn is_host_name(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    host.len() <= HOST_CHARS_MAX && host != "localhost" && host.split('.').all(label)
}
