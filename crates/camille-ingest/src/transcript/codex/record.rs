//! The members of Codex's records that the reader looks at; all others are passed over.

use crate::transcript::field::{Content, Joined, Kind, Object, Present, Text, Texts};
use crate::transcript::line::Standalone;
use serde_json::value::RawValue;

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
    /// A mark of releases from before the envelope.
    pub(super) record_type: Present,
}

impl Standalone for Record<'_> {
    fn stands_alone(&self) -> bool {
        let is_dated = self.timestamp.as_str().is_some();
        self.kind.as_str().is_some() && is_dated && self.payload.0.is_some()
    }
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
    pub(super) arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) input: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) output: Joined<'a>,
    #[serde(borrow)]
    pub(super) action: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) cwd: Text<'a>,
    // What an event says of a call.
    #[serde(borrow)]
    pub(super) command: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) changes: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) invocation: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) path: Text<'a>,
    #[serde(borrow)]
    pub(super) git: Object<Git<'a>>,
    #[serde(borrow)]
    pub(super) timestamp: Text<'a>,
    #[serde(borrow)]
    pub(super) source: Source<'a>,
    #[serde(borrow)]
    pub(super) thread_source: Kind<'a>,
    #[serde(borrow)]
    pub(super) session_id: Text<'a>,
    #[serde(borrow)]
    pub(super) parent_thread_id: Text<'a>,
    #[serde(borrow)]
    pub(super) forked_from_id: Text<'a>,
    #[serde(borrow)]
    pub(super) history_base: Object<Base<'a>>,
    #[serde(borrow)]
    pub(super) thread_name: Text<'a>,
    #[serde(borrow)]
    pub(super) local_images: Texts<'a>,
    #[serde(borrow)]
    pub(super) item: Object<Item<'a>>,
    #[serde(borrow)]
    pub(super) review_output: Joined<'a>,
    #[serde(borrow)]
    pub(super) replacement_history: Option<&'a RawValue>,
    #[serde(borrow, rename = "internal_chat_message_metadata_passthrough")]
    pub(super) marks: Object<Marks<'a>>,
}

/// What the texts of a message are, one by one.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Marks<'a> {
    #[serde(borrow)]
    pub(super) content_item_kinds: Texts<'a>,
}

/// The thread whose history a file goes on from.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Base<'a> {
    #[serde(borrow)]
    pub(super) thread_id: Text<'a>,
}

/// A finished item of a paginated thread.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Item<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) text: Joined<'a>,
    #[serde(borrow)]
    pub(super) review: Joined<'a>,
    #[serde(borrow)]
    pub(super) review_output: Joined<'a>,
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

/// Who started a session: the name of a program that a person runs, or an object if no person did.
#[derive(Debug, Default)]
pub(super) struct Source<'a> {
    /// Whether Codex started it itself: a sub-agent, a review, a guardian, the memory.
    pub(super) is_internal: bool,
    /// The agent's thread that spawned it.
    pub(super) spawned_by: Text<'a>,
}

impl<'de: 'a, 'a> serde::Deserialize<'de> for Source<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default)]
        struct Members<'a> {
            #[serde(borrow, alias = "subAgent", alias = "sub_agent")]
            subagent: Object<SubAgent<'a>>,
        }
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default)]
        struct SubAgent<'a> {
            #[serde(borrow)]
            thread_spawn: Object<Spawn<'a>>,
        }
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default)]
        struct Spawn<'a> {
            #[serde(borrow)]
            parent_thread_id: Text<'a>,
        }
        let Object(Some(members)) = Object::<Members<'a>>::deserialize(deserializer)? else {
            return Ok(Self::default());
        };
        let spawn = members.subagent.0.and_then(|agent| agent.thread_spawn.0);
        let spawned_by = spawn.map(|spawn| spawn.parent_thread_id).unwrap_or_default();
        Ok(Self { is_internal: true, spawned_by })
    }
}
