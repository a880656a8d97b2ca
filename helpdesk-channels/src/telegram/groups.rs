//! Groups and channels: the bot helps in private chats only, and says so when it is spoken to or added. A dialog in a group
//! would mix people up and show one customer's matter to all others.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use helpdesk_core::{Desk, Language, Phrase};
use jiff::Timestamp;
use teloxide::{
    prelude::Requester,
    types::{ChatId, Message, MessageEntityKind, MessageKind},
};
use tracing::debug;

use super::{TelegramChannel, convert::Known, errors};

/// How long the bot is quiet in a group after it said its sentence.
const QUIET: Duration = Duration::from_secs(10 * 60);
/// How many groups are remembered before those that may hear the sentence again are forgotten.
const GROUPS_KEPT: usize = 1_000;

/// When the bot last said in which chats that it works in private only. Not kept over a restart: it would be said once more.
#[derive(Default)]
pub(super) struct Groups(Mutex<BTreeMap<i64, Timestamp>>);

impl Groups {
    /// Whether it is time to say it, which is then taken as said.
    fn may_say(&self, chat: i64, now: Timestamp) -> bool {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = |at: &Timestamp| now.duration_since(*at).unsigned_abs() < QUIET;
        if said.get(&chat).is_some_and(recent) {
            return false;
        }
        if said.len() >= GROUPS_KEPT {
            said.retain(|_, at| recent(at));
        }
        said.insert(chat, now);
        true
    }
}

impl TelegramChannel {
    /// Says where the bot helps, unless it did a moment ago. Best effort: nobody's question depends on it.
    pub(super) fn say_private_only(&self, desk: &Desk, chat: i64, language: &Language) {
        if !self.groups.may_say(chat, desk.now()) {
            return;
        }
        let text = desk.phrases().text(language, Phrase::PrivateOnly);
        let (bot, name) = (self.connection.calls.clone(), self.name.clone());
        self.courtesies.spawn(async move {
            if let Err(error) = bot.send_message(ChatId(chat), text).await {
                let error = errors::classify(&name, &error);
                debug!(channel = %name, %error, "could not say that the bot works in private chats");
            }
        });
    }
}

/// Whether a message in a group speaks to this bot: a command without a name or with its name, or a mention.
pub(super) fn is_addressed(message: &Message, known: &Known<'_>) -> bool {
    if !matches!(message.kind, MessageKind::Common(_)) {
        return false;
    }
    let text = message.text().or(message.caption()).unwrap_or_default();
    if let Some(command) = text.strip_prefix('/') {
        let word = command.split_whitespace().next().unwrap_or_default();
        return match word.split_once('@') {
            Some((_, addressee)) => known.is_my_name(addressee),
            None => !word.is_empty(),
        };
    }
    let mentioned_by_id = || {
        let entities = message.entities().or(message.caption_entities()).unwrap_or_default();
        entities.iter().any(|entity| match &entity.kind {
            MessageEntityKind::TextMention { user } => user.id.0.to_string() == known.bot_id,
            _ => false,
        })
    };
    let not_in_a_name = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let mentioned_by_name =
        || text.split('@').skip(1).any(|rest| known.is_my_name(rest.split(not_in_a_name).next().unwrap_or_default()));
    mentioned_by_name() || mentioned_by_id()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_hears_the_sentence_once_in_a_while() {
        let groups = Groups::default();
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert!(groups.may_say(-1, at(0)));
        assert!(!groups.may_say(-1, at(599)));
        assert!(groups.may_say(-2, at(599)));
        assert!(groups.may_say(-1, at(600)));
    }

    #[test]
    fn groups_that_may_hear_it_again_are_forgotten() {
        let groups = Groups::default();
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        for chat in 0..1_000 {
            assert!(groups.may_say(chat, at(0)));
        }
        assert!(groups.may_say(5_000, at(1_000)));
        assert_eq!(groups.0.lock().unwrap().len(), 1);
    }
}
