//! Files: voices are played, pictures are seen, everything else is saved (A13).

use axum::{extract::State, http::HeaderMap, response::Response};
use helpdesk_core::AttachmentId;

use crate::{
    auth::Caller,
    download::{self, Shown},
    extract::Id,
    problem::Problem,
    state::App,
};

/// Read a file
///
/// Or one range of its bytes. It is never shown as a page: what is no picture, sound or video is to be saved.
#[utoipa::path(get, path = "/api/v1/attachments/{id}", tag = "attachments", operation_id = "attachment_download",
    params(("id" = Uuid, Path), ("Range" = Option<String>, Header, description = "One range of bytes, such as `bytes=0-1023`")),
    responses(
        (status = 200, description = "The file", content_type = "application/octet-stream"),
        (status = 206, description = "A part of the file", content_type = "application/octet-stream"),
        (status = 304, description = "The client holds it already")
    )
)]
pub(super) async fn download(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<AttachmentId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let attachment = app.desk.attachment(&caller.actor(), id).await?;
    let Some(file) = attachment.as_file() else { return Err(Problem::not_found("file")) };
    let etag = download::etag(id);
    if download::is_held(&headers, &etag) {
        return Ok(download::not_modified(&etag));
    }
    let part = download::requested(&headers, &etag, file.size_bytes.unwrap_or_default());
    let range = part.as_ref().ok().and_then(|part| part.range.clone());
    let opened = app.desk.attachment_open(&caller.actor(), id, range).await?;
    // A file that is not here yet has been refused by now, whatever was asked of it.
    Ok(download::respond(&Shown::of(&opened.file), &etag, &part?, opened.content))
}
