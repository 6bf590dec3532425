//! The strategies: one line for each.

pub(crate) mod api_key;
pub(crate) mod custom;
pub(crate) mod dynamic_oidc;
pub(crate) mod magic_link;
pub(crate) mod oauth2;
pub(crate) mod password;
pub(crate) mod registration;
pub(crate) mod remember_me;

use std::rc::Rc;

use proc_macro2::Ident;
use syn::parse::ParseStream;

use crate::{
    add_ons,
    block::Block,
    errors::Errors,
    part::{Kind, Section, Written, kind},
};

/// Every kind of strategy.
pub(crate) const KINDS: &[&[Kind]] = &[
    &[
        kind!(password: Password),
        kind!(magic_link: MagicLink),
        kind!(remember_me: RememberMe),
        kind!(api_key: ApiKey),
        kind!(dynamic_oidc: DynamicOidc),
        kind!(custom: Custom),
    ],
    oauth2::KINDS,
];

const SECTION: Section = Section {
    noun: "strategy",
    with_article: "a strategy",
    kinds: KINDS,
    other: ("add_ons", "an add-on", add_ons::KINDS),
    not_yet: &["otp", "totp", "recovery_code", "webauthn"],
};

/// `strategies { … }` as written.
#[derive(Debug, Clone)]
pub(crate) struct Strategies {
    pub(crate) list: Vec<Rc<dyn Written>>,
}

impl Block for Strategies {
    fn read(_: Ident, _: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        Self {
            list: SECTION.read(content, errors),
        }
    }
}
