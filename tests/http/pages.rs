use auth_tests::PASSWORD;
use reqwest::Method;
use serde_json::json;

use crate::site::*;

const LANDING: &str = "/auth/user/password/sign_in_with_token";

async fn sign_in_token(site: &Site) -> String {
    let asked = json!({"email": "ada@example.org", "password": PASSWORD});
    site.server.post_user("sign_in_token", asked).await.json()["token"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn su_06_following_a_link_spends_nothing() {
    let site = Site::new().await;
    site.register("ada@example.org").await;
    let token = sign_in_token(&site).await;
    let link = format!("{LANDING}?token={token}");
    for method in [Method::GET, Method::HEAD, Method::GET] {
        for purpose in ["prefetch", "preview", ""] {
            let request = site
                .server
                .request(method.clone(), &link)
                .header("sec-purpose", purpose);
            let page = answer(request.header("accept", "text/html")).await;
            assert_eq!((page.status, page.cookie()), (200, None), "{method}");
        }
    }
    let described = answer(site.server.get(&link)).await;
    assert_eq!(described.json()["method"], "POST", "{}", described.body);
    assert!(!described.body.contains(&token));

    // The form of the page, as a browser sends it.
    let page = answer(site.server.get(&link).header("accept", "text/html")).await;
    let field = page
        .body
        .split("name=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap_or_default();
    let hidden = page
        .body
        .split("name=\"user[token]\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert_eq!(hidden, token);
    assert!(
        page.body.contains("method=\"post\"") && page.body.contains("action=\"./sign_in_with_token\""),
        "{field}"
    );
    let form = site
        .server
        .post(LANDING)
        .form_of_the_site(&[("user[token]", hidden)]);
    let entered = answer(form).await;
    assert_eq!(entered.status, 303, "{}", entered.body);
    assert!(site.knows(&entered.cookie().unwrap().0).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_08_pages_with_a_secret_tell_nobody() {
    let site = Site::new().await;
    let request = site
        .server
        .get(&format!("{LANDING}?token=secret"))
        .header("accept", "text/html");
    let page = answer(request).await;
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let policy = page.header("content-security-policy").unwrap();
    for directive in [
        "default-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(directive), "{policy}");
    }
    for loading in [
        "src=",
        "href=\"http",
        "url(",
        "<script",
        "<img",
        "<link",
        "@import",
    ] {
        assert!(!page.body.contains(loading), "{}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_05_what_a_link_says_is_encoded_on_the_page() {
    let site = Site::new().await;
    let attack = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E%3Cx%20a=%22";
    let request = site
        .server
        .get(&format!("{LANDING}?token={attack}"))
        .header("accept", "text/html");
    let page = answer(request).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("<script"), "{}", page.body);
    assert!(page.body.contains("&lt;script&gt;"), "{}", page.body);
    let form = site
        .server
        .post("/auth/user/password/sign_in")
        .form_of_the_site(&[("user[<b>x</b>]", "1")]);
    let refused = answer(form).await;
    assert_eq!(refused.status, 422);
    assert!(!refused.body.contains("<b>x"), "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_03_a_landing_page_needs_exactly_one_token() {
    let site = Site::new().await;
    let long = format!("?token={}", "x".repeat(9000));
    for query in ["", "?", "?token=", "?token=a&token=b", "?other=a", &long] {
        let page = answer(
            site.server
                .get(&format!("{LANDING}{query}"))
                .header("accept", "text/html"),
        )
        .await;
        assert_eq!(page.status, 400, "{query:.20}");
    }
}
