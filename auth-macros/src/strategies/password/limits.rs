//! The rules of `password` about costs and lengths.

use super::{ast, model::HashProvider};
use crate::{
    block::Allow,
    errors::Errors,
    model::or,
    setting::{Secret, Setting},
    warning::Warning,
};

/// PW-02, and the one provider that is built in.
pub(super) fn hash_provider(
    written: Option<&Setting<ast::HashProvider>>,
    cost: Option<&ast::Argon2id>,
    pepper: Option<&Setting<Secret>>,
    errors: &mut Errors,
) -> HashProvider {
    if let Some(Setting {
        value: ast::HashProvider::Custom(provider),
        ..
    }) = written
    {
        if let Some(cost) = cost {
            errors.at(
                &cost.word,
                "`argon2id` and a `hash_provider` of your own cannot be used together\n\
                 = help: keep `argon2id` for the built-in provider; your own brings its own cost",
            );
        }
        if let Some(pepper) = pepper {
            errors.at(
                &pepper.key,
                format!(
                    "`{}` and a `hash_provider` of your own cannot be used together\n\
                     = note: only the built-in provider mixes a pepper into its hashes",
                    pepper.key
                ),
            );
        }
        return HashProvider::Custom(provider.clone());
    }
    let memory = cost.and_then(|cost| cost.memory_kib.as_ref());
    let passes = cost.and_then(|cost| cost.iterations.as_ref());
    let lanes = cost.and_then(|cost| cost.parallelism.as_ref());
    let (memory_kib, iterations, parallelism) = (or(memory, 19456), or(passes, 2), or(lanes, 1));
    let floor = match iterations {
        0 => None,
        1 => Some(47104),
        2 => Some(19456),
        _ => Some(12288),
    };
    match (floor, passes, memory) {
        (None, Some(passes), _) => {
            errors.at(&passes.written, "a hash takes at least one pass over the memory")
        }
        (Some(floor), _, Some(memory)) if memory_kib < floor => errors.at(
            &memory.written,
            format!(
                "{memory_kib} KiB of memory make a hash that is too cheap to guess\n\
                 = note: at least {floor} KiB are needed with `iterations: {iterations}` (promise PW-02)\n\
                 = help: leave `argon2id` out for the defaults: 19456 KiB, 2 iterations"
            ),
        ),
        (Some(floor), Some(passes), None) if memory_kib < floor => errors.at(
            &passes.written,
            format!("`iterations: {iterations}` needs `memory_kib` of at least {floor} (promise PW-02)"),
        ),
        _ => {}
    }
    match lanes {
        Some(lanes) if parallelism == 0 => errors.at(&lanes.written, "a hash takes at least one lane"),
        Some(lanes) if parallelism > memory_kib / 8 => {
            errors.at(&lanes.written, "each lane needs at least 8 KiB of memory");
        }
        _ => {}
    }
    HashProvider::Argon2id {
        memory_kib,
        iterations,
        parallelism,
    }
}

/// PW-03 and PW-04.
pub(super) fn minimum_length(
    written: Option<&Setting<u32>>,
    allows: &[Allow],
    warnings: &mut Vec<Warning>,
    errors: &mut Errors,
) -> u32 {
    const DEFAULT: u32 = 15;
    let Some(setting) = written else { return DEFAULT };
    match setting.value {
        0..8 => errors.at(
            &setting.written,
            format!(
                "passwords of {} characters are too easy to guess\n\
                 = note: at least 8 are needed, 15 where the password alone signs in (promise PW-03)\n\
                 = help: leave `minimum_length` out",
                setting.value
            ),
        ),
        8..DEFAULT => {
            let what = format!("passwords of {} characters alone sign people in", setting.value);
            warnings.extend(Warning::unless_allowed(allows, "PW-03", &setting.written, &what));
        }
        DEFAULT..=64 => {}
        _ => errors.at(
            &setting.written,
            "passwords of 64 characters must be accepted (promise PW-04)\n= help: use a `minimum_length` of 64 or less",
        ),
    }
    setting.value
}

/// PW-04: 64 characters fit, whatever they are, and hashing stays bounded.
pub(super) fn maximum_bytes(written: Option<&Setting<u32>>, errors: &mut Errors) -> u32 {
    let Some(setting) = written else { return 1024 };
    if !(256..=4096).contains(&setting.value) {
        errors.at(
            &setting.written,
            format!(
                "expected a number of bytes from 256 to 4096, found `{}`\n\
                 = note: 64 characters of any script must fit (promise PW-04)",
                setting.value
            ),
        );
    }
    setting.value
}
