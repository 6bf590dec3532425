//! Presets of plain OAuth 2.

use auth_runtime::oauth::{
    AuthorizeOptions, EmailTrust, Identified, Preset, Protocol, ProviderBuilder,
    presets::{self, github},
};
use serde_json::{Value, json};

use super::{builder, sign_in};
use crate::{
    server::{Reply, Server},
    setup::{NOW, SECRET, callback, changed},
};

/// A plain OAuth 2 preset whose calls go to `server`.
fn redirected(preset: &'static Preset, server: &Server) -> ProviderBuilder {
    let user = preset.user_url.unwrap();
    let user = user
        .split_once("://")
        .map_or(user, |(_, rest)| &rest[rest.find('/').unwrap()..]);
    let builder = builder(preset)
        .base_url(server.url.as_str())
        .token_url("/token")
        .user_url(user);
    if preset.emails.is_some() {
        builder.emails_url("/emails")
    } else {
        builder
    }
}

async fn plain(name: &str, path: &str, user: &Value) -> Identified {
    let server = Server::start().await;
    server.reply(path, Reply::json(user));
    let provider = redirected(presets::named(name).unwrap(), &server)
        .build()
        .unwrap();
    sign_in(&provider, &server).await.unwrap()
}

fn all(person: &Identified) -> Value {
    let mut claims = person.user_info.claims().clone();
    claims.extend(person.user_info.extra().clone());
    claims.into()
}

/// <https://docs.github.com/en/rest/users/users> and `/emails`, shortened.
fn github_user() -> Value {
    json!({
        "login": "octocat", "id": 1, "node_id": "MDQ6VXNlcjE=", "avatar_url": "https://github.com/images/octocat.gif",
        "html_url": "https://github.com/octocat", "name": "monalisa octocat", "email": "anything@example.com",
        "company": null, "two_factor_authentication": true,
    })
}

#[tokio::test]
async fn github_gives_the_primary_address_and_the_number_as_text() {
    let server = Server::start().await;
    server.reply("/user", Reply::json(&github_user()));
    let provider = redirected(&github::PRESET, &server).build().unwrap();
    let entry = |email: &str, primary: bool, verified: bool| json!({"email": email, "primary": primary, "verified": verified, "visibility": null});
    let emails = json!([
        entry("other@example.com", false, true),
        entry("octocat@example.com", true, true),
        entry("x@y.z", false, false),
    ]);
    server.reply("/emails", Reply::json(&emails));
    let person = sign_in(&provider, &server).await.unwrap();
    assert_eq!(
        all(&person),
        json!({
            "sub": "1", "name": "monalisa octocat", "preferred_username": "octocat",
            "profile": "https://github.com/octocat", "picture": "https://github.com/images/octocat.gif",
            "email": "octocat@example.com", "email_verified": true,
        })
    );
    assert_eq!(
        (person.subject.as_str(), person.email),
        ("1", EmailTrust::Trusted)
    );
    assert_eq!(server.seen("/token")[0].form()["client_secret"], SECRET);

    for (emails, expected) in [
        (
            json!([entry("octocat@example.com", true, false)]),
            EmailTrust::Untrusted,
        ),
        (
            json!([entry("1+octocat@users.noreply.github.com", true, true)]),
            EmailTrust::Untrusted,
        ),
        (
            json!([entry("other@example.com", false, true)]),
            EmailTrust::Absent,
        ),
        (json!([]), EmailTrust::Absent),
    ] {
        server.reply("/emails", Reply::json(&emails));
        assert_eq!(
            sign_in(&provider, &server).await.unwrap().email,
            expected,
            "{emails}"
        );
    }
    for reply in [
        Reply::json(&json!({"message": "Not Found"})).status(404),
        Reply::json(&json!({"message": "Forbidden"})).status(403),
        Reply::json(&json!({"email": "octocat@example.com"})),
    ] {
        server.reply("/emails", reply);
        assert!(sign_in(&provider, &server).await.is_err());
    }
}

#[tokio::test]
async fn oa_02_github_answers_under_an_issuer_of_its_own() {
    let server = Server::start().await;
    server.reply("/token", Reply::json(&json!({"access_token": "a"})));
    server.reply("/user", Reply::json(&github_user()));
    server.reply("/emails", Reply::json(&json!([])));
    let provider = redirected(&github::PRESET, &server).build().unwrap();
    let pending = provider
        .start(&AuthorizeOptions::default(), NOW)
        .await
        .unwrap()
        .pending;
    let mut answer = callback(&pending);
    answer.iss = Some("https://github.com/login/oauth".to_owned());
    assert!(provider.finish(&pending, &answer, NOW).await.is_ok());
    answer.iss = Some("https://gitlab.com".to_owned());
    assert!(provider.finish(&pending, &answer, NOW).await.is_err());
}

