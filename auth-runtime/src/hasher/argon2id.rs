//! Argon2id (RFC 9106), stored as PHC strings (promises PW-01, PW-02, PW-10).

use std::sync::Once;

use argon2::{Algorithm, Argon2, Params, Version, password_hash::phc::PasswordHash};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{HashProvider, Pepper, Peppers, Permit, ProviderError, Verification};
use crate::random;

const SALT_BYTES: usize = 16;
const TAG_BYTES: usize = 32;

/// Longer than any hash that the algorithms here can write.
const MAX_STORED_BYTES: usize = 512;
/// A stored hash may ask for this much memory at most: 1 GiB.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
/// … for this many passes,
const MAX_ITERATIONS: u32 = 64;
/// … and for this many blocks written altogether, which take some seconds.
const MAX_BLOCKS: u64 = 4 * 1024 * 1024;

/// Why parameters were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParamsError {
    /// Below what promise PW-02 allows: m ≥ 47104 with t = 1, m ≥ 19456 with t = 2, m ≥ 12288 with more.
    #[error(
        "the parameters are below the floor: memory of 47104 KiB for 1 pass, 19456 for 2, 12288 for 3 or more"
    )]
    BelowFloor,
    /// More work than a sign-in may cost, or more lanes than the memory has room for.
    #[error("the parameters are beyond what one sign-in may cost")]
    TooHigh,
}

/// The work factor of Argon2id. Values below the floor cannot be made.
///
/// # Example
/// ```
/// use auth_runtime::hasher::Argon2Params;
///
/// const STRONGER: Argon2Params = match Argon2Params::new(65_536, 3, 1) {
///     Ok(params) => params,
///     Err(_) => panic!("below the floor"),
/// };
/// assert_eq!(STRONGER.memory_kib(), 65_536);
/// assert!(Argon2Params::new(9_216, 4, 1).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Params {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

impl Argon2Params {
    /// 19 MiB, two passes, one lane (promise PW-01).
    pub const DEFAULT: Self = Self {
        memory_kib: 19_456,
        iterations: 2,
        parallelism: 1,
    };

    /// Parameters at or above the floor.
    ///
    /// # Errors
    /// [`ParamsError`] when they are below the floor or absurdly high.
    pub const fn new(memory_kib: u32, iterations: u32, parallelism: u32) -> Result<Self, ParamsError> {
        let params = Self {
            memory_kib,
            iterations,
            parallelism,
        };
        if !Self::meets_floor(memory_kib, iterations, parallelism) {
            return Err(ParamsError::BelowFloor);
        }
        if !params.is_affordable() {
            return Err(ParamsError::TooHigh);
        }
        Ok(params)
    }

    /// Whether the values satisfy promise PW-02; usable in constants.
    #[must_use]
    pub const fn meets_floor(memory_kib: u32, iterations: u32, parallelism: u32) -> bool {
        let least_memory = match iterations {
            0 => return false,
            1 => 47_104,
            2 => 19_456,
            _ => 12_288,
        };
        memory_kib >= least_memory && parallelism >= 1
    }

    /// Memory in KiB, `m`.
    #[must_use]
    pub const fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory, `t`.
    #[must_use]
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    /// Lanes, `p`. They are computed one after the other: the pool already uses every core.
    #[must_use]
    pub const fn parallelism(&self) -> u32 {
        self.parallelism
    }

    const fn is_affordable(&self) -> bool {
        self.memory_kib <= MAX_MEMORY_KIB
            && self.iterations <= MAX_ITERATIONS
            && self.memory_kib as u64 * self.iterations as u64 <= MAX_BLOCKS
            && self.parallelism <= self.memory_kib / 8
    }

    #[cfg(test)]
    pub(super) const fn fast() -> Self {
        Self {
            memory_kib: 64,
            iterations: 1,
            parallelism: 1,
        }
    }
}

impl Default for Argon2Params {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Argon2id v1.3 with a random salt of 16 bytes and a tag of 32.
///
/// Also verifies what others wrote: the whole Argon2 family with other parameters and, with the feature
/// `legacy-hashes`, bcrypt, scrypt and PBKDF2. All of that counts as outdated.
#[derive(Debug, Clone, Default)]
pub struct Argon2id {
    params: Argon2Params,
    peppers: Peppers,
}

impl Argon2id {
    /// Argon2id with these parameters and no pepper.
    #[must_use]
    pub fn new(params: Argon2Params) -> Self {
        Self {
            params,
            peppers: Peppers::none(),
        }
    }

    /// The same with peppers.
    #[must_use]
    pub fn with_peppers(self, peppers: Peppers) -> Self {
        Self { peppers, ..self }
    }

    /// The parameters of new hashes, from which the pool takes its size.
    #[must_use]
    pub const fn params(&self) -> Argon2Params {
        self.params
    }
}

impl HashProvider for Argon2id {
    fn name(&self) -> &'static str {
        "argon2id"
    }

    fn hash(&self, permit: &mut Permit, password: &[u8]) -> Result<String, ProviderError> {
        let salt = random::bytes::<SALT_BYTES>()?;
        let pepper = self.peppers.newest();
        let mut tag = [0; TAG_BYTES];
        Recipe::current(self.params).compute(permit, pepper, password, &salt, &mut tag)?;
        let key_id = pepper.map_or_else(String::new, |pepper| format!(",keyid={}", pepper.key_id()));
        let Argon2Params {
            memory_kib,
            iterations,
            parallelism,
        } = self.params;
        Ok(format!(
            "$argon2id$v=19$m={memory_kib},t={iterations},p={parallelism}{key_id}${}${}",
            STANDARD_NO_PAD.encode(salt),
            STANDARD_NO_PAD.encode(tag),
        ))
    }

