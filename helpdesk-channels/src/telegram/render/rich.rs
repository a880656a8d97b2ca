//! Text with formatting, as Telegram has it: plain text, and ranges of it with a style. Ranges count bytes here and become
//! UTF-16 units at the end, because that is what [`MessageEntity`] counts.

use std::ops::Range;

use teloxide::types::{MessageEntity, MessageEntityKind};

/// More entities than this on one message are [refused](https://core.telegram.org/api/entities#entity-length).
const ENTITIES_MAX_COUNT: usize = 100;

/// Text with formatting.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Rich {
    pub(super) text: String,
    pub(super) spans: Vec<Span>,
}

/// A style on a range of bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Span {
    pub(super) range: Range<usize>,
    pub(super) kind: MessageEntityKind,
}

impl Rich {
    /// A text without formatting.
    pub(super) fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), spans: Vec::new() }
    }

    /// A text with one style all over.
    pub(super) fn styled(text: &str, kind: MessageEntityKind) -> Self {
        Self { text: text.to_owned(), spans: vec![Span { range: 0..text.len(), kind }] }
    }

    /// Whether there is nothing to see.
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Puts `other` behind this, with `between` in between when there is something on both sides.
    pub(super) fn append(&mut self, between: &str, other: Self) {
        if other.is_blank() {
            return;
        }
        if !self.is_blank() {
            self.text.push_str(between);
        }
        let start = self.text.len();
        self.text.push_str(&other.text);
        self.spans.extend(
            other
                .spans
                .into_iter()
                .map(|span| Span { range: span.range.start + start..span.range.end + start, kind: span.kind }),
        );
    }

    /// The part within a range of bytes, with the formatting that reaches into it.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        let spans = self.spans.iter().filter_map(|span| {
            let start = span.range.start.max(range.start);
            let end = span.range.end.min(range.end);
            (start < end).then(|| Span { range: start - range.start..end - range.start, kind: span.kind.clone() })
        });
        Self { spans: spans.collect(), text: self.text[range].to_owned() }
    }

    /// Without white space around it.
    pub(super) fn trimmed(&self) -> Self {
        let start = self.text.len() - self.text.trim_start().len();
        // A text of nothing but white space has its end before its start.
        let end = self.text.trim_end().len().max(start);
        self.slice(start..end)
    }

    /// The length as Telegram counts it.
    pub(super) fn units(&self) -> usize {
        self.text.encode_utf16().count()
    }

    /// The text and its entities.
    pub(super) fn into_entities(self) -> (String, Vec<MessageEntity>) {
        // The UTF-16 unit at which each byte's character begins.
        let mut units = Vec::with_capacity(self.text.len() + 1);
        let mut unit = 0;
        for character in self.text.chars() {
            units.extend(std::iter::repeat_n(unit, character.len_utf8()));
            unit += character.len_utf16();
        }
        units.push(unit);
        let entities = self.spans.into_iter().filter_map(|span| {
            let (start, end) = (units[span.range.start], units[span.range.end]);
            (start < end).then(|| MessageEntity::new(span.kind, start, end - start))
        });
        let entities = entities.take(ENTITIES_MAX_COUNT).collect();
        (self.text, entities)
    }
}
