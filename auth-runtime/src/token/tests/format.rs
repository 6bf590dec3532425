//! The shape of a token and its header.

use proptest::prelude::*;

use super::{super::keys::VerifyingKey, *};

fn rejected(token: &str) -> Option<TokenRejected> {
    tokens().verify(token, Purpose::User, now()).err()
}

/// RFC 7515 appendix A.1.
mod rfc7515 {
    pub(super) const KEY: &str =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    pub(super) const MESSAGE: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    pub(super) const SIGNATURE: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
}

#[test]
fn tk_01_hs256_is_that_of_the_standard() {
    let secret = URL_SAFE_NO_PAD.decode(rfc7515::KEY).unwrap();
    let key = VerifyingKey::hmac(Algorithm::HS256, &secret);
    assert_eq!(key.verify(rfc7515::MESSAGE, rfc7515::SIGNATURE), Ok(()));
    let changed = rfc7515::SIGNATURE.replace("dBj", "dBk");
    assert_eq!(
        key.verify(rfc7515::MESSAGE, &changed),
        Err(TokenRejected::BadSignature)
    );
    let other = VerifyingKey::hmac(Algorithm::HS512, &secret);
    assert_eq!(
        other.verify(rfc7515::MESSAGE, rfc7515::SIGNATURE),
        Err(TokenRejected::BadSignature)
    );
}

#[test]
fn tk_01_the_algorithm_is_ours_and_not_the_senders() {
    let tokens = tokens();
    for alg in [
        "none", "None", "NONE", "", "hs256", "HS384", "HS512", "RS256", "ES256", "EdDSA", "dir", "HS256 ",
    ] {
        let header = json!({ "alg": alg, "kid": key_id(&tokens), "typ": "user+jwt" });
        assert_eq!(
            verify_header(&header),
            Err(TokenRejected::WrongAlgorithm),
            "{alg}"
        );
        let token = forge(&header, &good_claims());
        let (message, _) = token.rsplit_once('.').unwrap();
        assert_eq!(
            rejected(&format!("{message}.")),
            Some(TokenRejected::WrongAlgorithm),
            "{alg}"
        );
    }
    let header = json!({ "kid": key_id(&tokens), "typ": "user+jwt" });
    assert_eq!(verify_header(&header), Err(TokenRejected::WrongAlgorithm));
}

#[test]
fn tk_01_a_public_key_is_no_secret() {
    for (algorithm, private, public) in [
        (Algorithm::RS256, test_keys::RSA_2048, test_keys::RSA_2048_PUBLIC),
        (Algorithm::ES256, test_keys::P256, test_keys::P256_PUBLIC),
        (Algorithm::EdDSA, test_keys::ED25519, test_keys::ED25519_PUBLIC),
    ] {
        let tokens = with_keys(algorithm, private, &[]);
        for (alg, expected) in [
            ("HS256", TokenRejected::WrongAlgorithm),
            (algorithm.as_str(), TokenRejected::BadSignature),
        ] {
            let header = json!({ "alg": alg, "kid": key_id(&tokens), "typ": "user+jwt" });
            let token = forge_with(public.as_bytes(), &header.to_string(), &good_claims().to_string());
            assert_eq!(tokens.verify(&token, Purpose::User, now()), Err(expected));
        }
    }
}

#[test]
fn tk_01_no_signature_is_no_token() {
    let token = minted(&tokens(), Purpose::User);
    let (message, _) = token.rsplit_once('.').unwrap();
    assert_eq!(
        rejected(&format!("{message}.")),
        Some(TokenRejected::BadSignature)
    );
    assert_eq!(rejected(message), Some(TokenRejected::Malformed));
}

#[test]
fn tk_02_headers_bring_no_keys() {
    let tokens = tokens();
    for name in [
        "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip", "enc", "cty", "Alg", "unknown",
    ] {
        for value in [
            Value::Null,
            json!("https://evil.example"),
            json!(["exp"]),
            json!({ "kty": "oct" }),
        ] {
            let mut header = good_header(&tokens);
            header[name] = value;
            assert_eq!(
                verify_header(&header),
                Err(TokenRejected::ForbiddenHeader),
                "{name}"
            );
        }
    }
}

#[test]
fn tk_02_the_key_id_only_finds_our_keys() {
    let tokens = tokens();
    for kid in [
        "",
        "../../etc/passwd",
        "' OR 1=1 --",
        "\u{0}",
        &key_id(&tokens).to_lowercase(),
        "x",
    ] {
        let header = json!({ "alg": "HS256", "kid": kid, "typ": "user+jwt" });
        assert_eq!(verify_header(&header), Err(TokenRejected::UnknownKey), "{kid}");
    }
    assert_eq!(
        verify_header(&json!({ "alg": "HS256", "typ": "user+jwt" })),
        Err(TokenRejected::UnknownKey)
    );
}

