//! Lists: filters, orders, and pages that do not move.

use std::{collections::BTreeSet, sync::Arc};

use super::scene::{Scene, at, channel};
use crate::{
    address::Address,
    id::{ChatId, SessionId},
    limits::PAGE_MAX_ROWS,
    message::{Message, Visibility},
    session::{Resolution, State, StateKind},
    storage::{
        Cursor, MessageFilter, MessageOrder, Page, PageRequest, SearchFilter, SessionFilter, SessionOrder, Storage,
        StorageError,
    },
};

fn after<T>(page: &Page<T>, limit: u32) -> PageRequest {
    PageRequest { limit, cursor: Some(page.next.clone().expect("there is another page")) }
}

fn of_chat(chat: ChatId, order: MessageOrder) -> MessageFilter {
    MessageFilter { chat, with_notes: true, order }
}

fn seqs(page: &Page<Message>) -> Vec<u64> {
    page.items.iter().map(|message| message.seq).collect()
}

pub async fn messages_are_listed_in_both_orders(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let other = scene.dialog("boris").await;
    for text in ["one", "two", "three", "four", "five"] {
        scene.message(&session, text).await;
        scene.message(&other, text).await;
    }
    for (order, expected) in [
        (MessageOrder::Oldest, [vec![1, 2], vec![3, 4], vec![5]]),
        (MessageOrder::Newest, [vec![5, 4], vec![3, 2], vec![1]]),
    ] {
        let filter = of_chat(session.chat, order);
        let mut request = PageRequest::first(2);
        for seen in &expected {
            let page = scene.storage.message_list(&filter, &request).await.unwrap();
            assert_eq!(seqs(&page), *seen);
            request.cursor = page.next;
        }
        assert_eq!(request.cursor, None, "the last page says so");
        // A page that is full to the last row is the last one as well.
        let whole = scene.storage.message_list(&filter, &PageRequest::first(5)).await.unwrap();
        assert_eq!((whole.items.len(), whole.next), (5, None));
        assert!(whole.items.iter().all(|message| message.chat == session.chat));
    }
}

pub async fn notes_are_listed_only_on_demand(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    for place in 1..=6 {
        let mut message = scene.message_new(&session, "text");
        if place % 2 == 0 {
            message.visibility = Visibility::Staff;
        }
        scene.insert(message).await;
    }
    for order in [MessageOrder::Oldest, MessageOrder::Newest] {
        let filter = MessageFilter { with_notes: false, ..of_chat(session.chat, order) };
        let first = scene.storage.message_list(&filter, &PageRequest::first(2)).await.unwrap();
        let second = scene.storage.message_list(&filter, &after(&first, 2)).await.unwrap();
        let mut seen = [seqs(&first), seqs(&second)].concat();
        seen.sort_unstable();
        assert_eq!((seen, second.next), (vec![1, 3, 5], None), "pages are filled with what may be seen");
    }
}

pub async fn pages_of_messages_do_not_move_when_new_ones_come_in(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    for _ in 0..4 {
        scene.message(&session, "text").await;
    }
    let newest = of_chat(session.chat, MessageOrder::Newest);
    let oldest = of_chat(session.chat, MessageOrder::Oldest);
    let back = scene.storage.message_list(&newest, &PageRequest::first(2)).await.unwrap();
    let forth = scene.storage.message_list(&oldest, &PageRequest::first(3)).await.unwrap();
    scene.message(&session, "came in between").await;
    let back = scene.storage.message_list(&newest, &after(&back, 2)).await.unwrap();
    assert_eq!((seqs(&back), back.next), (vec![2, 1], None));
    let forth = scene.storage.message_list(&oldest, &after(&forth, 3)).await.unwrap();
    assert_eq!((seqs(&forth), forth.next), (vec![4, 5], None));
}

