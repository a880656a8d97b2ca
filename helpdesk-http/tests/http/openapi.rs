//! The document that describes the routes is checked in, so that a change of the wire shows in a review.

use std::{env, fs};

use crate::app::App;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
const REGENERATE: &str = "HELPDESK_WRITE_OPENAPI";

#[tokio::test]
async fn the_checked_in_document_is_the_one_that_is_served() {
    let app = App::new().await;
    let answer = app.get("/api/v1/openapi.json").send().await.expect(200);
    assert_eq!(answer.header("content-type"), "application/json");
    let served = serde_json::to_string_pretty(&answer.json()).unwrap() + "\n";
    if env::var_os(REGENERATE).is_some() {
        fs::write(PATH, &served).unwrap();
    }
    let checked_in = fs::read_to_string(PATH).unwrap_or_default();
    assert!(
        served == checked_in,
        "the API has changed: run `{REGENERATE}=1 cargo test -p helpdesk-http --test http openapi`, and look at the diff"
    );
}

/// What clients send, where fields may be left out; and problems, which say no more than there is to say.
const WITH_OPTIONAL_FIELDS: [&str; 6] =
    ["MessageForm", "NewMessage", "PersonChange", "PersonNew", "Problem", "InputError"];

#[tokio::test]
async fn an_answer_leaves_no_field_out() {
    let app = App::new().await;
    let document = app.get("/api/v1/openapi.json").send().await.expect(200).json();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let parts = schema["allOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
        for part in parts.iter().filter(|_| !WITH_OPTIONAL_FIELDS.contains(&name.as_str())) {
            let fields = part["properties"].as_object().map_or(0, serde_json::Map::len);
            let required = part["required"].as_array().map_or(0, Vec::len);
            assert_eq!(fields, required, "mark the optional fields of {name} with `#[schema(required)]`");
        }
    }
}

#[tokio::test]
async fn it_is_openapi_3_1_and_says_nothing_absolute() {
    let app = App::new().await;
    let document = app.get("/api/v1/openapi.json").send().await.expect(200).json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document["servers"], serde_json::json!([{"url": "../.."}]));
    assert!(!document.to_string().contains("http://"));
    assert!(!document.to_string().contains("[`"), "a link of rustdoc leads nowhere here");
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string() && operation["operationId"].is_string(), "{method} {path}");
            assert_eq!(operation["responses"]["default"]["$ref"], "#/components/responses/Problem", "{method} {path}");
        }
    }
}
