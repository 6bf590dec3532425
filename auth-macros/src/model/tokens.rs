use syn::{Expr, LitStr, TypePath};

use super::{days, hours, or};
use crate::{
    ast::{self, Algorithm},
    errors::Errors,
    sessions::{self, Refresh},
    setting::{Duration, Secret, Setting, check_duration},
    warning::Warning,
};

/// The `tokens` block.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) resource: TypePath,
    pub(crate) signing_secret: Secret,
    pub(crate) previous_signing_secrets: Vec<Secret>,
    pub(crate) algorithm: Algorithm,
    pub(crate) lifetime: Duration,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) refresh: Option<Refresh>,
    pub(crate) store_all: bool,
    pub(crate) require_presence: bool,
    pub(crate) extra_claims: Option<Expr>,
    pub(crate) issuer: Option<LitStr>,
    pub(crate) audience: Option<LitStr>,
    pub(crate) leeway: Duration,
    pub(crate) expunge_interval: Duration,
}

impl Tokens {
    pub(super) fn resolve(
        written: &ast::Tokens,
        warnings: &mut Vec<Warning>,
        errors: &mut Errors,
    ) -> Option<Self> {
        let ast::Tokens {
            word,
            name: _,
            allows,
            seen,
            enabled: _,
            token_resource,
            signing_secret,
            previous_signing_secrets,
            signing_algorithm,
            token_lifetime,
            session_idle_timeout,
            store_all_tokens,
            require_token_presence_for_authentication,
            extra_claims,
            issuer,
            audience,
            leeway,
            expunge_interval,
            refresh,
        } = written;
        if seen.lacks("token_resource") {
            errors.at(
                word,
                "`tokens` needs a `token_resource`\n= help: add `token_resource: Token`",
            );
        }
        if seen.lacks("signing_secret") {
            errors.at(
                word,
                "`tokens` needs a `signing_secret`\n= help: add `signing_secret: env(\"TOKEN_SIGNING_SECRET\")`",
            );
        }
        for (setting, claim) in [(issuer, "issuer"), (audience, "audience")] {
            if let Some(setting) = setting
                .as_ref()
                .filter(|setting| setting.value.value().is_empty())
            {
                errors.at(&setting.written, format!("`{claim}` must not be empty"));
            }
        }
        let leeway_ceiling = (
            Duration { seconds: 60 },
            "clocks may differ by at most 60 seconds (promise TK-05)",
        );
        let lifetime = check_duration(token_lifetime.as_ref(), days(14), None, errors);
        if let Some(setting) = token_lifetime
            .as_ref()
            .filter(|setting| setting.value.seconds > days(30).seconds)
        {
            let what = "a session lasts for more than 30 days";
            warnings.extend(Warning::unless_allowed(allows, "SE-04", &setting.written, what));
        }
        let presence = or(require_token_presence_for_authentication.as_ref(), true);
        let idle_timeout = sessions::idle_timeout(session_idle_timeout.as_ref(), lifetime, presence, errors);
        let refresh = refresh.as_ref().map(|refresh| {
            if !or(store_all_tokens.as_ref(), true) {
                errors.at(
                    &refresh.word,
                    "`refresh` and `store_all_tokens: false` cannot be used together\n\
                     = note: signing out with a session token that left no row could not end its refresh token\n\
                     = help: leave `store_all_tokens` out",
                );
            }
            Refresh::resolve(refresh, lifetime, warnings, errors)
        });
        let leeway = resolve_leeway(leeway.as_ref(), leeway_ceiling, errors);
        let expunge_interval = check_duration(expunge_interval.as_ref(), hours(12), None, errors);
        let previous = previous_signing_secrets
            .as_ref()
            .map_or_else(Vec::new, |list| list.value.0.clone());
        for secret in signing_secret
            .iter()
            .map(|setting| &setting.value)
            .chain(&previous)
        {
            warnings.extend(secret.warning());
        }
        if let Some(setting) = store_all_tokens.as_ref().filter(|setting| !setting.value) {
            let what = "resetting or changing a password ends no other session, because none is known";
            warnings.extend(Warning::unless_allowed(allows, "SU-09", &setting.written, what));
        }
        Some(Self {
            resource: token_resource.as_ref()?.value.clone(),
            signing_secret: signing_secret.as_ref()?.value.clone(),
            previous_signing_secrets: previous,
            algorithm: or(signing_algorithm.as_ref(), Algorithm::HS256),
            lifetime,
            idle_timeout,
            refresh,
            store_all: or(store_all_tokens.as_ref(), true),
            require_presence: presence,
            extra_claims: extra_claims.as_ref().map(|setting| setting.value.0.clone()),
            issuer: issuer.as_ref().map(|setting| setting.value.clone()),
            audience: audience.as_ref().map(|setting| setting.value.clone()),
            leeway,
            expunge_interval,
        })
    }
}

/// Unlike other durations this one may be nothing.
fn resolve_leeway(
    written: Option<&Setting<Duration>>,
    ceiling: (Duration, &str),
    errors: &mut Errors,
) -> Duration {
    match written {
        Some(setting) if setting.value.seconds == 0 => setting.value,
        other => check_duration(other, Duration { seconds: 30 }, Some(ceiling), errors),
    }
}

/// C11 and C12: what a session may rest on.
pub(super) fn check_session_identifier(
    tokens: &ast::Tokens,
    identifier_is_missing: bool,
    errors: &mut Errors,
) {
    let presence = tokens.require_token_presence_for_authentication.as_ref();
    if or(presence, true) {
        if let Some(setting) = tokens.store_all_tokens.as_ref().filter(|setting| !setting.value) {
            errors.at(
                &setting.written,
                "tokens without a stored row would all be refused\n\
                 = note: `require_token_presence_for_authentication` is on\n\
                 = help: leave `store_all_tokens` out, or set `require_token_presence_for_authentication: false`",
            );
        }
    } else if identifier_is_missing {
        let written = presence.map(|setting| &setting.written);
        errors.at(
            quote::quote!(#written),
            "sessions need a `session_identifier` when token presence is not required\n\
             = help: set `session_identifier: jti` beside the `tokens` block\n\
             = note: changing it later signs everyone out",
        );
    }
}
