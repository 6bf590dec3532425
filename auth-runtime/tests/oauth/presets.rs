//! Presets against answers of the shape that each provider documents.

use std::collections::HashMap;

use auth_runtime::oauth::{
    AuthorizeOptions, EmailTrust, Identified, Preset, Protocol, Provider, ProviderBuilder, ProviderError,
    TokenFault,
    presets::{self, apple, auth0, github, google, line, microsoft, okta, slack, zitadel},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value, json};

use crate::{
    server::{Reply, Server},
    setup::{CALLBACK, CLIENT, Idp, NOW, SECRET, callback, changed, egress},
    signer::{Signer, sign_with_secret},
};

fn builder(preset: &'static Preset) -> ProviderBuilder {
    Provider::builder(preset.protocol, Some(preset), egress())
        .client_id(CLIENT)
        .client_secret(SECRET)
        .redirect_uri(CALLBACK)
}

fn one(value: &str) -> Vec<String> {
    vec![value.to_owned()]
}

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

async fn sign_in(provider: &Provider, server: &Server) -> Result<Identified, ProviderError> {
    server.reply(
        "/token",
        Reply::json(&json!({"access_token": "access-1", "token_type": "bearer"})),
    );
    let pending = provider.start(&AuthorizeOptions::default(), NOW).await?.pending;
    provider.finish(&pending, &callback(&pending), NOW).await
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

#[tokio::test]
async fn each_preset_sends_the_browser_to_its_provider_with_its_scope() {
    let expected: HashMap<&str, (&str, &str)> = [
        ("apple", ("appleid.apple.com", "name email")),
        ("auth0", ("tenant.example", "openid email profile")),
        ("basecamp", ("launchpad.37signals.com", "")),
        ("bitbucket", ("bitbucket.org", "account email")),
        ("digitalocean", ("cloud.digitalocean.com", "read")),
        ("discord", ("discord.com", "identify email")),
        ("facebook", ("www.facebook.com", "email")),
        ("github", ("github.com", "read:user,user:email")),
        ("gitlab", ("gitlab.com", "openid email profile")),
        ("google", ("accounts.google.com", "openid email profile")),
        ("line", ("access.line.me", "openid email profile")),
        ("linkedin", ("www.linkedin.com", "openid profile email")),
        ("microsoft", ("login.microsoftonline.com", "openid email profile")),
        ("okta", ("tenant.example", "openid profile email")),
        ("slack", ("slack.com", "openid email profile")),
        ("spotify", ("accounts.spotify.com", "user-read-email")),
        ("strava", ("www.strava.com", "read")),
        ("twitch", ("id.twitch.tv", "openid user:read:email")),
        ("twitter", ("x.com", "users.read tweet.read users.email")),
        ("zitadel", ("tenant.example", "openid email profile")),
    ]
    .into();
    assert_eq!(presets::ALL.len(), expected.len());
    for preset in presets::ALL {
        let base = preset.base_url.unwrap_or("https://tenant.example");
        let mut builder = builder(preset);
        if preset.base_url.is_none() {
            builder = builder.base_url(base);
        }
        if preset.protocol == Protocol::Oidc && preset.metadata.is_none() {
            let document = json!({
                "issuer": base, "authorization_endpoint": format!("{base}/authorize"),
                "token_endpoint": format!("{base}/token"), "jwks_uri": format!("{base}/keys"),
            });
            builder = builder.openid_configuration(document.as_object().unwrap().clone());
        }
        if preset.name == "apple" {
            builder = with_apple_key(builder, &Signer::new(Algorithm::ES256, "apple-key"));
        }
        let provider = builder.build().unwrap();
        let started = provider.start(&AuthorizeOptions::default(), NOW).await.unwrap();
        let query: HashMap<String, String> = started.url.query_pairs().into_owned().collect();
        let scope = query.get("scope").map_or("", String::as_str);
        assert_eq!(
            (started.url.host_str().unwrap(), scope),
            expected[preset.name],
            "{}",
            preset.name
        );
        assert_eq!(query["client_id"], CLIENT);
        assert_eq!(
            query.contains_key("code_challenge"),
            preset.pkce,
            "{}",
            preset.name
        );
        assert_eq!(query.contains_key("nonce"), preset.nonce, "{}", preset.name);
        if preset.name == "twitch" {
            let claims: Value = serde_json::from_str(&query["claims"]).unwrap();
            assert!(claims["id_token"].get("email_verified").is_some());
        }
    }
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
            "/user",
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
    let person = plain("discord", "/users/@me", &discord).await;
    assert_eq!(
        person.user_info.text("picture"),
        Some("https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea3675442027381ff50dfe")
    );
    assert_eq!(person.email, EmailTrust::Untrusted);
    let person = plain(
        "discord",
        "/users/@me",
        &changed(discord, &json!({"avatar": null})),
    )
    .await;
    assert_eq!(person.user_info.get("picture"), None);

    let spotify = json!({
        "id": "wizzler", "display_name": "JM Wizzler", "email": "jm@example.com", "images": [],
        "external_urls": {"spotify": "https://open.spotify.com/user/wizzler"},
    });
    let person = plain("spotify", "/me", &spotify).await;
    assert_eq!(
        (person.subject.as_str(), person.user_info.get("picture")),
        ("wizzler", None)
    );

    let x = json!({"data": {"id": "2244994945", "name": "X Dev", "username": "XDev", "confirmed_email": "x@example.com"}});
    let person = plain("twitter", "/users/me", &x).await;
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
    let person = plain("strava", "/athlete", &strava).await;
    assert_eq!(
        (person.subject.as_str(), person.email),
        ("1234567890", EmailTrust::Absent)
    );
}

#[tokio::test]
async fn facebook_gets_a_proof_of_the_secret_and_no_token_in_the_url() {
    let server = Server::start().await;
    server.reply(
        "/me",
        Reply::json(&json!({"id": "10", "email": "a@example.com", "first_name": "Ada"})),
    );
    let provider = redirected(presets::named("facebook").unwrap(), &server)
        .build()
        .unwrap();
    let person = sign_in(&provider, &server).await.unwrap();
    assert_eq!(
        person.user_info.text("picture"),
        Some("https://graph.facebook.com/v23.0/10/picture")
    );
    assert_eq!(person.email, EmailTrust::Untrusted);
    let asked = server.seen("/me").remove(0).query;
    assert!(asked.contains("fields=") && asked.contains("appsecret_proof=") && !asked.contains("access-1"));
}

fn with_apple_key(builder: ProviderBuilder, key: &Signer) -> ProviderBuilder {
    builder
        .option("team_id", one("TEAM123456"))
        .private_key(key.pem.as_str())
        .private_key_id("apple-key")
}

/// Apple, but at `idp`.
fn local_apple(idp: &Idp) -> &'static Preset {
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    Box::leak(Box::new(Preset {
        base_url: Some(leak(idp.server.url.clone())),
        metadata: None,
        ..apple::PRESET
    }))
}

