//! Words out of closed sets, and what they are at run time.

use proc_macro2::TokenStream;
use quote::quote;

use crate::{paths, setting::Choice};

/// How a provider is spoken with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    OAuth2,
    Oidc,
}

impl Protocol {
    /// The word that stands for the protocol alone.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::OAuth2 => "oauth2",
            Self::Oidc => "oidc",
        }
    }

    /// The setting that says how the token endpoint knows the client.
    pub(crate) const fn authentication_setting(self) -> &'static str {
        match self {
            Self::OAuth2 => "auth_method",
            Self::Oidc => "client_authentication_method",
        }
    }

    pub(super) fn at_run_time(self) -> TokenStream {
        let oauth = paths::OAUTH;
        match self {
            Self::OAuth2 => quote!(#oauth::Protocol::OAuth2),
            Self::Oidc => quote!(#oauth::Protocol::Oidc),
        }
    }
}

/// How the token endpoint knows the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientAuthentication {
    None,
    ClientSecretBasic,
    ClientSecretPost,
    ClientSecretJwt,
    PrivateKeyJwt,
    /// By a secret that the private key signs. It goes with a preset, and nobody can choose it.
    SignedSecret,
}

impl Choice for ClientAuthentication {
    const KIND: &'static str =
        "`none`, `client_secret_basic`, `client_secret_post`, `client_secret_jwt` or `private_key_jwt`";
    const NOUN: &'static str = "way to authenticate a client";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("none", Self::None),
        ("client_secret_basic", Self::ClientSecretBasic),
        ("client_secret_post", Self::ClientSecretPost),
        ("client_secret_jwt", Self::ClientSecretJwt),
        ("private_key_jwt", Self::PrivateKeyJwt),
    ];
}

impl ClientAuthentication {
    /// Its name among the choices.
    pub(crate) fn word(self) -> &'static str {
        let word = Self::CHOICES.iter().find(|(_, choice)| *choice == self);
        word.map_or("a secret that the private key signs", |(word, _)| word)
    }

    pub(super) const fn needs_secret(self) -> bool {
        matches!(
            self,
            Self::ClientSecretBasic | Self::ClientSecretPost | Self::ClientSecretJwt
        )
    }

    pub(super) const fn needs_key(self) -> bool {
        matches!(self, Self::PrivateKeyJwt | Self::SignedSecret)
    }

    pub(super) fn at_run_time(self) -> TokenStream {
        let oauth = paths::OAUTH;
        let variant = match self {
            Self::None => quote!(None),
            Self::ClientSecretBasic => quote!(ClientSecretBasic),
            Self::ClientSecretPost => quote!(ClientSecretPost),
            Self::ClientSecretJwt => quote!(ClientSecretJwt),
            Self::PrivateKeyJwt => quote!(PrivateKeyJwt),
            Self::SignedSecret => quote!(SignedSecret),
        };
        quote!(#oauth::ClientAuthentication::#variant)
    }
}

macro_rules! algorithms {
    ($first:ident $(, $name:ident)* or $last:ident) => {
        /// How a provider signs ID tokens, or a client its assertions.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum SigningAlgorithm { $first, $($name,)* $last }

        impl Choice for SigningAlgorithm {
            const KIND: &'static str =
                concat!("`", stringify!($first), "`" $(, ", `", stringify!($name), "`")*, " or `", stringify!($last), "`");
            const NOUN: &'static str = "signing algorithm";
            const CHOICES: &'static [(&'static str, Self)] =
                &[
                (stringify!($first), Self::$first),
                $((stringify!($name), Self::$name),)*
                (stringify!($last), Self::$last),
            ];
        }

        impl SigningAlgorithm {
            pub(super) fn at_run_time(self) -> TokenStream {
                let oauth = paths::OAUTH;
                match self {
                    Self::$first => quote!(#oauth::SigningAlgorithm::$first),
                    $(Self::$name => quote!(#oauth::SigningAlgorithm::$name),)*
                    Self::$last => quote!(#oauth::SigningAlgorithm::$last),
                }
            }
        }
    };
}

algorithms!(RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA, HS256, HS384 or HS512);

impl SigningAlgorithm {
    /// Whether the key is the client secret.
    pub(super) const fn is_symmetric(self) -> bool {
        matches!(self, Self::HS256 | Self::HS384 | Self::HS512)
    }
}

/// What happens to an address that has an account and does not prove to be the same person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnUntrustedMatch {
    Reject,
    Confirm,
}

impl Choice for OnUntrustedMatch {
    const KIND: &'static str = "`reject` or `confirm`";
    const NOUN: &'static str = "answer";
    const CHOICES: &'static [(&'static str, Self)] = &[("reject", Self::Reject), ("confirm", Self::Confirm)];
}
