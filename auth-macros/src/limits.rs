//! Limits on attempts and messages: settings that strategies share.
//!
//! A strategy takes them into its table with `[guarding: Guarding]`, resolves them with [`Protection::resolve`] and hands
//! the result out in [`Part::protection`](crate::part::Part::protection).

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Expr, ext::IdentExt, parse::ParseStream, token};

use crate::{
    action::Action,
    add_ons::audit_log::ast::{AuditLog, Mode},
    block::{self, Allow, Block, block},
    errors::Errors,
    model::{Cx, days, hours, minutes, or},
    part::{Part, Parts, Written},
    paths,
    setting::{Duration, Setting, Unfit, Value},
    suggest,
    warning::Warning,
};

block! {
    /// What stands before the attempts of a strategy.
    "guarding" gives_up ["RL-01"]
    struct Guarding {
        /// What stands before attempts: the library's counters, the failures that an `audit_log` has recorded, or a guard of the application's own before the counters.
        brute_force_strategy: BruteForce = "`counters`",
        /// How long a recorded failure counts, `1 minute` to `1 day`. Less than 5 minutes gives up RL-01. For `audit_log(…)`.
        audit_log_window: Duration = "`5 minutes`",
        /// Recorded failures of one identity before it has to wait, 1 to 100. More than 5 gives up RL-01. For `audit_log(…)`.
        audit_log_max_failures: u32 = "`5`",
        { limits: Limits }
    }
}

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
    /// What the audit log of that name has recorded.
    AuditLog(Ident),
    /// A guard of the application's own.
    Preparation(Box<Expr>),
}

impl Value for BruteForce {
    const KIND: &'static str = "`counters`, `audit_log(name)` or `preparation(path::to::Guard)`";

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
            let name = content.call(Ident::parse_any);
            let is_all = content.is_empty();
            block::skip_all(&content);
            return match name {
                Ok(name) if is_all => Ok(Self::AuditLog(name)),
                _ => Err(Unfit::Kind),
            };
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

/// What the limits of a strategy are about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guarded {
    /// The kinds of its actions that take an identity. `None` where any of them may, as only the application knows.
    pub(crate) by_identity: Option<&'static [&'static str]>,
    /// It sends messages on request.
    pub(crate) sends: bool,
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
    guard: Guard,
    guarded: Guarded,
    is_default: bool,
}

/// What decides for an identity.
#[derive(Debug, Clone)]
enum Guard {
    Counters,
    Recorded {
        audit_log: Ident,
        max_failures: u32,
        window: Duration,
    },
    Own(Expr),
}

/// Where the results of a block go.
pub(crate) struct Found<'a> {
    pub(crate) allows: &'a mut Vec<Allow>,
    pub(crate) warnings: &'a mut Vec<Warning>,
    pub(crate) errors: &'a mut Errors,
}

