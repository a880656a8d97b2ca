//! The rules of a support dialog (A1–A10, A14, A16), in one `match` over state and input.
//!
//! A decision is pure: the same session, input, policy and ids give the same result, and nothing happens until the caller
//! commits it. What a customer does is never refused, only answered; what staff do can be, with a [`Refusal`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AnswerOutcome, Input, OfferReason, Policy, Resolution, Session, State};
use crate::{
    clock::later,
    id::{Ids, MessageId, StaffId},
    message::{Choice, TextFormat},
    responder::Source,
};

/// What follows from an input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// The next state; `None` leaves it as it is.
    pub next: Option<State>,
    /// What to do, in order.
    pub effects: Vec<Effect>,
    /// What a pressed button answers on the spot.
    pub notice: Option<Notice>,
}

/// Something that a decision does besides moving the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The bot says something.
    Say {
        /// The id of the new message.
        id: MessageId,
        /// What it says.
        say: Say,
    },
    /// The buttons under this message no longer count and are taken away.
    ClosePrompt(MessageId),
    /// The responder is asked for an answer to question number `turn`.
    AskResponder {
        /// The question's number.
        turn: u32,
    },
    /// The customer's rating is kept.
    Rate(u8),
}

/// What the bot can say. The words are phrases, by language and replaceable by the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Say {
    /// The rules of communication (A3).
    Rules,
    /// An answer, with “Did it help?” under it (A6).
    Answer {
        /// The text.
        text: String,
        /// How it is written.
        format: TextFormat,
        /// Where it comes from.
        sources: Vec<Source>,
    },
    /// Please describe the problem by text or voice (A5).
    DescribeInWords,
    /// Please describe the problem further (A6).
    DescribeFurther,
    /// The bot cannot help and proposes support, with “Are you ready?” under it (A7, A8).
    Offer(OfferReason),
    /// “Are you ready?” once more (A8).
    OfferAgain,
    /// Please open a new request and use other words (A9).
    Declined,
    /// A live person will write in this very dialog (A10).
    HandedOver,
    /// Glad that it helped, with “How was it?” under it.
    SolvedByBot,
    /// Support closed the request, with “How was it?” under it.
    SolvedByStaff,
    /// The request was closed because nobody touched it.
    Expired,
}

/// The short answer to a pressed button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Notice {
    /// The choice was taken.
    Taken,
    /// The button is old; nothing changed (A6).
    Stale,
    /// The request is closed; nothing changed (A6).
    RequestClosed,
    /// Thanks for the rating.
    Rated,
}

/// Why staff cannot do what they asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The session is over.
    #[error("the session is closed")]
    Closed,
    /// Writing needs joining first (A14).
    #[error("join the discussion before you write to the customer")]
    NotJoined,
}

