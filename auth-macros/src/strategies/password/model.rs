//! `password`, complete and valid.

use proc_macro2::Ident;
use quote::format_ident;
use syn::{LitStr, TypePath};

use super::{
    ast, limits,
    nested::{BreachedPasswords, Resettable},
    rules,
};
use crate::{
    action::ActionName,
    add_ons::confirmation::ast::Confirmation,
    block::Allow,
    errors::Errors,
    identity::{Identity, WrittenIdentity},
    limits::{Found, Guarded, Protection},
    model::{Cx, hours, minutes, or},
    part::{Written, check_name},
    resources::user::model::Column,
    setting::{Duration, Name, Secret, Setting, check_duration},
    strategies::remember_me::option as remember,
    warning::Warning,
};

/// The strategy.
#[derive(Debug)]
pub(crate) struct Password {
    pub(crate) name: Ident,
    pub(crate) identity: Identity,
    pub(crate) hashed_password: Column,
    pub(crate) hash_provider: HashProvider,
    pub(crate) pepper: Option<Secret>,
    pub(crate) previous_pepper: Option<Secret>,
    pub(crate) confirmation_required: bool,
    pub(crate) register_accept: Vec<Column>,
    pub(crate) password_field: Ident,
    pub(crate) password_confirmation_field: Ident,
    pub(crate) require_confirmed_with: Option<Column>,
    /// A registration is answered alike for new and for taken identities.
    pub(crate) answers_alike: bool,
    /// The addresses whose confirmation admits people.
    pub(crate) confirmed_fields: Vec<String>,
    pub(crate) register: Option<ActionName>,
    pub(crate) sign_in: Option<ActionName>,
    /// What hands out the token; there when it can be exchanged.
    pub(crate) sign_in_token: Option<ActionName>,
    pub(crate) sign_in_with_token: Option<ActionName>,
    pub(crate) sign_in_token_lifetime: Duration,
    pub(crate) remember_me: bool,
    pub(crate) change_password: Option<ActionName>,
    pub(crate) minimum_length: u32,
    pub(crate) maximum_bytes: u32,
    pub(crate) blocklist_words: Vec<LitStr>,
    pub(crate) breached_passwords: Option<BreachedPasswords>,
    pub(crate) reauthentication_window: Duration,
    pub(crate) resettable: Option<Resettable>,
    pub(crate) protection: Protection,
    pub(crate) allows: Vec<Allow>,
    pub(crate) warnings: Vec<Warning>,
}

/// What makes and verifies hashes.
#[derive(Debug)]
pub(crate) enum HashProvider {
    Argon2id {
        memory_kib: u32,
        iterations: u32,
        parallelism: u32,
    },
    Custom(TypePath),
}

/// The functions and the structs of arguments that a block would bring, right or wrong.
pub(super) fn likely_actions(written: &ast::Password) -> Vec<(Ident, Ident)> {
    let name = written.name();
    let resettable = written.resettable.as_ref();
    let request = resettable.and_then(|block| block.request_password_reset_action_name.as_ref());
    let reset = resettable.and_then(|block| block.password_reset_action_name.as_ref());
    [
        (
            written.register_action_name.as_ref(),
            format_ident!("register_with_{name}"),
        ),
        (
            written.sign_in_action_name.as_ref(),
            format_ident!("sign_in_with_{name}"),
        ),
        (None, format_ident!("sign_in_token_with_{name}")),
        (
            written.sign_in_with_token_action_name.as_ref(),
            format_ident!("sign_in_with_token"),
        ),
        (
            written.change_password_action_name.as_ref(),
            format_ident!("change_password"),
        ),
        (request, format_ident!("request_password_reset_with_{name}")),
        (reset, format_ident!("password_reset_with_{name}")),
    ]
    .into_iter()
    .map(|(written, default)| ActionName::new(written, default))
    .map(|action| (action.name.clone(), action.input()))
    .collect()
}

