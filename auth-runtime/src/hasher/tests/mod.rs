mod pool;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use argon2::password_hash::{PasswordVerifier, phc::PasswordHash};
use proptest::prelude::*;

use super::*;

const MARTY: &str = "Marty McFly";
const MARTY_ARGON2: &str =
    "$argon2id$v=19$m=256,t=1,p=2$T9zYADIg2xF5P21FgyIX5g$5K1vy8VTMlEZUWuO8HPOJcu239FkHen5XKmg7uviHEk";

fn one_worker() -> HashPool {
    let mut options = PoolOptions::new(Argon2Params::fast());
    options.workers = Some(std::num::NonZeroUsize::MIN);
    HashPool::new(options)
}

fn fast() -> Argon2id {
    Argon2id::new(Argon2Params::fast())
}

fn pepper(seed: u8) -> Pepper {
    Pepper::new((0..32).map(|i| i ^ seed).collect::<Vec<u8>>()).unwrap()
}

const UP_TO_DATE: Verdict = Verdict::Match { outdated: false };
const OUTDATED: Verdict = Verdict::Match { outdated: true };

async fn verify(provider: &Argon2id, password: &str, stored: &str) -> Verdict {
    let hashing = PasswordHashing::new(provider.clone());
    one_worker()
        .verify(&hashing, password.into(), Some(stored.to_owned()))
        .await
        .unwrap()
}

async fn hash(provider: &Argon2id, password: &str) -> String {
    let hashing = PasswordHashing::new(provider.clone());
    one_worker().hash(&hashing, password.into()).await.unwrap()
}

// ---- Argon2id ----

#[tokio::test]
async fn pw_01_a_default_hash_is_the_promised_phc_string() {
    let pool = HashPool::default();
    let hashing = PasswordHashing::default();
    let one = pool.hash(&hashing, MARTY.into()).await.unwrap();
    let fields: Vec<&str> = one.split('$').collect();
    assert_eq!(fields[..4], ["", "argon2id", "v=19", "m=19456,t=2,p=1"]);
    assert_eq!(fields[4].len(), 22, "16 bytes of salt");
    assert_eq!(fields[5].len(), 43, "32 bytes of tag");
    assert_eq!(fields.len(), 6);
    // The other reading of the same format.
    let parsed = PasswordHash::new(&one).unwrap();
    assert!(
        argon2::Argon2::default()
            .verify_password(MARTY.as_bytes(), &parsed)
            .is_ok()
    );
    // A salt of its own each time, and the reused memory leaves no trace in the result.
    let two = pool.hash(&hashing, MARTY.into()).await.unwrap();
    assert_ne!(one, two);
    for stored in [one, two] {
        assert_eq!(
            pool.verify(&hashing, MARTY.into(), Some(stored)).await.unwrap(),
            UP_TO_DATE
        );
    }
}

#[test]
fn pw_02_parameters_below_the_floor_cannot_be_made() {
    for (m, t, p, allowed) in [
        (47_104, 1, 1, true),
        (47_103, 1, 1, false),
        (19_456, 2, 1, true),
        (19_455, 2, 1, false),
        (12_288, 3, 1, true),
        (12_287, 3, 1, false),
        (9_216, 4, 1, false),
        (7_168, 5, 1, false),
        (12_288, 10, 4, true),
        (19_456, 0, 1, false),
        (19_456, 2, 0, false),
    ] {
        assert_eq!(Argon2Params::meets_floor(m, t, p), allowed, "{m} {t} {p}");
        assert_eq!(Argon2Params::new(m, t, p).is_ok(), allowed, "{m} {t} {p}");
    }
    for (m, t, p) in [
        (1 << 21, 2, 1),
        (1 << 20, 64, 1),
        (19_456, 65, 1),
        (19_456, 2, 1 << 20),
    ] {
        assert_eq!(
            Argon2Params::new(m, t, p),
            Err(ParamsError::TooHigh),
            "{m} {t} {p}"
        );
    }
}

#[tokio::test]
async fn pw_04_every_byte_counts() {
    let long = "x".repeat(72) + "y";
    let stored = hash(&fast(), &long).await;
    assert_eq!(verify(&fast(), &long, &stored).await, UP_TO_DATE);
    let variants = [
        "x".repeat(72),
        "x".repeat(73),
        format!(" {long}"),
        format!("{long}\n"),
        long.to_uppercase(),
    ];
    for variant in variants {
        assert_eq!(verify(&fast(), &variant, &stored).await, Verdict::NoMatch);
    }
}

