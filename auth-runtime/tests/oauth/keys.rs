//! Key sets: choice, rotation, bounds.

use auth_runtime::oauth::{AuthorizeOptions, Identified, Provider, ProviderError, TokenFault};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use time::Duration;

use crate::{
    server::Reply,
    setup::{Idp, NOW, callback},
    signer::Signer,
};

async fn sign_in(
    idp: &Idp,
    provider: &Provider,
    signer: &Signer,
    header: &Value,
    after: Duration,
) -> Result<Identified, ProviderError> {
    let now = NOW + after;
    let started = provider.start(&AuthorizeOptions::default(), now).await.unwrap();
    let times = json!({"iat": now.unix_timestamp(), "exp": now.unix_timestamp() + 300});
    let claims = idp.claims(&started.pending, &times).to_string();
    idp.gives(&signer.sign_as(header, &claims));
    provider
        .finish(&started.pending, &callback(&started.pending), now)
        .await
}

fn fault(result: Result<Identified, ProviderError>) -> Option<TokenFault> {
    match result {
        Ok(_) => None,
        Err(ProviderError::Token { fault, .. }) => Some(fault),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn oa_10_a_new_key_is_found_once_a_minute_and_a_storm_of_names_causes_no_storm_of_calls() {
    let idp = Idp::start().await;
    let provider = idp.provider();
    let fetches = || idp.server.seen("/keys").len();
    assert!(
        sign_in(&idp, &provider, &idp.signer, &idp.signer.header(), Duration::ZERO)
            .await
            .is_ok()
    );
    assert_eq!(fetches(), 1);

    let next = Signer::new(Algorithm::RS256, "key-2");
    idp.server.reply(
        "/keys",
        Reply::json(&json!({"keys": [idp.signer.jwk(), next.jwk()]})),
    );
    let early = sign_in(&idp, &provider, &next, &next.header(), Duration::seconds(59)).await;
    assert_eq!(fault(early), Some(TokenFault::UnknownKey));
    assert_eq!(fetches(), 1);
    let later = Duration::seconds(60);
    assert!(
        sign_in(&idp, &provider, &next, &next.header(), later)
            .await
            .is_ok()
    );
    assert_eq!(fetches(), 2);

    for number in 0..20 {
        let header = json!({"alg": "RS256", "kid": format!("storm-{number}")});
        let refused = sign_in(&idp, &provider, &next, &header, later).await;
        assert_eq!(fault(refused), Some(TokenFault::UnknownKey));
    }
    assert_eq!(fetches(), 2);
    // The old one still counts as long as it is published.
    assert!(
        sign_in(&idp, &provider, &idp.signer, &idp.signer.header(), later)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn oa_10_a_new_key_under_an_old_name_is_found_once_a_minute_too() {
    let idp = Idp::start().await;
    let provider = idp.provider();
    let fetches = || idp.server.seen("/keys").len();
    let header = idp.signer.header();
    let signed_in = sign_in(&idp, &provider, &idp.signer, &header, Duration::ZERO).await;
    assert_eq!(fault(signed_in), None);

    // A provider that made its key anew, and called it as before.
    let name = header["kid"].as_str().unwrap();
    let next = Signer::new(Algorithm::RS256, name);
    idp.server
        .reply("/keys", Reply::json(&json!({"keys": [next.jwk()]})));
    let early = sign_in(&idp, &provider, &next, &header, Duration::seconds(59)).await;
    assert_eq!(fault(early), Some(TokenFault::BadSignature));
    assert_eq!(fetches(), 1);
    let later = Duration::seconds(60);
    assert_eq!(fault(sign_in(&idp, &provider, &next, &header, later).await), None);
    assert_eq!(fetches(), 2);
    for _ in 0..20 {
        let forged = sign_in(&idp, &provider, &idp.signer, &header, later).await;
        assert_eq!(fault(forged), Some(TokenFault::BadSignature));
    }
    assert_eq!(fetches(), 2, "a storm of signatures causes no storm of calls");
}

#[tokio::test]
async fn oa_04_the_key_is_the_one_named_and_of_a_kind_that_suits() {
    let other = Signer::new(Algorithm::RS256, "key-2");
    let elliptic = Signer::new(Algorithm::ES256, "key-1");
    let without = |mut jwk: Value, member: &str| {
        jwk.as_object_mut().unwrap().remove(member);
        jwk
    };
    let with = |mut jwk: Value, member: &str, value: Value| {
        jwk[member] = value;
        jwk
    };
    let idp = Idp::start().await;
    let own = idp.signer.jwk();
    let named = idp.signer.header();
    let unnamed = without(named.clone(), "kid");
    let cases = [
        (json!([own]), &named, None),
        (json!([own]), &unnamed, None),
        (json!([other.jwk(), own]), &named, None),
        (json!([without(own.clone(), "kid")]), &named, None),
        (
            json!([own, other.jwk()]),
            &unnamed,
            Some(TokenFault::AmbiguousKey),
        ),
        (json!([elliptic.jwk(), own]), &unnamed, None),
        // Same name, other kind: the one that suits is taken.
        (json!([elliptic.jwk(), own]), &named, None),
        (json!([elliptic.jwk()]), &named, Some(TokenFault::UnknownKey)),
        (json!([other.jwk()]), &named, Some(TokenFault::UnknownKey)),
        (json!([]), &named, Some(TokenFault::UnknownKey)),
        (
            json!([with(own.clone(), "use", json!("enc"))]),
            &named,
            Some(TokenFault::UnknownKey),
        ),
        (
            json!([with(own.clone(), "key_ops", json!(["encrypt"]))]),
            &named,
            Some(TokenFault::UnknownKey),
        ),
        (
            json!([with(own.clone(), "alg", json!("RS512"))]),
            &named,
            Some(TokenFault::UnknownKey),
        ),
        (
            json!([with(own.clone(), "n", json!("AQAB"))]),
            &named,
            Some(TokenFault::UnknownKey),
        ),
        (
            json!([{"kty": "oct", "kid": "key-1", "k": "c2VjcmV0"}]),
            &named,
            Some(TokenFault::UnknownKey),
        ),
        (json!([{"kty": "strange"}, 7, own]), &named, None),
    ];
    for (keys, header, expected) in cases {
        let mut fresh = Idp::start().await;
        fresh.server.reply("/keys", Reply::json(&json!({"keys": keys})));
        fresh.signer = Signer::new(Algorithm::ES256, "unused");
        let result = sign_in(&fresh, &fresh.provider(), &idp.signer, header, Duration::ZERO).await;
        assert_eq!(fault(result), expected, "{keys}");
    }
}

#[tokio::test]
async fn fa_11_a_set_that_cannot_be_had_or_is_out_of_bounds_is_an_error() {
    let many: Vec<Value> = (0..101).map(|_| json!({"kty": "strange"})).collect();
    for reply in [
        Reply::json(&json!({"keys": []})).status(404),
        Reply::json(&json!({"keys": []})).status(201),
        Reply::json(&json!({"keys": "none"})),
        Reply::json(&json!({"keys": many})),
        Reply::json(&json!({"keys": [], "padding": "x".repeat(256 * 1024)})),
        Reply::text("application/json", "{\"keys\":[],\"keys\":[]}"),
    ] {
        let idp = Idp::start().await;
        idp.server.reply("/keys", reply);
        let result = sign_in(
            &idp,
            &idp.provider(),
            &idp.signer,
            &idp.signer.header(),
            Duration::ZERO,
        )
        .await;
        assert!(!matches!(result, Ok(_) | Err(ProviderError::Token { .. })));
    }
}
