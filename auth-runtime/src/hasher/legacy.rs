//! Verifies the hashes of older systems: bcrypt, scrypt and PBKDF2. None is ever written; each match is outdated, so
//! the next sign-in replaces it (promises PW-02, PW-08).

use argon2::password_hash::{PasswordVerifier, phc::PasswordHash};
use pbkdf2::Pbkdf2;
use scrypt::Scrypt;

use super::{Permit, ProviderError, Verification};

// Work factors beyond these would hold a worker for many seconds; such hashes are treated as unreadable.
const MAX_BCRYPT_COST: u32 = 15;
const MAX_SCRYPT_BYTES: u64 = 1024 * 1024 * 1024;
const MAX_PBKDF2_ROUNDS: u32 = 10_000_000;

/// bcrypt looks at no more of its input than this.
const BCRYPT_INPUT_BYTES: usize = 72;

pub(super) fn verify(
    permit: &mut Permit,
    password: &[u8],
    stored: &str,
) -> Result<Verification, ProviderError> {
    if stored.starts_with("$2") {
        return Ok(bcrypt(password, stored));
    }
    let Ok(hash) = PasswordHash::new(stored) else {
        return Ok(Verification::Unknown);
    };
    Ok(match hash.algorithm.as_str() {
        "scrypt" => scrypt(permit, password, &hash),
        "pbkdf2-sha256" | "pbkdf2-sha512" => pbkdf2(password, &hash),
        _ => Verification::Unknown,
    })
}

fn bcrypt(password: &[u8], stored: &str) -> Verification {
    // `2x` marks hashes of a faulty implementation, which need that fault to verify.
    let known = ["$2a$", "$2b$", "$2y$"]
        .iter()
        .any(|prefix| stored.starts_with(prefix));
    let affordable = stored
        .parse::<bcrypt::HashParts>()
        .is_ok_and(|parts| parts.get_cost() <= MAX_BCRYPT_COST);
    // A longer password would be cut, and match although its end is wrong (promise PW-04).
    if !known || !affordable || password.len() > BCRYPT_INPUT_BYTES {
        return Verification::Unknown;
    }
    match bcrypt::verify(password, stored) {
        Ok(matches) => verification(matches),
        Err(_) => Verification::Unknown,
    }
}

fn scrypt(permit: &mut Permit, password: &[u8], hash: &PasswordHash) -> Verification {
    let parameter = |name| hash.params.get_decimal(name).map(u64::from);
    let (Some(ln), Some(r), Some(p)) = (parameter("ln"), parameter("r"), parameter("p")) else {
        return Verification::Unknown;
    };
    let bytes = u32::try_from(ln)
        .ok()
        .and_then(|ln| 128_u64.checked_shl(ln))
        .and_then(|bytes| bytes.checked_mul(r))
        .and_then(|bytes| bytes.checked_mul(p));
    // Shifting drops high bits, hence the separate bound on `ln`.
    if ln > 23
        || r == 0
        || p == 0
        || bytes.is_none_or(|bytes| bytes > MAX_SCRYPT_BYTES)
        || hash.hash.is_none()
    {
        return Verification::Unknown;
    }
    permit.with_large_memory(|| verification(Scrypt::new().verify_password(password, hash).is_ok()))
}

fn pbkdf2(password: &[u8], hash: &PasswordHash) -> Verification {
    let affordable = hash
        .params
        .get_decimal("i")
        .is_some_and(|rounds| (1..=MAX_PBKDF2_ROUNDS).contains(&rounds));
    if !affordable || hash.salt.is_none() || hash.hash.is_none() {
        return Verification::Unknown;
    }
    verification(Pbkdf2::default().verify_password(password, hash).is_ok())
}

const fn verification(matches: bool) -> Verification {
    if matches {
        Verification::Match { outdated: true }
    } else {
        Verification::NoMatch
    }
}
