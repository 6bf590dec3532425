//! The cookie by which a browser is remembered.

use std::collections::HashMap;

use auth_runtime::{authentication::Authentication, http::CurrentUser};
use auth_tests::{
    PASSWORD,
    guests::sqlite::Guest,
    sqlite::{World, user::User},
};
use axum::{
    Router,
    routing::{get, post},
};
use reqwest::{
    RequestBuilder,
    header::{COOKIE, SET_COOKIE},
};
use serde_json::json;
use time::Duration;

use crate::site::*;

const SESSION: &str = "__Host-guest_session";
const REMEMBER: &str = "__Host-guest_remember_me";

struct Guests {
    world: World,
    auth: Authentication<Guest>,
    server: Server,
}

impl Guests {
    async fn new() -> Self {
        let world = World::new().await.unwrap();
        let auth = world.start::<Guest>().await;
        let me = async |guest: CurrentUser<Guest>| guest.email.clone();
        let router = Router::new()
            .route("/me", get(me))
            .route("/orders", post(me))
            .route("/public", get(async || "hello"))
            .nest("/auth", auth.router())
            .layer(auth.layer());
        let site = Self {
            world,
            auth,
            server: Server::of(router).await,
        };
        for email in ["ada@example.org", "eve@example.org"] {
            let body = json!({"guest": {"email": email, "password": PASSWORD}});
            let request = site.server.post("/auth/guest/password/register");
            assert_eq!(answer(request.json(&body)).await.status, 201);
        }
        site
    }

    fn sign_in(&self, email: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let mut form = vec![("guest[email]", email), ("guest[password]", PASSWORD)];
        form.extend(fields);
        self.server
            .post("/auth/guest/password/sign_in")
            .form_of_the_site(&form)
    }

    /// A browser in which somebody ticked the box.
    async fn remembered(&self, email: &str) -> Jar {
        let mut jar = Jar::default();
        jar.take(&answer(self.sign_in(email, &[("guest[remember_me]", "on")])).await);
        assert_eq!(jar.0.len(), 2, "{:?}", jar.0.keys());
        jar
    }

    async fn me(&self, jar: &Jar) -> Answer {
        answer(self.server.get("/me").header(COOKIE, jar.line())).await
    }
}

/// What a browser keeps.
#[derive(Debug, Clone, Default, PartialEq)]
struct Jar(HashMap<String, String>);

