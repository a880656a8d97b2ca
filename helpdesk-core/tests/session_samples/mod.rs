//! The states and inputs that the table of rules is checked over, by name.

use std::time::Duration;

use helpdesk_core::{
    Address, ChannelName, MessageId, Session, StaffId,
    id::Ids,
    message::{Choice, TextFormat},
    session::{AnswerOutcome, Input, OfferReason, Resolution, State},
    testing::SequentialIds,
};
use jiff::Timestamp;

/// One hour.
pub(crate) const HOUR: Duration = Duration::from_hours(1);

/// Names that stand for several.
pub(crate) const GROUPS: &[(&str, &[&str])] = &[
    (
        "any closed",
        &["solved by bot", "solved by bot and rated", "solved by staff", "declined", "superseded", "expired"],
    ),
    ("any words", &["question", "asks for a person", "media"]),
    ("any old press", &["helped (old)", "did not help (old)", "ready (old)", "not ready (old)", "rate"]),
    ("any choice", &CHOICES),
    (
        "any press",
        &[
            "helped",
            "did not help",
            "ready",
            "not ready",
            "helped (old)",
            "did not help (old)",
            "ready (old)",
            "not ready (old)",
            "rate",
        ],
    ),
    ("any answer", &ANSWERS),
];

/// All buttons but the rating.
const CHOICES: [&str; 8] = [
    "helped",
    "did not help",
    "ready",
    "not ready",
    "helped (old)",
    "did not help (old)",
    "ready (old)",
    "not ready (old)",
];

const ANSWERS: [&str; 8] = [
    "answer",
    "no answer",
    "bot failed",
    "voice not understood",
    "bot hands off",
    "late answer",
    "late no answer",
    "late hand-off",
];

/// Every input by name.
pub(crate) fn inputs() -> Vec<&'static str> {
    let others = [
        "open",
        "question",
        "asks for a person",
        "media",
        "rate",
        "superseded",
        "join zoe",
        "join mia",
        "leave zoe",
        "leave mia",
        "write zoe",
        "write mia",
        "close mia",
        "idle in time",
        "idle too late",
    ];
    CHOICES.into_iter().chain(ANSWERS).chain(others).collect()
}

/// When the sessions were last touched.
pub(crate) fn now() -> Timestamp {
    Timestamp::constant(1_780_315_200, 0)
}

/// When every session that can expire has expired.
pub(crate) fn late() -> Timestamp {
    now() + HOUR * 24 * 30
}

/// The ids of everything in the samples: always the same.
fn id(number: u64) -> uuid::Uuid {
    uuid::Uuid::from_u64_pair(0x7000, 0x8000_0000_0000_0000 | number)
}

/// The message whose buttons count, where any do.
pub(crate) fn prompt() -> MessageId {
    MessageId::from_uuid(id(1))
}

fn old_prompt() -> MessageId {
    MessageId::from_uuid(id(2))
}

const STAFF: [(&str, u64); 3] = [("zoe", 10), ("adam", 11), ("mia", 12)];

fn staff(name: &str) -> StaffId {
    let (_, number) = STAFF.into_iter().find(|(known, _)| *known == name).expect("one of the staff");
    StaffId::from_uuid(id(number))
}

/// The name of one of the staff.
pub(crate) fn staff_name(staff_id: StaffId) -> &'static str {
    STAFF.into_iter().find(|(name, _)| staff(name) == staff_id).expect("one of the staff").0
}

