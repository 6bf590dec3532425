//! Limits on attempts and messages: settings that strategies share.
//!
//! A strategy has the setting `brute_force_strategy` and the block `limits` in its table, resolves both with
//! [`Protection::resolve`] and hands the result out in [`Part::protection`](crate::part::Part::protection).

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Expr, ext::IdentExt, parse::ParseStream, token};

use crate::{
    block::{self, Allow, Block, block},
    errors::Errors,
    model::{days, hours, minutes, or},
    paths,
    setting::{Duration, Setting, Unfit, Value},
    warning::Warning,
};

block! {
    /// How much is free before attempts have to wait and messages are no longer sent. There is no way to switch limits
    /// off.
    "limits" gives_up ["RL-01", "RL-05"]
    struct Limits {
        /// Failures of one identity before it has to wait, 1 to 100. More than 5 gives up RL-01.
        max_failures: u32 = "`5`",
        /// How long a failure counts, `1 minute` to `1 day`. Less than 5 minutes gives up RL-01.
        window: Duration = "`5 minutes`",
        /// Failures out of one network, 1 to 3000, attempts under way included. More than 300 gives up RL-01.
        network_max_failures: u32 = "`300`",
        /// Messages to one recipient, 1 to 100. More than 5 gives up RL-05.
        max_messages: u32 = "`5`",
        /// How long a message counts, `1 minute` to `1 day`. Less than an hour gives up RL-05.
        message_window: Duration = "`1 hour`",
        /// Messages asked for out of one network, 1 to 3000. More than 100 gives up RL-05.
        network_max_messages: u32 = "`100`",
    }
}

impl Block for Limits {
    fn read(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        Self::read_content(word, name, content, errors)
    }
}

/// What stands before the attempts of a strategy.
#[derive(Debug, Clone)]
pub(crate) enum BruteForce {
    /// The library's counters.
    Counters,
    /// What an audit log has recorded.
    AuditLog,
    /// A guard of the application's own.
    Preparation(Box<Expr>),
}

impl Value for BruteForce {
    const KIND: &'static str = "`counters` or `preparation(path::to::Guard)`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        let word = input.call(Ident::parse_any)?;
        if word == "counters" {
            return Ok(Self::Counters);
        }
        if (word != "preparation" && word != "audit_log") || !input.peek(token::Paren) {
            return Err(Unfit::Kind);
        }
        let content = block::parentheses(input)?;
        if word == "audit_log" {
            block::skip_all(&content);
            return Ok(Self::AuditLog);
        }
        match content.parse::<Expr>() {
            Ok(guard) if content.is_empty() && !matches!(guard, Expr::Lit(_)) => {
                Ok(Self::Preparation(Box::new(guard)))
            }
            _ => {
                block::skip_all(&content);
                Err(Unfit::Kind)
            }
        }
    }
}

/// The limits of one strategy, complete and valid.
#[derive(Debug, Clone)]
pub(crate) struct Protection {
    max_failures: u32,
    window: Duration,
    network_max_failures: u32,
    max_messages: u32,
    message_window: Duration,
    network_max_messages: u32,
    guard: Option<Expr>,
    is_default: bool,
}

/// Where the results of a block go.
pub(crate) struct Found<'a> {
    pub(crate) allows: &'a mut Vec<Allow>,
    pub(crate) warnings: &'a mut Vec<Warning>,
    pub(crate) errors: &'a mut Errors,
}

impl Protection {
    /// Judges what a strategy says about limits. `sends` tells whether it sends messages on request.
    pub(crate) fn resolve(
        brute_force: Option<&Setting<BruteForce>>,
        limits: Option<&Limits>,
        sends: bool,
        found: Found<'_>,
    ) -> Self {
        let Found {
            allows,
            warnings,
            errors,
        } = found;
        let guard = match brute_force {
            Some(Setting {
                value: BruteForce::Preparation(guard),
                ..
            }) => Some((**guard).clone()),
            Some(Setting {
                value: BruteForce::AuditLog,
                written,
                ..
            }) => {
                errors.at(
                    written,
                    "`audit_log(…)` is not supported yet\n= help: take `counters`, the default",
                );
                None
            }
            _ => None,
        };
        if let Some(limits) = limits {
            check_used(limits, guard.is_some(), sends, errors);
            allows.extend(limits.allows.iter().cloned());
        }
        let mut judge = Judge {
            allows: limits.map_or(&[], |limits| &limits.allows),
            warnings,
            errors,
        };
        Self {
            max_failures: judge.number(limits.and_then(|l| l.max_failures.as_ref()), &MAX_FAILURES),
            window: judge.window(limits.and_then(|l| l.window.as_ref()), minutes(5), "RL-01"),
            network_max_failures: judge.number(
                limits.and_then(|l| l.network_max_failures.as_ref()),
                &NETWORK_MAX_FAILURES,
            ),
            max_messages: judge.number(limits.and_then(|l| l.max_messages.as_ref()), &MAX_MESSAGES),
            message_window: judge.window(limits.and_then(|l| l.message_window.as_ref()), hours(1), "RL-05"),
            network_max_messages: judge.number(
                limits.and_then(|l| l.network_max_messages.as_ref()),
                &NETWORK_MAX_MESSAGES,
            ),
            guard,
            is_default: limits.is_none(),
        }
    }

