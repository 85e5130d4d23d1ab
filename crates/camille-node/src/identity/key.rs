//! The node's private key and its file, PKCS#8 in PEM. The file is read or created, never changed.

use super::IdentityError;
use super::file::{self, Created};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;
use std::io::ErrorKind;
use std::path::Path;
use zeroize::Zeroizing;

/// An ECDSA P-256 key pair.
pub(super) struct NodeKey {
    /// For certificates.
    pair: KeyPair,
    /// For everything else that is signed.
    signer: EcdsaKeyPair,
    pkcs8: Zeroizing<Vec<u8>>,
    spki: Vec<u8>,
}

impl NodeKey {
    /// The key in this file, or a new one if there is no such file.
    pub(super) fn load_or_create(path: &Path) -> Result<Self, IdentityError> {
        if let Some(key) = Self::load(path)? {
            file::make_private(path)?;
            return Ok(key);
        }
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
            .map_err(|source| IdentityError::Create { what: "key", source })?;
        let pem = Zeroizing::new(pair.serialize_pem());
        let created = file::create(path, pem.as_bytes())?;
        if created == Created::Yes {
            tracing::info!(path = %path.display(), "made a new identity");
        }
        // Read back even what was just written: a key that cannot be loaded must not be used.
        file::make_private(path)?;
        Self::load_existing(path)
    }

    /// The key in this file, which is its owner's: its mode stays as it is.
    pub(super) fn load_existing(path: &Path) -> Result<Self, IdentityError> {
        Self::load(path)?.ok_or_else(|| IdentityError::Read {
            path: path.to_owned(),
            source: ErrorKind::NotFound.into(),
        })
    }

    fn load(path: &Path) -> Result<Option<Self>, IdentityError> {
        let pem = match std::fs::read(path) {
            Ok(pem) => Zeroizing::new(pem),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(IdentityError::Read { path: path.to_owned(), source }),
        };
        let key =
            Self::parse(&pem).ok_or_else(|| IdentityError::KeyDamaged { path: path.to_owned() })?;
        Ok(Some(key))
    }

    fn parse(pem: &[u8]) -> Option<Self> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem).ok()?;
        let pkcs8 = Zeroizing::new(der.secret_pkcs8_der().to_vec());
        let random = SystemRandom::new();
        let signer =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &random).ok()?;
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_ECDSA_P256_SHA256).ok()?;
        let spki = pair.subject_public_key_info();
        Some(Self { pair, signer, pkcs8, spki })
    }

    pub(super) fn pair(&self) -> &KeyPair {
        &self.pair
    }

    pub(super) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    pub(super) fn spki(&self) -> &[u8] {
        &self.spki
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> Result<[u8; 64], IdentityError> {
        let failed = IdentityError::Cryptography { operation: "sign" };
        match self.signer.sign(&SystemRandom::new(), bytes) {
            Ok(signature) => signature.as_ref().try_into().map_err(|_| failed),
            Err(_) => Err(failed),
        }
    }
}