async fn apple_person(idp: &Idp, claims: &Value, user: Option<&str>) -> Identified {
    let key = Signer::new(Algorithm::ES256, "apple-key");
    let provider = with_apple_key(builder(local_apple(idp)), &key).build().unwrap();
    let pending = provider
        .start(&AuthorizeOptions::default(), NOW)
        .await
        .unwrap()
        .pending;
    idp.gives(&idp.signer.sign(&idp.claims(&pending, claims)));
    let mut answer = callback(&pending);
    answer.user = user.map(str::to_owned);
    provider.finish(&pending, &answer, NOW).await.unwrap()
}

#[tokio::test]
async fn apple_takes_names_and_nothing_else_from_the_browser() {
    let idp = Idp::start().await;
    let claims = json!({"sub": "001.apple", "email": "ada@example.com", "email_verified": "true", "is_private_email": "false"});
    let forged = json!({
        "name": {"firstName": "Ada", "lastName": "Lovelace"}, "email": "victim@example.com", "sub": "002.victim",
        "email_verified": true,
    });
    let person = apple_person(&idp, &claims, Some(&forged.to_string())).await;
    assert_eq!(
        Value::from(person.user_info.claims().clone()),
        json!({
            "sub": "001.apple", "email": "ada@example.com", "email_verified": true, "given_name": "Ada",
            "family_name": "Lovelace",
        })
    );
    assert_eq!(
        (person.subject.as_str(), person.email),
        ("001.apple", EmailTrust::Trusted)
    );

    for user in [
        None,
        Some("{}"),
        Some("not JSON"),
        Some("{\"name\":{\"firstName\":7}}"),
    ] {
        let person = apple_person(&idp, &claims, user).await;
        assert_eq!(person.user_info.get("given_name"), None);
    }
    let long = json!({"name": {"firstName": "x".repeat(101)}}).to_string();
    assert_eq!(
        apple_person(&idp, &claims, Some(&long))
            .await
            .user_info
            .get("given_name"),
        None
    );

    let relay = json!({"email": "x1@privaterelay.appleid.com", "email_verified": true});
    assert_eq!(
        apple_person(&idp, &relay, None).await.email,
        EmailTrust::Untrusted
    );
    let unverified = json!({"email": "ada@example.com", "email_verified": "false"});
    assert_eq!(
        apple_person(&idp, &unverified, None).await.email,
        EmailTrust::Untrusted
    );
    assert_eq!(
        apple_person(&idp, &json!({}), None).await.email,
        EmailTrust::Absent
    );
}