    /// The runtime's settings; nothing where they are the default.
    pub(crate) fn settings(&self) -> Option<TokenStream> {
        if self.is_default {
            return None;
        }
        let limits = paths::LIMITS;
        let Self {
            max_failures,
            window: Duration { seconds: window },
            network_max_failures,
            max_messages,
            message_window: Duration {
                seconds: message_window,
            },
            network_max_messages,
            guard: _,
            is_default: _,
        } = self;
        Some(quote! {
            #limits::Settings {
                max_failures: #max_failures,
                window_seconds: #window,
                network_max_failures: #network_max_failures,
                max_messages: #max_messages,
                message_window_seconds: #message_window,
                network_max_messages: #network_max_messages,
            }
        })
    }

    /// The application's own guard.
    pub(crate) const fn guard(&self) -> Option<&Expr> {
        self.guard.as_ref()
    }
}

/// A setting that is accepted acts.
fn check_used(limits: &Limits, guarded: bool, sends: bool, errors: &mut Errors) {
    if let Some(setting) = limits.max_failures.as_ref().filter(|_| guarded) {
        errors.at(
            &setting.key,
            "`max_failures` and a guard of your own cannot be used together\n\
             = note: behind a guard the counters of identities stay at their floor of 100 failures in a window\n\
             = help: remove `max_failures`, or `brute_force_strategy`",
        );
    }
    if sends {
        return;
    }
    let keys = [
        limits.max_messages.as_ref().map(|setting| &setting.key),
        limits.message_window.as_ref().map(|setting| &setting.key),
        limits.network_max_messages.as_ref().map(|setting| &setting.key),
    ];
    for key in keys.into_iter().flatten() {
        errors.at(
            key,
            format!("`{key}` limits nothing: the strategy sends no messages\n= help: remove it"),
        );
    }
}

/// A number of the block: its default, its ceiling, and what a number between them gives up.
struct Bound {
    default: u32,
    ceiling: u32,
    promise: &'static str,
    what: &'static str,
}

const MAX_FAILURES: Bound = Bound {
    default: 5,
    ceiling: 100,
    promise: "RL-01",
    what: "an identity has more than 5 failures before it has to wait",
};
const NETWORK_MAX_FAILURES: Bound = Bound {
    default: 300,
    ceiling: 3000,
    promise: "RL-01",
    what: "a network has more than 300 failures before it has to wait",
};
const MAX_MESSAGES: Bound = Bound {
    default: 5,
    ceiling: 100,
    promise: "RL-05",
    what: "a recipient gets more than 5 messages",
};
const NETWORK_MAX_MESSAGES: Bound = Bound {
    default: 100,
    ceiling: 3000,
    promise: "RL-05",
    what: "a network asks for more than 100 messages",
};

struct Judge<'a> {
    allows: &'a [Allow],
    warnings: &'a mut Vec<Warning>,
    errors: &'a mut Errors,
}

impl Judge<'_> {
    fn number(&mut self, written: Option<&Setting<u32>>, bound: &Bound) -> u32 {
        let Some(Setting { value, written, .. }) = written else {
            return bound.default;
        };
        let Bound {
            default,
            ceiling,
            promise,
            what,
        } = bound;
        if *value == 0 || value > ceiling {
            self.errors.at(
                written,
                format!(
                    "expected a number from 1 to {ceiling}, found `{value}`\n\
                     = note: limits cannot be switched off (promise {promise})\n= help: leave it out for {default}"
                ),
            );
        } else if value > default {
            self.warn(promise, written, what);
        }
        *value
    }

    fn window(&mut self, written: Option<&Setting<Duration>>, default: Duration, promise: &str) -> Duration {
        let value = or(written, default);
        let Some(Setting { key, written, .. }) = written else {
            return value;
        };
        if value.seconds < minutes(1).seconds || value.seconds > days(1).seconds {
            self.errors.at(
                written,
                format!(
                    "`{key}` is out of range\n= note: a window takes one minute to one day (promise {promise})\n\
                     = help: leave it out for {} minutes",
                    default.seconds / 60
                ),
            );
        } else if value.seconds < default.seconds {
            let what = format!("a `{key}` of less than {} minutes", default.seconds / 60);
            self.warn(promise, written, &what);
        }
        value
    }

    fn warn(&mut self, promise: &str, written: &TokenStream, what: &str) {
        let warning = Warning::unless_allowed(self.allows, promise, written, what);
        self.warnings.extend(warning);
    }
}
