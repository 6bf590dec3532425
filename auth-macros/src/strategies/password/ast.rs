//! `password` as written.

use proc_macro2::Ident;
use syn::{Expr, LitStr, TypePath, ext::IdentExt, parse::ParseStream};

#[cfg(test)]
use crate::block::Table;
use crate::{
    block::{Block, block},
    errors::Errors,
    identity::IdentityFormat,
    limits::Guarding,
    model::Cx,
    part::{Part, Written},
    setting::{Choice, ColumnName, Duration, List, Name, Secret, Sender, Unfit, Value},
    strategies::remember_me::option as remember,
};

block! {
    /// People register and sign in with an identity and a password.
    "password" gives_up ["PW-03", "SU-04"]
    struct Password {
        /// The unique column that people type.
        identity_field: ColumnName = "`username`",
        /// How an identity is brought into its one form.
        identity_format: IdentityFormat = "`email` if the column is `email` or ends in `_email`, else `name`",
        /// The column of the hash; `#[auth(sensitive)]`, `String` or `Option<String>`.
        hashed_password_field: ColumnName = "`hashed_password`",
        /// What makes and verifies hashes.
        hash_provider: HashProvider = "`argon2id`",
        /// A key that hashes depend on besides the password.
        pepper: Secret = "none",
        /// The pepper before, which still verifies.
        previous_pepper: Secret = "none",
        /// A new password is typed twice.
        confirmation_required: bool = "`true`",
        /// Columns that the register action takes besides identity and password.
        register_action_accept: List<ColumnName> = "`[]`",
        /// The parameter of the password.
        password_field: Name = "`password`",
        /// The parameter of the second entry.
        password_confirmation_field: Name = "`password_confirmation`",
        /// The name of the register action.
        register_action_name: Name = "`register_with_<name>`",
        /// The name of the sign-in action.
        sign_in_action_name: Name = "`sign_in_with_<name>`",
        /// The name of the action that exchanges a sign-in token.
        sign_in_with_token_action_name: Name = "`sign_in_with_token`",
        /// The name of the action that changes the password of a signed-in person.
        change_password_action_name: Name = "`change_password`",
        /// People can register.
        registration_enabled: bool = "`true`",
        /// People can sign in.
        sign_in_enabled: bool = "`true`",
        /// A sign-in can hand out a short-lived token that is exchanged for the session.
        sign_in_tokens_enabled: bool = "`true`",
        /// People can change their password.
        change_password_enabled: bool = "`true`, `false` without tokens",
        /// How long a sign-in token is valid. A longer one gives up SU-04.
        sign_in_token_lifetime: Duration = "`60 seconds`",
        /// Sign-ins take the argument `remember_me`. Needs the strategy `remember_me`.
        remember_me: bool = "`false`",
        /// The column that has to be set before a person can sign in.
        require_confirmed_with: ColumnName = "the `confirmed_at_field` of a `confirmation` that watches the identity, else none",
        /// The least number of characters, 8 to 64. Fewer than 15 gives up PW-03.
        minimum_length: u32 = "`15`",
        /// The most bytes, 256 to 4096.
        maximum_bytes: u32 = "`1024`",
        /// Words that passwords may not be made of, such as the name of the service.
        blocklist_words: List<LitStr> = "`[]`",
        /// How long after a sign-in the password can be changed; at most `24 hours`.
        reauthentication_window: Duration = "`15 minutes`",
        { argon2id: Argon2id }
        { breached_passwords: BreachedPasswords }
        { resettable: Resettable }
        [guarding: Guarding]
    }
}

block! {
    /// The cost of a hash.
    "argon2id" gives_up []
    struct Argon2id {
        /// Memory in KiB.
        memory_kib: u32 = "`19456`",
        /// Passes over the memory.
        iterations: u32 = "`2`",
        /// Lanes.
        parallelism: u32 = "`1`",
    }
}

block! {
    /// Refuses passwords that a breach has published.
    "breached_passwords" gives_up []
    struct BreachedPasswords {
        /// A value that implements `BreachedPasswords`.
        checker: Expr = "required",
        /// What happens to a password that could not be checked.
        when_unreachable: WhenUnreachable = "required",
    }
}

