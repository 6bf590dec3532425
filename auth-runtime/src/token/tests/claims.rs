//! What the claims must say.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::Map;

use super::*;

const REQUIRED: [&str; 8] = ["iss", "aud", "sub", "exp", "iat", "nbf", "jti", "purpose"];

fn with(name: &str, value: Value) -> Value {
    let mut claims = good_claims();
    claims.as_object_mut().unwrap().insert(name.to_owned(), value);
    claims
}

#[test]
fn tk_04_the_forge_makes_good_tokens() {
    let claims = verify_claims(&good_claims()).unwrap();
    assert_eq!(
        (claims.sub.as_str(), claims.exp, claims.purpose),
        (SUBJECT, NOW + 3600, Purpose::User)
    );
}

#[test]
fn tk_04_every_required_claim_is_required() {
    for name in REQUIRED {
        let mut claims = good_claims();
        claims.as_object_mut().unwrap().remove(name);
        assert_eq!(verify_claims(&claims), Err(TokenRejected::MissingClaim(name)));
    }
}

#[test]
fn tk_04_a_wrong_type_is_a_failure_and_never_absence() {
    let neither = [
        json!(null),
        json!(true),
        json!({}),
        json!({ "0": "user" }),
        json!([1]),
        json!([null]),
    ];
    let numbers = [
        json!(NOW),
        json!(NOW as f64),
        json!(1.5),
        json!(1e300),
        json!(u64::MAX),
    ];
    let texts = [json!("x"), json!(""), json!(NOW.to_string())];
    let lists = [json!([]), json!(["shop"]), json!([NOW])];

    let wrong_for_text = || neither.iter().chain(&numbers).chain(&lists);
    let wrong_for_time = || neither.iter().chain(&numbers[1..]).chain(&texts).chain(&lists);
    let wrong_for_list = || neither.iter().chain(&numbers).chain(&texts);
    let refuse = |name, value: &Value| {
        let rejected = verify_claims(&with(name, value.clone()));
        assert_eq!(
            rejected,
            Err(TokenRejected::InvalidClaim(name)),
            "{name}: {value}"
        );
    };
    for name in ["iss", "aud", "sub", "jti", "purpose", "act"] {
        wrong_for_text().for_each(|value| refuse(name, value));
    }
    for name in ["exp", "iat", "nbf", "auth_time"] {
        wrong_for_time().for_each(|value| refuse(name, value));
    }
    wrong_for_list().for_each(|value| refuse("amr", value));

    refuse("purpose", &json!("admin"));
    refuse("jti", &json!(""));
    assert_eq!(verify_claims(&with("amr", json!(["pwd"]))).unwrap().amr, ["pwd"]);
    assert_eq!(
        verify_claims(&with("auth_time", json!(NOW))).unwrap().auth_time,
        Some(NOW)
    );
}

#[test]
fn tk_04_names_match_exactly() {
    for (name, rejected) in [
        ("iss", TokenRejected::WrongIssuer),
        ("aud", TokenRejected::WrongAudience),
    ] {
        for value in ["", "Shop", "shop ", "shop-web2", "shop-we", "shop-web/", "other"] {
            assert_eq!(
                verify_claims(&with(name, json!(value))),
                Err(rejected),
                "{name}: {value}"
            );
        }
    }
    assert_eq!(
        verify_claims(&with("aud", json!(["shop-web"]))),
        Err(TokenRejected::InvalidClaim("aud"))
    );
    for subject in ["", "admin?id=42", "users?id=42", "use", "USER?id=42"] {
        assert_eq!(
            verify_claims(&with("sub", json!(subject))),
            Err(TokenRejected::WrongSubject),
            "{subject}"
        );
    }
}

#[test]
fn tk_04_claims_of_other_meanings_are_refused() {
    for value in [Value::Null, json!("acme")] {
        assert_eq!(
            verify_claims(&with("identity", value)),
            Err(TokenRejected::InvalidClaim("identity"))
        );
    }
}