/// Every state by name, in a session that was last touched at [`now`].
pub(crate) fn states() -> Vec<(&'static str, Session)> {
    let closed = |resolution| State::Closed { resolution };
    let active = |names: &[&str]| State::Active { agents: names.iter().map(|name| staff(name)).collect() };
    let confirming = |answers, turn| State::Confirming { answers, turn, answer: prompt() };
    let states = [
        ("listening", State::Listening { answers: 0, turn: 0 }),
        ("listening again", State::Listening { answers: 2, turn: 2 }),
        // The host has lowered the limit since.
        ("listening out of answers", State::Listening { answers: 3, turn: 3 }),
        ("answering", State::Answering { answers: 0, turn: 1 }),
        ("answering the last", State::Answering { answers: 2, turn: 5 }),
        ("confirming", confirming(2, 4)),
        ("confirming the last", confirming(3, 3)),
        ("offered", State::Offered { prompt: prompt() }),
        ("queued", State::Queued),
        ("active", active(&["zoe"])),
        ("active with two", active(&["adam", "zoe"])),
        ("solved by bot", closed(Resolution::SolvedByBot)),
        ("solved by bot and rated", closed(Resolution::SolvedByBot)),
        ("solved by staff", closed(Resolution::SolvedByStaff)),
        ("declined", closed(Resolution::Declined)),
        ("superseded", closed(Resolution::Superseded)),
        ("expired", closed(Resolution::Expired)),
    ];
    let source = SequentialIds::new();
    let ids = Ids::new(&source, now());
    let address = Address::new(ChannelName::new("telegram").expect("it is a name"), "42").expect("it fits");
    let session = Session::open(ids.session(), ids.chat(), ids.customer(), address, now());
    states
        .map(|(name, state)| {
            let rating = (name == "solved by bot and rated").then_some(4);
            (name, Session { state, rating, ..session.clone() })
        })
        .into()
}

/// The input of this name, for `session`.
pub(crate) fn input(session: &Session, name: &str) -> Input {
    let helped = |prompt, yes| Input::Press(Choice::Helped { prompt, yes });
    let ready = |prompt, yes| Input::Press(Choice::Ready { prompt, yes });
    // The question that is being answered, if any; a late answer is for the one before it.
    let turn = match session.state {
        State::Answering { turn, .. } | State::Confirming { turn, .. } | State::Listening { turn, .. } => turn,
        _ => 1,
    };
    let answer = |turn, outcome| Input::Answer { turn, outcome };
    let late = turn.wrapping_sub(1);
    let found =
        || AnswerOutcome::Found { text: "Try this.".to_owned(), format: TextFormat::Plain, sources: Vec::new() };
    let offer = AnswerOutcome::Offer;
    match name {
        "open" => Input::Open,
        "question" => Input::Question { wants_person: false },
        "asks for a person" => Input::Question { wants_person: true },
        "media" => Input::Media,
        "helped" => helped(prompt(), true),
        "did not help" => helped(prompt(), false),
        "helped (old)" => helped(old_prompt(), true),
        "did not help (old)" => helped(old_prompt(), false),
        "ready" => ready(prompt(), true),
        "not ready" => ready(prompt(), false),
        "ready (old)" => ready(old_prompt(), true),
        "not ready (old)" => ready(old_prompt(), false),
        "rate" => Input::Press(Choice::Rate { prompt: prompt(), stars: 5 }),
        "answer" => answer(turn, found()),
        "no answer" => answer(turn, offer(OfferReason::NoAnswer)),
        "bot failed" => answer(turn, offer(OfferReason::BotFailed)),
        "voice not understood" => answer(turn, offer(OfferReason::VoiceNotUnderstood)),
        "bot hands off" => answer(turn, AnswerOutcome::HandOff),
        "late answer" => answer(late, found()),
        "late no answer" => answer(late, offer(OfferReason::NoAnswer)),
        "late hand-off" => answer(late, AnswerOutcome::HandOff),
        "superseded" => Input::Superseded,
        "join zoe" => Input::Join(staff("zoe")),
        "join mia" => Input::Join(staff("mia")),
        "leave zoe" => Input::Leave(staff("zoe")),
        "leave mia" => Input::Leave(staff("mia")),
        "write zoe" => Input::Write(staff("zoe")),
        "write mia" => Input::Write(staff("mia")),
        "close mia" => Input::Close(staff("mia")),
        "idle in time" => Input::IdleTimer(now()),
        "idle too late" => Input::IdleTimer(self::late()),
        other => panic!("there is no input {other:?}"),
    }
}
