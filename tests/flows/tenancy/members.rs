//! Links, confirmations and keys of organisations.

use auth_runtime::{
    api_key::Scopes,
    error::{Cause, Error},
    prelude::*,
    resources::audit_log::{LogFilter, Page},
};
use auth_tests::{
    PASSWORD,
    call::*,
    mail::{Mailer, Post},
    secrets::secret,
};
use serde_json::json;
use time::Duration;

use super::{
    db::{Repo, World},
    people::organisation,
};

diesel::table! {
    members (id) {
        id -> auth_runtime::db::SqlId,
        org_id -> BigInt,
        email -> Text,
        hashed_password -> Nullable<Text>,
        confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
    }
}

/// Somebody who belongs to an organisation.
#[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
#[diesel(table_name = members)]
pub(crate) struct Member {
    pub(crate) id: Id,
    pub(crate) org_id: i64,
    pub(crate) email: String,
    #[auth(sensitive)]
    pub(crate) hashed_password: Option<String>,
    pub(crate) confirmed_at: Option<UtcTimestamp>,
}

/// Their tokens.
#[derive(Debug, TokenResource)]
#[auth(table_name = "member_tokens")]
pub(crate) struct MemberToken;

/// Their keys.
#[derive(Debug, ApiKeyResource)]
#[auth(table_name = "member_keys")]
pub(crate) struct MemberKey;

/// What they do.
#[derive(Debug, AuditLogResource)]
#[auth(table_name = "member_log")]
pub(crate) struct MemberLog;

authentication! {
    repo: Repo,
    tenant_field: org_id,
    tokens {
        token_resource: MemberToken,
        signing_secret: |context: &_| secret(context),
    }
    strategies {
        password { identity_field: email, brute_force_strategy: audit_log(audit_log) }
        magic_link { identity_field: email, sender: Mailer, registration_enabled: true }
        api_key { api_key_resource: MemberKey, prefix: "member" }
    }
    add_ons {
        confirmation {
            monitor_fields: [email],
            sender: Mailer,
            auto_confirm_actions: [sign_in_with_magic_link],
        }
        audit_log { audit_log_resource: MemberLog }
    }
}

const ADA: &str = "ada@example.org";

struct Orgs {
    world: World,
    auth: Authentication<Member>,
    one: Context<Member>,
    two: Context<Member>,
}

impl Orgs {
    async fn new() -> Option<Self> {
        let world = World::new().await?;
        Member::schema().create(&world.repo).await.unwrap();
        let builder = world.builder::<Member>().tenant(organisation);
        let auth = builder.background_work(false).start().await.unwrap();
        Some(Self {
            one: auth.in_tenant(1).context().with_browser("of one".into()),
            two: auth.in_tenant(2).context().with_browser("of two".into()),
            auth,
            world,
        })
    }

    /// Asks for a link and takes the token out of the message.
    async fn link(&self, cx: &Context<Member>) -> String {
        let before = self.world.outbox.of_kind("magic_link").len();
        call(cx, "request_magic_link", json!({"email": ADA}))
            .await
            .unwrap();
        let sent = self.world.outbox.wait_for("magic_link", before + 1).await;
        sent[before].token.clone().unwrap()
    }

    /// Registers and takes the token out of the message.
    async fn register(&self, cx: &Context<Member>) -> String {
        let before = self.world.outbox.of_kind("confirmation").len();
        let input = json!({"email": ADA, "password": PASSWORD, "password_confirmation": PASSWORD});
        call(cx, "register_with_password", input).await.unwrap();
        let sent = self.world.outbox.wait_for("confirmation", before + 1).await;
        sent[before].token.clone().unwrap()
    }
}

async fn follow(cx: &Context<Member>, token: &str) -> Result<SignedIn<Member>, Error> {
    enter(cx, "sign_in_with_magic_link", json!({"token": token})).await
}

