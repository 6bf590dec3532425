//! Which keys are taken, and what they are good for.

use std::error::Error;

use secrecy::SecretString;

use super::*;

fn fault(algorithm: Algorithm, signing: &str) -> Option<KeyFault> {
    match KeySet::new(algorithm, &signing.into(), &[]) {
        Ok(_) => None,
        Err(KeyError::Signing(fault)) => Some(fault),
        Err(other) => panic!("{other:?}"),
    }
}

fn good_key(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::HS256 => "0123456789abcdef0123456789abcdef",
        Algorithm::HS384 => "0123456789abcdef0123456789abcdef0123456789abcdef",
        Algorithm::HS512 => "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        Algorithm::EdDSA => test_keys::ED25519,
        Algorithm::ES256 => test_keys::P256,
        Algorithm::RS256 => test_keys::RSA_2048,
    }
}

#[test]
fn tk_01_every_algorithm_signs_and_verifies() {
    for &algorithm in Algorithm::ALL {
        let tokens = with_keys(algorithm, good_key(algorithm), &[]);
        let token = minted(&tokens, Purpose::User);
        assert_eq!(tokens.verify(&token, Purpose::User, now()).unwrap().sub, SUBJECT);
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(
            header,
            json!({ "alg": algorithm.as_str(), "kid": key_id(&tokens), "typ": "user+jwt" })
        );
    }
}

#[test]
fn tk_01_tokens_of_one_algorithm_are_nothing_to_another() {
    for &signed in Algorithm::ALL {
        let token = minted(&with_keys(signed, good_key(signed), &[]), Purpose::User);
        for other in Algorithm::ALL.iter().copied().filter(|other| *other != signed) {
            let tokens = with_keys(other, good_key(other), &[]);
            assert_eq!(
                tokens.verify(&token, Purpose::User, now()),
                Err(TokenRejected::WrongAlgorithm)
            );
        }
    }
}

#[test]
fn tk_03_secrets_are_as_long_as_the_hash() {
    for (algorithm, needed) in [
        (Algorithm::HS256, 32),
        (Algorithm::HS384, 48),
        (Algorithm::HS512, 64),
    ] {
        let enough = good_key(algorithm);
        assert_eq!(enough.len(), needed);
        assert_eq!(fault(algorithm, enough), None);
        let short = Some(KeyFault::TooShort { algorithm, needed });
        assert_eq!(fault(algorithm, &enough[1..]), short);
        assert_eq!(fault(algorithm, ""), short);
    }
}

#[test]
fn tk_03_secrets_of_one_byte_are_refused() {
    for byte in ["a", "\0", " "] {
        assert_eq!(
            fault(Algorithm::HS256, &byte.repeat(64)),
            Some(KeyFault::AllEqual)
        );
    }
}

#[test]
fn tk_03_a_key_file_is_not_a_secret() {
    for pem in [
        test_keys::RSA_2048_PUBLIC,
        test_keys::P256_PUBLIC,
        test_keys::RSA_2048,
    ] {
        assert_eq!(
            fault(Algorithm::HS256, pem),
            Some(KeyFault::PemAsSecret(Algorithm::HS256))
        );
    }
}

#[test]
fn tk_03_key_pairs_are_of_the_right_kind_curve_and_size() {
    let private = [
        test_keys::ED25519,
        test_keys::P256,
        test_keys::P384,
        test_keys::SECP256K1,
        test_keys::RSA_1024,
        test_keys::RSA_2048,
        test_keys::RSA_2048_PKCS1,
        "",
        SECRET,
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----",
    ];
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256] {
        for key in private {
            let expected = (key != good_key(algorithm)).then_some(KeyFault::Unusable(algorithm));
            assert_eq!(fault(algorithm, key), expected, "{algorithm}: {key}");
        }
    }
}

#[test]
fn tk_03_former_public_keys_are_checked_too() {
    let public = [
        (test_keys::ED25519_PUBLIC, Some(Algorithm::EdDSA)),
        (test_keys::P256_PUBLIC, Some(Algorithm::ES256)),
        (test_keys::P384_PUBLIC, None),
        (test_keys::SECP256K1_PUBLIC, None),
        (test_keys::RSA_1024_PUBLIC, None),
        (test_keys::RSA_2048_PUBLIC, Some(Algorithm::RS256)),
    ];
    let others = [
        (Algorithm::EdDSA, test_keys::ED25519_OTHER),
        (Algorithm::ES256, test_keys::P256_OTHER),
        (Algorithm::RS256, test_keys::RSA_2048_OTHER),
    ];
    for (algorithm, signing) in others {
        for (key, fits) in public {
            let set = KeySet::new(algorithm, &signing.into(), &[key.into()]);
            if fits == Some(algorithm) {
                assert_eq!(set.unwrap().key_ids().count(), 2);
            } else {
                let fault = KeyFault::Unusable(algorithm);
                assert_eq!(
                    set.unwrap_err(),
                    KeyError::Previous { number: 1, fault },
                    "{algorithm}: {key}"
                );
            }
        }
    }
}