pub async fn every_filter_of_sessions_lets_only_its_own_through(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let agent = scene.staff("zoe", "Zoe").await;
    let elsewhere = scene.staff("adam", "Adam").await;
    let customer = scene.customer("anna").await;
    let bot = scene.session_at(&customer, at(10)).await;
    let offered = scene.dialog("boris").await;
    let prompt = scene.message_out(&offered, "?").await.id;
    scene.session_change(&offered, |session| session.state = State::Offered { prompt }).await;
    let queued = scene.dialog("vera").await;
    scene
        .session_change(&queued, |session| {
            session.state = State::Queued;
            session.handed_over_at = Some(at(20));
            session.address = Address { channel: channel("email"), key: "vera@example.org".to_owned() };
        })
        .await;
    let active = scene.dialog("gleb").await;
    scene
        .session_change(&active, |session| {
            session.state = State::Active { agents: vec![elsewhere.id, agent.id] };
            session.handed_over_at = Some(at(20));
        })
        .await;
    let closed = scene.dialog("dina").await;
    scene
        .session_change(&closed, |session| {
            session.state = State::Closed { resolution: Resolution::Expired };
            session.handed_over_at = Some(at(20));
        })
        .await;

    let all = SessionFilter::default();
    let of = |states: &[StateKind]| SessionFilter { states: states.iter().copied().collect(), ..all.clone() };
    let cases: Vec<(&str, SessionFilter, Vec<SessionId>)> = vec![
        ("all", all.clone(), vec![bot.id, offered.id, queued.id, active.id, closed.id]),
        ("bot", of(&[StateKind::Bot]), vec![bot.id]),
        ("offered", of(&[StateKind::Offered]), vec![offered.id]),
        ("two states", of(&[StateKind::Queued, StateKind::Active]), vec![queued.id, active.id]),
        ("closed", of(&[StateKind::Closed]), vec![closed.id]),
        (
            "handed over",
            SessionFilter { handed_over: Some(true), ..all.clone() },
            vec![queued.id, active.id, closed.id],
        ),
        ("with the bot", SessionFilter { handed_over: Some(false), ..all.clone() }, vec![bot.id, offered.id]),
        ("customer", SessionFilter { customer: Some(customer.id), ..all.clone() }, vec![bot.id]),
        ("channel", SessionFilter { channel: Some(channel("email")), ..all.clone() }, vec![queued.id]),
        ("agent", SessionFilter { agent: Some(agent.id), ..all.clone() }, vec![active.id]),
        ("opened from", SessionFilter { opened_from: Some(at(10)), ..all.clone() }, vec![bot.id]),
        (
            "opened before",
            SessionFilter { opened_before: Some(at(10)), ..all.clone() },
            vec![offered.id, queued.id, active.id, closed.id],
        ),
        (
            "all at once",
            SessionFilter {
                handed_over: Some(true),
                channel: Some(channel("telegram")),
                opened_before: Some(at(1)),
                ..of(&[StateKind::Active, StateKind::Closed, StateKind::Bot])
            },
            vec![active.id, closed.id],
        ),
    ];
    for (name, filter, expected) in cases {
        for order in [SessionOrder::Newest, SessionOrder::LongestWaiting] {
            let filter = SessionFilter { order, ..filter.clone() };
            let page = scene.storage.session_list(&filter, &PageRequest::default()).await.unwrap();
            let seen: BTreeSet<_> = page.items.iter().map(|summary| summary.session.id).collect();
            assert_eq!(seen, expected.iter().copied().collect(), "{name}, {order:?}");
            assert_eq!(page.items.len(), expected.len(), "{name}, {order:?}");
        }
    }
}

async fn numbers(scene: &Scene, order: SessionOrder, request: &PageRequest) -> (Vec<u64>, Option<Cursor>) {
    let filter = SessionFilter { order, ..SessionFilter::default() };
    let page = scene.storage.session_list(&filter, request).await.unwrap();
    (page.items.iter().map(|summary| summary.session.number).collect(), page.next)
}

pub async fn sessions_are_listed_newest_first_or_longest_waiting_first(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    // Opened at these seconds, and handed over at those.
    for (name, opened, handed_over) in [
        ("anna", 50, None),
        ("boris", 40, Some(90)),
        ("vera", 30, Some(60)),
        ("gleb", 60, None),
        ("dina", 70, Some(60)),
    ] {
        let customer = scene.customer(name).await;
        let session = scene.session_at(&customer, at(opened)).await;
        scene.session_change(&session, |session| session.handed_over_at = handed_over.map(at)).await;
    }
    for limit in 1..=6 {
        for (order, expected) in
            [(SessionOrder::Newest, [5, 4, 3, 2, 1]), (SessionOrder::LongestWaiting, [1, 3, 4, 5, 2])]
        {
            let mut seen = Vec::new();
            let mut request = PageRequest::first(limit);
            loop {
                let (page, next) = numbers(&scene, order, &request).await;
                assert!(page.len() <= limit as usize);
                seen.extend(page);
                request.cursor = next;
                if request.cursor.is_none() {
                    break;
                }
            }
            assert_eq!(seen, expected, "{order:?} by {limit}; equal times go by number");
        }
    }
}

