//! The parameters of `GET /api/v1/search` as a query string.

use crate::uri::QueryString;
use camille_proto::query::Query;

/// How far a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The node's own bank.
    Local,
    /// Its peers too, where that is allowed.
    Mesh,
}

/// A question to `GET /api/v1/search`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchParams {
    /// The words and filters.
    pub query: Query,
    /// How far it goes; absent: as the node sees fit.
    pub scope: Option<Scope>,
}

impl SearchParams {
    /// This question, as far as the node sees fit.
    #[must_use]
    pub fn new(query: Query) -> Self {
        Self { query, scope: None }
    }

    pub(crate) fn path_and_query(&self) -> String {
        let query = &self.query;
        let mut string = QueryString::new("/api/v1/search");
        string.push("q", &query.q);
        string.push("limit", &query.limit.to_string());
        if let Some(document_type) = &query.document_type {
            string.push("type", document_type.as_str());
        }
        if let Some(project) = &query.project {
            string.push("project", project);
        }
        if let Some(agent) = &query.agent {
            string.push("agent", agent.as_str());
        }
        if let Some(author) = &query.author {
            string.push("author", author);
        }
        if let Some(since) = query.since {
            string.push("since", &since.to_string());
        }
        if let Some(until) = query.until {
            string.push("until", &until.to_string());
        }
        if let Some(scope) = self.scope {
            string.push("scope", if scope == Scope::Mesh { "mesh" } else { "local" });
        }
        string.into_text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_encoded_and_filters_named_as_the_api_names_them() {
        let mut query = Query::new("a&b=c d\u{e9}");
        query.project = Some("github.com/acme/x".into());
        query.since = "2026-01-02T03:04:05Z".parse().ok();
        let params = SearchParams { query, scope: Some(Scope::Mesh) };
        assert_eq!(
            params.path_and_query(),
            "/api/v1/search?q=a%26b%3Dc%20d%C3%A9&limit=10&project=github.com%2Facme%2Fx\
             &since=2026-01-02T03%3A04%3A05Z&scope=mesh"
        );
    }
}