impl Protection {
    /// Judges what a strategy says about limits.
    pub(crate) fn resolve(written: &Guarding, guarded: Guarded, cx: &Cx<'_>, found: Found<'_>) -> Self {
        let Found {
            allows,
            warnings,
            errors,
        } = found;
        let limits = written.limits.as_ref();
        let mut judge = Judge {
            allows: &written.allows,
            warnings,
            errors,
        };
        let guard = judge.guard(written, guarded, cx);
        judge.allows = limits.map_or(&[], |limits| &limits.allows);
        if let Some(limits) = limits {
            check_used(limits, &guard, guarded, judge.errors);
            allows.extend(limits.allows.iter().cloned());
        }
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
            is_default: limits.is_none() && !matches!(guard, Guard::Recorded { .. }),
            guard,
            guarded,
        }
    }

    /// The runtime's settings; nothing where they are the default. `alike` are the actions, with whether they are
    /// answered alike whatever comes of them.
    pub(crate) fn settings(&self, alike: &[(String, TokenStream)]) -> Option<TokenStream> {
        if self.is_default {
            return None;
        }
        let (limits, private) = (paths::LIMITS, paths::PRIVATE);
        let Self {
            max_failures,
            window: Duration { seconds: window },
            network_max_failures,
            max_messages,
            message_window: Duration {
                seconds: message_window,
            },
            network_max_messages,
            guard,
            guarded: _,
            is_default: _,
        } = self;
        let recorded = match guard {
            Guard::Counters | Guard::Own(_) => quote!(#private::None),
            Guard::Recorded {
                audit_log,
                max_failures,
                window: Duration { seconds },
            } => {
                let audit_log = audit_log.to_string();
                let alike = alike.iter().map(|(action, alike)| quote!((#action, #alike)));
                quote! {
                    #private::Some(#limits::Recorded {
                        audit_log: #audit_log,
                        max_failures: #max_failures,
                        window_seconds: #seconds,
                        answered_alike: &[#(#alike),*],
                    })
                }
            }
        };
        Some(quote! {
            #limits::Settings {
                max_failures: #max_failures,
                window_seconds: #window,
                network_max_failures: #network_max_failures,
                max_messages: #max_messages,
                message_window_seconds: #message_window,
                network_max_messages: #network_max_messages,
                recorded: #recorded,
            }
        })
    }

    /// The application's own guard.
    pub(crate) const fn guard(&self) -> Option<&Expr> {
        match &self.guard {
            Guard::Own(guard) => Some(guard),
            Guard::Counters | Guard::Recorded { .. } => None,
        }
    }

    /// An audit log whose failures count records every action that can fail for an identity.
    pub(crate) fn check_recorded(&self, part: &dyn Part, parts: &Parts, errors: &mut Errors) {
        let Guard::Recorded { audit_log, .. } = &self.guard else {
            return;
        };
        let takes_identity =
            |action: &Action<'_>| action.kind != "lookup" && self.guarded.takes_identity(action.kind);
        for action in part.actions().iter().filter(|action| takes_identity(action)) {
            let is_left_out = parts.add_ons.iter().any(|add_on| {
                add_on.name() == audit_log && add_on.records(part.name(), action.name) == Some(false)
            });
            if is_left_out {
                errors.at(
                    audit_log,
                    format!(
                        "`{audit_log}` does not record `{0}`, so its failures would not count\n\
                         = help: let `{audit_log}` record `{0}`, or take `counters`, the default",
                        action.name
                    ),
                );
            }
        }
    }
}

impl Guarded {
    fn takes_identity(self, kind: &str) -> bool {
        self.by_identity.is_none_or(|kinds| kinds.contains(&kind))
    }
}

/// A setting that is accepted acts.
fn check_used(limits: &Limits, guard: &Guard, guarded: Guarded, errors: &mut Errors) {
    match (guard, &limits.max_failures) {
        (Guard::Own(_), Some(setting)) => errors.at(
            &setting.key,
            "`max_failures` and a guard of your own cannot be used together\n\
             = note: behind a guard the counters of identities stay at their floor of 100 failures in a window\n\
             = help: remove `max_failures`, or `brute_force_strategy`",
        ),
        (Guard::Recorded { .. }, Some(setting)) => errors.at(
            &setting.key,
            "`max_failures` has no effect: an audit log counts the failures of identities\n\
             = help: set `audit_log_max_failures` beside `brute_force_strategy`",
        ),
        (Guard::Counters, Some(setting)) if guarded.by_identity.is_some_and(<[_]>::is_empty) => errors.at(
            &setting.key,
            "`max_failures` limits nothing: the strategy takes no identity\n= help: remove it",
        ),
        _ => {}
    }
    if guarded.sends {
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

/// The audit log exists and writes each event before the answer.
fn check_audit_log(name: &Ident, guarded: Guarded, cx: &Cx<'_>, errors: &mut Errors) {
    if guarded.by_identity.is_some_and(<[_]>::is_empty) {
        errors.at(
            name,
            "`audit_log(…)` counts nothing here: the strategy takes no identity\n= help: take `counters`, the default",
        );
        return;
    }
    let Some(log) = cx.written::<AuditLog>().find(|log| log.name() == name) else {
        let known: Vec<String> = cx
            .written::<AuditLog>()
            .map(|log| log.name().to_string())
            .collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let help = match known[..] {
            [] => "\n= help: add `audit_log { audit_log_resource: AuditLog }` to `add_ons`".to_owned(),
            _ => suggest::help(&name.to_string(), "an audit log", &known),
        };
        errors.at(name, format!("no audit log is named `{name}`{help}"));
        return;
    };
    if let Some(mode) = log.mode.as_ref().filter(|mode| mode.value == Mode::Batched) {
        errors.at(
            name,
            format!(
                "failures cannot be counted in `{name}`: it is {}\n\
                 = note: a batch that is not written yet would not count (promise RL-01)\n\
                 = help: make it `durable`, or count in a second `audit_log` that is",
                mode.written
            ),
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
const AUDIT_LOG_MAX_FAILURES: Bound = Bound {
    default: 5,
    ceiling: 100,
    promise: "RL-01",
    what: "an identity has more than 5 recorded failures before it has to wait",
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
    /// What decides for an identity.
    fn guard(&mut self, written: &Guarding, guarded: Guarded, cx: &Cx<'_>) -> Guard {
        let (window, failures) = (&written.audit_log_window, &written.audit_log_max_failures);
        let strategy = written.brute_force_strategy.as_ref();
        if let Some(Setting {
            value: BruteForce::AuditLog(name),
            ..
        }) = strategy
        {
            check_audit_log(name, guarded, cx, self.errors);
            return Guard::Recorded {
                audit_log: name.clone(),
                max_failures: self.number(failures.as_ref(), &AUDIT_LOG_MAX_FAILURES),
                window: self.window(window.as_ref(), minutes(5), "RL-01"),
            };
        }
        // What could not be read may have been `audit_log(…)`.
        if strategy.is_some() || written.seen.lacks("brute_force_strategy") {
            let keys = [
                window.as_ref().map(|setting| &setting.key),
                failures.as_ref().map(|setting| &setting.key),
            ];
            for key in keys.into_iter().flatten() {
                self.errors.at(
                    key,
                    format!(
                        "`{key}` has no effect\n= help: it belongs to `brute_force_strategy: audit_log(…)`"
                    ),
                );
            }
        }
        match strategy.map(|setting| &setting.value) {
            Some(BruteForce::Preparation(guard)) => Guard::Own((**guard).clone()),
            _ => Guard::Counters,
        }
    }

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
