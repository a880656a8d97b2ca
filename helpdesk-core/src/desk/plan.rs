//! Turns a decision into the change set that carries it out. Pure, like the decision itself.

use jiff::Timestamp;

use crate::{
    id::{Ids, MessageId},
    language::Language,
    message::{Author, Delivery, Message, Prompt, PromptKind, TextFormat},
    phrases::{Phrase, Phrases},
    session::{Decision, Effect, Policy, Say, Session, State, StateKind, decide::expires_at},
    storage::{ChangeSet, EventKind, Expectation, NewTask, Task, Write},
};

/// What the words of a plan depend on.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) policy: &'a Policy,
    pub(super) phrases: &'a Phrases,
    pub(super) language: &'a Language,
    pub(super) ids: Ids<'a>,
    pub(super) now: Timestamp,
}

/// A change set about one session, in the making.
pub(super) struct Plan<'a> {
    pub(super) changes: ChangeSet,
    pub(super) session: Session,
    setting: Setting<'a>,
    /// The state that was read; `None` for a session that is new.
    before: Option<State>,
}

impl<'a> Plan<'a> {
    /// A plan that changes `session` as it was read.
    pub(super) fn change(session: &Session, setting: Setting<'a>) -> Self {
        let mut changes = ChangeSet::new(setting.now);
        changes.expect.push(Expectation::SessionRevision { session: session.id, revision: session.revision });
        let mut session = session.clone();
        session.revision += 1;
        Self { changes, before: Some(session.state.clone()), session, setting }
    }

    /// A plan for a new `session`, which is inserted as it is after all of its first decisions.
    pub(super) fn begin(session: &Session, setting: Setting<'a>) -> Self {
        Self { changes: ChangeSet::new(setting.now), before: None, session: session.clone(), setting }
    }

    /// A plan that also says what came in or was written: the dialog is alive.
    pub(super) fn touch(mut self) -> Self {
        self.session.touched_at = self.setting.now;
        self
    }

    /// Adds what `decision` says.
    pub(super) fn decide(&mut self, decision: Decision) {
        if let Some(next) = decision.next {
            self.enter(next);
        }
        for effect in decision.effects {
            match effect {
                Effect::Say { id, say } => self.say(id, say),
                Effect::ClosePrompt(message) => self.close_prompt(message),
                Effect::AskResponder { turn } => {
                    let session = self.session.id;
                    self.task(Task::lane_bot(session), Task::Answer { session, turn });
                }
                Effect::Rate(stars) => {
                    self.session.rating = Some(stars);
                    self.changes.events.push(EventKind::SessionChanged { session: self.session.id });
                }
            }
        }
    }

    /// The change set, with the session's own row in it.
    pub(super) fn finish(mut self) -> ChangeSet {
        let row = match self.before {
            None => Write::SessionInsert(self.session),
            Some(before) => {
                if self.session.state != before {
                    self.changes.events.push(EventKind::SessionChanged { session: self.session.id });
                }
                Write::SessionUpdate(self.session)
            }
        };
        // First, because a message that comes in is filed under the address that its session has by then.
        self.changes.writes.insert(0, row);
        self.changes
    }

    /// A message that is shown to staff, and sent to the customer where it has a delivery.
    pub(super) fn message(&mut self, message: Message) {
        if let Some(delivery) = &message.delivery {
            self.task(Task::lane_to(&delivery.address), Task::Deliver { message: message.id });
        }
        self.changes.events.push(EventKind::MessageCreated {
            session: Some(self.session.id),
            chat: message.chat,
            message: message.id,
        });
        self.changes.writes.push(Write::MessageInsert(Box::new(message)));
    }

    /// A message of the session changed.
    pub(super) fn message_changed(&mut self, message: MessageId) {
        self.changes.events.push(EventKind::MessageChanged {
            session: Some(self.session.id),
            chat: self.session.chat,
            message,
        });
    }

