//! `remember_me`, complete and valid.

use proc_macro2::Ident;
use syn::Expr;

use super::ast;
use crate::{
    action::ActionName,
    block::Allow,
    errors::Errors,
    model::{Cx, days, minutes},
    part::{Written, check_name},
    setting::{Duration, check_duration},
    warning::Warning,
};

/// The strategy.
#[derive(Debug)]
pub(crate) struct RememberMe {
    pub(crate) name: Ident,
    /// Without the subject name in front where nobody named the cookie.
    pub(crate) cookie_name: Option<Ident>,
    pub(crate) token_lifetime: Duration,
    pub(crate) reuse_grace: Duration,
    pub(crate) sender: Option<Expr>,
    pub(crate) sign_in: ActionName,
    pub(crate) allows: Vec<Allow>,
    pub(crate) warnings: Vec<Warning>,
}

impl RememberMe {
    pub(super) fn resolve(written: &ast::RememberMe, cx: &Cx<'_>, errors: &mut Errors) -> Self {
        let ast::RememberMe {
            word,
            name: _,
            allows,
            seen: _,
            cookie_name,
            token_lifetime,
            reuse_grace,
            sender,
            sign_in_action_name: _,
        } = written;
        let name = written.name();
        check_name(name, errors);
        cx.need_tokens(word, name, "", "", errors);
        let first = cx.written::<ast::RememberMe>().next();
        if first.is_some_and(|first| !std::ptr::eq(first, written)) {
            errors.at(
                word,
                "`remember_me` is there twice\n\
                 = note: a browser is remembered once, whichever way its owner signed in\n\
                 = help: keep one of them",
            );
        } else if !cx.written.iter().any(|written| written.remembers()) {
            errors.at(
                word,
                "nothing sets the cookie of `remember_me`\n\
                 = help: add `remember_me: true` to a strategy that signs people in, such as `password`",
            );
        }
        if let Some(setting) = cookie_name
            && setting.value.0 == format!("{}_session", cx.subject_name)
        {
            errors.at(
                &setting.written,
                "this is the cookie of the session\n= help: give the cookie that remembers another name",
            );
        }
        let mut warnings = Vec::new();
        let lifetime = check_duration(token_lifetime.as_ref(), days(30), None, errors);
        if let Some(setting) = token_lifetime
            .as_ref()
            .filter(|_| lifetime.seconds > days(30).seconds)
        {
            let what = "a browser is remembered for more than 30 days";
            warnings.extend(Warning::unless_allowed(allows, "SE-04", &setting.written, what));
        }
        if cx.idle {
            let what = "a remembered browser comes back after `session_idle_timeout`";
            warnings.extend(Warning::unless_allowed(allows, "SE-04", word, what));
        }
        let ceiling = (
            minutes(1),
            "whoever copied a used cookie could use it once more for so long",
        );
        let default = Duration { seconds: 10 };
        let reuse_grace = check_duration(reuse_grace.as_ref(), default, Some(ceiling), errors);
        Self {
            name: name.clone(),
            cookie_name: cookie_name.as_ref().map(|setting| setting.value.0.clone()),
            token_lifetime: lifetime,
            reuse_grace,
            sender: sender.as_ref().map(|setting| setting.value.0.clone()),
            sign_in: written.action(),
            allows: allows.clone(),
            warnings,
        }
    }
}
