//! Which events there are, and what is in them.

use auth_runtime::{
    prelude::*,
    resources::audit_log::{LogFilter, Page, Status},
};
use auth_tests::{OTHER_PASSWORD, PASSWORD, WRONG_PASSWORD, call::*};
use serde_json::json;

use super::{
    db::{World, watched::*},
    support::*,
};
use crate::site::{Site, answer};

#[tokio::test(flavor = "multi_thread")]
async fn au_01_every_action_leaves_one_event_whatever_comes_of_it() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let ada = register(&cx, "ada@example.org").await;
    let _ = register_again(&cx).await;
    sign_in(&cx, "ada@example.org", PASSWORD).await.unwrap();
    sign_in(&cx, "ada@example.org", WRONG_PASSWORD).await.unwrap_err();
    sign_in(&cx, "nobody@example.org", PASSWORD).await.unwrap_err();
    call(&cx, "sign_in_with_password", json!({"email": "ada@example.org"}))
        .await
        .unwrap_err();
    call(&cx, "sign_in_with_token", json!({"token": "nonsense"}))
        .await
        .unwrap_err();
    for email in ["ada@example.org", "nobody@example.org"] {
        call(
            &cx,
            "request_password_reset_with_password",
            json!({"email": email}),
        )
        .await
        .unwrap();
    }
    let mine = on_behalf_of(&cx, &ada).await;
    let change = json!({
        "current_password": PASSWORD, "password": OTHER_PASSWORD, "password_confirmation": OTHER_PASSWORD,
    });
    let again = enter(&mine, "change_password", change.clone()).await.unwrap();
    call(&cx, "change_password", change).await.unwrap_err();
    auth.sign_out(&token(&again)).await.unwrap();
    assert_eq!(
        outline::<AuditLog, User>(&auth).await,
        [
            "register_with_password success",
            "register_with_password failure invalid_input",
            "sign_in_with_password success",
            "sign_in_with_password failure wrong_password",
            "sign_in_with_password failure no_user",
            "sign_in_with_password failure invalid_input",
            "sign_in_with_token failure token_invalid",
            "request_password_reset_with_password success",
            "request_password_reset_with_password failure no_user",
            "change_password success",
            "change_password failure not_signed_in",
            "sign_out success",
        ]
    );
}

