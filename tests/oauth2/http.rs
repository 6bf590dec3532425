//! A whole sign-in over HTTP, as a browser does it.

use auth_tests::addressed::Answer;
use url::Url;

use super::visit::{Place, ada};
use crate::provider::parameter;

/// A request as a browser sends it.
struct Ask<'a> {
    method: &'a str,
    uri: &'a str,
    cookie: Option<&'a str>,
    site: &'a str,
    body: &'a str,
}

impl Ask<'_> {
    const fn get(uri: &str) -> Ask<'_> {
        Ask {
            method: "GET",
            uri,
            cookie: None,
            site: "none",
            body: "",
        }
    }

    async fn of(self, place: &Place) -> Answer {
        let mut request = http::Request::builder()
            .method(self.method)
            .uri(self.uri)
            .header("accept", "text/html")
            .header("sec-fetch-site", self.site);
        if self.method == "POST" {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        if let Some(cookie) = self.cookie {
            request = request.header("cookie", cookie);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        Answer::of(place.auth.handle(&head, self.body.as_bytes()).await)
    }
}

/// Follows the link to the provider. Where it leads, and the browser's cookie.
async fn begin(place: &Place, uri: &str) -> (Url, String) {
    let answer = Ask::get(uri).of(place).await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    let location = answer.header("location").unwrap();
    (Url::parse(&location).unwrap(), answer.cookie("_browser").unwrap())
}

fn back(location: &Url, more: &str) -> String {
    let state = parameter(location, "state").unwrap();
    format!("code=code-1&state={state}&scope=openid&scope=email{more}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_goes_there_and_comes_back_signed_in() {
    let Some(place) = Place::new().await else { return };
    let (location, browser) = begin(&place, "/arrival/corporate?return_to=%2Fwelcome&utm_source=mail").await;
    assert_eq!(location.path(), "/authorize");
    assert_eq!(
        parameter(&location, "code_challenge_method").as_deref(),
        Some("S256")
    );
    let redirect_uri = parameter(&location, "redirect_uri");
    assert_eq!(
        redirect_uri.as_deref(),
        Some("https://example.org/auth/arrival/corporate/callback")
    );
    place.idp.signs_in(&location, place.auth.now(), &ada());
    let uri = format!("/arrival/corporate/callback?{}", back(&location, ""));
    let answer = Ask {
        cookie: Some(&browser),
        ..Ask::get(&uri)
    }
    .of(&place)
    .await;
    assert_eq!(
        (answer.status, answer.header("location").as_deref()),
        (303, Some("/welcome"))
    );
    let session = answer.cookie("arrival_session").unwrap();
    assert!(
        !answer.body.contains("access-1"),
        "the provider's tokens stay on the server"
    );

    let list = Ask {
        cookie: Some(&session),
        site: "same-origin",
        ..Ask::get("/arrival/corporate/identities")
    };
    let list = list.of(&place).await;
    assert_eq!(list.json()["identities"][0]["strategy"], "corporate");
    assert!(
        !list.body.contains("ada-1") && !list.body.contains("token"),
        "{}",
        list.body
    );
    // Once more with the same address.
    let again = Ask {
        cookie: Some(&browser),
        ..Ask::get(&uri)
    }
    .of(&place)
    .await;
    assert_eq!((again.status, again.cookie_names().len()), (401, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn se_09_nobody_is_led_to_another_site() {
    let Some(place) = Place::new().await else { return };
    for target in ["https://evil.example", "//evil.example", "/\\evil.example"] {
        let uri = format!(
            "/arrival/corporate?return_to={}",
            target.replace('/', "%2F").replace('\\', "%5C")
        );
        let (location, browser) = begin(&place, &uri).await;
        place.idp.signs_in(&location, place.auth.now(), &ada());
        let uri = format!(
            "/arrival/corporate/callback?{}",
            back(&location, "&return_to=https%3A%2F%2Fevil.example")
        );
        let answer = Ask {
            cookie: Some(&browser),
            ..Ask::get(&uri)
        }
        .of(&place)
        .await;
        assert_eq!(
            (answer.status, answer.header("location").as_deref()),
            (303, Some("/")),
            "{target}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_the_provider_posts_takes_a_step_in_between() {
    let Some(place) = Place::new().await else { return };
    let (location, browser) = begin(&place, "/arrival/corporate").await;
    place.idp.signs_in(&location, place.auth.now(), &ada());
    let form = back(&location, "&unknown=%3Cscript%3E");
    let callback = Ask {
        method: "POST",
        uri: "/arrival/corporate/callback",
        cookie: None,
        site: "cross-site",
        body: &form,
    };
    // The browser leaves the cookie out: the page sends the form once more.
    let page = callback.of(&place).await;
    assert_eq!(page.status, 200);
    assert!(page.cookies.is_empty());
    assert!(
        page.body.contains("_auth_reflected") && !page.body.contains("script>alert"),
        "{}",
        page.body
    );
    assert_eq!(place.world.count("arrivals").await, 0);
    let marked = format!("{form}&_auth_reflected=1");
    let once_more = Ask {
        method: "POST",
        uri: "/arrival/corporate/callback",
        cookie: Some(&browser),
        site: "same-origin",
        body: &marked,
    };
    let answer = once_more.of(&place).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.cookie("arrival_session").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_08_what_the_provider_says_is_not_repeated() {
    let Some(place) = Place::new().await else { return };
    let (location, browser) = begin(&place, "/arrival/corporate").await;
    let state = parameter(&location, "state").unwrap();
    let query = format!(
        "error=access_denied&error_description=%3Cb%3Eboo&error_uri=https%3A%2F%2Fx.example&state={state}"
    );
    let uri = format!("/arrival/corporate/callback?{query}");
    let answer = Ask {
        cookie: Some(&browser),
        ..Ask::get(&uri)
    }
    .of(&place)
    .await;
    assert_eq!(answer.status, 401);
    assert!(
        !answer.body.contains("boo") && !answer.body.contains("access_denied"),
        "{}",
        answer.body
    );
    assert!(answer.cookies.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn oa_07_links_begin_with_a_post_of_this_site() {
    let Some(place) = Place::new().await else { return };
    let signed_in = place.visit("ada", &ada()).await.unwrap();
    let session = format!("__Host-arrival_session={}", auth_tests::call::token(&signed_in));
    let ask = |method, site| Ask {
        method,
        uri: "/arrival/plain/link",
        cookie: Some(&session),
        site,
        body: "",
    };
    assert_eq!(ask("GET", "same-origin").of(&place).await.status, 404);
    assert_eq!(ask("POST", "cross-site").of(&place).await.status, 403);
    let page = ask("POST", "same-origin").of(&place).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("/authorize?"), "{}", page.body);
    assert_eq!(
        place.world.count("tokens WHERE purpose = 'oauth_attempt'").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_wants_to_be_remembered_is() {
    let Some(place) = Place::new().await else { return };
    let (location, browser) = begin(&place, "/arrival/corporate?remember_me=true").await;
    place.idp.signs_in(&location, place.auth.now(), &ada());
    let uri = format!("/arrival/corporate/callback?{}", back(&location, ""));
    let answer = Ask {
        cookie: Some(&browser),
        ..Ask::get(&uri)
    }
    .of(&place)
    .await;
    assert!(
        answer.cookie("remember_me").is_some(),
        "{:?}",
        answer.cookie_names()
    );
    assert_eq!(answer.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_08_another_site_can_lead_here_and_begin_nothing() {
    let Some(place) = Place::new().await else { return };
    for site in ["cross-site", "same-site"] {
        let uri = "/arrival/corporate?login_hint=a%26b&remember_me=true";
        let page = Ask {
            site,
            ..Ask::get(uri)
        }
        .of(&place)
        .await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.cookies.is_empty());
        let again = "href=\"./corporate?login_hint=a%26b&amp;remember_me=true\"";
        assert!(page.body.contains(again), "{}", page.body);
    }
    let head = http::Request::builder()
        .uri("/arrival/corporate")
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-dest", "image");
    let (head, ()) = head.body(()).unwrap().into_parts();
    assert_eq!(place.auth.handle(&head, b"").await.status(), 403);
    assert_eq!(place.world.count("tokens").await, 0);
}

/// A whole visit by way of this strategy, in a browser of its own.
async fn visit(place: &Place, strategy: &str, claims: &serde_json::Value) -> Answer {
    let (location, browser) = begin(place, &format!("/arrival/{strategy}")).await;
    place.idp.signs_in(&location, place.auth.now(), claims);
    let uri = format!("/arrival/{strategy}/callback?{}", back(&location, ""));
    let ask = Ask {
        cookie: Some(&browser),
        ..Ask::get(&uri)
    };
    ask.of(place).await
}

#[tokio::test(flavor = "multi_thread")]
async fn en_02_visits_with_an_address_that_nobody_vouches_for_are_answered_alike_to_the_last_header() {
    for strategy in ["plain", "asking"] {
        let Some(place) = Place::new().await else { return };
        place.confirmed("ada@example.org").await;
        let known = serde_json::json!({"sub": "eve-1", "email": "ada@example.org"});
        let unknown = serde_json::json!({"sub": "eve-2", "email": "nobody@example.org"});
        for time in 0..2 {
            let [known, unknown] = [
                visit(&place, strategy, &known).await,
                visit(&place, strategy, &unknown).await,
            ];
            assert_eq!(known.status, 200, "{}", known.body);
            assert_eq!(known.body, unknown.body, "{strategy} {time}");
            assert_eq!(known.headers, unknown.headers, "{strategy} {time}");
            assert_eq!(known.cookie_names(), unknown.cookie_names(), "{strategy} {time}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gives_up_at_the_provider_is_told_so() {
    let Some(place) = Place::new().await else { return };
    let (location, browser) = begin(&place, "/arrival/corporate").await;
    let state = parameter(&location, "state").unwrap();
    let uri = format!("/arrival/corporate/callback?error=access_denied&state={state}");
    let ask = Ask {
        cookie: Some(&browser),
        ..Ask::get(&uri)
    };
    let answer = ask.of(&place).await;
    assert_eq!(answer.status, 401);
    assert!(answer.body.contains("was cancelled"), "{}", answer.body);
}
