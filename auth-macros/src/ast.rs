//! The block as it was written: every setting optional, nothing judged.

use proc_macro2::{Ident, TokenStream};
use syn::{
    LitStr, TypePath,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    token,
};

use crate::{
    add_ons::AddOns,
    block::{self, Block, block},
    errors::Errors,
    part::Written,
    setting::{Choice, ColumnName, Duration, Function, List, Name, Secret, Sender, Unfit, Value},
    strategies::Strategies,
};

block! {
    /// Stands once for each `#[derive(Authenticated)]` struct, below it in the same module.
    "" gives_up ["TK-08"]
    struct Root {
        /// The struct, where it is of another module or the module holds two of them.
        resource: TypePath = "the struct above the block",
        /// The application's type for its database: `Sqlite`, `Postgres`, `Mysql` or its own.
        repo: TypePath = "required",
        /// The name of this kind of person in subjects, routes and parameters.
        subject_name: LitStr = "the struct's name in snake case",
        /// What a session remembers of a token that has no stored row: its `jti`, or nothing that can be revoked.
        session_identifier: SessionIdentifier = "`jti`; required where presence is not",
        /// The name of the generated look-up by subject.
        get_by_subject_action_name: Name = "`get_by_subject`",
        /// The columns that a sender finds in its context, so that one sender can serve several kinds of people.
        select_for_senders: List<ColumnName> = "`[email]` where there is such a column",
        /// Which address counts as the client's: of the connection, or the n-th from the right of a declared number of proxies.
        client_ip: ClientIp = "`peer`",
        /// The column that says which tenant a person belongs to. People of different tenants are strangers, whatever they are called.
        tenant_field: ColumnName = "none",
        /// The key that encrypts what is kept for use elsewhere, such as tokens of providers: at least 32 random bytes.
        encryption_key: Secret = "none",
        /// Keys that still decrypt, newest first.
        previous_encryption_keys: List<Secret> = "`[]`",
        { tokens: Tokens }
        { strategies: Strategies }
        { add_ons: AddOns }
    }
}

block! {
    /// Turns tokens on. Without it no strategy can give out tokens.
    "tokens" gives_up ["SU-09", "SE-04"]
    struct Tokens {
        /// Turns tokens off while the block stays.
        enabled: bool = "`true`",
        /// The `#[derive(TokenResource)]` struct.
        token_resource: TypePath = "required",
        /// The key that signs.
        signing_secret: Secret = "required",
        /// Keys that still verify, newest first.
        previous_signing_secrets: List<Secret> = "`[]`",
        /// How tokens are signed.
        signing_algorithm: Algorithm = "`HS256`",
        /// How long a session lasts at most. More than `30 days` gives up SE-04.
        token_lifetime: Duration = "`14 days`",
        /// Ends a session that was not used for so long, at least `1 minute`; checked in the one read that loads a session.
        session_idle_timeout: Duration = "no limit",
        /// Keeps a row for each token. Without it a reset or change of the password ends no session, which gives up SU-09.
        store_all_tokens: bool = "`true`",
        /// Refuses tokens whose row is not there.
        require_token_presence_for_authentication: bool = "`true`",
        /// Claims that the application adds.
        extra_claims: Function = "none",
        /// The `iss` claim.
        issuer: LitStr = "the name of the application's package",
        /// The `aud` claim.
        audience: LitStr = "the name of the application's package",
        /// How far clocks may differ; at most `60 seconds`.
        leeway: Duration = "`30 seconds`",
        /// How often expired rows are deleted.
        expunge_interval: Duration = "`12 hours`",
        { refresh: Refresh }
    }
}

block! {
    /// Gives clients other than browsers short session tokens, and a refresh token that is spent for the next pair.
    "refresh" gives_up ["SE-04"]
    struct Refresh {
        /// How long a session token is valid that comes with a refresh token; at most `1 hour`.
        access_token_lifetime: Duration = "`10 minutes`",
        /// How long after the sign-in a session can be renewed. More than `30 days` gives up SE-04.
        refresh_token_lifetime: Duration = "`30 days`",
        /// How long requests beside the one that spent a refresh token get the same answer; at most `60 seconds`.
        reuse_grace: Duration = "`10 seconds`",
        /// What delivers the notice that a used token was presented again.
        sender: Sender = "nobody is told",
    }
}

impl Block for Refresh {
    fn read(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        Self::read_content(word, name, content, errors)
    }
}

impl Block for Tokens {
    fn read(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        Self::read_content(word, name, content, errors)
    }
}

impl Root {
    /// Reads the whole content of `authentication!`, for which `word` stands.
    pub(crate) fn parse(word: Ident, tokens: TokenStream, errors: &mut Errors) -> Option<Self> {
        let mut root = None;
        let read = |input: ParseStream| {
            root = Some(Self::read_content(word, None, input, errors));
            Ok(())
        };
        let result = read.parse2(tokens);
        errors.keep(result);
        root
    }
}

impl Root {
    /// Everything that is declared: strategies, then add-ons.
    pub(crate) fn written(&self) -> impl Iterator<Item = &dyn Written> {
        let strategies = self.strategies.iter().flat_map(|section| &section.list);
        let add_ons = self.add_ons.iter().flat_map(|section| &section.list);
        strategies.chain(add_ons).map(|written| &**written)
    }

    /// The names of columns, as they stand in the block.
    pub(crate) fn column_names(&self) -> Vec<Ident> {
        let senders = self
            .select_for_senders
            .iter()
            .flat_map(|setting| &setting.value.0);
        senders
            .chain(self.tenant_field.as_ref().map(|setting| &setting.value))
            .map(|name| name.0.clone())
            .chain(self.written().flat_map(|written| written.column_names()))
            .collect()
    }
}

/// What a session remembers of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionIdentifier {
    Jti,
    Unsafe,
}

impl Choice for SessionIdentifier {
    const KIND: &'static str = "`jti` or `unsafe`";
    const NOUN: &'static str = "session identifier";
    const CHOICES: &'static [(&'static str, Self)] = &[("jti", Self::Jti), ("unsafe", Self::Unsafe)];
}

/// How tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    HS256,
    HS384,
    HS512,
    EdDSA,
    ES256,
    RS256,
}

impl Choice for Algorithm {
    const KIND: &'static str = "`HS256`, `HS384`, `HS512`, `EdDSA`, `ES256` or `RS256`";
    const NOUN: &'static str = "signing algorithm";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("HS256", Self::HS256),
        ("HS384", Self::HS384),
        ("HS512", Self::HS512),
        ("EdDSA", Self::EdDSA),
        ("ES256", Self::ES256),
        ("RS256", Self::RS256),
    ];
}

/// Which address counts as the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientIp {
    Peer,
    Forwarded(u32),
}

impl Value for ClientIp {
    const KIND: &'static str =
        "`peer` or `forwarded(n)`, where `n` is the number of trusted proxies, 1 to 16";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        let word = input.call(Ident::parse_any)?;
        if word == "peer" {
            return Ok(Self::Peer);
        }
        if word != "forwarded" || !input.peek(token::Paren) {
            return Err(Unfit::Kind);
        }
        let content = block::parentheses(input)?;
        match u32::read(&content) {
            Ok(proxies @ 1..=16) if content.is_empty() => Ok(Self::Forwarded(proxies)),
            _ => {
                block::skip_all(&content);
                Err(Unfit::Kind)
            }
        }
    }
}