async fn register_again(cx: &Context<User>) -> Error {
    enter(cx, "register_with_password", newcomer("ada@example.org"))
        .await
        .unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn au_01_an_event_says_who_what_when_and_from_where() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let ada = register(&auth.context(), "ada@example.org").await;
    let site = Site::of(&auth).await;
    let arguments = json!({"user": {"email": " Ada@Example.org ", "password": PASSWORD}});
    let request = site
        .post("password/sign_in")
        .header("x-request-id", "trace-1")
        .header("user-agent", "the tests")
        .json(&arguments);
    assert_eq!(answer(request).await.0, 200);
    let arguments = json!({"user": {"email": "nobody@example.org", "password": PASSWORD}});
    let request = site
        .post("password/sign_in")
        .bearer_auth(token(&ada))
        .json(&arguments);
    assert_eq!(answer(request).await.0, 401);

    let events = events::<AuditLog, User>(&auth).await;
    let [registered, signed_in, refused] = &events[..] else {
        panic!("three events: {events:#?}");
    };
    assert_eq!(
        registered.extra_data["request"],
        json!(null),
        "a call from inside"
    );
    assert_eq!(registered.subject, Some(ada.subject()));

    assert_eq!(signed_in.logged_at, auth.now());
    assert_eq!(
        (signed_in.resource.as_str(), signed_in.audit_log.as_str()),
        ("user", "audit_log")
    );
    assert_eq!(
        (signed_in.strategy.as_str(), signed_in.action_name.as_str()),
        ("password", "sign_in_with_password")
    );
    assert_eq!(
        (signed_in.status, signed_in.cause.as_deref()),
        (Status::Success, None)
    );
    assert_eq!(signed_in.subject, Some(ada.subject()));
    assert_eq!(
        signed_in.identity.as_deref(),
        Some("ada@example.org"),
        "in its one form"
    );
    assert_eq!(signed_in.client_ip.as_deref(), Some("127.0.0.1"));
    assert_eq!(signed_in.request_id.as_deref(), Some("trace-1"));
    let request = &signed_in.extra_data["request"];
    assert_eq!(request["http_method"], "POST");
    assert_eq!(request["remote_ip"], "127.0.0.1");
    assert_eq!(request["user_agent"], "the tests");
    assert!(request["remote_port"].is_u64() && request["http_host"].is_string());
    let keys: Vec<&str> = signed_in.extra_data.keys().map(String::as_str).collect();
    assert_eq!(keys, ["actor", "params", "request", "tenant"]);
    assert_eq!(signed_in.extra_data["actor"], json!(null));

    assert_eq!(refused.status, Status::Failure);
    assert_eq!(refused.cause.as_deref(), Some("no_user"));
    assert_eq!(
        (refused.subject.as_deref(), refused.identity.as_deref()),
        (None, Some("nobody@example.org"))
    );
    assert_eq!(
        refused.extra_data["actor"],
        json!(ada.subject()),
        "who was signed in"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn au_01_what_is_refused_before_the_action_is_an_event_too() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let site = Site::of(&auth).await;
    let foreign = site
        .post("password/sign_in")
        .header("sec-fetch-site", "cross-site");
    assert_eq!(answer(foreign.json(&json!({}))).await.0, 403);
    let unreadable = site
        .post("password/reset")
        .header("content-type", "application/json");
    assert_eq!(answer(unreadable.body("{")).await.0, 400);
    let unknown = site.post("password/register").body("text");
    assert_eq!(answer(unknown).await.0, 415);
    let foreign = site.post("sign_out").header("sec-fetch-site", "cross-site");
    assert_eq!(answer(foreign).await.0, 403);
    assert_eq!(answer(site.post("sign_out")).await.0, 200);
    let large = site.post("password/sign_in").body(" ".repeat(64 * 1024 + 1));
    assert_eq!(answer(large).await.0, 413);
    let nobody = site.post("sessions/end").json(&json!({"user": {"id": "x"}}));
    assert_eq!(answer(nobody).await.0, 401);
    assert_eq!(answer(site.post("sessions/end_others")).await.0, 401);
    assert_eq!(answer(site.post("sessions/end_others").body("text")).await.0, 415);
    assert_eq!(
        answer(site.post("password/nonsense")).await.0,
        404,
        "no action, no event"
    );
    assert_eq!(
        outline::<AuditLog, User>(&auth).await,
        [
            "sign_in_with_password failure cross_site_request",
            "password_reset_with_password failure malformed_request",
            "register_with_password failure malformed_request",
            "sign_out failure cross_site_request",
            "sign_out success",
            "sign_in_with_password failure malformed_request",
            "end_session failure not_signed_in",
            "end_other_sessions failure not_signed_in",
            "end_other_sessions failure malformed_request",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn au_02_accepted_columns_are_recorded_and_secrets_never() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let mut arguments = newcomer("ada@example.org");
    arguments["display_name"] = json!(format!("Ada\r\nEve {}", "x".repeat(700)));
    arguments["nickname"] = json!("countess");
    // Control characters are refused at the door over HTTP; a typed call brings them.
    let input = RegisterWithPassword {
        email: "ada@example.org".to_owned(),
        password: PASSWORD.into(),
        password_confirmation: PASSWORD.into(),
        display_name: arguments["display_name"].as_str().map(str::to_owned),
        nickname: Some("countess".to_owned()),
    };
    User::register_with_password(&cx, input).await.unwrap();
    let everything = events::<AuditLog, User>(&auth).await;
    let params = &everything[0].extra_data["params"];
    assert_eq!(params["nickname"], "countess", "named by `include_fields`");
    let shown = params["display_name"].as_str().unwrap();
    assert!(shown.starts_with("AdaEve x") && shown.len() == 256, "{shown}");
    let other = events::<TruncatedLog, User>(&auth).await;
    let params = other[0].extra_data["params"].as_object().unwrap();
    assert_eq!(
        params.keys().collect::<Vec<_>>(),
        ["display_name"],
        "private columns stay out"
    );
    let text = serde_json::to_string(&(everything, other)).unwrap();
    assert!(!text.contains(PASSWORD), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn excluded_actions_leave_nothing() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    let ada = register(&cx, "ada@example.org").await;
    sign_in(&cx, "ada@example.org", WRONG_PASSWORD).await.unwrap_err();
    let email = json!({"email": "ada@example.org"});
    call(&cx, "request_password_reset_with_password", email)
        .await
        .unwrap();
    auth.sign_out(&token(&ada)).await.unwrap();
    assert_eq!(
        outline::<AuditLog, User>(&auth).await,
        [
            "register_with_password success",
            "sign_in_with_password failure wrong_password",
            "request_password_reset_with_password success",
            "sign_out success",
        ]
    );
    assert_eq!(
        outline::<TruncatedLog, User>(&auth).await,
        [
            "register_with_password success",
            "sign_in_with_password failure wrong_password",
        ],
        "two actions are excluded"
    );
    assert_eq!(
        outline::<HashedLog, User>(&auth).await,
        ["sign_out success"],
        "one strategy is included"
    );
    assert_eq!(
        outline::<ExcludedLog, User>(&auth).await,
        ["sign_in_with_password failure wrong_password"],
        "one action is included"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_that_is_given_up_leaves_one_event_all_the_same() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    let mut given_up = 0;
    for step in 0..40_u64 {
        let attempt = sign_in(&cx, "ada@example.org", PASSWORD);
        let patience = std::time::Duration::from_millis(2 * step);
        given_up += usize::from(tokio::time::timeout(patience, attempt).await.is_err());
    }
    // Transactions that went on by themselves come to their end, and with them their events.
    auth.shutdown(std::time::Duration::from_secs(20)).await;
    let filter = LogFilter::new().action("sign_in_with_password");
    let found = AuditLog::entries(&cx, filter, Page::of(200))
        .await
        .unwrap()
        .entries;
    assert_eq!(found.len(), 40, "{given_up} were given up: {found:#?}");
    let unknown = found
        .iter()
        .filter(|event| event.status == Status::Unknown)
        .count();
    assert!(unknown <= given_up, "{unknown} of {given_up}");
    let sessions = world.tokens("user").await.len() - 1;
    let successes = found
        .iter()
        .filter(|event| event.status == Status::Success)
        .count();
    assert_eq!(
        sessions, successes,
        "a success is in the log if and only if it happened"
    );
}
