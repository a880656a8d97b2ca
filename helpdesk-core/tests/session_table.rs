//! The rules of a support dialog (A1–A10, A14, A16), for every pair of a state and an input: what is not in the table fails
//! the test, and so does what is in it twice.

mod session_samples;

use std::collections::{BTreeMap, BTreeSet};

use helpdesk_core::{
    Policy,
    id::Ids,
    session::{
        AnswerOutcome, Decision, Effect, Input, Notice, OfferReason, Refusal, Resolution, Say, Session, State, decide,
    },
    testing::SequentialIds,
};
use session_samples::{GROUPS, HOUR, input, inputs, late, now, staff_name, states};

/// One block per state (or several that behave alike), one line per input (or several): the rule's source, and what
/// happens. “beyond” is what the requirements promise beyond the two source documents.
const TABLE: &str = "
= listening, listening again, listening out of answers
open                    | A3     | stay; say rules
asks for a person       | beyond | queued; say handed over
media                   | A5     | stay; say describe in words
any press               | A6     | stay; notice stale
any answer              | A6     | stay
superseded              | A2     | closed: superseded
join zoe                | A14    | active: zoe; say handed over
join mia                | A14    | active: mia; say handed over
leave zoe, leave mia    | A14    | stay
write zoe, write mia    | A14    | refused: not joined
close mia               | A14    | closed: solved by staff; say solved by staff
idle in time            | beyond | stay
idle too late           | beyond | closed: expired; say expired

= listening, listening again
question                | A4     | answering, turn +1; ask responder

= listening out of answers
question                | A7     | offered; say offer: answers exhausted

= answering, answering the last
open                    | A3     | stay; say rules
question                | A4     | answering, turn +1; ask responder
asks for a person       | beyond | queued; say handed over
media                   | A5     | stay
any press               | A6     | stay; notice stale
answer                  | A6     | confirming, answers +1; say answer
late answer             | A6     | stay
no answer               | beyond | offered; say offer: no answer
bot failed              | beyond | offered; say offer: bot failed
voice not understood    | beyond | offered; say offer: voice not understood
bot hands off           | beyond | queued; say handed over
late no answer          | beyond | stay
late hand-off           | beyond | stay
superseded              | A2     | closed: superseded
join zoe                | A14    | active: zoe; say handed over
join mia                | A14    | active: mia; say handed over
leave zoe, leave mia    | A14    | stay
write zoe, write mia    | A14    | refused: not joined
close mia               | A14    | closed: solved by staff; say solved by staff
idle in time            | beyond | stay
idle too late           | beyond | closed: expired; say expired

= confirming, confirming the last
open                    | A3     | stay; say rules
asks for a person       | beyond | queued; close prompt; say handed over
media                   | A5     | stay; say describe in words
helped                  | A6     | closed: solved by bot; close prompt; say solved by bot; notice taken
any old press           | A6     | stay; notice stale
ready, not ready        | A6     | stay; notice stale
any answer              | A6     | stay
superseded              | A2     | closed: superseded; close prompt
join zoe                | A14    | active: zoe; close prompt; say handed over
join mia                | A14    | active: mia; close prompt; say handed over
leave zoe, leave mia    | A14    | stay
write zoe, write mia    | A14    | refused: not joined
close mia               | A14    | closed: solved by staff; close prompt; say solved by staff
idle in time            | beyond | stay
idle too late           | beyond | closed: expired; close prompt; say expired

= confirming
question                | A6     | answering, turn +1; close prompt; ask responder
did not help            | A6     | listening; close prompt; say describe further; notice taken

= confirming the last
question                | A6, A7 | offered; close prompt; say offer: answers exhausted
did not help            | A6, A7 | offered; close prompt; say offer: answers exhausted; notice taken

= offered
open                    | A3     | stay; say rules
question                | A8     | offered; close prompt; say offer again
asks for a person       | beyond | queued; close prompt; say handed over
media                   | A8     | offered; close prompt; say offer again
ready                   | A10    | queued; close prompt; say handed over; notice taken
not ready               | A9     | closed: declined; close prompt; say declined; notice taken
any old press           | A6     | stay; notice stale
helped, did not help    | A6     | stay; notice stale
any answer              | A6     | stay
superseded              | A2     | closed: superseded; close prompt
join zoe                | A14    | active: zoe; close prompt; say handed over
join mia                | A14    | active: mia; close prompt; say handed over
leave zoe, leave mia    | A14    | stay
write zoe, write mia    | A14    | refused: not joined
close mia               | A14    | closed: solved by staff; close prompt; say solved by staff
idle in time            | beyond | stay
idle too late           | beyond | closed: expired; close prompt; say expired

