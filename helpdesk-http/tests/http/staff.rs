//! Accounts of staff (A11).

use serde_json::json;

use crate::app::{App, PASSWORD};

#[tokio::test]
async fn an_admin_makes_an_account_that_can_log_in() {
    let app = App::new().await;
    let body =
        json!({"login": "boris", "password": PASSWORD, "full_name": "Boris B", "role": "agent", "language": "ru"});
    let made = app.post("/api/v1/staff", &body).by(&app.admin).send().await.expect(201).json();
    assert_eq!((&made["role"], &made["active"], &made["language"]), (&json!("agent"), &json!(true), &json!("ru")));
    let token = app.log_in("BORIS").await;
    let me = app.get("/api/v1/me").by(&token).send().await.expect(200).json();
    assert_eq!(me, made);
}

#[tokio::test]
async fn the_same_key_makes_one_account_and_a_taken_login_is_a_conflict() {
    let app = App::new().await;
    let body = json!({"login": "boris", "password": PASSWORD, "full_name": "Boris B", "role": "agent"});
    let make = || app.post("/api/v1/staff", &body).by(&app.admin);
    let first = make().header("idempotency-key", "k").send().await.expect(201).json();
    let second = make().header("idempotency-key", "k").send().await.expect(201).json();
    assert_eq!(first["id"], second["id"]);
    make().send().await.refused(409, "conflict");
}

#[tokio::test]
async fn what_breaks_a_rule_is_named() {
    let app = App::new().await;
    let short = json!({"login": "boris", "password": "short", "full_name": "Boris B", "role": "agent"});
    let problem = app.post("/api/v1/staff", &short).by(&app.admin).send().await.refused(422, "validation").json();
    assert_eq!(problem["errors"][0]["pointer"], "#/password");
    let nameless = json!({"login": "boris", "password": PASSWORD, "full_name": " ", "role": "agent"});
    app.post("/api/v1/staff", &nameless).by(&app.admin).send().await.refused(422, "validation");
    let boss = json!({"login": "boris", "password": PASSWORD, "full_name": "B", "role": "boss"});
    let problem = app.post("/api/v1/staff", &boss).by(&app.admin).send().await.refused(400, "invalid-body").json();
    assert_eq!(problem["errors"][0]["pointer"], "#/role");
}

#[tokio::test]
async fn a_changed_account_must_log_in_again() {
    let app = App::new().await;
    let me = app.get("/api/v1/me").by(&app.agent).send().await.expect(200).json();
    let path = format!("/api/v1/staff/{}", me["id"].as_str().unwrap());
    let change = |body| app.request("PATCH", &path).json(&body).by(&app.admin);
    let renamed = change(json!({"full_name": "Anna A"})).send().await.expect(200).json();
    assert_eq!(renamed["full_name"], "Anna A");
    app.get("/api/v1/me").by(&app.agent).send().await.expect(200);

    change(json!({"password": "another long password"})).send().await.expect(200);
    app.get("/api/v1/me").by(&app.agent).send().await.refused(401, "unauthenticated");
    let old = json!({"login": "anna", "password": PASSWORD});
    app.post("/api/v1/auth/login", &old).send().await.refused(401, "invalid-credentials");

    change(json!({"active": false})).send().await.expect(200);
    let new = json!({"login": "anna", "password": "another long password"});
    app.post("/api/v1/auth/login", &new).send().await.refused(401, "invalid-credentials");
}

#[tokio::test]
async fn the_last_admin_stays_one() {
    let app = App::new().await;
    let me = app.get("/api/v1/me").by(&app.admin).send().await.expect(200).json();
    let path = format!("/api/v1/staff/{}", me["id"].as_str().unwrap());
    app.request("PATCH", &path).json(&json!({"role": "agent"})).by(&app.admin).send().await.refused(409, "conflict");
}

#[tokio::test]
async fn staff_are_listed_by_name_a_page_at_a_time() {
    let app = App::new().await;
    let first = app.get("/api/v1/staff?limit=1").by(&app.agent).send().await.expect(200).json();
    assert_eq!(first["items"][0]["full_name"], "Anna Agent");
    let next = format!("/api/v1/staff?limit=1&cursor={}", first["next"].as_str().unwrap());
    let second = app.get(&next).by(&app.agent).send().await.expect(200).json();
    assert_eq!((&second["items"][0]["full_name"], &second["next"]), (&json!("Rita Root"), &json!(null)));
}
