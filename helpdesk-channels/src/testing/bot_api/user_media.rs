//! Files from a scripted person: one by one, and in albums whose order a test controls.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::formatting;
use super::media::MediaFile;
use super::user::ScriptedUser;

impl ScriptedUser {
    /// Sends a file. Returns the message's id, as all sending functions do.
    #[expect(clippy::needless_pass_by_value, reason = "a file is made to be sent")]
    pub fn send(&self, file: MediaFile) -> i32 {
        self.send_media(&file, None)
    }

    /// Sends a picture; an empty caption is none.
    pub fn photo(&self, bytes: impl Into<Bytes>, caption: &str) -> i32 {
        let file = MediaFile::photo(bytes);
        self.send(if caption.is_empty() { file } else { file.caption(caption) })
    }

    /// Sends a video of so many seconds.
    pub fn video(&self, bytes: impl Into<Bytes>, seconds: u32) -> i32 {
        self.send(MediaFile::video(bytes, seconds))
    }

    /// Sends a voice message of so many seconds.
    pub fn voice(&self, bytes: impl Into<Bytes>, seconds: u32) -> i32 {
        self.send(MediaFile::voice(bytes, seconds))
    }

    /// Sends music of so many seconds.
    pub fn audio(&self, bytes: impl Into<Bytes>, seconds: u32) -> i32 {
        self.send(MediaFile::audio(bytes, seconds))
    }

    /// Sends a round video of so many seconds.
    pub fn video_note(&self, bytes: impl Into<Bytes>, seconds: u32) -> i32 {
        self.send(MediaFile::video_note(bytes, seconds))
    }

    /// Sends a file with a name and a media type.
    pub fn document(&self, name: &str, mime: &str, bytes: impl Into<Bytes>) -> i32 {
        self.send(MediaFile::document(name, mime, bytes))
    }

    /// Sends a sticker that stands for an emoji.
    pub fn sticker(&self, emoji: &str) -> i32 {
        self.send(MediaFile::sticker(emoji, Bytes::from_static(b"a sticker")))
    }

    /// Sends an album: as many messages and updates as there are files. `caption_on` puts a caption
    /// on the file with this index. Returns the ids of the messages.
    pub fn album(&self, files: Vec<MediaFile>, caption_on: Option<(usize, &str)>) -> Vec<i32> {
        let mut files = files;
        if let Some((index, caption)) = caption_on
            && let Some(file) = files.get_mut(index)
        {
            file.caption = Some(caption.to_owned());
        }
        let count = files.len();
        let album = self.begin_album(files);
        (0..count).map(|index| album.send(index)).collect()
    }

    /// An album whose files are sent one by one, in any order and between other messages.
    pub fn begin_album(&self, files: Vec<MediaFile>) -> Album {
        let group = self.shared.edit(|world| 13_000_000_000 + world.next_number()).to_string();
        Album { user: self.clone(), files, group }
    }

    fn send_media(&self, file: &MediaFile, group: Option<&str>) -> i32 {
        let mut fields = self.shared.quietly(|world| file.store(&mut world.files));
        if let Some(caption) = file.caption.as_deref().filter(|caption| !caption.is_empty()) {
            fields.append(&mut caption_fields(caption));
        }
        if let Some(group) = group {
            fields.insert("media_group_id".to_owned(), group.into());
        }
        self.post(self.id, fields)
    }
}

fn caption_fields(caption: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("caption".to_owned(), caption.into());
    let entities = formatting::plain(caption);
    if !entities.is_empty() {
        fields.insert("caption_entities".to_owned(), Value::Array(entities));
    }
    fields
}

/// An album in the making: see [`ScriptedUser::begin_album`].
#[derive(Clone, Debug)]
pub struct Album {
    user: ScriptedUser,
    files: Vec<MediaFile>,
    group: String,
}

impl Album {
    /// The `media_group_id` that its messages share.
    pub fn media_group_id(&self) -> &str {
        &self.group
    }

    /// Sends the file with this index. Returns the message's id.
    ///
    /// # Panics
    ///
    /// When there is no such file.
    pub fn send(&self, index: usize) -> i32 {
        self.user.send_media(&self.files[index], Some(&self.group))
    }
}