/// Decides what `input` does to `session` at `now`.
///
/// # Errors
///
/// A [`Refusal`], for the inputs of staff alone.
#[expect(clippy::match_same_arms, reason = "each arm is a rule of its own, to be held against the requirements")]
pub fn decide(
    session: &Session,
    input: Input,
    policy: &Policy,
    now: Timestamp,
    ids: Ids<'_>,
) -> Result<Decision, Refusal> {
    let turn_of = Turn { session, policy, ids };
    Ok(match (&session.state, input) {
        // A closed session never speaks and never moves; what is kept is the rating.
        (State::Closed { resolution }, Input::Press(choice)) => turn_of.press_when_closed(*resolution, choice),
        (State::Closed { .. }, Input::Join(_) | Input::Write(_) | Input::Close(_)) => return Err(Refusal::Closed),
        (State::Closed { .. }, _) => Decision::stay(),

        // A3: the rules come first.
        (_, Input::Open) => Decision::stay().say(ids, Say::Rules),

        // A2, A16: a newer request closes this one, whatever it was doing, without a word.
        (state, Input::Superseded) => close(state, Resolution::Superseded),

        // A customer who asks for a person gets one at once.
        (
            State::Listening { .. } | State::Answering { .. } | State::Confirming { .. } | State::Offered { .. },
            Input::Question { wants_person: true },
        ) => turn_of.hand_over(),

        // A4, A5: the bot answers words and asks for words.
        (State::Listening { answers, turn }, Input::Question { .. }) => turn_of.ask(*answers, *turn),
        (State::Listening { .. } | State::Confirming { .. }, Input::Media) => {
            Decision::stay().say(ids, Say::DescribeInWords)
        }

        // More words while the responder works belong to the same question: it is asked anew, with all of them.
        (State::Answering { answers, turn }, Input::Question { .. }) => turn_of.ask(*answers, *turn),
        // The question is described already; a picture beside it needs no remark.
        (State::Answering { .. }, Input::Media) => Decision::stay(),
        (State::Answering { answers, turn }, Input::Answer { turn: answered, outcome }) if *turn == answered => {
            turn_of.answer(*answers, *turn, outcome)
        }

        // A6: yes solves it; no, or a new question instead of a button, goes on.
        (State::Confirming { answer, .. }, Input::Press(Choice::Helped { prompt: pressed, yes: true }))
            if *answer == pressed =>
        {
            close(&session.state, Resolution::SolvedByBot).say(ids, Say::SolvedByBot).notice(Notice::Taken)
        }
        (State::Confirming { answers, turn, answer }, Input::Press(Choice::Helped { prompt: pressed, yes: false }))
            if *answer == pressed =>
        {
            turn_of.not_helped(*answers, *turn).notice(Notice::Taken)
        }
        (State::Confirming { answers, turn, .. }, Input::Question { .. }) => turn_of.ask(*answers, *turn),

        // A8–A10: the customer chooses between support and another try.
        (State::Offered { prompt }, Input::Press(Choice::Ready { prompt: pressed, yes: true }))
            if *prompt == pressed =>
        {
            turn_of.hand_over().notice(Notice::Taken)
        }
        (State::Offered { prompt }, Input::Press(Choice::Ready { prompt: pressed, yes: false }))
            if *prompt == pressed =>
        {
            close(&session.state, Resolution::Declined).say(ids, Say::Declined).notice(Notice::Taken)
        }
        (State::Offered { .. }, Input::Question { .. } | Input::Media) => turn_of.offer(Say::OfferAgain),

        // A10, A14: from here on people speak; the bot is silent, and its late answers are dropped.
        (State::Queued | State::Active { .. }, Input::Question { .. } | Input::Media) => Decision::stay(),
        (_, Input::Answer { .. }) => Decision::stay(),

        // A6: an old or a forged button changes nothing and says so.
        (_, Input::Press(_)) => Decision::stay().notice(Notice::Stale),

        // A14: many agents can be in one dialog.
        (State::Active { agents }, Input::Join(staff)) => join(agents, staff),
        (State::Queued, Input::Join(staff)) => Decision::to(State::Active { agents: vec![staff] }),
        // An admin may step in while the bot still has it: the customer is told, and the bot falls silent.
        (state, Input::Join(staff)) => {
            Decision::to(State::Active { agents: vec![staff] }).close_prompt(state).say(ids, Say::HandedOver)
        }
        (State::Active { agents }, Input::Leave(staff)) => leave(agents, staff),
        (_, Input::Leave(_)) => Decision::stay(),
        (State::Active { agents }, Input::Write(staff)) if agents.contains(&staff) => Decision::stay(),
        (_, Input::Write(_)) => return Err(Refusal::NotJoined),
        (state, Input::Close(_)) => close(state, Resolution::SolvedByStaff).say(ids, Say::SolvedByStaff),

        (state, Input::IdleTimer(_)) => match expires_at(session, policy) {
            Some(at) if at <= now => close(state, Resolution::Expired).say(ids, Say::Expired),
            _ => Decision::stay(),
        },
    })
}

/// When `session` expires if nobody touches it; `None` for never.
pub fn expires_at(session: &Session, policy: &Policy) -> Option<Timestamp> {
    let idle = match session.state {
        State::Listening { .. } | State::Answering { .. } | State::Confirming { .. } => policy.idle.bot,
        State::Offered { .. } => policy.idle.offered,
        State::Queued => policy.idle.queued,
        State::Active { .. } => policy.idle.active,
        State::Closed { .. } => None,
    };
    idle.map(|idle| later(session.touched_at, idle))
}

