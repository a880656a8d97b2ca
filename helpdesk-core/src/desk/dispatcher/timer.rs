//! Work that waits for a time: albums that are complete, sessions that nobody touches.

use super::work::{Job, Stopped};
use crate::{
    clock::later,
    desk::plan::{Plan, Setting},
    error::DeskError,
    id::{MessageId, SessionId},
    message::Message,
    session::{Input, Session, StateKind, decide, decide::expires_at, person_wanted::is_person_wanted},
    storage::{ChangeSet, Expectation, Write},
};

/// Reacts to an album as to one message (A5), when no part of it came after this look was asked for.
pub(super) async fn settle_album(
    job: &Job<'_>,
    session: SessionId,
    message: MessageId,
    parts: u32,
) -> Result<(), Stopped> {
    let Some(album) = complete_album(job, message, parts).await? else { return job.drop_task().await };
    let window = job.desk.policy().album_window;
    let now = job.desk.now();
    // This process may have been down while the other parts came: the platform gives them again just now.
    if job.task.tries == 0 && later(album.created_at, window * 2) < now {
        return job.retry_after(window, true, ChangeSet::new(now)).await;
    }
    finish_with!(job, async {
        // A part may have come since: then its own look is the last.
        let Some(album) = complete_album(job, message, parts).await? else {
            return Ok(ChangeSet::new(job.desk.now()));
        };
        let mut changes = match job.desk.storage().session(session).await?.filter(|session| !session.is_closed()) {
            Some(session) => {
                let wants_person = is_person_wanted(&album.text, job.desk.policy());
                let input = if album.is_question() { Input::Question { wants_person } } else { Input::Media };
                react(job, &session, input).await?
            }
            None => ChangeSet::new(job.desk.now()),
        };
        changes.writes.push(Write::AlbumClose { message });
        changes.expect.push(Expectation::AttachmentCount { message, count: parts });
        Ok(changes)
    })
}

/// The album, if nobody has reacted to it and it has just these `parts`.
async fn complete_album(job: &Job<'_>, message: MessageId, parts: u32) -> Result<Option<Message>, DeskError> {
    let album = job.desk.storage().message(message).await?;
    Ok(album.filter(|album| album.group.is_some() && u32::try_from(album.attachments.len()) == Ok(parts)))
}

/// Closes a session that has expired; looks again later at one that has not (yet).
pub(super) async fn idle(job: &Job<'_>, id: SessionId, state: StateKind) -> Result<(), Stopped> {
    let Some(session) = job.desk.storage().session(id).await?.filter(|session| session.state.kind() == state) else {
        return job.drop_task().await;
    };
    let now = job.desk.now();
    let Some(at) = expires_at(&session, job.desk.policy()) else { return job.drop_task().await };
    if at > now {
        let left = std::time::Duration::try_from(at.duration_since(now)).unwrap_or_default();
        return job.retry_after(left, false, ChangeSet::new(now)).await;
    }
    finish_with!(job, async {
        let now = job.desk.now();
        match job.desk.storage().session(id).await? {
            Some(session) if session.state.kind() == state => react(job, &session, Input::IdleTimer(now)).await,
            _ => Ok(ChangeSet::new(now)),
        }
    })
}

async fn react(job: &Job<'_>, session: &Session, input: Input) -> Result<ChangeSet, Stopped> {
    let desk = job.desk;
    let now = desk.now();
    let language = desk.language_of(session).await?;
    let ids = desk.ids(now);
    let setting = Setting { policy: desk.policy(), phrases: desk.phrases(), language: &language, ids, now };
    let decision = decide(session, input, desk.policy(), now, ids).map_err(DeskError::from)?;
    let mut plan = Plan::change(session, setting);
    plan.decide(decision);
    Ok(plan.finish())
}
