//! Near names for a word that is not known.

/// Below this a list of all choices is still pleasant to read.
const LISTED: usize = 10;

/// The `= help:` line for `found`, which is none of `choices`: a near name, else the choices when they are
/// few, else nothing. `noun` is what a choice is called, with its article: `a setting`.
pub(crate) fn help(found: &str, noun: &str, choices: &[&str]) -> String {
    match nearest(found, choices) {
        Some(choice) => format!("\n= help: {noun} with a similar name exists: `{choice}`"),
        None if choices.is_empty() || choices.len() >= LISTED => String::new(),
        None => format!("\n= help: expected {}", one_of(choices)),
    }
}

/// The choice that `found` was most likely meant for: `resource` for `token_resource`, `emial` for `email`.
pub(crate) fn nearest<'a>(found: &str, choices: &[&'a str]) -> Option<&'a str> {
    if let Some(choice) = choices.iter().find(|choice| choice.eq_ignore_ascii_case(found)) {
        return Some(choice);
    }
    let suffix = format!("_{found}");
    if let Some(choice) = choices.iter().find(|choice| choice.ends_with(&suffix)) {
        return Some(choice);
    }
    choices
        .iter()
        .map(|choice| (strsim::jaro_winkler(found, choice), *choice))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, choice)| choice)
}

/// `` `a`, `b` or `c` ``
pub(crate) fn one_of(choices: &[&str]) -> String {
    quoted(choices, "or")
}

/// `` `a`, `b` and `c` ``
pub(crate) fn all_of(names: &[&str]) -> String {
    quoted(names, "and")
}

fn quoted(choices: &[&str], last_word: &str) -> String {
    let quoted: Vec<String> = choices.iter().map(|choice| format!("`{choice}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {last_word} {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::help;

    #[test]
    fn a_near_name_is_named() {
        assert_eq!(
            help("emial", "a column", &["id", "email"]),
            "\n= help: a column with a similar name exists: `email`"
        );
    }

    #[test]
    fn a_name_may_lack_its_beginning() {
        assert_eq!(
            help("resource", "a setting", &["enabled", "token_resource"]),
            "\n= help: a setting with a similar name exists: `token_resource`"
        );
    }

    #[test]
    fn few_choices_are_listed() {
        assert_eq!(
            help("zzz", "a value", &["jti", "unsafe"]),
            "\n= help: expected `jti` or `unsafe`"
        );
    }

    #[test]
    fn many_choices_are_not_listed() {
        let choices = ["aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh", "ii", "jj"];
        assert_eq!(help("zzz", "a value", &choices), "");
    }
}