#[tokio::test]
async fn pw_05_canonically_equal_passwords_match_and_nothing_else_is_changed() {
    let stored = hash(&fast(), "cafe\u{301} \u{1e9b}\u{323}").await;
    assert_eq!(
        verify(&fast(), "caf\u{e9} \u{1e9b}\u{323}", &stored).await,
        UP_TO_DATE
    );
    // NFKC would make these equal.
    assert_eq!(
        verify(&fast(), "caf\u{e9} \u{1e69}", &stored).await,
        Verdict::NoMatch
    );
}

#[tokio::test]
async fn pw_05_a_hash_of_the_password_as_typed_says_so() {
    let decomposed = "cafe\u{301} au lait";
    let parsed = Argon2idAsTyped::hash(decomposed);
    let stored = format!("as-typed:{parsed}");
    assert_eq!(verify(&fast(), decomposed, &stored).await, OUTDATED);
    assert_eq!(
        verify(&fast(), "caf\u{e9} au lait", &stored).await,
        Verdict::NoMatch
    );
    assert_eq!(verify(&fast(), decomposed, &parsed).await, Verdict::NoMatch);
}

/// What a system that does not normalise would have stored.
struct Argon2idAsTyped;

impl Argon2idAsTyped {
    fn hash(password: &str) -> String {
        use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
        let params = Params::new(64, 1, 1, None).unwrap();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_with_salt(password.as_bytes(), b"sixteen byte salt")
            .unwrap()
            .to_string()
    }
}

#[tokio::test]
async fn pw_08_hashes_with_other_parameters_verify_and_are_outdated() {
    assert_eq!(verify(&fast(), MARTY, MARTY_ARGON2).await, OUTDATED);
    assert_eq!(
        verify(&fast(), "Marty mcfly", MARTY_ARGON2).await,
        Verdict::NoMatch
    );
    // Parameters alike, salt not 16 bytes long.
    assert_eq!(
        verify(&fast(), MARTY, &Argon2idAsTyped::hash(MARTY)).await,
        OUTDATED
    );
}

#[tokio::test]
async fn pw_10_peppers_rotate() {
    let plain = fast();
    let first = fast().with_peppers(Peppers::new(pepper(1), []));
    let both = fast().with_peppers(Peppers::new(pepper(2), [pepper(1)]));
    let second = fast().with_peppers(Peppers::new(pepper(2), []));

    let stored = hash(&first, MARTY).await;
    assert!(stored.contains(&format!("p=1,keyid={}$", pepper(1).key_id())));
    assert_eq!(verify(&first, MARTY, &stored).await, UP_TO_DATE);
    assert_eq!(verify(&both, MARTY, &stored).await, OUTDATED);
    assert_eq!(verify(&both, "Doc Brown", &stored).await, Verdict::NoMatch);
    for without in [&second, &plain] {
        assert_eq!(verify(without, MARTY, &stored).await, Verdict::NoMatch);
    }
    // The key takes part: the same text under the other key's id does not match.
    let swapped = stored.replace(pepper(1).key_id(), pepper(2).key_id());
    assert_eq!(verify(&both, MARTY, &swapped).await, Verdict::NoMatch);

    let stored = hash(&plain, MARTY).await;
    assert_eq!(verify(&both, MARTY, &stored).await, OUTDATED);
}

#[test]
fn pw_10_unfit_peppers_are_refused_and_shown_by_id_only() {
    assert_eq!(Pepper::new(vec![7; 31]).unwrap_err(), PepperError::TooShort);
    assert_eq!(Pepper::new(vec![7; 32]).unwrap_err(), PepperError::NotRandom);
    let shown = format!(
        "{:?}",
        Argon2id::default().with_peppers(Peppers::new(pepper(9), []))
    );
    assert!(
        shown.contains(pepper(9).key_id()) && !shown.contains("[9, 8"),
        "{shown}"
    );
}

// ---- Stored text that is no hash ----

/// Counts what is computed.
#[derive(Clone, Default)]
struct Counted {
    computed: Arc<AtomicUsize>,
    simulated: Arc<AtomicUsize>,
}

