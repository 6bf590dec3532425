use std::fmt;

macro_rules! causes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal,)*) => {
        /// Why something was refused: a closed set of codes for audit events, logs and metrics.
        ///
        /// A cause never leaves the server.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Cause {
            $($(#[$doc])* $variant,)*
            /// A cause of the application's own, by its code: lower case letters, digits and `_`.
            Custom(&'static str),
        }

        impl Cause {
            /// The code as it stands in logs and audit events.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Custom(code) => code,
                }
            }
        }
    };
}

causes! {
    /// Nobody with that identity, or nobody with a password.
    NoUser = "no_user",
    /// The password does not match.
    WrongPassword = "wrong_password",
    /// Too many attempts failed before this one, which was not run.
    TooManyAttempts = "too_many_attempts",
    /// The account changed while the sign-in was under way.
    ChangedMeanwhile = "changed_meanwhile",
    /// The column named by `require_confirmed_with` is null.
    Unconfirmed = "unconfirmed",
    /// Registration is switched off.
    RegistrationDisabled = "registration_disabled",
    /// Somebody registers with an identity that has an account.
    IdentityTaken = "identity_taken",
    /// Sign-in is switched off.
    SignInDisabled = "sign_in_disabled",
    /// The token does not verify.
    TokenInvalid = "token_invalid",
    /// The token was made for something else.
    WrongPurpose = "wrong_purpose",
    /// The token was made by another action.
    WrongAction = "wrong_action",
    /// The token was spent, revoked or replaced.
    TokenSpent = "token_spent",
    /// The token is bound to another browser.
    OtherBrowser = "other_browser",
    /// The token had been used to renew a session; the session has ended.
    TokenReused = "token_reused",
    /// The token's subject is not of this resource.
    ForeignSubject = "foreign_subject",
    /// The token's subject does not exist any more.
    NoSubject = "no_subject",
    /// Nobody is signed in.
    NotSignedIn = "not_signed_in",
    /// The session is older than the re-authentication window.
    StaleSession = "stale_session",
    /// There is no such API key, or the text is another one's.
    KeyInvalid = "key_invalid",
    /// The API key has expired.
    KeyExpired = "key_expired",
    /// The API key was revoked.
    KeyRevoked = "key_revoked",
    /// The request came from another site.
    CrossSite = "cross_site_request",
    /// The request carried several credentials.
    AmbiguousCredentials = "ambiguous_credentials",
    /// The request could not be read.
    Malformed = "malformed_request",
    /// The input was refused.
    InvalidInput = "invalid_input",
    /// No such action.
    NoSuchAction = "no_such_action",
    /// The callback does not belong to the attempt it claims to answer.
    AttemptMismatch = "attempt_mismatch",
    /// The provider, or the person there, refused.
    ProviderDenied = "provider_denied",
    /// The provider's answer or token does not hold.
    ProviderInvalid = "provider_invalid",
    /// The identity is not of the tenant, team or domain that the declaration asks for.
    OutsideOrganisation = "outside_organisation",
    /// The provider cannot be reached.
    ProviderUnreachable = "provider_unreachable",
    /// There is no such connection, it is disabled, or it cannot be used.
    UnknownConnection = "unknown_connection",
    /// The identity belongs to somebody else.
    IdentityElsewhere = "identity_elsewhere",
    /// The identity was stored for another issuer.
    OtherIssuer = "other_issuer",
    /// The account has another identity of this provider.
    SecondIdentity = "second_identity",
    /// The address that the provider names has an account, and nothing shows that it is the same person's.
    UntrustedMatch = "untrusted_match",
    /// As that, and the account's owner was asked by mail.
    ConfirmationRequired = "confirmation_required",
    /// The provider does not say what a new account needs.
    IncompleteClaims = "incomplete_claims",
    /// It would be the last way to sign in.
    LastCredential = "last_credential",
    /// A sender did not deliver.
    SenderFailed = "sender_failed",
    /// No hashing slot was free.
    Overloaded = "overloaded",
    /// A guard of the application could not be asked.
    GuardFailed = "guard_failed",
    /// The database failed.
    StorageFailed = "storage_failed",
    /// No tenant was named.
    TenantRequired = "tenant_required",
    /// The application is set up wrongly.
    Misconfigured = "misconfigured",
    /// An unexpected failure.
    Internal = "internal",
}

impl Cause {
    /// Whether the server is at fault. Such a cause says nothing about a person.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        matches!(
            self,
            Self::ProviderUnreachable
                | Self::SenderFailed
                | Self::Overloaded
                | Self::GuardFailed
                | Self::StorageFailed
                | Self::Misconfigured
                | Self::Internal
        )
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
