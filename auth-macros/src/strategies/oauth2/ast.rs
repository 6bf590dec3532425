//! `oauth2`, `oidc` and the presets as written: one block for all of them.

use proc_macro2::Ident;
use syn::{LitStr, parse::ParseStream};

#[cfg(test)]
use crate::block::Table;
use crate::{
    block::{Block, Pairs, block},
    errors::Errors,
    identity::IdentityFormat,
    limits::Guarding,
    model::Cx,
    part::{Part, Written},
    setting::{ColumnName, Duration, Function, List, Name, Secret, Sender},
    strategies::remember_me::option as remember,
};

use super::{
    choices::{ClientAuthentication, OnUntrustedMatch, SigningAlgorithm},
    presets::Preset,
    values::{ClaimPath, Filling, IdentityTable, Source, Texts},
};

block! {
    /// People sign in with an account that they have elsewhere. `oauth2` is any provider that speaks OAuth 2.0, `oidc` any
    /// that speaks OpenID Connect; a preset is one that is known, with the same settings. Needs `tokens`.
    "oauth2" gives_up []
    struct OAuth2 {
        [client: Client]
        [options: Options]
        [flow: Flow]
        [account: Account]
        [guarding: Guarding]
    }
}

block! {
    /// What the application is at the one provider of a block, and where the provider is.
    "oauth2" gives_up []
    struct Client {
        /// The client's name at the provider.
        client_id: Source = "required",
        /// The client's secret.
        client_secret: Secret = "required, unless the client authenticates without one",
        /// The issuer; for OAuth 2.0, what endpoints are relative to.
        base_url: Source = "required for `oauth2`, `oidc`, `auth0`, `okta` and `zitadel`; the provider's",
        /// Where browsers are sent: absolute, or beginning with `/`. OAuth 2.0 only.
        authorize_url: Source = "required for `oauth2`; the provider's",
        /// Where codes are exchanged. OAuth 2.0 only.
        token_url: Source = "required for `oauth2`; the provider's",
        /// Who somebody is. OAuth 2.0 only.
        user_url: Source = "required for `oauth2`; the provider's",
        /// Where the addresses of somebody are. `github` and `bitbucket` only.
        emails_url: Source = "the provider's",
        /// Where the discovery document is: absolute, or beginning with `/`. OpenID Connect only.
        openid_configuration_uri: Source = "`\"/.well-known/openid-configuration\"`",
        /// The client's private key: PKCS#8 PEM. For `private_key_jwt`, and for `apple`.
        private_key: Secret = "none",
        /// A file with that key.
        private_key_path: Source = "none",
        /// What the provider calls that key.
        private_key_id: Source = "none",
    }
}

block! {
    /// What one provider alone knows.
    "oauth2" gives_up []
    struct Options {
        /// The domains whose people are let in, or `"*"` for all organisations. `google` only.
        hosted_domain: Texts = "everybody",
        /// The tenants whose people are let in, each by its identifier. `microsoft` only.
        allowed_tenants: Texts = "everybody",
        /// The organisation whose people are let in. `auth0` only.
        organization: Texts = "everybody",
        /// The project whose identifier stands among the audiences. `zitadel` only.
        resource_id: Texts = "none",
        /// The workspace whose people are let in for `slack`; the team of the developer for `apple`, which requires it.
        team_id: Source = "everybody",
    }
}

