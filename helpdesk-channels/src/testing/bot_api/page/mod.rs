//! The page on which a person plays the customer, and the small JSON interface behind it.
//!
//! It talks to the server's default bot only, and is meant for this machine: there is no login.

mod actions;

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, Json};
use axum::routing::{get, post};
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};

use super::user::ScriptedUser;
use super::world::{Access, Shared, now_millis};

/// How long "typing…" stays on the screen, in milliseconds.
const ACTION_LIFE: i64 = 5000;

type Server = State<Arc<Shared>>;

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(async || Html(include_str!("index.html"))))
        .route("/page/state", get(state))
        .route("/page/events", get(events))
        .route("/page/files/{file_id}", get(file))
        .route("/page/users", post(actions::add_user))
        .route("/page/users/{user}", get(chat))
        .route("/page/users/{user}/say", post(actions::say))
        .route("/page/users/{user}/edit", post(actions::edit))
        .route("/page/users/{user}/press", post(actions::press))
        .route("/page/users/{user}/keyboard", post(actions::keyboard))
        .route("/page/users/{user}/block", post(actions::block))
        .route("/page/users/{user}/upload", post(actions::upload))
}

/// The bot and the people.
async fn state(State(shared): Server) -> Json<Value> {
    shared.read(|world| {
        let bot = &world.bots[0];
        let users: Vec<_> = world
            .users
            .values()
            .map(|person| {
                let mut wire = person.wire();
                let last = bot.chats.get(&person.id).and_then(|chat| chat.messages.last());
                wire["last_message"] = json!(last.map_or(0, |message| message.id));
                wire
            })
            .collect();
        Json(json!({
            "bot": { "name": bot.name, "username": bot.username, "webhook": bot.webhook.url },
            "pending_updates": bot.updates.len(),
            "users": users,
        }))
    })
}

fn person(shared: &Arc<Shared>, user: i64) -> Result<ScriptedUser, StatusCode> {
    let known = shared.read(|world| world.users.contains_key(&user));
    if known { Ok(ScriptedUser { shared: shared.clone(), bot: 0, id: user }) } else { Err(StatusCode::NOT_FOUND) }
}

/// What a person sees.
async fn chat(State(shared): Server, Path(user): Path<i64>) -> Result<Json<Value>, StatusCode> {
    let person = person(&shared, user)?;
    let (action, blocked) = shared.read(|world| {
        let chat = world.bots[0].chats.get(&user);
        let action = chat.and_then(|chat| chat.action.clone());
        let fresh = action.filter(|(_, at)| now_millis() - at < ACTION_LIFE);
        (fresh, chat.is_some_and(|chat| chat.access == Access::Blocked))
    });
    let commands = person.commands();
    Ok(Json(json!({
        "messages": person.screen(),
        "keyboard": person.reply_keyboard(),
        "answers": person.callback_answers(),
        "commands": commands,
        "action": action.map(|(action, _)| action),
        "blocked": blocked,
    })))
}

/// Tells the page that something has changed.
async fn events(State(shared): Server) -> Sse<impl Stream<Item = Result<Event, Infallible>> + Send> {
    let changes = shared.changes();
    let stop = shared.stop.clone();
    let stream = stream::unfold((changes, stop), async |(mut changes, stop)| {
        tokio::select! {
            () = stop.cancelled() => None,
            outcome = changes.changed() => {
                outcome.ok()?;
                let version = *changes.borrow_and_update();
                Some((Ok(Event::default().data(version.to_string())), (changes, stop)))
            }
        }
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

/// A file from the conversation. Only media is shown in place, anything else is downloaded.
async fn file(State(shared): Server, Path(id): Path<String>) -> Result<Response<Body>, StatusCode> {
    let found = shared
        .read(|world| world.files.get(&id).map(|file| (file.bytes.clone(), file.mime.clone(), file.path.clone())));
    let (bytes, mime, path) = found.ok_or(StatusCode::NOT_FOUND)?;
    let media = ["photos", "videos", "animations", "voice", "music", "stickers", "video_notes"];
    let inline = media.iter().any(|folder| path.starts_with(folder));
    let mime = mime.unwrap_or_else(|| "application/octet-stream".to_owned());
    let shown = inline && (mime.starts_with("audio/") || mime.starts_with("video/"));
    let kind = if shown { mime.as_str() } else { "application/octet-stream" };
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    let kind = HeaderValue::from_str(kind).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    headers.insert(header::CONTENT_TYPE, kind);
    if !inline {
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    }
    Ok(response)
}