impl Password {
    pub(crate) fn resolve(written: &ast::Password, cx: &Cx, errors: &mut Errors) -> Option<Self> {
        let ast::Password {
            word,
            name,
            allows,
            seen,
            identity_field,
            identity_format,
            hashed_password_field: _,
            hash_provider,
            pepper,
            previous_pepper,
            confirmation_required,
            register_action_accept,
            password_field,
            password_confirmation_field,
            register_action_name,
            sign_in_action_name,
            sign_in_with_token_action_name,
            change_password_action_name,
            registration_enabled,
            sign_in_enabled,
            sign_in_tokens_enabled,
            change_password_enabled,
            sign_in_token_lifetime,
            remember_me,
            require_confirmed_with,
            minimum_length,
            maximum_bytes,
            blocklist_words,
            reauthentication_window,
            argon2id,
            breached_passwords,
            resettable,
            guarding,
        } = written;
        let name = name.clone().unwrap_or_else(|| word.clone());
        check_name(&name, errors);
        rules::check_needs_tokens(written, cx, errors);
        let mut warnings = Vec::new();
        warnings.extend(
            [pepper, previous_pepper]
                .into_iter()
                .flatten()
                .filter_map(|setting| setting.value.warning()),
        );
        if let Some(setting) = previous_pepper.as_ref().filter(|_| seen.lacks("pepper")) {
            errors.at(
                &setting.key,
                "`previous_pepper` needs a `pepper`\n= help: the pepper that new hashes get is set with `pepper`",
            );
        }

        let identity = WrittenIdentity {
            word,
            seen,
            identity_field: identity_field.as_ref(),
            identity_format: identity_format.as_ref(),
            default: "username",
        }
        .resolve(cx, errors);
        let identity_column = identity.as_ref().map(|identity| &identity.column);
        let hashed = rules::hashed_password(written, identity_column, cx, errors);
        let watching = identity_column.and_then(|column| {
            let mut confirmations = cx.written::<Confirmation>();
            confirmations.find(|confirmation| confirmation.watches(&column.field))
        });
        let confirmed = match require_confirmed_with {
            Some(setting) => rules::confirmed_column(setting, cx, errors),
            // Before the proof nobody may sign in, or trying the new password would tell whether the identity was free.
            None => watching.and_then(|it| cx.user.column(&it.confirmed_at().to_string()).cloned()),
        };
        let confirmed_fields = cx
            .written::<Confirmation>()
            .filter_map(|it| Some((it, it.address()?)))
            .filter(|(it, address)| {
                it.watches(address)
                    && confirmed
                        .as_ref()
                        .is_some_and(|column| column.field == it.confirmed_at())
            })
            .map(|(_, address)| address.to_string())
            .collect();
        let fields = rules::Fields {
            password: field(password_field.as_ref(), "password", word),
            confirmation: field(
                password_confirmation_field.as_ref(),
                "password_confirmation",
                word,
            ),
        };
        let taken = rules::Taken {
            identity: identity_column,
            hashed_password: hashed.as_ref(),
            confirmed: confirmed.as_ref(),
            confirmations: cx.written().map(Confirmation::confirmed_at).collect(),
        };
        let accepted = rules::accepted(register_action_accept.as_ref(), &taken, cx, errors);
        rules::check_fields(&fields, identity_column, &accepted, written, errors);

        let registers = or(registration_enabled.as_ref(), true);
        // A word of the list that was refused may be the one that is missing.
        let all_accepted = register_action_accept
            .as_ref()
            .is_none_or(|list| list.value.0.len() == accepted.len())
            && (register_action_accept.is_some() || seen.lacks("register_action_accept"));
        if registers && all_accepted {
            rules::check_fillable(
                word,
                register_action_accept.as_ref(),
                &accepted,
                &taken,
                cx,
                errors,
            );
        }
        let action = |on: bool, written: Option<&Setting<Name>>, default: String| {
            on.then(|| ActionName::new(written, format_ident!("{default}", span = name.span())))
        };
        let sign_in = or(sign_in_enabled.as_ref(), true);
        let sign_in_tokens = or(sign_in_tokens_enabled.as_ref(), true);
        let mut all_allows = allows.clone();
        // Where one of these two is absent though it was written, a mistake was reported.
        let resettable = resettable.as_ref().and_then(|written| {
            all_allows.extend(written.allows.iter().cloned());
            Resettable::resolve(written, &name, &mut warnings, errors)
        });
        let protection = Protection::resolve(
            guarding,
            Guarded {
                by_identity: Some(&["register", "sign_in", "sign_in_token", "reset_request"]),
                sends: resettable.is_some(),
            },
            cx,
            Found {
                allows: &mut all_allows,
                warnings: &mut warnings,
                errors: &mut *errors,
            },
        );
        let breached_passwords = breached_passwords
            .as_ref()
            .and_then(|written| BreachedPasswords::resolve(written, errors));
        let token_lifetime = check_duration(
            sign_in_token_lifetime.as_ref(),
            Duration { seconds: 60 },
            None,
            errors,
        );
        if let Some(setting) = sign_in_token_lifetime
            .as_ref()
            .filter(|setting| setting.value.seconds > 60)
        {
            let what = "a sign-in token is valid for more than 60 seconds";
            warnings.extend(Warning::unless_allowed(allows, "SU-04", &setting.written, what));
        }
        let ceiling = (
            hours(24),
            "a session older than a day proves too little to change a password",
        );
        let window = check_duration(
            reauthentication_window.as_ref(),
            minutes(15),
            Some(ceiling),
            errors,
        );
        let minimum_length = limits::minimum_length(minimum_length.as_ref(), allows, &mut warnings, errors);
        let maximum_bytes = limits::maximum_bytes(maximum_bytes.as_ref(), errors);
        let peppered = pepper.as_ref().or(previous_pepper.as_ref());
        let hash_provider =
            limits::hash_provider(hash_provider.as_ref(), argon2id.as_ref(), peppered, errors);

        Some(Self {
            identity: identity?,
            hashed_password: hashed?,
            hash_provider,
            pepper: pepper.as_ref().map(|setting| setting.value.clone()),
            previous_pepper: previous_pepper.as_ref().map(|setting| setting.value.clone()),
            confirmation_required: or(confirmation_required.as_ref(), true),
            register_accept: accepted,
            password_field: fields.password,
            password_confirmation_field: fields.confirmation,
            require_confirmed_with: confirmed,
            answers_alike: registers && watching.is_some(),
            confirmed_fields,
            register: action(
                registers,
                register_action_name.as_ref(),
                format!("register_with_{name}"),
            ),
            sign_in: action(
                sign_in,
                sign_in_action_name.as_ref(),
                format!("sign_in_with_{name}"),
            ),
            sign_in_token: action(sign_in_tokens, None, format!("sign_in_token_with_{name}")),
            sign_in_with_token: action(
                sign_in_tokens,
                sign_in_with_token_action_name.as_ref(),
                "sign_in_with_token".to_owned(),
            ),
            sign_in_token_lifetime: token_lifetime,
            remember_me: remember::resolve(remember_me.as_ref(), cx, errors),
            change_password: action(
                or(change_password_enabled.as_ref(), cx.tokens),
                change_password_action_name.as_ref(),
                "change_password".to_owned(),
            ),
            minimum_length,
            maximum_bytes,
            blocklist_words: blocklist_words
                .as_ref()
                .map_or_else(Vec::new, |list| list.value.0.clone()),
            breached_passwords,
            reauthentication_window: window,
            resettable,
            protection,
            allows: all_allows,
            warnings,
            name,
        })
    }

