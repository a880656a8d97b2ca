//! The index of words that search reads.
//!
//! It is written once for a group, at its end. FTS5 gathers what is inserted in memory and writes it as one sorted piece; a
//! savepoint makes it write the piece that it has. Within the savepoints of the change sets, every message would become a
//! piece of its own, to be merged with all the others later.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use super::{
    apply::Reworded,
    batch::{Batch, Verdict},
    encode::json,
    row::{self, message_columns},
    words,
};

/// The messages of some ids, and those that some attachments are on; the ids are two JSON arrays of hexadecimal texts.
const REWORDED: &str = concat!(
    "SELECT ",
    message_columns!(),
    " FROM helpdesk_messages m WHERE m.id IN (SELECT unhex(value) FROM json_each(?) UNION \
     SELECT message FROM helpdesk_attachments WHERE id IN (SELECT unhex(value) FROM json_each(?)))"
);

/// Reads back the words of messages that changed: their places, and the words that they are found by now.
pub(super) async fn words_again(
    connection: &mut SqliteConnection,
    reworded: &[Reworded],
) -> Result<Vec<(i64, String)>, sqlx::Error> {
    let (mut messages, mut attachments) = (Vec::new(), Vec::new());
    for changed in reworded {
        match changed {
            Reworded::Message(id) => messages.push(id.as_uuid().simple().to_string()),
            Reworded::MessageOf(id) => attachments.push(id.as_uuid().simple().to_string()),
        }
    }
    let query = sqlx::query(REWORDED).bind(json(&messages)).bind(json(&attachments));
    let mut words = Vec::new();
    for kept in query.fetch_all(connection).await? {
        match row::message_words(&kept) {
            Ok((place, text, attachments)) => words.push((place, words::of_message(&text, &attachments))),
            // It cannot be shown either; the change that brought us here is none of its fault.
            Err(error) => tracing::error!(%error, "a message cannot be read, so its words are not indexed"),
        }
    }
    Ok(words)
}

/// Adds the statement that indexes messages, by their places.
pub(super) fn put(batch: &mut Batch, words: &BTreeMap<i64, String>) {
    if !words.is_empty() {
        let rows: Vec<_> = words.iter().collect();
        batch
            .add(
                Verdict::Frame,
                "INSERT OR REPLACE INTO helpdesk_search (rowid, words) \
                 SELECT value ->> 0, value ->> 1 FROM json_each(?)",
            )
            .bind(json(&rows));
    }
}