block! {
    /// How a sign-in goes.
    "oauth2" gives_up ["OA-01"]
    struct Flow {
        /// Where callbacks come in: the place where the routes are mounted, or the whole address.
        redirect_uri: Source = "the public URL of the application",
        /// How the token endpoint knows the client. OAuth 2.0 only.
        auth_method: ClientAuthentication = "`client_secret_post`, or the provider's",
        /// How the token endpoint knows the client. OpenID Connect only.
        client_authentication_method: ClientAuthentication = "`client_secret_basic`, or the provider's",
        /// How the client signs assertions.
        client_assertion_alg: SigningAlgorithm = "`HS256`, or by the kind of key",
        /// What is asked for, in place of what the preset asks for; `openid` is added for OpenID Connect.
        scope: List<LitStr> = "the provider's",
        /// PKCE. Switching it off gives up OA-01, and cannot be done for a provider that is known to support it.
        code_verifier: bool = "`true`, `false` for a provider that does not know it",
        /// ID tokens must repeat a nonce. Switching it off gives up OA-01. OpenID Connect only.
        nonce: bool = "`true`, `false` for `linkedin`",
        /// How ID tokens are signed; nothing else is accepted. OpenID Connect only.
        id_token_signed_response_alg: SigningAlgorithm = "`RS256`, or the provider's",
        /// How old an ID token may be at a sign-in; at most `24 hours`. OpenID Connect only.
        id_token_ttl: Duration = "`10 minutes`",
        /// How far the provider's clock may be off; at most `5 minutes`. OpenID Connect only.
        leeway: Duration = "`60 seconds`",
        /// Audiences that may stand in ID tokens beside the client. OpenID Connect only.
        trusted_audiences: List<LitStr> = "`[]`",
        /// The provider is asked for more than ID tokens say. OpenID Connect only.
        fetch_user_info: bool = "`false`, `true` for `zitadel`",
        { authorization_params: AuthorizationParams }
        { claims: Claims }
    }
}

block! {
    /// Who somebody is here.
    "oauth2" gives_up ["OA-06", "CF-01"]
    struct Account {
        /// The `#[derive(UserIdentity)]` struct.
        identity_resource: IdentityTable = "a table `<subject>_identities` that the block writes",
        /// The strategy is left out of a deployment where `client_id` has no value at the start, instead of stopping it.
        optional: bool = "`false`",
        /// The unique column of the address.
        identity_field: ColumnName = "`email`",
        /// How an address is brought into its one form; with `name` the column is filled with `preferred_username`.
        identity_format: IdentityFormat = "`email` if the column is `email` or ends in `_email`, else `name`",
        /// Somebody who has no account gets one.
        registration_enabled: bool = "`true`",
        /// Columns that follow the provider at each sign-in, out of those in `user_info_to_attributes`.
        update_on_sign_in: List<ColumnName> = "`[]`",
        /// The provider's tokens are kept, sealed. Needs `encryption_key`.
        store_tokens: bool = "`false`",
        /// An address that the provider has verified attaches an identity to the account that has proven it, too. For a provider where an administrator writes addresses it gives up OA-06.
        trust_email_verified: bool = "the provider's",
        /// What happens to an address that has an account but does not prove to be the same person's: nobody is signed in, or the owner of the address is asked. `confirm` needs a `confirmation`.
        on_untrusted_email_match: OnUntrustedMatch = "`reject`",
        /// What asks owners of addresses, and tells them of identities that came and went.
        sender: Sender = "the one of the `confirmation` that watches the address, if there is one",
        /// Demands a `confirmation` where people register with a password. Switching it off gives up CF-01.
        prevent_hijacking: bool = "`true`",
        /// Sign-ins take the argument `remember_me`. Needs the strategy `remember_me`.
        remember_me: bool = "`false`",
        /// Claims that the strategy adds to the session token.
        extra_claims: Function = "none",
        /// The provider may end the sessions that it began. OpenID Connect only.
        backchannel_logout: bool = "`true` for `oidc` where tokens are stored, else `false`",
        /// How long after a sign-in an identity can be attached or detached; at most `24 hours`.
        reauthentication_window: Duration = "`15 minutes`",
        /// The name of the action that leads to the provider.
        request_action_name: Name = "`request_<name>`",
        /// The name of the action that ends in a sign-in or a registration.
        register_action_name: Name = "`register_with_<name>`",
        /// The name of the action that ends in a sign-in, where `registration_enabled` is off.
        sign_in_action_name: Name = "`sign_in_with_<name>`",
        /// The name of the action that leads to the provider to attach an identity.
        link_action_name: Name = "`link_<name>`",
        /// The name of the action that detaches an identity.
        unlink_action_name: Name = "`unlink_<name>`",
        /// The name of the action that lists identities.
        list_action_name: Name = "`list_<name>_identities`",
        /// The name of the action that attaches an identity by the word of an address's owner.
        confirm_action_name: Name = "`confirm_<name>`",
        /// The name of the action that signs out here and leads to where one signs out there. OpenID Connect only.
        sign_out_action_name: Name = "`sign_out_with_<name>`",
        /// The name of the function that gives a valid token of the provider's.
        access_token_action_name: Name = "`<name>_access_token`",
        { user_info_to_attributes: Attributes }
    }
}

