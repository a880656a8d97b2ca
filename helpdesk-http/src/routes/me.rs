//! The caller.

use crate::{auth::Caller, dto, extract::Json};

/// Who am I
///
/// The account that the request is sent with.
#[utoipa::path(get, path = "/api/v1/me", tag = "auth", operation_id = "me", responses(
    (status = 200, description = "The caller", body = dto::Person)
))]
pub(super) async fn show(caller: Caller) -> Json<dto::Person> {
    Json(caller.staff.into())
}
