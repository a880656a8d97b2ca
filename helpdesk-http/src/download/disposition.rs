//! How a browser is to take a file: shown in place, if its type is one that cannot carry a script, and saved otherwise.

use axum::http::HeaderValue;
use helpdesk_core::message::File;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Types that are shown in place: pictures made of pixels, sound, and video. No SVG, which is a document with scripts.
const SHOWN_IN_PLACE: [&str; 19] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/bmp",
    "audio/ogg",
    "audio/opus",
    "audio/mpeg",
    "audio/mp4",
    "audio/aac",
    "audio/wav",
    "audio/webm",
    "audio/flac",
    "video/mp4",
    "video/webm",
    "video/ogg",
    "video/quicktime",
    "video/mpeg",
];

/// What `filename*` needs no escape for (`attr-char` of RFC 8187).
const ATTR_CHARS: AsciiSet = NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// How a file is presented.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(super) content_type: &'static str,
    pub(super) disposition: HeaderValue,
}

impl Shown {
    pub(crate) fn of(file: &File) -> Self {
        let claimed = file.mime.split(';').next().unwrap_or_default().trim();
        let in_place = SHOWN_IN_PLACE.into_iter().find(|safe| claimed.eq_ignore_ascii_case(safe));
        let kind = if in_place.is_some() { "inline" } else { "attachment" };
        Self {
            content_type: in_place.unwrap_or("application/octet-stream"),
            // Both names are ASCII without quotes and controls, so the value is always one.
            disposition: HeaderValue::try_from(format!(
                "{kind}; filename=\"{}\"; filename*=UTF-8''{}",
                plain_name(&file.name),
                utf8_percent_encode(&file.name, &ATTR_CHARS)
            ))
            .unwrap_or(HeaderValue::from_static("attachment")),
        }
    }
}

/// The name for clients that know no `filename*` (RFC 6266): what is not plain becomes `_`.
fn plain_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || " .-_()".contains(c) { c } else { '_' };
    name.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use helpdesk_core::message::{FileKind, FileState, Transcript};

    use super::*;

    fn shown(name: &str, mime: &str) -> (&'static str, String) {
        let shown = Shown::of(&File {
            kind: FileKind::Document,
            name: name.to_owned(),
            mime: mime.to_owned(),
            size_bytes: None,
            duration_seconds: None,
            state: FileState::TooLarge,
            transcript: Transcript::None,
        });
        (shown.content_type, shown.disposition.to_str().unwrap().to_owned())
    }

    #[test]
    fn pictures_are_shown_and_everything_that_could_run_is_saved() {
        assert_eq!(
            shown("a.png", "IMAGE/PNG"),
            ("image/png", "inline; filename=\"a.png\"; filename*=UTF-8''a.png".into())
        );
        for mime in ["image/svg+xml", "text/html", "application/pdf", "image/png, text/html", "", "image/png\r\nx: y"] {
            let (content_type, disposition) = shown("a", mime);
            assert_eq!(content_type, "application/octet-stream", "{mime}");
            assert!(disposition.starts_with("attachment;"), "{mime}");
        }
    }

    #[test]
    fn a_name_cannot_break_out_of_the_header() {
        let (_, disposition) = shown("отчёт \"Q1\";\r\n.html", "text/html");
        assert_eq!(
            disposition,
            "attachment; filename=\"_____ _Q1____.html\"; \
             filename*=UTF-8''%D0%BE%D1%82%D1%87%D1%91%D1%82%20%22Q1%22%3B%0D%0A.html"
        );
    }
}
