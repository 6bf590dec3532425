use proptest::prelude::*;

use super::*;

const SECRET: &str = "an encryption key of more than 32 bytes";
const FORMER: &str = "an encryption key that served until today";
const PLACE: &str = "user_identity.access_token:42";

fn sealer(current: &str, previous: &[&str]) -> Sealer {
    let previous: Vec<SecretString> = previous.iter().map(|&key| key.into()).collect();
    Sealer::new(&current.into(), &previous).unwrap()
}

fn opened(sealer: &Sealer, context: &str, sealed: &[u8]) -> Result<String, SealError> {
    let opened = sealer.open(context, sealed);
    opened.map(|text| text.expose_secret().to_owned())
}

proptest! {
    #[test]
    fn oa_11_what_was_sealed_opens_in_its_place_only(text: String, context: String, other: String) {
        let sealer = sealer(SECRET, &[]);
        let sealed = sealer.seal(&context, text.as_bytes()).unwrap();
        prop_assert_eq!(sealed.len(), text.len() + 33);
        prop_assert_eq!(opened(&sealer, &context, &sealed), Ok(text));
        if other != context {
            prop_assert_eq!(opened(&sealer, &other, &sealed), Err(SealError::Refused));
        }
    }

    #[test]
    fn oa_11_a_single_wrong_bit_is_refused(text in ".{1,40}", at: prop::sample::Index, bit in 0_u8..8) {
        let sealer = sealer(SECRET, &[FORMER]);
        let mut sealed = sealer.seal(PLACE, text.as_bytes()).unwrap();
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        prop_assert!(sealer.open(PLACE, &sealed).is_err());
    }

    #[test]
    fn fa_13_any_bytes_are_refused(bytes: Vec<u8>) {
        prop_assert!(sealer(SECRET, &[]).open(PLACE, &bytes).is_err());
    }
}

#[test]
fn oa_11_every_byte_counts_and_none_may_be_missing() {
    let sealer = sealer(SECRET, &[]);
    let sealed = sealer.seal(PLACE, b"token").unwrap();
    for at in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        assert!(sealer.open(PLACE, &altered).is_err(), "byte {at}");
        assert!(sealer.open(PLACE, &sealed[..at]).is_err(), "{at} bytes");
    }
    let longer = [&sealed[..], &[0]].concat();
    assert_eq!(opened(&sealer, PLACE, &longer), Err(SealError::Refused));
}

#[test]
fn oa_11_sealing_twice_tells_nothing() {
    let sealer = sealer(SECRET, &[]);
    let [one, two] = [(); 2].map(|()| sealer.seal(PLACE, b"token").unwrap());
    assert_ne!(one[5..17], two[5..17], "the nonce");
    assert_ne!(one[17..], two[17..]);
}

/// Made by another implementation of HKDF and AES-256-GCM-SIV: whatever becomes of this one, rows must still open.
#[test]
fn oa_11_the_format_stays() {
    let sealed = "012cac8a17000102030405060708090a0be354e56e4e7140564a454583ae0c158840940788029ac74bdcc2837b5fe92ec0\
                  a769ec3e40f3";
    let digits = sealed.as_bytes().chunks(2);
    let sealed: Vec<u8> = digits
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    assert_eq!(
        opened(&sealer(SECRET, &[]), PLACE, &sealed),
        Ok("gho_16C7e42F292c6912E7".to_owned())
    );
}

#[test]
fn oa_11_a_former_key_opens_and_a_strange_one_does_not() {
    let before = sealer(FORMER, &[]);
    let sealed = before.seal(PLACE, b"token").unwrap();
    let after = sealer(SECRET, &[FORMER]);
    assert_eq!(opened(&after, PLACE, &sealed), Ok("token".to_owned()));
    assert!(before.is_current(&sealed) && !after.is_current(&sealed));
    let anew = after.seal(PLACE, b"token").unwrap();
    assert!(after.is_current(&anew));
    assert_eq!(opened(&before, PLACE, &anew), Err(SealError::UnknownKey));
    assert_eq!(
        opened(&sealer(SECRET, &[]), PLACE, &sealed),
        Err(SealError::UnknownKey)
    );
    for strange in [&b""[..], b"\x01", b"\x02\0\0\0\0", b"plain text in the column"] {
        assert!(!after.is_current(strange));
        assert_eq!(opened(&after, PLACE, strange), Err(SealError::UnknownFormat));
    }
}

#[test]
fn oa_11_sealed_bytes_are_text_or_nothing() {
    let sealer = sealer(SECRET, &[]);
    let sealed = sealer.seal(PLACE, &[0xFF, 0xFE]).unwrap();
    assert_eq!(opened(&sealer, PLACE, &sealed), Err(SealError::NotText));
}

#[test]
fn fa_14_weak_keys_are_refused() {
    let new = |current: &str, previous: &[&str]| {
        let previous: Vec<SecretString> = previous.iter().map(|&key| key.into()).collect();
        Sealer::new(&current.into(), &previous).err()
    };
    let (short, just) = ("a".repeat(30) + "b", "a".repeat(31) + "b");
    assert_eq!(new(&short, &[]), Some(SealError::Current(KeyFault::TooShort)));
    assert_eq!(new(&just, &[]), None);
    assert_eq!(
        new(&"a".repeat(32), &[]),
        Some(SealError::Current(KeyFault::AllEqual))
    );
    let previous = |number, fault| Some(SealError::Previous { number, fault });
    assert_eq!(new(&just, &[SECRET, &short]), previous(2, KeyFault::TooShort));
    assert_eq!(new(&just, &[SECRET, &just]), previous(2, KeyFault::Repeated));
    assert_eq!(new(&just, &[SECRET, SECRET]), previous(2, KeyFault::Repeated));
    assert_eq!(new(&just, &[SECRET, FORMER]), None);
}

#[test]
fn au_05_a_sealer_shows_nothing() {
    assert_eq!(format!("{:?}", sealer(SECRET, &[FORMER])), "Sealer { .. }");
}
