//! The settings of the whole block, as a constant.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::{
    ast::{Algorithm, ClientIp, SessionIdentifier},
    model::{Model, Tokens},
    paths,
    setting::Duration,
};

pub(super) fn settings(model: &Model) -> TokenStream {
    let (traits, context) = (paths::USER, paths::CONTEXT);
    let subject_name = &model.subject_name;
    let tokens = token_settings(model.tokens.as_ref());
    let identifier = match model.session_identifier {
        SessionIdentifier::Jti => quote!(Jti),
        SessionIdentifier::Unsafe => quote!(Unsafe),
    };
    let client_ip_declared = model.client_ip.is_some();
    let client_ip = match model.client_ip.unwrap_or(ClientIp::Peer) {
        ClientIp::Peer => quote!(Peer),
        ClientIp::Forwarded(proxies) => {
            let hops = proc_macro2::Literal::u32_unsuffixed(proxies);
            quote!(Forwarded { hops: #hops })
        }
    };
    let remember_me = model
        .parts
        .iter()
        .find_map(|part| part.remember_me(subject_name))
        .map_or_else(
            || quote!(::core::option::Option::None),
            |config| quote!(::core::option::Option::Some(#config)),
        );
    let promises = model.allows.iter().map(|allow| &allow.promise);
    let reasons = model.allows.iter().map(|allow| &allow.reason);
    quote! {
        #traits::Settings {
            subject_name: #subject_name,
            tokens: #tokens,
            session_identifier: #traits::SessionIdentifier::#identifier,
            client_ip: #context::ClientIp::#client_ip,
            remember_me: #remember_me,
            client_ip_declared: #client_ip_declared,
            allowed: &[#((#promises, #reasons)),*],
        }
    }
}

fn token_settings(tokens: Option<&Tokens>) -> TokenStream {
    let (traits, token) = (paths::USER, paths::TOKEN);
    let application = quote!(::core::env!("CARGO_PKG_NAME"));
    let Some(tokens) = tokens else {
        return quote! {
            #traits::TokenSettings {
                enabled: false,
                algorithm: #token::Algorithm::HS256,
                issuer: #application,
                audience: #application,
                lifetime_seconds: 0,
                leeway_seconds: 0,
                store_all: false,
                require_presence: false,
                refresh: ::core::option::Option::None,
                session_idle_timeout_seconds: ::core::option::Option::None,
                expunge_interval_seconds: 0,
            }
        };
    };
    let algorithm = match tokens.algorithm {
        Algorithm::HS256 => quote!(HS256),
        Algorithm::HS384 => quote!(HS384),
        Algorithm::HS512 => quote!(HS512),
        Algorithm::EdDSA => quote!(EdDSA),
        Algorithm::ES256 => quote!(ES256),
        Algorithm::RS256 => quote!(RS256),
    };
    let issuer = tokens
        .issuer
        .as_ref()
        .map_or_else(|| application.clone(), ToTokens::to_token_stream);
    let audience = tokens
        .audience
        .as_ref()
        .map_or(application, ToTokens::to_token_stream);
    let (lifetime, leeway, interval) = (
        tokens.lifetime.seconds,
        tokens.leeway.seconds,
        tokens.expunge_interval.seconds,
    );
    let idle_timeout = match tokens.idle_timeout {
        Some(Duration { seconds }) => quote!(::core::option::Option::Some(#seconds)),
        None => quote!(::core::option::Option::None),
    };
    let refresh = match &tokens.refresh {
        Some(refresh) => {
            let (access, lifetime, grace) = (
                refresh.access_token_lifetime.seconds,
                refresh.refresh_token_lifetime.seconds,
                refresh.reuse_grace.seconds,
            );
            quote! {
                ::core::option::Option::Some(#traits::RefreshSettings {
                    access_token_lifetime_seconds: #access,
                    refresh_token_lifetime_seconds: #lifetime,
                    reuse_grace_seconds: #grace,
                })
            }
        }
        None => quote!(::core::option::Option::None),
    };
    let (store_all, require_presence) = (tokens.store_all, tokens.require_presence);
    quote! {
        #traits::TokenSettings {
            enabled: true,
            algorithm: #token::Algorithm::#algorithm,
            issuer: #issuer,
            audience: #audience,
            lifetime_seconds: #lifetime,
            leeway_seconds: #leeway,
            store_all: #store_all,
            require_presence: #require_presence,
            refresh: #refresh,
            session_idle_timeout_seconds: #idle_timeout,
            expunge_interval_seconds: #interval,
        }
    }
}
