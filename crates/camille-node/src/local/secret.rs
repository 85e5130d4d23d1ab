//! What secrets were found, and where: never what they are.

use crate::api::reply::Refusal;
use crate::error;
use crate::state::Shared;
use axum::Json;
use axum::extract::State;
use camille_proto::local::SecretLine;

pub(super) async fn list(State(state): State<Shared>) -> Result<Json<Vec<SecretLine>>, Refusal> {
    let secrets = state.blocking(|state| state.intake.secrets()).await;
    Ok(Json(secrets.map_err(|error| error::bank(&error))?))
}
