//! The providers of customers.

use auth_runtime::{
    db::Id,
    resources::oidc_connection::{ConnectionChange, NewConnection, OidcConnectionStore, StoredConnection},
};
use time::{Duration, OffsetDateTime};

use super::store::{Store, is_duplicate};
use crate::Connection;

fn connection<'a>(tenant: &'a str, slug: &'a str) -> NewConnection<'a> {
    NewConnection {
        id: Id::new(OffsetDateTime::now_utc()),
        tenant,
        slug,
        base_url: "https://id.example.org",
        client_id: "acme",
        client_secret: Some(b"SEALED"),
        display_name: Some("Acme"),
        icon_url: None,
        email_domains: Some("example.org acme.example"),
        enabled: true,
    }
}

async fn insert(store: &Store, row: NewConnection<'_>) -> diesel::QueryResult<usize> {
    let now = store.now();
    Connection::insert(&mut *store.connection().await, row, now).await
}

async fn find(store: &Store, tenant: &str, id: Id) -> Option<StoredConnection> {
    let found = Connection::find(&mut *store.connection().await, tenant, id).await;
    found.unwrap()
}

async fn slugs(store: &Store, tenant: &str) -> (Vec<String>, Vec<String>) {
    let mut connection = store.connection().await;
    let slugs = |rows: Vec<StoredConnection>| rows.into_iter().map(|row| row.slug).collect();
    let all = Connection::of_tenant(&mut *connection, tenant).await.unwrap();
    let enabled = Connection::enabled_of(&mut *connection, tenant).await.unwrap();
    (slugs(all), slugs(enabled))
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_a_connection_is_found_within_its_tenant_only() {
    let Some(store) = Store::new().await else { return };
    let (north, south) = (connection("north", "main"), connection("south", "main"));
    for row in [north, south] {
        assert_eq!(insert(&store, row).await.unwrap(), 1);
    }
    let found = find(&store, "north", north.id).await.unwrap();
    let at = auth_runtime::db::UtcTimestamp::new(store.now());
    let expected = StoredConnection {
        id: north.id,
        tenant: "north".to_owned(),
        slug: "main".to_owned(),
        base_url: "https://id.example.org".to_owned(),
        client_id: "acme".to_owned(),
        client_secret: Some(b"SEALED".to_vec()),
        display_name: Some("Acme".to_owned()),
        icon_url: None,
        email_domains: Some("example.org acme.example".to_owned()),
        enabled: true,
        created_at: at,
        updated_at: at,
    };
    assert_eq!(found, expected);
    for tenant in ["south", "", "North", "north "] {
        assert_eq!(find(&store, tenant, north.id).await, None, "{tenant:?}");
    }
    let mut guard = store.connection().await;
    let found = Connection::find_by_slug(&mut *guard, "south", "main").await;
    assert_eq!(found.unwrap().unwrap().id, south.id);
    for (tenant, slug) in [("south", "other"), ("west", "main"), ("south", "Main")] {
        let found = Connection::find_by_slug(&mut *guard, tenant, slug).await;
        assert_eq!(found.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slug_names_one_connection_of_a_tenant() {
    let Some(store) = Store::new().await else { return };
    for (tenant, slug) in [
        ("", "main"),
        ("north", "main"),
        ("north", "Main"),
        ("north ", "main"),
    ] {
        insert(&store, connection(tenant, slug)).await.unwrap();
    }
    let taken = insert(&store, connection("north", "main")).await;
    assert!(is_duplicate(taken, "oidc_connections", "tenant_slug"));
    assert_eq!(slugs(&store, "north").await.0.len(), 2);
    assert_eq!(slugs(&store, "").await.0, ["main"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_page_lists_what_is_enabled() {
    let Some(store) = Store::new().await else { return };
    let first = connection("north", "b");
    let hidden = NewConnection {
        enabled: false,
        ..connection("north", "c")
    };
    for row in [first, hidden, connection("north", "a"), connection("south", "d")] {
        insert(&store, row).await.unwrap();
    }
    let texts = |slugs: &[&str]| slugs.iter().map(|slug| (*slug).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        slugs(&store, "north").await,
        (texts(&["a", "b", "c"]), texts(&["a", "b"]))
    );
    store.world.clock.advance(Duration::MINUTE);
    let now = store.now();
    let mut guard = store.connection().await;
    for (tenant, id, rows) in [("south", first.id, 0), ("north", first.id, 1)] {
        let set = Connection::set_enabled(&mut *guard, tenant, id, false, now).await;
        assert_eq!(set.unwrap(), rows);
    }
    let set = Connection::set_enabled(&mut *guard, "north", hidden.id, true, now).await;
    assert_eq!(set.unwrap(), 1);
    drop(guard);
    assert_eq!(slugs(&store, "north").await.1, ["a", "c"]);
    let off = find(&store, "north", first.id).await.unwrap();
    assert!(!off.enabled && off.updated_at.get() == now && off.created_at.get() < now);
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_a_change_is_of_what_it_names_and_within_the_tenant() {
    let Some(store) = Store::new().await else { return };
    let row = connection("north", "main");
    insert(&store, row).await.unwrap();
    let before = find(&store, "north", row.id).await.unwrap();
    store.world.clock.advance(Duration::MINUTE);
    let now = store.now();
    let change = ConnectionChange {
        base_url: Some("https://other.example.org"),
        client_secret: Some(Some(b"OTHER")),
        email_domains: Some(None),
        ..ConnectionChange::default()
    };
    let mut guard = store.connection().await;
    for (tenant, rows) in [("south", 0), ("North", 0), ("north", 1)] {
        let updated = Connection::update(&mut *guard, tenant, row.id, change, now).await;
        assert_eq!(updated.unwrap(), rows);
    }
    drop(guard);
    let after = find(&store, "north", row.id).await.unwrap();
    let expected = StoredConnection {
        base_url: "https://other.example.org".to_owned(),
        client_secret: Some(b"OTHER".to_vec()),
        email_domains: None,
        updated_at: auth_runtime::db::UtcTimestamp::new(now),
        ..before
    };
    assert_eq!(after, expected);

    let rest = ConnectionChange {
        slug: Some("second"),
        client_id: Some("acme-2"),
        client_secret: Some(None),
        display_name: Some(None),
        icon_url: Some(Some("https://id.example.org/icon.svg")),
        ..ConnectionChange::default()
    };
    let updated = Connection::update(&mut *store.connection().await, "north", row.id, rest, now).await;
    assert_eq!(updated.unwrap(), 1);
    let expected = StoredConnection {
        slug: "second".to_owned(),
        client_id: "acme-2".to_owned(),
        client_secret: None,
        display_name: None,
        icon_url: Some("https://id.example.org/icon.svg".to_owned()),
        ..expected
    };
    assert_eq!(find(&store, "north", row.id).await.unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_nobody_deletes_the_connection_of_another_tenant() {
    let Some(store) = Store::new().await else { return };
    let row = connection("north", "main");
    insert(&store, row).await.unwrap();
    let mut guard = store.connection().await;
    for (tenant, rows) in [("south", 0), ("NORTH", 0), ("north", 1), ("north", 0)] {
        let deleted = Connection::delete(&mut *guard, tenant, row.id).await;
        assert_eq!(deleted.unwrap(), rows, "{tenant}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn au_05_no_secret_shows_in_debug_output() {
    let Some(store) = Store::new().await else { return };
    let row = connection("north", "main");
    insert(&store, row).await.unwrap();
    let stored = find(&store, "north", row.id).await.unwrap();
    let change = ConnectionChange {
        client_secret: Some(row.client_secret),
        ..ConnectionChange::default()
    };
    for shown in [format!("{row:?}"), format!("{stored:?}"), format!("{change:?}")] {
        assert!(!shown.contains("SEALED") && !shown.contains("83, 69"), "{shown}");
    }
}
