//! An invite: one line that carries all a teammate needs to connect.
//!
//! `camille://join/<base64url of JSON {"v":1,"p":PeerId,"k":key,"n":name,"a":[addresses]}>`.

use crate::id::PeerId;
use crate::key::ApiKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const SCHEME: &str = "camille://join/";
const VERSION: u32 = 1;

/// What an invite line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// The inviter, to be pinned.
    pub peer_id: PeerId,
    /// A key that opens `/join` and nothing else.
    pub key: ApiKey,
    /// What the inviter is called.
    pub name: String,
    /// Where the inviter can be reached: `host:port`.
    pub addresses: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Body {
    v: u32,
    p: PeerId,
    k: ApiKey,
    n: String,
    a: Vec<String>,
}

/// A line that is not a usable invite.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseInviteError {
    /// It does not start as an invite does.
    #[error("an invite starts with {SCHEME}")]
    Scheme,
    /// It was cut or changed on its way.
    #[error("the invite is damaged or incomplete; copy the whole line again")]
    Damaged,
    /// A newer camille made it.
    #[error("the invite has version {0}, this camille reads version {VERSION}; update camille")]
    Version(u32),
}

impl fmt::Display for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = Body {
            v: VERSION,
            p: self.peer_id,
            k: self.key.clone(),
            n: self.name.clone(),
            a: self.addresses.clone(),
        };
        let json = serde_json::to_vec(&body).map_err(|_| fmt::Error)?;
        write!(f, "{SCHEME}{}", URL_SAFE_NO_PAD.encode(json))
    }
}

impl FromStr for Invite {
    type Err = ParseInviteError;
    fn from_str(text: &str) -> Result<Self, ParseInviteError> {
        #[derive(Deserialize)]
        struct Head {
            v: u32,
        }
        // Mail and chat break long lines, and put them between angle brackets.
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let text = text.trim_matches(['<', '>']);
        let body = text.strip_prefix(SCHEME).ok_or(ParseInviteError::Scheme)?;
        let json = URL_SAFE_NO_PAD
            .decode(body.trim_end_matches('='))
            .map_err(|_| ParseInviteError::Damaged)?;
        let head: Head = serde_json::from_slice(&json).map_err(|_| ParseInviteError::Damaged)?;
        if head.v != VERSION {
            return Err(ParseInviteError::Version(head.v));
        }
        let body: Body = serde_json::from_slice(&json).map_err(|_| ParseInviteError::Damaged)?;
        Ok(Self { peer_id: body.p, key: body.k, name: body.n, addresses: body.a })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invite_survives_its_journey_and_a_cut_is_noticed() {
        let invite = Invite {
            peer_id: PeerId::of_spki(b"ana"),
            key: ApiKey::from_entropy([3; 6], [4; 32]),
            name: "ana".into(),
            addresses: vec!["192.0.2.7:7861".into(), "[2001:db8::7]:7861".into()],
        };
        let line = invite.to_string();
        assert_eq!(line.parse::<Invite>().as_ref(), Ok(&invite));
        assert_eq!(format!("  {line}\n").parse::<Invite>().as_ref(), Ok(&invite));
        let wrapped = format!("<{}\n  {}>", &line[..70], &line[70..]);
        assert_eq!(wrapped.parse::<Invite>().as_ref(), Ok(&invite));
        for cut in SCHEME.len()..line.len() {
            assert!(line[..cut].parse::<Invite>().is_err(), "cut at {cut}");
        }
        assert_eq!("https://x".parse::<Invite>(), Err(ParseInviteError::Scheme));
    }
}
