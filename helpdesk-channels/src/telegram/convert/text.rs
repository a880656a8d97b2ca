//! Commands, and texts whose links would be lost with their formatting.

use teloxide::types::{MessageEntity, MessageEntityKind};

use super::Known;

/// Whether a text opens a request (A1).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// `/start`, `/new`, or the label of the button.
    Open {
        /// What was written behind the command.
        rest: &'a str,
    },
    /// An ordinary text.
    None,
}

impl<'a> Command<'a> {
    /// Reads a text of a private chat.
    pub(super) fn read(text: &'a str, known: &Known<'_>) -> Self {
        let text = text.trim();
        if known.new_request_labels.iter().any(|label| label == text) {
            return Self::Open { rest: "" };
        }
        let Some(command) = text.strip_prefix('/') else { return Self::None };
        let end = command.find(char::is_whitespace).unwrap_or(command.len());
        let (word, rest) = command.split_at(end);
        let name = match word.split_once('@') {
            // For another bot, or for this one before its name is known.
            Some((name, addressee)) if known.username.is_none() || known.is_my_name(addressee) => name,
            Some(_) => return Self::None,
            None => word,
        };
        match name.to_ascii_lowercase().as_str() {
            // What follows is the payload of a link, which people do not write:
            // https://core.telegram.org/bots/features#deep-linking
            "start" => Self::Open { rest: "" },
            "new" => Self::Open { rest: rest.trim() },
            _ => Self::None,
        }
    }
}

/// The text with the addresses of its links, which plain text would lose: `here` becomes `here (https://…)`.
pub(super) fn with_links(text: &str, entities: &[MessageEntity]) -> String {
    let mut ends: Vec<(usize, &str)> = Vec::new();
    for entity in entities {
        let MessageEntityKind::TextLink { url } = &entity.kind else { continue };
        let range = byte_at(text, entity.offset).zip(byte_at(text, entity.offset.saturating_add(entity.length)));
        // Where the offsets make no sense, the address is still worth keeping: at the end.
        let (shown, end) = match range {
            Some((start, end)) if start < end => (&text[start..end], end),
            _ => ("", text.len()),
        };
        if shown.trim_end_matches('/') != url.as_str().trim_end_matches('/') {
            ends.push((end, url.as_str()));
        }
    }
    ends.sort_by_key(|(end, _)| *end);
    let mut linked = String::with_capacity(text.len());
    let mut copied = 0;
    for (end, url) in ends {
        linked.push_str(&text[copied..end]);
        linked.push_str(" (");
        linked.push_str(url);
        linked.push(')');
        copied = end;
    }
    linked.push_str(&text[copied..]);
    linked
}

/// Where the UTF-16 unit number `unit` begins; `None` past the end or within a character. teloxide's own conversion panics
/// there.
fn byte_at(text: &str, unit: usize) -> Option<usize> {
    let mut units = 0;
    for (byte, character) in text.char_indices() {
        if units >= unit {
            return (units == unit).then_some(byte);
        }
        units += character.len_utf16();
    }
    (units == unit).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use helpdesk_core::ChannelName;

    use super::*;

    fn open(rest: &str) -> Command<'_> {
        Command::Open { rest }
    }

    #[test]
    fn commands_and_the_label_open_a_request() {
        let channel = ChannelName::new("telegram").unwrap();
        let labels = ["New request".to_owned(), "Новое обращение".to_owned()];
        let mut known =
            Known { channel: &channel, bot_id: "1", username: Some("help_bot"), new_request_labels: &labels };
        let table = [
            ("/start", open("")),
            ("/start ref_17", open("")),
            ("/START", open("")),
            ("/new", open("")),
            (" /new@Help_Bot ", open("")),
            ("/new my printer\nburns", open("my printer\nburns")),
            ("New request", open("")),
            ("Новое обращение ", open("")),
            ("/new@other_bot", Command::None),
            ("/news", Command::None),
            ("/help", Command::None),
            ("new request please", Command::None),
            ("/", Command::None),
            ("", Command::None),
        ];
        for (text, expected) in table {
            assert_eq!(Command::read(text, &known), expected, "{text}");
        }
        known.username = None;
        assert_eq!(Command::read("/new@help_bot", &known), open(""));
    }

    fn link(url: &str, offset: usize, length: usize) -> MessageEntity {
        MessageEntity { kind: MessageEntityKind::TextLink { url: url.parse().unwrap() }, offset, length }
    }

    #[test]
    fn links_keep_their_addresses() {
        let entities = [link("https://a.example/x", 3, 4), link("https://b.example", 12, 1)];
        assert_eq!(with_links("😀 here and b", &entities), "😀 here (https://a.example/x) and b (https://b.example/)",);
        assert_eq!(with_links("https://a.example", &[link("https://a.example/", 0, 17)]), "https://a.example");
    }

    #[test]
    fn offsets_that_make_no_sense_do_no_harm() {
        for (offset, length) in [(1, 1), (100, 5), (0, usize::MAX), (0, 0), (3, 0)] {
            let text = with_links("😀 a", &[link("https://a.example/x", offset, length)]);
            assert!(text.contains("(https://a.example/x)"), "{offset} {length}: {text}");
        }
    }
}