block! {
    /// People who forgot their password can set a new one.
    "resettable" gives_up ["SU-04"]
    struct Resettable {
        /// What delivers the link.
        sender: Sender = "required",
        /// How long the link is valid, at most `3 days`. More than 30 minutes gives up SU-04.
        token_lifetime: Duration = "`30 minutes`",
        /// The name of the action that asks for the link.
        request_password_reset_action_name: Name = "`request_password_reset_with_<name>`",
        /// The name of the action that sets the new password.
        password_reset_action_name: Name = "`password_reset_with_<name>`",
    }
}

impl Block for Password {
    const NAMED: bool = true;

    fn read(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        Self::read_content(word, name, content, errors)
    }
}

impl Written for Password {
    fn word(&self) -> &Ident {
        &self.word
    }

    fn given_name(&self) -> Option<&Ident> {
        self.name.as_ref()
    }

    fn resolve(&self, cx: &Cx<'_>, errors: &mut Errors) -> Option<Box<dyn Part>> {
        let password = super::model::Password::resolve(self, cx, errors)?;
        Some(Box::new(password))
    }

    fn remembers(&self) -> bool {
        remember::wanted(self.remember_me.as_ref())
    }

    fn likely_actions(&self) -> Vec<(Ident, Ident)> {
        super::model::likely_actions(self)
    }

    fn identity_field(&self) -> Option<Ident> {
        let written = self
            .identity_field
            .as_ref()
            .map(|setting| setting.value.0.clone());
        Some(written.unwrap_or_else(|| Ident::new("username", self.word.span())))
    }

    fn column_names(&self) -> Vec<Ident> {
        let single = [
            &self.identity_field,
            &self.hashed_password_field,
            &self.require_confirmed_with,
        ];
        let listed = self
            .register_action_accept
            .iter()
            .flat_map(|setting| &setting.value.0);
        single
            .into_iter()
            .flatten()
            .map(|setting| &setting.value)
            .chain(listed)
            .map(|name| name.0.clone())
            .collect()
    }
}

macro_rules! nested {
    ($($Nested:ident),*) => { $(
        impl Block for $Nested {
            fn read(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
                Self::read_content(word, name, content, errors)
            }
        }
    )* };
}
nested!(Argon2id, BreachedPasswords, Resettable);

/// The tables of this strategy, for the settings reference.
#[cfg(test)]
pub(crate) fn tables() -> Vec<&'static Table> {
    vec![
        &Password::TABLE,
        &Argon2id::TABLE,
        &BreachedPasswords::TABLE,
        &Resettable::TABLE,
        &crate::limits::Limits::TABLE,
    ]
}

/// What happens to a password that could not be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenUnreachable {
    Allow,
    Refuse,
}

impl Choice for WhenUnreachable {
    const KIND: &'static str = "`allow` or `refuse`";
    const NOUN: &'static str = "answer";
    const CHOICES: &'static [(&'static str, Self)] = &[("allow", Self::Allow), ("refuse", Self::Refuse)];
}

/// What makes and verifies hashes.
#[derive(Debug, Clone)]
pub(crate) enum HashProvider {
    Argon2id,
    Custom(TypePath),
}

impl Value for HashProvider {
    const KIND: &'static str = "`argon2id` or a type that implements `HashProvider`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        let provider: TypePath = input.parse()?;
        let Some(word) = provider.path.get_ident() else {
            return Ok(Self::Custom(provider));
        };
        match word.unraw().to_string().as_str() {
            "argon2id" => Ok(Self::Argon2id),
            old @ ("bcrypt" | "scrypt" | "pbkdf2" | "sha256") => {
                let note = if old == "sha256" {
                    "a bare SHA-256 can be guessed billions of times a second"
                } else {
                    "with the feature `legacy-hashes` imported hashes of this kind are verified, and replaced at the next sign-in"
                };
                let text = format!(
                    "`{old}` cannot make new hashes\n= note: {note}\n= help: leave the setting out: new hashes are argon2id"
                );
                Err(Unfit::Because(syn::Error::new_spanned(&provider, text)))
            }
            _ => Ok(Self::Custom(provider)),
        }
    }
}
