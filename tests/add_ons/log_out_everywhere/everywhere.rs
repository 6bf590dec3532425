//! Everything that somebody holds ends at once.

use std::sync::{Arc, Mutex};

use auth_runtime::{context::Context, error::Cause, session::SignedIn};
use auth_tests::{PASSWORD, call::*};
use serde_json::json;

use super::{
    db::World,
    guests::{Guest, LogOutEverywhere, come_back, register, sign_in},
    roamers::{self, LeaveEverywhere, Roamer},
};

async fn alive(cx: &Context<Guest>, signed_in: &SignedIn<Guest>) -> bool {
    session(cx, &token(signed_in)).await.is_some()
}

async fn log_out(
    cx: &Context<Guest>,
    except_this_session: bool,
) -> Result<auth_runtime::session::Ended, auth_runtime::Error> {
    Guest::log_out_everywhere(cx, LogOutEverywhere { except_this_session }).await
}

async fn reset_token(world: &World, cx: &Context<Guest>, email: &str) -> String {
    let before = world.outbox.of_kind("password_reset").len();
    let asked = json!({"email": email});
    drop(
        call(cx, "request_password_reset_with_password", asked)
            .await
            .unwrap(),
    );
    let sent = world.outbox.wait_for("password_reset", before + 1).await;
    sent[before].token.clone().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn se_05_everything_ends_and_nobody_elses() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Guest>().await;
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    let second = sign_in(&cx, "ada@example.org", true).await;
    let eve = sign_in(
        &cx,
        register(&cx, "eve@example.org").await.user.email.as_str(),
        true,
    )
    .await;
    let reset = reset_token(&world, &cx, "ada@example.org").await;
    let sign_in_token = json!({"email": "ada@example.org", "password": PASSWORD});
    let sign_in_token = call(&cx, "sign_in_token_with_password", sign_in_token)
        .await
        .unwrap();
    let own = on_behalf_of(&cx, &second).await;
    let eves_before = auth.sessions_of(&eve.subject()).await.unwrap().len();

    let ended = log_out(&own, false).await.unwrap();
    assert_eq!((ended.sessions, ended.tokens, ended.current), (2, 5, true));
    let told = world.outbox.wait_for("sessions_ended", 1).await;
    assert_eq!(told.len(), 1, "the owner is told");
    assert!(!alive(&cx, &first).await && !alive(&cx, &second).await);
    let cookie = &second.remember_me.as_ref().unwrap().token;
    assert_eq!(
        come_back(&cx, cookie).await.unwrap_err().cause(),
        Cause::TokenSpent
    );
    let input = json!({"reset_token": reset, "password": PASSWORD});
    let error = enter(&cx, "password_reset_with_password", input)
        .await
        .unwrap_err();
    assert_eq!(error.cause(), Cause::TokenSpent);
    let auth_runtime::strategy::ActionOutcome::SignInToken(one_time) = sign_in_token else {
        panic!("a sign-in token")
    };
    let input = json!({"token": secrecy::ExposeSecret::expose_secret(&one_time)});
    assert!(enter(&cx, "sign_in_with_token", input).await.is_err());

    assert!(alive(&cx, &eve).await);
    assert!(
        come_back(&cx, &eve.remember_me.as_ref().unwrap().token)
            .await
            .is_ok()
    );
    assert!(auth.sessions_of(&eve.subject()).await.unwrap().len() >= eves_before);
    let error = log_out(&own, false).await.unwrap_err();
    assert_eq!(
        error.cause(),
        Cause::NotSignedIn,
        "a session that is over ends nothing"
    );
    let error = log_out(&cx, false).await.unwrap_err();
    assert_eq!(error.cause(), Cause::NotSignedIn);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_05_the_session_that_asks_can_go_on() {
    let Some(world) = World::new().await else { return };
    let told = Arc::new(Mutex::new(Vec::new()));
    Guest::schema().create(&world.repo).await.unwrap();
    let listener = Arc::clone(&told);
    let builder = world.builder::<Guest>();
    let builder = builder.on_tokens_revoked(move |ended| listener.lock().unwrap().push(ended.clone()));
    let auth = builder.start().await.unwrap();
    let cx = auth.context();
    let first = register(&cx, "ada@example.org").await;
    let kept = sign_in(&cx, "ada@example.org", true).await;
    let own = on_behalf_of(&cx, &kept).await;
    let ended = log_out(&own, true).await.unwrap();
    assert_eq!((ended.sessions, ended.tokens, ended.current), (1, 1, false));
    assert!(!alive(&cx, &first).await && alive(&cx, &kept).await);
    assert_eq!(told.lock().unwrap().len(), 1);
    assert!(
        come_back(&cx, &kept.remember_me.as_ref().unwrap().token)
            .await
            .is_ok(),
        "remembered all the same"
    );
    let nothing = log_out(&own, true).await.unwrap();
    assert_eq!((nothing.sessions, nothing.tokens), (0, 0), "nothing else is left");
    world.outbox.wait_for("sessions_ended", 1).await;
    assert_eq!(world.outbox.of_kind("sessions_ended").len(), 1, "nor told of");
    let by_name = json!({"except_this_session": true});
    assert!(call(&own, "log_out_everywhere", by_name).await.is_ok());
    let error = call(&own, "log_out_everywhere", json!({"user": "user?id=1"}))
        .await
        .unwrap_err();
    assert_eq!(field_errors(&error)[0].0, "user", "it is about nobody else");
}

#[tokio::test(flavor = "multi_thread")]
async fn se_05_purposes_can_be_spared() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Roamer>().await;
    let cx = auth.context();
    let first = roamers::register(&cx, "ada@example.org").await;
    let second = roamers::sign_in(&cx, "ada@example.org").await;
    let asked = json!({"email": "ada@example.org"});
    drop(
        call(&cx, "request_password_reset_with_password", asked)
            .await
            .unwrap(),
    );
    let sent = world.outbox.wait_for("password_reset", 1).await;
    let own = on_behalf_of(&cx, &second).await;
    let input = LeaveEverywhere {
        except_this_session: false,
    };
    let ended = Roamer::leave_everywhere(&own, input).await.unwrap();
    assert_eq!(
        (ended.sessions, ended.tokens),
        (2, 4),
        "each with its refresh token"
    );
    for signed_in in [&first, &second] {
        assert!(session(&cx, &token(signed_in)).await.is_none());
        let refresh = signed_in.refresh_token.as_ref().unwrap();
        assert_eq!(cx.refresh(refresh).await.unwrap_err().cause(), Cause::TokenSpent);
    }
    let input = json!({"reset_token": sent[0].token, "password": auth_tests::OTHER_PASSWORD});
    assert!(enter(&cx, "password_reset_with_password", input).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn se_05_whoever_enters_meanwhile_is_ended_or_clearly_later() {
    let Some(world) = World::new().await else { return };
    let auth = world.start_for_a_crowd::<Guest>().await;
    let cx = auth.context();
    register(&cx, "ada@example.org").await;
    for round in 0..6_u64 {
        let asking = on_behalf_of(&cx, &sign_in(&cx, "ada@example.org", false).await).await;
        let cookie = sign_in(&cx, "ada@example.org", true)
            .await
            .remember_me
            .unwrap()
            .token;
        let entering: Vec<_> = (0..3)
            .map(|number| {
                let (cx, cookie) = (cx.clone(), cookie.clone());
                tokio::spawn(async move {
                    if number == 0 {
                        return come_back(&cx, &cookie).await.ok();
                    }
                    Some(sign_in(&cx, "ada@example.org", true).await)
                })
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(15 * round)).await;
        log_out(&asking, false).await.unwrap();
        let live = world.tokens("user").await;
        for entered in entering {
            let Some(entered) = entered.await.unwrap() else {
                continue;
            };
            let jti = &entered.claims.as_ref().unwrap().jti;
            let counted = live.iter().any(|row| row.jti == *jti);
            if counted {
                assert!(alive(&cx, &entered).await, "round {round}: later, and whole");
            }
            let comes_back = come_back(&cx, &entered.remember_me.as_ref().unwrap().token)
                .await
                .is_ok();
            assert_eq!(
                alive(&cx, &entered).await,
                comes_back,
                "round {round}: session and cookie have one fate"
            );
        }
        let last = on_behalf_of(&cx, &sign_in(&cx, "ada@example.org", false).await).await;
        log_out(&last, false).await.unwrap();
        assert!(world.tokens("user").await.is_empty(), "round {round}");
        assert!(world.tokens("remember_me").await.is_empty(), "round {round}");
    }
}
