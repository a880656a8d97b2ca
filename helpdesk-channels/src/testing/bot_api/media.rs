//! Kinds of media: how a file is described in a message, and files that people send.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::files::FileStore;

/// The kind of a file in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FileKind {
    /// A picture.
    Photo,
    /// A video.
    Video,
    /// A silent video or a GIF.
    Animation,
    /// A voice message.
    Voice,
    /// Music.
    Audio,
    /// Any file.
    Document,
    /// A sticker.
    Sticker,
    /// A round video.
    VideoNote,
}

impl FileKind {
    /// Every kind; `Animation` is ahead of `Document` as its messages carry both fields.
    pub(crate) const ALL: [Self; 8] = [
        Self::Photo,
        Self::Video,
        Self::Animation,
        Self::Voice,
        Self::Audio,
        Self::Document,
        Self::Sticker,
        Self::VideoNote,
    ];

    /// The field of a message, and of the `send…` method, which holds the file.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Video => "video",
            Self::Animation => "animation",
            Self::Voice => "voice",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
            Self::VideoNote => "video_note",
        }
    }

    pub(crate) fn from_field(field: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.field() == field)
    }

    /// Whether a caption belongs to it.
    pub(crate) fn has_caption(self) -> bool {
        !matches!(self, Self::Sticker | Self::VideoNote)
    }

    fn place(self) -> (&'static str, &'static str, Option<&'static str>) {
        match self {
            Self::Photo => ("photos", ".jpg", None),
            Self::Video => ("videos", ".mp4", Some("video/mp4")),
            Self::Animation => ("animations", ".mp4", Some("video/mp4")),
            Self::Voice => ("voice", ".oga", Some("audio/ogg")),
            Self::Audio => ("music", ".mp3", Some("audio/mpeg")),
            Self::Document => ("documents", "", None),
            Self::Sticker => ("stickers", ".webp", None),
            Self::VideoNote => ("video_notes", ".mp4", None),
        }
    }
}

/// A file that a person sends: see [`super::ScriptedUser::send`].
#[derive(Clone, Debug)]
pub struct MediaFile {
    pub(crate) kind: FileKind,
    pub(crate) bytes: Bytes,
    pub(crate) name: Option<String>,
    pub(crate) mime: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) duration: u32,
    pub(crate) caption: Option<String>,
    pub(crate) emoji: Option<String>,
}

impl MediaFile {
    fn new(kind: FileKind, bytes: impl Into<Bytes>, duration: u32) -> Self {
        Self { kind, bytes: bytes.into(), name: None, mime: None, size: None, duration, caption: None, emoji: None }
    }

    /// A picture.
    pub fn photo(bytes: impl Into<Bytes>) -> Self {
        Self::new(FileKind::Photo, bytes, 0)
    }

    /// A video of so many seconds.
    pub fn video(bytes: impl Into<Bytes>, seconds: u32) -> Self {
        Self::new(FileKind::Video, bytes, seconds)
    }

    /// A silent video of so many seconds.
    pub fn animation(bytes: impl Into<Bytes>, seconds: u32) -> Self {
        Self::new(FileKind::Animation, bytes, seconds)
    }

    /// A voice message of so many seconds.
    pub fn voice(bytes: impl Into<Bytes>, seconds: u32) -> Self {
        Self::new(FileKind::Voice, bytes, seconds)
    }

    /// Music of so many seconds.
    pub fn audio(bytes: impl Into<Bytes>, seconds: u32) -> Self {
        Self::new(FileKind::Audio, bytes, seconds)
    }

    /// A round video of so many seconds.
    pub fn video_note(bytes: impl Into<Bytes>, seconds: u32) -> Self {
        Self::new(FileKind::VideoNote, bytes, seconds)
    }

    /// A file with a name and a media type.
    pub fn document(name: &str, mime: &str, bytes: impl Into<Bytes>) -> Self {
        Self::new(FileKind::Document, bytes, 0).named(name, mime)
    }

    /// A sticker that stands for an emoji.
    pub fn sticker(emoji: &str, bytes: impl Into<Bytes>) -> Self {
        Self { emoji: Some(emoji.to_owned()), ..Self::new(FileKind::Sticker, bytes, 0) }
    }

    /// The file's name and media type, for the kinds that tell them. Empty ones are left out.
    pub fn named(mut self, name: &str, mime: &str) -> Self {
        self.name = (!name.is_empty()).then(|| name.to_owned());
        self.mime = (!mime.is_empty()).then(|| mime.to_owned());
        self
    }

