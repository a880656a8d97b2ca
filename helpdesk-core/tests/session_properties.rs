//! The rules of a support dialog under random sequences of inputs: duplicated, out of order, and late.
//!
//! A customer has all the sessions that they ever opened, and everybody who acts (the customer pressing old buttons, the
//! responder answering old questions, staff with an old screen) may act on any of them. After every step the promises of
//! A2, A6, A14 and A16 are looked at.
//!
//! A failure prints the shortest sequence that was found, and keeps its seed in `session_properties.regressions` beside this
//! file, which is run first from then on and belongs into the repository. `PROPTEST_CASES=10000` looks harder,
//! `PROPTEST_RNG_SEED=<number>` repeats a whole run.

use std::{collections::BTreeSet, time::Duration};

use helpdesk_core::{
    Address, ChannelName, MessageId, Policy, Session, StaffId,
    id::Ids,
    message::{Choice, TextFormat},
    session::{AnswerOutcome, Decision, Effect, Input, OfferReason, Say, State, decide},
    testing::SequentialIds,
};
use jiff::Timestamp;
use proptest::{prelude::*, sample::Index, test_runner::FileFailurePersistence};

/// One thing that somebody does. An [`Index`] picks among what there is by then: sessions, messages, questions.
#[derive(Debug, Clone)]
enum Step {
    /// The customer opens a request, which closes the one before it.
    Open,
    /// The customer writes.
    Question {
        wants_person: bool,
    },
    /// The customer sends a picture.
    Media,
    /// The customer presses a button under any message that ever had one.
    Press {
        message: Index,
        yes: bool,
    },
    /// The customer rates any of their sessions.
    Rate {
        session: Index,
        stars: u8,
    },
    /// The responder is done with any question that it was ever asked, perhaps again.
    Answer {
        question: Index,
        outcome: u8,
    },
    /// Staff do something to any session.
    Join {
        session: Index,
        staff: u8,
    },
    Leave {
        session: Index,
        staff: u8,
    },
    Write {
        session: Index,
        staff: u8,
    },
    Close {
        session: Index,
        staff: u8,
    },
    /// Time passes, and the timers of all sessions go off.
    Wait {
        hours: u8,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    let staff = 0..3_u8;
    prop_oneof![
        2 => Just(Step::Open),
        6 => prop::bool::weighted(0.1).prop_map(|wants_person| Step::Question { wants_person }),
        2 => Just(Step::Media),
        6 => (index(), any::<bool>()).prop_map(|(message, yes)| Step::Press { message, yes }),
        1 => (index(), 1..=5_u8).prop_map(|(session, stars)| Step::Rate { session, stars }),
        8 => (index(), 0..8_u8).prop_map(|(question, outcome)| Step::Answer { question, outcome }),
        2 => (index(), staff.clone()).prop_map(|(session, staff)| Step::Join { session, staff }),
        1 => (index(), staff.clone()).prop_map(|(session, staff)| Step::Leave { session, staff }),
        2 => (index(), staff.clone()).prop_map(|(session, staff)| Step::Write { session, staff }),
        1 => (index(), staff).prop_map(|(session, staff)| Step::Close { session, staff }),
        1 => (1..200_u8).prop_map(|hours| Step::Wait { hours }),
    ]
}

/// A customer's sessions, and what has become of each.
struct World {
    source: SequentialIds,
    policy: Policy,
    now: Timestamp,
    sessions: Vec<Seen>,
    /// Every message with buttons, and the session that it stands in.
    prompts: Vec<(usize, Say, MessageId)>,
    /// Every question that the responder was asked: its session and its turn.
    questions: Vec<(usize, u32)>,
}

struct Seen {
    session: Session,
    /// Answers that the bot has given.
    answers: u32,
    /// Whether a person was ever in it.
    person_joined: bool,
    /// Messages whose buttons count, by what was said and closed.
    open_prompts: BTreeSet<MessageId>,
}

impl World {
    fn new(max_bot_answers: u8) -> Self {
        Self {
            source: SequentialIds::new(),
            policy: Policy { max_bot_answers, ..Policy::default() },
            now: Timestamp::constant(1_780_315_200, 0),
            sessions: Vec::new(),
            prompts: Vec::new(),
            questions: Vec::new(),
        }
    }

    fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match *step {
            Step::Open => self.open()?,
            Step::Question { wants_person } => self.on_unclosed(&Input::Question { wants_person })?,
            Step::Media => self.on_unclosed(&Input::Media)?,
            Step::Press { message, yes } => {
                if let Some((session, said, prompt)) = pick(&self.prompts, message) {
                    let choice = match said {
                        Say::Answer { .. } => Choice::Helped { prompt, yes },
                        _ => Choice::Ready { prompt, yes },
                    };
                    self.act(session, &Input::Press(choice))?;
                }
            }
            Step::Rate { session, stars } => {
                let prompt = Ids::new(&self.source, self.now).message();
                self.on(session, &Input::Press(Choice::Rate { prompt, stars }))?;
            }
            Step::Answer { question, outcome } => {
                if let Some((session, turn)) = pick(&self.questions, question) {
                    self.act(session, &Input::Answer { turn, outcome: answer(outcome) })?;
                }
            }
            Step::Join { session, staff } => self.on(session, &Input::Join(person(staff)))?,
            Step::Leave { session, staff } => self.on(session, &Input::Leave(person(staff)))?,
            Step::Write { session, staff } => self.on(session, &Input::Write(person(staff)))?,
            Step::Close { session, staff } => self.on(session, &Input::Close(person(staff)))?,
            Step::Wait { hours } => {
                self.now += Duration::from_hours(u64::from(hours));
                for session in 0..self.sessions.len() {
                    self.act(session, &Input::IdleTimer(self.now))?;
                }
            }
        }
        self.check_customer()
    }

    /// A2, A16: a new request closes the unclosed one first.
    fn open(&mut self) -> Result<(), TestCaseError> {
        if let Some(unclosed) = self.unclosed() {
            self.act(unclosed, &Input::Superseded)?;
        }
        let ids = Ids::new(&self.source, self.now);
        let address = Address::new(ChannelName::new("telegram").expect("a name"), "42").expect("it fits");
        let session = Session::open(ids.session(), ids.chat(), ids.customer(), address, self.now);
        self.sessions.push(Seen { session, answers: 0, person_joined: false, open_prompts: BTreeSet::new() });
        self.act(self.sessions.len() - 1, &Input::Open)
    }

    fn unclosed(&self) -> Option<usize> {
        self.sessions.iter().position(|seen| !seen.session.is_closed())
    }

    fn on_unclosed(&mut self, input: &Input) -> Result<(), TestCaseError> {
        match self.unclosed() {
            Some(session) => self.act(session, input),
            None => Ok(()),
        }
    }

    fn on(&mut self, session: Index, input: &Input) -> Result<(), TestCaseError> {
        if self.sessions.is_empty() {
            return Ok(());
        }
        self.act(session.index(self.sessions.len()), input)
    }

    /// Decides `input`, checks the decision against the promises, and carries it out.
    fn act(&mut self, place: usize, input: &Input) -> Result<(), TestCaseError> {
        let before = self.sessions[place].session.clone();
        let ids = Ids::new(&self.source, self.now);
        let Ok(decision) = decide(&before, input.clone(), &self.policy, self.now, ids) else {
            prop_assert!(
                matches!(input, Input::Join(_) | Input::Write(_) | Input::Close(_)),
                "staff alone are refused, not {input:?}"
            );
            return Ok(());
        };
        self.check_decision(place, input, &decision)?;
        let seen = &mut self.sessions[place];
        for effect in &decision.effects {
            match effect {
                Effect::Say { id, say } => {
                    if let Say::Answer { .. } | Say::Offer(_) | Say::OfferAgain = say {
                        seen.open_prompts.insert(*id);
                        self.prompts.push((place, say.clone(), *id));
                    }
                    seen.answers += u32::from(matches!(say, Say::Answer { .. }));
                }
                Effect::ClosePrompt(message) => {
                    let was_open = seen.open_prompts.remove(message);
                    prop_assert!(was_open || before.is_closed(), "a prompt is closed once");
                }
                Effect::AskResponder { turn } => self.questions.push((place, *turn)),
                Effect::Rate(stars) => seen.session.rating = Some(*stars),
            }
        }
        if let Some(next) = decision.next {
            seen.session.state = next;
            seen.session.revision += 1;
        }
        seen.session.touched_at = self.now;
        seen.person_joined |= matches!(seen.session.state, State::Active { .. });
        let counts: BTreeSet<_> = seen.session.state.open_prompt().into_iter().collect();
        prop_assert_eq!(&seen.open_prompts, &counts, "the buttons in sight are those that count (A6)");
        prop_assert!(seen.answers <= u32::from(self.policy.max_bot_answers), "{} answers (A6)", seen.answers);
        Ok(())
    }

