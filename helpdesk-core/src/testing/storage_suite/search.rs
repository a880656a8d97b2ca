//! Search: words as people type them, in any inflection.

use std::sync::Arc;

use super::scene::{Scene, at, file};
use crate::{
    message::{Attachment, FileKind, Transcript},
    session::Session,
    storage::{PageRequest, SearchFilter, Storage, Write},
};

fn anywhere(query: &str) -> SearchFilter {
    SearchFilter { query: query.to_owned(), handed_over_only: false, session: None }
}

async fn found(scene: &Scene, filter: &SearchFilter) -> Vec<String> {
    let page = scene.storage.message_search(filter, &PageRequest::default()).await.expect("a search succeeds");
    page.items.into_iter().map(|hit| hit.message.text).collect()
}

/// Asserts that every query finds `text`, and none of `strangers`.
async fn assert_finds(storage: Arc<dyn Storage>, text: &str, queries: &[&str], strangers: &[&str]) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    scene.message(&session, "совсем другое сообщение, quite another message 1234").await;
    scene.message(&session, text).await;
    for query in queries {
        assert_eq!(found(&scene, &anywhere(query)).await, [text], "{query:?} finds it");
    }
    for query in strangers {
        assert_eq!(found(&scene, &anywhere(query)).await, Vec::<String>::new(), "{query:?} finds nothing");
    }
}

pub async fn a_word_is_found_in_any_case(storage: Arc<dyn Storage>) {
    let text = "Где мой Счёт? The Invoice is late.";
    assert_finds(storage, text, &["где", "ГДЕ", "счёт", "INVOICE", "Late!"], &["где-нибудь", "xyz", "voice"]).await;
}

pub async fn every_word_must_be_there(storage: Arc<dyn Storage>) {
    let text = "Не работает терминал оплаты";
    assert_finds(storage, text, &["терминал оплаты", "оплаты терминал", "работает, терминал"], &["терминал сломан"])
        .await;
}

pub async fn yo_and_ye_are_one_letter(storage: Arc<dyn Storage>) {
    assert_finds(storage, "Самолёт и елка", &["самолет", "самолёт", "ёлка", "елка", "САМОЛЁТ"], &["самовар"]).await;
}

pub async fn a_number_is_found_whole_and_by_its_pieces(storage: Arc<dyn Storage>) {
    let text = "Накладная AB-9921, VIN XW8ZZZ5NZKG000777, тел. +7 900 555-35-35";
    let queries = ["AB-9921", "ab-9921", "9921", "xw8zzz5nzkg000777", "555-35-35", "900", "AB 9921"];
    assert_finds(storage, text, &queries, &["992", "AB-9922", "99210"]).await;
}

pub async fn russian_inflections_are_found(storage: Arc<dyn Storage>) {
    let text = "Как вернуть деньги за страховку автомобиля при оплате картой";
    let queries = ["страховка", "страховки", "страховку", "автомобилю", "автомобили", "оплата", "оплатой", "карта"];
    assert_finds(storage, text, &queries, &["страус", "автобус", "картина"]).await;
}

pub async fn english_inflections_are_found(storage: Arc<dyn Storage>) {
    let text = "The invoices for printing were cancelled";
    let queries = ["invoice", "invoices", "printed", "print", "cancel", "cancels"];
    assert_finds(storage, text, &queries, &["voice", "priest", "candle"]).await;
}

async fn voice(scene: &Scene, session: &Session, text: &str, transcript: Transcript) -> Attachment {
    let voice = scene.attachment(file(FileKind::Voice, transcript));
    let mut message = scene.message_new(session, text);
    message.attachments = vec![voice.clone()];
    scene.insert(message).await;
    voice
}

pub async fn a_transcript_is_found(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let late = voice(&scene, &session, "late", Transcript::Pending).await;
    voice(&scene, &session, "at once", Transcript::Done("Двигатель стучит".to_owned())).await;
    assert_eq!(found(&scene, &anywhere("двигатель")).await, ["at once"]);
    let heard = file(FileKind::Voice, Transcript::Done("У меня стучит двигатель".to_owned()));
    scene.write([Write::AttachmentUpdate(Attachment { body: heard, ..late })]).await;
    assert_eq!(found(&scene, &anywhere("двигатель")).await, ["at once", "late"]);
    assert_eq!(found(&scene, &anywhere("двигатель late")).await, ["late"], "text and transcript count together");
}