#[test]
fn tk_03_a_public_key_cannot_sign() {
    for (algorithm, key) in [
        (Algorithm::EdDSA, test_keys::ED25519_PUBLIC),
        (Algorithm::ES256, test_keys::P256_PUBLIC),
        (Algorithm::RS256, test_keys::RSA_2048_PUBLIC),
    ] {
        assert_eq!(fault(algorithm, key), Some(KeyFault::PublicKey));
    }
}

#[test]
fn tk_10_old_keys_verify_the_newest_signs_and_a_removed_one_is_over() {
    for (algorithm, old, new, old_half) in [
        (
            Algorithm::HS256,
            SECRET,
            "another secret, of at least thirty-two bytes",
            SECRET,
        ),
        (
            Algorithm::EdDSA,
            test_keys::ED25519,
            test_keys::ED25519_OTHER,
            test_keys::ED25519_PUBLIC,
        ),
        (
            Algorithm::ES256,
            test_keys::P256,
            test_keys::P256_OTHER,
            test_keys::P256_PUBLIC,
        ),
        (
            Algorithm::RS256,
            test_keys::RSA_2048,
            test_keys::RSA_2048_OTHER,
            test_keys::RSA_2048_PUBLIC,
        ),
    ] {
        let before = with_keys(algorithm, old, &[]);
        let old_token = minted(&before, Purpose::User);
        for kept in [old, old_half] {
            let during = with_keys(algorithm, new, &[kept]);
            let new_token = minted(&during, Purpose::User);
            assert!(
                during.verify(&old_token, Purpose::User, now()).is_ok(),
                "{algorithm}"
            );
            assert!(during.verify(&new_token, Purpose::User, now()).is_ok());
            assert_eq!(
                before.verify(&new_token, Purpose::User, now()),
                Err(TokenRejected::UnknownKey)
            );

            let after = with_keys(algorithm, new, &[]);
            assert_eq!(
                after.verify(&old_token, Purpose::User, now()),
                Err(TokenRejected::UnknownKey)
            );
            assert!(after.verify(&new_token, Purpose::User, now()).is_ok());
        }
    }
}

#[test]
fn tk_10_a_rotation_that_did_not_happen_is_noticed() {
    let repeated = |number| KeyError::Previous {
        number,
        fault: KeyFault::Repeated,
    };
    let set = |signing: &str, previous: &[&str]| {
        let previous: Vec<SecretString> = previous.iter().map(|text| (*text).into()).collect();
        KeySet::new(Algorithm::EdDSA, &signing.into(), &previous).err()
    };
    assert_eq!(
        set(test_keys::ED25519, &[test_keys::ED25519_PUBLIC]),
        Some(repeated(1))
    );
    let twice = [test_keys::ED25519, test_keys::ED25519_PUBLIC];
    assert_eq!(set(test_keys::ED25519_OTHER, &twice), Some(repeated(2)));
}

#[test]
fn tk_10_a_key_id_belongs_to_one_key() {
    let id = |algorithm, key| key_id(&with_keys(algorithm, key, &[]));
    let long = good_key(Algorithm::HS512);
    assert_eq!(id(Algorithm::HS256, SECRET), id(Algorithm::HS256, SECRET));
    assert_ne!(id(Algorithm::HS256, SECRET), id(Algorithm::HS256, long));
    assert_ne!(id(Algorithm::HS256, long), id(Algorithm::HS512, long));
    assert_eq!(id(Algorithm::HS256, SECRET).len(), 22);
}

/// RFC 8037 appendix A.3.
#[test]
fn tk_10_a_public_key_is_named_by_its_thumbprint() {
    let point = URL_SAFE_NO_PAD
        .decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
        .unwrap();
    let mut der = vec![
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ];
    der.extend(point);
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
    let keys = KeySet::new(Algorithm::EdDSA, &test_keys::ED25519.into(), &[pem.into()]).unwrap();
    assert_eq!(
        keys.key_ids().nth(1),
        Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    );
}

#[test]
fn au_05_keys_are_in_no_text() {
    let tokens = tokens();
    let text = format!("{tokens:?} {:?}", tokens.keys());
    assert!(text.contains(&key_id(&tokens)) && !text.contains(SECRET));

    let error = KeySet::new(Algorithm::HS384, &SECRET.into(), &[]).unwrap_err();
    let text = format!("{error} {error:?} {}", error.source().unwrap());
    assert!(text.contains("48 bytes") && !text.contains(SECRET));
}
