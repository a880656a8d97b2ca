//! What a scripted person sees, and waiting for it.
//!
//! Only the functions named `wait_…` wait, and they do so for changes, never for the clock.

use serde_json::Value;
use tokio::time::Instant;

use super::screen::{CallbackAnswer, ScreenMessage, print};
use super::user::ScriptedUser;
use super::world::{Access, Bot};

impl ScriptedUser {
    fn bot<T>(&self, look: impl FnOnce(&Bot) -> T) -> T {
        self.shared.read(|world| look(&world.bots[self.bot]))
    }

    /// Whether the person has blocked the bot.
    pub fn has_blocked(&self) -> bool {
        self.bot(|bot| bot.chats.get(&self.id).is_some_and(|chat| chat.access == Access::Blocked))
    }

    /// The messages in the private chat with the bot, without deleted ones.
    pub fn screen(&self) -> Vec<ScreenMessage> {
        self.bot(|bot| bot.screen(self.id))
    }

    /// All messages that ever were in the private chat, deleted ones among them.
    pub fn history(&self) -> Vec<ScreenMessage> {
        self.bot(|bot| bot.history(self.id))
    }

    /// The labels of the reply keyboard by rows, if there is one.
    pub fn reply_keyboard(&self) -> Option<Vec<Vec<String>>> {
        self.bot(|bot| bot.keyboard(self.id))
    }

    /// The commands in the menu of the chat, as `(command, description)` in the person's language.
    pub fn commands(&self) -> Vec<(String, String)> {
        let menu = self.shared.read(|world| {
            let language = world.users[&self.id].language_code.as_deref();
            world.bots[self.bot].menu(self.id, language)
        });
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = menu.as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().map(|it| (text(&it["command"]), text(&it["description"]))).collect()
    }

    /// The bot's answers to presses of inline buttons, in order.
    pub fn callback_answers(&self) -> Vec<CallbackAnswer> {
        self.bot(|bot| bot.callback_answers(self.id))
    }

    /// The action that the bot shows, such as "typing", until its next message.
    pub fn chat_action(&self) -> Option<String> {
        self.bot(|bot| bot.chats.get(&self.id)?.action.as_ref().map(|(action, _)| action.clone()))
    }

    /// The screen as a text.
    pub fn print(&self) -> String {
        print(&self.screen(), self.reply_keyboard().as_ref())
    }

    /// Waits until the predicate holds for the screen, and returns the screen.
    ///
    /// # Panics
    ///
    /// When that does not happen in the server's patience; the message shows the screen.
    pub async fn wait_for(&self, mut fits: impl FnMut(&[ScreenMessage]) -> bool) -> Vec<ScreenMessage> {
        self.wait_for_some("the expected screen", |screen| fits(screen).then(|| screen.to_vec())).await
    }

    /// Waits until the bot has written a message that contains this text, and returns the first.
    /// A message that is there already counts.
    ///
    /// # Panics
    ///
    /// As [`Self::wait_for`].
    pub async fn wait_for_text(&self, part: &str) -> ScreenMessage {
        self.wait_for_text_after(0, part).await
    }

    /// As [`Self::wait_for_text`], but only messages below this one count.
    ///
    /// # Panics
    ///
    /// As [`Self::wait_for`].
    pub async fn wait_for_text_after(&self, message_id: i32, part: &str) -> ScreenMessage {
        self.wait_for_some(&format!("{part:?} from the bot"), |screen| {
            let fits = |message: &&ScreenMessage| {
                message.from_bot && message.id > message_id && message.words().contains(part)
            };
            screen.iter().find(fits).cloned()
        })
        .await
    }

    /// Waits until the bot has answered a press of a button.
    ///
    /// # Panics
    ///
    /// When that does not happen in the server's patience.
    pub async fn wait_for_callback_answer(&self, query_id: &str) -> CallbackAnswer {
        let patience = self.shared.read(|world| world.patience);
        let answer = self.shared.wait_until(patience, |world| {
            let answers = world.bots[self.bot].callback_answers(self.id);
            answers.into_iter().find(|answer| answer.query_id == query_id)
        });
        answer.await.unwrap_or_else(|| panic!("the press of the button was not answered"))
    }

    async fn wait_for_some<T>(&self, what: &str, mut find: impl FnMut(&[ScreenMessage]) -> Option<T>) -> T {
        let patience = self.shared.read(|world| world.patience);
        let deadline = Instant::now() + patience;
        let mut changes = self.shared.changes();
        loop {
            changes.borrow_and_update();
            // The state is not locked here, so what is looked for may ask the server as well.
            if let Some(found) = find(&self.screen()) {
                return found;
            }
            let in_time = tokio::time::timeout_at(deadline, changes.changed()).await;
            assert!(in_time.is_ok(), "waited {patience:?} for {what}; the screen is\n{}", self.print());
        }
    }
}
