//! What a new token says, and which are not made.

use std::time::Duration;

use super::*;

fn refused(new: NewToken) -> Option<TokenRejected> {
    match tokens().mint(now(), new) {
        Ok(_) => None,
        Err(MintError::Refused(rejected)) => Some(rejected),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn su_04_default_lifetimes() {
    for (purpose, seconds) in [
        (Purpose::User, 14 * 24 * 3600),
        (Purpose::SignIn, 60),
        (Purpose::PasswordReset, 30 * 60),
    ] {
        let claims = tokens()
            .mint(now(), NewToken::new(purpose, SUBJECT))
            .unwrap()
            .claims;
        assert_eq!((claims.iat, claims.nbf, claims.exp), (NOW, NOW, NOW + seconds));
        assert_eq!(claims.purpose, purpose);
    }
}

#[test]
fn su_01_every_token_has_an_identifier_of_its_own() {
    let id = || {
        tokens()
            .mint(now(), NewToken::new(Purpose::User, SUBJECT))
            .unwrap()
            .claims
            .jti
    };
    let (one, other) = (id(), id());
    assert_ne!(one, other);
    assert!(
        one.len() >= 32
            && one
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    );
}

#[test]
fn tk_04_what_is_minted_is_what_verifies() {
    let tokens = tokens();
    let new = NewToken {
        lifetime: Some(Duration::from_secs(5)),
        act: Some("reset".into()),
        auth_time: Some(NOW - 7),
        amr: vec!["pwd".into(), "otp".into()],
        extra: ExtraClaims::new([("plan", json!("team"))]).unwrap(),
        ..NewToken::new(Purpose::PasswordReset, SUBJECT)
    };
    let minted = tokens.mint(now(), new).unwrap();
    let claims = tokens
        .verify(minted.token.expose_secret(), Purpose::PasswordReset, now())
        .unwrap();
    assert_eq!(claims, minted.claims);
    assert_eq!(claims.exp, NOW + 5);
    assert_eq!(claims.act.as_deref(), Some("reset"));
    assert_eq!(claims.auth_time, Some(NOW - 7));
    assert_eq!(claims.amr, ["pwd", "otp"]);
    assert_eq!(Value::Object(claims.extra), json!({ "plan": "team" }));
}

#[test]
fn tk_05_nothing_is_minted_that_would_be_refused() {
    let user = || NewToken::new(Purpose::User, SUBJECT);
    let lives = |lifetime| {
        refused(NewToken {
            lifetime: Some(lifetime),
            ..user()
        })
    };
    assert_eq!(lives(Duration::from_secs(14 * 24 * 3600)), None);
    assert_eq!(
        lives(Duration::from_secs(14 * 24 * 3600 + 1)),
        Some(TokenRejected::LivesTooLong)
    );
    assert_eq!(lives(Duration::MAX), Some(TokenRejected::LivesTooLong));
    assert_eq!(lives(Duration::ZERO), Some(TokenRejected::InvalidClaim("exp")));
    assert_eq!(
        refused(NewToken::new(Purpose::User, "admin?id=1")),
        Some(TokenRejected::WrongSubject)
    );
    let bound = NewToken {
        act: Some("reset".into()),
        ..user()
    };
    assert_eq!(refused(bound), Some(TokenRejected::WrongPurpose));
    let extra = ExtraClaims::new([("big", json!("x".repeat(8192)))]).unwrap();
    assert_eq!(
        refused(NewToken { extra, ..user() }),
        Some(TokenRejected::TooLong)
    );
}

#[test]
fn tk_05_lifetimes_follow_the_configuration() {
    let short = config()
        .with_lifetime(Purpose::User, Duration::from_secs(60))
        .unwrap();
    let short = Tokens::new(KeySet::new(Algorithm::HS256, &SECRET.into(), &[]).unwrap(), short);
    let token = minted(&tokens(), Purpose::User);
    assert_eq!(
        short.verify(&token, Purpose::User, now()),
        Err(TokenRejected::LivesTooLong)
    );
    let claims = short
        .mint(now(), NewToken::new(Purpose::User, SUBJECT))
        .unwrap()
        .claims;
    assert_eq!(claims.exp, NOW + 60);

    for seconds in [0, u64::MAX] {
        let lifetime = config().with_lifetime(Purpose::User, Duration::from_secs(seconds));
        assert_eq!(lifetime.unwrap_err(), TokenConfigError::Lifetime);
    }
    let never = config().with_lifetime(Purpose::Revocation, Duration::from_secs(1));
    assert_eq!(never.unwrap_err(), TokenConfigError::Lifetime);
}

#[test]
fn tk_07_revocations_are_never_minted() {
    let error = tokens()
        .mint(now(), NewToken::new(Purpose::Revocation, SUBJECT))
        .unwrap_err();
    assert!(matches!(error, MintError::Purpose(Purpose::Revocation)));
}

#[test]
fn au_05_a_minted_token_is_in_no_text() {
    let minted = tokens()
        .mint(now(), NewToken::new(Purpose::User, SUBJECT))
        .unwrap();
    let text = format!("{minted:?} {:?}", minted.claims);
    let mut secrets: Vec<_> = minted.token.expose_secret().split('.').collect();
    secrets.push(&minted.claims.jti);
    assert!(secrets.into_iter().all(|secret| !text.contains(secret)));
}
