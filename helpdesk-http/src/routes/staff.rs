//! Accounts of staff, which admins make and change (A11).

use axum::{extract::State, http::StatusCode};
use helpdesk_core::{
    Language, StaffId,
    desk::{NewStaff, StaffChange},
};
use serde::Deserialize;

use super::auth::refused;
use crate::{
    auth::Caller,
    dto,
    extract::{Id, IdempotencyKey, Json, Limit, PageCursor, Params, page},
    problem::Problem,
    state::App,
};

/// Which page of the staff is wanted.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StaffQuery {
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    /// The `next` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<PageCursor>,
}

/// List staff
///
/// By full name.
#[utoipa::path(get, path = "/api/v1/staff", tag = "staff", operation_id = "staff_list",
    params(StaffQuery),
    responses((status = 200, description = "A page of accounts", body = dto::List<dto::Person>))
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(query): Params<StaffQuery>,
) -> Result<Json<dto::List<dto::Person>>, Problem> {
    let page = page(query.limit, query.cursor)?;
    let staff = app.desk.staff_list(&caller.actor(), &page).await?;
    Ok(Json(dto::List::of(staff)))
}

/// Make an account
///
/// For admins.
#[utoipa::path(post, path = "/api/v1/staff", tag = "staff", operation_id = "staff_create",
    params(("Idempotency-Key" = Option<String>, Header, description = "The client's own key: the same key again gives the same account")),
    responses((status = 201, description = "The account", body = dto::Person))
)]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<dto::PersonNew>,
) -> Result<(StatusCode, Json<dto::Person>), Problem> {
    let password_hash = app.passwords.hash(body.password).await.map_err(|error| refused(&error, "#/password"))?;
    let new = NewStaff {
        login: body.login,
        password_hash: Some(password_hash),
        full_name: body.full_name,
        role: body.role.into(),
        language: body.language.map_or(Language::ENGLISH, |tag| Language::from_tag(&tag)),
    };
    let staff = app.desk.staff_create(&caller.actor(), new, key.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(staff.into())))
}

/// Show an account
#[utoipa::path(get, path = "/api/v1/staff/{id}", tag = "staff", operation_id = "staff_show",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The account", body = dto::Person))
)]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<StaffId>,
) -> Result<Json<dto::Person>, Problem> {
    let staff = app.desk.staff(&caller.actor(), id).await?;
    Ok(Json(staff.into()))
}

/// Change an account
///
/// For admins. A new password, another role and a disabled account end the logins of the account at once.
#[utoipa::path(patch, path = "/api/v1/staff/{id}", tag = "staff", operation_id = "staff_change",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The account as it is now", body = dto::Person))
)]
pub(super) async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<StaffId>,
    Json(body): Json<dto::PersonChange>,
) -> Result<Json<dto::Person>, Problem> {
    let password_hash = match body.password {
        Some(password) => Some(app.passwords.hash(password).await.map_err(|error| refused(&error, "#/password"))?),
        None => None,
    };
    let change = StaffChange {
        login: body.login,
        password_hash,
        full_name: body.full_name,
        role: body.role.map(Into::into),
        active: body.active,
    };
    let staff = app.desk.staff_update(&caller.actor(), id, change).await?;
    Ok(Json(staff.into()))
}
