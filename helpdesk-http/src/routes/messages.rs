//! Messages: read them, write to the customer or to colleagues, send again, search (A13–A15).

use axum::{extract::State, http::StatusCode};
use helpdesk_core::{MessageId, SessionId, desk::NewMessage, storage::MessageOrder};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    auth::Caller,
    dto,
    extract::{Draft, Id, IdempotencyKey, Json, Limit, PageCursor, Params, page},
    problem::Problem,
    state::App,
};

/// Which messages of a session are wanted.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MessageQuery {
    #[serde(default)]
    #[param(inline)]
    order: Order,
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    /// The `next` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<PageCursor>,
}

/// The order of the list.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Order {
    /// From the first on.
    #[default]
    Oldest,
    /// From the last back.
    Newest,
}

/// What is searched for, and where.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchQuery {
    /// The words, in any inflection of Russian and English; 1 to 200 characters.
    q: String,
    /// In this session alone.
    session: Option<Uuid>,
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    /// The `next` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<PageCursor>,
}

/// List the messages of a session
///
/// Notes of staff are among them.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/messages", tag = "messages", operation_id = "message_list",
    params(("id" = Uuid, Path), MessageQuery),
    responses((status = 200, description = "A page of messages", body = dto::List<dto::Message>))
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(session): Id<SessionId>,
    Params(query): Params<MessageQuery>,
) -> Result<Json<dto::List<dto::Message>>, Problem> {
    let order = match query.order {
        Order::Oldest => MessageOrder::Oldest,
        Order::Newest => MessageOrder::Newest,
    };
    let page = page(query.limit, query.cursor)?;
    let messages = app.desk.message_list(&caller.actor(), session, order, &page).await?;
    Ok(Json(dto::List::of(messages)))
}

/// Write a message
///
/// To the customer, after joining; or a note that staff alone see. Files go with a form, where the host's policy allows
/// them.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/messages", tag = "messages", operation_id = "message_send",
    params(
        ("id" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The client's own key: the same key again gives the same message")
    ),
    request_body(content((dto::NewMessage = "application/json"), (dto::MessageForm = "multipart/form-data"))),
    responses((status = 201, description = "The message", body = dto::Message))
)]
pub(super) async fn send(
    State(app): State<App>,
    caller: Caller,
    Id(session): Id<SessionId>,
    IdempotencyKey(key): IdempotencyKey,
    Draft { message, files }: Draft,
) -> Result<(StatusCode, Json<dto::Message>), Problem> {
    let reply_to = message.reply_to.map(MessageId::from_uuid);
    let new = NewMessage { text: message.text, note: message.note, reply_to, key, files };
    let message = app.desk.message_send(&caller.actor(), session, new).await?;
    Ok((StatusCode::CREATED, Json(message.into())))
}

/// Send a message again
///
/// One whose delivery failed or is unknown. In the unknown case the customer may get it twice.
#[utoipa::path(post, path = "/api/v1/messages/{id}/resend", tag = "messages", operation_id = "message_resend",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The message as it is now", body = dto::Message))
)]
pub(super) async fn resend(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<MessageId>,
) -> Result<Json<dto::Message>, Problem> {
    let message = app.desk.message_resend(&caller.actor(), id).await?;
    Ok(Json(message.into()))
}

/// List the earlier texts of a message
///
/// Oldest first, all on one page.
#[utoipa::path(get, path = "/api/v1/messages/{id}/revisions", tag = "messages", operation_id = "message_revisions",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The texts before each edit", body = dto::List<dto::Revision>))
)]
pub(super) async fn revisions(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<MessageId>,
) -> Result<Json<dto::List<dto::Revision>>, Problem> {
    let revisions = app.desk.message_revisions(&caller.actor(), id).await?;
    Ok(Json(revisions.into_iter().collect()))
}

/// Search messages
///
/// Messages and transcripts with every word, newest first.
#[utoipa::path(get, path = "/api/v1/messages/search", tag = "messages", operation_id = "message_search",
    params(SearchQuery),
    responses((status = 200, description = "A page of hits", body = dto::List<dto::MessageHit>))
)]
pub(super) async fn search(
    State(app): State<App>,
    caller: Caller,
    Params(query): Params<SearchQuery>,
) -> Result<Json<dto::List<dto::MessageHit>>, Problem> {
    let page = page(query.limit, query.cursor)?;
    let session = query.session.map(SessionId::from_uuid);
    let hits = app.desk.message_search(&caller.actor(), &query.q, session, &page).await?;
    Ok(Json(dto::List::of(hits)))
}
