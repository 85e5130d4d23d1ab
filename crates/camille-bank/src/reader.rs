//! The reading side of a bank. Any number of readers work beside the writer, in its process or in another
//! one; they never write to the bank.

use crate::document::{
    BankSummary, Document, DocumentWithNeighbours, EditKey, Led, ProjectSummary, ProjectSurvey,
    SessionSummary,
};
use crate::error::BankError;
use crate::index::schema::Fields;
use crate::index::{self, OpenIndex};
use crate::query::{self, LeafAnswer, LeafQuery, Visibility};
use crate::search::held::Held;
use crate::search::snapshot::Snapshot;
use crate::search::survey;
use crate::search::tree::Trees;
use crate::search::visibility::{Sight, View};
use crate::secret::FoundSecret;
use crate::store::read;
use crate::{search, store};
use camille_proto::id::DocumentId;
use camille_proto::local::Accounting;
use rusqlite::Connection;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tantivy::{IndexReader, ReloadPolicy};

/// How many grants' views are kept ready.
const VIEWS_MAX: usize = 8;
/// How many connections to the store are kept open.
const CONNECTIONS_MAX: usize = 4;

/// Reads a bank. Cheap to clone.
#[derive(Clone)]
pub struct BankReader {
    shared: Arc<Shared>,
}

struct Shared {
    dir: PathBuf,
    index: RwLock<Arc<Opened>>,
    snapshot: RwLock<Arc<Snapshot>>,
    views: Mutex<Vec<CachedView>>,
    connections: Mutex<Vec<Connection>>,
}

/// An index; another one takes its place when it is made anew.
struct Opened {
    fields: Fields,
    index: tantivy::Index,
    reader: IndexReader,
}

/// What a grant sees of one snapshot. Of that one alone: merging and making the index anew lay the same
/// state out otherwise.
struct CachedView {
    visible: Visibility,
    /// How many facts it knows of: a new one can keep something back that the index still shows.
    facts: i64,
    snapshot: Arc<Snapshot>,
    view: Arc<View>,
}

impl BankReader {
    /// Opens a bank without its lock, as it was last committed. `None`: there is no bank yet.
    ///
    /// # Errors
    /// [`BankError::IndexUnavailable`] when the bank was left by another version or by a crash, so that a
    /// writer has to open it first; else when the store cannot be read.
    pub fn open_read_only(dir: &Path) -> Result<Option<Self>, BankError> {
        let Some(connection) = store::open_read_only(dir)? else { return Ok(None) };
        let index = index::open(dir).ok_or(BankError::IndexUnavailable)?;
        let reader = Self::of(dir, index)?;
        reader.shared.give_back(connection);
        Ok(Some(reader))
    }

    /// Reads the bank in `dir` by this index.
    pub(crate) fn of(dir: &Path, open: OpenIndex) -> Result<Self, BankError> {
        let seq = open.seq;
        let opened = Opened::of(open)?;
        let snapshot = Snapshot::of(&opened.reader.searcher(), opened.fields.clone(), seq, None)?;
        Ok(Self {
            shared: Arc::new(Shared {
                dir: dir.to_owned(),
                index: RwLock::new(Arc::new(opened)),
                snapshot: RwLock::new(Arc::new(snapshot)),
                views: Mutex::new(Vec::new()),
                connections: Mutex::new(Vec::new()),
            }),
        })
    }

    /// Answers a question from this bank alone.
    ///
    /// # Errors
    /// When store or index cannot be read.
    pub fn search(&self, query: &LeafQuery, visible: &Visibility) -> Result<LeafAnswer, BankError> {
        let snapshot = self.shared.snapshot();
        self.shared.with_store(|connection| {
            let view = self.shared.view(connection, &snapshot, visible)?;
            search::search(connection, &snapshot, &view, query)
        })
    }

