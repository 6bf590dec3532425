use auth_tests::PASSWORD;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::site::*;

const OWN: &str = "https://example.org";

/// The headers that say where a request comes from.
type Headers = &'static [(&'static str, &'static str)];

/// How a request can come, and whether something may happen because of it: without and with the session cookie.
const MATRIX: &[(Headers, bool, bool)] = &[
    (&[("sec-fetch-site", "same-origin"), ("origin", OWN)], true, true),
    (&[("sec-fetch-site", "none")], true, true),
    (
        &[("sec-fetch-site", "same-origin"), ("origin", "null")],
        true,
        true,
    ),
    (
        &[
            ("sec-fetch-site", "same-site"),
            ("origin", "https://shop.example.org"),
        ],
        false,
        false,
    ),
    (
        &[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://evil.example"),
        ],
        false,
        false,
    ),
    (&[("sec-fetch-site", "cross-site"), ("origin", OWN)], false, false),
    (&[("sec-fetch-site", "cross-site")], false, false),
    (&[("sec-fetch-site", "nonsense")], false, false),
    (&[("origin", OWN)], true, true),
    (&[("origin", "http://example.org")], false, false),
    (&[("origin", "https://example.org:8443")], false, false),
    (&[("origin", "https://example.org.evil.example")], false, false),
    (&[("origin", "null")], false, false),
    (
        &[("origin", OWN), ("origin", "https://evil.example")],
        false,
        false,
    ),
    (&[("referer", "https://example.org/page")], true, false),
    (&[], true, false),
];

fn with(mut request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn se_08_forms_of_other_sites_change_nothing() {
    let site = Site::new().await;
    site.register("ada@example.org").await;
    let mut session = site.sign_in("ada@example.org").await;
    for (headers, bare, with_cookie) in MATRIX {
        for (cookie, admitted) in [(false, *bare), (true, *with_cookie)] {
            let fields = [("user[email]", "ada@example.org"), ("user[password]", PASSWORD)];
            let request = with(
                site.server.post("/auth/user/password/sign_in").form(&fields),
                headers,
            );
            let request = if cookie {
                request.session_cookie(&session)
            } else {
                request
            };
            let answer = answer(request).await;
            if admitted {
                assert_eq!(
                    answer.status, 200,
                    "{headers:?}, cookie: {cookie}: {}",
                    answer.body
                );
                if cookie {
                    session = answer.cookie().unwrap().0;
                }
            } else {
                assert_eq!(
                    (answer.status, answer.code()),
                    (403, "cross_site_request".to_owned()),
                    "{headers:?}"
                );
                assert_eq!(answer.cookie(), None);
            }
        }
    }
    assert!(site.knows(&session).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn se_08_every_route_and_the_applications_own_are_checked() {
    let site = Site::new().await;
    let token = site.register("ada@example.org").await;
    let foreign = &[
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
    ];
    let phases = [
        "register",
        "sign_in",
        "sign_in_token",
        "sign_in_with_token",
        "reset_request",
        "reset",
        "change",
    ];
    for phase in phases {
        let path = format!("/auth/user/password/{phase}");
        for body in [json!({"user": {"email": "ada@example.org"}}), json!({})] {
            let refused = answer(with(site.server.post(&path).json(&body), foreign)).await;
            assert_eq!(
                (refused.status, refused.code()),
                (403, "cross_site_request".to_owned()),
                "{path}"
            );
        }
    }
    assert_eq!(site.world.outbox.sent(), []);
    for method in [Method::POST, Method::DELETE] {
        let request = site
            .server
            .request(method, "/auth/user/sign_out")
            .session_cookie(&token);
        assert_eq!(answer(with(request, foreign)).await.status, 403);
    }
    for path in ["/orders", "/greeting"] {
        let request = site.server.post(path).session_cookie(&token);
        assert_eq!(
            answer(with(request, foreign)).await.status,
            403,
            "{path}, by the layer"
        );
        let without = site.server.post(path).session_cookie(&token).form(&[("a", "b")]);
        assert_eq!(answer(without).await.status, 403, "{path}, a form from nowhere");
        let own = site
            .server
            .post(path)
            .session_cookie(&token)
            .header("origin", OWN);
        assert_eq!(answer(own).await.status, 200, "{path}");
        let by_bearer = site.server.post(path).bearer_auth(&token);
        assert_eq!(
            answer(by_bearer).await.status,
            200,
            "{path}, a client that is no browser"
        );
    }
    assert!(site.knows(&token).await, "nothing of that ended the session");
}

#[tokio::test(flavor = "multi_thread")]
async fn se_08_reading_across_sites_is_harmless_and_allowed() {
    let site = Site::new().await;
    let token = site.register("ada@example.org").await;
    let foreign = &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    let page = answer(with(site.server.get("/me").session_cookie(&token), foreign)).await;
    assert_eq!(page.status, 200, "a link from a mail");
    let landing = site
        .server
        .get("/auth/user/password/sign_in_with_token?token=x")
        .header("accept", "text/html");
    assert_eq!(answer(with(landing, foreign)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_07_no_request_header_takes_part_in_links() {
    let site = Site::new().await;
    site.register("ada@example.org").await;
    let request = site
        .server
        .post("/auth/user/password/reset_request")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example;proto=http")
        .header("x-forwarded-proto", "http")
        .json(&json!({"user": {"email": "ada@example.org"}}));
    assert_eq!(answer(request).await.status, 200);
    let sent = site.world.outbox.wait_for("password_reset", 1).await;
    let link = sent[0].link.clone().unwrap();
    assert!(link.starts_with("https://example.org/reset?token="), "{link}");
}
