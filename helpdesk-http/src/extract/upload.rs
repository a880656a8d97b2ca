//! The two forms of a new message: JSON for text, a multipart form for text with files.

use std::io;

use axum::{
    body::Bytes,
    extract::{
        DefaultBodyLimit, FromRequest, Multipart, Request,
        multipart::{Field, MultipartError},
    },
    http::StatusCode,
};
use futures_util::StreamExt;
use helpdesk_core::{MessageId, blob::ByteStream, desk::NewFile, limits::MESSAGE_ATTACHMENTS_MAX_COUNT};
use tokio::{
    fs::File,
    io::{AsyncSeekExt, AsyncWriteExt},
    time::timeout,
};
use tokio_util::io::ReaderStream;

use super::{JSON_MAX_BYTES, UPLOAD_MAX_BYTES, json};
use crate::{
    dto::NewMessage,
    problem::{Kind, Problem},
    state::App,
};

/// How much of a file is read at once.
const PIECE_BYTES: usize = 64 * 1024;

/// A new message, with files if it came as a form.
pub(crate) struct Draft {
    pub(crate) message: NewMessage,
    pub(crate) files: Vec<NewFile>,
}

impl FromRequest<App> for Draft {
    type Rejection = Problem;

    async fn from_request(mut request: Request, app: &App) -> Result<Self, Problem> {
        if json::is_of_type(request.headers(), "application/json") {
            let body = json::read_body(request, app, JSON_MAX_BYTES).await?;
            return Ok(Self { message: json::parse(&body)?, files: Vec::new() });
        }
        if !json::is_of_type(request.headers(), "multipart/form-data") {
            return Err(Problem::new(Kind::UnsupportedMediaType)
                .detail("send `application/json`, or `multipart/form-data` with files"));
        }
        DefaultBodyLimit::max(UPLOAD_MAX_BYTES).apply(&mut request);
        let form = Multipart::from_request(request, app).await;
        read_form(form.map_err(|rejection| broken(rejection.body_text()))?, app).await
    }
}

async fn read_form(mut form: Multipart, app: &App) -> Result<Draft, Problem> {
    let mut draft = Draft { message: NewMessage::default(), files: Vec::new() };
    let mut seen = Vec::new();
    loop {
        let field =
            timeout(app.options.read_timeout, form.next_field()).await.map_err(|_| Problem::new(Kind::Timeout))?;
        let Some(field) = field.map_err(|error| refused(&error))? else { return Ok(draft) };
        let name = field.name().unwrap_or_default().to_owned();
        if name == "files" {
            if draft.files.len() == MESSAGE_ATTACHMENTS_MAX_COUNT {
                let detail = format!("a message has at most {MESSAGE_ATTACHMENTS_MAX_COUNT} files");
                return Err(Problem::new(Kind::Validation).at("#/files", detail));
            }
            draft.files.push(read_file(field, app).await?);
            continue;
        }
        let pointer = format!("#/{name}");
        if seen.contains(&name) {
            return Err(Problem::new(Kind::InvalidBody).at(pointer, "given twice"));
        }
        match name.as_str() {
            "text" => draft.message.text = read_text(field, app).await?,
            "note" => draft.message.note = value(&read_text(field, app).await?, &pointer)?,
            "reply_to" => {
                let id: MessageId = value(&read_text(field, app).await?, &pointer)?;
                draft.message.reply_to = Some(id.as_uuid());
            }
            _ => return Err(Problem::new(Kind::InvalidBody).at(pointer, "unknown field")),
        }
        seen.push(name);
    }
}

fn value<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str, pointer: &str) -> Result<T, Problem> {
    text.parse().map_err(|error: T::Err| Problem::new(Kind::InvalidBody).at(pointer, error.to_string()))
}

async fn read_text(mut field: Field<'_>, app: &App) -> Result<String, Problem> {
    let mut text = Vec::new();
    while let Some(piece) = next_piece(&mut field, app).await? {
        if text.len() + piece.len() > JSON_MAX_BYTES {
            return Err(Problem::new(Kind::TooLarge).detail(format!("a text part has at most {JSON_MAX_BYTES} bytes")));
        }
        text.extend_from_slice(&piece);
    }
    String::from_utf8(text).map_err(|_| broken("a text part is not valid UTF-8".to_owned()))
}

/// A form gives its parts one after the other, and the desk takes them together: until then a file lies in a nameless
/// file of the system, which is gone with its last handle, however the process ends.
async fn read_file(mut field: Field<'_>, app: &App) -> Result<NewFile, Problem> {
    let name = field.file_name().filter(|name| !name.is_empty()).unwrap_or("file").to_owned();
    let mime = field.content_type().unwrap_or("application/octet-stream").to_owned();
    let mut spool = spool().await.map_err(|error| spool_failed(&error))?;
    while let Some(piece) = next_piece(&mut field, app).await? {
        spool.write_all(&piece).await.map_err(|error| spool_failed(&error))?;
    }
    spool.rewind().await.map_err(|error| spool_failed(&error))?;
    let content: ByteStream = ReaderStream::with_capacity(spool, PIECE_BYTES).boxed();
    Ok(NewFile { name, mime, content })
}

async fn spool() -> io::Result<File> {
    match tokio::task::spawn_blocking(tempfile::tempfile).await {
        Ok(file) => file.map(File::from_std),
        Err(error) => Err(io::Error::other(error)),
    }
}

async fn next_piece(field: &mut Field<'_>, app: &App) -> Result<Option<Bytes>, Problem> {
    match timeout(app.options.read_timeout, field.chunk()).await {
        Ok(piece) => piece.map_err(|error| refused(&error)),
        Err(_) => Err(Problem::new(Kind::Timeout)),
    }
}

fn refused(error: &MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(Kind::TooLarge).detail(format!("a form has at most {UPLOAD_MAX_BYTES} bytes"))
        }
        _ => broken(error.body_text()),
    }
}

fn broken(detail: String) -> Problem {
    Problem::new(Kind::MalformedBody).detail(detail)
}

fn spool_failed(error: &io::Error) -> Problem {
    tracing::error!(%error, "an upload could not be kept in a temporary file");
    Problem::new(Kind::Unavailable).retry_after(std::time::Duration::from_secs(10))
}
