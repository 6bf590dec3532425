//! The keys of `encryption_key` and `previous_encryption_keys`.

use crate::{
    errors::Errors,
    setting::{List, Secret, Setting},
    warning::Warning,
};

/// The keys that encrypt and decrypt what is kept for use elsewhere.
#[derive(Debug)]
pub(crate) struct Encryption {
    pub(crate) key: Secret,
    pub(crate) previous_keys: Vec<Secret>,
}

impl Encryption {
    /// Judges the settings; `key_is_missing` where nobody tried to write a key.
    pub(crate) fn resolve(
        key: Option<&Setting<Secret>>,
        previous_keys: Option<&Setting<List<Secret>>>,
        key_is_missing: bool,
        warnings: &mut Vec<Warning>,
        errors: &mut Errors,
    ) -> Option<Self> {
        if let Some(setting) = previous_keys.filter(|_| key_is_missing) {
            errors.at(
                &setting.key,
                "`previous_encryption_keys` needs an `encryption_key`\n\
                 = note: former keys only decrypt\n\
                 = help: add `encryption_key: env(\"ENCRYPTION_KEY\")`",
            );
        }
        let key = &key?.value;
        let previous_keys = previous_keys.map_or_else(Vec::new, |list| list.value.0.clone());
        let secrets = std::iter::once(key).chain(&previous_keys);
        warnings.extend(secrets.filter_map(Secret::warning));
        Some(Self {
            key: key.clone(),
            previous_keys,
        })
    }
}
