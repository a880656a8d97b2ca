//! Logins: begin one, end it, change the password.

use axum::{
    extract::{OriginalUri, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use helpdesk_core::clock::later;

use crate::{
    auth::{Caller, PasswordError, cookie, limit::ClientAddress, token::Token},
    dto,
    extract::Json,
    problem::{Kind, Problem},
    state::App,
};

const LOGIN: &str = "/api/v1/auth/login";
const LOGOUT: &str = "/api/v1/auth/logout";

/// Log in
///
/// Begins a login. The token goes into `Authorization: Bearer …`; browsers may keep to the cookie that is set with it,
/// which scripts cannot read. Too many tries are answered with 429.
#[utoipa::path(post, path = LOGIN, tag = "auth", operation_id = "login", security(()), responses(
    (status = 200, description = "The login began", body = dto::LoginResponse)
))]
pub(super) async fn login(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    uri: OriginalUri,
    Json(body): Json<dto::LoginRequest>,
) -> Result<Response, Problem> {
    app.login_limiter.count(&body.login, address).map_err(too_many)?;
    let staff = app.desk.staff_by_login(&body.login).await?.filter(|staff| staff.active);
    let hash = staff.as_ref().and_then(|staff| staff.password_hash.clone());
    // Without an account a hash is verified all the same: how long it takes tells nothing.
    let verified = app.passwords.verify(body.password, hash).await.map_err(|error| refused(&error, "#/password"))?;
    let Some(staff) = staff.filter(|_| verified) else {
        return Err(Problem::new(Kind::InvalidCredentials).header(header::WWW_AUTHENTICATE, bearer()));
    };
    let token = Token::random();
    let expires_at = later(app.desk.now(), app.options.token_lifetime);
    app.desk.login_begin(staff.id, token.hash(), expires_at).await?;
    let cookie = cookie::set(&token, &app.options, &uri, LOGIN);
    let login = dto::LoginResponse { token: token.into_text(), expires_at, person: staff.into() };
    Ok((set_cookie(cookie), Json(login)).into_response())
}

/// Log out
///
/// Ends the login that the request is sent with.
#[utoipa::path(post, path = LOGOUT, tag = "auth", operation_id = "logout", responses((status = 204, description = "It ended")))]
pub(super) async fn logout(State(app): State<App>, uri: OriginalUri, caller: Caller) -> Result<Response, Problem> {
    app.desk.login_end(caller.token).await?;
    let cookie = cookie::clear(&app.options, &uri, LOGOUT);
    Ok((StatusCode::NO_CONTENT, set_cookie(cookie)).into_response())
}

/// Change one's own password
///
/// Ends every other login of the account.
#[utoipa::path(post, path = "/api/v1/auth/password", tag = "auth", operation_id = "change_password", responses(
    (status = 204, description = "It was changed")
))]
pub(super) async fn password(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    caller: Caller,
    Json(body): Json<dto::PasswordChange>,
) -> Result<StatusCode, Problem> {
    // Who found an open browser must not be able to guess the password there.
    app.login_limiter.count(&caller.staff.login, address).map_err(too_many)?;
    let hash = caller.staff.password_hash.clone();
    let verified = app.passwords.verify(body.current_password, hash).await;
    if !verified.map_err(|error| refused(&error, "#/current_password"))? {
        return Err(Problem::new(Kind::Validation).at("#/current_password", "this is not the current password"));
    }
    let hash = app.passwords.hash(body.new_password).await.map_err(|error| refused(&error, "#/new_password"))?;
    app.desk.password_change(&caller.actor(), hash, Some(caller.token)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The problem with a password that stands at `pointer` in the body.
pub(super) fn refused(error: &PasswordError, pointer: &str) -> Problem {
    match error {
        PasswordError::Length => Problem::new(Kind::Validation).at(pointer, error.to_string()),
        PasswordError::Failed(_) => {
            tracing::error!(%error, "passwords cannot be hashed");
            Problem::new(Kind::Internal)
        }
    }
}

fn too_many(pause: std::time::Duration) -> Problem {
    Problem::new(Kind::TooManyLogins).detail("wait before the next try").retry_after(pause)
}

fn bearer() -> HeaderValue {
    HeaderValue::from_static("Bearer")
}

fn set_cookie(cookie: Option<HeaderValue>) -> HeaderMap {
    cookie.map(|cookie| (header::SET_COOKIE, cookie)).into_iter().collect()
}
