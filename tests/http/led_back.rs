//! Phases that begin something elsewhere, and those that a provider leads back to: what HTTP makes of them, whatever the
//! strategy does.

use auth_runtime::{
    authentication::{Authentication, Declared},
    context::ClientIp,
    db::Schema,
    error::{AuthenticationFailed, Cause, Error},
    prelude::*,
    resources::token::NoTokens,
    strategy::{
        Act, ActionOutcome, Input, Outcome, PhaseInfo, PhaseMethod, Redirect, Report, Sort, StrategyInfo,
        perform,
    },
    tenant::NoTenant,
    token::Algorithm,
    user::{Authenticated, Resource, SessionIdentifier, Settings, TokenSettings},
};
use auth_tests::sqlite::{Repo, World};
use axum::{Router, routing::post};
use reqwest::{RequestBuilder, header::COOKIE};
use serde_json::{Map, Value, json};

use crate::site::*;

diesel::table! {
    pilgrims (id) {
        id -> auth_runtime::db::SqlId,
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
#[diesel(table_name = pilgrims)]
struct Pilgrim {
    id: Id,
}

const fn phase(name: &'static str, path: &'static str, method: PhaseMethod) -> PhaseInfo {
    PhaseInfo { name, path, method }
}

const BEGIN: PhaseMethod = PhaseMethod::Begin {
    fields: &["login_hint"],
};

impl Authenticated for Pilgrim {
    type Repo = Repo;
    type Tenant = NoTenant;
    type Tokens = NoTokens;

    const SETTINGS: Settings = Settings {
        subject_name: "pilgrim",
        tokens: TokenSettings {
            enabled: false,
            algorithm: Algorithm::HS256,
            issuer: "",
            audience: "",
            lifetime_seconds: 0,
            leeway_seconds: 0,
            store_all: false,
            require_presence: false,
            refresh: None,
            session_idle_timeout_seconds: None,
            expunge_interval_seconds: 0,
        },
        session_identifier: SessionIdentifier::Jti,
        client_ip: ClientIp::Peer,
        remember_me: None,
        client_ip_declared: true,
        allowed: &[],
    };
    const STRATEGIES: &'static [StrategyInfo] = &[StrategyInfo {
        name: "sso",
        kind: "sso",
        phases: &[
            phase("request", "/:connection_id/request", BEGIN),
            phase("link", "/:connection_id/link", PhaseMethod::Post),
            phase("callback", "/callback", PhaseMethod::Callback),
        ],
        actions: &[],
        tokens_required: false,
    }];
    const ADD_ONS: &'static [StrategyInfo] = &[];

    fn declared() -> Declared<Self> {
        Declared::new()
    }

    fn schema() -> Schema {
        Schema::new().table(Self::table()).with_shared_tables()
    }

    fn tenant(&self) -> NoTenant {
        NoTenant
    }

    fn sender_fields(&self) -> Result<Map<String, Value>, serde_json::Error> {
        Ok(Map::new())
    }

    auth_runtime::__user_queries! {
        connection <Repo as auth_runtime::db::Repo>::Connection; table pilgrims::table; key pilgrims::id; tokens;
    }

    async fn dispatch(
        context: &Context<Self>,
        _: usize,
        phase: &str,
        mut input: Input,
    ) -> Outcome<ActionOutcome<Self>> {
        let (act, outcome) = match phase {
            "callback" => {
                let state = input.text("state", 99);
                ("callback", arrived(input, &state))
            }
            _ => {
                let connection = input.text("connection_id", 99);
                let hint = input.value::<Option<String>>("login_hint").flatten();
                ("request", sent(input, &connection, hint.as_deref()))
            }
        };
        perform(context, Act::new("sso", act, Sort::Account), |_| async {
            outcome
        })
        .await
    }
}

fn sent(input: Input, connection: &str, hint: Option<&str>) -> Result<ActionOutcome<Pilgrim>, Error> {
    input.finish()?;
    let hint = hint.unwrap_or("none");
    let location = format!("https://{connection}.example/authorize?state=known&login_hint={hint}");
    Ok(ActionOutcome::Redirect(Redirect::new(location.parse().unwrap())))
}

