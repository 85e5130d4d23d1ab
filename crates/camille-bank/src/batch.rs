//! What the intake hands to the bank: the lines of one file, already parsed and redacted, and where in
//! the file they end. This module never touches the disk.

use crate::secret::Finding;
use camille_proto::local::Accounting;
use camille_proto::vocabulary::{Agent, DocumentKind, Speaker};
use jiff::Timestamp;

/// Some lines of one file, in file order. They are stored in one transaction together with the file's
/// new checkpoint, so that a crash loses all of them or none.
#[derive(Debug, Clone, Default)]
pub struct FileBatch {
    /// The file, by the name the caller knows it by.
    pub file: String,
    /// True for the first batch of a file that is read from its beginning: its accounting restarts.
    pub fresh: bool,
    /// The version of the redaction rules the texts went through.
    pub redaction_version: u32,
    /// The lines that hold parts of documents.
    pub lines: Vec<Line>,
    /// True if the batch holds nothing but the file's last line, and that ends without a newline: it lies
    /// behind the checkpoint's offset and will be read again, so it is counted until the file's next
    /// batch only. The same always holds for `accounting.pending`.
    pub tail: bool,
    /// How far the file is read with this batch.
    pub checkpoint: Checkpoint,
    /// What the file's reader must remember; opaque to the bank.
    pub cursor: String,
    /// What became of the batch's other lines (blank, skipped, metadata, pending, defective). The bank
    /// adds the classes of `lines`. `accounting.lines` may be left 0: the bank counts the classes.
    pub accounting: Accounting,
    /// What the batch says about sessions.
    pub sessions: Vec<SessionUpdate>,
    /// Other names of the projects in it, each with the project's id: further remotes of a repository, say.
    /// A project is denied by any of them.
    pub names: Vec<(String, String)>,
    /// Records that sessions hold and no part tells of.
    pub silent: Vec<Silent>,
}

/// A record without a part: it says nothing, or what it says is kept out. Another session may go on from it.
#[derive(Debug, Clone)]
pub struct Silent {
    /// The agent whose transcript it is.
    pub agent: Agent,
    /// The session that holds it.
    pub session: String,
    /// Its own id in its source.
    pub record: String,
    /// Where it stands in its file, as [`Part::position`] says.
    pub position: u64,
}

/// One physical line with at least one part, or with something that was found in it.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// The byte of the file at which it begins.
    pub offset: u64,
    /// The parts, in order. A line without is not counted.
    pub parts: Vec<Part>,
    /// The secrets that were found in it.
    pub found: Vec<Finding>,
}

/// What a byte of a file counts in [`Part::position`].
pub const POSITIONS_A_BYTE: u64 = 256;

/// A part of a document.
#[derive(Debug, Clone)]
pub struct Part {
    /// The agent whose transcript it is.
    pub agent: Agent,
    /// What names the document and nothing else in its source.
    pub native_key: String,
    /// What builds before took for its name, if that was something else: what was forgotten under that stays
    /// away.
    pub former_key: Option<String>,
    /// The name of what it is a copy of, where its source says so. It is only believed where the texts agree.
    pub copy_of: Option<String>,
    /// How its copies are known, if they can be.
    pub trace: Option<Trace>,
    /// Which part of the document it is.
    pub part_key: String,
    /// The session the line stands in, as its agent names it.
    pub session: String,
    /// The session that began this one (sub-agents).
    pub parent_session: Option<String>,
    /// The project of the session.
    pub project: String,
    /// The project of the record's own directory.
    pub own_project: String,
    /// That directory.
    pub directory: Option<String>,
    /// The record's own id in its source.
    pub record_id: Option<String>,
    /// Who said it.
    pub speaker: Speaker,
    /// What the document is.
    pub kind: DocumentKind,
    /// What the part is within the document.
    pub role: PartRole,
    /// Where it stands in its file: the offset of its line times [`POSITIONS_A_BYTE`], and its number in
    /// the line.
    pub position: u64,
    /// When it was said.
    pub timestamp: Option<Timestamp>,
    /// The tool that was called.
    pub tool: Option<String>,
    /// The file that was touched, relative to the project.
    pub path: Option<String>,
    /// The files that it is an edit of, in whole paths where they are known. Nothing of them is kept but what stands
    /// for their last two names.
    pub edited: Vec<String>,
    /// The redacted text.
    pub text: String,
    /// Places that it holds something of besides its session's own project, as [`Touch::project`] names them. The
    /// other parts of its document hold something of them, too.
    pub places: Vec<String>,
    /// Places of which it only says something word for word, as far as that is known when it is read.
    pub quotes: Vec<String>,
}

