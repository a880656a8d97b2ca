//! Upper bounds on everything that comes from outside, each with its unit in its name. What exceeds one is refused with a
//! clear error or shortened visibly; nothing grows without an end.

/// Longest text of one message, in Unicode scalar values.
pub const MESSAGE_TEXT_MAX_CHARS: usize = 20_000;
/// Most attachments on one message.
pub const MESSAGE_ATTACHMENTS_MAX_COUNT: usize = 100;
/// Longest name of a person, in Unicode scalar values.
pub const PERSON_NAME_MAX_CHARS: usize = 200;
/// Longest staff login, in bytes.
pub const LOGIN_MAX_BYTES: usize = 64;
/// Longest name of a file, in Unicode scalar values.
pub const FILE_NAME_MAX_CHARS: usize = 255;
/// Longest address on a channel, in bytes.
pub const ADDRESS_MAX_BYTES: usize = 320;
/// Longest key that makes a command idempotent, in bytes.
pub const CAUSE_KEY_MAX_BYTES: usize = 200;
/// Largest file that is taken in from a channel or an upload, in bytes.
pub const FILE_MAX_BYTES: u64 = 100 * 1024 * 1024;
/// Most rows on one page of a list.
pub const PAGE_MAX_ROWS: u32 = 500;
/// Rows on a page when the reader names no number.
pub const PAGE_DEFAULT_ROWS: u32 = 50;
/// Longest full-text query, in Unicode scalar values.
pub const SEARCH_QUERY_MAX_CHARS: usize = 200;
/// Most earlier messages that a responder is given with a question.
pub const QUESTION_HISTORY_MAX_MESSAGES: usize = 20;
/// How often a command is decided again after another one was committed first.
pub const CONFLICT_RETRIES_MAX_COUNT: u32 = 20;

/// The first `max` scalar values of `text`, with `…` as the last of them when something was cut.
pub fn shorten(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.push('…');
    short
}