    /// A document with two neighbours on either side. `None`: there is no such document, or it may not
    /// be seen.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn document(
        &self,
        id: &DocumentId,
        visible: &Visibility,
    ) -> Result<Option<DocumentWithNeighbours>, BankError> {
        let snapshot = self.shared.snapshot();
        self.shared.with_store(|connection| {
            let view = self.shared.view(connection, &snapshot, visible)?;
            read::seen(connection, id, &view)?
                .map(|stored| stored.with_neighbours(connection, &view))
                .transpose()
        })
    }

    /// The edits of the files that `keys` stand for: the newest `max`, the oldest of them first, each with what its call
    /// was given as its text and without neighbours.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn edits(
        &self,
        keys: &[EditKey],
        visible: &Visibility,
        max: usize,
    ) -> Result<Vec<Document>, BankError> {
        let snapshot = self.shared.snapshot();
        self.shared.with_store(|connection| {
            let view = self.shared.view(connection, &snapshot, visible)?;
            store::edited::edits(connection, keys, &view, max)
        })
    }

    /// What led to a document. `None`: there is no such document, or it may not be seen.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn led_to(&self, id: &DocumentId, visible: &Visibility) -> Result<Option<Led>, BankError> {
        let snapshot = self.shared.snapshot();
        self.shared.with_store(|connection| {
            let view = self.shared.view(connection, &snapshot, visible)?;
            store::led::led_to(connection, id, &view)
        })
    }

    /// The ids of all projects that something was ever read of. Costs little, however large the bank.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn project_ids(&self) -> Result<Vec<String>, BankError> {
        self.shared.with_store(read::project_ids)
    }

    /// The other names of projects, by their ids.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn project_names(&self) -> Result<HashMap<String, Vec<String>>, BankError> {
        self.shared.with_store(read::project_names)
    }

    /// Every project with what the bank holds of it, by id. Goes through all documents.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn projects(&self) -> Result<Vec<ProjectSummary>, BankError> {
        self.shared.with_store(read::projects)
    }

    /// The sessions whose ids begin like this, by id; no more than `max`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sessions(&self, begins: &str, max: usize) -> Result<Vec<SessionSummary>, BankError> {
        self.shared.with_store(|connection| read::sessions(connection, begins, max))
    }

    /// What the bank holds, as far as may be seen, as of the last commit.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn status(&self, visible: &Visibility) -> Result<BankSummary, BankError> {
        let snapshot = self.shared.snapshot();
        self.shared.with_store(|connection| {
            let view = self.shared.view(connection, &snapshot, visible)?;
            let mut summary = BankSummary {
                documents: view.documents,
                sessions: view.sessions,
                projects: view.projects,
                last_update: read::timestamp(view.newest),
                ..BankSummary::default()
            };
            if *visible == Visibility::Everything {
                summary.files = store::file::count(connection)?;
                summary.size_bytes = size_bytes(&self.shared.dir);
                summary.last_index = store::last_index(connection)?;
            }
            Ok(summary)
        })
    }

    /// What became of every line of every file.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn accounting(&self) -> Result<Accounting, BankError> {
        self.shared.with_store(store::file::accounting)
    }

    /// The documents whose text holds these words literally. Goes through all texts.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn holding(&self, words: &str) -> Result<Vec<DocumentId>, BankError> {
        self.shared.with_store(|connection| read::holding(connection, words))
    }

    /// What others would see of each project, and what is kept back from them.
    ///
    /// # Errors
    /// When store or index cannot be read.
    pub fn survey(&self, shared: &query::Shared) -> Result<Vec<ProjectSurvey>, BankError> {
        let snapshot = self.shared.snapshot();
        self.shared.with_store(|connection| {
            let trees = Trees::of(connection, snapshot.sessions)?;
            let sight = Sight::of(connection, &Visibility::Shared(shared.clone()))?;
            survey::survey(connection, &snapshot, &sight, &trees, shared)
        })
    }

    /// Where secrets were found, by rule and place.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn secrets(&self) -> Result<Vec<FoundSecret>, BankError> {
        self.shared.with_store(store::finding::all)
    }

    /// Changes with every commit: answers of one generation agree with each other.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.shared.snapshot().seq
    }

    /// Goes on to what was committed last.
    pub(crate) fn reload(&self) -> Result<(), BankError> {
        let opened = self.shared.opened();
        opened.reader.reload().map_err(BankError::index("read"))?;
        let seq = index::committed(&opened.index).ok_or(BankError::IndexUnavailable)?;
        self.shared.show(&opened, seq)
    }

    /// Goes on to another index.
    pub(crate) fn replace(&self, open: OpenIndex) -> Result<(), BankError> {
        let seq = open.seq;
        let opened = Arc::new(Opened::of(open)?);
        self.shared.show(&opened, seq)?;
        *self.shared.index.write().unwrap_or_else(PoisonError::into_inner) = opened;
        Ok(())
    }
}

