//! Messages, their attachments, and the members of corporate chats.

use std::sync::Arc;

use super::scene::{Scene, address, assert_conflict, at, channel, external, file};
use crate::{
    blob::BlobKey,
    chat::{Chat, ChatKind, Member, MemberRole},
    message::{
        Attachment, AttachmentBody, Author, Delivery, File, FileKind, FileState, Message, Prompt, PromptKind, Revision,
        TextFormat, Transcript, Visibility,
    },
    responder::Source,
    storage::{ChangeSet, Conflict, Expectation, Storage, Write},
};

pub async fn places_in_a_chat_begin_at_one_and_have_no_gaps(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let (anna, boris) = (scene.dialog("anna").await, scene.dialog("boris").await);
    for seq in 1..=3 {
        assert_eq!(scene.message(&anna, "to and fro").await.seq, seq);
        assert_eq!(scene.message(&boris, "to and fro").await.seq, seq);
        assert_eq!(scene.storage.chat(anna.chat).await.unwrap().unwrap().last_seq, seq);
    }
    let two = [scene.message_new(&anna, "four"), scene.message_new(&anna, "five")];
    let ids = two.each_ref().map(|message| message.id);
    // A refused change set takes no place.
    let taken = scene.message(&boris, "taken").await;
    let refused = ChangeSet {
        writes: vec![Write::MessageInsert(Box::new(two[0].clone())), Write::MessageInsert(Box::new(taken))],
        ..ChangeSet::new(at(0))
    };
    assert_conflict(scene.storage.commit(refused).await, Conflict::Id);
    scene.write(two.map(|message| Write::MessageInsert(Box::new(message)))).await;
    assert_eq!([scene.message_stored(ids[0]).await.seq, scene.message_stored(ids[1]).await.seq], [4, 5]);
}

pub async fn several_are_read_together_and_missing_ones_are_left_out(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let (anna, boris) = (scene.dialog("anna").await, scene.dialog("boris").await);
    let (first, second) = (scene.message(&anna, "one").await, scene.message(&boris, "two").await);
    let unwritten = scene.message_new(&anna, "never written").id;

    let mut messages = scene.storage.message_batch(&[second.id, unwritten, first.id]).await.unwrap();
    messages.sort_by_key(|message| message.text.clone());
    assert_eq!(messages, [scene.message_stored(first.id).await, scene.message_stored(second.id).await]);
    assert_eq!(scene.storage.message_batch(&[]).await.unwrap(), []);

    let unopened = crate::SessionId::from_uuid(unwritten.as_uuid());
    let mut summaries = scene.storage.session_summary_batch(&[boris.id, unopened, anna.id]).await.unwrap();
    summaries.sort_by_key(|summary| summary.session.number);
    let one_by_one = [anna.id, boris.id].map(|id| scene.storage.session_summary(id));
    let one_by_one = futures_util::future::join_all(one_by_one).await;
    assert_eq!(summaries, one_by_one.into_iter().map(|found| found.unwrap().unwrap()).collect::<Vec<_>>());
    assert_eq!(scene.storage.session_summary_batch(&[]).await.unwrap(), []);
}

pub async fn every_field_of_a_message_is_read_back(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let (first, second) = (scene.message(&session, "one").await, scene.message(&session, "two").await);
    let message = Message {
        seq: 0,
        visibility: Visibility::Staff,
        format: TextFormat::Markdown,
        attachments: vec![scene.attachment(file(FileKind::Photo, Transcript::None))],
        prompt: Some(Prompt { kind: PromptKind::Helped, open: true }),
        sources: vec![
            Source { id: "ru/password.md".to_owned(), title: "Пароль".to_owned(), url: None },
            Source { id: "2".to_owned(), title: "Two".to_owned(), url: Some("https://example.org/2".to_owned()) },
        ],
        reply_to: Some(first.id),
        forwarded_from: Some(second.id),
        external_id: Some(external("77")),
        group: Some("album-1".to_owned()),
        delivery: Some(Delivery { external_ids: vec![external("1")], ..Delivery::pending(address("anna"), at(9)) }),
        created_at: at(7),
        edited_at: Some(at(8)),
        deleted_at: Some(at(9)),
        pinned_at: Some(at(10)),
        ..scene.message_new(&session, "ёж 🦔 e\u{301} \u{202e}abc\u{202c}\nline\ttab \"quotes\" 'n' \\slash %_;--")
    };
    let expected = Message { seq: 3, ..message.clone() };
    assert_eq!(scene.insert(message).await, expected);
    assert_eq!(scene.storage.message(scene.ids().message()).await.unwrap(), None);
}

