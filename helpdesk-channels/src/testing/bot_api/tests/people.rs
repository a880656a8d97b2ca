//! Scripted people: files, albums, buttons, blocking, groups and waiting.

use serde_json::{Value, json};

use super::super::http_client::send;
use super::super::{BotApiServer, MediaFile};
use super::call;

async fn updates(server: &BotApiServer) -> Vec<Value> {
    let mut answer = call(server, "getUpdates", json!({})).await;
    serde_json::from_value(answer["result"].take()).expect("a list")
}

#[tokio::test]
async fn albums_are_several_updates() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    let photo = || MediaFile::photo("a picture");
    anna.album(vec![photo(), photo()], Some((0, "Broken")));
    let album = anna.begin_album(vec![photo(), MediaFile::video("film", 3)]);
    album.send(1);
    anna.say("in between");
    album.send(0);
    let updates = updates(&server).await;
    let groups: Vec<_> = updates.iter().map(|it| &it["message"]["media_group_id"]).collect();
    assert_eq!(groups[0], groups[1]);
    assert_eq!(updates[0]["message"]["caption"], "Broken");
    assert!(updates[1]["message"].get("caption").is_none());
    assert_eq!(groups[2], album.media_group_id());
    assert_eq!(groups[3], &Value::Null);
    assert_eq!(groups[2], groups[4]);
    assert_eq!(updates[2]["message"]["video"]["duration"], 3);
}

#[tokio::test]
async fn files_are_downloaded_by_their_links() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    anna.document("Счёт.pdf", "application/pdf", "pdf bytes");
    anna.send(MediaFile::video("short", 1).declared_size(20 * 1024 * 1024 + 1));
    let updates = updates(&server).await;
    let document = &updates[0]["message"]["document"];
    assert_eq!(document["file_name"], "Счёт.pdf");
    let file = call(&server, "getFile", json!({ "file_id": document["file_id"] })).await;
    let path = file["result"]["file_path"].as_str().unwrap().to_owned();
    let get = async |path: &str| {
        let url = format!("{}/file/bot{}/{path}", server.url(), server.token());
        let answer = send("GET", &url, &[], b"").await.unwrap();
        (answer.status, answer.body)
    };
    assert_eq!(get(&path).await, (200, b"pdf bytes".to_vec()));
    assert_eq!(get(&path.replace('/', "%2F")).await, (200, b"pdf bytes".to_vec()));
    server.expire_file_links();
    assert_eq!(get(&path).await.0, 404);
    let big = &updates[1]["message"]["video"]["file_id"];
    let answer = call(&server, "getFile", json!({ "file_id": big })).await;
    assert_eq!(answer["description"], "Bad Request: file is too big");
    let answer = call(&server, "getFile", json!({ "file_id": "nonsense" })).await;
    assert_eq!(answer["description"], "Bad Request: invalid file_id");
}

#[tokio::test]
async fn presses_are_answered_once() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    anna.start();
    let keyboard = json!({ "inline_keyboard": [[
        { "text": "👍 Good", "callback_data": "rate:5" },
        { "text": "👎 Bad", "callback_data": "rate:1" },
    ]] });
    let params = json!({ "chat_id": anna.id(), "text": "How was it?", "reply_markup": keyboard });
    let id = call(&server, "sendMessage", params).await["result"]["message_id"].clone();
    let query = anna.press("Good");
    let pressed = updates(&server).await.pop().unwrap()["callback_query"].take();
    assert_eq!(pressed["id"], query);
    assert_eq!(pressed["data"], "rate:5");
    assert_eq!(pressed["message"]["message_id"], id);
    let answer = json!({ "callback_query_id": query, "text": "Thanks", "show_alert": true });
    assert_eq!(call(&server, "answerCallbackQuery", answer.clone()).await["ok"], true);
    let shown = anna.wait_for_callback_answer(&query).await;
    assert_eq!((shown.text.as_deref(), shown.show_alert), (Some("Thanks"), true));
    let late = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    assert_eq!(call(&server, "answerCallbackQuery", answer).await["description"], late);
    let query = anna.press_where(|_, data| data == "rate:1");
    server.expire_callback_queries();
    let answer = json!({ "callback_query_id": query });
    assert_eq!(call(&server, "answerCallbackQuery", answer).await["description"], late);
    // A button of a message that is gone still works, but the message is inaccessible.
    call(&server, "deleteMessage", json!({ "chat_id": anna.id(), "message_id": id })).await;
    anna.press_data(2, "forged");
    let pressed = updates(&server).await.pop().unwrap()["callback_query"].take();
    assert_eq!(pressed["message"]["date"], 0);
}

#[tokio::test]
async fn only_people_who_write_can_be_written_to() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    let write = async || {
        let params = json!({ "chat_id": anna.id(), "text": "hi" });
        let answer = call(&server, "sendMessage", params).await;
        answer["description"].as_str().unwrap_or("ok").to_owned()
    };
    assert_eq!(write().await, "Bad Request: chat not found");
    anna.start();
    assert_eq!(write().await, "ok");
    anna.block();
    assert_eq!(write().await, "Forbidden: bot was blocked by the user");
    anna.unblock();
    assert_eq!(write().await, "ok");
    let updates = updates(&server).await;
    let status = |at: usize| updates[at]["my_chat_member"]["new_chat_member"]["status"].clone();
    assert_eq!((status(1), status(2)), (json!("kicked"), json!("member")));
}