#[tokio::test]
async fn plain_presets_find_what_they_need() {
    let bitbucket = {
        let server = Server::start().await;
        server.reply(
            "/2.0/user",
            Reply::json(&json!({
                "account_id": "557058:ada", "display_name": "Ada", "nickname": "ada", "username": "ada",
                "links": {"avatar": {"href": "https://bitbucket.org/account/ada/avatar"}},
            })),
        );
        server.reply(
            "/emails",
            Reply::json(&json!({"values": [
                {"email": "old@example.com", "is_primary": false, "is_confirmed": true},
                {"email": "ada@example.com", "is_primary": true, "is_confirmed": true},
            ]})),
        );
        let provider = redirected(presets::named("bitbucket").unwrap(), &server)
            .build()
            .unwrap();
        sign_in(&provider, &server).await.unwrap()
    };
    assert_eq!(
        bitbucket.user_info.text("picture"),
        Some("https://bitbucket.org/account/ada/avatar")
    );
    assert_eq!(
        (bitbucket.user_info.email(), bitbucket.email),
        (Some("ada@example.com"), EmailTrust::Untrusted)
    );

    let discord = json!({
        "id": "80351110224678912", "username": "nelly", "avatar": "8342729096ea3675442027381ff50dfe", "verified": true,
        "email": "nelly@discord.com", "locale": "en-US", "global_name": null,
    });
    let person = plain("discord", "/api/users/@me", &discord).await;
    assert_eq!(
        person.user_info.text("picture"),
        Some("https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea3675442027381ff50dfe.png")
    );
    assert_eq!(person.email, EmailTrust::Untrusted);
    let person = plain(
        "discord",
        "/api/users/@me",
        &changed(discord, &json!({"avatar": null})),
    )
    .await;
    assert_eq!(person.user_info.get("picture"), None);

    let spotify = json!({
        "id": "wizzler", "display_name": "JM Wizzler", "email": "jm@example.com", "images": [],
        "external_urls": {"spotify": "https://open.spotify.com/user/wizzler"},
    });
    let person = plain("spotify", "/v1/me", &spotify).await;
    assert_eq!(
        (person.subject.as_str(), person.user_info.get("picture")),
        ("wizzler", None)
    );

    let x = json!({"data": {"id": "2244994945", "name": "X Dev", "username": "XDev", "confirmed_email": "x@example.com"}});
    let person = plain("twitter", "/2/users/me", &x).await;
    assert_eq!(
        (person.subject.as_str(), person.email),
        ("2244994945", EmailTrust::Untrusted)
    );

    let ocean = json!({"account": {"uuid": "b6fr89dbf6d9156cace5f3c78dc9851d957381ef", "email": "sammy@example.com", "email_verified": true}});
    let person = plain("digitalocean", "/v2/account", &ocean).await;
    assert_eq!(person.user_info.email(), Some("sammy@example.com"));

    let basecamp = json!({"identity": {"id": 9999999, "first_name": "Jason", "last_name": "Fried", "email_address": "j@example.com"}, "accounts": [{"id": 1}]});
    let person = plain("basecamp", "/authorization.json", &basecamp).await;
    assert_eq!(person.subject, "9999999");
    assert_eq!(
        person.user_info.get("basecamp_accounts"),
        Some(&json!([{"id": 1}]))
    );

    let strava = json!({"id": 1234567890, "username": "marianne_t", "firstname": "Marianne", "lastname": "T", "profile": "https://x.example/l.jpg"});
    let person = plain("strava", "/api/v3/athlete", &strava).await;
    assert_eq!(
        (person.subject.as_str(), person.email),
        ("1234567890", EmailTrust::Absent)
    );
}

#[test]
fn oa_06_no_version_of_an_api_stands_in_the_issuer_of_identities() {
    for preset in presets::ALL
        .iter()
        .filter(|preset| preset.protocol == Protocol::OAuth2)
    {
        let base = preset.base_url.unwrap();
        assert_eq!(base.split('/').count(), 3, "{base}");
    }
}

#[tokio::test]
async fn facebook_gets_a_proof_of_the_secret_and_no_token_in_the_url() {
    let server = Server::start().await;
    server.reply(
        "/v25.0/me",
        Reply::json(&json!({"id": "10", "email": "a@example.com", "first_name": "Ada"})),
    );
    let provider = redirected(presets::named("facebook").unwrap(), &server)
        .build()
        .unwrap();
    let person = sign_in(&provider, &server).await.unwrap();
    assert_eq!(
        person.user_info.text("picture"),
        Some("https://graph.facebook.com/10/picture")
    );
    assert_eq!(person.email, EmailTrust::Untrusted);
    let asked = server.seen("/v25.0/me").remove(0).query;
    assert!(asked.contains("fields=") && asked.contains("appsecret_proof=") && !asked.contains("access-1"));
}