pub async fn every_attachment_is_read_back(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let kinds = [
        FileKind::Photo,
        FileKind::Video,
        FileKind::VideoNote,
        FileKind::Voice,
        FileKind::Audio,
        FileKind::Document,
        FileKind::Sticker,
    ];
    let states = [
        FileState::Remote { channel: channel("telegram"), reference: "AgAD".to_owned() },
        FileState::Stored { blob: BlobKey::of_attachment(scene.ids().attachment()) },
        FileState::TooLarge,
        FileState::Failed { reason: "gone".to_owned() },
    ];
    let transcripts = [
        Transcript::None,
        Transcript::Pending,
        Transcript::Done("слова".to_owned()),
        Transcript::Done(String::new()),
        Transcript::Failed("noise".to_owned()),
    ];
    let mut bodies = vec![
        AttachmentBody::Location { latitude_e6: 55_751_244, longitude_e6: -37_618_423, title: None },
        AttachmentBody::Location { latitude_e6: -1, longitude_e6: 0, title: Some("Кремль".to_owned()) },
        AttachmentBody::Contact { name: "Анна".to_owned(), phone: "+7 900".to_owned() },
        AttachmentBody::Reference { kind: "car".to_owned(), key: "VIN-1".to_owned() },
    ];
    for kind in kinds {
        for state in &states {
            for transcript in &transcripts {
                bodies.push(AttachmentBody::File(File {
                    kind,
                    name: "имя.pdf".to_owned(),
                    mime: "application/pdf".to_owned(),
                    size_bytes: (kind == FileKind::Photo).then_some(100 * 1024 * 1024),
                    duration_seconds: (kind == FileKind::Voice).then_some(61),
                    state: state.clone(),
                    transcript: transcript.clone(),
                }));
            }
        }
    }
    for bodies in bodies.chunks(50) {
        let mut message = scene.message_new(&session, "");
        message.attachments = bodies.iter().map(|body| scene.attachment(body.clone())).collect();
        let expected = message.attachments.clone();
        assert_eq!(scene.insert(message).await.attachments, expected);
    }
}

pub async fn every_prompt_and_author_is_read_back(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let staff = scene.staff("zoe", "Zoe").await.id;
    for kind in [PromptKind::Helped, PromptKind::Ready, PromptKind::Rate] {
        for open in [true, false] {
            let prompt = Some(Prompt { kind, open });
            let message = Message { prompt, ..scene.message_new(&session, "?") };
            assert_eq!(scene.insert(message).await.prompt, prompt);
        }
    }
    for author in [Author::Customer(session.customer), Author::Bot, Author::Staff(staff)] {
        let message = Message { author, ..scene.message_new(&session, "!") };
        assert_eq!(scene.insert(message).await.author, author);
    }
}

pub async fn an_edit_keeps_the_earlier_texts(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let message = scene.message(&session, "one").await;
    assert_eq!(scene.storage.message_revisions(message.id).await.unwrap(), []);
    for (text, second) in [("two", 20), ("three", 30)] {
        scene.write([Write::MessageRevise { message: message.id, text: text.to_owned(), at: at(second) }]).await;
    }
    let expected = Message { text: "three".to_owned(), edited_at: Some(at(30)), ..message.clone() };
    assert_eq!(scene.message_stored(message.id).await, expected);
    let earlier =
        [("one", 20), ("two", 30)].map(|(text, second)| Revision { text: text.to_owned(), replaced_at: at(second) });
    assert_eq!(scene.storage.message_revisions(message.id).await.unwrap(), earlier);
}

pub async fn a_caption_is_no_edit(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let message = scene.message(&session, "").await;
    scene.write([Write::MessageCaption { message: message.id, text: "what is this?".to_owned() }]).await;
    let expected = Message { text: "what is this?".to_owned(), ..message.clone() };
    assert_eq!(scene.message_stored(message.id).await, expected);
    assert_eq!(scene.storage.message_revisions(message.id).await.unwrap(), []);
}

pub async fn a_closed_prompt_stays_on_its_message(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let mut message = scene.message_new(&session, "Did it help?");
    message.prompt = Some(Prompt { kind: PromptKind::Helped, open: true });
    let message = scene.insert(message).await;
    let prompt = Some(Prompt { kind: PromptKind::Helped, open: false });
    // Closing it twice is no error: two commands may have the same reason to.
    for _ in 0..2 {
        scene.write([Write::PromptClose { message: message.id }]).await;
        assert_eq!(scene.message_stored(message.id).await, Message { prompt, ..message.clone() });
    }
}

pub async fn an_album_is_found_by_its_group(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let (anna, boris) = (scene.dialog("anna").await, scene.dialog("boris").await);
    let mut album = scene.message_new(&anna, "");
    album.group = Some("g-1".to_owned());
    let album = scene.insert(album).await;
    let found = async |chat, group| scene.storage.message_by_group(chat, group).await.unwrap();
    assert_eq!(found(anna.chat, "g-1").await, Some(album));
    assert_eq!(found(anna.chat, "g-2").await, None);
    assert_eq!(found(boris.chat, "g-1").await, None, "a group belongs to its chat");
}

pub async fn a_closed_album_takes_no_straggler(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let album = Message { group: Some("g-1".to_owned()), ..scene.message_new(&session, "") };
    let album = scene.insert(album).await;
    scene.write([Write::AlbumClose { message: album.id }]).await;
    assert_eq!(scene.storage.message_by_group(session.chat, "g-1").await.unwrap(), None);
    assert_eq!(scene.message_stored(album.id).await, Message { group: None, ..album });
    let straggler = Message { group: Some("g-1".to_owned()), ..scene.message_new(&session, "") };
    let straggler = scene.insert(straggler).await;
    assert_eq!(scene.storage.message_by_group(session.chat, "g-1").await.unwrap(), Some(straggler));
}

