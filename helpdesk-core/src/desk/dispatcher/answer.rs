//! Asks the responder (A4, A6). Whatever happens, it ends at an answer or at a person, never at silence.

use super::work::{Job, Stopped};
use crate::{
    desk::plan::{Plan, Setting},
    error::DeskError,
    id::SessionId,
    limits::QUESTION_HISTORY_MAX_MESSAGES,
    message::{Attachment, Author, Message, PromptKind, TextFormat},
    responder::{Answer, Question, Speaker, Turn},
    service::ServiceError,
    session::{AnswerOutcome, Input, OfferReason, Session, State, decide, person_wanted::is_person_wanted},
    storage::{ChangeSet, MessageFilter, MessageOrder, PageRequest},
};

/// Messages that are looked through for the question and what came before it.
const LOOK_BACK_MESSAGES: u32 = 100;

/// Answers question number `turn` of `session`, unless the session has moved on.
pub(super) async fn answer(job: &Job<'_>, id: SessionId, turn: u32) -> Result<(), Stopped> {
    let Some(session) = waiting_session(job, id, turn).await? else {
        return job.drop_task().await;
    };
    let (question, heard) = read_question(job, &session).await?;
    let outcome = match ask(job, question, heard).await {
        Ok(outcome) => outcome,
        Err(error) => {
            tracing::warn!(session = %id, %error, tries = job.task.tries + 1, "the responder failed");
            let pause = match &error {
                ServiceError::Temporary { retry_after, .. } => job
                    .next_pause(job.desk.policy().retry.bot_max_tries)
                    .map(|pause| pause.max(retry_after.unwrap_or_default())),
                ServiceError::Permanent { .. } => None,
            };
            // A customer waits: a service that wants to be left alone for longer than our own pauses counts as failed.
            match pause.filter(|pause| *pause <= job.desk.policy().retry.longest_pause) {
                Some(pause) => return job.retry_after(pause, true, ChangeSet::new(job.desk.now())).await,
                None => AnswerOutcome::Offer(OfferReason::BotFailed),
            }
        }
    };
    finish_with!(job, async {
        let now = job.desk.now();
        let Some(session) = waiting_session(job, id, turn).await? else {
            return Ok(ChangeSet::new(now));
        };
        let desk = job.desk;
        let language = desk.language_of(&session).await?;
        let setting =
            Setting { policy: desk.policy(), phrases: desk.phrases(), language: &language, ids: desk.ids(now), now };
        let input = Input::Answer { turn, outcome: outcome.clone() };
        let decision = decide(&session, input, desk.policy(), now, desk.ids(now)).map_err(DeskError::from)?;
        let mut plan = Plan::change(&session, setting).touch();
        plan.decide(decision);
        Ok(plan.finish())
    })
}

/// The session, if it still waits for the answer to question number `turn`.
async fn waiting_session(job: &Job<'_>, id: SessionId, turn: u32) -> Result<Option<Session>, DeskError> {
    let session = job.desk.storage().session(id).await?;
    Ok(session.filter(|session| matches!(session.state, State::Answering { turn: asked, .. } if asked == turn)))
}

async fn ask(job: &Job<'_>, question: Question, heard: Heard) -> Result<AnswerOutcome, ServiceError> {
    let desk = job.desk;
    if question.text.is_empty() {
        return Ok(AnswerOutcome::Offer(match heard {
            Heard::VoiceWithoutWords => OfferReason::VoiceNotUnderstood,
            Heard::Words => OfferReason::NoAnswer,
        }));
    }
    // Somebody may also ask for a person by voice.
    if is_person_wanted(&question.text, desk.policy()) {
        return Ok(AnswerOutcome::HandOff);
    }
    let Some(responder) = &desk.inner.responder else {
        return Ok(AnswerOutcome::Offer(OfferReason::NoAnswer));
    };
    let limit = desk.policy().answer_timeout;
    let answer = tokio::time::timeout(limit, responder.answer(&question))
        .await
        .unwrap_or_else(|_| Err(ServiceError::temporary("no answer within the time limit")))?;
    Ok(match answer {
        Answer::Found { text, format, sources } if !text.trim().is_empty() => {
            AnswerOutcome::Found { text, format, sources }
        }
        Answer::Found { .. } | Answer::NotFound => AnswerOutcome::Offer(OfferReason::NoAnswer),
        Answer::HandOff => AnswerOutcome::HandOff,
    })
}

/// What the customer's messages hold.
enum Heard {
    Words,
    VoiceWithoutWords,
}

/// The question is everything that the customer said since the bot's last answer; what was said before is the history.
async fn read_question(job: &Job<'_>, session: &Session) -> Result<(Question, Heard), DeskError> {
    let filter = MessageFilter { chat: session.chat, with_notes: false, order: MessageOrder::Newest };
    let page = job.desk.storage().message_list(&filter, &PageRequest::first(LOOK_BACK_MESSAGES)).await?;
    let mut messages = page.items;
    messages.reverse();
    let is_answer = |message: &Message| {
        message.author == Author::Bot && message.prompt.is_some_and(|prompt| prompt.kind == PromptKind::Helped)
    };
    let begins = messages.iter().rposition(is_answer).map_or(0, |answer| answer + 1);
    let (before, asked) = messages.split_at(begins);

    let words: Vec<String> = asked.iter().filter(|message| message.author != Author::Bot).flat_map(words_of).collect();
    let unheard = asked.iter().flat_map(|message| &message.attachments).any(is_unheard);
    let mut question = Question::new(session.id, job.desk.language_of(session).await?, words.join("\n"));
    question.tried = before
        .iter()
        .filter(|message| is_answer(message))
        .flat_map(|answer| &answer.sources)
        .map(|s| s.id.clone())
        .collect();
    question.history = before.iter().filter_map(turn_of).collect();
    let surplus = question.history.len().saturating_sub(QUESTION_HISTORY_MAX_MESSAGES);
    question.history.drain(..surplus);
    Ok((question, if unheard { Heard::VoiceWithoutWords } else { Heard::Words }))
}

/// The text and the transcripts of a message.
fn words_of(message: &Message) -> Vec<String> {
    let transcripts =
        message.attachments.iter().filter_map(Attachment::as_file).filter_map(|file| file.transcript.text());
    let text = Some(message.text.trim()).filter(|text| !text.is_empty());
    text.into_iter().chain(transcripts).map(str::to_owned).collect()
}

fn is_unheard(attachment: &Attachment) -> bool {
    attachment.is_voice() && attachment.as_file().is_some_and(|file| file.transcript.text().is_none())
}

fn turn_of(message: &Message) -> Option<Turn> {
    let speaker = match message.author {
        Author::Customer(_) => Speaker::Customer,
        // Of what the bot says, answers are worth knowing; the rest is ceremony.
        Author::Bot if message.format == TextFormat::Markdown || message.prompt.is_some() => Speaker::Bot,
        _ => return None,
    };
    let text = words_of(message).join("\n");
    (!text.is_empty()).then_some(Turn { speaker, text })
}
