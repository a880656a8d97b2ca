//! What a person does on the page: writing, pressing, and sending files.

use std::sync::Arc;

use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::Json;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::media::MediaFile;
use super::super::user::ScriptedUser;
use super::super::world::{Author, Person, Shared};
use super::person;

type Server = State<Arc<Shared>>;
type Outcome = Result<Json<Value>, StatusCode>;

fn sent(id: i32) -> Json<Value> {
    Json(json!({ "message_id": id }))
}

/// A person who may write: one who has blocked the bot has to unblock it first.
fn writer(shared: &Arc<Shared>, user: i64) -> Result<ScriptedUser, StatusCode> {
    let person = person(shared, user)?;
    if person.has_blocked() { Err(StatusCode::CONFLICT) } else { Ok(person) }
}

#[derive(Deserialize)]
pub(super) struct NewUser {
    first_name: String,
    last_name: Option<String>,
    username: Option<String>,
    language_code: Option<String>,
}

pub(super) async fn add_user(State(shared): Server, Json(new): Json<NewUser>) -> Outcome {
    let given = |value: Option<String>| value.filter(|value| !value.trim().is_empty());
    let first_name = given(Some(new.first_name)).ok_or(StatusCode::BAD_REQUEST)?;
    let id = shared.edit(|world| {
        let id = 700_000_000 + world.next_number();
        world.users.insert(
            id,
            Person {
                id,
                first_name,
                last_name: given(new.last_name),
                username: given(new.username),
                language_code: given(new.language_code),
            },
        );
        id
    });
    Ok(Json(json!({ "id": id })))
}

#[derive(Deserialize)]
pub(super) struct Say {
    text: String,
    reply_to: Option<i32>,
}

pub(super) async fn say(State(shared): Server, Path(user): Path<i64>, Json(say): Json<Say>) -> Outcome {
    let person = writer(&shared, user)?;
    let text = say.text.trim();
    if text.is_empty() {
        return Err(StatusCode::BAD_REQUEST);
    }
    match say.reply_to {
        Some(target) if person.screen().iter().any(|message| message.id == target) => {
            Ok(sent(person.reply(target, text)))
        }
        _ => Ok(sent(person.say(text))),
    }
}

#[derive(Deserialize)]
pub(super) struct Edit {
    message_id: i32,
    text: String,
}

pub(super) async fn edit(State(shared): Server, Path(user): Path<i64>, Json(edit): Json<Edit>) -> Outcome {
    let person = writer(&shared, user)?;
    let own = shared.quietly(|world| {
        let message = world.bots[0].message(user, edit.message_id);
        message.is_some_and(|message| message.author == Author::User(user))
    });
    let text = edit.text.trim();
    if !own || text.is_empty() {
        return Err(StatusCode::BAD_REQUEST);
    }
    person.edit(edit.message_id, text);
    Ok(sent(edit.message_id))
}

#[derive(Deserialize)]
pub(super) struct Press {
    message_id: i32,
    data: String,
}

pub(super) async fn press(State(shared): Server, Path(user): Path<i64>, Json(press): Json<Press>) -> Outcome {
    let id = person(&shared, user)?.press_data(press.message_id, &press.data);
    Ok(Json(json!({ "query_id": id })))
}

#[derive(Deserialize)]
pub(super) struct Label {
    label: String,
}

pub(super) async fn keyboard(State(shared): Server, Path(user): Path<i64>, Json(press): Json<Label>) -> Outcome {
    let person = writer(&shared, user)?;
    let keyboard = person.reply_keyboard().unwrap_or_default();
    if !keyboard.iter().flatten().any(|label| *label == press.label) {
        return Err(StatusCode::CONFLICT);
    }
    Ok(sent(person.press_reply_button(&press.label)))
}

#[derive(Deserialize)]
pub(super) struct Block {
    blocked: bool,
}

pub(super) async fn block(State(shared): Server, Path(user): Path<i64>, Json(block): Json<Block>) -> Outcome {
    let person = person(&shared, user)?;
    if block.blocked {
        person.block();
    } else {
        person.unblock();
    }
    Ok(Json(json!({ "blocked": block.blocked })))
}

struct Uploaded {
    name: String,
    mime: String,
    bytes: Bytes,
}

/// Files from the page: the fields `kind`, `caption` and `seconds`, and one or more `file`.
pub(super) async fn upload(State(shared): Server, Path(user): Path<i64>, mut form: Multipart) -> Outcome {
    let person = writer(&shared, user)?;
    let (mut kind, mut caption, mut seconds) = (String::new(), String::new(), 0);
    let mut files = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|error| error.status())? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let uploaded = Uploaded {
                name: field.file_name().unwrap_or("file").to_owned(),
                mime: field.content_type().unwrap_or_default().to_owned(),
                bytes: field.bytes().await.map_err(|error| error.status())?,
            };
            files.push(uploaded);
            continue;
        }
        let text = field.text().await.map_err(|error| error.status())?;
        match name.as_str() {
            "kind" => kind = text,
            "caption" => text.trim().clone_into(&mut caption),
            "seconds" => seconds = text.trim().parse().unwrap_or(0),
            _ => {}
        }
    }
    let files: Vec<_> = files.into_iter().map(|file| media(&kind, file, seconds)).collect();
    match files.len() {
        0 => Err(StatusCode::BAD_REQUEST),
        1 => {
            let file = files.into_iter().next().ok_or(StatusCode::BAD_REQUEST)?;
            let file = if caption.is_empty() { file } else { file.caption(&caption) };
            Ok(sent(person.send(file)))
        }
        2..=10 => {
            let caption = (!caption.is_empty()).then_some((0, caption.as_str()));
            let ids = person.album(files, caption);
            Ok(Json(json!({ "message_ids": ids })))
        }
        _ => Err(StatusCode::PAYLOAD_TOO_LARGE),
    }
}

fn media(kind: &str, file: Uploaded, seconds: u32) -> MediaFile {
    // Browsers add the codec, which the Bot API does not show.
    let mime = file.mime.split(';').next().unwrap_or_default();
    match kind {
        "voice" => MediaFile::voice(file.bytes, seconds).named("", mime),
        "photo" if mime.starts_with("image/") => MediaFile::photo(file.bytes),
        "photo" if mime.starts_with("video/") => MediaFile::video(file.bytes, seconds).named(&file.name, mime),
        "audio" => MediaFile::audio(file.bytes, seconds).named(&file.name, mime),
        _ => MediaFile::document(&file.name, mime, file.bytes),
    }
}
