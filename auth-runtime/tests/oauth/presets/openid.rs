//! Presets of OpenID Connect.

use auth_runtime::oauth::{
    AuthorizeOptions, EmailTrust,
    presets::{auth0, gitlab, google, line, linkedin, okta, slack, zitadel},
};
use serde_json::json;

use super::{one, openid, outside};
use crate::{
    server::Reply,
    setup::{CLIENT, Idp, NOW, SECRET, callback, changed},
    signer::sign_with_secret,
};

#[tokio::test]
async fn google_vouches_for_its_own_mailboxes_and_domains_are_enforced() {
    let idp = Idp::start().await;
    let google = || idp.builder(Some(&google::PRESET));
    for (claims, expected) in [
        (
            json!({"email": "ada@gmail.com", "email_verified": "true"}),
            EmailTrust::Trusted,
        ),
        (
            json!({"email": "ada@example.com", "email_verified": true, "hd": "example.com"}),
            EmailTrust::Trusted,
        ),
        (
            json!({"email": "ada@example.com", "email_verified": true}),
            EmailTrust::Untrusted,
        ),
        (
            json!({"email": "ada@gmail.com.evil.example", "email_verified": true}),
            EmailTrust::Untrusted,
        ),
        (
            json!({"email": "ada@gmail.com", "email_verified": false}),
            EmailTrust::Untrusted,
        ),
        (json!({"email": "ada@gmail.com"}), EmailTrust::Untrusted),
        (json!({}), EmailTrust::Absent),
    ] {
        assert_eq!(
            openid(&idp, google(), &claims).await.unwrap().email,
            expected,
            "{claims}"
        );
    }
    let limited = || google().option("hosted_domain", one("example.com"));
    let url = limited()
        .build()
        .unwrap()
        .start(&AuthorizeOptions::default(), NOW)
        .await
        .unwrap()
        .url;
    assert!(
        url.query_pairs()
            .any(|(name, value)| name == "hd" && value == "example.com")
    );
    let person = openid(&idp, limited(), &json!({"hd": "example.com"}))
        .await
        .unwrap();
    assert_eq!(person.user_info.text("hd"), Some("example.com"));
    assert_eq!(
        outside(openid(&idp, limited(), &json!({"hd": "evil.example"})).await),
        "hosted_domain"
    );
    assert_eq!(
        outside(openid(&idp, limited(), &json!({})).await),
        "hosted_domain"
    );
    let any = || google().option("hosted_domain", one("*"));
    assert!(openid(&idp, any(), &json!({"hd": "any.example"})).await.is_ok());
    assert_eq!(outside(openid(&idp, any(), &json!({})).await), "hosted_domain");
}

#[tokio::test]
async fn slack_counts_for_the_workspace_that_is_named() {
    const TEAM: &str = "https://slack.com/team_id";
    let idp = Idp::start().await;
    let claims = json!({"email": "a@example.com", "email_verified": true, TEAM: "T0001", "https://slack.com/team_name": "Us"});
    let open = openid(&idp, idp.builder(Some(&slack::PRESET)), &claims)
        .await
        .unwrap();
    assert_eq!(open.email, EmailTrust::Untrusted);
    assert_eq!(open.user_info.text("https://slack.com/team_name"), Some("Us"));
    let pinned = || idp.builder(Some(&slack::PRESET)).option("team_id", one("T0001"));
    let url = pinned()
        .build()
        .unwrap()
        .start(&AuthorizeOptions::default(), NOW)
        .await
        .unwrap()
        .url;
    assert!(
        url.query_pairs()
            .any(|(name, value)| name == "team" && value == "T0001")
    );
    assert_eq!(
        openid(&idp, pinned(), &claims).await.unwrap().email,
        EmailTrust::Trusted
    );
    for team in [json!("T0002"), json!(null)] {
        assert_eq!(
            outside(openid(&idp, pinned(), &changed(claims.clone(), &json!({TEAM: team}))).await),
            "team_id"
        );
    }
}

