//! The built-in list of passwords that are tried first, written as building blocks (promise PW-07).
//!
//! Long passwords that people share are nearly always made of a few weak parts: well-known words, keyboard walks,
//! sequences, repetitions, a year or an exclamation mark. So the list is kept as its parts (`common.txt` and the
//! rows below), and a password is on it when fewer than eight of its characters are left unexplained by them.
//! Comparison is by NFKC and case folding, and sees through the usual digits for letters.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::identity::fold_char;

/// The common words and phrases: one a line, lower case, without spaces.
static WORDS: LazyLock<Vec<Vec<char>>> = LazyLock::new(|| {
    include_str!("common.txt")
        .lines()
        .map(|word| word.chars().collect())
        .collect()
});

/// Rows and columns of common keyboards, and the orders that everybody knows.
const WALKS: [&str; 12] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "qwertzuiopü",
    "azertyuiopqsdfghjklm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "!@#$%^&*()_+",
    "йцукенгшщзхъ",
];

/// So many characters have to be left when everything weak is taken away.
const MINIMUM_UNEXPLAINED: usize = 8;
/// The shortest part of a walk or of a run of one character that counts as weak.
const SHORTEST_RUN: usize = 3;
/// The shortest context word that is looked for inside a password.
const SHORTEST_CONTEXT_WORD: usize = 3;

/// So much of a password is looked at. Whatever is strong that far is strong enough, and the time stays short.
const JUDGED_CHARS: usize = 128;

/// Whether the password is on the built-in list.
pub(super) fn is_common(password: &str) -> bool {
    unexplained(&fold(password), &[]) < MINIMUM_UNEXPLAINED
}

/// Whether too little is left without the context words and everything common.
///
/// A long passphrase may well contain a person's name; refusing it for that would help nobody.
pub(super) fn is_mostly(password: &str, context_words: &[&str]) -> bool {
    let mut words = Vec::new();
    for word in context_words {
        let word = fold(word);
        words.extend(
            word.split(|c| !c.is_alphanumeric())
                .chain([word.as_slice()])
                .filter(|part| part.len() >= SHORTEST_CONTEXT_WORD)
                .map(<[char]>::to_vec),
        );
    }
    unexplained(&fold(password), &words) < MINIMUM_UNEXPLAINED
}

/// Compatibility-composed, without case, without white space.
fn fold(text: &str) -> Zeroizing<Vec<char>> {
    Zeroizing::new(
        text.nfkc()
            .flat_map(fold_char)
            .nfkc()
            .filter(|c| !c.is_whitespace())
            .take(JUDGED_CHARS)
            .collect(),
    )
}

/// The least number of characters that no weak part covers, over all ways to cut the password into parts.
fn unexplained(password: &[char], context: &[Vec<char>]) -> usize {
    let password = without_repetition(password);
    // best[i]: the least number for the first i characters.
    let mut best = Zeroizing::new(vec![usize::MAX; password.len() + 1]);
    let mut reached = 0;
    for start in 0..=password.len() {
        let here = best.get(start).copied().unwrap_or(usize::MAX).min(reached);
        let rest = password.get(start..).unwrap_or_default();
        for length in weak_lengths(rest, context) {
            if let Some(end) = best.get_mut(start + length) {
                *end = here.min(*end);
            }
        }
        reached = here.saturating_add(1);
        if rest.is_empty() {
            return here;
        }
    }
    password.len()
}

/// The part that is repeated, if the whole is nothing but repetition.
fn without_repetition(password: &[char]) -> &[char] {
    (1..=password.len() / 2)
        .find(|&period| {
            password
                .iter()
                .zip(password.iter().skip(period))
                .all(|(a, b)| a == b)
        })
        .and_then(|period| password.get(..period))
        .unwrap_or(password)
}

/// The lengths of the weak parts with which `rest` begins.
fn weak_lengths<'a>(rest: &'a [char], context: &'a [Vec<char>]) -> impl Iterator<Item = usize> + 'a {
    let words = WORDS
        .iter()
        .chain(context)
        .filter(move |word| begins_with(rest, word))
        .map(Vec::len);
    let walks = WALKS
        .iter()
        .flat_map(move |walk| [walked(rest, walk.chars()), walked(rest, walk.chars().rev())]);
    let run = rest.iter().take_while(|c| Some(*c) == rest.first()).count();
    words.chain(walks.chain([run]).filter(|&length| length >= SHORTEST_RUN))
}

