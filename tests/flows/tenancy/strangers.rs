use auth_runtime::{
    error::{Cause, FieldError},
    prelude::*,
};
use auth_tests::{OTHER_PASSWORD, PASSWORD, call::*};

use super::{
    db::World,
    people::{self, *},
};

const ADA: &str = "ada@example.org";

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_equal_identities_in_two_tenants_are_two_people() {
    let Some(world) = World::new().await else { return };
    let auth = people::start(&world).await;
    let (one, two) = (auth.in_tenant(1), auth.in_tenant(2));
    let (one, two) = (one.context(), two.context());
    let in_one = register(&one, ADA, PASSWORD).await.unwrap();
    assert_eq!(
        sign_in(&two, ADA, PASSWORD).await.unwrap_err().cause(),
        Cause::NoUser,
        "she is unknown elsewhere"
    );
    let in_two = register(&two, " Ada@Example.org", OTHER_PASSWORD).await.unwrap();
    assert_ne!(in_one.user.id, in_two.user.id);
    assert_eq!((in_one.user.org_id, in_two.user.org_id), (1, 2));

    let taken = register(&two, ADA, PASSWORD).await.unwrap_err();
    assert_eq!(field_errors(&taken), [("email".to_owned(), FieldError::Taken)]);
    for (cx, right, wrong, org) in [
        (&one, PASSWORD, OTHER_PASSWORD, 1),
        (&two, OTHER_PASSWORD, PASSWORD, 2),
    ] {
        assert_eq!(sign_in(cx, ADA, right).await.unwrap().user.org_id, org);
        assert_eq!(
            sign_in(cx, ADA, wrong).await.unwrap_err().cause(),
            Cause::WrongPassword
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_sessions_are_listed_and_ended_in_their_own_tenant_only() {
    let Some(world) = World::new().await else { return };
    let auth = people::start(&world).await;
    let (one, two) = (auth.in_tenant(1), auth.in_tenant(2));
    let ada = register(&one.context(), ADA, PASSWORD).await.unwrap();
    let subject = ada.subject();
    let listed = one.sessions_of(&subject).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert!(two.sessions_of(&subject).await.unwrap().is_empty());
    let later = auth.now() + time::Duration::minutes(1);
    let ended = two.end_session_of(&subject, &listed[0].id).await.unwrap();
    assert_eq!(ended.tokens, 0);
    let ended = two.revoke_issued_before(&subject, later).await.unwrap();
    assert_eq!(ended.tokens, 0);
    assert!(one.authenticate(&token(&ada)).await.unwrap().is_some());
    assert!(
        auth.sessions_of(&subject).await.is_err(),
        "of no tenant in particular"
    );
    let ended = one.revoke_issued_before(&subject, later).await.unwrap();
    assert_eq!((ended.sessions, ended.tokens), (1, 1));
    assert!(one.authenticate(&token(&ada)).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_a_session_counts_in_its_own_tenant_only() {
    let Some(world) = World::new().await else { return };
    let auth = people::start(&world).await;
    let (one, two) = (auth.in_tenant(1), auth.in_tenant(2));
    let ada = register(&one.context(), ADA, PASSWORD).await.unwrap();
    let token = token(&ada);
    assert_eq!(ada.claims.as_ref().unwrap().tenant.as_deref(), Some("1"));
    assert!(one.authenticate(&token).await.unwrap().is_some());
    assert!(two.authenticate(&token).await.unwrap().is_none());
    assert!(
        auth.authenticate(&token).await.unwrap().is_none(),
        "without a tenant nobody is signed in"
    );

    two.sign_out(&token).await.unwrap();
    assert!(
        one.authenticate(&token).await.unwrap().is_some(),
        "another tenant cannot end it"
    );

    let subject = ada.subject();
    let in_one = Staff::get_by_subject(&one.context(), &subject).await.unwrap();
    assert_eq!(in_one.unwrap().id, ada.user.id);
    assert!(
        Staff::get_by_subject(&two.context(), &subject)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_who_moves_to_another_tenant_is_signed_out() {
    let Some(world) = World::new().await else { return };
    let auth = people::start(&world).await;
    let one = auth.in_tenant(1);
    let ada = register(&one.context(), ADA, PASSWORD).await.unwrap();
    world.execute("UPDATE staff SET org_id = 2").await;
    for tenant in [1, 2] {
        let moved = auth.in_tenant(tenant);
        assert!(moved.authenticate(&token(&ada)).await.unwrap().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_one_time_tokens_work_in_their_own_tenant_only() {
    let Some(world) = World::new().await else { return };
    let auth = people::start(&world).await;
    let (one, two) = (auth.in_tenant(1).context(), auth.in_tenant(2).context());
    register(&one, ADA, PASSWORD).await.unwrap();
    register(&two, ADA, OTHER_PASSWORD).await.unwrap();

    let input = SignInWithPassword {
        email: ADA.to_owned(),
        password: PASSWORD.into(),
    };
    let sign_in_token = Staff::sign_in_token_with_password(&one, input).await.unwrap();
    let exchange = |token: SecretString| SignInWithToken { token };
    let refused = Staff::sign_in_with_token(&two, exchange(sign_in_token.clone())).await;
    assert_eq!(refused.unwrap_err().cause(), Cause::TokenInvalid);
    Staff::sign_in_with_token(&one, exchange(sign_in_token))
        .await
        .unwrap();

    let request = || RequestPasswordResetWithPassword {
        email: ADA.to_owned(),
    };
    let three = auth.in_tenant(3).context();
    let nobody = Staff::request_password_reset_with_password(&three, request()).await;
    nobody.unwrap().delivered().await.unwrap();
    let accepted = Staff::request_password_reset_with_password(&one, request()).await;
    accepted.unwrap().delivered().await.unwrap();
    let sent = world.outbox.wait_for("password_reset", 1).await;
    assert_eq!(sent.len(), 1, "the address is unknown in the third tenant");
    let reset = || PasswordResetWithPassword {
        reset_token: sent[0].token.clone().unwrap().into(),
        password: "twelve silver kites over water".into(),
        password_confirmation: "twelve silver kites over water".into(),
    };
    let refused = Staff::password_reset_with_password(&two, reset()).await;
    assert_eq!(refused.unwrap_err().cause(), Cause::TokenInvalid);
    let done = Staff::password_reset_with_password(&one, reset()).await.unwrap();
    assert_eq!(done.user.org_id, 1);
    assert!(
        sign_in(&two, ADA, OTHER_PASSWORD).await.is_ok(),
        "the other one kept hers"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_a_message_that_waited_is_signed_for_its_own_tenant() {
    let Some(world) = World::new().await else { return };
    let auth = people::start(&world).await;
    let (one, two) = (auth.in_tenant(1).context(), auth.in_tenant(2).context());
    register(&one, ADA, PASSWORD).await.unwrap();
    world.outbox.set(auth_tests::mail::Post::FailsOnce);
    let request = RequestPasswordResetWithPassword {
        email: ADA.to_owned(),
    };
    let accepted = Staff::request_password_reset_with_password(&one, request).await;
    accepted.unwrap().delivered().await.unwrap_err();
    world.clock.advance(time::Duration::seconds(10));
    // Background work is of no tenant in particular.
    auth.deliver_due().await.unwrap();
    let sent = world.outbox.wait_for("password_reset", 1).await;
    let reset = || PasswordResetWithPassword {
        reset_token: sent[0].token.clone().unwrap().into(),
        password: OTHER_PASSWORD.into(),
        password_confirmation: OTHER_PASSWORD.into(),
    };
    let refused = Staff::password_reset_with_password(&two, reset()).await;
    assert_eq!(refused.unwrap_err().cause(), Cause::TokenInvalid);
    let done = Staff::password_reset_with_password(&one, reset()).await.unwrap();
    assert_eq!(done.user.org_id, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_without_a_tenant_everything_is_refused() {
    let Some(world) = World::new().await else { return };
    let auth = people::start(&world).await;
    register(&auth.in_tenant(1).context(), ADA, PASSWORD)
        .await
        .unwrap();
    let nowhere = auth.context();
    for error in [
        register(&nowhere, "eve@example.org", PASSWORD).await.unwrap_err(),
        sign_in(&nowhere, ADA, PASSWORD).await.unwrap_err(),
        Staff::get_by_subject(&nowhere, "staff?id=1").await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::TenantRequired), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_14_the_start_asks_who_knows_the_tenant() {
    let Some(world) = World::new().await else { return };
    Staff::schema().create(&world.repo).await.unwrap();
    let error = world.builder::<Staff>().start().await.unwrap_err();
    let Error::Config(config) = &error else {
        panic!("{error:?}");
    };
    assert!(config.to_string().contains("`tenant_field`"), "{config}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_guesses_in_one_tenant_make_nobody_wait_in_another() {
    let Some(world) = World::new().await else { return };
    let auth = people::start(&world).await;
    let (one, two) = (auth.in_tenant(1), auth.in_tenant(2));
    let (one, two) = (one.context(), two.context());
    for cx in [&one, &two] {
        register(cx, ADA, PASSWORD).await.unwrap();
    }
    for _ in 0..5 {
        sign_in(&one, ADA, OTHER_PASSWORD).await.unwrap_err();
    }
    let waits = sign_in(&one, ADA, PASSWORD).await.unwrap_err();
    assert_eq!(waits.cause(), Cause::TooManyAttempts);
    sign_in(&two, ADA, PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_links_lead_to_the_site_of_the_tenant() {
    let Some(world) = World::new().await else { return };
    Staff::schema().create(&world.repo).await.unwrap();
    let builder = world.builder::<Staff>().tenant(organisation);
    let builder =
        builder.tenant_url(|tenant| (tenant != "3").then(|| format!("https://org{tenant}.example.org")));
    let auth = builder.start().await.unwrap();
    for (number, site) in [
        (1, "https://org1.example.org/reset?token="),
        (2, "https://org2.example.org/reset?token="),
        (3, "https://example.org/reset?token="),
    ] {
        let cx = auth.in_tenant(number).context();
        register(&cx, "ada@example.org", PASSWORD).await.unwrap();
        let input = RequestPasswordResetWithPassword {
            email: "ada@example.org".to_owned(),
        };
        let accepted = Staff::request_password_reset_with_password(&cx, input).await;
        accepted.unwrap().delivered().await.unwrap();
        let sent = world.outbox.sent().pop().unwrap();
        assert_eq!(sent.tenant, Some(number.to_string()));
        assert!(sent.link.as_deref().unwrap().starts_with(site), "{sent:?}");
    }
}
