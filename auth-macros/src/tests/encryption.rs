//! The settings of encryption at rest.

use super::{USER, mistakes, resolve};
use crate::errors::Errors;

#[test]
fn former_keys_need_a_current_one() {
    let alone = "repo: Repo, previous_encryption_keys: [env(\"OLD\")]";
    assert_eq!(
        mistakes(alone),
        ["`previous_encryption_keys` needs an `encryption_key`\n\
          = note: former keys only decrypt\n\
          = help: add `encryption_key: env(\"ENCRYPTION_KEY\")`"]
    );
    let both = format!("{alone}, encryption_key: env(\"NEW\")");
    assert_eq!(mistakes(&both), Vec::<String>::new());
}

#[test]
fn a_key_that_is_no_secret_is_one_mistake() {
    let found = mistakes("repo: Repo, encryption_key: 5, previous_encryption_keys: [env(\"OLD\")]");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("found `5`"), "{found:?}");
}

#[test]
fn a_key_in_the_source_warns() {
    let mut errors = Errors::new();
    let block = "repo: Repo, encryption_key: \"written down\", \
                 previous_encryption_keys: [env(\"OLD\"), \"written down before\"]";
    let model = resolve(USER, block, &mut errors);
    assert_eq!(errors.into_texts(), Vec::<String>::new());
    let warnings = model.expect("nothing is wrong").warnings;
    assert_eq!(warnings.len(), 2);
    for warning in warnings {
        let text = warning.text();
        assert!(text.starts_with("a secret in the source is known"), "{text}");
    }
}