#[test]
fn tk_04_the_tenant_is_required_and_exact() {
    assert_eq!(
        verify_claims(&with("tenant", json!("acme"))),
        Err(TokenRejected::WrongTenant),
        "there are no tenants"
    );
    let verify = |claims: &Value| {
        let tokens = tokens().in_tenant("acme");
        tokens.verify(&forge(&good_header(&tokens), claims), Purpose::User, now())
    };
    assert!(verify(&with("tenant", json!("acme"))).is_ok());
    assert_eq!(verify(&good_claims()), Err(TokenRejected::WrongTenant));
    for value in ["", "Acme", "acme ", "other"] {
        let refused = verify(&with("tenant", json!(value)));
        assert_eq!(refused, Err(TokenRejected::WrongTenant), "{value}");
    }
    for value in [Value::Null, json!(1), json!(["acme"])] {
        let refused = verify(&with("tenant", value));
        assert_eq!(refused, Err(TokenRejected::InvalidClaim("tenant")));
    }
}

#[test]
fn tk_04_unknown_claims_are_kept() {
    let claims = verify_claims(&with("plan", json!({ "seats": [1, 2.5, null] }))).unwrap();
    assert_eq!(
        Value::Object(claims.extra),
        json!({ "plan": { "seats": [1, 2.5, null] } })
    );
}

#[test]
fn tk_05_the_end_is_sharp_after_the_leeway() {
    let (tokens, token) = (tokens(), forge(&good_header(&tokens()), &good_claims()));
    let end = NOW + 3600;
    assert!(tokens.verify(&token, Purpose::User, at(end + 29)).is_ok());
    assert_eq!(
        tokens.verify(&token, Purpose::User, at(end + 30)),
        Err(TokenRejected::Expired)
    );
}

#[test]
fn tk_05_the_beginning_is_sharp_before_the_leeway() {
    for name in ["nbf", "iat"] {
        assert!(verify_claims(&with(name, json!(NOW + 30))).is_ok());
        assert_eq!(
            verify_claims(&with(name, json!(NOW + 31))),
            Err(TokenRejected::NotYetValid)
        );
    }
}

#[test]
fn tk_05_leeway_has_a_ceiling() {
    let wide = config().with_leeway(Duration::from_secs(60)).unwrap();
    assert_eq!(wide.leeway(), 60);
    for seconds in [61, u64::MAX] {
        assert_eq!(
            config().with_leeway(Duration::from_secs(seconds)).unwrap_err(),
            TokenConfigError::Leeway
        );
    }
    let none = config().with_leeway(Duration::ZERO).unwrap();
    let tokens = Tokens::new(KeySet::new(Algorithm::HS256, &SECRET.into(), &[]).unwrap(), none);
    let token = forge(&good_header(&tokens), &good_claims());
    assert!(tokens.verify(&token, Purpose::User, at(NOW + 3599)).is_ok());
    assert_eq!(
        tokens.verify(&token, Purpose::User, at(NOW + 3600)),
        Err(TokenRejected::Expired)
    );
    assert_eq!(
        tokens.verify(&token, Purpose::User, at(NOW - 1)),
        Err(TokenRejected::NotYetValid)
    );
}

#[test]
fn tk_05_no_token_lives_longer_than_its_purpose_allows() {
    let fortnight = 14 * 24 * 3600;
    assert!(verify_claims(&with("exp", json!(NOW + fortnight))).is_ok());
    assert_eq!(
        verify_claims(&with("exp", json!(NOW + fortnight + 1))),
        Err(TokenRejected::LivesTooLong)
    );
    assert_eq!(
        verify_claims(&with("exp", json!(i64::MAX))),
        Err(TokenRejected::LivesTooLong)
    );
    assert_eq!(
        verify_claims(&with("iat", json!(i64::MIN))),
        Err(TokenRejected::LivesTooLong)
    );
    assert_eq!(
        verify_claims(&with("exp", json!(i64::MIN))),
        Err(TokenRejected::Expired)
    );
    assert_eq!(
        verify_claims(&with("exp", json!(NOW))),
        Err(TokenRejected::InvalidClaim("exp"))
    );
}

