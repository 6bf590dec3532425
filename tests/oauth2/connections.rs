//! Providers out of a table.

use auth_runtime::{
    authentication::Authentication,
    context::Context,
    error::{Cause, Error, FieldError},
    oauth::Callback,
    session::SignedIn,
    strategies::{
        dynamic_oidc::{ConnectionInfo, NewConnection},
        oauth2::Entered,
    },
};
use auth_tests::call::{field_errors, on_behalf_of};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

use super::{
    people::{World, employee::*},
    visit::browser,
};
use crate::provider::{Idp, egress, parameter};

pub(super) struct Offices {
    pub(super) world: World,
    auth: Authentication<Employee>,
}

impl Offices {
    pub(super) async fn new() -> Option<Self> {
        let world = World::new().await?;
        Employee::schema().create(&world.repo).await.unwrap();
        let builder = world.builder::<Employee>().egress(egress()).tenant(|_| None);
        let auth = builder.start().await.unwrap();
        Some(Self { world, auth })
    }

    pub(super) fn cx(&self, house: i64) -> Context<Employee> {
        browser(&self.auth.in_tenant(house), "somebody")
    }

    pub(super) async fn connect(&self, house: i64, slug: &str, idp: &Idp) -> ConnectionInfo {
        Employee::create_sso_connection(&self.cx(house), new(slug, idp))
            .await
            .unwrap()
    }
}

fn new(slug: &str, idp: &Idp) -> NewConnection {
    NewConnection {
        slug: slug.to_owned(),
        base_url: idp.server.url.clone(),
        client_id: crate::provider::CLIENT.to_owned(),
        client_secret: Some("the secret of this client, for tests".into()),
        display_name: None,
        icon_url: None,
        email_domains: vec!["example.org".to_owned()],
    }
}

fn ada() -> Value {
    json!({"sub": "ada-1", "email": "ada@example.org", "email_verified": true})
}

async fn begin(cx: &Context<Employee>, named: &str) -> Result<Url, Error> {
    let input = RequestSso {
        connection_id: named.to_owned(),
        login_hint: None,
    };
    Ok(Employee::request_sso(cx, input).await?.location().clone())
}

fn back(cx: &Context<Employee>, idp: &Idp, location: &Url, claims: &Value) -> Callback {
    idp.signs_in(location, cx.authentication().now(), claims);
    Callback {
        code: Some("code-1".to_owned()),
        state: parameter(location, "state"),
        ..Callback::default()
    }
}

pub(super) async fn visit(
    cx: &Context<Employee>,
    named: &str,
    idp: &Idp,
    claims: &Value,
) -> Result<SignedIn<Employee>, Error> {
    let location = begin(cx, named).await?;
    let callback = back(cx, idp, &location, claims);
    match Employee::register_with_sso(cx, callback.into()).await? {
        Entered::SignedIn(signed_in) => Ok(signed_in),
        other => panic!("{other:?}"),
    }
}

