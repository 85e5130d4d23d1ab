//! The members of Codex's records that the reader looks at; all others are passed over.

use crate::transcript::field::{Content, Joined, Object, Text};

/// One object of a rollout.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(in crate::transcript) struct Record<'a> {
    #[serde(borrow)]
    pub(super) timestamp: Text<'a>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) payload: Object<Payload<'a>>,
}

/// What it holds. Which members it has depends on its type.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Payload<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) role: Text<'a>,
    #[serde(borrow)]
    pub(super) content: Content<'a>,
    #[serde(borrow)]
    pub(super) message: Text<'a>,
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) namespace: Text<'a>,
    #[serde(borrow)]
    pub(super) call_id: Text<'a>,
    #[serde(borrow)]
    pub(super) arguments: Text<'a>,
    #[serde(borrow)]
    pub(super) input: Text<'a>,
    #[serde(borrow)]
    pub(super) output: Joined<'a>,
    #[serde(borrow)]
    pub(super) action: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow)]
    pub(super) cwd: Text<'a>,
    #[serde(borrow)]
    pub(super) git: Object<Git<'a>>,
    #[serde(borrow)]
    pub(super) source: Object<Source<'a>>,
    #[serde(borrow)]
    pub(super) thread_name: Text<'a>,
}

/// The repository that a session began in.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Git<'a> {
    #[serde(borrow)]
    pub(super) branch: Text<'a>,
    #[serde(borrow)]
    pub(super) repository_url: Text<'a>,
}

/// Who started a session, if no person did.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Source<'a> {
    #[serde(borrow, alias = "subAgent", alias = "sub_agent")]
    pub(super) subagent: Object<SubAgent<'a>>,
}

/// A sub-agent's beginning.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct SubAgent<'a> {
    #[serde(borrow)]
    pub(super) thread_spawn: Object<Spawn<'a>>,
}

/// Who spawned it.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Spawn<'a> {
    #[serde(borrow)]
    pub(super) parent_thread_id: Text<'a>,
}
