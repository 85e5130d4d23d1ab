//! One committed state of the index, opened for searching: its segments with the columns that every search
//! reads. Never changes after it is made.

use crate::error::BankError;
use crate::index::schema::{Fields, column};
use camille_proto::vocabulary::{Agent, DocumentKind};
use std::sync::Arc;
use tantivy::columnar::ColumnValues;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::{DocId, Searcher, SegmentReader};

/// One committed state.
pub(crate) struct Snapshot {
    pub(crate) fields: Fields,
    pub(crate) segments: Vec<Segment>,
    /// The number of the store's last change that it holds.
    pub(crate) seq: u64,
    /// One more than the highest row of a session.
    pub(crate) sessions: usize,
}

/// One segment of it.
pub(crate) struct Segment {
    pub(crate) reader: SegmentReader,
    pub(crate) body_norms: FieldNormReader,
    pub(crate) context_norms: FieldNormReader,
    pub(crate) date_norms: FieldNormReader,
    pub(crate) row: Values<u64>,
    pub(crate) id_high: Values<u64>,
    pub(crate) project: Values<u64>,
    pub(crate) own_project: Values<u64>,
    pub(crate) time: Values<i64>,
    pub(crate) context_time: Values<i64>,
    agent: Values<u64>,
    /// Read for every posting, so kept unpacked.
    session: Vec<u32>,
    kind: Vec<DocumentKind>,
}

type Values<T> = Arc<dyn ColumnValues<T>>;

impl Snapshot {
    /// Opens a committed state.
    pub(crate) fn of(searcher: &Searcher, fields: Fields, seq: u64) -> Result<Self, BankError> {
        let segments = searcher
            .segment_readers()
            .iter()
            .map(|reader| Segment::of(reader.clone(), &fields))
            .collect::<Result<Vec<_>, _>>()
            .map_err(BankError::index("read"))?;
        let last = segments.iter().flat_map(|segment| segment.session.iter().max()).max();
        let sessions = last.map_or(0, |last| *last as usize + 1);
        Ok(Self { fields, segments, seq, sessions })
    }
}

impl Segment {
    fn of(reader: SegmentReader, fields: &Fields) -> tantivy::Result<Self> {
        let columns = reader.fast_fields();
        let unsigned = |name: &str| columns.u64(name).map(|column| column.first_or_default_col(0));
        let signed =
            |name: &str| columns.i64(name).map(|column| column.first_or_default_col(i64::MIN));
        let documents = 0..reader.max_doc();
        let session = unsigned(column::SESSION)?;
        let kind = unsigned(column::KIND)?;
        Ok(Self {
            body_norms: reader.get_fieldnorms_reader(fields.body)?,
            context_norms: reader.get_fieldnorms_reader(fields.context)?,
            date_norms: reader.get_fieldnorms_reader(fields.date)?,
            row: unsigned(column::ROW)?,
            id_high: unsigned(column::ID_HIGH)?,
            project: unsigned(column::PROJECT)?,
            own_project: unsigned(column::OWN_PROJECT)?,
            time: signed(column::TIME)?,
            context_time: signed(column::CONTEXT_TIME)?,
            agent: unsigned(column::AGENT)?,
            session: documents
                .clone()
                .map(|document| u32::try_from(session.get_val(document)).unwrap_or(0))
                .collect(),
            kind: documents
                .map(|document| {
                    let place = usize::try_from(kind.get_val(document)).unwrap_or(0);
                    DocumentKind::ALL.get(place).copied().unwrap_or(DocumentKind::Message)
                })
                .collect(),
            reader,
        })
    }

    /// The store's row of the document's session.
    pub(crate) fn session(&self, document: DocId) -> usize {
        self.session[document as usize] as usize
    }

    /// What the document is.
    pub(crate) fn kind(&self, document: DocId) -> DocumentKind {
        self.kind[document as usize]
    }

    /// Whether the document is a tool call, whose context is its body.
    pub(crate) fn is_tool(&self, document: DocId) -> bool {
        self.kind(document) == DocumentKind::Tool
    }

    /// The agent whose transcript it is from.
    pub(crate) fn agent(&self, document: DocId) -> Option<Agent> {
        let place = usize::try_from(self.agent.get_val(document)).ok()?;
        Agent::ALL.get(place).copied()
    }
}
