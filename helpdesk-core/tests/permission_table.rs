//! Who may do what: every role, action and relation (A11–A14). What is not in the table fails the test.

use std::collections::BTreeMap;

use helpdesk_core::{
    Actor, Address, ChannelName, Role, Session, StaffId,
    id::Ids,
    permission::{Action, Denied, Relation, allowed},
    session::{Resolution, State},
    testing::SequentialIds,
};
use jiff::Timestamp;

const AGENT: Role = Role::Agent;
const ADMIN: Role = Role::Admin;

/// One letter per relation, in the order of the head: `y` is allowed, `n` is forbidden, `h` is hidden (the actor may not
/// even know that it exists).
const HEAD: [Relation; 5] = [Relation::WithBot, Relation::HandedOver, Relation::Joined, Relation::Own, Relation::Other];

#[rustfmt::skip]
const TABLE: [(Action, Role, &str, &str); 20] = [
    // Sessions: an agent sees what was handed over to people, an admin sees all.
    (Action::SessionRead,   AGENT, "hyynn", "A12, A13"),
    (Action::SessionRead,   ADMIN, "yyynn", "C7"),
    (Action::SessionJoin,   AGENT, "hyynn", "A14"),
    (Action::SessionJoin,   ADMIN, "yyynn", "A14, C7"),
    (Action::SessionWrite,  AGENT, "hyynn", "A14"),
    (Action::SessionWrite,  ADMIN, "yyynn", "A14, C7"),
    (Action::SessionNote,   AGENT, "hyynn", "beyond"),
    (Action::SessionNote,   ADMIN, "yyynn", "beyond"),
    (Action::SessionClose,  AGENT, "hyynn", "beyond"),
    (Action::SessionClose,  ADMIN, "yyynn", "beyond"),
    (Action::MessageResend, AGENT, "hyynn", "B7"),
    (Action::MessageResend, ADMIN, "yyynn", "B7"),
    // Accounts: the admins' alone, but for one's own password and logins.
    (Action::StaffList,     AGENT, "yyyyy", "C6"),
    (Action::StaffList,     ADMIN, "yyyyy", "C7"),
    (Action::StaffManage,   AGENT, "nnnnn", "A11"),
    (Action::StaffManage,   ADMIN, "yyyyy", "A11"),
    (Action::OwnAccount,    AGENT, "nnnyn", "C6"),
    (Action::OwnAccount,    ADMIN, "nnnyn", "C7"),
    (Action::StatusRead,    AGENT, "nnnnn", "C7"),
    (Action::StatusRead,    ADMIN, "yyyyy", "C7"),
];

fn staff(number: u128) -> StaffId {
    StaffId::from_uuid(uuid::Uuid::from_u128(number))
}

#[test]
fn every_role_action_and_relation_has_one_rule_and_follows_it() {
    let mut rules = BTreeMap::new();
    for (action, role, letters, source) in TABLE {
        assert_eq!(letters.len(), HEAD.len(), "{action:?} for {role:?} has a letter per relation");
        assert!(!source.is_empty(), "a rule has a source");
        for (relation, letter) in HEAD.into_iter().zip(letters.chars()) {
            let before = rules.insert((format!("{action:?}"), role, format!("{relation:?}")), letter);
            assert_eq!(before, None, "{action:?} for {role:?} stands in the table twice");
        }
    }
    for action in Action::ALL {
        for role in [Role::Agent, Role::Admin] {
            for relation in Relation::ALL {
                let rule = rules.remove(&(format!("{action:?}"), role, format!("{relation:?}")));
                let expected = match rule {
                    Some('y') => Ok(()),
                    Some('n') => Err(Denied::Forbidden),
                    Some('h') => Err(Denied::Hidden),
                    other => panic!("{action:?} for {role:?} on {relation:?} has no rule: {other:?}"),
                };
                let actor = Actor::Staff { id: staff(1), role };
                assert_eq!(allowed(&actor, action, relation), expected, "{action:?}, {role:?}, {relation:?}");
            }
        }
    }
    assert!(rules.is_empty(), "rules for what does not exist: {rules:?}");
}

#[test]
fn the_host_may_do_everything() {
    for action in Action::ALL {
        for relation in Relation::ALL {
            assert_eq!(allowed(&Actor::Host, action, relation), Ok(()), "{action:?}, {relation:?}");
        }
    }
}

/// A12: what was handed over stays in sight after its end; what the bot solved alone was never anybody's business.
#[test]
fn a_session_stands_to_an_agent_by_its_hand_over_and_by_who_has_joined() {
    let source = SequentialIds::new();
    let ids = Ids::new(&source, Timestamp::UNIX_EPOCH);
    let address = Address::new(ChannelName::new("telegram").unwrap(), "42").unwrap();
    let session = Session::open(ids.session(), ids.chat(), ids.customer(), address, Timestamp::UNIX_EPOCH);
    let (zoe, adam) = (staff(1), staff(2));
    let closed = State::Closed { resolution: Resolution::SolvedByStaff };
    let handed_over = Some(Timestamp::UNIX_EPOCH);
    let cases = [
        (State::Listening { answers: 0, turn: 0 }, None, Relation::WithBot, Relation::WithBot),
        (State::Queued, handed_over, Relation::HandedOver, Relation::HandedOver),
        (State::Active { agents: vec![zoe] }, handed_over, Relation::Joined, Relation::HandedOver),
        (State::Active { agents: vec![adam, zoe] }, handed_over, Relation::Joined, Relation::Joined),
        (closed.clone(), handed_over, Relation::HandedOver, Relation::HandedOver),
        (closed, None, Relation::WithBot, Relation::WithBot),
    ];
    for (state, handed_over_at, to_zoe, to_adam) in cases {
        let session = Session { state, handed_over_at, ..session.clone() };
        for (id, expected) in [(zoe, to_zoe), (adam, to_adam)] {
            let actor = Actor::Staff { id, role: Role::Agent };
            assert_eq!(Relation::to_session(&actor, &session), expected, "{:?}", session.state);
        }
        let host = Relation::to_session(&Actor::Host, &session);
        assert_ne!(host, Relation::Joined, "the host's code is nobody in the dialog");
    }
}

#[test]
fn an_account_is_ones_own_or_somebody_elses() {
    let actor = Actor::Staff { id: staff(1), role: Role::Admin };
    assert_eq!(Relation::to_staff(&actor, staff(1)), Relation::Own);
    assert_eq!(Relation::to_staff(&actor, staff(2)), Relation::Other);
    assert_eq!(Relation::to_staff(&Actor::Host, staff(1)), Relation::Other);
}
