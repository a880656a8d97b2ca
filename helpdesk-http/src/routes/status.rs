//! How the desk is doing, for admins.

use axum::extract::State;

use crate::{auth::Caller, dto, extract::Json, problem::Problem, state::App};

/// Show how the desk is doing
///
/// For admins: the work that waits, and the channels.
#[utoipa::path(get, path = "/api/v1/status", tag = "operation", operation_id = "status", responses(
    (status = 200, description = "How the desk is doing", body = dto::Status)
))]
pub(super) async fn show(State(app): State<App>, caller: Caller) -> Result<Json<dto::Status>, Problem> {
    let status = app.desk.status(&caller.actor()).await?;
    Ok(Json(status.into()))
}
