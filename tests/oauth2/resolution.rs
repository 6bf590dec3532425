//! Who an identity is here.

use auth_runtime::{
    error::{Cause, Error},
    strategies::oauth2::Entered,
};
use auth_tests::call::token;
use serde_json::{Value, json};

use super::{
    people::arrival::*,
    visit::{Place, ada, ada_with, entered},
};

#[tokio::test(flavor = "multi_thread")]
async fn somebody_new_becomes_a_person_with_what_the_provider_says() {
    let Some(place) = Place::new().await else { return };
    let claims = ada_with(&json!({"address": {"locality": "London"}}));
    let signed_in = place.visit("ada", &claims).await.unwrap();
    let user = place.find(&signed_in.user).await.unwrap();
    assert_eq!(user.email.as_deref(), Some("ada@example.org"), "in its one form");
    assert_eq!(user.display_name.as_deref(), Some("Ada"));
    assert_eq!(user.city.as_deref(), Some("London"));
    assert_eq!(user.language, "en");
    assert!(user.confirmed_at.is_some(), "the provider is trusted with it");
    assert!(place.world.outbox.of_kind("confirmation").is_empty());
    let session = place
        .auth
        .authenticate(&token(&signed_in))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(session.claims().amr, ["fed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_a_returning_person_is_found_by_issuer_and_subject_alone() {
    let Some(place) = Place::new().await else { return };
    let first = place.visit("ada", &ada()).await.unwrap();
    // Another address, somebody else's even, and none at all.
    place.confirmed("bob@example.org").await;
    for changes in [
        json!({"email": "new@example.org", "name": "Countess"}),
        json!({"email": "bob@example.org"}),
        json!({"email": null, "email_verified": null}),
    ] {
        let again = place.visit("elsewhere", &ada_with(&changes)).await.unwrap();
        assert_eq!(again.subject(), first.subject(), "{changes}");
    }
    let user = place.find(&first.user).await.unwrap();
    assert_eq!(
        user.email.as_deref(),
        Some("ada@example.org"),
        "the provider cannot change it"
    );
    assert_eq!(
        user.display_name.as_deref(),
        Some("Ada"),
        "nor what is not said to follow it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_an_address_that_only_folding_makes_is_not_vouched_for() {
    let Some(place) = Place::new().await else { return };
    place.confirmed("ada@example.org").await;
    for email in [
        "\u{ff41}da@example.org",
        "\u{1d41a}da@example.org",
        "ada\u{ff20}example.org",
    ] {
        let claims = ada_with(&json!({"email": email}));
        place.answered_alike(&claims, Cause::UntrustedMatch).await;
    }
    // Two domains, for every registry.
    let german = place.confirmed("ada@fass.example").await;
    let claims = ada_with(&json!({"sub": "ada-2", "email": "ada@fa\u{df}.example"}));
    let other = place.visit("other", &claims).await.unwrap();
    assert_ne!(other.user.id, german.id);
    assert_eq!(other.user.email.as_deref(), Some("ada@xn--fa-hia.example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_follow_the_provider_where_the_block_says_so() {
    let Some(place) = Place::new().await else { return };
    let first = place.visit("ada", &ada()).await.unwrap();
    let moved = ada_with(&json!({"name": "Other", "address": {"locality": "Turin"}}));
    let again = place.visit("ada", &moved).await.unwrap();
    assert_eq!(again.user.city.as_deref(), Some("Turin"));
    let user = place.find(&first.user).await.unwrap();
    assert_eq!(user.city.as_deref(), Some("Turin"));
    assert_eq!(user.display_name.as_deref(), Some("Ada"));
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_a_trusted_address_joins_a_confirmed_account() {
    let Some(place) = Place::new().await else { return };
    let user = place.confirmed("ada@example.org").await;
    let signed_in = place.visit("ada", &ada()).await.unwrap();
    assert_eq!(signed_in.user.id, user.id);
    assert_eq!(
        place.find(&user).await.unwrap().hashed_password,
        user.hashed_password
    );
    let told = place.world.outbox.wait_for("identity_linked", 1).await;
    assert_eq!(told[0].to.as_deref(), Some("ada@example.org"));
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_an_account_that_has_not_proven_its_address_is_not_joined() {
    let Some(place) = Place::new().await else { return };
    let user = place.registered("ada@example.org").await;
    place.answered_alike(&ada(), Cause::UntrustedMatch).await;
    assert_eq!(place.find(&user).await.unwrap(), user, "it is as it was");
    let told = place.world.outbox.wait_for("account_exists", 1).await;
    assert_eq!(told[0].to.as_deref(), Some("ada@example.org"));
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_an_address_that_is_not_verified_or_not_trusted_joins_nothing() {
    let Some(place) = Place::new().await else { return };
    let user = place.confirmed("ada@example.org").await;
    for changes in [
        json!({"email_verified": false}),
        json!({"email_verified": null}),
        json!({"email_verified": "false"}),
    ] {
        place
            .answered_alike(&ada_with(&changes), Cause::UntrustedMatch)
            .await;
    }
    // A strategy that trusts nobody.
    let claims = ada();
    let visit = plain(&place, "plain", &claims);
    place.comes_to_nothing(visit, Cause::UntrustedMatch).await;
    assert_eq!(place.find(&user).await.unwrap(), user);
    assert_eq!(place.world.count("identities_of_all").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_a_second_identity_of_one_provider_does_not_join_by_its_address() {
    let Some(place) = Place::new().await else { return };
    let first = place.visit("ada", &ada()).await.unwrap();
    assert_eq!(
        place.refused(&ada_with(&json!({"sub": "ada-2"}))).await,
        Cause::SecondIdentity
    );
    assert_eq!(
        place.visit("ada", &ada()).await.unwrap().subject(),
        first.subject()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_equal_subjects_of_two_strategies_are_two_people() {
    let Some(place) = Place::new().await else { return };
    let first = place.visit("ada", &ada()).await.unwrap();
    let cx = place.browser("plain");
    let location = Arrival::request_plain(&cx, RequestPlain::default())
        .await
        .unwrap();
    let claims = json!({"sub": "ada-1", "name": "Ada", "email": "other@example.org"});
    let callback = place.answers(location.location(), &claims);
    // Nobody vouches for this address.
    let outcome = Arrival::register_with_plain(&cx, callback.into()).await.unwrap();
    assert!(matches!(outcome, Entered::MustConfirm(_)));
    let found = Arrival::get_by_email(&place.auth.context(), "other@example.org").await;
    let other = found.unwrap().unwrap();
    assert_ne!(other.id, first.user.id);
    assert_eq!(
        other.display_name.as_deref(),
        Some("ADA"),
        "the block's own function"
    );
    assert!(other.confirmed_at.is_none());
    let mail = place.world.outbox.wait_for("confirmation", 1).await;
    // Before the address is proven.
    let visit = plain(&place, "ada", &claims);
    place.comes_to_nothing(visit, Cause::Unconfirmed).await;
    let input = Confirm {
        confirm: mail[0].token.clone().unwrap().into(),
    };
    let confirmed = Arrival::confirm(&cx, input).await.unwrap();
    assert!(confirmed.signed_in.is_some(), "in the browser that registered");
    let visit = entered(plain(&place, "ada", &claims).await);
    assert_eq!(visit.unwrap().user.id, other.id);
}

/// A whole visit by way of `plain`.
async fn plain(place: &Place, browser: &str, claims: &Value) -> Result<Entered<Arrival>, Error> {
    let cx = place.browser(browser);
    let redirect = Arrival::request_plain(&cx, RequestPlain::default())
        .await
        .unwrap();
    let callback = place.answers(redirect.location(), claims);
    Arrival::register_with_plain(&cx, callback.into()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn en_02_an_address_that_nobody_vouches_for_is_answered_alike_whoever_has_it() {
    let Some(place) = Place::new().await else { return };
    let user = place.confirmed("ada@example.org").await;
    let claims = |sub: &str, email: &str| json!({"sub": sub, "name": "Eve", "email": email});
    // Known, unknown, and each of them once more.
    let known = claims("eve-1", "ada@example.org");
    let unknown = claims("eve-2", "nobody@example.org");
    for (number, claims) in [&known, &unknown, &known, &unknown].into_iter().enumerate() {
        let outcome = plain(&place, "eve", claims).await.unwrap();
        assert!(
            matches!(outcome, Entered::MustConfirm(_)),
            "{number}: {outcome:?}"
        );
    }
    assert_eq!(place.find(&user).await.unwrap(), user, "it is as it was");
    place.auth.shutdown(std::time::Duration::from_secs(5)).await;
    let told = |kind: &str| -> Vec<_> {
        let sent = place.world.outbox.of_kind(kind);
        sent.into_iter().filter_map(|sent| sent.to).collect()
    };
    let to_ada = "ada@example.org".to_owned();
    assert_eq!(
        told("account_exists"),
        [to_ada.clone(), to_ada, "nobody@example.org".to_owned()]
    );
    assert_eq!(told("confirmation").last().unwrap(), "nobody@example.org");
}

#[tokio::test(flavor = "multi_thread")]
async fn en_02_another_address_on_a_second_visit_tells_nothing_about_the_first() {
    let Some(place) = Place::new().await else { return };
    place.confirmed("ada@example.org").await;
    for (sub, first, own) in [
        ("eve-1", "ada@example.org", "eve-1@example.org"),
        ("eve-2", "nobody@example.org", "eve-2@example.org"),
    ] {
        let claims = json!({"sub": sub, "email": first});
        plain(&place, "eve", &claims).await.unwrap();
        let claims = json!({"sub": sub, "email": own});
        let outcome = plain(&place, "eve", &claims).await.unwrap();
        assert!(matches!(outcome, Entered::MustConfirm(_)), "{first}");
        let sent = || place.world.outbox.of_kind("confirmation");
        let before = sent().len();
        place.world.outbox.wait_for("confirmation", before).await;
        let last = sent().into_iter().filter(|sent| sent.to.as_deref() == Some(own));
        assert_eq!(last.count(), 1, "{first}: it is another account now");
        let found = Arrival::get_by_email(&place.auth.context(), own).await;
        let found = found.unwrap().unwrap();
        let identities = format!("identities_of_all WHERE subject = 'arrival?id={}'", found.id);
        assert_eq!(place.world.count(&identities).await, 1, "{first}");
    }
    // A provider that vouches for the second address lets in alike, too.
    for (sub, first, own) in [
        ("eve-3", "ada@example.org", "eve-3@example.org"),
        ("eve-4", "somebody@example.org", "eve-4@example.org"),
    ] {
        let claims = json!({"sub": sub, "email": first, "email_verified": false});
        let cx = place.browser(sub);
        let callback = place.returns(&cx, &claims).await;
        drop(
            Arrival::register_with_corporate(&cx, callback.into())
                .await
                .unwrap(),
        );
        let claims = json!({"sub": sub, "email": own, "email_verified": true});
        let signed_in = place.visit(sub, &claims).await.unwrap();
        assert_eq!(signed_in.user.email.as_deref(), Some(own), "{first}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_05_visits_with_an_address_that_nobody_vouches_for_send_five_messages_an_hour() {
    let Some(place) = Place::new().await else { return };
    place.confirmed("ada@example.org").await;
    for (sub, email) in [("eve-1", "ada@example.org"), ("eve-2", "nobody@example.org")] {
        let claims = json!({"sub": sub, "email": email});
        for _ in 0..5 {
            plain(&place, "eve", &claims).await.unwrap();
        }
        let refused = plain(&place, "eve", &claims).await.map(drop).unwrap_err();
        assert_eq!(refused.cause(), Cause::TooManyAttempts, "{email}");
    }
    let to_ada = place.world.outbox.of_kind("account_exists");
    let to_ada = to_ada
        .iter()
        .filter(|sent| sent.to.as_deref() == Some("ada@example.org"));
    assert_eq!(to_ada.count(), 5);
    // Whoever has an address that is vouched for does not wait.
    place.visit("ada", &ada()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_an_identity_whose_person_is_gone_lets_nobody_in() {
    let Some(place) = Place::new().await else { return };
    let first = place.visit("ada", &ada()).await.unwrap();
    place.world.execute("DELETE FROM arrivals").await;
    assert_eq!(place.refused(&ada()).await, Cause::NoSubject);
    assert!(place.find(&first.user).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_an_identity_of_another_issuer_is_another_one() {
    let Some(place) = Place::new().await else { return };
    place.visit("ada", &ada()).await.unwrap();
    place
        .world
        .execute("UPDATE identities_of_all SET issuer = 'https://elsewhere.example'")
        .await;
    assert_eq!(place.refused(&ada()).await, Cause::OtherIssuer);
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_03_nobody_without_an_address_registers_where_addresses_are_confirmed() {
    let Some(place) = Place::new().await else { return };
    assert_eq!(
        place.refused(&json!({"sub": "ada-1"})).await,
        Cause::IncompleteClaims
    );
    assert_eq!(place.world.count("arrivals").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_registers_only_known_people_come_in() {
    let Some(place) = Place::new().await else { return };
    let visit = async |claims| {
        let cx = place.browser("member");
        let location = Arrival::request_members(&cx, RequestMembers::default())
            .await
            .unwrap();
        let callback = place.answers(location.location(), &claims);
        entered(Arrival::sign_in_with_members(&cx, callback.into()).await)
    };
    let refused: Result<_, Error> = visit(ada()).await;
    assert_eq!(refused.map(drop).unwrap_err().cause(), Cause::NoUser);
    let user = place.confirmed("ada@example.org").await;
    assert_eq!(visit(ada()).await.unwrap().user.id, user.id);
    // From then on by the identity.
    let changed = ada_with(&json!({"email": "changed@example.org"}));
    assert_eq!(visit(changed).await.unwrap().user.id, user.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn cf_01_an_identity_that_came_before_the_owner_ends_with_the_owners_proof() {
    let Some(place) = Place::new().await else { return };
    // Eve's provider lets her write any address, and is not trusted with it.
    let cx = place.browser("eve");
    let location = Arrival::request_plain(&cx, RequestPlain::default())
        .await
        .unwrap();
    let claims = json!({"sub": "eve-1", "email": "ada@example.org", "email_verified": true});
    let callback = place.answers(location.location(), &claims);
    let outcome = Arrival::register_with_plain(&cx, callback.into()).await.unwrap();
    assert!(matches!(outcome, Entered::MustConfirm(_)));
    let eve = Arrival::get_by_email(&place.auth.context(), "ada@example.org").await;
    let eve = eve.unwrap().unwrap();
    // Ada asks for a link to her address, in her own browser.
    let input = RequestMagicLink {
        email: "ada@example.org".to_owned(),
    };
    drop(
        Arrival::request_magic_link(&place.browser("ada"), input)
            .await
            .unwrap(),
    );
    let link = place.world.outbox.wait_for("magic_link", 1).await;
    let input = SignInWithMagicLink {
        token: link[0].token.clone().unwrap().into(),
    };
    let ada = Arrival::sign_in_with_magic_link(&place.browser("ada"), input)
        .await
        .unwrap();
    assert_eq!(ada.user.id, eve.id, "one account");
    assert_eq!(
        place.world.count("identities_of_all").await,
        0,
        "her identity is gone"
    );
    let visit = plain(&place, "eve", &claims);
    place.comes_to_nothing(visit, Cause::UntrustedMatch).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn au_01_visits_leave_events() {
    let Some(place) = Place::new().await else { return };
    place.visit("ada", &ada()).await.unwrap();
    place.refused(&ada_with(&json!({"sub": "ada-2"}))).await;
    place.auth.shutdown(std::time::Duration::from_secs(5)).await;
    let events = place
        .world
        .count("arrivals_log WHERE strategy = 'corporate' AND action_name = 'register_with_corporate'")
        .await;
    assert_eq!(events, 2);
}