#[tokio::test]
async fn groups_migrate_and_hide_messages_in_privacy_mode() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    let group = server.group("Team");
    anna.say_in(&group, "hello all");
    server.privacy_mode(true);
    anna.say_in(&group, "hidden");
    anna.say_in(&group, "/help");
    let texts: Vec<_> = updates(&server).await.iter().map(|it| it["message"]["text"].clone()).collect();
    assert_eq!(texts, [Value::Null, json!("hello all"), json!("/help")]);
    let new = group.migrate();
    let params = json!({ "chat_id": group.id(), "text": "hi" });
    let answer = call(&server, "sendMessage", params).await;
    assert_eq!(answer["parameters"]["migrate_to_chat_id"], new.id());
    let params = json!({ "chat_id": new.id(), "text": "hi" });
    assert_eq!(call(&server, "sendMessage", params.clone()).await["ok"], true);
    new.remove_bot();
    let answer = call(&server, "sendMessage", params).await;
    assert_eq!(answer["description"], "Forbidden: bot was kicked from the supergroup chat");
    server.channel("News").post("hello");
    let last = updates(&server).await.pop().unwrap();
    assert_eq!(last["channel_post"]["text"], "hello");
}

#[tokio::test]
async fn waiting_sees_what_comes_later() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    let asked = anna.say("Where is my order?");
    let answering = tokio::spawn({
        let (server, chat) = (server.clone(), anna.id());
        async move {
            let reply = json!({ "message_id": asked });
            let params = json!({ "chat_id": chat, "text": "On its way", "reply_parameters": reply });
            call(&server, "sendMessage", params).await
        }
    });
    let message = anna.wait_for_text_after(asked, "way").await;
    assert_eq!(message.reply_to, Some(asked));
    assert_eq!(answering.await.unwrap()["ok"], true);
    let sent = |server: &BotApiServer| server.calls_of("sendMessage").len();
    let screen = anna.wait_for(|screen| screen.len() == 2 && sent(&server) == 1).await;
    assert_eq!(screen[0].author, "Anna");
}

#[tokio::test]
#[should_panic(expected = "for \"never\" from the bot; the screen is\n  #1 Anna: hello")]
async fn waiting_in_vain_shows_the_screen() {
    let server = BotApiServer::start().await;
    server.set_patience(std::time::Duration::from_millis(1));
    let anna = server.user("Anna", "en");
    anna.say("hello");
    anna.wait_for_text("never").await;
}

#[tokio::test]
async fn several_bots_have_conversations_of_their_own() {
    let server = BotApiServer::start().await;
    server.add_bot("77:OTHER", "Other", "other_bot");
    let anna = server.user("Anna", "en");
    let with_other = anna.with_bot("77:OTHER");
    with_other.say("hello");
    assert_eq!(server.pending_updates(), 0);
    assert_eq!((anna.screen().len(), with_other.screen().len()), (0, 1));
}

#[tokio::test]
async fn the_page_plays_the_customer() {
    let server = BotApiServer::start().await;
    let json_request = async |method: &str, path: &str, body: Value| -> Value {
        let url = format!("{}{path}", server.url());
        let headers = [("Content-Type", "application/json")];
        let answer = send(method, &url, &headers, body.to_string().as_bytes()).await.unwrap();
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).unwrap()
    };
    let new = json!({ "first_name": "Anna", "language_code": "en" });
    let id = json_request("POST", "/page/users", new).await["id"].as_i64().unwrap();
    let user = format!("/page/users/{id}");
    json_request("POST", &format!("{user}/say"), json!({ "text": "hello" })).await;
    call(&server, "sendMessage", json!({ "chat_id": id, "text": "welcome" })).await;
    let url = format!("{}{user}/upload", server.url());
    let part = |head: &str, body: &str| format!("--XX\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n");
    let file = |name: &str| {
        let head = format!("name=\"file\"; filename=\"{name}\"\r\nContent-Type: image/png");
        part(&head, "a picture")
    };
    let body = [
        part("name=\"kind\"", "photo"),
        part("name=\"caption\"", "two pictures"),
        file("a.png"),
        file("b.png"),
        "--XX--\r\n".to_owned(),
    ];
    let headers = [("Content-Type", "multipart/form-data; boundary=XX")];
    let answer = send("POST", &url, &headers, body.concat().as_bytes()).await.unwrap();
    assert_eq!(answer.status, 200);
    let chat = json_request("GET", &user, json!({})).await;
    let words: Vec<_> = chat["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["text"].as_str().or(message["caption"].as_str()).unwrap_or("-"))
        .collect();
    assert_eq!(words, ["hello", "welcome", "two pictures", "-"]);
    let file_id = chat["messages"][3]["files"][0]["file_id"].as_str().unwrap();
    let file = send("GET", &format!("{}/page/files/{file_id}", server.url()), &[], b"").await;
    assert_eq!(file.unwrap().body, b"a picture");
    let page = send("GET", &server.url(), &[], b"").await.unwrap();
    assert!(page.body.starts_with(b"<!doctype html>"));
}