fn cause<T>(outcome: Result<T, Error>) -> Cause {
    outcome.map(drop).unwrap_err().cause()
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_equal_subjects_at_two_connections_are_two_people() {
    let Some(offices) = Offices::new().await else {
        return;
    };
    let (acme, globex) = (Idp::start().await, Idp::start().await);
    let cx = offices.cx(1);
    let connection = offices.connect(1, "acme", &acme).await;
    offices.connect(1, "globex", &globex).await;
    let here = visit(&cx, "acme", &acme, &ada()).await.unwrap();
    let there = json!({"sub": "ada-1", "email": "other@example.org", "email_verified": true});
    let there = visit(&cx, "globex", &globex, &there).await.unwrap();
    assert_ne!(here.subject(), there.subject());
    // By its id as well as by its slug.
    let again = visit(&cx, &connection.id.to_string(), &acme, &ada())
        .await
        .unwrap();
    assert_eq!(again.subject(), here.subject());
    let listed = Employee::list_sso_identities(&on_behalf_of(&cx, &here).await, ListSsoIdentities {}).await;
    assert_eq!(listed.unwrap()[0].strategy, format!("sso/{}", connection.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_a_connection_vouches_for_its_own_domains_alone() {
    let Some(offices) = Offices::new().await else {
        return;
    };
    let (acme, globex) = (Idp::start().await, Idp::start().await);
    let cx = offices.cx(1);
    offices.connect(1, "acme", &acme).await;
    let other = NewConnection {
        email_domains: vec!["globex.example".to_owned()],
        ..new("globex", &globex)
    };
    Employee::create_sso_connection(&cx, other).await.unwrap();
    let ada_here = visit(&cx, "acme", &acme, &ada()).await.unwrap();
    assert!(ada_here.user.confirmed_at.is_some());
    // The administrator of another organisation says that ada@example.org is theirs.
    assert_eq!(
        cause(visit(&cx, "globex", &globex, &ada()).await),
        Cause::UntrustedMatch
    );
    let mallory = json!({"sub": "m", "email": "m@example.org.globex.example", "email_verified": true});
    let mallory = visit(&cx, "globex", &globex, &mallory).await.unwrap();
    assert!(mallory.user.confirmed_at.is_none(), "no domain of theirs");
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_connections_that_cannot_be_used_are_refused_alike() {
    let Some(offices) = Offices::new().await else {
        return;
    };
    let idp = Idp::start().await;
    let (here, there) = (offices.cx(1), offices.cx(2));
    let connection = offices.connect(1, "acme", &idp).await;
    let id = connection.id.to_string();
    let unknown = "01890000-0000-7000-8000-000000000000";
    for (cx, named) in [
        (&there, "acme"),
        (&there, &*id),
        (&here, "globex"),
        (&here, unknown),
        (&here, ""),
    ] {
        assert_eq!(cause(begin(cx, named).await), Cause::UnknownConnection, "{named}");
    }
    assert!(Employee::sso_connections(&there).await.unwrap().is_empty());
    // Disabled between the two legs.
    let location = begin(&here, "acme").await.unwrap();
    Employee::enable_sso_connection(&here, connection.id, false)
        .await
        .unwrap();
    let callback = back(&here, &idp, &location, &ada());
    assert_eq!(
        cause(Employee::register_with_sso(&here, callback.into()).await),
        Cause::UnknownConnection
    );
    assert_eq!(cause(begin(&here, "acme").await), Cause::UnknownConnection);
    assert!(Employee::sso_connections(&here).await.unwrap().is_empty());
    let all = Employee::all_sso_connections(&here).await.unwrap();
    assert_eq!((all.len(), all[0].enabled), (1, false));
    assert!(Employee::sso_connections(&here).await.unwrap().is_empty());
    assert!(Employee::all_sso_connections(&there).await.unwrap().is_empty());
    let foreign = Employee::enable_sso_connection(&there, connection.id, true)
        .await
        .unwrap_err();
    assert_eq!(
        field_errors(&foreign),
        [("id".to_owned(), FieldError::NotAChoice)]
    );
    let foreign = Employee::delete_sso_connection(&there, connection.id)
        .await
        .unwrap_err();
    assert_eq!(
        field_errors(&foreign),
        [("id".to_owned(), FieldError::NotAChoice)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_02_a_connection_that_changes_meanwhile_ends_no_attempt() {
    let Some(offices) = Offices::new().await else {
        return;
    };
    let (acme, other) = (Idp::start().await, Idp::start().await);
    let cx = offices.cx(1);
    let connection = offices.connect(1, "acme", &acme).await;
    let location = begin(&cx, "acme").await.unwrap();
    // Without its secret the address cannot change.
    let without = NewConnection {
        client_secret: None,
        ..new("acme", &other)
    };
    let refused = Employee::change_sso_connection(&cx, connection.id, without)
        .await
        .unwrap_err();
    assert_eq!(
        field_errors(&refused),
        [("client_secret".to_owned(), FieldError::Required)]
    );
    Employee::change_sso_connection(&cx, connection.id, new("acme", &other))
        .await
        .unwrap();
    let callback = back(&cx, &other, &location, &ada());
    assert_eq!(
        cause(Employee::register_with_sso(&cx, callback.into()).await),
        Cause::AttemptMismatch
    );
    assert!(other.server.seen("/token").is_empty(), "no code went there");
    // A slug that moves to another row in the meantime does not move the attempt.
    let location = begin(&cx, "acme").await.unwrap();
    let renamed = NewConnection {
        client_secret: None,
        ..new("acme-old", &other)
    };
    Employee::change_sso_connection(&cx, connection.id, renamed)
        .await
        .unwrap();
    offices.connect(1, "acme", &acme).await;
    let callback = back(&cx, &other, &location, &ada());
    Employee::register_with_sso(&cx, callback.into()).await.unwrap();
    assert!(acme.server.seen("/token").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_06_another_issuer_brings_no_identity_along() {
    let Some(offices) = Offices::new().await else {
        return;
    };
    let (acme, other) = (Idp::start().await, Idp::start().await);
    let cx = offices.cx(1);
    let connection = offices.connect(1, "acme", &acme).await;
    let before = visit(&cx, "acme", &acme, &ada()).await.unwrap();
    Employee::change_sso_connection(&cx, connection.id, new("acme", &other))
        .await
        .unwrap();
    // The same subject there, with another address: somebody else, who gets nothing of hers.
    let eve = json!({"sub": "ada-1", "email": "eve@example.org", "email_verified": true});
    assert_eq!(cause(visit(&cx, "acme", &other, &eve).await), Cause::OtherIssuer);
    let ada_there = json!({"sub": "a-2", "email": "ada@example.org", "email_verified": true});
    let after = visit(&cx, "acme", &other, &ada_there).await.unwrap();
    assert_eq!(
        after.subject(),
        before.subject(),
        "by her proven address, as before"
    );
    assert_eq!(offices.world.count("identities_of_all").await, 1);
    let session = on_behalf_of(&cx, &after).await;
    let listed = Employee::list_sso_identities(&session, ListSsoIdentities {})
        .await
        .unwrap();
    let token = Employee::sso_access_token(&session, SsoAccessToken { id: listed[0].id })
        .await
        .unwrap();
    assert_eq!(token.expose_secret(), "access-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_11_client_secrets_are_sealed_and_shown_to_nobody() {
    let Some(offices) = Offices::new().await else {
        return;
    };
    let idp = Idp::start().await;
    let cx = offices.cx(1);
    let info = offices.connect(1, "acme", &idp).await;
    assert!(!format!("{info:?}").contains("for tests"));
    assert!(!serde_json::to_string(&info).unwrap().contains("for tests"));
    assert_eq!(
        offices
            .world
            .count("connections WHERE client_secret IS NOT NULL")
            .await,
        1
    );
    // It stays where nothing else is said, and opens.
    let change = NewConnection {
        client_secret: None,
        display_name: Some("Acme".to_owned()),
        ..new("acme", &idp)
    };
    let changed = Employee::change_sso_connection(&cx, info.id, change)
        .await
        .unwrap();
    assert_eq!(changed.label, "Acme");
    visit(&cx, "acme", &idp, &ada()).await.unwrap();
    let seen = idp.server.seen("/token");
    assert!(seen[0].header("authorization").unwrap().starts_with("Basic "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_checked_before_it_is_written() {
    let Some(offices) = Offices::new().await else {
        return;
    };
    let idp = Idp::start().await;
    let cx = offices.cx(1);
    offices.connect(1, "acme", &idp).await;
    for (field, error, wrong) in [
        ("slug", FieldError::Taken, new("acme", &idp)),
        ("slug", FieldError::NotAChoice, new("Acme", &idp)),
        (
            "slug",
            FieldError::NotAChoice,
            new("01890000-0000-7000-8000-000000000000", &idp),
        ),
        (
            "client_id",
            FieldError::Required,
            NewConnection {
                client_id: " ".to_owned(),
                ..new("b", &idp)
            },
        ),
        (
            "icon_url",
            FieldError::NotAChoice,
            NewConnection {
                icon_url: Some("http://x.example/i.png".to_owned()),
                ..new("b", &idp)
            },
        ),
        (
            "email_domains",
            FieldError::NotAChoice,
            NewConnection {
                email_domains: vec!["Example.org".to_owned()],
                ..new("b", &idp)
            },
        ),
    ] {
        let refused = Employee::create_sso_connection(&cx, wrong).await.unwrap_err();
        assert_eq!(field_errors(&refused), [(field.to_owned(), error)]);
    }
    // Nobody there, and an address inside (OA-09).
    for base_url in [
        "http://127.0.0.1:1",
        "https://10.0.0.1",
        "https://169.254.169.254",
        "http://idp.example",
    ] {
        let wrong = NewConnection {
            base_url: base_url.to_owned(),
            ..new("b", &idp)
        };
        let refused = Employee::create_sso_connection(&cx, wrong).await.unwrap_err();
        let told = [("base_url".to_owned(), FieldError::NotAProvider)];
        assert_eq!(field_errors(&refused), told, "{base_url}");
    }
    let without = NewConnection {
        client_secret: None,
        ..new("b", &idp)
    };
    let refused = Employee::create_sso_connection(&cx, without).await.unwrap_err();
    assert_eq!(
        field_errors(&refused),
        [("client_secret".to_owned(), FieldError::Required)]
    );
    assert_eq!(offices.world.count("connections").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_have_routes_of_their_own() {
    let Some(world) = World::new().await else { return };
    Employee::schema().create(&world.repo).await.unwrap();
    let builder = world.builder::<Employee>().egress(egress()).tenant(|_| Some(1));
    let auth = builder.start().await.unwrap();
    let idp = Idp::start().await;
    let connection = new("acme", &idp);
    Employee::create_sso_connection(&auth.in_tenant(1).context(), connection)
        .await
        .unwrap();
    for (uri, status) in [
        ("/employee/sso/acme/request", 302),
        ("/employee/sso/globex/request", 401),
        ("/employee/sso/callback?state=x", 401),
        ("/employee/sso//request", 404),
        ("/employee/sso/request", 404),
        ("/employee/sso", 404),
    ] {
        let (head, ()) = http::Request::builder().uri(uri).body(()).unwrap().into_parts();
        let answer = auth.handle(&head, b"").await;
        assert_eq!(answer.status().as_u16(), status, "{uri}");
    }
}