#[test]
fn tk_02_header_members_have_the_right_type() {
    let tokens = tokens();
    for name in ["alg", "kid", "typ"] {
        for value in [Value::Null, json!(1), json!(["HS256"]), json!({})] {
            let mut header = good_header(&tokens);
            header[name] = value;
            assert_eq!(verify_header(&header), Err(TokenRejected::Malformed), "{name}");
        }
    }
}

#[test]
fn tk_07_the_type_is_that_of_the_purpose() {
    let tokens = tokens();
    for typ in [
        "JWT",
        "jwt",
        "at+jwt",
        "sign_in+jwt",
        "User+jwt",
        "application/user+jwt",
        "",
        "revocation+jwt",
    ] {
        let header = json!({ "alg": "HS256", "kid": key_id(&tokens), "typ": typ });
        assert_eq!(verify_header(&header), Err(TokenRejected::WrongPurpose), "{typ}");
    }
    let header = json!({ "alg": "HS256", "kid": key_id(&tokens) });
    assert_eq!(verify_header(&header), Err(TokenRejected::WrongPurpose));
}

#[test]
fn tk_02_another_spelling_of_a_good_header_is_good() {
    let tokens = tokens();
    let header = format!(
        r#" {{"typ":"user\u002bjwt", "kid":"{}","alg":"HS256"}}"#,
        key_id(&tokens)
    );
    let token = forge_with(SECRET.as_bytes(), &header, &good_claims().to_string());
    assert_eq!(rejected(&token), None);
}

