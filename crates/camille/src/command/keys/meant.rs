//! Which key is meant: by its id, by what it is for, or by the key itself or an invite's line, pasted. Of a secret that
//! was typed nothing is said but the id in it.

use crate::ask::{agreed, is_answered};
use crate::failure::Failure;
use crate::nearest::nearest;
use crate::output::{Terminal, plain, table};
use camille_proto::invite::Invite;
use camille_proto::key::KeyId;
use camille_proto::local::KeyView;
use jiff::Timestamp;

/// The least of an id that one is taken for.
const ID_CHARS_MIN: usize = 3;

/// What is longer is no name, but a secret perhaps.
const TOLD_CHARS_MAX: usize = 64;

/// Whether the key was neither revoked nor has come to its end, nor, as an invite, been used up.
pub(crate) fn is_open(key: &KeyView, now: Timestamp) -> bool {
    key.revoked.is_none() && key.expires.is_none_or(|end| end > now) && key.uses_left != Some(0)
}

/// What lets somebody in who is not known yet: invites, and peers' keys that nobody has used.
pub(crate) fn admits(key: &KeyView, now: Timestamp) -> bool {
    is_open(key, now) && (key.kind == "invite" || (key.kind == "peer" && key.bound_to.is_none()))
}

/// The keys that are meant, which are several only by a name. An id beats a name, what is spelt exactly so beats what
/// only its letters' case tells apart, and all of them the beginning of one key's id.
///
/// # Errors
/// No key that was not revoked is called so.
pub(super) fn keys<'a>(keys: &'a [KeyView], typed: &str) -> Result<Vec<&'a KeyView>, Failure> {
    let word = word(typed);
    let lower = word.to_lowercase();
    let is_meant: [&dyn Fn(&KeyView) -> bool; 4] = [
        &|key| key.id.0 == word,
        &|key| key.name == word,
        &|key| key.id.0.to_lowercase() == lower,
        &|key| key.name.trim().to_lowercase() == lower,
    ];
    let valid: Vec<&KeyView> = keys.iter().filter(|key| key.revoked.is_none()).collect();
    let found = is_meant.iter().map(|is_meant| -> Vec<&KeyView> {
        valid.iter().copied().filter(|key| is_meant(key)).collect()
    });
    let begins = |key: &&KeyView| word.len() >= ID_CHARS_MIN && key.id.0.starts_with(&word);
    let begun: Vec<&KeyView> = valid.iter().copied().filter(begins).collect();
    let found = found.into_iter().find(|found| !found.is_empty());
    found.or((begun.len() == 1).then_some(begun)).ok_or_else(|| unknown(&valid, &word))
}

/// Shows the several keys of one name, and asks whether all are to end.
///
/// # Errors
/// There is nobody to ask.
pub(super) fn all(terminal: &mut Terminal, keys: &[&KeyView]) -> Result<bool, Failure> {
    if !is_answered() {
        let ids: Vec<&str> = keys.iter().map(|key| key.id.0.as_str()).collect();
        return Err(Failure::usage(format!("{} keys have this name", keys.len()))
            .because(ids.join(", "))
            .hint("name one by its id; --yes ends all of them"));
    }
    let now = Timestamp::now();
    let rows: Vec<[String; 6]> = keys.iter().map(|key| super::row(key, now)).collect();
    table::print(terminal, super::COLUMNS, &rows)?;
    terminal.hint("or", "name one by its id")?;
    terminal.flush()?;
    agreed(&format!("End all {} of them?", keys.len()))
}

/// The one key that is meant.
///
/// # Errors
/// No key that was not revoked is called so, or several are.
pub(super) fn one<'a>(
    all: &'a [KeyView],
    typed: &str,
    now: Timestamp,
) -> Result<&'a KeyView, Failure> {
    let found = keys(all, typed)?;
    // Of those of one name, only what a tool still holds can be meant.
    let is_held = |key: &&&KeyView| key.kind == "tool" && is_open(key, now);
    let held: Vec<&KeyView> = found.iter().filter(is_held).copied().collect();
    match (found.as_slice(), held.as_slice()) {
        ([key], _) | (_, [key]) => Ok(key),
        _ => {
            let ids: Vec<&str> = found.iter().map(|key| key.id.0.as_str()).collect();
            Err(Failure::usage(format!("several keys are called '{}'", word(typed)))
                .because(ids.join(", "))
                .hint("camille keys list tells them apart; name one by its id"))
        }
    }
}

/// What was typed, without what must not be seen.
fn word(typed: &str) -> String {
    let typed = typed.trim();
    if let Ok(invite) = typed.parse::<Invite>() {
        return invite.key.id().0;
    }
    match KeyId::of_pasted(typed) {
        Some(id) => id.0,
        None => typed.to_owned(),
    }
}

fn unknown(valid: &[&KeyView], word: &str) -> Failure {
    let told = match word.chars().count() {
        0..=TOLD_CHARS_MAX => format!("there is no live key '{}'", plain::one_line(word)),
        _ => "there is no live key called so".to_owned(),
    };
    let known = valid.iter().flat_map(|key| [key.name.as_str(), &key.id.0]);
    Failure::usage("Unknown key").because(told).hint(match nearest(word, known) {
        Some(near) => format!("the nearest is {}; camille keys list", plain::one_line(near)),
        None => "camille keys list shows every key with its id".to_owned(),
    })
}