pub async fn an_edited_text_is_found_by_its_new_words_alone(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let message = scene.message(&session, "терминал").await;
    scene.write([Write::MessageRevise { message: message.id, text: "принтер".to_owned(), at: at(9) }]).await;
    assert_eq!(found(&scene, &anywhere("терминал")).await, Vec::<String>::new());
    assert_eq!(found(&scene, &anywhere("принтер")).await, ["принтер"]);
}

pub async fn a_late_caption_is_found(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let message = scene.message(&session, "").await;
    scene.write([Write::MessageCaption { message: message.id, text: "царапина".to_owned() }]).await;
    assert_eq!(found(&scene, &anywhere("царапина")).await, ["царапина"]);
}

pub async fn what_a_person_types_is_never_syntax(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    scene.message(&session, "alpha beta").await;
    let harmless =
        ["\"alpha\"", "alpha*", "(alpha", "alpha)", "alpha:", "^alpha", "-alpha", "alpha;--", "'alpha", "{alpha}"];
    for query in harmless {
        assert_eq!(found(&scene, &anywhere(query)).await, ["alpha beta"], "{query:?}");
    }
    for query in ["alpha OR gamma", "alpha NOT beta", "NEAR(alpha beta)", "alph*", "text:alpha", "%"] {
        assert_eq!(found(&scene, &anywhere(query)).await, Vec::<String>::new(), "{query:?}");
    }
    for nothing in ["", "   ", "!?", "\"\"", "*", "🙂"] {
        assert_eq!(found(&scene, &anywhere(nothing)).await, Vec::<String>::new(), "{nothing:?} holds no word");
    }
}

pub async fn hits_come_newest_first_in_pages(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let (anna, boris) = (scene.dialog("anna").await, scene.dialog("boris").await);
    for (place, session) in [&anna, &boris, &anna, &boris, &anna].into_iter().enumerate() {
        scene.message(session, &format!("принтер {place}")).await;
    }
    let search = async |request: &PageRequest| {
        let page = scene.storage.message_search(&anywhere("принтер"), request).await.unwrap();
        let texts: Vec<_> = page.items.iter().map(|hit| hit.message.text.clone()).collect();
        (texts, page)
    };
    let (texts, first) = search(&PageRequest::first(2)).await;
    assert_eq!(texts, ["принтер 4", "принтер 3"]);
    assert_eq!(first.items[0].session, anna);
    assert_eq!(first.items[1].session, boris);
    scene.message(&boris, "принтер между страницами").await;
    let (texts, second) = search(&PageRequest { limit: 2, cursor: first.next }).await;
    assert_eq!(texts, ["принтер 2", "принтер 1"]);
    let (texts, third) = search(&PageRequest { limit: 2, cursor: second.next }).await;
    assert_eq!((texts, third.next), (vec!["принтер 0".to_owned()], None));
}

pub async fn hits_keep_to_their_filter(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let (with_bot, handed_over) = (scene.dialog("anna").await, scene.dialog("boris").await);
    scene.message(&with_bot, "принтер у бота").await;
    scene.message(&handed_over, "принтер у людей").await;
    let people = SearchFilter { handed_over_only: true, ..anywhere("принтер") };
    assert_eq!(found(&scene, &people).await, Vec::<String>::new());
    scene.session_change(&handed_over, |session| session.handed_over_at = Some(at(5))).await;
    assert_eq!(found(&scene, &people).await, ["принтер у людей"], "a hand-over opens what was written before (A13)");
    let one = |session: &Session| SearchFilter { session: Some(session.id), ..anywhere("принтер") };
    assert_eq!(found(&scene, &one(&with_bot)).await, ["принтер у бота"]);
    assert_eq!(found(&scene, &one(&handed_over)).await, ["принтер у людей"]);
    let both = SearchFilter { handed_over_only: true, ..one(&with_bot) };
    assert_eq!(found(&scene, &both).await, Vec::<String>::new());
}
