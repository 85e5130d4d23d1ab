//! The members of Claude Code's records that the reader looks at; all others are passed over.

use crate::transcript::field::{Content, Flag, Kind, Object, Text};
use crate::transcript::line::Standalone;

/// One object of a transcript. Which members it has depends on its type.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::transcript) struct Record<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) subtype: Text<'a>,
    #[serde(borrow)]
    pub(super) uuid: Text<'a>,
    #[serde(borrow)]
    pub(super) timestamp: Text<'a>,
    #[serde(borrow)]
    pub(super) session_id: Text<'a>,
    #[serde(borrow)]
    pub(super) agent_id: Text<'a>,
    #[serde(borrow)]
    pub(super) cwd: Text<'a>,
    #[serde(borrow)]
    pub(super) git_branch: Text<'a>,
    pub(super) is_meta: Flag,
    pub(super) is_sidechain: Flag,
    pub(super) is_compact_summary: Flag,
    pub(super) is_api_error_message: Flag,
    #[serde(borrow)]
    pub(super) message: Object<Message<'a>>,
    #[serde(borrow)]
    pub(super) attachment: Object<Attachment<'a>>,
    #[serde(borrow)]
    pub(super) content: Content<'a>,
    #[serde(borrow)]
    pub(super) operation: Text<'a>,
    #[serde(borrow)]
    pub(super) summary: Text<'a>,
    #[serde(borrow)]
    pub(super) leaf_uuid: Text<'a>,
    #[serde(borrow)]
    pub(super) last_prompt: Text<'a>,
    #[serde(borrow)]
    pub(super) tag: Text<'a>,
    #[serde(borrow)]
    pub(super) custom_title: Text<'a>,
    #[serde(borrow)]
    pub(super) ai_title: Text<'a>,
    #[serde(borrow)]
    pub(super) agent_name: Text<'a>,
    #[serde(borrow)]
    pub(super) pr_url: Text<'a>,
    // Whose it is.
    #[serde(borrow)]
    pub(super) origin: Kind<'a>,
    #[serde(borrow)]
    pub(super) turn_origin: Kind<'a>,
    #[serde(borrow)]
    pub(super) prompt_source: Text<'a>,
    pub(super) is_visible_in_transcript_only: Flag,
    #[serde(borrow, rename = "sourceToolUseID")]
    pub(super) source_tool_use_id: Text<'a>,
    #[serde(borrow, rename = "sourceToolAssistantUUID")]
    pub(super) source_tool_assistant: Text<'a>,
    #[serde(borrow)]
    pub(super) plan_content: Text<'a>,
    // What it follows.
    #[serde(borrow)]
    pub(super) parent_uuid: Text<'a>,
    #[serde(borrow)]
    pub(super) logical_parent_uuid: Text<'a>,
    #[serde(borrow)]
    pub(super) successor_session_id: Text<'a>,
    #[serde(borrow)]
    pub(super) forked_from: Object<Fork<'a>>,
    // A workflow's journal.
    #[serde(borrow)]
    pub(super) key: Text<'a>,
}

/// The session that a record was copied from.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Fork<'a> {
    #[serde(borrow)]
    pub(super) session_id: Text<'a>,
    #[serde(borrow)]
    pub(super) message_uuid: Text<'a>,
}

impl Standalone for Record<'_> {
    fn stands_alone(&self) -> bool {
        self.kind.as_str().is_some() && self.session_id.as_str().is_some()
    }
}

/// What a user or the model said.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) model: Text<'a>,
    #[serde(borrow)]
    pub(super) content: Content<'a>,
}

/// What the harness adds to a conversation.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Attachment<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) command_mode: Text<'a>,
    #[serde(borrow)]
    pub(super) prompt: Content<'a>,
    #[serde(borrow)]
    pub(super) origin: Kind<'a>,
    pub(super) is_meta: Flag,
}
