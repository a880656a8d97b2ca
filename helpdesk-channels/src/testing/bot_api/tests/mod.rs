//! Tests of the simulator: over bare HTTP, and with teloxide as a real client.

mod delivery;
mod people;
#[cfg(feature = "telegram")]
mod teloxide;

use serde_json::{Value, json};

use super::BotApiServer;
use super::http_client::send;

/// Calls a method with JSON parameters and returns the whole answer.
async fn call(server: &BotApiServer, method: &str, params: Value) -> Value {
    let url = format!("{}/bot{}/{method}", server.url(), server.token());
    let headers = [("Content-Type", "application/json")];
    let answer = send("POST", &url, &headers, params.to_string().as_bytes()).await;
    serde_json::from_slice(&answer.expect("an answer").body).expect("JSON")
}

/// The `update_id`s of the updates that `getUpdates` returns.
async fn update_ids(server: &BotApiServer, params: Value) -> Vec<i64> {
    let answer = call(server, "getUpdates", params).await;
    let updates = answer["result"].as_array().cloned().unwrap_or_default();
    updates.iter().filter_map(|update| update["update_id"].as_i64()).collect()
}

#[tokio::test]
async fn tokens_and_methods_are_checked() {
    let server = BotApiServer::start().await;
    let get = async |path: &str| {
        let answer = send("GET", &format!("{}{path}", server.url()), &[], b"").await;
        let answer = answer.expect("an answer");
        let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
        (answer.status, body["description"].clone())
    };
    assert_eq!(get("/bot5:WRONG/getMe").await, (401, json!("Unauthorized")));
    assert_eq!(get("/botnonsense/getMe").await, (404, json!("Not Found")));
    let unknown = format!("/bot{}/makeCoffee", server.token());
    assert_eq!(get(&unknown).await, (404, json!("Not Found: method not found")));
    let known = format!("/bot{}/GETME", server.token());
    assert_eq!(get(&known).await, (200, Value::Null));
}

#[tokio::test]
async fn parameters_come_in_queries_and_forms() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    anna.start();
    let base = format!("{}/bot{}/sendMessage", server.url(), server.token());
    let query = format!("{base}?chat_id={}&text=one%20two+three", anna.id());
    send("GET", &query, &[], b"").await.expect("an answer");
    let form = format!("chat_id={}&text=%D0%94%D0%B0", anna.id());
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    send("POST", &base, &headers, form.as_bytes()).await.expect("an answer");
    let texts: Vec<_> = anna.screen().iter().map(|message| message.words().to_owned()).collect();
    assert_eq!(texts, ["/start", "one two three", "Да"]);
    assert_eq!(server.calls_of("sendmessage")[1].text(), Some("Да"));
}

#[tokio::test]
async fn texts_are_measured_after_parsing() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    anna.start();
    let send = async |text: String, extra: Value| {
        let mut params = json!({ "chat_id": anna.id(), "text": text });
        params.as_object_mut().unwrap().append(&mut extra.as_object().unwrap().clone());
        let answer = call(&server, "sendMessage", params).await;
        answer["description"].as_str().unwrap_or("ok").to_owned()
    };
    let html = json!({ "parse_mode": "HTML" });
    assert_eq!(send("а".repeat(4096), json!({})).await, "ok");
    assert_eq!(send("😀".repeat(2049), json!({})).await, "Bad Request: message is too long");
    assert_eq!(send(format!("<b>{}</b>", "a".repeat(4096)), html.clone()).await, "ok");
    assert_eq!(send("  \n ".to_owned(), json!({})).await, "Bad Request: message text is empty");
    assert_eq!(
        send("<b>a</i>".to_owned(), html.clone()).await,
        "Bad Request: can't parse entities: Unmatched end tag at byte offset 4, expected \
         \"</b>\", found \"</i>\""
    );
    assert_eq!(
        send("1 < 2".to_owned(), html).await,
        "Bad Request: can't parse entities: Unclosed start tag at byte offset 2"
    );
    assert_eq!(
        send("1.5".to_owned(), json!({ "parse_mode": "MarkdownV2" })).await,
        "Bad Request: can't parse entities: Character '.' is reserved and must be escaped with \
         the preceding '\\'"
    );
    let outside = json!({ "entities": [{ "type": "bold", "offset": 1, "length": 4 }] });
    assert_eq!(
        send("abc".to_owned(), outside).await,
        "Bad Request: entity beginning at UTF-16 offset 1 ends after the end of the text at \
         UTF-16 offset 5"
    );
}

