//! The members of Claude Code's records that the reader looks at; all others are passed over.

use crate::place::{self, Doing, Mentions};
use crate::transcript::field::{Content, Flag, Kind, Object, Text, Texts};
use crate::transcript::line::Standalone;
use crate::transcript::sink::Sink;
use serde_json::value::RawValue;

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
    #[serde(borrow)]
    pub(super) tool_use_result: Object<Given<'a>>,
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
    /// What a call that goes on tells of itself.
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
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
    // The file that it gives.
    #[serde(borrow)]
    filename: Text<'a>,
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow)]
    plan_file_path: Text<'a>,
    #[serde(borrow)]
    skill_dir: Text<'a>,
    #[serde(borrow)]
    uri: Text<'a>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    /// What an editor or a compiler says of files.
    #[serde(borrow)]
    files: Option<&'a RawValue>,
    // What a hook ran and gave.
    #[serde(borrow)]
    command: Text<'a>,
    #[serde(borrow)]
    stdout: Text<'a>,
    #[serde(borrow)]
    stderr: Text<'a>,
    #[serde(borrow)]
    blocking_error: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
}

/// What a tool's result or an attachment says beside its text: the files that it is of.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Given<'a> {
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow)]
    uri: Text<'a>,
    #[serde(borrow)]
    file_path: Text<'a>,
    #[serde(borrow)]
    file: Object<GivenFile<'a>>,
    #[serde(borrow)]
    filenames: Texts<'a>,
    /// How a search was asked; a listing of names has none.
    #[serde(borrow)]
    mode: Text<'a>,
}

/// A file that was given whole.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct GivenFile<'a> {
    #[serde(borrow)]
    file_path: Text<'a>,
}

impl Attachment<'_> {
    /// Hands on which files it gives.
    pub(super) fn places(&self, sink: &mut Sink<'_>) {
        let mut places = Mentions::default();
        // Of what is only open in an editor the model hears the name.
        let is_named = self.kind.as_str() == Some("opened_file_in_ide");
        let doing = if is_named { Doing::Named } else { Doing::Read };
        let own = [&self.filename, &self.path, &self.plan_file_path, &self.skill_dir, &self.uri];
        for path in own.into_iter().filter_map(Text::as_str) {
            // Other addresses lead to no file.
            if !path.contains("://") || path.starts_with("file:") {
                places.path(path, doing);
            }
        }
        let content = self.content.map_or("", RawValue::get);
        if content.starts_with('{')
            && let Ok(Object(Some(given))) = serde_json::from_str::<Object<Given<'_>>>(content)
        {
            given.named(doing, &mut places);
        }
        if self.kind.as_str().is_some_and(|kind| kind.contains("hook")) {
            self.hooked(&mut places);
        }
        let files =
            self.files.map(|files| serde_json::from_str::<Vec<Object<Given<'_>>>>(files.get()));
        for file in files.into_iter().flatten().flatten().filter_map(|file| file.0) {
            let uri =
                file.uri.as_str().filter(|uri| !uri.contains("://") || uri.starts_with("file:"));
            uri.into_iter().for_each(|uri| places.path(uri, doing));
            file.named(doing, &mut places);
        }
        sink.beside(places, "");
    }

    /// What a hook read and gave.
    fn hooked(&self, places: &mut Mentions) {
        for text in [&self.stdout, &self.stderr].into_iter().filter_map(Text::as_str) {
            place::of_hook(text, places);
        }
        for json in [self.content, self.blocking_error, self.response].into_iter().flatten() {
            place::of_hook(json.get(), places);
        }
        self.command.as_str().into_iter().for_each(|command| place::of_hooked(command, places));
    }
}

/// A record of a hook that runs is no longer; those of what a command gives are.
const HOOK_BYTES_MAX: usize = 4096;

/// What a call that goes on tells of: what another agent does for it, and what a hook of it runs. Many lines tell of it,
/// and few of them anything.
pub(super) fn goes_on(data: &RawValue, sink: &mut Sink<'_>) {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Hook<'a> {
        #[serde(borrow)]
        command: Text<'a>,
    }
    let json = data.get();
    let mut places = Mentions::default();
    if memchr::memmem::find(json.as_bytes(), b"\"tool_use\"").is_some() {
        place::of_agent(json, &mut places);
    } else if json.len() < HOOK_BYTES_MAX
        && json.contains("\"hook_progress\"")
        && place::may_read(json)
    {
        let hook: Hook<'_> = serde_json::from_str(json).unwrap_or_default();
        hook.command.as_str().into_iter().for_each(|text| place::of_hooked(text, &mut places));
    }
    if !places.is_empty() {
        sink.beside(places, "");
    }
}

impl Given<'_> {
    /// Hands on which files a result is of that its text does not name.
    pub(super) fn places(&self, sink: &mut Sink<'_>, text: &str) {
        let mut places = Mentions::default();
        let searched = if self.mode.as_str().is_some() { Doing::Read } else { Doing::Named };
        for name in self.filenames.0.iter().filter_map(Text::as_str) {
            if !text.contains(name) {
                places.path(name, searched);
            }
        }
        self.named(Doing::Read, &mut places);
        sink.beside(places, "");
    }

    fn named(&self, doing: Doing, places: &mut Mentions) {
        let file = self.file.0.as_ref().map(|file| &file.file_path);
        for path in [Some(&self.path), Some(&self.file_path), file].into_iter().flatten() {
            path.as_str().into_iter().for_each(|path| places.path(path, doing));
        }
    }
}