#[test]
fn tk_11_members_stand_once() {
    let tokens = tokens();
    let (header, claims) = (good_header(&tokens).to_string(), good_claims().to_string());
    for repeated in [
        header.replacen('{', r#"{"alg":"none","#, 1),
        header.replacen('{', r#"{"kid":"x","#, 1),
        header.replacen('{', r#"{"\u0061lg":"HS256","#, 1),
    ] {
        let token = forge_with(SECRET.as_bytes(), &repeated, &claims);
        assert_eq!(rejected(&token), Some(TokenRejected::Malformed), "{repeated}");
    }
    for repeated in [
        claims.replacen('{', r#"{"sub":"user?id=1","#, 1),
        claims.replacen('{', r#"{"\u0073ub":"user?id=1","#, 1),
        claims.replacen('{', r#"{"plan":1,"plan":1,"#, 1),
        claims.replacen('{', r#"{"plan":{"a":1,"a":2},"#, 1),
        claims.replacen('{', r#"{"amr":[],"amr":[],"#, 1),
        format!("{claims}{claims}"),
        format!("{claims} x"),
        format!("[{claims}]"),
        format!("\"{}\"", "x".repeat(40)),
    ] {
        let token = forge_with(SECRET.as_bytes(), &header, &repeated);
        assert_eq!(rejected(&token), Some(TokenRejected::Malformed), "{repeated}");
    }
}

#[test]
fn tk_11_three_parts_in_canonical_base64url() {
    let token = minted(&tokens(), Purpose::User);
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts");
    };
    for text in [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        format!("{token}."),
        format!(".{token}"),
        format!("{header}.{payload}.{signature}.{signature}"),
        format!("{header}.{payload}.{signature}.x.y"),
        format!("{header}..{payload}.{signature}"),
        format!("{header}={}", &token[header.len()..]),
        format!("{token}="),
        format!("{token}=="),
        format!("{token}\n"),
        format!(" {token}"),
        format!("Bearer {token}"),
        token.replace('.', "\u{ff0e}"),
    ] {
        assert_eq!(rejected(&text), Some(TokenRejected::Malformed), "{text}");
    }
    // The same under a good signature. A last byte on its own leaves four bits of
    // the last character unused.
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
    let header = URL_SAFE_NO_PAD.encode(good_header(&tokens()).to_string());
    let mut claims = good_claims().to_string();
    while claims.len() % 3 != 1 {
        claims.push(' ');
    }
    let payload = URL_SAFE_NO_PAD.encode(claims);
    let (kept, _) = payload.split_at(payload.len() - 1);
    let standing = |payload: &str| {
        let message = format!("{header}.{payload}");
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).unwrap();
        rejected(&format!("{message}.{signature}"))
    };
    assert_eq!(standing(&payload), None);
    for other in ["==", "\n", " ", "+", "/"] {
        assert_eq!(
            standing(&format!("{payload}{other}")),
            Some(TokenRejected::Malformed),
            "{other}"
        );
    }
    let last = char::from(payload.as_bytes()[payload.len() - 1] + 1);
    assert_eq!(standing(&format!("{kept}{last}")), Some(TokenRejected::Malformed));
}

#[test]
fn tk_11_the_unused_bits_of_the_last_character_are_zero() {
    let token = minted(&tokens(), Purpose::User);
    let (kept, last) = token.split_at(token.len() - 1);
    // 32 bytes leave two bits of the last character unused.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let position = alphabet.find(last).unwrap();
    assert_eq!(position % 4, 0);
    for unused in 1..4 {
        let other = &alphabet[position + unused..=position + unused];
        assert_eq!(
            rejected(&format!("{kept}{other}")),
            Some(TokenRejected::Malformed)
        );
    }
}

#[test]
fn tk_11_no_more_than_eight_kibibytes() {
    let tokens = tokens();
    let padded = |filler: usize| {
        let mut claims = good_claims();
        claims["filler"] = json!("x".repeat(filler));
        forge(&good_header(&tokens), &claims)
    };
    let base = padded(0).len();
    let fits = (0..=4)
        .map(|less| padded((8192 - base) * 3 / 4 - less))
        .find(|token| token.len() <= 8192)
        .unwrap();
    assert_eq!(rejected(&fits), None);
    let over = (0..=8)
        .map(|more| padded((8192 - base) * 3 / 4 + more))
        .find(|token| token.len() > 8192)
        .unwrap();
    assert_eq!(rejected(&over), Some(TokenRejected::TooLong));
    assert_eq!(rejected(&".".repeat(10_000_000)), Some(TokenRejected::TooLong));
    assert_eq!(rejected(&".".repeat(8192)), Some(TokenRejected::Malformed));
}

#[test]
fn tk_11_nesting_is_bounded() {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    let mut claims = good_claims();
    claims["deep"] = deep;
    assert_eq!(verify_claims(&claims), Err(TokenRejected::Malformed));
}

#[test]
fn au_05_a_rejection_names_its_cause_only() {
    assert_eq!(TokenRejected::Expired.code(), "expired");
    assert_eq!(
        TokenRejected::MissingClaim("exp").to_string(),
        "the token lacks the claim `exp`"
    );
}

proptest! {
    #[test]
    fn tk_01_one_changed_bit_fails(position in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let tokens = tokens();
        for &purpose in Purpose::MINTABLE {
            let token = minted(&tokens, purpose);
            let mut bytes = token.clone().into_bytes();
            bytes[position.index(token.len())] ^= 1 << bit;
            if let Ok(changed) = String::from_utf8(bytes) {
                prop_assert!(tokens.verify(&changed, purpose, now()).is_err());
                prop_assert!(tokens.verify_for_revocation(&changed, Purpose::MINTABLE).is_err());
            }
        }
    }

    #[test]
    fn tk_01_a_changed_bit_fails_for_key_pairs(position in any::<prop::sample::Index>(), bit in 0_u8..7) {
        let tokens = with_keys(Algorithm::EdDSA, test_keys::ED25519, &[]);
        let token = minted(&tokens, Purpose::User);
        let mut bytes = token.into_bytes();
        let position = position.index(bytes.len());
        bytes[position] ^= 1 << bit;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert!(tokens.verify(&changed, Purpose::User, now()).is_err());
    }

    #[test]
    fn tk_11_any_text_is_refused_without_a_panic(text in ".{0,300}") {
        prop_assert!(rejected(&text).is_some());
    }

    #[test]
    fn tk_11_any_header_and_payload_is_refused_without_a_panic(
        header in prop::collection::vec(any::<u8>(), 0..100),
        payload in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let token = format!("{}.{}.AAAA", encode(&header), encode(&payload));
        prop_assert!(rejected(&token).is_some());
    }

    #[test]
    fn au_05_a_rejection_holds_nothing_of_the_token(
        secretive in "[a-zA-Z0-9]{12,40}",
        name in prop::sample::select(vec!["iss", "aud", "sub", "exp", "jti", "purpose", "act", "amr", "kid", "alg", "typ", "zzz"]),
    ) {
        let tokens = tokens();
        let (mut header, mut claims) = (good_header(&tokens), good_claims());
        header[name] = json!(secretive);
        claims[name] = json!(secretive);
        let genuine = minted(&tokens, Purpose::User);
        for token in [
            forge(&header, &good_claims()),
            forge(&good_header(&tokens), &claims),
            format!("{secretive}.{secretive}.{secretive}"),
            format!("{genuine}{secretive}"),
        ] {
            if let Err(error) = tokens.verify(&token, Purpose::User, now()) {
                let text = format!("{error} {error:?} {}", error.code());
                prop_assert!(!text.contains(&secretive));
                prop_assert!(token.split('.').filter(|part| part.len() > 8).all(|part| !text.contains(part)));
            }
        }
    }
}