    /// Work for now.
    pub(super) fn task(&mut self, lane: String, task: Task) {
        self.task_at(lane, task, self.setting.now);
    }

    /// Work for later.
    pub(super) fn task_at(&mut self, lane: String, task: Task, due_at: Timestamp) {
        self.changes.tasks.push(NewTask { id: self.setting.ids.task(), lane, task, due_at });
    }

    /// The timer that looks whether the session has expired in its present state; it renews itself while that lasts.
    pub(super) fn idle_timer(&mut self) {
        if let Some(at) = expires_at(&self.session, self.setting.policy) {
            let (session, state) = (self.session.id, self.session.state.kind());
            self.task_at(Task::lane_idle(session, state), Task::Idle { session, state }, at);
        }
    }

    fn enter(&mut self, next: State) {
        let now = self.setting.now;
        let moved = next.kind() != self.session.state.kind();
        self.session.state = next;
        match self.session.state.kind() {
            StateKind::Queued | StateKind::Active => {
                self.session.handed_over_at.get_or_insert(now);
            }
            StateKind::Closed => self.session.closed_at = Some(now),
            StateKind::Bot | StateKind::Offered => {}
        }
        if moved {
            self.idle_timer();
        }
    }

    /// A message of the bot.
    fn say(&mut self, id: MessageId, say: Say) {
        let Setting { policy, phrases, language, .. } = self.setting;
        let text = |phrase| phrases.text(language, phrase);
        let mut format = TextFormat::Plain;
        let mut shown_sources = Vec::new();
        let (words, prompt) = match say {
            Say::Rules => (phrases.rules(language, policy.max_bot_answers), None),
            Say::Answer { text, format: written, sources } => {
                format = written;
                shown_sources = sources;
                (text, Some(PromptKind::Helped))
            }
            Say::DescribeInWords => (text(Phrase::DescribeInWords), None),
            Say::DescribeFurther => (text(Phrase::DescribeFurther), None),
            Say::Offer(reason) => (text(reason.into()), Some(PromptKind::Ready)),
            Say::OfferAgain => (String::new(), Some(PromptKind::Ready)),
            Say::Declined => (text(Phrase::Declined), None),
            Say::HandedOver => (text(Phrase::HandedOver), None),
            Say::SolvedByBot => (text(Phrase::SolvedByBot), Some(PromptKind::Rate)),
            Say::SolvedByStaff => (text(Phrase::SolvedByStaff), Some(PromptKind::Rate)),
            Say::Expired => (text(Phrase::Expired), None),
        };
        // A question alone is the message's own text, so that a reader of the dialog sees it.
        let words = match prompt {
            Some(kind) if words.is_empty() => text(question(kind)),
            _ => words,
        };
        let mut message = self.bot_message(id, words);
        message.format = format;
        message.sources = shown_sources;
        message.prompt = prompt.map(|kind| Prompt { kind, open: true });
        self.message(message);
    }

    /// Something that the bot tells the customer beside the rules' own words.
    pub(super) fn notify(&mut self, text: String) {
        let message = self.bot_message(self.setting.ids.message(), text);
        self.message(message);
    }

    fn bot_message(&self, id: MessageId, text: String) -> Message {
        let now = self.setting.now;
        let mut message = Message::new(id, self.session.chat, Author::Bot, text, now);
        message.delivery = Some(Delivery::pending(self.session.address.clone(), now));
        message
    }

    fn close_prompt(&mut self, message: MessageId) {
        self.changes.writes.push(Write::PromptClose { message });
        self.message_changed(message);
        self.task(Task::lane_to(&self.session.address), Task::RemoveButtons { message });
    }
}

/// The question that a prompt asks.
pub(super) fn question(kind: PromptKind) -> Phrase {
    match kind {
        PromptKind::Helped => Phrase::Helped,
        PromptKind::Ready => Phrase::Ready,
        PromptKind::Rate => Phrase::Rate,
    }
}