impl Jar {
    fn take(&mut self, answer: &Answer) {
        for line in answer.headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    fn without(&self, name: &str) -> Self {
        let mut jar = self.clone();
        jar.0.remove(name);
        jar
    }

    fn line(&self) -> String {
        let pairs: Vec<_> = self
            .0
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }
}

fn lines(answer: &Answer, name: &str) -> Vec<String> {
    let lines = answer.headers.get_all(SET_COOKIE).iter();
    lines
        .map(|line| line.to_str().unwrap().to_owned())
        .filter(|line| line.starts_with(&format!("{name}=")))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn se_02_attributes_of_the_cookie_that_remembers() {
    let site = Guests::new().await;
    let answered = answer(site.sign_in("ada@example.org", &[("guest[remember_me]", "true")])).await;
    let [line] = &lines(&answered, REMEMBER)[..] else {
        panic!("one cookie: {answered:?}")
    };
    for attribute in [
        "HttpOnly",
        "Secure",
        "SameSite=Strict",
        "Path=/",
        "Max-Age=1728000",
    ] {
        assert!(line.contains(attribute), "{line}");
    }
    assert!(!line.contains("Domain"), "{line}");
    assert_eq!(lines(&answered, SESSION).len(), 1);
    for unticked in [
        &[][..],
        &[("guest[remember_me]", "false")],
        &[("guest[remember_me]", "")],
    ] {
        let answered = answer(site.sign_in("ada@example.org", unticked)).await;
        assert_eq!(answered.status, 303, "{unticked:?}");
        assert!(lines(&answered, REMEMBER).is_empty(), "{unticked:?}");
    }
    let body = json!({"guest": {"email": "ada@example.org", "password": PASSWORD, "remember_me": true}});
    let by_json = answer(site.server.post("/auth/guest/password/sign_in").json(&body)).await;
    assert_eq!(lines(&by_json, REMEMBER).len(), 1);
    assert!(
        by_json.json().get("remember_me").is_none(),
        "out of reach of scripts"
    );
    let failed = answer(site.sign_in("ada@example.org", &[("guest[remember_me]", "perhaps")])).await;
    assert_eq!((failed.status, lines(&failed, REMEMBER).len()), (422, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn se_07_a_browser_comes_back_with_its_cookie() {
    let site = Guests::new().await;
    let mut jar = site.remembered("ada@example.org").await;
    let before = jar.clone();
    let live = site.me(&jar).await;
    assert_eq!(
        (live.status, live.headers.get(SET_COOKIE)),
        (200, None),
        "nothing to do"
    );

    site.world.clock.advance(Duration::days(3));
    let nothing = answer(site.server.get("/public").header(COOKIE, jar.line())).await;
    assert_eq!(nothing.headers.get(SET_COOKIE), None, "nobody asked who it is");
    let back = site.me(&jar).await;
    assert_eq!((back.status, back.body.as_str()), (200, "ada@example.org"));
    jar.take(&back);
    assert_ne!(jar.0[SESSION], before.0[SESSION]);
    assert_ne!(
        jar.0[REMEMBER], before.0[REMEMBER],
        "each use brings the next one"
    );
    let again = site.me(&jar).await;
    assert_eq!((again.status, again.headers.get(SET_COOKIE)), (200, None));

    let mut without_session = jar.without(SESSION);
    let back = site.me(&without_session).await;
    assert_eq!(back.status, 200, "no session cookie at all");
    without_session.take(&back);

    site.world.clock.advance(Duration::minutes(1));
    let thief = before.without(SESSION);
    let stolen = site.me(&thief).await;
    assert_eq!(stolen.status, 401);
    assert!(
        lines(&stolen, REMEMBER)[0].contains("Max-Age=0"),
        "a rejected cookie is removed"
    );
    assert_eq!(
        site.me(&without_session).await.status,
        401,
        "and the session has ended"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn se_07_the_requests_of_one_page_do_not_hurt_each_other() {
    let site = Guests::new().await;
    let mut jar = site.remembered("ada@example.org").await.without(SESSION);
    let requests: Vec<_> = (0..8)
        .map(|_| {
            let request = site.server.get("/me").header(COOKIE, jar.line());
            tokio::spawn(answer(request))
        })
        .collect();
    let mut remember = Vec::new();
    for request in requests {
        let answered = request.await.unwrap();
        assert_eq!(answered.status, 200);
        jar.take(&answered);
        remember.push(jar.0[REMEMBER].clone());
    }
    remember.dedup();
    assert_eq!(remember.len(), 1);
    site.world.clock.advance(Duration::minutes(5));
    assert_eq!(site.me(&jar).await.status, 200);
    assert_eq!(site.me(&jar.without(SESSION)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_03_signing_out_forgets_the_browser() {
    let site = Guests::new().await;
    let jar = site.remembered("ada@example.org").await;
    let other = site.remembered("ada@example.org").await;
    for jar in [
        jar.clone(),
        site.remembered("ada@example.org").await.without(SESSION),
    ] {
        let request = site
            .server
            .post("/auth/guest/sign_out")
            .header(COOKIE, jar.line());
        let mut after = jar.clone();
        after.take(&answer(request.form_of_the_site(&[])).await);
        assert_eq!(after, Jar::default(), "both cookies are taken away");
        assert_eq!(site.me(&jar).await.status, 401, "and a copy of them is dead");
    }
    assert_eq!(
        site.me(&other.without(SESSION)).await.status,
        200,
        "another browser"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_of_somebody_else_is_dropped() {
    let site = Guests::new().await;
    let adas = site.remembered("ada@example.org").await;
    let request = site.sign_in("eve@example.org", &[]);
    let request = request.header(COOKIE, adas.without(SESSION).line());
    let mut jar = adas.clone();
    jar.take(&answer(request).await);
    assert!(
        !jar.0.contains_key(REMEMBER),
        "Eve's browser does not come back as Ada"
    );
    jar.0.insert(REMEMBER.to_owned(), adas.0[REMEMBER].clone());
    let me = site.me(&jar).await;
    assert_eq!(me.body, "eve@example.org", "the session counts");
    assert!(lines(&me, REMEMBER)[0].contains("Max-Age=0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_cookies_are_removed_and_say_nothing() {
    let site = Guests::new().await;
    let jar = site.remembered("ada@example.org").await;
    for odd in ["", "x", "a.b.c", jar.0[SESSION].as_str()] {
        let request = site.server.get("/me").header(COOKIE, format!("{REMEMBER}={odd}"));
        let refused = answer(request).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (401, "unauthenticated"),
            "{odd}"
        );
        assert!(lines(&refused, REMEMBER)[0].contains("Max-Age=0"), "{odd}");
    }
    let token = &jar.0[REMEMBER];
    let twice = format!("{REMEMBER}={token}; {REMEMBER}={token}");
    assert_eq!(
        answer(site.server.get("/me").header(COOKIE, twice)).await.status,
        401
    );
    let as_bearer = site.server.get("/me").bearer_auth(token);
    assert_eq!(answer(as_bearer).await.status, 401);
    let as_session = site
        .server
        .get("/me")
        .header(COOKIE, format!("{SESSION}={token}"));
    assert_eq!(answer(as_session).await.status, 401);
    let beside_bearer = site.server.get("/me").bearer_auth("a.b.c");
    let beside_bearer = beside_bearer.header(COOKIE, jar.without(SESSION).line());
    assert_eq!(answer(beside_bearer).await.status, 401, "a bearer was meant");
    assert_eq!(
        site.me(&jar.without(SESSION)).await.status,
        200,
        "none of this used it up"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn se_08_another_site_uses_no_cookie_that_remembers() {
    let site = Guests::new().await;
    let jar = site.remembered("ada@example.org").await.without(SESSION);
    let request = site.server.post("/orders").header(COOKIE, jar.line());
    let request = request.header("sec-fetch-site", "cross-site").form(&[("x", "y")]);
    assert_eq!(answer(request).await.status, 403);
    let own = site.server.post("/orders").header(COOKIE, jar.line());
    assert_eq!(answer(own.form_of_the_site(&[])).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_servers_get_the_cookies_to_set() {
    let site = Guests::new().await;
    let jar = site.remembered("ada@example.org").await.without(SESSION);
    let request = http_head(&jar.line());
    let found = site.auth.session_from(&request).await.unwrap();
    assert_eq!(found.session.unwrap().user().email, "ada@example.org");
    let mut names: Vec<_> = found
        .set_cookies
        .iter()
        .map(|line| line.to_str().unwrap().split('=').next().unwrap().to_owned())
        .collect();
    names.sort();
    assert_eq!(names, [REMEMBER, SESSION]);
}

fn http_head(cookies: &str) -> axum::http::request::Parts {
    let request = axum::http::Request::builder().uri("/").header("cookie", cookies);
    request.body(()).unwrap().into_parts().0
}

#[tokio::test(flavor = "multi_thread")]
async fn tn_01_the_cookie_belongs_to_one_resource() {
    let site = Guests::new().await;
    let users = site.world.start::<User>().await;
    let both = auth_runtime::application!(Guest => site.auth.clone(), User => users.clone());
    let router = Router::new()
        .route(
            "/guest",
            get(async |guest: CurrentUser<Guest>| guest.email.clone()),
        )
        .route("/user", get(async |user: CurrentUser<User>| user.email.clone()))
        .nest("/auth", both.router())
        .layer(both.layer());
    let server = Server::of(router).await;
    let jar = site.remembered("ada@example.org").await.without(SESSION);
    let as_user = answer(server.get("/user").header(COOKIE, jar.line())).await;
    assert_eq!((as_user.status, as_user.headers.get(SET_COOKIE)), (401, None));
    assert_eq!(
        answer(server.get("/guest").header(COOKIE, jar.line()))
            .await
            .status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn se_05_logging_out_everywhere_takes_the_cookies_away() {
    let site = Guests::new().await;
    let mut jar = site.remembered("ada@example.org").await;
    let other = site.remembered("ada@example.org").await;
    let kept = site
        .server
        .post("/auth/guest/log_out_everywhere")
        .header(COOKIE, jar.line());
    let kept = answer(kept.json(&json!({"guest": {"except_this_session": true}}))).await;
    assert_eq!(
        (kept.status, kept.headers.get(SET_COOKIE)),
        (200, None),
        "{}",
        kept.body
    );
    assert_eq!(kept.json()["status"], "ended");
    assert_eq!(site.me(&other).await.status, 401);
    assert_eq!(site.me(&jar).await.status, 200);
    let request = site
        .server
        .post("/auth/guest/log_out_everywhere")
        .header(COOKIE, jar.line());
    let before = jar.clone();
    let form = request.form_of_the_site(&[("return_to", "/bye")]);
    let ended = answer(form).await;
    assert_eq!((ended.status, ended.header("location")), (303, Some("/bye")));
    jar.take(&ended);
    assert_eq!(jar, Jar::default());
    assert_eq!(site.me(&before).await.status, 401);
    let anonymous = site
        .server
        .post("/auth/guest/log_out_everywhere")
        .json(&json!({}));
    assert_eq!(answer(anonymous).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn rl_01_a_limit_takes_no_cookie_away() {
    let site = Guests::new().await;
    let jar = site.remembered("ada@example.org").await.without(SESSION);
    let mut guess = Jar::default();
    guess.0.insert(REMEMBER.to_owned(), "guessed".to_owned());
    let refused = site.me(&guess).await;
    assert!(lines(&refused, REMEMBER)[0].contains("Max-Age=0"));
    for _ in 1..300 {
        site.me(&guess).await;
    }
    let limited = site.me(&jar).await;
    assert_eq!((limited.status, limited.headers.get(SET_COOKIE)), (401, None));
    site.world.clock.advance(Duration::minutes(5));
    let back = site.me(&jar).await;
    assert_eq!((back.status, back.body.as_str()), (200, "ada@example.org"));
}