impl Opened {
    fn of(open: OpenIndex) -> Result<Self, BankError> {
        let OpenIndex { index, fields, .. } = open;
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(BankError::index("read"))?;
        Ok(Self { fields, index, reader })
    }
}

impl Shared {
    fn opened(&self) -> Arc<Opened> {
        Arc::clone(&self.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets searches see what the index holds now.
    fn show(&self, opened: &Opened, seq: u64) -> Result<(), BankError> {
        let before = self.snapshot();
        let searcher = opened.reader.searcher();
        let snapshot = Snapshot::of(&searcher, opened.fields.clone(), seq, Some(&before))?;
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
        self.views().clear();
        Ok(())
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What a grant sees, made once for each committed state, and again when facts came since.
    fn view(
        &self,
        connection: &Connection,
        snapshot: &Arc<Snapshot>,
        visible: &Visibility,
    ) -> Result<Arc<View>, BankError> {
        let facts = match visible {
            Visibility::Everything => 0,
            Visibility::Shared(_) => store::fact::counted(connection)?,
        };
        let mut views = self.views();
        views.retain(|cached| Arc::ptr_eq(&cached.snapshot, snapshot));
        let fits = |cached: &CachedView| cached.facts == facts && cached.visible == *visible;
        if let Some(at) = views.iter().position(fits) {
            let cached = views.remove(at);
            let view = Arc::clone(&cached.view);
            views.push(cached);
            return Ok(view);
        }
        drop(views);
        let trees = Trees::of(connection, snapshot.sessions)?;
        let kept_back = match visible {
            Visibility::Everything => None,
            Visibility::Shared(shared) => Some(Held::of(connection, &trees, shared)?),
        };
        let sight = Sight::of(connection, visible)?;
        let view = Arc::new(View::of(snapshot, sight, &trees, kept_back));
        let mut views = self.views();
        if views.len() >= VIEWS_MAX {
            views.remove(0);
        }
        let visible = visible.clone();
        let snapshot = Arc::clone(snapshot);
        views.push(CachedView { visible, facts, snapshot, view: Arc::clone(&view) });
        Ok(view)
    }

    fn views(&self) -> MutexGuard<'_, Vec<CachedView>> {
        self.views.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the store in one transaction, so that all that is read agrees.
    fn with_store<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, BankError>,
    ) -> Result<T, BankError> {
        let kept = self.connections.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => {
                store::open_read_only(&self.dir)?.ok_or(BankError::Corrupt { what: "store" })?
            }
        };
        let transaction = connection.transaction().map_err(BankError::store("read"))?;
        let result = read(&transaction);
        drop(transaction);
        self.give_back(connection);
        result
    }

    fn give_back(&self, connection: Connection) {
        let mut kept = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < CONNECTIONS_MAX {
            kept.push(connection);
        }
    }
}

/// Bytes of the bank's files. Files that go while they are counted count nothing.
fn size_bytes(dir: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_bytes(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