    fn verify(
        &self,
        permit: &mut Permit,
        password: &[u8],
        stored: &str,
    ) -> Result<Verification, ProviderError> {
        if stored.len() > MAX_STORED_BYTES {
            return Ok(Verification::Unknown);
        }
        let Some(hash) = StoredHash::parse(stored) else {
            return verify_legacy(permit, password, stored);
        };
        let pepper = match &hash.key_id {
            None => None,
            Some(key_id) => match self.peppers.find(key_id) {
                Some(pepper) => Some(pepper),
                None => {
                    warn_of_missing_pepper();
                    return Ok(Verification::Unknown);
                }
            },
        };
        let mut tag = Zeroizing::new(vec![0; hash.tag.len()]);
        hash.recipe
            .compute(permit, pepper, password, &hash.salt, &mut tag)?;
        if !bool::from(tag.ct_eq(&hash.tag)) {
            return Ok(Verification::NoMatch);
        }
        let up_to_date = hash.recipe == Recipe::current(self.params)
            && hash.salt.len() == SALT_BYTES
            && hash.tag.len() == TAG_BYTES
            && hash.key_id.as_deref() == self.peppers.newest().map(Pepper::key_id);
        Ok(Verification::Match {
            outdated: !up_to_date,
        })
    }

    fn simulate(&self, permit: &mut Permit, password: &[u8]) -> Result<(), ProviderError> {
        let mut tag = Zeroizing::new([0; TAG_BYTES]);
        Recipe::current(self.params).compute(
            permit,
            self.peppers.newest(),
            password,
            &[0; SALT_BYTES],
            tag.as_mut(),
        )?;
        std::hint::black_box(tag);
        Ok(())
    }
}

/// Everything but password, salt and pepper that decides about a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Recipe {
    algorithm: Algorithm,
    version: Version,
    params: Argon2Params,
}

impl Recipe {
    const fn current(params: Argon2Params) -> Self {
        Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params,
        }
    }

    fn compute(
        &self,
        permit: &mut Permit,
        pepper: Option<&Pepper>,
        password: &[u8],
        salt: &[u8],
        tag: &mut [u8],
    ) -> Result<(), ProviderError> {
        let Argon2Params {
            memory_kib,
            iterations,
            parallelism,
        } = self.params;
        let params =
            Params::new(memory_kib, iterations, parallelism, Some(tag.len())).map_err(ProviderError::new)?;
        let argon2 = match pepper {
            None => Argon2::new(self.algorithm, self.version, params),
            Some(pepper) => Argon2::new_with_secret(pepper.key(), self.algorithm, self.version, params)
                .map_err(ProviderError::new)?,
        };
        permit
            .argon2(&argon2, password, salt, tag)
            .map_err(ProviderError::new)
    }
}

/// A PHC string of the Argon2 family whose cost can be borne.
struct StoredHash {
    recipe: Recipe,
    key_id: Option<String>,
    salt: Vec<u8>,
    tag: Vec<u8>,
}

impl StoredHash {
    fn parse(stored: &str) -> Option<Self> {
        let phc = PasswordHash::new(stored).ok()?;
        let algorithm = Algorithm::new(phc.algorithm).ok()?;
        let version = match phc.version {
            None => Version::V0x10,
            Some(version) => Version::try_from(version).ok()?,
        };
        let decimal = |name| phc.params.get_decimal(name);
        let params = Argon2Params {
            memory_kib: decimal("m")?,
            iterations: decimal("t")?,
            parallelism: decimal("p")?,
        };
        let key_id = phc.params.get_str("keyid").map(str::to_owned);
        // Anything else would go into the tag in a way that we do not know.
        let known = 3 + usize::from(key_id.is_some());
        if phc.params.iter().count() != known
            || params.iterations == 0
            || params.parallelism == 0
            || !params.is_affordable()
        {
            return None;
        }
        Some(Self {
            recipe: Recipe {
                algorithm,
                version,
                params,
            },
            key_id,
            salt: phc.salt?.to_vec(),
            tag: phc.hash?.as_bytes().to_vec(),
        })
    }
}

#[cfg(feature = "legacy-hashes")]
fn verify_legacy(permit: &mut Permit, password: &[u8], stored: &str) -> Result<Verification, ProviderError> {
    super::legacy::verify(permit, password, stored)
}

#[cfg(not(feature = "legacy-hashes"))]
fn verify_legacy(_: &mut Permit, _: &[u8], stored: &str) -> Result<Verification, ProviderError> {
    static WARNED: Once = Once::new();
    if ["$2", "$scrypt$", "$pbkdf2"]
        .iter()
        .any(|prefix| stored.starts_with(prefix))
    {
        WARNED.call_once(|| {
            tracing::warn!(
                "a stored password is a bcrypt, scrypt or PBKDF2 hash, which only the feature `legacy-hashes` verifies"
            );
        });
    }
    Ok(Verification::Unknown)
}

fn warn_of_missing_pepper() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            "a stored password was hashed with a pepper that is not configured, so it can never match"
        );
    });
}