fn begins_with(rest: &[char], word: &[char]) -> bool {
    rest.len() >= word.len()
        && word
            .iter()
            .zip(rest)
            .all(|(&letter, &c)| c == letter || looks_like(c, letter))
}

/// How far `rest` follows the walk from wherever its first character stands.
fn walked(rest: &[char], walk: impl Iterator<Item = char>) -> usize {
    walk.skip_while(|c| Some(c) != rest.first())
        .zip(rest)
        .take_while(|(step, c)| step == *c)
        .count()
}

/// Digits and signs that are written for letters.
const fn looks_like(written: char, letter: char) -> bool {
    matches!(
        (written, letter),
        ('0', 'o')
            | ('1' | '!' | '|', 'i' | 'l')
            | ('3', 'e')
            | ('4' | '@', 'a')
            | ('5' | '$', 's')
            | ('7' | '+', 't')
            | ('8', 'b')
            | ('9', 'g')
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    /// The entries that the parts stand for, as far as they have one or two of them and a usual ending.
    fn entries() -> HashSet<String> {
        let words: Vec<String> = WORDS.iter().map(|word| word.iter().collect()).collect();
        let mut entries = HashSet::new();
        for first in &words {
            for second in &words {
                for ending in ["", "1", "123", "!", "2024"] {
                    entries.insert(format!("{first}{second}{ending}"));
                }
            }
        }
        entries.retain(|entry| entry.chars().count() >= 15);
        entries
    }

    #[test]
    fn pw_07_the_list_has_more_than_three_thousand_entries_of_fifteen_characters() {
        let entries = entries();
        assert!(entries.len() >= 3000, "{}", entries.len());
        for entry in entries.iter().take(3500) {
            assert!(is_common(entry), "{entry}");
        }
    }

    #[test]
    fn pw_07_each_word_is_one_clean_line() {
        let mut seen = HashSet::new();
        for word in WORDS.iter() {
            let text: String = word.iter().collect();
            assert!(word.len() >= SHORTEST_RUN, "{text}");
            assert_eq!(*fold(&text), *word);
            assert!(seen.insert(text), "{word:?} twice");
        }
    }

    #[test]
    fn pw_07_well_known_long_passwords_are_refused() {
        for password in [
            "aaaaaaaaaaaaaaaa",
            "1234567890123456",
            "987654321987654321",
            "abcdefghijklmnop",
            "qwertyuiopasdfgh",
            "1qaz2wsx3edc4rfv",
            "1q2w3e4r5t6y7u8i",
            "zaq12wsxcde34rfv",
            "passwordpassword",
            "Password123456789",
            "P@ssw0rdP@ssw0rd!",
            "ｐａｓｓｗｏｒｄ　ｐａｓｓｗｏｒｄ",
            "Iloveyou iloveyou 2024",
            "welcome to facebook 1",
            "abcabcabcabcabcabc",
            "q9#q9#q9#q9#q9#q9#",
            "!!!!!!password!!!!!!",
            "letmeinletmeinletmein",
        ] {
            assert!(is_common(password), "{password}");
        }
    }

    #[test]
    fn pw_07_good_passphrases_pass() {
        for password in [
            "plum verdict harness oboe",
            "Die Katze tanzt im Regen!",
            "my password is a wooden giraffe",
            "xK9#mQ2$vL7&pR4z",
            "наш кот спит на крыше",
            "今日は良い天気ですね明日も晴れ",
        ] {
            assert!(!is_common(password), "{password}");
        }
    }

    #[test]
    fn pw_07_identity_and_service_words_do_not_make_a_password() {
        let context = ["alice.cooper@example.com", "Acme Portal"];
        for password in [
            "alice.cooper@example.com",
            "Alice Cooper 2024!!",
            "acmeportalacmeportal",
            "cooper-password-1",
            "AL1CE@EXAMPLE.COM123",
        ] {
            assert!(is_mostly(password, &context), "{password}");
        }
        for password in ["alice found a velvet umbrella", "the portal hums at midnight"] {
            assert!(!is_mostly(password, &context), "{password}");
        }
    }

    proptest! {
        #[test]
        fn pw_07_any_text_can_be_judged(password in ".{0,80}", word in ".{0,20}") {
            let common = is_common(&password);
            // More context words explain more.
            prop_assert!(!common || is_mostly(&password, &[&word]));
        }
    }
}