#[tokio::test]
async fn markup_becomes_entities() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    anna.start();
    let send = async |text: &str, mode: &str| {
        let params = json!({ "chat_id": anna.id(), "text": text, "parse_mode": mode });
        let message = call(&server, "sendMessage", params).await["result"].take();
        (message["text"].as_str().unwrap_or_default().to_owned(), message["entities"].clone())
    };
    let source = "😀 <b>bold <i>both</i></b> <a href=\"https://a.b/?x=1&amp;y\">link</a> 1 &lt; 2";
    let (text, entities) = send(source, "HTML").await;
    assert_eq!(text, "😀 bold both link 1 < 2");
    assert_eq!(
        entities,
        json!([
            { "type": "bold", "offset": 3, "length": 9 },
            { "type": "italic", "offset": 8, "length": 4 },
            { "type": "text_link", "url": "https://a.b/?x=1&y", "offset": 13, "length": 4 },
        ])
    );
    let (text, entities) = send("<pre><code class=\"language-rust\">let a;</code></pre>", "HTML").await;
    assert_eq!(text, "let a;");
    assert_eq!(entities, json!([{ "type": "pre", "language": "rust", "offset": 0, "length": 6 }]));
    let (text, entities) = send("*a* __b__ ||c|| `d.` [e](https://f.g) 1\\.5", "MarkdownV2").await;
    assert_eq!(text, "a b c d. e 1.5");
    let kinds: Vec<_> = entities.as_array().unwrap().iter().map(|e| e["type"].clone()).collect();
    assert_eq!(kinds, ["bold", "underline", "spoiler", "code", "text_link"]);
    let (_, entities) = send("see https://a.b/c, /help or write to a@b.c", "").await;
    assert_eq!(
        entities,
        json!([
            { "type": "url", "offset": 4, "length": 13 },
            { "type": "bot_command", "offset": 19, "length": 5 },
            { "type": "email", "offset": 37, "length": 5 },
        ])
    );
}

#[tokio::test]
async fn keyboards_are_checked() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    anna.start();
    let send = async |markup: Value| {
        let params = json!({ "chat_id": anna.id(), "text": "?", "reply_markup": markup });
        let answer = call(&server, "sendMessage", params).await;
        answer["description"].as_str().unwrap_or("ok").to_owned()
    };
    let button = |data: &str| json!({ "inline_keyboard": [[{ "text": "a", "callback_data": data }]] });
    assert_eq!(send(button(&"x".repeat(64))).await, "ok");
    assert_eq!(send(button(&"я".repeat(33))).await, "Bad Request: BUTTON_DATA_INVALID");
    assert_eq!(send(button("")).await, "Bad Request: BUTTON_DATA_INVALID");
    assert_eq!(
        send(json!({ "inline_keyboard": [[{ "text": "a" }]] })).await,
        "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the \
         inline keyboard"
    );
    assert_eq!(send(json!({ "keyboard": [["Yes", "No"]], "is_persistent": true })).await, "ok");
    assert_eq!(anna.reply_keyboard().unwrap(), [["Yes", "No"]]);
    anna.press_reply_button("No");
    assert_eq!(anna.screen().last().unwrap().words(), "No");
    assert_eq!(send(json!({ "remove_keyboard": true })).await, "ok");
    assert!(anna.reply_keyboard().is_none());
}

#[tokio::test]
async fn messages_are_edited_and_deleted() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    let hers = anna.start();
    let chat = anna.id();
    let sent = call(&server, "sendMessage", json!({ "chat_id": chat, "text": "one" })).await;
    let id = sent["result"]["message_id"].clone();
    let edit = async |id: &Value, text: &str| {
        let params = json!({ "chat_id": chat, "message_id": id, "text": text });
        let answer = call(&server, "editMessageText", params).await;
        answer["description"].as_str().unwrap_or("ok").to_owned()
    };
    assert_eq!(edit(&id, "two").await, "ok");
    assert!(edit(&id, "two").await.starts_with("Bad Request: message is not modified: specified"));
    assert_eq!(edit(&json!(hers), "two").await, "Bad Request: message can't be edited");
    assert_eq!(edit(&json!(9000), "two").await, "Bad Request: message to edit not found");
    let shown = anna.screen().pop().unwrap();
    assert_eq!((shown.words(), shown.edited, shown.from_bot), ("two", true, true));
    let params = json!({ "chat_id": chat, "message_id": id });
    assert_eq!(call(&server, "deleteMessage", params.clone()).await["ok"], true);
    assert_eq!(call(&server, "deleteMessage", params).await["description"], "Bad Request: message to delete not found");
    assert_eq!(anna.screen().len(), 1);
    assert!(anna.history()[1].deleted);
}

#[tokio::test]
async fn commands_follow_scope_and_language() {
    let server = BotApiServer::start().await;
    let (anna, oleg) = (server.user("Anna", "en"), server.user("Олег", "ru"));
    let set = async |description: &str, extra: Value| {
        let mut params = json!({ "commands": [{ "command": "help", "description": description }] });
        params.as_object_mut().unwrap().append(&mut extra.as_object().unwrap().clone());
        call(&server, "setMyCommands", params).await["ok"].clone()
    };
    assert_eq!(set("Help", json!({})).await, true);
    assert_eq!(set("Помощь", json!({ "language_code": "ru" })).await, true);
    assert_eq!(set("Bad", json!({ "language_code": "RUS" })).await, false);
    assert_eq!(anna.commands(), [("help".to_owned(), "Help".to_owned())]);
    assert_eq!(oleg.commands(), [("help".to_owned(), "Помощь".to_owned())]);
    call(&server, "deleteMyCommands", json!({ "language_code": "ru" })).await;
    assert_eq!(oleg.commands(), anna.commands());
}