    /// Declares another size than that of the bytes, for example one that is too big.
    pub fn declared_size(mut self, size: u64) -> Self {
        self.size = Some(size);
        self
    }

    /// The caption under it.
    pub fn caption(mut self, caption: &str) -> Self {
        self.caption = Some(caption.to_owned());
        self
    }

    /// Keeps the file and describes it in the fields of a message.
    pub(crate) fn store(&self, files: &mut FileStore) -> Map<String, Value> {
        let (folder, extension, default_mime) = self.kind.place();
        let mime = self.mime.clone().or(default_mime.map(str::to_owned));
        let extension = match &self.name {
            Some(name) if self.kind == FileKind::Document => name.rfind('.').map_or("", |at| &name[at..]),
            _ => extension,
        };
        let size = self.size.unwrap_or(self.bytes.len() as u64);
        let id = files.add(folder, extension, self.bytes.clone(), size, mime);
        let extras = json!({
            "duration": self.duration,
            "file_name": self.name,
            "emoji": self.emoji,
        });
        describe(files, self.kind, &id, &extras)
    }
}

/// The fields of a message about a stored file. `extras` are the optional parameters of the method
/// that sends it, such as `duration`.
pub(crate) fn describe(files: &mut FileStore, kind: FileKind, id: &str, extras: &Value) -> Map<String, Value> {
    let mut object = files.meta(id);
    let mime = files.get(id).and_then(|file| file.mime.clone());
    let number = |name: &str, default: i64| {
        let value = &extras[name];
        value.as_i64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(default)
    };
    let mut take = |names: &[&str]| {
        for name in names {
            if let Value::String(text) = &extras[*name] {
                object[*name] = text.as_str().into();
            }
        }
    };
    match kind {
        FileKind::Photo => {}
        FileKind::Audio => take(&["performer", "title", "file_name"]),
        FileKind::Sticker => take(&["emoji"]),
        _ => take(&["file_name"]),
    }
    if matches!(kind, FileKind::Voice) {
        object.as_object_mut().map(|fields| fields.remove("file_name"));
    }
    if matches!(kind, FileKind::Video | FileKind::Animation) {
        object["width"] = number("width", 640).into();
        object["height"] = number("height", 480).into();
    }
    if !matches!(kind, FileKind::Photo | FileKind::Document | FileKind::Sticker) {
        object["duration"] = number("duration", 0).into();
    }
    if !matches!(kind, FileKind::Photo | FileKind::Sticker | FileKind::VideoNote)
        && let Some(mime) = mime
    {
        object["mime_type"] = mime.into();
    }
    match kind {
        FileKind::VideoNote => object["length"] = number("length", 240).into(),
        FileKind::Sticker => {
            object["type"] = "regular".into();
            object["width"] = 512.into();
            object["height"] = 512.into();
            object["is_animated"] = false.into();
            object["is_video"] = false.into();
        }
        FileKind::Photo => {
            object["width"] = 1280.into();
            object["height"] = 960.into();
            object = json!([thumbnail(files), object]);
        }
        _ => {}
    }
    let mut fields = Map::new();
    if kind == FileKind::Animation {
        let mut document = files.meta(id);
        document["mime_type"] = object["mime_type"].clone();
        fields.insert("document".to_owned(), document);
    }
    fields.insert(kind.field().to_owned(), object);
    fields
}

/// Pictures come in several sizes, the small ones first. The small one has other bytes, so a bot
/// that takes the wrong one is noticed.
fn thumbnail(files: &mut FileStore) -> Value {
    let bytes = Bytes::from_static(b"a small copy of a picture");
    let size = bytes.len() as u64;
    let id = files.add("thumbnails", ".jpg", bytes, size, None);
    let mut object = files.meta(&id);
    object["width"] = 90.into();
    object["height"] = 67.into();
    object
}

/// Keeps a file that a bot uploads and returns its `file_id`.
pub(crate) fn store_upload(
    files: &mut FileStore,
    kind: FileKind,
    name: Option<&str>,
    mime: Option<&str>,
    bytes: Bytes,
) -> String {
    let (folder, extension, default_mime) = kind.place();
    let extension = match name {
        Some(name) if kind == FileKind::Document => name.rfind('.').map_or("", |at| &name[at..]),
        _ => extension,
    };
    let mime = mime.or(default_mime).map(str::to_owned);
    let size = bytes.len() as u64;
    files.add(folder, extension, bytes, size, mime)
}