/// What a copy of a part has in common with it, besides its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// Where in its conversation it stands.
    pub place: [u8; 16],
    /// What its record says of itself.
    pub origin: RecordOrigin,
}

/// Whether a record is a copy of another session's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordOrigin {
    /// It was made where it stands, and is no other's copy.
    Own,
    /// It does not say.
    Unknown,
    /// It was copied.
    Copied,
}

/// What a part is within its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartRole {
    /// Something said.
    Text,
    /// What a tool was given.
    Input,
    /// What a tool gave back.
    Output,
    /// What a tool gave back when it failed: indexed whole, because people search for error messages.
    Error,
}

/// What a line says about a session.
#[derive(Debug, Clone)]
pub struct SessionUpdate {
    /// The agent.
    pub agent: Agent,
    /// The session, as its agent names it.
    pub session: String,
    /// The session that began this one.
    pub parent: Option<String>,
    /// The project of the session, where it is known.
    pub project: Option<String>,
    /// When it was said.
    pub timestamp: Option<Timestamp>,
    /// The git remote.
    pub remote: Option<String>,
    /// The git branch.
    pub branch: Option<String>,
    /// A title, with how good it is.
    pub title: Option<(TitleRank, String)>,
    /// The address of a pull request.
    pub pull_request: Option<String>,
    /// Whether its person said that it is private. What was said once holds.
    pub private: bool,
    /// Places that it touched besides those its documents were made in. What was touched once stays touched.
    pub touched: Vec<Touch>,
    /// Where it did something, in its own project too, as absolute paths: what is denied may be narrower than a
    /// project.
    pub inside: Vec<String>,
    /// Directories of which it read all that lies below.
    pub walked: Vec<String>,
    /// When that was, of what has no moment of its own.
    pub at: Option<Timestamp>,
    /// What it copied, which whoever is there later reads.
    pub copied: Vec<Copied>,
    /// What it gave another content.
    pub renewed: Vec<Renewed>,
    /// Sessions of the same conversation that a line names: what it goes on from, what goes on from it.
    pub kin: Vec<String>,
    /// Records, by their ids, that its records follow and that its file does not hold: the session that
    /// holds one is of the same conversation.
    pub follows: Vec<String>,
}

impl SessionUpdate {
    /// One that says nothing yet.
    #[must_use]
    pub const fn new(agent: Agent, session: String) -> Self {
        Self {
            agent,
            session,
            parent: None,
            project: None,
            timestamp: None,
            remote: None,
            branch: None,
            title: None,
            pull_request: None,
            private: false,
            touched: Vec::new(),
            inside: Vec::new(),
            walked: Vec::new(),
            at: None,
            copied: Vec::new(),
            renewed: Vec::new(),
            kin: Vec::new(),
            follows: Vec::new(),
        }
    }

    /// What keeps a session and its conversation back, and nothing that is shown of it: what is kept out of the bank
    /// may go on in what is not.
    #[must_use]
    pub fn facts(self) -> Self {
        let mut kin = self.kin;
        kin.extend(self.parent);
        Self {
            private: self.private,
            touched: self.touched,
            inside: self.inside,
            walked: self.walked,
            at: self.at,
            copied: self.copied,
            renewed: self.renewed,
            kin,
            follows: self.follows,
            ..Self::new(self.agent, self.session)
        }
    }

