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
    /// Read for every posting, so kept unpacked; shared by all states that hold the segment.
    unpacked: Arc<Unpacked>,
}

/// Columns of a segment, which never change: only which of its documents are alive does.
struct Unpacked {
    session: Vec<u32>,
    kind: Vec<DocumentKind>,
    /// The highest row of a session.
    session_max: u32,
}

type Values<T> = Arc<dyn ColumnValues<T>>;

impl Snapshot {
    /// Opens a committed state. What it has in common with the one `before` is not unpacked again.
    pub(crate) fn of(
        searcher: &Searcher,
        fields: Fields,
        seq: u64,
        before: Option<&Self>,
    ) -> Result<Self, BankError> {
        let segments = searcher
            .segment_readers()
            .iter()
            .map(|reader| {
                let known = before.and_then(|before| {
                    let same = |s: &&Segment| s.reader.segment_id() == reader.segment_id();
                    before.segments.iter().find(same).map(|s| Arc::clone(&s.unpacked))
                });
                Segment::of(reader.clone(), &fields, known)
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(BankError::index("read"))?;
        let last = segments.iter().map(|segment| segment.unpacked.session_max).max();
        let sessions = last.map_or(0, |last| last as usize + 1);
        Ok(Self { fields, segments, seq, sessions })
    }
}

impl Segment {
    fn of(
        reader: SegmentReader,
        fields: &Fields,
        known: Option<Arc<Unpacked>>,
    ) -> tantivy::Result<Self> {
        let columns = reader.fast_fields();
        let unsigned = |name: &str| columns.u64(name).map(|column| column.first_or_default_col(0));
        let signed =
            |name: &str| columns.i64(name).map(|column| column.first_or_default_col(i64::MIN));
        let unpacked = match known {
            Some(known) => known,
            None => Arc::new(Unpacked::of(
                reader.max_doc(),
                &unsigned(column::SESSION)?,
                &unsigned(column::KIND)?,
            )),
        };
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
            unpacked,
            reader,
        })
    }

    /// The store's row of the document's session.
    pub(crate) fn session(&self, document: DocId) -> usize {
        self.unpacked.session[document as usize] as usize
    }

    /// What the document is.
    pub(crate) fn kind(&self, document: DocId) -> DocumentKind {
        self.unpacked.kind[document as usize]
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

impl Unpacked {
    fn of(count: u32, session: &Values<u64>, kind: &Values<u64>) -> Self {
        let mut values = vec![0_u64; count as usize];
        session.get_range(0, &mut values);
        let session: Vec<u32> = values.iter().map(|row| u32::try_from(*row).unwrap_or(0)).collect();
        kind.get_range(0, &mut values);
        let kind = values
            .iter()
            .map(|place| {
                let place = usize::try_from(*place).unwrap_or(0);
                DocumentKind::ALL.get(place).copied().unwrap_or(DocumentKind::Message)
            })
            .collect();
        let session_max = session.iter().copied().max().unwrap_or(0);
        Self { session, kind, session_max }
    }
}
