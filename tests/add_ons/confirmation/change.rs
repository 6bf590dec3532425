use auth_runtime::{
    context::Context,
    error::{Cause, Code, Error, FieldError},
    resources::audit_log::{AuditLogResource, Page, Status},
};
use auth_tests::call::*;
use time::Duration;

use super::{
    db::{World, friend::*},
    first::{browser, confirm, registered, sign_in},
};

/// Somebody who is confirmed and signed in, in a browser of that name.
async fn signed_in(world: &World, cx: &Context<Friend>, name: &str) -> Context<Friend> {
    let cx = browser(cx, name);
    let token = registered(world, &cx, &format!("{name}@example.org")).await;
    let signed_in = confirm(&cx, &token).await.unwrap().signed_in.unwrap();
    on_behalf_of(&cx, &signed_in).await
}

async fn ask(cx: &Context<Friend>, email: &str) -> Result<(), Error> {
    let input = ChangeEmail {
        email: email.to_owned(),
    };
    Friend::change_email(cx, input).await?.delivered().await
}

async fn change_token(world: &World, cx: &Context<Friend>, email: &str) -> String {
    let before = world.outbox.of_kind("confirmation_change").len();
    ask(cx, email).await.unwrap();
    let sent = world.outbox.wait_for("confirmation_change", before + 1).await;
    sent[before].token.clone().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_02_a_new_address_counts_once_it_is_proven_and_the_old_one_is_told() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let ada = signed_in(&world, &auth.context(), "ada").await;
    let token = change_token(&world, &ada, " New@Example.org").await;
    let sent = world.outbox.of_kind("confirmation_change");
    assert_eq!(sent[0].to.as_deref(), Some("new@example.org"));
    sign_in(&auth.context(), "ada@example.org").await.unwrap();
    let confirmed = confirm(&ada, &token).await.unwrap();
    assert_eq!(confirmed.user.email, "new@example.org");
    assert!(confirmed.signed_in.is_none(), "the session goes on");
    let told = world.outbox.wait_for("address_changed", 1).await;
    assert_eq!(
        told[0].to.as_deref(),
        Some("ada@example.org"),
        "SU-10: the old address"
    );
    sign_in(&auth.context(), "new@example.org").await.unwrap();
    assert!(sign_in(&auth.context(), "ada@example.org").await.is_err());
    assert_eq!(
        confirm(&ada, &token).await.unwrap_err().cause(),
        Cause::TokenSpent
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_01_nobody_is_put_under_an_address_by_its_owner_alone() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let eve = signed_in(&world, &auth.context(), "eve").await;
    let token = change_token(&world, &eve, "ada@example.org").await;
    let error = confirm(&browser(&auth.context(), "ada"), &token)
        .await
        .unwrap_err();
    assert_eq!(
        (error.cause(), error.failure().code),
        (Cause::NotSignedIn, Code::AuthenticationFailed)
    );
    let found = Friend::get_by_email(&eve, "ada@example.org").await.unwrap();
    assert!(found.is_none());
    // In the browser that asked it goes without the session as well.
    confirm(&browser(&auth.context(), "eve"), &token).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn en_02_that_an_address_is_taken_is_told_to_its_owner_alone() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let ada = signed_in(&world, &auth.context(), "ada").await;
    let eve = signed_in(&world, &auth.context(), "eve").await;
    let before = world.tokens("confirmation").await.len();
    ask(&eve, "ada@example.org").await.unwrap();
    let told = world.outbox.wait_for("account_exists", 1).await;
    assert_eq!(
        (told[0].to.as_deref(), &told[0].token),
        (Some("ada@example.org"), &None)
    );
    assert_eq!(world.tokens("confirmation").await.len(), before + 1);
    assert_eq!(world.outbox.of_kind("confirmation_change").len(), 0);
    drop(ada);
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_02_an_address_that_was_taken_meanwhile_is_refused_and_the_link_stays_good() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let ada = signed_in(&world, &auth.context(), "ada").await;
    let token = change_token(&world, &ada, "new@example.org").await;
    let other = browser(&auth.context(), "other");
    registered(&world, &other, "new@example.org").await;
    let error = confirm(&ada, &token).await.unwrap_err();
    assert_eq!(field_errors(&error), [("email".to_owned(), FieldError::Taken)]);
    let found = Friend::get_by_email(&ada, "ada@example.org").await.unwrap();
    assert!(found.is_some(), "nothing was changed");
    world
        .execute("DELETE FROM friends WHERE email = 'new@example.org'")
        .await;
    confirm(&ada, &token).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_02_of_two_changes_the_later_one_counts_whoever_follows_which_link() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let ada = signed_in(&world, &auth.context(), "ada").await;
    let first = change_token(&world, &ada, "one@example.org").await;
    let second = change_token(&world, &ada, "two@example.org").await;
    assert_eq!(
        confirm(&ada, &first).await.unwrap_err().cause(),
        Cause::TokenSpent
    );
    let confirmed = confirm(&ada, &second).await.unwrap();
    assert_eq!(confirmed.user.email, "two@example.org");

    // A link and another request at once: what was confirmed is what the link was sent to, or nothing.
    for round in 0..4 {
        let wanted = format!("round-{round}@example.org");
        let token = change_token(&world, &ada, &wanted).await;
        let (confirming, asking) = (ada.clone(), ada.clone());
        let confirming = tokio::spawn(async move { confirm(&confirming, &token).await });
        let asking = tokio::spawn(async move { ask(&asking, "other@example.org").await });
        asking.await.unwrap().unwrap();
        match confirming.await.unwrap() {
            Ok(confirmed) => assert_eq!(confirmed.user.email, wanted),
            Err(error) => assert_eq!(error.cause(), Cause::TokenSpent),
        }
        assert!(
            Friend::get_by_email(&ada, "other@example.org")
                .await
                .unwrap()
                .is_none()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pw_11_a_change_needs_a_session_that_is_fresh() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let cx = auth.context();
    assert_eq!(
        ask(&cx, "new@example.org").await.unwrap_err().cause(),
        Cause::NotSignedIn
    );
    let ada = signed_in(&world, &cx, "ada").await;
    let error = ask(&ada, "no address").await.unwrap_err();
    assert_eq!(
        field_errors(&error),
        [("email".to_owned(), FieldError::NotAnAddress)]
    );
    world.clock.advance(Duration::minutes(15) + Duration::seconds(1));
    let error = ask(&ada, "new@example.org").await.unwrap_err();
    assert_eq!(error.failure().code, Code::ReauthenticationRequired);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_05_another_address_voids_what_was_sent_to_the_old_one() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    let ada = signed_in(&world, &auth.context(), "ada").await;
    let input = RequestMagicLink {
        email: "ada@example.org".to_owned(),
    };
    Friend::request_magic_link(&ada, input)
        .await
        .unwrap()
        .delivered()
        .await
        .unwrap();
    let link = world.outbox.wait_for("magic_link", 1).await[0]
        .token
        .clone()
        .unwrap();
    let token = change_token(&world, &ada, "new@example.org").await;
    confirm(&ada, &token).await.unwrap();
    let input = SignInWithMagicLink {
        token: link.as_str().into(),
    };
    let error = Friend::sign_in_with_magic_link(&ada, input).await.unwrap_err();
    assert_eq!(error.cause(), Cause::TokenSpent);
}

#[tokio::test(flavor = "multi_thread")]
async fn en_02_an_earlier_link_does_not_tell_whether_the_next_address_is_taken() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    drop(signed_in(&world, &auth.context(), "ada").await);
    let eve = signed_in(&world, &auth.context(), "eve").await;
    for next in ["free@example.org", "ada@example.org"] {
        let first = change_token(&world, &eve, "first@example.org").await;
        ask(&eve, next).await.unwrap();
        let error = confirm(&eve, &first).await.unwrap_err();
        assert_eq!(error.cause(), Cause::TokenSpent, "{next}");
        world.forget_limits().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn en_02_the_event_does_not_tell_whether_the_address_is_taken() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Friend>().await;
    drop(signed_in(&world, &auth.context(), "ada").await);
    let eve = signed_in(&world, &auth.context(), "eve").await;
    for next in ["free@example.org", "ada@example.org"] {
        ask(&eve, next).await.unwrap();
    }
    let subject = eve.session().unwrap().subject();
    let entries = AuditLog::by_subject(&eve, subject, Page::of(2))
        .await
        .unwrap()
        .entries;
    assert_eq!(entries.len(), 2);
    for entry in &entries {
        assert_eq!(entry.action_name, "change_email");
        assert_eq!(
            (entry.status, &entry.cause),
            (Status::Success, &None),
            "{entry:?}"
        );
    }
}
