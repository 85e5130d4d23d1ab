//! Bare Tantivy doing all that an answer shows: the same Boolean query over the same terms, the ten documents from its
//! own store, and its own snippet of each. Nothing of our ranking, grants, redaction or protocol.

use super::bare::{HITS, clauses};
use crate::stored::Stored;
use anyhow::{Context, Result};
use camille_bank::bench::{self, FieldValues};
use camille_proto::id::DocumentId;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use tantivy::collector::TopDocs;
use tantivy::indexer::IndexWriterOptions;
use tantivy::query::BooleanQuery;
use tantivy::schema::{Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions};
use tantivy::snippet::SnippetGenerator;
use tantivy::tokenizer::TextAnalyzer;
use tantivy::{Index, IndexWriter, Searcher, TantivyDocument};
use tempfile::TempDir;

/// How our index calls the tokenizer of texts that are analysed already.
const TERMS: &str = "terms";
/// How Tantivy splits and stems English.
const WORDS: &str = "en_stem";
/// The longest snippet, in characters: Tantivy's own default.
const SNIPPET_CHARS: usize = 150;
const MEMORY_BYTES: usize = 50_000_000;

/// An index of its own, kept open, with all texts stored in it.
pub(super) struct Whole {
    searcher: Searcher,
    fields: [Field; 3],
    text: Field,
    words: TextAnalyzer,
    _folder: TempDir,
}

impl Whole {
    /// Makes one of what a bank's index holds, and of its documents' texts.
    pub(super) fn make(bank: &Path, documents: &[Stored]) -> Result<Self> {
        let mut texts = HashMap::with_capacity(documents.len());
        for document in documents {
            let id: DocumentId = document.id.parse().context("an id")?;
            let high =
                id.as_bytes().iter().take(8).fold(0, |high, byte| high << 8 | u64::from(*byte));
            texts.insert(high, document.text.as_str());
        }
        let mut builder = Schema::builder();
        let terms = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer(TERMS)
                .set_index_option(IndexRecordOption::WithFreqs),
        );
        let fields =
            ["body", "context", "date"].map(|name| builder.add_text_field(name, terms.clone()));
        let text = builder.add_text_field("text", STORED);
        let folder = tempfile::Builder::new().prefix("camille-bench-").tempdir()?;
        let index = Index::create_in_dir(folder.path(), builder.build())?;
        bench::register(&index);
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(MEMORY_BYTES)
            .num_worker_threads(1)
            .build();
        let mut writer: IndexWriter = index.writer_with_options(options)?;
        let mut failed = None;
        bench::field_values(bank, &mut |values| {
            let document = document(&fields, text, &values, &texts);
            if let Err(error) = writer.add_document(document) {
                failed = Some(error);
            }
        })?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        let words = index.tokenizers().get(WORDS).context("Tantivy stems English")?;
        let searcher = index.reader()?.searcher();
        Ok(Self { searcher, fields, text, words, _folder: folder })
    }

    /// How many of the hits, at most [`HITS`], have a text and a snippet.
    pub(super) fn ask(&self, question: &str, terms: &[String]) -> Result<usize> {
        let [body, context, date] = self.fields;
        let clauses = terms.iter().flat_map(|term| clauses(term, body, context, date));
        let query = BooleanQuery::new(clauses.collect());
        let found = self.searcher.search(&query, &TopDocs::with_limit(HITS).order_by_score())?;
        let mut words = BTreeMap::new();
        let mut splitter = self.words.clone();
        splitter.token_stream(question).process(&mut |token| {
            words.insert(token.text.clone(), 1.0);
        });
        let snippets = SnippetGenerator::new(words, self.words.clone(), self.text, SNIPPET_CHARS);
        let mut shown = 0;
        for (_, address) in found {
            let document: TantivyDocument = self.searcher.doc(address)?;
            let snippet = snippets.snippet_from_doc(&document);
            shown +=
                usize::from(std::hint::black_box(snippet).fragment().len() <= SNIPPET_CHARS * 4);
        }
        Ok(shown)
    }
}

fn document(
    [body, context, date]: &[Field; 3],
    text: Field,
    values: &FieldValues,
    texts: &HashMap<u64, &str>,
) -> TantivyDocument {
    let mut document = TantivyDocument::default();
    document.add_text(*body, &values.body);
    if let Some(terms) = &values.context {
        document.add_text(*context, terms);
    }
    if let Some(terms) = &values.date {
        document.add_text(*date, terms);
    }
    document.add_text(text, texts.get(&values.id_high).copied().unwrap_or_default());
    document
}
