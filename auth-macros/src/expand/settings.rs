//! The settings of the whole block, as a constant.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::{
    ast::{Algorithm, ClientIp, SessionIdentifier},
    model::{Model, Tokens},
    paths,
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
    let promises = model.allows.iter().map(|allow| &allow.promise);
    let reasons = model.allows.iter().map(|allow| &allow.reason);
    quote! {
        #traits::Settings {
            subject_name: #subject_name,
            tokens: #tokens,
            session_identifier: #traits::SessionIdentifier::#identifier,
            client_ip: #context::ClientIp::#client_ip,
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
            expunge_interval_seconds: #interval,
        }
    }
}