impl HashProvider for Counted {
    fn name(&self) -> &'static str {
        "counted"
    }

    fn hash(&self, permit: &mut Permit, password: &[u8]) -> Result<String, ProviderError> {
        fast().hash(permit, password)
    }

    fn verify(
        &self,
        permit: &mut Permit,
        password: &[u8],
        stored: &str,
    ) -> Result<Verification, ProviderError> {
        let verification = fast().verify(permit, password, stored)?;
        if verification != Verification::Unknown {
            self.computed.fetch_add(1, Ordering::Relaxed);
        }
        Ok(verification)
    }

    fn simulate(&self, permit: &mut Permit, password: &[u8]) -> Result<(), ProviderError> {
        self.simulated.fetch_add(1, Ordering::Relaxed);
        fast().simulate(permit, password)
    }
}

#[tokio::test]
async fn pw_09_nothing_stored_costs_one_hash_and_never_matches() {
    let counted = Counted::default();
    let hashing = PasswordHashing::new(counted.clone());
    let pool = one_worker();
    let absurd = [
        "$argon2id$v=19$m=4294967295,t=1,p=1$c2l4dGVlbiBieXRlcyE$5K1vy8VTMlEZUWuO8HPOJcu239FkHen5XKmg7uviHEk",
        "$argon2id$v=19$m=64,t=4294967295,p=1$c2l4dGVlbiBieXRlcyE$5K1vy8VTMlEZUWuO8HPOJcu239FkHen5XKmg7uviHEk",
        "$argon2id$v=19$m=64,t=1,p=16777215$c2l4dGVlbiBieXRlcyE$5K1vy8VTMlEZUWuO8HPOJcu239FkHen5XKmg7uviHEk",
        "$argon2id$v=19$m=64,t=0,p=0$c2l4dGVlbiBieXRlcyE$5K1vy8VTMlEZUWuO8HPOJcu239FkHen5XKmg7uviHEk",
        "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbiBieXRlcyE",
        "$argon2id$v=19$m=64,t=1,p=1,data=AAAA$c2l4dGVlbiBieXRlcyE$5K1vy8VTMlEZUWuO8HPOJcu239FkHen5XKmg7uviHEk",
        "$scrypt$ln=63,r=4294967295,p=4294967295$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
        "$pbkdf2-sha256$i=4294967295,l=32$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
        "$2b$31$qgacrnrAJz8aPwaVQiGJn.PvryldV.NfOSYYvF/CZAGgMvvzhIE7S",
    ];
    let garbage = [
        "",
        "as-typed:",
        "$",
        "$$$$$$",
        "Marty McFly",
        "\0",
        "!",
        "*",
        "NULL",
        "as-typed:as-typed:",
    ];
    let stored = [None]
        .into_iter()
        .chain(absurd.into_iter().chain(garbage).map(Some))
        .map(|stored| stored.map(str::to_owned));
    for (before, stored) in stored.enumerate() {
        let password = stored.clone().unwrap_or_default();
        let verdict = pool
            .verify(&hashing, password.into(), stored.clone())
            .await
            .unwrap();
        assert_eq!(verdict, Verdict::NoMatch, "{stored:?}");
        assert_eq!(
            counted.simulated.load(Ordering::Relaxed),
            before + 1,
            "{stored:?}"
        );
    }
    assert_eq!(counted.computed.load(Ordering::Relaxed), 0);
}

fn stored_text() -> impl Strategy<Value = String> {
    let number = prop_oneof![0..200_u32, Just(u32::MAX), Just(1 << 30), Just(1 << 24)];
    prop_oneof![
        any::<String>(),
        "\\$[a-z0-9-]{1,10}\\$[a-z=0-9,]{0,20}\\$[A-Za-z0-9+/$]{0,80}",
        "\\$2[abxy]\\$[0-9]{1,2}\\$.{0,60}",
        (
            prop_oneof!["argon2(id|i|d)?", "scrypt", "pbkdf2(-sha(256|512))?"],
            proptest::option::of(prop_oneof![Just(19), Just(16), any::<u32>()]),
            proptest::collection::vec(("m|t|p|ln|r|i|l|keyid|data", number), 0..5),
            "[A-Za-z0-9+/]{0,70}",
            "[A-Za-z0-9+/]{0,90}",
        )
            .prop_map(|(algorithm, version, params, salt, tag)| {
                let version = version.map_or_else(String::new, |v| format!("$v={v}"));
                let params: Vec<_> = params
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                format!("${algorithm}{version}${}${salt}${tag}", params.join(","))
            }),
        // One byte of a real hash replaced.
        (0..MARTY_ARGON2.len(), "[ -~]").prop_filter_map("unchanged", |(at, c)| {
            let mut text = MARTY_ARGON2.to_owned();
            text.replace_range(at..=at, &c);
            (text != MARTY_ARGON2).then_some(text)
        }),
    ]
}

