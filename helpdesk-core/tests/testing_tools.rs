//! The tools that other tests lean on do what they say.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use helpdesk_core::{
    Language, Responder as _, Storage as _, Transcriber as _,
    blob::{BlobError, BlobKey, Blobs as _, byte_stream},
    channel::{ChannelError, FileSource, Outgoing, OutgoingFile},
    clock::Clock as _,
    id::{IdSource as _, Ids},
    memory::{MemoryBlobs, MemoryStorage},
    responder::{Answer, Question},
    service::ServiceError,
    storage::{Cause, ChangeSet, CommitError, StorageError},
    testing::{
        ManualClock, ScriptedChannel, ScriptedResponder, ScriptedTranscriber, SendOutcome, SequentialIds,
        faults::{FaultPlan, FaultyBlobs, FaultyChannel, FaultyResponder, FaultyStorage},
    },
    transcriber::Speech,
};
use jiff::Timestamp;

fn caused(key: &str) -> ChangeSet {
    let cause = Cause { scope: "test".to_owned(), key: key.to_owned(), outcome: String::new() };
    ChangeSet { cause: Some(cause), ..ChangeSet::new(Timestamp::UNIX_EPOCH) }
}

#[tokio::test]
async fn a_clock_that_is_moved_wakes_those_whose_time_has_come() {
    let clock = Arc::new(ManualClock::new());
    let start = clock.now();
    let sleeper = |seconds| {
        let clock = clock.clone();
        tokio::spawn(async move { clock.wait_until(start + Duration::from_secs(seconds)).await })
    };
    let (soon, later) = (sleeper(10), sleeper(20));
    clock.advance(Duration::from_secs(10));
    soon.await.unwrap();
    assert!(!later.is_finished());
    clock.set(start);
    assert_eq!(clock.now(), start, "a clock can be set back");
    clock.advance(Duration::from_secs(20));
    later.await.unwrap();
    // What is past already is not waited for.
    clock.wait_until(start).await;
}

#[test]
fn counted_ids_are_different_and_keep_their_order() {
    let source = SequentialIds::new();
    let now = ManualClock::new().now();
    let ids: Vec<_> = (0..1000).map(|_| source.uuid(now)).collect();
    assert!(ids.is_sorted());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 1000);
    assert!(ids.iter().all(|id| id.get_version_num() == 7));
    let again = SequentialIds::new();
    assert_eq!(ids[0], again.uuid(now), "the same in every run");
}

#[tokio::test]
async fn a_plan_fails_at_its_point_alone() {
    let plan = FaultPlan::fail(3);
    let storage = FaultyStorage::new(MemoryStorage::new(), plan.clone());
    assert!(storage.commit(caused("one")).await.is_ok());
    // Point 3 is before the second commit: nothing of it is written.
    let lost = storage.commit(caused("two")).await;
    assert!(matches!(lost, Err(CommitError::Storage(StorageError::Unavailable(_)))), "{lost:?}");
    assert!(storage.commit(caused("two")).await.is_ok());
    let points = ["commit:before", "commit:after", "commit:before", "commit:before", "commit:after"];
    assert_eq!(plan.passed(), points);
}

#[tokio::test]
async fn a_lost_answer_leaves_what_was_done() {
    let storage = FaultyStorage::new(MemoryStorage::new(), FaultPlan::fail(1).only(&["commit:after"]));
    assert!(storage.commit(caused("one")).await.is_err());
    assert!(matches!(storage.commit(caused("one")).await, Err(CommitError::Duplicate { .. })));

    let blobs = FaultyBlobs::new(MemoryBlobs::new(), FaultPlan::fail(1).only(&["write:after"]));
    let key = BlobKey::from_stored("attachments/00/1".to_owned());
    let lost = blobs.write(&key, byte_stream("hello"), 10).await;
    assert!(matches!(lost, Err(BlobError::Unavailable(_))), "{lost:?}");
    assert!(blobs.read(&key, None).await.is_ok());

    let channel = FaultyChannel::new(ScriptedChannel::new("telegram"), FaultPlan::fail(1).only(&["send:after"]));
    let lost = send(&channel, "hello").await;
    assert!(matches!(lost, Err(ChannelError::Unknown { .. })), "{lost:?}");
    assert_eq!(channel.inner().sent().len(), 1);
}