    /// The actions that are switched on, with their runtime kinds and the settings that name them.
    pub(super) fn action_names(&self) -> impl Iterator<Item = (&'static str, &'static str, &ActionName)> {
        let resettable = self.resettable.as_ref();
        [
            ("register", "register_action_name", self.register.as_ref()),
            ("sign_in", "sign_in_action_name", self.sign_in.as_ref()),
            (
                "sign_in_token",
                "sign_in_action_name",
                self.sign_in_token.as_ref(),
            ),
            (
                "sign_in_with_token",
                "sign_in_with_token_action_name",
                self.sign_in_with_token.as_ref(),
            ),
            (
                "change",
                "change_password_action_name",
                self.change_password.as_ref(),
            ),
            (
                "reset_request",
                "request_password_reset_action_name",
                resettable.map(|resettable| &resettable.request),
            ),
            (
                "reset",
                "password_reset_action_name",
                resettable.map(|resettable| &resettable.reset),
            ),
        ]
        .into_iter()
        .filter_map(|(kind, setting, action)| Some((kind, setting, action?)))
    }
}

/// The parameter that a setting names, or its default.
fn field(written: Option<&Setting<Name>>, default: &str, word: &Ident) -> Ident {
    written.map_or_else(
        || Ident::new(default, word.span()),
        |setting| setting.value.0.clone(),
    )
}