pub async fn pages_of_sessions_do_not_move_when_new_ones_come_in(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    for (second, name) in [(1, "anna"), (2, "boris"), (3, "vera"), (4, "gleb")] {
        let customer = scene.customer(name).await;
        scene.session_at(&customer, at(second)).await;
    }
    let (newest, next) = numbers(&scene, SessionOrder::Newest, &PageRequest::first(2)).await;
    let (waiting, waiting_next) = numbers(&scene, SessionOrder::LongestWaiting, &PageRequest::first(2)).await;
    assert_eq!((newest, waiting), (vec![4, 3], vec![1, 2]));
    let early = scene.customer("early").await;
    scene.session_at(&early, at(0)).await;
    let rest = |cursor| PageRequest { limit: 9, cursor };
    assert_eq!(numbers(&scene, SessionOrder::Newest, &rest(next)).await.0, [2, 1]);
    assert_eq!(numbers(&scene, SessionOrder::LongestWaiting, &rest(waiting_next)).await.0, [3, 4]);
}

pub async fn staff_are_listed_by_name(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    for (login, name) in [("1", "Boris"), ("2", "Анна"), ("3", "Adam"), ("4", "Вера"), ("5", "Boris")] {
        scene.staff(login, name).await;
    }
    let mut seen = Vec::new();
    let mut request = PageRequest::first(2);
    loop {
        let page = scene.storage.staff_list(&request).await.unwrap();
        seen.extend(page.items.into_iter().map(|staff| (staff.full_name, staff.login)));
        request.cursor = page.next;
        if request.cursor.is_none() {
            break;
        }
    }
    let names: Vec<_> = seen.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Adam", "Boris", "Boris", "Анна", "Вера"]);
    let logins: BTreeSet<_> = seen.iter().map(|(_, login)| login.as_str()).collect();
    assert_eq!(logins.len(), 5, "namesakes are neither lost nor doubled between pages");
}

/// What became of a page of a list: its next cursor or its error.
type Outcome = Result<Option<Cursor>, StorageError>;

/// The first page, or the one after `cursor`, of every list and order. A chat's messages are one list from either end: a
/// place among them is one whichever way somebody reads on.
async fn every_list(scene: &Scene, chat: ChatId, cursor: Option<&str>) -> Vec<(&'static str, Outcome)> {
    let request = PageRequest { limit: 1, cursor: cursor.map(|text| Cursor(text.to_owned())) };
    let mut outcomes = Vec::new();
    for (name, order) in [("newest", SessionOrder::Newest), ("longest waiting", SessionOrder::LongestWaiting)] {
        let filter = SessionFilter { order, ..SessionFilter::default() };
        outcomes.push((name, scene.storage.session_list(&filter, &request).await.map(|page| page.next)));
    }
    for order in [MessageOrder::Oldest, MessageOrder::Newest] {
        let page = scene.storage.message_list(&of_chat(chat, order), &request).await;
        outcomes.push(("messages", page.map(|page| page.next)));
    }
    outcomes.push(("staff", scene.storage.staff_list(&request).await.map(|page| page.next)));
    let search = SearchFilter { query: "hello".to_owned(), handed_over_only: false, session: None };
    outcomes.push(("hits", scene.storage.message_search(&search, &request).await.map(|page| page.next)));
    outcomes
}

#[track_caller]
fn assert_refused((list, outcome): &(&str, Outcome), cursor: &str) {
    assert!(matches!(outcome, Err(StorageError::Cursor(_))), "{list} took {cursor:?} and gave {outcome:?}");
}

pub async fn a_cursor_that_no_list_has_given_is_refused(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    for garbage in ["", "garbage", "-1", "999999999999999999999999", "' OR 1=1 --", "🙂"] {
        for outcome in every_list(&scene, session.chat, Some(garbage)).await {
            assert_refused(&outcome, garbage);
        }
    }
}

pub async fn a_cursor_of_another_list_is_refused(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    scene.dialog("boris").await;
    for name in ["Zoe", "Adam"] {
        scene.staff(name, name).await;
        scene.message(&session, "hello").await;
    }
    for (own, first) in every_list(&scene, session.chat, None).await {
        let Cursor(cursor) = first.expect("a first page").expect("every list has two rows");
        for page in every_list(&scene, session.chat, Some(&cursor)).await {
            if page.0 == own {
                assert!(page.1.is_ok(), "{own} takes its own cursor, got {:?}", page.1);
            } else {
                assert_refused(&page, &cursor);
            }
        }
    }
}

pub async fn a_page_is_never_empty_by_its_limit(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    for _ in 0..2 {
        scene.message(&session, "text").await;
    }
    let filter = of_chat(session.chat, MessageOrder::Oldest);
    let least = scene.storage.message_list(&filter, &PageRequest::first(0)).await.unwrap();
    assert_eq!(seqs(&least), [1]);
    let most = scene.storage.message_list(&filter, &PageRequest::first(u32::MAX)).await.unwrap();
    assert_eq!(seqs(&most), [1, 2]);
    assert_eq!(PageRequest::first(u32::MAX).rows(), PAGE_MAX_ROWS);
}
