//! Whose account is whose.

use auth_runtime::{
    db::Id,
    resources::user_identity::{Asserted, MAX_NAME_BYTES, NewIdentity, SealedTokens, UserIdentityStore},
};
use time::{Duration, OffsetDateTime};

use super::store::{Store, account, is_duplicate, tokens, with};
use crate::{Identity, StaffIdentity};

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_an_account_is_found_by_its_own_name_only() {
    let Some(store) = Store::new().await else { return };
    let expires_at = store.now() + Duration::HOUR;
    let asserted = Asserted {
        email: Some("ada@example.org"),
        email_verified: true,
        tokens: Some(SealedTokens {
            expires_at: Some(expires_at),
            scope: Some("profile email"),
            ..tokens("access", Some("refresh"))
        }),
    };
    let row = NewIdentity {
        asserted,
        ..account("1815", "user?id=42")
    };
    assert_eq!(store.insert(row).await.unwrap(), 1);

    let found = store.find("user", "1815").await.unwrap();
    assert_eq!(
        (found.id, &*found.realm, &*found.strategy),
        (row.id, "user", "github")
    );
    assert_eq!(
        (&*found.issuer, &*found.uid, &*found.subject),
        ("https://github.com", "1815", "user?id=42")
    );
    assert_eq!(
        (found.email.as_deref(), found.email_verified),
        (Some("ada@example.org"), true)
    );
    assert_eq!(
        (found.access_token.as_deref(), found.refresh_token.as_deref()),
        (Some(&b"access"[..]), Some(&b"refresh"[..]))
    );
    assert_eq!(found.access_token_expires_at.unwrap().get(), expires_at);
    assert_eq!(found.scope.as_deref(), Some("profile email"));
    assert_eq!(found.refreshing_until, None);
    assert_eq!(
        (found.created_at.get(), found.last_used_at.get()),
        (store.now(), store.now())
    );
    assert_eq!(store.row(row.id).await, found);

    assert_eq!(store.find("user", "1816").await, None);
    assert_eq!(store.find("admin", "1815").await, None);
    let mut connection = store.connection().await;
    for strategy in ["gitlab", "github/1"] {
        let found = Identity::find(&mut *connection, "user", strategy, "1815").await;
        assert_eq!(found.unwrap(), None);
    }
    let unknown = Id::new(OffsetDateTime::now_utc());
    let found = Identity::find_by_id(&mut *connection, unknown).await;
    assert_eq!(found.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_a_sign_in_gives_no_account_to_somebody_else() {
    let Some(store) = Store::new().await else { return };
    let row = account("1815", "user?id=42");
    store.insert(row).await.unwrap();
    let before = store.row(row.id).await;
    store.world.clock.advance(Duration::DAY);
    let asserted = Asserted {
        email: Some("countess@example.org"),
        email_verified: true,
        ..with(tokens("new", Some("renew")))
    };
    store.note(row.id, asserted).await;
    let after = store.row(row.id).await;
    assert_eq!(after.last_used_at.get(), store.now());
    assert_eq!(
        (after.email.as_deref(), after.email_verified),
        (Some("countess@example.org"), true)
    );
    assert_eq!(after.access_token.as_deref(), Some(&b"new"[..]));
    let unchanged = auth_runtime::resources::user_identity::StoredIdentity {
        email: after.email.clone(),
        email_verified: after.email_verified,
        access_token: after.access_token.clone(),
        refresh_token: after.refresh_token.clone(),
        last_used_at: after.last_used_at,
        ..before
    };
    assert_eq!(after, unchanged);

    // What the provider no longer says is no longer known.
    store.note(row.id, Asserted::default()).await;
    let after = store.row(row.id).await;
    assert_eq!((after.email, after.email_verified), (None, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_an_account_is_one_persons_and_a_person_has_one_account() {
    let Some(store) = Store::new().await else { return };
    store.insert(account("1815", "user?id=42")).await.unwrap();
    let taken = store.insert(account("1815", "user?id=43")).await;
    assert!(is_duplicate(taken, "user_identities", "realm_strategy_uid"));
    let second = store.insert(account("1816", "user?id=42")).await;
    assert!(is_duplicate(second, "user_identities", "realm_subject_strategy"));
    store.insert(account("1816", "user?id=43")).await.unwrap();
    store.world.clock.advance(Duration::SECOND);
    let elsewhere = NewIdentity {
        strategy: "gitlab",
        ..account("1815", "user?id=43")
    };
    store.insert(elsewhere).await.unwrap();
    assert_eq!(store.of("user", "user?id=42").await, ["github:1815"]);
    assert_eq!(
        store.of("user", "user?id=43").await,
        ["github:1816", "gitlab:1815"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_equal_accounts_of_two_realms_are_strangers() {
    let Some(store) = Store::new().await else { return };
    let realms = ["user", "user/north", "user/south", "admin"];
    for (number, realm) in realms.iter().enumerate() {
        let subject = format!("user?id={number}");
        let row = NewIdentity {
            realm,
            ..account("1815", &subject)
        };
        store.insert(row).await.unwrap();
    }
    for (number, realm) in realms.iter().enumerate() {
        let found = store.find(realm, "1815").await.unwrap();
        assert_eq!(found.subject, format!("user?id={number}"));
        assert_eq!(store.of(realm, &found.subject).await, ["github:1815"]);
        let elsewhere = realms[(number + 1) % realms.len()];
        assert!(store.of(elsewhere, &found.subject).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_equal_accounts_of_two_connections_are_two_peoples() {
    let Some(store) = Store::new().await else { return };
    for (strategy, subject) in [("sso/1", "user?id=42"), ("sso/2", "user?id=43")] {
        let row = NewIdentity {
            strategy,
            ..account("1815", subject)
        };
        store.insert(row).await.unwrap();
        let found = Identity::find(&mut *store.connection().await, "user", strategy, "1815").await;
        assert_eq!(found.unwrap().unwrap().subject, subject);
    }
}

/// Pairs that some collation takes for equal, and texts that are no longer what they were once they are trimmed.
const ALIKE: [&str; 9] = [
    "abc",
    "ABC",
    "abc ",
    "abc  ",
    " abc",
    "ábc",
    "a\u{301}bc",
    "ａｂｃ",
    "abc\u{200b}",
];

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_accounts_are_compared_byte_for_byte() {
    let Some(store) = Store::new().await else { return };
    for uid in ALIKE {
        store
            .insert(account(uid, &format!("user?id={uid}")))
            .await
            .unwrap();
    }
    for uid in ALIKE {
        let found = store.find("user", uid).await.unwrap();
        assert_eq!((&*found.uid, found.subject), (uid, format!("user?id={uid}")));
    }
    for uid in ["Abc", "abc   ", "abc\t", "abc\u{200c}"] {
        assert_eq!(store.find("user", uid).await, None, "{uid:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_realms_strategies_and_owners_are_compared_byte_for_byte() {
    let Some(store) = Store::new().await else { return };
    for text in ALIKE {
        let of_realm = NewIdentity {
            realm: text,
            ..account("1815", "user?id=42")
        };
        let of_strategy = NewIdentity {
            strategy: text,
            ..account("1815", "user?id=42")
        };
        let of_owner = NewIdentity {
            strategy: "gitlab",
            ..account(text, text)
        };
        for row in [of_realm, of_strategy, of_owner] {
            store.insert(row).await.unwrap();
        }
    }
    for text in ALIKE {
        assert_eq!(store.of(text, "user?id=42").await, ["github:1815"]);
        assert_eq!(store.of("user", text).await, [format!("gitlab:{text}")]);
        let mut connection = store.connection().await;
        let found = Identity::find(&mut *connection, "user", text, "1815").await;
        assert_eq!(found.unwrap().unwrap().strategy, text);
        let found = Identity::find(&mut *connection, text, "github", "1815").await;
        let id = found.unwrap().unwrap().id;
        for other in ALIKE.iter().filter(|other| **other != text) {
            let deleted = Identity::delete(&mut *connection, id, other, "user?id=42").await;
            assert_eq!(deleted.unwrap(), 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_02_the_longest_names_fit() {
    let Some(store) = Store::new().await else { return };
    // Of different bytes, because PostgreSQL compresses what repeats itself.
    let name = |start: usize| -> String {
        (0..MAX_NAME_BYTES)
            .map(|at| char::from(b'!' + u8::try_from((start + at * at * 7) % 94).unwrap()))
            .collect()
    };
    let (realm, strategy, uid, subject) = (name(1), name(2), name(3), name(4));
    let row = NewIdentity {
        realm: &realm,
        strategy: &strategy,
        ..account(&uid, &subject)
    };
    store.insert(row).await.unwrap();
    let found = Identity::find(&mut *store.connection().await, &realm, &strategy, &uid).await;
    assert_eq!(found.unwrap().unwrap().subject, subject);
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_of_a_crowd_that_comes_first_one_has_the_account() {
    let Some(store) = Store::new().await else { return };
    let (repo, now) = (store.world.repo.clone(), store.now());
    let crowd: Vec<_> = (0..8)
        .map(|number| {
            let repo = repo.clone();
            tokio::spawn(async move {
                use auth_runtime::repo::Repo as _;
                let subject = format!("user?id={number}");
                let mut connection = repo.get_writer().await.unwrap();
                Identity::insert(&mut *connection, account("1815", &subject), now).await
            })
        })
        .collect();
    let mut written = 0;
    for one in crowd {
        match one.await.unwrap() {
            Ok(rows) => written += rows,
            late => assert!(is_duplicate(late, "user_identities", "realm_strategy_uid")),
        }
    }
    assert_eq!(written, 1);
    assert_eq!(store.world.count("user_identities").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_nobody_deletes_the_account_of_somebody_else() {
    let Some(store) = Store::new().await else { return };
    let ada = account("1815", "user?id=42");
    let north = NewIdentity {
        realm: "user/north",
        ..account("1815", "user?id=42")
    };
    let also_ada = NewIdentity {
        strategy: "gitlab",
        ..account("1815", "user?id=42")
    };
    for row in [ada, north, also_ada, account("1906", "user?id=43")] {
        store.insert(row).await.unwrap();
        store.world.clock.advance(Duration::SECOND);
    }
    let mut connection = store.connection().await;
    for (realm, subject) in [("user", "user?id=43"), ("admin", "user?id=42"), ("user", "")] {
        let deleted = Identity::delete(&mut *connection, ada.id, realm, subject).await;
        assert_eq!(deleted.unwrap(), 0);
    }
    let deleted = Identity::delete(&mut *connection, ada.id, "user", "user?id=42").await;
    assert_eq!(deleted.unwrap(), 1);
    let again = Identity::delete(&mut *connection, ada.id, "user", "user?id=42").await;
    assert_eq!(again.unwrap(), 0);
    drop(connection);
    assert_eq!(store.of("user", "user?id=42").await, ["gitlab:1815"]);

    store.insert(account("1816", "user?id=42")).await.unwrap();
    assert_eq!(
        store.of("user", "user?id=42").await,
        ["gitlab:1815", "github:1816"]
    );
    let deleted = Identity::delete_subject(&mut *store.connection().await, "user", "user?id=42").await;
    assert_eq!(deleted.unwrap(), 2);
    assert_eq!(store.of("user/north", "user?id=42").await, ["github:1815"]);
    assert_eq!(store.of("user", "user?id=43").await, ["github:1906"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn renamed_columns_serve_every_query() {
    let Some(store) = Store::new().await else { return };
    let (mut connection, now) = (store.connection().await, store.now());
    let row = NewIdentity {
        asserted: with(tokens("access", Some("refresh"))),
        ..account("1815", "user?id=42")
    };
    StaffIdentity::insert(&mut *connection, row, now).await.unwrap();
    let noted = StaffIdentity::note_sign_in(&mut *connection, row.id, row.asserted, now).await;
    assert_eq!(noted.unwrap(), 1);
    let until = now + Duration::MINUTE;
    let started = StaffIdentity::start_refresh(&mut *connection, row.id, None, until, now).await;
    assert_eq!(started.unwrap(), 1);
    let finished = StaffIdentity::finish_refresh(&mut *connection, row.id, tokens("new", None), now).await;
    assert_eq!(finished.unwrap(), 1);
    let failed = StaffIdentity::fail_refresh(&mut *connection, row.id, true).await;
    assert_eq!(failed.unwrap(), 0);
    let found = StaffIdentity::find(&mut *connection, "user", "github", "1815").await;
    assert_eq!(found.unwrap().unwrap().access_token.as_deref(), Some(&b"new"[..]));
    let found = StaffIdentity::of_subject(&mut *connection, "user", "user?id=42").await;
    assert_eq!(found.unwrap().len(), 1);
    let deleted = StaffIdentity::delete(&mut *connection, row.id, "user", "user?id=42").await;
    assert_eq!(deleted.unwrap(), 1);
    let found = StaffIdentity::find_by_id(&mut *connection, row.id).await;
    assert_eq!(found.unwrap(), None);
}