async fn sign_in(cx: &Context<Member>, password: &str) -> Result<SignedIn<Member>, Error> {
    let input = json!({"email": ADA, "password": password});
    enter(cx, "sign_in_with_password", input).await
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_a_link_works_in_its_own_tenant_only() {
    let Some(orgs) = Orgs::new().await else { return };
    let newcomers = orgs.link(&orgs.one).await;
    let refused = follow(&orgs.two, &newcomers).await.unwrap_err();
    assert_eq!(refused.cause(), Cause::TokenInvalid);
    assert!(Member::get_by_email(&orgs.two, ADA).await.unwrap().is_none());
    let ada = follow(&orgs.one, &newcomers).await.unwrap().user;
    assert_eq!(ada.org_id, 1);

    let stranger = follow(&orgs.two, &orgs.link(&orgs.two).await).await.unwrap().user;
    assert_eq!((stranger.org_id, stranger.id == ada.id), (2, false));
    let of_one = orgs.link(&orgs.one).await;
    // Asking in one organisation voids nothing in another.
    let of_two = orgs.link(&orgs.two).await;
    assert_eq!(
        follow(&orgs.two, &of_one).await.unwrap_err().cause(),
        Cause::TokenInvalid
    );
    assert_eq!(follow(&orgs.one, &of_one).await.unwrap().user.id, ada.id);
    assert_eq!(follow(&orgs.two, &of_two).await.unwrap().user.id, stranger.id);
    let found = Member::get_by_email(&orgs.one, ADA).await.unwrap();
    assert_eq!(found.unwrap().id, ada.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_a_confirmation_counts_in_its_own_tenant_only() {
    let Some(orgs) = Orgs::new().await else { return };
    let of_one = orgs.register(&orgs.one).await;
    let of_two = orgs.register(&orgs.two).await;
    let confirm = async |cx: &Context<Member>, token: &str| {
        call(cx, "confirm", json!({"confirm": token}))
            .await
            .err()
            .map(|error| error.cause())
    };
    assert_eq!(confirm(&orgs.two, &of_one).await, Some(Cause::TokenInvalid));
    assert_eq!(confirm(&orgs.one, &of_one).await, None);
    let confirmed = async |cx| {
        let found = Member::get_by_email(cx, ADA).await.unwrap();
        found.unwrap().confirmed_at.is_some()
    };
    assert!(confirmed(&orgs.one).await);
    assert!(!confirmed(&orgs.two).await, "the other one has shown nothing");
    assert_eq!(confirm(&orgs.two, &of_two).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_a_key_of_another_tenant_is_refused() {
    let Some(orgs) = Orgs::new().await else { return };
    let ada = follow(&orgs.one, &orgs.link(&orgs.one).await).await.unwrap();
    let stranger = follow(&orgs.two, &orgs.link(&orgs.two).await).await.unwrap();
    let (ada, stranger) = (
        on_behalf_of(&orgs.one, &ada).await,
        on_behalf_of(&orgs.two, &stranger).await,
    );
    let input = CreateApiKey {
        name: "CI".to_owned(),
        scopes: Scopes::none(),
        lifetime: None,
    };
    let new = Member::create_api_key(&ada, input).await.unwrap();
    let key = new.key.expose_secret();
    assert!(orgs.one.find_api_key(key).await.unwrap().is_some());
    assert!(orgs.two.find_api_key(key).await.unwrap().is_none());
    assert!(matches!(
        orgs.auth.context().find_api_key(key).await,
        Ok(None) | Err(Error::TenantRequired)
    ));
    let listed = Member::list_api_keys(&stranger, ListApiKeys {}).await.unwrap();
    assert!(listed.is_empty());
    for action in ["revoke_api_key", "rotate_api_key"] {
        let input = json!({"id": new.info.id.to_string()});
        assert!(call(&stranger, action, input).await.is_err(), "{action}");
    }
    assert!(orgs.one.find_api_key(key).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_failures_are_recorded_and_counted_by_tenant() {
    let Some(orgs) = Orgs::new().await else { return };
    let (of_one, of_two) = (orgs.register(&orgs.one).await, orgs.register(&orgs.two).await);
    call(&orgs.one, "confirm", json!({"confirm": of_one}))
        .await
        .unwrap();
    call(&orgs.two, "confirm", json!({"confirm": of_two}))
        .await
        .unwrap();
    // A registration that is answered alike counts as one of five.
    for _ in 0..4 {
        sign_in(&orgs.one, "something else altogether").await.unwrap_err();
    }
    let refused = sign_in(&orgs.one, PASSWORD).await.unwrap_err();
    assert_eq!(refused.cause(), Cause::TooManyAttempts);
    sign_in(&orgs.two, PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_a_message_that_was_given_up_is_an_event_of_its_tenant() {
    let Some(orgs) = Orgs::new().await else { return };
    follow(&orgs.one, &orgs.link(&orgs.one).await).await.unwrap();
    orgs.world.outbox.set(Post::FailsOnce);
    call(&orgs.one, "request_magic_link", json!({"email": ADA}))
        .await
        .unwrap();
    // The first attempt is made beside the answer.
    while orgs.world.outbox.attempts() < 2 {
        tokio::task::yield_now().await;
    }
    orgs.world.outbox.set(Post::Refuses);
    orgs.world.clock.advance(Duration::seconds(10));
    // Background work is of no tenant in particular.
    orgs.auth.deliver_due().await.unwrap();
    let delivery = async |cx: &Context<Member>| {
        let filter = LogFilter::new().action("deliver");
        let page = MemberLog::entries(cx, filter, Page::of(10)).await.unwrap();
        page.entries.len()
    };
    assert_eq!(delivery(&orgs.one).await, 1);
    assert_eq!(delivery(&orgs.two).await, 0);
}