fn arrived(input: Input, state: &str) -> Result<ActionOutcome<Pilgrim>, Error> {
    drop(input);
    if state != "known" {
        return Err(AuthenticationFailed::new("sso", "callback", Cause::NoUser).into());
    }
    let report = Report::new().member("status", "linked");
    Ok(ActionOutcome::Report(report))
}

const BROWSER: &str = "__Host-pilgrim_browser=known";
const SESSION: &str = "__Host-pilgrim_session=any";
const CALLBACK: &str = "/auth/pilgrim/sso/callback";

struct Way {
    server: Server,
    _auth: Authentication<Pilgrim>,
    _world: World,
}

impl Way {
    async fn new() -> Self {
        let world = World::new().await.unwrap();
        let auth = world.start::<Pilgrim>().await;
        let routes = Router::new()
            .route("/orders", post(async || "ordered"))
            .nest("/auth", auth.router())
            .layer(auth.layer());
        Self {
            server: Server::of(routes).await,
            _auth: auth,
            _world: world,
        }
    }

    /// A provider's form, as a browser sends it from there.
    fn posted_back(&self, path: &str, form: &str) -> RequestBuilder {
        let request = self.server.post(path).raw(FORM, form.to_owned());
        page(request)
            .header("origin", "https://provider.example")
            .header("sec-fetch-site", "cross-site")
    }
}

