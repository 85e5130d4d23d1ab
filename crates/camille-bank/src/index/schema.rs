//! The fields of the index. Nothing is stored in it: what a hit shows comes from the store.

use crate::analyzer::ANALYZER;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use tantivy::{Index, Term};

/// Changes with every change of what is indexed and how, besides the analyzer's own version.
const VERSION: u32 = 1;

/// The name of [`Terms`] in the index.
const TOKENIZER: &str = "terms";

/// Stands for an unknown time: what asks for times from some moment on never finds it.
pub(crate) const TIME_UNKNOWN: i64 = i64::MIN;

/// The fields.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    /// The document's own text.
    pub(crate) body: Field,
    /// The function words of the body, which count in no length.
    pub(crate) stops: Field,
    /// The text of a message and of those around it. Not indexed for tool calls, whose context is
    /// their body.
    pub(crate) context: Field,
    /// The date tokens.
    pub(crate) date: Field,
    /// The store's row, by which a document is replaced.
    pub(crate) row: Field,
    /// What searching needs of every document that holds a term.
    pub(crate) fast: FastFields,
}

/// Columns. Their names are those of the constants in [`column`].
#[derive(Debug, Clone)]
pub(crate) struct FastFields {
    pub(crate) id_high: Field,
    pub(crate) session: Field,
    pub(crate) project: Field,
    pub(crate) own_project: Field,
    pub(crate) kind: Field,
    pub(crate) agent: Field,
    pub(crate) time: Field,
    pub(crate) context_time: Field,
}

/// The columns' names.
pub(crate) mod column {
    /// The store's row of a document.
    pub(crate) const ROW: &str = "row";
    /// The first eight bytes of a document's id, which order documents of equal score.
    pub(crate) const ID_HIGH: &str = "id_high";
    /// The store's row of the session.
    pub(crate) const SESSION: &str = "session";
    /// The store's row of the session's project.
    pub(crate) const PROJECT: &str = "project";
    /// The store's row of the record's own project.
    pub(crate) const OWN_PROJECT: &str = "own_project";
    /// The place in `DocumentKind::ALL`.
    pub(crate) const KIND: &str = "kind";
    /// The place in `Agent::ALL`.
    pub(crate) const AGENT: &str = "agent";
    /// Milliseconds since 1970; `i64::MIN` where unknown.
    pub(crate) const TIME: &str = "time";
    /// The earliest time of what the context holds.
    pub(crate) const CONTEXT_TIME: &str = "context_time";
}

/// Names everything the content of the index depends on.
pub(crate) fn version() -> String {
    format!("{VERSION}.{ANALYZER}")
}

/// The schema and its fields.
pub(crate) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let text = |norms| {
        TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer(TOKENIZER)
                .set_index_option(IndexRecordOption::WithFreqs)
                .set_fieldnorms(norms),
        )
    };
    let fields = Fields {
        body: builder.add_text_field("body", text(true)),
        stops: builder.add_text_field("stops", text(false)),
        context: builder.add_text_field("context", text(true)),
        date: builder.add_text_field("date", text(true)),
        row: builder.add_u64_field(column::ROW, INDEXED | FAST),
        fast: FastFields {
            id_high: builder.add_u64_field(column::ID_HIGH, FAST),
            session: builder.add_u64_field(column::SESSION, FAST),
            project: builder.add_u64_field(column::PROJECT, FAST),
            own_project: builder.add_u64_field(column::OWN_PROJECT, FAST),
            kind: builder.add_u64_field(column::KIND, FAST),
            agent: builder.add_u64_field(column::AGENT, FAST),
            time: builder.add_i64_field(column::TIME, FAST),
            context_time: builder.add_i64_field(column::CONTEXT_TIME, FAST),
        },
    };
    (builder.build(), fields)
}

/// Tells an index how its texts are split.
pub(crate) fn register(index: &Index) {
    index.tokenizers().register(TOKENIZER, Terms::default());
}

/// The term that finds the document in this row of the store.
pub(crate) fn row_term(fields: &Fields, row: i64) -> Term {
    Term::from_field_u64(fields.row, row.cast_unsigned())
}

/// Splits a text that is already analysed: terms with one space between them.
#[derive(Debug, Clone, Default)]
struct Terms {
    token: Token,
}

struct TermStream<'a> {
    rest: &'a str,
    token: &'a mut Token,
}

impl Tokenizer for Terms {
    type TokenStream<'a> = TermStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> TermStream<'a> {
        self.token.reset();
        TermStream { rest: text, token: &mut self.token }
    }
}

impl TokenStream for TermStream<'_> {
    fn advance(&mut self) -> bool {
        if self.rest.is_empty() {
            return false;
        }
        // Terms are a few bytes long: a search by machine words takes longer to begin.
        let length = self.rest.bytes().position(|byte| byte == b' ').unwrap_or(self.rest.len());
        let (term, rest) = self.rest.split_at(length);
        self.rest = rest.get(1..).unwrap_or_default();
        self.token.position = self.token.position.wrapping_add(1);
        self.token.text.clear();
        self.token.text.push_str(term);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}
