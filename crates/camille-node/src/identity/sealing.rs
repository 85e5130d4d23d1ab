//! Secrets that follow from the node's private key, and what is encrypted under them.
//!
//! HKDF with SHA-256 (RFC 5869) over the key's PKCS#8 bytes gives one key per purpose; sealing is
//! ChaCha20-Poly1305 (RFC 8439) with a random nonce, the context as associated data. The key's own
//! bytes are never used as a key.

use super::IdentityError;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

const SALT: &[u8] = b"camille-derived-v1";
const SEALING_LABEL: &str = "sealing";

/// The form of what is sealed: one byte of version, 12 of nonce, the ciphertext, 16 of tag.
const VERSION: u8 = 1;

pub(super) fn derive(secret: &[u8], label: &str) -> Result<Zeroizing<[u8; 32]>, IdentityError> {
    let failed = |_| IdentityError::Cryptography { operation: "derive a secret" };
    let extracted = Salt::new(HKDF_SHA256, SALT).extract(secret);
    let info = [label.as_bytes()];
    let mut derived = Zeroizing::new([0; 32]);
    let expanded = extracted.expand(&info, HKDF_SHA256).map_err(failed)?;
    expanded.fill(derived.as_mut_slice()).map_err(failed)?;
    Ok(derived)
}

pub(super) fn seal(
    secret: &[u8],
    plaintext: &[u8],
    context: &str,
) -> Result<Vec<u8>, IdentityError> {
    let failed = |_| IdentityError::Cryptography { operation: "seal" };
    let mut nonce = [0; NONCE_LEN];
    SystemRandom::new().fill(&mut nonce).map_err(failed)?;
    let mut text = plaintext.to_vec();
    let tag = sealing_key(secret)?
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(context.as_bytes()),
            &mut text,
        )
        .map_err(failed)?;
    let mut sealed = vec![VERSION];
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&text);
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

pub(super) fn open(
    secret: &[u8],
    sealed: &[u8],
    context: &str,
) -> Result<Zeroizing<Vec<u8>>, IdentityError> {
    let wrong = || IdentityError::Sealed { context: context.to_owned() };
    let (nonce, ciphertext) = sealed
        .strip_prefix(&[VERSION])
        .and_then(|rest| rest.split_first_chunk::<NONCE_LEN>())
        .ok_or_else(wrong)?;
    let mut text = Zeroizing::new(ciphertext.to_vec());
    let length = sealing_key(secret)?
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(context.as_bytes()),
            text.as_mut_slice(),
        )
        .map_err(|_| wrong())?
        .len();
    text.truncate(length);
    Ok(text)
}

fn sealing_key(secret: &[u8]) -> Result<LessSafeKey, IdentityError> {
    let derived = derive(secret, SEALING_LABEL)?;
    UnboundKey::new(&CHACHA20_POLY1305, derived.as_slice())
        .map(LessSafeKey::new)
        .map_err(|_| IdentityError::Cryptography { operation: "seal" })
}
