//! Random identifiers and secrets, always from the operating system's generator.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRng, rngs::SysRng};

/// The operating system refused to give random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system's random generator failed")]
pub struct RandomError(#[source] rand::rngs::SysError);

/// `N` bytes from the operating system's generator.
///
/// # Errors
/// [`RandomError`] when the generator is not available; nothing weaker is ever used instead.
pub fn bytes<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut bytes = [0_u8; N];
    SysRng.try_fill_bytes(&mut bytes).map_err(RandomError)?;
    Ok(bytes)
}

/// A fresh token identifier: 160 random bits in lower-case hexadecimal (promise SU-01).
///
/// Lower case only, so that a database which compares text without regard to case cannot confuse two of them.
///
/// # Errors
/// As [`bytes`].
pub fn identifier() -> Result<String, RandomError> {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(40);
    for byte in bytes::<20>()? {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// 256 random bits in unpadded base64url, for values that travel in links and cookies.
///
/// # Errors
/// As [`bytes`].
pub fn secret() -> Result<secrecy::SecretString, RandomError> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<32>()?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn su_01_identifiers_are_distinct_and_long() {
        let one = identifier().unwrap();
        assert_eq!(one.len(), 40);
        assert_ne!(one, identifier().unwrap());
    }
}