fn page(request: RequestBuilder) -> RequestBuilder {
    request.header("accept", "text/html")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_begins_and_hands_on_what_it_may() {
    let way = Way::new().await;
    let link = "/auth/pilgrim/sso/acme/request?login_hint=ada&utm_source=x&utm_source=y&return_to=/me";
    for request in [page(way.server.get(link)), way.server.get(link)] {
        let answer = answer(request.header("sec-fetch-site", "same-origin")).await;
        assert_eq!(answer.status, 302, "{}", answer.body);
        let location = "https://acme.example/authorize?state=known&login_hint=ada";
        assert_eq!(answer.header("location"), Some(location));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.body, "");
    }
    // Whoever another site sends is asked first.
    let sent = page(way.server.get(link)).header("sec-fetch-site", "cross-site");
    let sent = answer(sent).await;
    assert_eq!((sent.status, sent.header("location")), (200, None));
    let twice = answer(
        way.server
            .get("/auth/pilgrim/sso/acme/request?login_hint=a&login_hint=b"),
    )
    .await;
    assert_eq!((twice.status, twice.code().as_str()), (400, "malformed_request"));
    let posted = answer(way.server.post("/auth/pilgrim/sso/acme/request")).await;
    assert_eq!(posted.status, 404);
    let looked_at = answer(way.server.request(reqwest::Method::HEAD, link)).await;
    assert_eq!(looked_at.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_begins_is_sent_on_in_its_own_way() {
    let way = Way::new().await;
    let link = "/auth/pilgrim/sso/acme/link";
    let form = answer(
        way.server
            .post(link)
            .form_of_the_site(&[("pilgrim[login_hint]", "ada")]),
    )
    .await;
    let location = "https://acme.example/authorize?state=known&login_hint=ada";
    assert_eq!((form.status, form.header("location")), (200, None));
    assert!(
        form.body.contains(&location.replace('&', "&amp;")),
        "{}",
        form.body
    );
    let program = answer(
        way.server
            .post(link)
            .json(&json!({"pilgrim": {"login_hint": "ada"}})),
    )
    .await;
    assert_eq!(
        (program.status, program.json()),
        (200, json!({"location": location}))
    );
    // The path names it, and nothing else does.
    let other = json!({"pilgrim": {"connection_id": "other"}});
    let other = answer(way.server.post(link).json(&other)).await;
    assert_eq!((other.status, other.code().as_str()), (400, "malformed_request"));
    let foreign = answer(way.posted_back(link, "")).await;
    assert_eq!(foreign.status, 403, "only a callback is exempt");
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_08_a_form_from_a_provider_is_sent_once_more_from_here() {
    let way = Way::new().await;
    let form = "code=c&state=known&id_token=no";
    let lost = answer(way.posted_back(CALLBACK, form)).await;
    assert_eq!(lost.status, 200, "{}", lost.body);
    assert!(
        lost.body.contains("name=\"state\" value=\"known\""),
        "{}",
        lost.body
    );
    assert!(lost.body.contains("action=\"./callback\""), "{}", lost.body);
    assert_eq!(lost.header("set-cookie"), None);
    assert_eq!(lost.header("cache-control"), Some("no-store"));
    assert_eq!(lost.header("referrer-policy"), Some("no-referrer"));

    // From our own page it has the cookies. With `no-referrer` old browsers do not say that it is ours.
    let marked = format!("{form}&_auth_reflected=1");
    for origin in [("sec-fetch-site", "same-origin"), ("origin", "null")] {
        let request = page(way.server.post(CALLBACK).raw(FORM, marked.clone()));
        let request = request
            .header(origin.0, origin.1)
            .header(COOKIE, format!("{BROWSER}; {SESSION}"));
        let found = answer(request).await;
        assert_eq!(
            (found.status, found.header("location")),
            (303, Some("/")),
            "{}",
            found.body
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_08_a_response_without_its_browser_reaches_the_action_at_most_once() {
    let way = Way::new().await;
    let marked = answer(way.posted_back(CALLBACK, "state=forged&_auth_reflected=1")).await;
    assert_eq!(marked.status, 401, "{}", marked.body);
    let followed = answer(page(way.server.get(&format!("{CALLBACK}?state=forged")))).await;
    assert_eq!(followed.status, 401, "{}", followed.body);
    let looked_at = answer(
        way.server
            .request(reqwest::Method::HEAD, &format!("{CALLBACK}?state=known")),
    )
    .await;
    assert_eq!(looked_at.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_is_answered_as_its_client_asks() {
    let way = Way::new().await;
    let path = format!("{CALLBACK}?state=known&code=c&scope=a&scope=b");
    let browser = answer(page(way.server.get(&path)).header("sec-fetch-site", "cross-site")).await;
    assert_eq!((browser.status, browser.header("location")), (303, Some("/")));
    let program = answer(way.server.get(&path)).await;
    assert_eq!(
        (program.status, program.json()),
        (200, json!({"status": "linked"}))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn in_03_a_response_that_cannot_be_read_is_refused() {
    let way = Way::new().await;
    for form in ["state=known&state=known", "state=known&code=%00", "state=%ff"] {
        for request in [
            way.posted_back(CALLBACK, form),
            way.posted_back(CALLBACK, form).header(COOKIE, BROWSER),
            page(way.server.get(&format!("{CALLBACK}?{form}"))),
        ] {
            let answer = answer(request).await;
            assert_eq!(
                (answer.status, answer.header("set-cookie")),
                (400, None),
                "{form}"
            );
        }
    }
    let json = answer(way.server.post(CALLBACK).json(&json!({"state": "known"}))).await;
    assert_eq!(
        (json.status, json.code().as_str()),
        (415, "unsupported_media_type")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn se_08_only_the_callback_may_come_from_another_site() {
    let way = Way::new().await;
    let from_there = |path: &str| {
        let request = way.posted_back(path, "state=known&code=c");
        request.header(COOKIE, format!("{BROWSER}; {SESSION}"))
    };
    let embedded = way.server.get(&format!("{CALLBACK}?code=c&state=s"));
    let embedded = answer(embedded.header("sec-fetch-dest", "image")).await;
    assert_eq!(
        (embedded.status, embedded.code().as_str()),
        (403, "cross_site_request")
    );
    let callback = answer(from_there(CALLBACK)).await;
    assert_eq!(callback.status, 303, "{}", callback.body);
    for path in [
        "/orders",
        "/auth/pilgrim/sso/acme/link",
        "/auth/pilgrim/sign_out",
        "/auth/pilgrim/sso/callback/",
    ] {
        assert_eq!(answer(from_there(path)).await.status, 403, "{path}");
    }
}