#[tokio::test]
async fn apple_gets_a_secret_signed_for_ten_minutes() {
    let idp = Idp::start().await;
    apple_person(&idp, &json!({}), None).await;
    let secret = idp.server.seen("/token").remove(0).form()["client_secret"].clone();
    let part = |number: usize| -> Value {
        let text = secret.split('.').nth(number).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    };
    let (header, claims) = (part(0), part(1));
    assert_eq!(header, json!({"alg": "ES256", "typ": "JWT", "kid": "apple-key"}));
    let now = NOW.unix_timestamp();
    assert_eq!(
        claims,
        json!({"iss": "TEAM123456", "sub": CLIENT, "aud": idp.server.url, "iat": now, "exp": now + 600})
    );
}

#[tokio::test]
async fn apple_needs_its_key_and_keeps_what_is_fixed() {
    let key = Signer::new(Algorithm::ES256, "apple-key");
    let whole = || with_apple_key(builder(&apple::PRESET), &key);
    let provider = whole().build().unwrap();
    let url = provider
        .start(&AuthorizeOptions::default(), NOW)
        .await
        .unwrap()
        .url;
    assert!(
        url.query_pairs()
            .any(|(name, value)| name == "response_mode" && value == "form_post")
    );
    let cases = [
        (builder(&apple::PRESET), "team_id"),
        (
            builder(&apple::PRESET).option("team_id", one("T")),
            "private_key_id",
        ),
        (
            builder(&apple::PRESET)
                .option("team_id", one("T"))
                .private_key_id("k"),
            "private_key",
        ),
        (whole().base_url("https://evil.example"), "base_url"),
        (
            whole().authorization_param("response_mode", "query"),
            "response_mode",
        ),
        (whole().private_key("not a key"), "private_key"),
        (whole().option("hosted_domain", one("x")), "preset"),
    ];
    for (builder, expected) in cases {
        match builder.build().unwrap_err() {
            ProviderError::Setting { setting, .. } => assert_eq!(setting, expected),
            other => panic!("{other}"),
        }
    }
    let mut options = AuthorizeOptions::default();
    options
        .extra
        .insert("response_mode".to_owned(), "query".to_owned());
    assert!(provider.start(&options, NOW).await.is_err());
}

async fn openid(idp: &Idp, builder: ProviderBuilder, claims: &Value) -> Result<Identified, ProviderError> {
    idp.sign_in(&builder.build().unwrap(), claims).await
}

