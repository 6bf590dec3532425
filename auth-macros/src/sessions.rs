//! The settings of `tokens` that say how long sessions last and how they are renewed.

use syn::Expr;

use crate::{
    ast,
    errors::Errors,
    model::{days, hours, minutes},
    setting::{Duration, Setting, check_duration},
    warning::Warning,
};

/// The `refresh` block.
#[derive(Debug)]
pub(crate) struct Refresh {
    pub(crate) access_token_lifetime: Duration,
    pub(crate) refresh_token_lifetime: Duration,
    pub(crate) reuse_grace: Duration,
    pub(crate) sender: Option<Expr>,
}

impl Refresh {
    pub(crate) fn resolve(
        written: &ast::Refresh,
        token_lifetime: Duration,
        warnings: &mut Vec<Warning>,
        errors: &mut Errors,
    ) -> Self {
        let ast::Refresh {
            word: _,
            name: _,
            allows,
            seen: _,
            access_token_lifetime,
            refresh_token_lifetime,
            reuse_grace,
            sender,
        } = written;
        let ceiling = (
            hours(1),
            "a session token that can be renewed is valid for an hour at most",
        );
        let default = Duration {
            seconds: minutes(10).seconds.min(token_lifetime.seconds),
        };
        let access = check_duration(access_token_lifetime.as_ref(), default, Some(ceiling), errors);
        if let Some(setting) = access_token_lifetime
            .as_ref()
            .filter(|_| access.seconds > token_lifetime.seconds)
        {
            errors.at(
                &setting.written,
                "`access_token_lifetime` is longer than `token_lifetime`\n\
                 = note: no session token is valid for longer than that",
            );
        }
        let lifetime = check_duration(refresh_token_lifetime.as_ref(), days(30), None, errors);
        if let Some(setting) = refresh_token_lifetime.as_ref() {
            if lifetime.seconds <= access.seconds {
                errors.at(
                    &setting.written,
                    "this refresh token is over before it is needed\n\
                     = note: it has to outlive the session token that it renews",
                );
            }
            if lifetime.seconds > days(30).seconds {
                let what = "a session can be renewed for more than 30 days";
                warnings.extend(Warning::unless_allowed(allows, "SE-04", &setting.written, what));
            }
        }
        let grace = (
            minutes(1),
            "whoever copied a used refresh token could spend it once more for so long",
        );
        Self {
            sender: sender.as_ref().map(|setting| setting.value.0.clone()),
            access_token_lifetime: access,
            refresh_token_lifetime: lifetime,
            reuse_grace: check_duration(
                reuse_grace.as_ref(),
                Duration { seconds: 10 },
                Some(grace),
                errors,
            ),
        }
    }
}

/// SE-04: a limit that is told from the row of the session.
pub(crate) fn idle_timeout(
    written: Option<&Setting<Duration>>,
    lifetime: Duration,
    presence: bool,
    errors: &mut Errors,
) -> Option<Duration> {
    let Setting { key, value, written } = written?;
    if !presence {
        errors.at(
            key,
            "an idle limit needs the stored row of each session\n\
             = note: without token presence the row is not read, and nobody knows when the session was last used\n\
             = help: leave out `require_token_presence_for_authentication: false`",
        );
    } else if value.seconds < minutes(1).seconds {
        errors.at(
            written,
            "a session that ends when unused for less than a minute cannot be worked with\n\
             = help: use `session_idle_timeout: 1 minute` or more",
        );
    } else if value.seconds >= lifetime.seconds {
        errors.at(
            written,
            "this limit is never reached\n\
             = note: a session ends after its `token_lifetime`, used or not\n\
             = help: use a shorter `session_idle_timeout`, or leave it out",
        );
    }
    Some(*value)
}