= queued
open                    | A3     | stay; say rules
any words               | A10    | stay
any press               | A6     | stay; notice stale
any answer              | A10    | stay
superseded              | A16    | closed: superseded
join zoe                | A14    | active: zoe
join mia                | A14    | active: mia
leave zoe, leave mia    | A14    | stay
write zoe, write mia    | A14    | refused: not joined
close mia               | A14    | closed: solved by staff; say solved by staff
idle in time            | beyond | stay
idle too late           | beyond | stay

= active, active with two
open                    | A3     | stay; say rules
any words               | A14    | stay
any press               | A6     | stay; notice stale
any answer              | A14    | stay
superseded              | A16    | closed: superseded
join zoe                | A14    | stay
leave mia               | A14    | stay
write zoe               | A14    | stay
write mia               | A14    | refused: not joined
close mia               | A14    | closed: solved by staff; say solved by staff
idle in time            | beyond | stay
idle too late           | beyond | closed: expired; say expired

= active
join mia                | A14    | active: zoe, mia
leave zoe               | A14    | queued

= active with two
join mia                | A14    | active: adam, zoe, mia
leave zoe               | A14    | active: adam

= any closed
open                    | A6     | stay
any words               | A6     | stay
any choice              | A6     | stay; notice request closed
any answer              | A6     | stay
superseded              | A2     | stay
join zoe, join mia      | A14    | refused: closed
leave zoe, leave mia    | A14    | stay
write zoe, write mia    | A14    | refused: closed
close mia               | A14    | refused: closed
idle in time            | beyond | stay
idle too late           | beyond | stay

= solved by bot, solved by staff
rate                    | beyond | stay; rate 5; close rating; notice rated

= solved by bot and rated, declined, superseded, expired
rate                    | beyond | stay; notice request closed
";