fn outside(result: Result<Identified, ProviderError>) -> &'static str {
    match result {
        Err(ProviderError::Outside { setting }) => setting,
        other => panic!("{other:?}"),
    }
}

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

const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Microsoft's templated issuer, with the endpoints of `idp`.
fn local_microsoft(idp: &Idp, audience: &str) -> ProviderBuilder {
    let document = idp.document(&json!({"issuer": "https://login.microsoftonline.com/{tenantid}/v2.0"}));
    builder(&microsoft::PRESET)
        .base_url(format!("https://login.microsoftonline.com/{audience}/v2.0"))
        .openid_configuration(document.as_object().unwrap().clone())
}

fn of_tenant(tenant: &str, tid: Value) -> Value {
    json!({
        "iss": format!("https://login.microsoftonline.com/{tenant}/v2.0"), "tid": tid, "oid": "oid-1",
        "email": "ada@contoso.com", "email_verified": true,
    })
}

#[tokio::test]
async fn microsoft_issuers_are_tenants_and_addresses_are_not_trusted() {
    let idp = Idp::start().await;
    let common = || local_microsoft(&idp, "common");
    let person = openid(&idp, common(), &of_tenant(TENANT, json!(TENANT)))
        .await
        .unwrap();
    assert_eq!(
        person.issuer,
        format!("https://login.microsoftonline.com/{TENANT}/v2.0")
    );
    assert_eq!(person.user_info.text("oid"), Some("oid-1"));
    assert_eq!(person.email, EmailTrust::Untrusted);

    for (tenant, tid, fault) in [
        (TENANT, json!(null), TokenFault::Unusable("tid")),
        ("evil", json!("evil"), TokenFault::Unusable("tid")),
        (TENANT, json!("../common"), TokenFault::Unusable("tid")),
        (TENANT, json!(PERSONAL), TokenFault::OtherIssuer),
    ] {
        match openid(&idp, common(), &of_tenant(tenant, tid)).await.unwrap_err() {
            ProviderError::Token { fault: found, .. } => assert_eq!(found, fault),
            other => panic!("{other}"),
        }
    }
    let work = of_tenant(TENANT, json!(TENANT));
    let personal = of_tenant(PERSONAL, json!(PERSONAL));
    assert!(
        openid(&idp, local_microsoft(&idp, "organizations"), &work)
            .await
            .is_ok()
    );
    assert_eq!(
        outside(openid(&idp, local_microsoft(&idp, "organizations"), &personal).await),
        "base_url"
    );
    assert!(
        openid(&idp, local_microsoft(&idp, "consumers"), &personal)
            .await
            .is_ok()
    );
    assert_eq!(
        outside(openid(&idp, local_microsoft(&idp, "consumers"), &work).await),
        "base_url"
    );
    let limited = || common().option("allowed_tenants", one(TENANT));
    assert!(openid(&idp, limited(), &work).await.is_ok());
    assert_eq!(
        outside(openid(&idp, limited(), &personal).await),
        "allowed_tenants"
    );
}

#[tokio::test]
async fn microsoft_addresses_need_a_proof_even_when_they_are_trusted() {
    let idp = Idp::start().await;
    for (changes, expected) in [
        (json!({}), EmailTrust::Untrusted),
        (json!({"xms_edov": true}), EmailTrust::Trusted),
        (json!({"xms_edov": "0"}), EmailTrust::Untrusted),
        (
            json!({"verified_primary_email": ["ADA@contoso.com"]}),
            EmailTrust::Trusted,
        ),
        (
            json!({"verified_primary_email": ["other@contoso.com"]}),
            EmailTrust::Untrusted,
        ),
    ] {
        let claims = changed(of_tenant(TENANT, json!(TENANT)), &changes);
        let trusting = local_microsoft(&idp, "common").trust_email_verified(true);
        assert_eq!(
            openid(&idp, trusting, &claims).await.unwrap().email,
            expected,
            "{changes}"
        );
        let silent = local_microsoft(&idp, "common");
        assert_eq!(
            openid(&idp, silent, &claims).await.unwrap().email,
            EmailTrust::Untrusted
        );
    }
}