    fn check_decision(&self, place: usize, input: &Input, decision: &Decision) -> Result<(), TestCaseError> {
        let Seen { session, person_joined, .. } = &self.sessions[place];
        let says: Vec<&Say> = decision
            .effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Say { say, .. } => Some(say),
                _ => None,
            })
            .collect();
        if session.is_closed() {
            prop_assert_eq!(&decision.next, &None, "a closed session never moves");
            prop_assert!(says.is_empty(), "a closed session never speaks: {:?}", says);
            let asks = decision.effects.iter().any(|effect| matches!(effect, Effect::AskResponder { .. }));
            prop_assert!(!asks, "a closed session asks nothing");
        }
        let closes = matches!(decision.next, Some(State::Closed { .. }));
        if *person_joined && !closes {
            prop_assert!(says.is_empty(), "the bot speaks over a person (A14): {:?}", says);
        }
        if let Input::Answer { turn, .. } = input {
            let waits = matches!(session.state, State::Answering { turn: asked, .. } if asked == *turn);
            prop_assert!(waits || *decision == Decision::default(), "a late answer lands: {:?}", decision);
            prop_assert!(!waits || decision.next.is_some(), "an answer in time is lost");
        }
        if matches!(input, Input::Superseded) {
            prop_assert!(says.is_empty(), "a superseded session ends without a word");
        }
        Ok(())
    }

    fn check_customer(&self) -> Result<(), TestCaseError> {
        let unclosed = self.sessions.iter().filter(|seen| !seen.session.is_closed()).count();
        prop_assert!(unclosed <= 1, "{} unclosed sessions (A2)", unclosed);
        for Seen { session, .. } in &self.sessions {
            let agents: BTreeSet<_> = session.agents().iter().collect();
            prop_assert_eq!(agents.len(), session.agents().len(), "nobody is in a dialog twice");
            prop_assert!(
                !matches!(&session.state, State::Active { agents } if agents.is_empty()),
                "an active session has somebody in it"
            );
        }
        Ok(())
    }
}

fn pick<T: Clone>(from: &[T], index: Index) -> Option<T> {
    (!from.is_empty()).then(|| from[index.index(from.len())].clone())
}

fn person(number: u8) -> StaffId {
    StaffId::from_uuid(uuid::Uuid::from_u128(u128::from(number) + 1))
}

/// Mostly an answer, now and then everything else.
fn answer(number: u8) -> AnswerOutcome {
    match number {
        0 => AnswerOutcome::Offer(OfferReason::NoAnswer),
        1 => AnswerOutcome::Offer(OfferReason::BotFailed),
        2 => AnswerOutcome::HandOff,
        _ => AnswerOutcome::Found { text: "Try this.".to_owned(), format: TextFormat::Plain, sources: Vec::new() },
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    /// A2, A6, A14, A16.
    #[test]
    fn no_order_of_inputs_breaks_a_promise(
        max_bot_answers in 0..5_u8,
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut world = World::new(max_bot_answers);
        world.open()?;
        for step in steps {
            world.take(&step)?;
        }
    }

    /// The same input on the same session is decided the same, so that a decision can be made again after a conflict.
    #[test]
    fn a_decision_made_again_is_the_same(
        max_bot_answers in 0..5_u8,
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let run = || {
            let mut world = World::new(max_bot_answers);
            world.open()?;
            for step in steps.clone() {
                world.take(&step)?;
            }
            Ok::<_, TestCaseError>(world.sessions.into_iter().map(|seen| seen.session).collect::<Vec<_>>())
        };
        prop_assert_eq!(run()?, run()?);
    }
}
