//! What is read from a certificate that the other side presents: whose it is and when it is valid.
//!
//! A certificate is a claim. Only the signature over the handshake proves it, and that is not checked
//! here.

use camille_proto::id::PeerId;
use std::time::Duration;
use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY};
use x509_parser::prelude::{FromDer, X509Certificate};

/// How far two machines' clocks may be apart.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(24 * 60 * 60);

/// What a certificate claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresentedCertificate {
    /// Whose key it holds.
    pub peer_id: PeerId,
    /// Start of validity, seconds since 1970.
    pub not_before_s: i64,
    /// End of validity, seconds since 1970.
    pub not_after_s: i64,
}

/// Why a certificate is of no use, whoever presents it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// It cannot be parsed.
    #[error("cannot be read")]
    Unreadable,
    /// Its key is not on P-256.
    #[error("has a key that is not ECDSA P-256")]
    KeyType,
    /// It is not valid yet, tolerance included.
    #[error("is not valid yet")]
    NotYetValid,
    /// It is no longer valid, tolerance included.
    #[error("has expired")]
    Expired,
}

impl PresentedCertificate {
    /// Reads a certificate (X.509, RFC 5280).
    ///
    /// # Errors
    /// [`CertificateError::Unreadable`] and [`CertificateError::KeyType`].
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        let (rest, certificate) =
            X509Certificate::from_der(der).map_err(|_| CertificateError::Unreadable)?;
        if !rest.is_empty() {
            return Err(CertificateError::Unreadable);
        }
        let spki = certificate.public_key();
        let curve = spki.algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok());
        if spki.algorithm.algorithm != OID_KEY_TYPE_EC_PUBLIC_KEY || curve != Some(OID_EC_P256) {
            return Err(CertificateError::KeyType);
        }
        let validity = certificate.validity();
        Ok(Self {
            peer_id: PeerId::of_spki(spki.raw),
            not_before_s: validity.not_before.timestamp(),
            not_after_s: validity.not_after.timestamp(),
        })
    }

    /// Whether it is valid at `now_s` (seconds since 1970), give or take a day.
    ///
    /// # Errors
    /// [`CertificateError::NotYetValid`] and [`CertificateError::Expired`].
    pub fn check_dates(&self, now_s: u64) -> Result<(), CertificateError> {
        let now = i64::try_from(now_s).unwrap_or(i64::MAX);
        let tolerance = i64::try_from(CLOCK_TOLERANCE.as_secs()).unwrap_or(0);
        if now < self.not_before_s.saturating_sub(tolerance) {
            return Err(CertificateError::NotYetValid);
        }
        if now > self.not_after_s.saturating_add(tolerance) {
            return Err(CertificateError::Expired);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_a_day_of_tolerance_and_no_more() {
        const DAY: u64 = 24 * 60 * 60;
        let valid = PresentedCertificate {
            peer_id: PeerId::of_spki(b"k"),
            not_before_s: 10 * 86_400,
            not_after_s: 20 * 86_400,
        };
        assert_eq!(valid.check_dates(9 * DAY), Ok(()));
        assert_eq!(valid.check_dates(9 * DAY - 1), Err(CertificateError::NotYetValid));
        assert_eq!(valid.check_dates(21 * DAY), Ok(()));
        assert_eq!(valid.check_dates(21 * DAY + 1), Err(CertificateError::Expired));
        assert_eq!(valid.check_dates(u64::MAX), Err(CertificateError::Expired));
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        assert_eq!(PresentedCertificate::parse(b""), Err(CertificateError::Unreadable));
        assert_eq!(PresentedCertificate::parse(&[0x30; 64]), Err(CertificateError::Unreadable));
    }
}