/// Parameters of the authorize URL.
pub(crate) type AuthorizationParams = Pairs<LitStr>;
/// Standard claims and where they are.
pub(crate) type Claims = Pairs<ClaimPath>;
/// Columns and what fills them.
pub(crate) type Attributes = Pairs<Filling>;

impl OAuth2 {
    /// What the word of the block stands for.
    pub(super) fn preset(&self) -> &'static Preset {
        Preset::of(&self.word.to_string())
    }
}

impl Block for OAuth2 {
    const NAMED: bool = true;

    fn read(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        Self::read_content(word, name, content, errors)
    }
}

impl Written for OAuth2 {
    fn word(&self) -> &Ident {
        &self.word
    }

    fn given_name(&self) -> Option<&Ident> {
        self.name.as_ref()
    }

    fn resolve(&self, cx: &Cx<'_>, errors: &mut Errors) -> Option<Box<dyn Part>> {
        let oauth2 = super::model::OAuth2::resolve(self, cx, errors)?;
        Some(Box::new(oauth2))
    }

    fn remembers(&self) -> bool {
        remember::wanted(self.account.remember_me.as_ref())
    }

    fn likely_actions(&self) -> Vec<(Ident, Ident)> {
        super::actions::likely(self.name(), &self.account)
    }

    fn identity_field(&self) -> Option<Ident> {
        Some(self.account.identity_field())
    }

    fn column_names(&self) -> Vec<Ident> {
        self.account.column_names()
    }
}

impl Account {
    /// The column of the address.
    pub(crate) fn identity_field(&self) -> Ident {
        let written = self
            .identity_field
            .as_ref()
            .map(|setting| setting.value.0.clone());
        written.unwrap_or_else(|| Ident::new("email", self.word.span()))
    }

    /// The names of columns, as they stand in the block.
    pub(crate) fn column_names(&self) -> Vec<Ident> {
        let field = self.identity_field.iter().map(|setting| &setting.value.0);
        let filled = self.user_info_to_attributes.iter().flat_map(|block| &block.list);
        let updated = self.update_on_sign_in.iter().flat_map(|setting| &setting.value.0);
        field
            .chain(filled.map(|setting| &setting.key))
            .chain(updated.map(|name| &name.0))
            .cloned()
            .collect()
    }
}

/// The tables of this strategy, for the settings reference. All words share them.
#[cfg(test)]
pub(crate) fn tables(word: &str) -> Vec<&'static Table> {
    const fn pairs(word: &'static str, doc: &'static [&'static str]) -> Table {
        Table {
            word,
            doc,
            settings: &[],
            blocks: &[],
            shared: &[],
            promises: &[],
        }
    }
    static PARAMS: Table = pairs(
        "authorization_params",
        &[
            "Parameters of the address that browsers are sent to, such as `prompt: \"login\"`, in place of the preset's of that name.",
        ],
    );
    static CLAIMS: Table = pairs(
        "claims",
        &[
            "Where standard claims are in what the provider says, such as `email: \"contact.mail\"`. Where `sub` is can be said for `oauth2` alone.",
        ],
    );
    static ATTRIBUTES: Table = pairs(
        "user_info_to_attributes",
        &[
            "Columns of a new person and what fills them: a claim such as `name` or `\"address.locality\"`, a closure such as `|info| …`, or a function by its path, such as `self::slug`.",
        ],
    );
    if word != OAuth2::TABLE.word {
        return Vec::new();
    }
    vec![
        &OAuth2::TABLE,
        &PARAMS,
        &CLAIMS,
        &ATTRIBUTES,
        &crate::limits::Limits::TABLE,
    ]
}
