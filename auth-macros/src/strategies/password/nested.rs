//! The blocks inside `password`, complete and valid.

use proc_macro2::Ident;
use quote::format_ident;
use syn::Expr;

use super::ast::{self, WhenUnreachable};
use crate::{
    action::ActionName,
    errors::Errors,
    model::{days, minutes},
    setting::{Duration, Name, Setting, check_duration},
    warning::Warning,
};

/// The reset of forgotten passwords.
#[derive(Debug)]
pub(crate) struct Resettable {
    pub(crate) sender: Expr,
    pub(crate) token_lifetime: Duration,
    pub(crate) request: ActionName,
    pub(crate) reset: ActionName,
}

impl Resettable {
    pub(super) fn resolve(
        written: &ast::Resettable,
        strategy: &Ident,
        warnings: &mut Vec<Warning>,
        errors: &mut Errors,
    ) -> Option<Self> {
        let ast::Resettable {
            word,
            name: _,
            allows,
            seen,
            sender,
            token_lifetime,
            request_password_reset_action_name,
            password_reset_action_name,
        } = written;
        if seen.lacks("sender") {
            errors.at(
                word,
                "`resettable` needs a `sender`\n= help: add `sender: path::to::YourSender`",
            );
        }
        let ceiling = (
            days(3),
            "a link that resets a password is valid for three days at most",
        );
        let lifetime = check_duration(token_lifetime.as_ref(), minutes(30), Some(ceiling), errors);
        if let Some(setting) = token_lifetime
            .as_ref()
            .filter(|setting| setting.value.seconds > minutes(30).seconds)
        {
            let what = "a link that resets a password is valid for more than 30 minutes";
            warnings.extend(Warning::unless_allowed(allows, "SU-04", &setting.written, what));
        }
        let action = |written: Option<&Setting<Name>>, default: String| {
            ActionName::new(written, format_ident!("{default}", span = strategy.span()))
        };
        Some(Self {
            sender: sender.as_ref()?.value.0.clone(),
            token_lifetime: lifetime,
            request: action(
                request_password_reset_action_name.as_ref(),
                format!("request_password_reset_with_{strategy}"),
            ),
            reset: action(
                password_reset_action_name.as_ref(),
                format!("password_reset_with_{strategy}"),
            ),
        })
    }
}

/// The hook for passwords that a breach has published.
#[derive(Debug)]
pub(crate) struct BreachedPasswords {
    pub(crate) checker: Expr,
    pub(crate) when_unreachable: WhenUnreachable,
}

impl BreachedPasswords {
    pub(super) fn resolve(written: &ast::BreachedPasswords, errors: &mut Errors) -> Option<Self> {
        let ast::BreachedPasswords {
            word,
            name: _,
            allows: _,
            seen,
            checker,
            when_unreachable,
        } = written;
        if seen.lacks("checker") {
            errors.at(
                word,
                "`breached_passwords` needs a `checker`\n= help: add `checker: path::to::YourChecker`",
            );
        }
        if seen.lacks("when_unreachable") {
            errors.at(
                word,
                "`breached_passwords` needs `when_unreachable`\n\
                 = help: add `when_unreachable: refuse`, or `allow` to take a password that could not be checked",
            );
        }
        Some(Self {
            checker: checker.as_ref()?.value.clone(),
            when_unreachable: when_unreachable.as_ref()?.value,
        })
    }
}