#[tokio::test]
async fn a_plan_counts_over_all_that_share_it_and_calls_back() {
    let called = Arc::new(Mutex::new(Vec::new()));
    let plan = FaultPlan::call(2, {
        let called = called.clone();
        move |point| called.lock().unwrap().push(point)
    });
    let storage = FaultyStorage::new(MemoryStorage::new(), plan.clone());
    let responder = FaultyResponder::new(ScriptedResponder::new(), plan.clone().only(&["answer:before"]));
    let ids = SequentialIds::new();
    let question = Question::new(Ids::new(&ids, Timestamp::UNIX_EPOCH).session(), Language::ENGLISH, "how?");
    assert!(responder.answer(&question).await.is_ok());
    assert!(storage.commit(caused("one")).await.is_ok());
    assert_eq!(*called.lock().unwrap(), ["commit:before"]);
    assert_eq!(plan.passed(), ["answer:before", "commit:before", "commit:after"]);
}

struct NoFiles;

#[async_trait::async_trait]
impl FileSource for NoFiles {
    async fn open(&self, _file: &OutgoingFile) -> Result<helpdesk_core::blob::ByteStream, ChannelError> {
        Err(ChannelError::permanent("there are no files"))
    }
}

async fn send(channel: &dyn helpdesk_core::Channel, text: &str) -> Result<String, ChannelError> {
    let ids = SequentialIds::new();
    let outgoing = Outgoing::text(Ids::new(&ids, Timestamp::UNIX_EPOCH).message(), text);
    let part = channel.render(&outgoing)?.remove(0);
    let to = helpdesk_core::Address::new(channel.name().clone(), "42").expect("it fits");
    Ok(channel.send(&to, part, &NoFiles).await?.external_id.0)
}

#[tokio::test]
async fn a_scripted_channel_follows_its_script_and_then_takes_everything() {
    let channel = ScriptedChannel::new("telegram");
    let refusal = ChannelError::temporary("busy");
    for outcome in [SendOutcome::Refused(refusal.clone()), SendOutcome::TakenInSilence, SendOutcome::Taken] {
        channel.next_send(outcome);
    }
    assert_eq!(send(&channel, "one").await, Err(refusal));
    assert!(matches!(send(&channel, "two").await, Err(ChannelError::Unknown { .. })));
    assert_eq!(send(&channel, "three").await, Ok("2".to_owned()));
    assert_eq!(send(&channel, "four").await, Ok("3".to_owned()));
    let taken: Vec<_> = channel.sent_count(3).await.into_iter().map(|sent| (sent.text, sent.external_id)).collect();
    assert_eq!(taken, [("two", "1"), ("three", "2"), ("four", "3")].map(|(text, id)| (text.to_owned(), id.to_owned())));
    assert_eq!(channel.tried_count(4).await.len(), 4);
}

#[tokio::test]
async fn a_held_responder_answers_once_it_is_released() {
    let responder = Arc::new(ScriptedResponder::new());
    responder.next_answer(Ok(Answer::NotFound));
    responder.next_answer(Err(ServiceError::permanent("no key")));
    responder.hold();
    let ids = SequentialIds::new();
    let session = Ids::new(&ids, Timestamp::UNIX_EPOCH).session();
    let ask = |text: &str| {
        let (responder, question) = (responder.clone(), Question::new(session, Language::ENGLISH, text));
        tokio::spawn(async move { responder.answer(&question).await })
    };
    let first = ask("one");
    assert_eq!(responder.asked_count(1).await[0].text, "one");
    assert!(!first.is_finished());
    responder.release();
    assert_eq!(first.await.unwrap(), Ok(Answer::NotFound));
    assert!(ask("two").await.unwrap().is_err());
    let Ok(Answer::Found { text, sources, .. }) = ask("three").await.unwrap() else { panic!("it answers by itself") };
    assert_eq!((text.as_str(), sources[0].id.as_str()), ("Answer 3", "source-3"));
}

#[tokio::test]
async fn a_test_voice_is_what_is_said_in_it() {
    let transcriber = ScriptedTranscriber::new();
    let speech = |bytes: &'static [u8]| {
        Speech::new(byte_stream(bytes), bytes.len() as u64, "voice.ogg".into(), "audio/ogg".into(), Language::RUSSIAN)
    };
    assert_eq!(transcriber.transcribe(speech("алло".as_bytes())).await, Ok("алло".to_owned()));
    assert!(matches!(transcriber.transcribe(speech(&[0xff])).await, Err(ServiceError::Permanent { .. })));
    transcriber.next_transcript(Err(ServiceError::temporary("busy")));
    assert!(matches!(transcriber.transcribe(speech(b"hello")).await, Err(ServiceError::Temporary { .. })));
    assert_eq!(transcriber.heard_count(3).await.len(), 3);
}