    /// Whether it says nothing that is shown.
    pub(crate) fn is_facts(&self) -> bool {
        self.project.is_none()
            && self.timestamp.is_none()
            && self.remote.is_none()
            && self.branch.is_none()
            && self.title.is_none()
            && self.pull_request.is_none()
    }
}

/// Something that a session wrote as it was elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Where it lies since: a file, or a directory with all that is in it.
    pub path: String,
    /// Where it is from.
    pub from: CopiedFrom,
    /// When.
    pub time: Option<Timestamp>,
}

/// Where something was copied from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopiedFrom {
    /// A place, as projects are named.
    Place(String),
    /// A path which may be a copy itself.
    Path(String),
}

/// A path to which a session gave another content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewed {
    /// The path.
    pub path: String,
    /// When.
    pub time: Option<Timestamp>,
    /// Whether nothing was left of it, rather than all of it written anew.
    pub removed: bool,
}

/// A place that a session touched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Touch {
    /// The place, as projects are named: a repository, or a directory.
    pub project: String,
    /// What was done there.
    pub how: Touching,
    /// The path as it was written; empty where there is none.
    pub path: String,
    /// When.
    pub time: Option<Timestamp>,
}

/// What was done in a place. Any of them but the last holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Touching {
    /// The session itself was there: what it recorded then belongs to the place.
    There,
    /// A command ran there.
    Ran,
    /// A file of it was read.
    Read,
    /// A file of it was written.
    Wrote,
    /// A tool was given, or named, a path of it.
    Named,
    /// It lies where tools keep what they fetch. It is nobody's unless something says that it is the person's: a
    /// rule, or that they work there.
    Fetched,
}

/// How the store writes that a session was in a place itself.
pub(crate) const THERE: &str = "there";

/// How it writes that it was where tools keep what they fetch.
pub(crate) const FETCHED: &str = "fetched";

impl Touching {
    /// As the store writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::There => THERE,
            Self::Ran => "ran",
            Self::Read => "read",
            Self::Wrote => "wrote",
            Self::Named => "named",
            Self::Fetched => FETCHED,
        }
    }
}

/// How good a title is: a better one replaces a worse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TitleRank {
    /// The first thing the person said. Among equals the first wins, of the other ranks the last.
    FirstPrompt,
    /// A summary made by the agent.
    Summary,
    /// A title made by the agent.
    Ai,
    /// A title the person gave.
    Custom,
}

/// How far a file is read, and how to tell whether it is still the same file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// The device it lies on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// Its size in bytes when it was last looked at.
    pub size: u64,
    /// Its modification time then, in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// The first byte that is not dealt with.
    pub offset: u64,
    /// BLAKE3 of the 4 KiB before `offset`.
    pub tail_hash: [u8; 32],
}

/// What the bank remembers of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    /// How far it is read.
    pub checkpoint: Checkpoint,
    /// What its reader must remember.
    pub cursor: String,
    /// What became of its lines.
    pub accounting: Accounting,
}

/// What a batch changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BatchOutcome {
    /// Documents that are new.
    pub added: u64,
    /// Documents that grew, changed, moved or went.
    pub changed: u64,
    /// Lines that began a document.
    pub documented: u64,
    /// Lines that added to a document begun by an earlier line.
    pub merged: u64,
    /// Lines all of whose parts were known from elsewhere.
    pub duplicate: u64,
    /// Documents kept apart because their native key came with another text in another session.
    pub conflicts: u64,
}

impl BatchOutcome {
    /// Adds another batch's figures.
    pub fn add(&mut self, other: &Self) {
        self.added += other.added;
        self.changed += other.changed;
        self.documented += other.documented;
        self.merged += other.merged;
        self.duplicate += other.duplicate;
        self.conflicts += other.conflicts;
    }
}
