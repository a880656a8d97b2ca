//! How values are written: the encodings that every database of the helpdesk shares.
//!
//! Times are microseconds since 1970 in UTC, numbers are signed 64-bit integers, names out of a list are their `snake_case`
//! text, and what is never searched by its parts is JSON as the domain's own serde attributes write it. The tests of
//! [`row`](super::row) pin every stored form.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// A time as it is stored.
pub(super) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// A count, position or revision as it is stored. None of them comes near the 63 bits that a database has for it.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A value as JSON.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("domain types have textual keys and finite numbers")
}

/// The name of a value out of a list, such as `markdown` for a format.
pub(super) fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        other => unreachable!("a name out of a list is written as a text, not as {other:?}"),
    }
}

/// What stands under `tag` in a value that is written as an object, such as the kind of a chat.
pub(super) fn tag(value: &impl Serialize, tag: &str) -> String {
    match serde_json::to_value(value) {
        Ok(Value::Object(mut object)) => match object.remove(tag) {
            Some(Value::String(name)) => name,
            other => unreachable!("the tag {tag} is a text, not {other:?}"),
        },
        other => unreachable!("a tagged value is written as an object, not as {other:?}"),
    }
}