#[tokio::test]
async fn auth0_and_okta_write_some_claims_their_own_way() {
    let idp = Idp::start().await;
    for (updated, expected) in [
        (json!("2026-01-01T00:00:00.000Z"), Some(json!(1_767_225_600))),
        (json!(1_767_225_600), Some(json!(1_767_225_600))),
        (json!(null), None),
    ] {
        let person = openid(
            &idp,
            idp.builder(Some(&auth0::PRESET)),
            &json!({"updated_at": updated}),
        )
        .await
        .unwrap();
        assert_eq!(person.user_info.get("updated_at").cloned(), expected);
    }
    let organised = || {
        idp.builder(Some(&auth0::PRESET))
            .option("organization", one("org_1"))
    };
    assert!(
        openid(&idp, organised(), &json!({"org_id": "org_1"}))
            .await
            .is_ok()
    );
    assert_eq!(
        outside(openid(&idp, organised(), &json!({"org_id": "org_2"})).await),
        "organization"
    );
    for groups in [json!("admins"), json!(["admins"])] {
        let info = json!({"sub": "person-1", "given_name": "Ada", "groups": groups});
        idp.server.reply("/userinfo", Reply::json(&info));
        let person = openid(&idp, idp.builder(Some(&okta::PRESET)), &json!({}))
            .await
            .unwrap();
        assert_eq!(person.user_info.get("groups"), Some(&json!(["admins"])));
        assert_eq!(person.user_info.text("given_name"), Some("Ada"));
        assert_eq!(person.email, EmailTrust::Absent);
    }
}

#[tokio::test]
async fn line_signs_with_the_channel_secret() {
    let idp = Idp::start().await;
    let provider = idp.builder(Some(&line::PRESET)).build().unwrap();
    let pending = provider
        .start(&AuthorizeOptions::default(), NOW)
        .await
        .unwrap()
        .pending;
    let claims = idp.claims(&pending, &json!({"email": "a@example.com"}));
    let token = sign_with_secret(&json!({"alg": "HS256", "typ": "JWT"}), &claims, SECRET.as_bytes());
    idp.gives(&token);
    let person = provider.finish(&pending, &callback(&pending), NOW).await.unwrap();
    assert_eq!(person.email, EmailTrust::Untrusted);
}

#[tokio::test]
async fn gitlab_is_asked_for_names_where_the_token_has_none() {
    let idp = Idp::start().await;
    let gitlab = || idp.builder(Some(&gitlab::PRESET));
    let named = openid(&idp, gitlab(), &json!({"name": "Ada"})).await.unwrap();
    assert_eq!(named.user_info.name(), Some("Ada"));
    assert!(idp.server.seen("/userinfo").is_empty());
    let info = json!({"sub": "person-1", "name": "Ada"});
    idp.server.reply("/userinfo", Reply::json(&info));
    let older = openid(&idp, gitlab(), &json!({})).await.unwrap();
    assert_eq!(older.user_info.name(), Some("Ada"));
}

#[tokio::test]
async fn linkedin_writes_a_locale_as_text_or_in_parts() {
    let idp = Idp::start().await;
    for (locale, expected) in [
        (json!("en-US"), Some("en-US")),
        (json!({"country": "US", "language": "en"}), Some("en-US")),
        (json!({"language": "en"}), Some("en")),
        (json!({"country": "US"}), None),
        (json!(null), None),
    ] {
        let builder = idp.builder(Some(&linkedin::PRESET));
        let claims = json!({"locale": locale, "nonce": null, "email_verified": "true"});
        let person = openid(&idp, builder, &claims).await.unwrap();
        assert_eq!(person.user_info.text("locale"), expected, "{locale}");
        assert!(person.user_info.email_verified());
    }
}

#[tokio::test]
async fn zitadel_is_a_public_client_that_asks_for_user_info() {
    let idp = Idp::start().await;
    idp.server.reply(
        "/userinfo",
        Reply::json(&json!({"sub": "person-1", "email": "a@example.com"})),
    );
    let builder = idp
        .builder(Some(&zitadel::PRESET))
        .option("resource_id", vec!["project-1".to_owned(), "sibling".to_owned()]);
    let claims = json!({"aud": [CLIENT, "sibling", "project-1"], "azp": CLIENT});
    let person = openid(&idp, builder, &claims).await.unwrap();
    assert_eq!(person.user_info.email(), Some("a@example.com"));
    let sent = idp.server.seen("/token").remove(0);
    assert!(sent.header("authorization").is_none() && !sent.form().contains_key("client_secret"));
    assert!(sent.form().contains_key("code_verifier"));
}
