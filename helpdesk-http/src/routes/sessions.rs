//! Sessions: find them, open them, join, leave and close them (A12–A14).

use std::collections::BTreeSet;

use axum::extract::State;
use helpdesk_core::{
    ChannelName, CustomerId, SessionId, StaffId,
    session::StateKind,
    storage::{SessionFilter, SessionOrder},
};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    auth::Caller,
    dto,
    extract::{Id, Json, Limit, PageCursor, Params, page},
    problem::{Kind, Problem},
    state::App,
};

/// Which sessions are wanted. Every parameter that is left out lets all through.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SessionQuery {
    /// In one of these states, separated by commas.
    #[param(value_type = Option<Vec<dto::SessionState>>, style = Form, explode = false)]
    state: Option<States>,
    /// On this channel.
    channel: Option<String>,
    /// With this agent in it.
    agent: Option<Uuid>,
    /// Of this customer.
    customer: Option<Uuid>,
    /// Opened at or after this time.
    opened_from: Option<Timestamp>,
    /// Opened before this time.
    opened_before: Option<Timestamp>,
    #[serde(default)]
    #[param(inline)]
    order: Order,
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    /// The `next` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<PageCursor>,
}

/// States, separated by commas.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct States(BTreeSet<StateKind>);

impl TryFrom<String> for States {
    type Error = helpdesk_core::session::state::UnknownState;

    fn try_from(names: String) -> Result<Self, Self::Error> {
        names.split(',').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// The order of the list.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Order {
    /// The newest first.
    #[default]
    Newest,
    /// The one that waits longest first.
    LongestWaiting,
}

impl SessionQuery {
    fn filter(self) -> Result<SessionFilter, Problem> {
        let channel = self.channel.map(ChannelName::new).transpose();
        Ok(SessionFilter {
            states: self.state.map(|States(states)| states).unwrap_or_default(),
            channel: channel
                .map_err(|error| Problem::new(Kind::InvalidQuery).parameter("channel", error.to_string()))?,
            agent: self.agent.map(StaffId::from_uuid),
            customer: self.customer.map(CustomerId::from_uuid),
            opened_from: self.opened_from,
            opened_before: self.opened_before,
            order: match self.order {
                Order::Newest => SessionOrder::Newest,
                Order::LongestWaiting => SessionOrder::LongestWaiting,
            },
            ..SessionFilter::default()
        })
    }
}

/// List sessions
///
/// An agent sees what was handed over to people, an admin everything.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "sessions", operation_id = "session_list",
    params(SessionQuery),
    responses((status = 200, description = "A page of sessions", body = dto::List<dto::Session>))
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(mut query): Params<SessionQuery>,
) -> Result<Json<dto::List<dto::Session>>, Problem> {
    let page = page(query.limit, query.cursor.take())?;
    let sessions = app.desk.session_list(&caller.actor(), query.filter()?, &page).await?;
    Ok(Json(dto::List::of(sessions)))
}

/// Show a session
///
/// With everything about its customer. Reading joins nothing.
#[utoipa::path(get, path = "/api/v1/sessions/{id}", tag = "sessions", operation_id = "session_show",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The session", body = dto::SessionDetail))
)]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SessionId>,
) -> Result<Json<dto::SessionDetail>, Problem> {
    let session = app.desk.session(&caller.actor(), id).await?;
    Ok(Json(session.into()))
}

/// Join the discussion
///
/// Joining twice is joining once.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/join", tag = "sessions", operation_id = "session_join",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The session as it is now", body = dto::SessionDetail))
)]
pub(super) async fn join(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SessionId>,
) -> Result<Json<dto::SessionDetail>, Problem> {
    let session = app.desk.session_join(&caller.actor(), id).await?;
    Ok(Json(session.into()))
}

/// Leave the discussion
///
/// When the last one leaves, the session waits for an agent again.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/leave", tag = "sessions", operation_id = "session_leave",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The session as it is now", body = dto::SessionDetail))
)]
pub(super) async fn leave(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SessionId>,
) -> Result<Json<dto::SessionDetail>, Problem> {
    let session = app.desk.session_leave(&caller.actor(), id).await?;
    Ok(Json(session.into()))
}

/// Close a session as solved
///
/// The customer is told, and asked how the help was.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/close", tag = "sessions", operation_id = "session_close",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The session as it is now", body = dto::SessionDetail))
)]
pub(super) async fn close(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SessionId>,
) -> Result<Json<dto::SessionDetail>, Problem> {
    let session = app.desk.session_close(&caller.actor(), id).await?;
    Ok(Json(session.into()))
}