#[tokio::test]
async fn oa_03_a_templated_issuer_on_a_foreign_host_is_refused() {
    let idp = Idp::start().await;
    for issuer in [
        idp.url("/{tenantid}/v2.0"),
        "https://login.microsoftonline.com/{tenantid}/v2.0".to_owned(),
    ] {
        idp.describe(&json!({"issuer": issuer}));
        let provider = idp.builder(Some(&microsoft::PRESET)).build().unwrap();
        let error = provider
            .start(&AuthorizeOptions::default(), NOW)
            .await
            .unwrap_err();
        assert!(matches!(error, ProviderError::OtherIssuer), "{error}");
    }
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
        let person = openid(&idp, idp.builder(Some(&okta::PRESET)), &json!({"groups": groups}))
            .await
            .unwrap();
        assert_eq!(person.user_info.get("groups"), Some(&json!(["admins"])));
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
async fn zitadel_is_a_public_client_that_asks_for_user_info() {
    let idp = Idp::start().await;
    idp.server.reply(
        "/userinfo",
        Reply::json(&json!({"sub": "person-1", "email": "a@example.com"})),
    );
    let builder = idp
        .builder(Some(&zitadel::PRESET))
        .option("resource_id", one("project-1"));
    let claims = json!({"aud": [CLIENT, "project-1"], "azp": CLIENT});
    let person = openid(&idp, builder, &claims).await.unwrap();
    assert_eq!(person.user_info.email(), Some("a@example.com"));
    let sent = idp.server.seen("/token").remove(0);
    assert!(sent.header("authorization").is_none() && !sent.form().contains_key("client_secret"));
    assert!(sent.form().contains_key("code_verifier"));
}

#[tokio::test]
async fn a_map_of_claims_replaces_the_presets() {
    let server = Server::start().await;
    server.reply("/user", Reply::json(&json!({"data": {"key": 7}, "uid": "u"})));
    let provider = Provider::builder(Protocol::OAuth2, None, egress())
        .base_url(server.url.as_str())
        .authorize_url("/authorize")
        .token_url("/token")
        .user_url("/user")
        .client_id(CLIENT)
        .client_secret(SECRET)
        .redirect_uri(CALLBACK);
    let mapped = provider.claim("sub", "data.key").build().unwrap();
    assert_eq!(sign_in(&mapped, &server).await.unwrap().subject, "7");
}

#[tokio::test]
async fn subjects_that_are_none_are_refused() {
    let server = Server::start().await;
    let provider = Provider::builder(Protocol::OAuth2, None, egress())
        .base_url(server.url.as_str())
        .authorize_url("/authorize")
        .token_url("/token")
        .user_url("/user")
        .client_id(CLIENT)
        .client_secret(SECRET)
        .redirect_uri(CALLBACK)
        .build()
        .unwrap();
    for (user, expected) in [
        (json!({"id": 1, "uid": "u", "sub": "s"}), Some("s")),
        (json!({"id": 1, "uid": "u"}), Some("u")),
        (json!({"id": 1}), Some("1")),
        (json!({"login": "ada"}), None),
        (json!({"id": ""}), None),
        (json!({"id": true}), None),
        (json!({"id": 1.5}), None),
        (json!({"sub": null}), None),
        (json!({"sub": "a\u{0}b"}), None),
        (json!({"sub": "x".repeat(256)}), None),
    ] {
        server.reply("/user", Reply::json(&user));
        let subject = sign_in(&provider, &server)
            .await
            .ok()
            .map(|person| person.subject);
        assert_eq!(subject.as_deref(), expected, "{user}");
    }
}

#[test]
fn presets_are_known_by_name_once() {
    let names: Map<String, Value> = presets::ALL
        .iter()
        .map(|preset| (preset.name.to_owned(), json!(1)))
        .collect();
    assert_eq!(names.len(), presets::ALL.len());
    assert!(presets::named("nobody").is_none());
}
