//! Many statements in one round trip.
//!
//! Each connection of sqlx to SQLite lives on a thread of its own, and every statement is a message there and back. An insert
//! that is sent alone takes 17 to 36 µs on a machine with two busy cores, one of ten in the same text 3 to 4 µs; a change set
//! has a dozen or two. So all of its statements go over as one text, and their results come back as one stream. (The whole
//! storage, with 256 callers on that machine: 4.5 to 7 thousand inbound messages a second, each with its cause, session,
//! event and two tasks.)
//!
//! sqlx calls several statements in one prepared text a habit of its SQLite driver that it may give up one day. Everything
//! that relies on it is in this file: [`Batch::run`] would then send the statements one by one, and nothing else changes.
//!
//! Texts are put together from constants alone; values are always bound. Change sets of the same shape give the same text,
//! which the connection's cache of prepared statements knows by then.

use futures_util::TryStreamExt as _;
use helpdesk_core::{
    message::Delivery,
    storage::{CommitError, Conflict, StorageError},
};
use sqlx::{
    Arguments as _, AssertSqlSafe, Either, Encode, Executor as _, Sqlite, SqliteConnection, Type,
    sqlite::{SqliteArguments, SqliteQueryResult, SqliteRow},
};

use super::{error, row};

/// Statements with their values, and what is to be made of their results.
#[derive(Default)]
pub(super) struct Batch {
    text: String,
    arguments: SqliteArguments,
    verdicts: Vec<Verdict>,
}

/// What the result of one statement decides.
pub(super) enum Verdict {
    /// Nothing, as long as it runs.
    Ran,
    /// Nothing; but when it does not run, the whole transaction is beyond repair.
    Frame,
    /// It has to change a row: without one there is no such thing to change.
    Changed(&'static str),
    /// It has to select 1: else there is no such thing to change.
    Exists(&'static str),
    /// It has to select 1: else what was read has changed since.
    Holds(Conflict),
    /// It selects the outcome of a change set with the same cause, if there was one.
    NotBefore,
    /// It has to select this delivery, unchanged.
    DeliveryIs(Delivery),
    /// It inserts an event, whose position is the row's.
    Event,
    /// It inserts a message, whose place is the row's; without a row there is no such chat.
    Message,
}

/// What a batch came to when nothing was refused.
#[derive(Debug, Default)]
pub(super) struct Ran {
    /// The position of the last event that it inserted.
    pub(super) position: Option<u64>,
    /// The places of the messages that it inserted, in their order.
    pub(super) places: Vec<i64>,
}

impl Batch {
    /// Adds a statement, whose values are bound next. Its placeholders are plain question marks, so that they count on from
    /// the statement before.
    pub(super) fn add(&mut self, verdict: Verdict, statement: &'static str) -> &mut Self {
        self.text.push_str(statement);
        self.text.push_str(";\n");
        self.verdicts.push(verdict);
        self
    }

    /// Binds the next value of the statement that was added last.
    pub(super) fn bind<'v, T: Encode<'v, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> &mut Self {
        self.arguments.add(value).expect("numbers, texts and blobs can be bound");
        self
    }

    /// These statements, which bind no values, and then those of `next`.
    pub(super) fn then(mut self, mut next: Self) -> Self {
        debug_assert_eq!(self.arguments.len(), 0, "values are bound in the order of their placeholders");
        next.text.insert_str(0, &self.text);
        self.verdicts.append(&mut next.verdicts);
        Self { verdicts: self.verdicts, ..next }
    }

    /// Runs the statements until one is refused.
    ///
    /// The outer error means that the transaction is broken; the inner one that this batch is refused, and that what it did
    /// so far is to be undone.
    pub(super) async fn run(self, connection: &mut SqliteConnection) -> Result<Result<Ran, CommitError>, sqlx::Error> {
        debug_assert_eq!(
            self.text.matches('?').count(),
            self.arguments.len(),
            "each placeholder has its value: {}",
            self.text
        );
        let mut verdicts = self.verdicts.into_iter();
        let Some(mut verdict) = verdicts.next() else { return Ok(Ok(Ran::default())) };
        let mut ran = Ran::default();
        let mut row = None;
        let query = sqlx::query_with(AssertSqlSafe(self.text), self.arguments);
        let mut results = connection.fetch_many(query);
        loop {
            match results.try_next().await {
                Ok(Some(Either::Right(selected))) => row = Some(selected),
                Ok(Some(Either::Left(done))) => {
                    if let Err(refused) = verdict.judge(&done, row.take(), &mut ran) {
                        return Ok(Err(refused));
                    }
                    match verdicts.next() {
                        Some(next) => verdict = next,
                        None => return Ok(Ok(ran)),
                    }
                }
                Ok(None) => return Err(sqlx::Error::Protocol("a statement has no result".to_owned())),
                Err(error) if matches!(verdict, Verdict::Frame) => return Err(error),
                Err(error) => return Ok(Err(error::refused(error))),
            }
        }
    }
}

impl Verdict {
    fn judge(&self, done: &SqliteQueryResult, row: Option<SqliteRow>, ran: &mut Ran) -> Result<(), CommitError> {
        let holds = || -> Result<bool, StorageError> { row.as_ref().map_or(Ok(false), row::truth) };
        match self {
            Self::Changed(what) if done.rows_affected() == 0 => return Err(StorageError::Missing { what }.into()),
            Self::Exists(what) if !holds()? => return Err(StorageError::Missing { what }.into()),
            Self::Holds(conflict) if !holds()? => return Err(CommitError::Conflict(*conflict)),
            Self::Ran | Self::Frame | Self::Changed(_) | Self::Exists(_) | Self::Holds(_) => {}
            Self::NotBefore => {
                if let Some(kept) = row {
                    return Err(CommitError::Duplicate { outcome: row::outcome(&kept)? });
                }
            }
            Self::DeliveryIs(expected) => {
                let kept = row.as_ref().map(row::delivery).transpose()?.flatten();
                if kept.as_ref() != Some(expected) {
                    return Err(CommitError::Conflict(Conflict::Message));
                }
            }
            Self::Event => ran.position = u64::try_from(done.last_insert_rowid()).ok(),
            Self::Message if done.rows_affected() == 0 => return Err(StorageError::Missing { what: "chat" }.into()),
            Self::Message => ran.places.push(done.last_insert_rowid()),
        }
        Ok(())
    }
}