#[test]
fn tk_06_issuer_and_audience_are_those_of_the_application() {
    let minted = tokens()
        .mint(now(), NewToken::new(Purpose::User, SUBJECT))
        .unwrap();
    assert_eq!(
        (minted.claims.iss.as_str(), minted.claims.aud.as_str()),
        ("shop", "shop-web")
    );
    for (issuer, audience, name) in [("", "a", "u"), ("i", "", "u"), ("i", "a", ""), ("i", "a", "u?")] {
        assert_eq!(
            TokenConfig::new(issuer, audience, name).unwrap_err(),
            TokenConfigError::Name
        );
    }
}

#[test]
fn tk_07_each_purpose_is_taken_where_it_belongs_and_nowhere_else() {
    let tokens = tokens();
    for &made in Purpose::MINTABLE {
        let token = minted(&tokens, made);
        for taken in Purpose::MINTABLE.iter().copied().chain([Purpose::Revocation]) {
            let expected = (made != taken).then_some(TokenRejected::WrongPurpose);
            assert_eq!(
                tokens.verify(&token, taken, now()).err(),
                expected,
                "{made} as {taken}"
            );
            assert_eq!(tokens.verify_for_revocation(&token, &[taken]).err(), expected);
        }
        assert!(tokens.verify_for_revocation(&token, Purpose::MINTABLE).is_ok());
        assert_eq!(
            tokens.verify_for_revocation(&token, &[]),
            Err(TokenRejected::WrongPurpose)
        );
    }
}

#[test]
fn tk_07_header_and_claim_must_agree() {
    let tokens = tokens();
    for &typ in Purpose::MINTABLE {
        for claim in Purpose::MINTABLE.iter().copied().chain([Purpose::Revocation]) {
            let header = json!({ "alg": "HS256", "kid": key_id(&tokens), "typ": typ.typ() });
            let mut claims = with("purpose", json!(claim.as_str()));
            claims["exp"] = json!(NOW + 60);
            let expected = (typ != claim).then_some(TokenRejected::WrongPurpose);
            assert_eq!(
                tokens.verify(&forge(&header, &claims), typ, now()).err(),
                expected,
                "{typ} {claim}"
            );
        }
    }
}

#[test]
fn tk_07_what_is_bound_to_an_action_is_no_session() {
    assert_eq!(
        verify_claims(&with("act", json!("reset"))),
        Err(TokenRejected::WrongPurpose)
    );
}

#[test]
fn tk_08_revocation_ignores_time_but_not_authenticity() {
    let tokens = tokens();
    let mut claims = good_claims();
    claims["exp"] = json!(NOW - 100_000);
    claims["iat"] = json!(NOW - 200_000);
    let token = forge(&good_header(&tokens), &claims);
    assert_eq!(
        tokens.verify(&token, Purpose::User, now()),
        Err(TokenRejected::Expired)
    );
    assert_eq!(
        tokens
            .verify_for_revocation(&token, &[Purpose::User])
            .unwrap()
            .jti,
        "0123456789abcdef"
    );

    let strange = forge_with(
        b"some other secret of another issuer",
        &good_header(&tokens).to_string(),
        "{}",
    );
    assert_eq!(
        tokens.verify_for_revocation(&strange, &[Purpose::User]),
        Err(TokenRejected::BadSignature)
    );
}

#[test]
fn tk_04_reserved_names_are_not_for_applications() {
    for &name in RESERVED {
        assert_eq!(ExtraClaims::new([(name, json!(1))]), Err(ReservedClaim(name)));
    }
    for name in REQUIRED {
        assert!(RESERVED.contains(&name));
    }
    assert!(ExtraClaims::new(Map::new()).unwrap().is_empty());
}

proptest! {
    #[test]
    fn tk_05_exactly_the_window_counts(iat in -100_i64..100, length in 1_i64..100, moment in -200_i64..300) {
        let mut claims = good_claims();
        claims["iat"] = json!(NOW + iat);
        claims["nbf"] = json!(NOW + iat);
        claims["exp"] = json!(NOW + iat + length);
        let tokens = tokens();
        let token = forge(&good_header(&tokens), &claims);
        let counts = (iat - 30..iat + length + 30).contains(&moment);
        prop_assert_eq!(tokens.verify(&token, Purpose::User, at(NOW + moment)).is_ok(), counts);
    }

    #[test]
    fn tk_04_no_claims_panic(payload in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Claims::parse(&payload).is_err());
    }
}