#[test]
fn every_state_and_input_has_one_rule_and_follows_it() {
    let mut rules = parse();
    let mut wrong = Vec::new();
    for (state_name, session) in states() {
        for input_name in inputs() {
            let Some(expected) = rules.remove(&(state_name.to_owned(), input_name.to_owned())) else {
                wrong.push(format!("{state_name} + {input_name}: the table has no rule"));
                continue;
            };
            let decided = decided(&session, input_name);
            if decided != expected {
                wrong.push(format!("{state_name} + {input_name}: expected “{expected}”, got “{decided}”"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rules.is_empty(), "rules for what does not exist: {:?}", rules.keys());
}

/// A new state or input must come with its samples: the matches below stop compiling, or the count is short.
#[test]
fn the_samples_hold_every_state_and_every_input() {
    let sampled: BTreeSet<_> = states()
        .into_iter()
        .map(|(_, session)| match session.state {
            State::Listening { .. } => 1,
            State::Answering { .. } => 2,
            State::Confirming { .. } => 3,
            State::Offered { .. } => 4,
            State::Queued => 5,
            State::Active { .. } => 6,
            State::Closed { .. } => 7,
        })
        .collect();
    assert_eq!(sampled, (1..=7).collect());
    let (_, session) = states().remove(0);
    let sampled: BTreeSet<_> = inputs()
        .into_iter()
        .map(|name| match input(&session, name) {
            Input::Open => 1,
            Input::Question { .. } => 2,
            Input::Media => 3,
            Input::Press(_) => 4,
            Input::Answer { outcome: AnswerOutcome::Found { .. }, .. } => 5,
            Input::Answer { outcome: AnswerOutcome::Offer(_), .. } => 6,
            Input::Answer { outcome: AnswerOutcome::HandOff, .. } => 7,
            Input::Superseded => 8,
            Input::Join(_) => 9,
            Input::Leave(_) => 10,
            Input::Write(_) => 11,
            Input::Close(_) => 12,
            Input::IdleTimer(_) => 13,
        })
        .collect();
    assert_eq!(sampled, (1..=13).collect());
}

/// The table as (state, input) → what happens.
fn parse() -> BTreeMap<(String, String), String> {
    let mut rules = BTreeMap::new();
    let mut block = Vec::new();
    for line in TABLE.lines().filter(|line| !line.is_empty()) {
        if let Some(names) = line.strip_prefix("= ") {
            block = expand(names);
            continue;
        }
        let columns: Vec<_> = line.split('|').map(str::trim).collect();
        let [names, source, outcome] = columns[..] else { panic!("three columns: {line}") };
        assert!(source == "beyond" || source.starts_with('A'), "a rule has a source: {line}");
        for state in &block {
            for input in expand(names) {
                let before = rules.insert((state.clone(), input.clone()), outcome.to_owned());
                assert_eq!(before, None, "{state} + {input} has two rules");
            }
        }
    }
    rules
}

/// Names and groups of names, as single names.
fn expand(names: &str) -> Vec<String> {
    let single = |name: &str| match GROUPS.iter().find(|(group, _)| *group == name) {
        Some((_, members)) => members.iter().map(|member| (*member).to_owned()).collect(),
        None => vec![name.to_owned()],
    };
    names.split(", ").flat_map(single).collect()
}

/// What is decided, in the words of the table.
fn decided(session: &Session, name: &str) -> String {
    let source = SequentialIds::new();
    let at = if name == "idle too late" { late() } else { now() };
    let policy = Policy::default();
    match decide(session, input(session, name), &policy, at, Ids::new(&source, at)) {
        Ok(decision) => words(session, &decision),
        Err(Refusal::Closed) => "refused: closed".to_owned(),
        Err(Refusal::NotJoined) => "refused: not joined".to_owned(),
        Err(other) => format!("refused: {other}"),
    }
}

fn words(session: &Session, decision: &Decision) -> String {
    let mut words = vec![decision.next.as_ref().map_or("stay".to_owned(), |next| state_words(session, next))];
    words.extend(decision.effects.iter().map(|effect| effect_words(session, decision, effect)));
    words.extend(decision.notice.map(|notice| format!("notice {}", notice_words(notice))));
    words.join("; ")
}

fn state_words(session: &Session, next: &State) -> String {
    let (answers_before, turn_before) = match session.state {
        State::Listening { answers, turn }
        | State::Answering { answers, turn }
        | State::Confirming { answers, turn, .. } => (answers, turn),
        _ => (0, 0),
    };
    let counted = |name: &str, answers: u8, turn: u32| {
        let change = |what, by| if by == 0 { String::new() } else { format!(", {what} {by:+}") };
        let answers = change("answers", i64::from(answers) - i64::from(answers_before));
        let turn = change("turn", i64::from(turn) - i64::from(turn_before));
        format!("{name}{answers}{turn}")
    };
    match next {
        State::Listening { answers, turn } => counted("listening", *answers, *turn),
        State::Answering { answers, turn } => counted("answering", *answers, *turn),
        State::Confirming { answers, turn, .. } => counted("confirming", *answers, *turn),
        State::Offered { .. } => "offered".to_owned(),
        State::Queued => "queued".to_owned(),
        State::Active { agents } => {
            format!("active: {}", agents.iter().map(|agent| staff_name(*agent)).collect::<Vec<_>>().join(", "))
        }
        State::Closed { resolution } => format!(
            "closed: {}",
            match resolution {
                Resolution::SolvedByBot => "solved by bot",
                Resolution::SolvedByStaff => "solved by staff",
                Resolution::Declined => "declined",
                Resolution::Superseded => "superseded",
                Resolution::Expired => "expired",
                other => panic!("the table does not know {other:?}"),
            }
        ),
    }
}

fn effect_words(session: &Session, decision: &Decision, effect: &Effect) -> String {
    let next = decision.next.as_ref();
    match effect {
        Effect::Say { id, say } => {
            if let Say::Answer { .. } | Say::Offer(_) | Say::OfferAgain = say {
                assert_eq!(next.and_then(State::open_prompt), Some(*id), "the state knows whose buttons count");
            }
            format!("say {}", say_words(say))
        }
        Effect::ClosePrompt(message) if session.is_closed() => {
            assert_eq!(*message, session_samples::prompt(), "the button's own message loses its buttons");
            "close rating".to_owned()
        }
        Effect::ClosePrompt(message) => {
            assert_eq!(session.state.open_prompt(), Some(*message), "the prompt that was open is closed");
            "close prompt".to_owned()
        }
        Effect::AskResponder { turn: asked } => {
            assert!(matches!(next, Some(State::Answering { turn, .. }) if turn == asked), "asked for its own turn");
            "ask responder".to_owned()
        }
        Effect::Rate(stars) => format!("rate {stars}"),
    }
}

fn say_words(say: &Say) -> &'static str {
    match say {
        Say::Rules => "rules",
        Say::Answer { .. } => "answer",
        Say::DescribeInWords => "describe in words",
        Say::DescribeFurther => "describe further",
        Say::Offer(OfferReason::AnswersExhausted) => "offer: answers exhausted",
        Say::Offer(OfferReason::NoAnswer) => "offer: no answer",
        Say::Offer(OfferReason::BotFailed) => "offer: bot failed",
        Say::Offer(OfferReason::VoiceNotUnderstood) => "offer: voice not understood",
        Say::Offer(other) => panic!("the table does not know {other:?}"),
        Say::OfferAgain => "offer again",
        Say::Declined => "declined",
        Say::HandedOver => "handed over",
        Say::SolvedByBot => "solved by bot",
        Say::SolvedByStaff => "solved by staff",
        Say::Expired => "expired",
    }
}

fn notice_words(notice: Notice) -> &'static str {
    match notice {
        Notice::Taken => "taken",
        Notice::Stale => "stale",
        Notice::RequestClosed => "request closed",
        Notice::Rated => "rated",
        other => panic!("the table does not know {other:?}"),
    }
}

/// Beyond the source: a session that nobody touches expires by policy, each state by its own.
#[test]
fn each_state_expires_at_its_own_time_or_never() {
    let mut policy = Policy::default();
    policy.idle.bot = Some(HOUR);
    policy.idle.offered = Some(HOUR * 2);
    policy.idle.queued = Some(HOUR * 3);
    policy.idle.active = Some(HOUR * 4);
    let mut never = policy.clone();
    (never.idle.bot, never.idle.offered, never.idle.queued, never.idle.active) = (None, None, None, None);
    for (name, session) in states() {
        let after = match &session.state {
            State::Listening { .. } | State::Answering { .. } | State::Confirming { .. } => HOUR,
            State::Offered { .. } => HOUR * 2,
            State::Queued => HOUR * 3,
            State::Active { .. } => HOUR * 4,
            State::Closed { .. } => continue,
        };
        let source = SequentialIds::new();
        let timer = |at, policy| {
            let decision = decide(&session, Input::IdleTimer(at), policy, at, Ids::new(&source, at));
            decision.expect("a timer is never refused").next
        };
        let just_before = session.touched_at + after - std::time::Duration::from_micros(1);
        assert_eq!(timer(just_before, &policy), None, "{name} expires too early");
        let expired = Some(State::Closed { resolution: Resolution::Expired });
        assert_eq!(timer(session.touched_at + after, &policy), expired, "{name} does not expire");
        assert_eq!(timer(late(), &never), None, "{name} expires without a policy");
    }
}

/// A6: `max_bot_answers` is the host's to set; 0 offers a person at the first question.
#[test]
fn a_host_may_set_how_often_the_bot_answers() {
    let (_, listening) = states().into_iter().find(|(name, _)| *name == "listening").expect("it is a sample");
    for (max_bot_answers, answers, asked) in [(0, 0, false), (1, 0, true), (1, 1, false), (255, 254, true)] {
        let session = Session { state: State::Listening { answers, turn: 0 }, ..listening.clone() };
        let policy = Policy { max_bot_answers, ..Policy::default() };
        let source = SequentialIds::new();
        let question = Input::Question { wants_person: false };
        let decision = decide(&session, question, &policy, now(), Ids::new(&source, now())).expect("never refused");
        let asks = matches!(decision.effects[..], [Effect::AskResponder { .. }]);
        assert_eq!(asks, asked, "{answers} of {max_bot_answers} answers given");
    }
}

/// A16: a request that was closed by a newer one counts as resolved, and so do those that somebody solved.
#[test]
fn superseded_sessions_count_as_resolved() {
    let resolved = [Resolution::SolvedByBot, Resolution::SolvedByStaff, Resolution::Superseded];
    let unresolved = [Resolution::Declined, Resolution::Expired];
    assert!(resolved.into_iter().all(Resolution::is_resolved));
    assert!(!unresolved.into_iter().any(Resolution::is_resolved));
}
