//! What owners do with their keys.

use std::time::Duration;

use auth_runtime::{
    api_key::Scopes,
    error::{Cause, Error, FieldError},
    prelude::*,
};
use auth_tests::call::*;
use serde_json::json;

use super::{
    db::World,
    owners::owner::{self as owners, *},
};

fn create(name: &str) -> CreateApiKey {
    CreateApiKey {
        name: name.to_owned(),
        scopes: Scopes::none(),
        lifetime: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ak_01_a_key_is_shown_once_and_stored_as_a_digest() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let ada = owner(&auth.context(), "ada@example.org").await;
    let new = key(&ada, " CI ").await;
    let text = new.key.expose_secret();
    assert!(
        text.starts_with("acme_") && text.split('_').count() == 3,
        "{text}"
    );
    assert_eq!(
        (
            new.info.name.as_str(),
            new.info.prefix.as_str(),
            new.info.scopes.as_slice()
        ),
        ("CI", "acme", &["read".to_owned()][..])
    );
    assert_eq!(
        new.info.expires_at.get() - new.info.created_at.get(),
        time::Duration::days(90)
    );
    let inspected = auth_runtime::strategies::api_key::inspect(text).unwrap();
    assert_eq!((inspected.prefix.as_str(), inspected.id), ("acme", new.info.id));

    let listed = Owner::list_api_keys(&ada, ListApiKeys {}).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&new.info));
    let shown = serde_json::to_string(&listed).unwrap();
    let body = text.split('_').nth(1).unwrap();
    assert!(
        !shown.contains(body) && !format!("{new:?}").contains(body),
        "{shown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ak_03_making_keys_needs_a_fresh_session() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let cx = auth.context();
    let ada = owner(&cx, "ada@example.org").await;
    let new = key(&ada, "CI").await;
    let rotate = |id| RotateApiKey {
        id,
        overlap: None,
        lifetime: None,
    };
    let id = new.info.id;
    assert_eq!(
        Owner::create_api_key(&cx, create("x")).await.unwrap_err().cause(),
        Cause::NotSignedIn
    );
    assert_eq!(
        Owner::rotate_api_key(&cx, rotate(id)).await.unwrap_err().cause(),
        Cause::NotSignedIn
    );
    assert_eq!(
        Owner::revoke_api_key(&cx, RevokeApiKey { id })
            .await
            .unwrap_err()
            .cause(),
        Cause::NotSignedIn
    );
    assert_eq!(
        Owner::list_api_keys(&cx, ListApiKeys {})
            .await
            .unwrap_err()
            .cause(),
        Cause::NotSignedIn
    );
    world
        .clock
        .advance(time::Duration::minutes(15) + time::Duration::SECOND);
    let error = Owner::create_api_key(&ada, create("x")).await.unwrap_err();
    assert!(matches!(error, Error::ReauthenticationRequired), "{error:?}");
    let error = Owner::rotate_api_key(&ada, rotate(id)).await.unwrap_err();
    assert!(matches!(error, Error::ReauthenticationRequired), "{error:?}");
    assert_eq!(
        Owner::list_api_keys(&ada, ListApiKeys {}).await.unwrap().len(),
        1,
        "looking and ending need no fresh sign-in"
    );
    Owner::revoke_api_key(&ada, RevokeApiKey { id }).await.unwrap();
    assert!(!works(&cx, &new.key).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn ak_03_an_ended_session_makes_no_key() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let cx = auth.context();
    let input = RegisterWithPassword {
        email: "ada@example.org".to_owned(),
        password: auth_tests::PASSWORD.into(),
    };
    let signed_in = Owner::register_with_password(&cx, input).await.unwrap();
    let ada = on_behalf_of(&cx, &signed_in).await;
    auth.sign_out(&token(&signed_in)).await.unwrap();
    let error = Owner::create_api_key(&ada, create("x")).await.unwrap_err();
    assert_eq!(error.cause(), Cause::NotSignedIn);
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_are_checked() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let ada = owner(&auth.context(), "ada@example.org").await;
    let refused = async |input| field_errors(&Owner::create_api_key(&ada, input).await.unwrap_err());
    let one = |field: &str, error| vec![(field.to_owned(), error)];
    assert_eq!(refused(create("  ")).await, one("name", FieldError::Required));
    assert_eq!(
        refused(create(&"x".repeat(101))).await,
        one("name", FieldError::TooLong)
    );
    assert_eq!(
        refused(create("a\nb")).await,
        one("name", FieldError::ControlCharacter)
    );
    for lifetime in [0, 366 * 24 * 60 * 60] {
        let input = CreateApiKey {
            lifetime: Some(Duration::from_secs(lifetime)),
            ..create("x")
        };
        assert_eq!(refused(input).await, one("lifetime", FieldError::OutOfRange));
    }
    let foreign = CreateApiKey {
        scopes: Scopes::none().with::<deploy::Read>(),
        ..create("x")
    };
    assert_eq!(refused(foreign).await, one("scopes", FieldError::NotAChoice));
    let unknown = call(&ada, "create_api_key", json!({"name": "x", "scopes": ["root"]})).await;
    assert_eq!(
        field_errors(&unknown.unwrap_err()),
        one("scopes", FieldError::NotAChoice)
    );
    let owner = call(
        &ada,
        "create_api_key",
        json!({"name": "x", "owner": "eve", "subject": "eve"}),
    )
    .await;
    assert_eq!(
        field_errors(&owner.unwrap_err()),
        [
            one("owner", FieldError::Unknown),
            one("subject", FieldError::Unknown)
        ]
        .concat(),
        "ak_03: nothing in the request names an owner"
    );
    let input = CreateApiKey {
        lifetime: Some(Duration::from_secs(60)),
        scopes: Scopes::none()
            .with::<owners::api_key::WriteOrders>()
            .with::<owners::api_key::Read>(),
        ..create("x")
    };
    let new = Owner::create_api_key(&ada, input).await.unwrap();
    assert_eq!(new.info.scopes, ["read", "write_orders"]);
    assert_eq!(
        new.info.expires_at.get() - new.info.created_at.get(),
        time::Duration::MINUTE
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_the_owners_alone() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let cx = auth.context();
    let (ada, eve) = (
        owner(&cx, "ada@example.org").await,
        owner(&cx, "eve@example.org").await,
    );
    let new = key(&ada, "CI").await;
    let id = new.info.id;
    assert_eq!(Owner::list_api_keys(&eve, ListApiKeys {}).await.unwrap(), []);
    let unknown = [("id".to_owned(), FieldError::NotAChoice)];
    let error = Owner::revoke_api_key(&eve, RevokeApiKey { id })
        .await
        .unwrap_err();
    assert_eq!(field_errors(&error), unknown);
    let rotate = RotateApiKey {
        id,
        overlap: None,
        lifetime: None,
    };
    let error = Owner::rotate_api_key(&eve, rotate).await.unwrap_err();
    assert_eq!(field_errors(&error), unknown);
    let error = Owner::revoke_deploy(&ada, RevokeDeploy { id }).await.unwrap_err();
    assert_eq!(field_errors(&error), unknown, "the keys of another strategy");
    assert!(works(&cx, &new.key).await);
    assert_eq!(Owner::deploy_keys(&ada, DeployKeys {}).await.unwrap(), []);

    Owner::revoke_api_key(&ada, RevokeApiKey { id }).await.unwrap();
    assert!(!works(&cx, &new.key).await, "from the next request on");
    Owner::revoke_api_key(&ada, RevokeApiKey { id }).await.unwrap();
    let listed = Owner::list_api_keys(&ada, ListApiKeys {}).await.unwrap();
    assert!(listed[0].revoked_at.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_key_works_for_the_overlap() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let cx = auth.context();
    let ada = owner(&cx, "ada@example.org").await;
    let first = key(&ada, "CI").await;
    let rotate = |id, overlap| RotateApiKey {
        id,
        overlap: Some(Duration::from_secs(overlap)),
        lifetime: None,
    };
    let error = Owner::rotate_api_key(&ada, rotate(first.info.id, 24 * 60 * 60 + 1))
        .await
        .unwrap_err();
    assert_eq!(
        field_errors(&error),
        [("overlap".to_owned(), FieldError::OutOfRange)]
    );
    let second = Owner::rotate_api_key(&ada, rotate(first.info.id, 60))
        .await
        .unwrap();
    assert_eq!(
        (&second.info.name, &second.info.scopes),
        (&first.info.name, &first.info.scopes)
    );
    assert!(works(&cx, &first.key).await && works(&cx, &second.key).await);
    world.clock.advance(time::Duration::MINUTE);
    assert!(!works(&cx, &first.key).await && works(&cx, &second.key).await);
    let again = Owner::rotate_api_key(&ada, rotate(first.info.id, 0))
        .await
        .unwrap_err();
    assert_eq!(
        field_errors(&again),
        [("id".to_owned(), FieldError::NotAChoice)],
        "one that is over cannot be rotated"
    );
    let third = Owner::rotate_api_key(&ada, rotate(second.info.id, 0))
        .await
        .unwrap();
    assert!(!works(&cx, &second.key).await && works(&cx, &third.key).await);
    let listed = Owner::list_api_keys(&ada, ListApiKeys {}).await.unwrap();
    assert_eq!(listed.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_rotations_of_one_key_one_counts() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let ada = owner(&auth.context(), "ada@example.org").await;
    let first = key(&ada, "CI").await;
    let rotate = || RotateApiKey {
        id: first.info.id,
        overlap: None,
        lifetime: None,
    };
    let (one, two, three, four) = tokio::join!(
        Owner::rotate_api_key(&ada, rotate()),
        Owner::rotate_api_key(&ada, rotate()),
        Owner::rotate_api_key(&ada, rotate()),
        Owner::rotate_api_key(&ada, rotate()),
    );
    let (won, lost): (Vec<_>, Vec<_>) = [one, two, three, four].into_iter().partition(Result::is_ok);
    for error in lost {
        let no_choice = [("id".to_owned(), FieldError::NotAChoice)];
        assert_eq!(field_errors(&error.unwrap_err()), no_choice);
    }
    let [Ok(second)] = &won[..] else {
        panic!("{} rotations counted", won.len())
    };
    let listed = Owner::list_api_keys(&ada, ListApiKeys {}).await.unwrap();
    assert_eq!(listed.len(), 2);
    let old = listed.iter().find(|key| key.id == first.info.id).unwrap();
    assert_eq!(old.replaced_by, Some(second.info.id));

    // A rotation whose answer was lost is taken back by ending its key.
    let lost = RevokeApiKey { id: second.info.id };
    Owner::revoke_api_key(&ada, lost).await.unwrap();
    let third = Owner::rotate_api_key(&ada, rotate()).await.unwrap();
    assert!(works(&auth.context(), &third.key).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_never_makes_a_key_live_longer() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let ada = owner(&auth.context(), "ada@example.org").await;
    let input = CreateApiKey {
        lifetime: Some(Duration::from_secs(30)),
        ..create("short")
    };
    let short = Owner::create_api_key(&ada, input).await.unwrap();
    let rotate = RotateApiKey {
        id: short.info.id,
        overlap: None,
        lifetime: None,
    };
    Owner::rotate_api_key(&ada, rotate).await.unwrap();
    let listed = Owner::list_api_keys(&ada, ListApiKeys {}).await.unwrap();
    let old = listed.iter().find(|key| key.id == short.info.id).unwrap();
    assert_eq!(old.expires_at, short.info.expires_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_11_an_owner_has_so_many_keys_and_no_more() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let ada = owner(&auth.context(), "ada@example.org").await;
    let too_many = [("api_key".to_owned(), FieldError::TooMany)];
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(key(&ada, name).await.info.id);
    }
    let error = Owner::create_api_key(&ada, create("d")).await.unwrap_err();
    assert_eq!(field_errors(&error), too_many);
    let rotate = |id| RotateApiKey {
        id,
        overlap: None,
        lifetime: None,
    };
    let mut newest = ids[0];
    for id in &ids {
        newest = Owner::rotate_api_key(&ada, rotate(*id)).await.unwrap().info.id;
    }
    let error = Owner::rotate_api_key(&ada, rotate(newest)).await.unwrap_err();
    assert_eq!(field_errors(&error), too_many);

    for _ in 0..8 {
        for info in Owner::list_api_keys(&ada, ListApiKeys {}).await.unwrap() {
            Owner::revoke_api_key(&ada, RevokeApiKey { id: info.id })
                .await
                .unwrap();
        }
        key(&ada, "again").await;
    }
    let listed = Owner::list_api_keys(&ada, ListApiKeys {}).await.unwrap();
    assert!(
        listed.len() <= 2 * 3,
        "those that are over are forgotten: {}",
        listed.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_cannot_have_more_either() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let ada = owner(&auth.context(), "ada@example.org").await;
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let ada = ada.clone();
        tasks.push(tokio::spawn(async move {
            Owner::create_api_key(&ada, create("x")).await.is_ok()
        }));
    }
    let mut made = 0;
    for task in tasks {
        made += usize::from(task.await.unwrap());
    }
    assert_eq!(made, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_10_the_owner_is_told_of_a_new_key() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let ada = owner(&auth.context(), "ada@example.org").await;
    let new = key(&ada, "CI").await;
    let sent = world.outbox.wait_for("api_key_created", 1).await;
    assert_eq!(sent[0].to.as_deref(), Some("ada@example.org"));
    assert_eq!(sent[0].token, None, "never the key itself");
    let rotate = RotateApiKey {
        id: new.info.id,
        overlap: None,
        lifetime: None,
    };
    Owner::rotate_api_key(&ada, rotate).await.unwrap();
    world.outbox.wait_for("api_key_created", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn se_06_whoever_may_not_sign_in_any_more_makes_no_keys() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let ada = owner(&auth.context(), "ada@example.org").await;
    let id = key(&ada, "CI").await.info.id;
    // The session was checked before, as that of a request under way is.
    world.execute("UPDATE owners SET confirmed_at = NULL").await;
    let created = Owner::create_api_key(&ada, create("x")).await;
    assert_eq!(created.unwrap_err().cause(), Cause::Unconfirmed);
    let rotate = RotateApiKey {
        id,
        overlap: None,
        lifetime: None,
    };
    let rotated = Owner::rotate_api_key(&ada, rotate).await;
    assert_eq!(rotated.unwrap_err().cause(), Cause::Unconfirmed);
    Owner::revoke_api_key(&ada, RevokeApiKey { id }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn se_05_keys_end_with_the_sessions_where_the_add_on_says_so() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<Owner>().await;
    let cx = auth.context();
    let ada = owner(&cx, "ada@example.org").await;
    let eve = owner(&cx, "eve@example.org").await;
    let (adas, eves) = (key(&ada, "CI").await.key, key(&eve, "CI").await.key);
    let deploy = CreateDeploy {
        name: "CD".to_owned(),
        scopes: Scopes::none(),
        lifetime: None,
    };
    let deploy = Owner::create_deploy(&ada, deploy).await.unwrap().key;
    let input = LogOutEverywhere {
        except_this_session: false,
    };
    Owner::log_out_everywhere(&ada, input).await.unwrap();
    for key in [&adas, &deploy] {
        assert!(!owners::works(&cx, key).await, "of both strategies");
    }
    assert!(owners::works(&cx, &eves).await);
}