pub async fn a_later_part_of_an_album_comes_last(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let parts: Vec<_> = (0..12).map(|_| scene.attachment(file(FileKind::Photo, Transcript::None))).collect();
    let mut album = scene.message_new(&session, "");
    album.attachments = parts[..2].to_vec();
    let album = scene.insert(album).await;
    for part in &parts[2..] {
        scene.write([Write::AttachmentInsert { message: album.id, attachment: part.clone() }]).await;
    }
    assert_eq!(scene.message_stored(album.id).await.attachments, parts);
}

pub async fn an_attachment_count_that_has_changed_is_a_conflict(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let album = scene.message(&session, "").await;
    let adding = |message, count| ChangeSet {
        expect: vec![Expectation::AttachmentCount { message, count }],
        writes: vec![Write::AttachmentInsert {
            message: album.id,
            attachment: scene.attachment(file(FileKind::Photo, Transcript::None)),
        }],
        ..ChangeSet::new(at(0))
    };
    scene.commit(adding(album.id, 0)).await;
    assert_conflict(scene.storage.commit(adding(album.id, 0)).await, Conflict::Message);
    scene.commit(adding(album.id, 1)).await;
    assert_conflict(scene.storage.commit(adding(scene.ids().message(), 0)).await, Conflict::Message);
    assert_eq!(scene.message_stored(album.id).await.attachments.len(), 2);
}

pub async fn an_attachment_can_change_and_is_found_with_its_message(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let first = scene.attachment(file(FileKind::Voice, Transcript::Pending));
    let second = scene.attachment(file(FileKind::Photo, Transcript::None));
    let mut message = scene.message_new(&session, "");
    message.attachments = vec![first.clone(), second.clone()];
    let message = scene.insert(message).await;

    let heard = Attachment { body: file(FileKind::Voice, Transcript::Done("алло".to_owned())), ..first };
    scene.write([Write::AttachmentUpdate(heard.clone())]).await;

    let expected = Message { attachments: vec![heard.clone(), second], ..message };
    assert_eq!(scene.storage.attachment(heard.id).await.unwrap(), Some((heard, expected)));
    assert_eq!(scene.storage.attachment(scene.ids().attachment()).await.unwrap(), None);
}

pub async fn a_message_that_came_in_is_found_where_it_came_from(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    scene.dialog("boris").await;
    let mut message = scene.message_new(&session, "hello");
    message.external_id = Some(external("10"));
    let message = scene.insert(message).await;
    // The customer goes on from elsewhere; the message stays where the channel knows it.
    scene.session_change(&session, |session| session.address = address("elsewhere")).await;
    let found =
        async |at: &str, id: &str| scene.storage.message_by_external(&address(at), &external(id)).await.unwrap();
    assert_eq!(found("anna", "10").await, Some(message));
    assert_eq!(found("anna", "1").await, None);
    assert_eq!(found("elsewhere", "10").await, None);
    assert_eq!(found("boris", "10").await, None);
}

pub async fn members_of_a_chat_are_kept_in_the_order_of_joining(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let staff = [scene.staff("zoe", "Zoe").await, scene.staff("adam", "Adam").await, scene.staff("mia", "Mia").await];
    let member = |place: usize, role| Member {
        staff: staff[place].id,
        role,
        joined_at: at(0),
        read_seq: 3,
        cleared_seq: 1,
        pinned: true,
        muted: false,
    };
    let chat = Chat {
        id: scene.ids().chat(),
        kind: ChatKind::Group,
        title: "Смена".to_owned(),
        description: "Дежурные".to_owned(),
        created_at: at(0),
        archived_at: Some(at(4)),
        last_seq: 0,
    };
    let (owner, colleague) = (member(2, MemberRole::Owner), member(0, MemberRole::Member));
    scene.write([Write::ChatInsert { chat: chat.clone(), members: vec![owner.clone(), colleague] }]).await;
    let appointed = Member { muted: true, pinned: false, read_seq: 8, ..member(0, MemberRole::Admin) };
    let newcomer = member(1, MemberRole::Member);
    for member in [&newcomer, &appointed] {
        scene.write([Write::MemberPut { chat: chat.id, member: member.clone() }]).await;
    }
    assert_eq!(scene.storage.chat(chat.id).await.unwrap().as_ref(), Some(&chat));
    assert_eq!(scene.storage.chat_members(chat.id).await.unwrap(), [owner, appointed, newcomer]);
    assert_eq!(scene.storage.chat(scene.ids().chat()).await.unwrap(), None);

    let kinds =
        [ChatKind::Direct, ChatKind::Broadcast, ChatKind::TicketGroup { session: scene.dialog("anna").await.id }];
    for kind in kinds {
        let other = Chat { id: scene.ids().chat(), kind, ..chat.clone() };
        scene.write([Write::ChatInsert { chat: other.clone(), members: Vec::new() }]).await;
        assert_eq!(scene.storage.chat(other.id).await.unwrap(), Some(other));
    }
}
