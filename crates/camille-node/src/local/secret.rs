//! What secrets were found, and where: never what they are.

use super::service::Local;
use crate::api::reply::Refusal;
use crate::error;
use axum::Json;
use axum::extract::State;
use camille_proto::local::SecretLine;

pub(super) async fn list(State(local): State<Local>) -> Result<Json<Vec<SecretLine>>, Refusal> {
    let secrets = local.home.blocking(|local| local.intake.secrets()).await;
    Ok(Json(secrets.map_err(|error| error::bank(&error))?))
}
