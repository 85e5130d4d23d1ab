//! The projects that the bank knows, with how far each is shared.

use crate::home::Home;
use crate::wire;
use camille_bank::ProjectSummary;
use camille_proto::local::ProjectView;
use camille_proto::problem::Problem;
use camille_proto::vocabulary::Sharing;
use camille_registry::rule::{self, Rule};

/// Every project of the bank with its sharing.
pub(super) async fn all(home: &Home) -> Result<Vec<ProjectView>, Box<Problem>> {
    home.blocking(|home| {
        let Some(reader) = home.reader()? else { return Ok(Vec::new()) };
        let projects = reader.projects().map_err(|error| crate::error::bank(&error))?;
        let names = reader.project_names().map_err(|error| crate::error::bank(&error))?;
        let rules = rules(home)?;
        let also = |id: &String| names.get(id).map_or(&[][..], Vec::as_slice);
        let view = |summary: ProjectSummary| {
            let also = also(&summary.id);
            wire::project(&rules, summary, also)
        };
        Ok(projects.into_iter().map(view).collect())
    })
    .await
}

/// How far each project is shared, at a cost that does not grow with the bank's documents.
pub(super) async fn sharing(home: &Home) -> Result<Vec<Sharing>, Box<Problem>> {
    home.blocking(|home| {
        let Some(reader) = home.reader()? else { return Ok(Vec::new()) };
        let ids = reader.project_ids().map_err(|error| crate::error::bank(&error))?;
        let names = reader.project_names().map_err(|error| crate::error::bank(&error))?;
        let rules = rules(home)?;
        let of = |id: &String| {
            let also = names.get(id).map_or(&[][..], Vec::as_slice);
            rule::effective(&rules, id, also).sharing
        };
        Ok(ids.iter().map(of).collect())
    })
    .await
}

/// Those of them that peers may see.
pub(super) async fn shared(home: &Home) -> Result<Vec<ProjectView>, Box<Problem>> {
    let mut projects = all(home).await?;
    projects.retain(|project| project.sharing != Sharing::Private);
    Ok(projects)
}

/// The rules as they stand.
pub(super) fn rules(home: &Home) -> Result<Vec<Rule>, Box<Problem>> {
    home.registry.rules().map_err(|error| crate::error::internal(&error))
}