/// What the rules with more than one step need.
struct Turn<'a> {
    session: &'a Session,
    policy: &'a Policy,
    ids: Ids<'a>,
}

impl Turn<'_> {
    /// A new question: to the responder while it has answers left, to a person otherwise (A6, A7).
    fn ask(&self, answers: u8, turn: u32) -> Decision {
        if answers >= self.policy.max_bot_answers {
            return self.offer(Say::Offer(OfferReason::AnswersExhausted));
        }
        let turn = turn.saturating_add(1);
        Decision::to(State::Answering { answers, turn })
            .close_prompt(&self.session.state)
            .effect(Effect::AskResponder { turn })
    }

    /// The responder's result (A6).
    fn answer(&self, answers: u8, turn: u32, outcome: AnswerOutcome) -> Decision {
        match outcome {
            AnswerOutcome::Found { text, format, sources } => {
                let id = self.ids.message();
                Decision::to(State::Confirming { answers: answers.saturating_add(1), turn, answer: id })
                    .effect(Effect::Say { id, say: Say::Answer { text, format, sources } })
            }
            AnswerOutcome::Offer(reason) => self.offer(Say::Offer(reason)),
            AnswerOutcome::HandOff => self.hand_over(),
        }
    }

    /// “No” under an answer: on to the next question, or to a person after the last allowed answer (A6, A7).
    fn not_helped(&self, answers: u8, turn: u32) -> Decision {
        if answers >= self.policy.max_bot_answers {
            return self.offer(Say::Offer(OfferReason::AnswersExhausted));
        }
        Decision::to(State::Listening { answers, turn })
            .close_prompt(&self.session.state)
            .say(self.ids, Say::DescribeFurther)
    }

    /// Asks whether the customer is ready for support (A7, A8).
    fn offer(&self, say: Say) -> Decision {
        let id = self.ids.message();
        Decision::to(State::Offered { prompt: id }).close_prompt(&self.session.state).effect(Effect::Say { id, say })
    }

    /// To the people (A10).
    fn hand_over(&self) -> Decision {
        Decision::to(State::Queued).close_prompt(&self.session.state).say(self.ids, Say::HandedOver)
    }

    /// A button pressed after the end: a rating counts once, all others are old (A6).
    fn press_when_closed(&self, resolution: Resolution, choice: Choice) -> Decision {
        let asked = matches!(resolution, Resolution::SolvedByBot | Resolution::SolvedByStaff);
        match choice {
            Choice::Rate { prompt, stars } if asked && self.session.rating.is_none() => {
                Decision::stay().effect(Effect::Rate(stars)).effect(Effect::ClosePrompt(prompt)).notice(Notice::Rated)
            }
            _ => Decision::stay().notice(Notice::RequestClosed),
        }
    }
}

fn close(state: &State, resolution: Resolution) -> Decision {
    Decision::to(State::Closed { resolution }).close_prompt(state)
}

fn join(agents: &[StaffId], staff: StaffId) -> Decision {
    if agents.contains(&staff) {
        return Decision::stay();
    }
    let mut agents = agents.to_vec();
    agents.push(staff);
    Decision::to(State::Active { agents })
}

/// The last one to leave puts the session back into the queue.
fn leave(agents: &[StaffId], staff: StaffId) -> Decision {
    let left: Vec<_> = agents.iter().copied().filter(|agent| *agent != staff).collect();
    match left.len() {
        0 => Decision::to(State::Queued),
        count if count == agents.len() => Decision::stay(),
        _ => Decision::to(State::Active { agents: left }),
    }
}

impl Decision {
    fn stay() -> Self {
        Self::default()
    }

    fn to(state: State) -> Self {
        Self { next: Some(state), ..Self::default() }
    }

    fn effect(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    fn say(self, ids: Ids<'_>, say: Say) -> Self {
        let id = ids.message();
        self.effect(Effect::Say { id, say })
    }

    fn close_prompt(self, state: &State) -> Self {
        match state.open_prompt() {
            Some(message) => self.effect(Effect::ClosePrompt(message)),
            None => self,
        }
    }

    fn notice(mut self, notice: Notice) -> Self {
        self.notice = Some(notice);
        self
    }
}