#[test]
fn pw_09_no_stored_text_panics_or_matches_by_chance() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let pool = one_worker();
    proptest!(ProptestConfig::with_cases(2000), |(stored in stored_text())| {
        let counted = Counted::default();
        let hashing = PasswordHashing::new(counted.clone());
        let verdict = runtime
            .block_on(pool.verify(&hashing, MARTY.into(), Some(stored)))
            .unwrap();
        prop_assert_eq!(verdict, Verdict::NoMatch);
        let cost = counted.computed.load(Ordering::Relaxed) + counted.simulated.load(Ordering::Relaxed);
        prop_assert_eq!(cost, 1);
    });
}

// ---- Older systems ----

#[cfg(feature = "legacy-hashes")]
mod legacy {
    use super::*;

    const MARTY_BCRYPT: &str = "$2b$04$qgacrnrAJz8aPwaVQiGJn.PvryldV.NfOSYYvF/CZAGgMvvzhIE7S";

    #[tokio::test]
    async fn pw_08_hashes_of_older_systems_verify_and_are_outdated() {
        for (password, stored) in [
            (MARTY, MARTY_BCRYPT),
            (MARTY, &MARTY_BCRYPT.replace("$2b$", "$2a$")),
            (MARTY, &MARTY_BCRYPT.replace("$2b$", "$2y$")),
            (
                "password",
                "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
            ),
            (
                "passwordPASSWORDpassword",
                "$pbkdf2-sha256$i=4096,l=40$c2FsdFNBTFRzYWx0U0FMVHNhbHRTQUxUc2FsdFNBTFRzYWx0\
                 $NIyJ28vTKy8y2BS4EW6EzysXNH68GAAYHE4qH7jdU+HGNVGMfaxH6Q",
            ),
        ] {
            assert_eq!(verify(&fast(), password, stored).await, OUTDATED, "{stored}");
            assert_eq!(
                verify(&fast(), "wrong", stored).await,
                Verdict::NoMatch,
                "{stored}"
            );
        }
    }

    #[tokio::test]
    async fn pw_04_bcrypt_does_not_match_a_password_that_it_would_cut() {
        let longest = "x".repeat(72);
        let stored = bcrypt::hash(&longest, 4).unwrap();
        assert_eq!(verify(&fast(), &longest, &stored).await, OUTDATED);
        assert!(
            bcrypt::verify(longest.clone() + "y", &stored).unwrap(),
            "bcrypt itself cuts"
        );

        let counted = Counted::default();
        let verdict = one_worker()
            .verify(
                &PasswordHashing::new(counted.clone()),
                (longest + "y").into(),
                Some(stored),
            )
            .await
            .unwrap();
        assert_eq!(verdict, Verdict::NoMatch);
        assert_eq!(
            counted.simulated.load(Ordering::Relaxed),
            1,
            "and costs as much as any other"
        );
    }

    #[tokio::test]
    async fn pw_09_work_factors_beyond_reason_are_not_computed() {
        for stored in [
            MARTY_BCRYPT.replace("$04$", "$16$"),
            MARTY_BCRYPT.replace("$2b$", "$2x$"),
            "$scrypt$ln=24,r=1,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E"
                .to_owned(),
            "$scrypt$ln=17,r=8,p=9$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E"
                .to_owned(),
            "$pbkdf2-sha512$i=10000001$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E"
                .to_owned(),
        ] {
            let counted = Counted::default();
            let hashing = PasswordHashing::new(counted.clone());
            let verdict = one_worker()
                .verify(&hashing, MARTY.into(), Some(stored))
                .await
                .unwrap();
            assert_eq!(verdict, Verdict::NoMatch);
            assert_eq!(counted.simulated.load(Ordering::Relaxed), 1);
        }
    }
}
