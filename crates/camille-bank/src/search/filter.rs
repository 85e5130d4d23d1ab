//! The question's filters, as a test of one document by its columns. They never change a score.

use super::snapshot::Segment;
use crate::error::BankError;
use crate::query::Filter;
use camille_proto::vocabulary::{Agent, DocumentType};
use globset::{GlobBuilder, GlobMatcher};
use rusqlite::Connection;
use std::collections::HashSet;
use tantivy::DocId;

/// Filters, ready to be applied.
pub(super) struct ColumnFilter {
    document_type: Option<DocumentType>,
    agent: Option<Agent>,
    projects: Option<HashSet<u64>>,
    since: i64,
    until: i64,
}

/// What a question says about projects.
enum ProjectPattern {
    /// The id, or its last component.
    Name(String),
    /// With `*`.
    Glob(GlobMatcher),
}

impl ColumnFilter {
    /// Looks up what the filters name.
    pub(super) fn of(connection: &Connection, filter: &Filter) -> Result<Self, BankError> {
        let projects = match &filter.project {
            Some(pattern) => Some(projects(connection, &ProjectPattern::of(pattern)?)?),
            None => None,
        };
        Ok(Self {
            document_type: filter.document_type,
            agent: filter.agent,
            projects,
            // What has no known time is found by no filter on it.
            since: filter.since.map_or(i64::MIN, |t| t.as_millisecond()),
            until: filter.until.map_or(i64::MAX, |t| t.as_millisecond()),
        })
    }

    /// Whether the document may answer the question.
    pub(super) fn passes(&self, segment: &Segment, document: DocId) -> bool {
        let time = || segment.time.get_val(document);
        let timed = self.since != i64::MIN || self.until != i64::MAX;
        self.document_type.is_none_or(|wanted| segment.kind(document).document_type() == wanted)
            && self.agent.is_none_or(|wanted| segment.agent(document) == Some(wanted))
            && (!timed || (time() != i64::MIN && time() >= self.since && time() < self.until))
            && self.projects.as_ref().is_none_or(|wanted| {
                wanted.contains(&segment.project.get_val(document))
                    || wanted.contains(&segment.own_project.get_val(document))
            })
    }
}

impl ProjectPattern {
    fn of(pattern: &str) -> Result<Self, BankError> {
        let lower = pattern.to_lowercase();
        if !lower.contains('*') {
            return Ok(Self::Name(lower));
        }
        // Only `*` means something: the other signs are part of names.
        let escaped: String = lower.split('*').map(globset::escape).collect::<Vec<_>>().join("*");
        let glob = GlobBuilder::new(&escaped)
            .literal_separator(false)
            .build()
            .map_err(|source| BankError::Pattern { source })?;
        Ok(Self::Glob(glob.compile_matcher()))
    }

    fn matches(&self, id: &str) -> bool {
        let id = id.to_lowercase();
        match self {
            Self::Name(name) => {
                id == *name || id.trim_end_matches('/').rsplit('/').next() == Some(name)
            }
            Self::Glob(glob) => glob.is_match(&id),
        }
    }
}

fn projects(connection: &Connection, pattern: &ProjectPattern) -> Result<HashSet<u64>, BankError> {
    let failed = BankError::store;
    let mut select = connection
        .prepare_cached("SELECT ord, id FROM project")
        .map_err(failed("read the projects"))?;
    let rows = select
        .query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
        .map_err(failed("read the projects"))?;
    let mut found = HashSet::new();
    for row in rows {
        let (ord, id) = row.map_err(failed("read the projects"))?;
        if pattern.matches(&id) {
            found.insert(ord.cast_unsigned());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_match_by_id_last_component_or_pattern() {
        let matches = |pattern: &str, id: &str| ProjectPattern::of(pattern).unwrap().matches(id);
        assert!(matches("github.com/acme/api", "github.com/acme/api"));
        assert!(matches("API", "github.com/acme/api"));
        assert!(!matches("ap", "github.com/acme/api"));
        assert!(matches("github.com/acme/*", "github.com/acme/deep/er"));
        assert!(matches("*api", "github.com/acme/api"));
        assert!(matches("/home/a[1]/*", "/home/a[1]/x"));
        assert!(!matches("*payroll", "github.com/acme/api"));
    }
}
