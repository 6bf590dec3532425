//! What is written beside mistakes, so that they stay the only ones.
//!
//! The first mistake becomes a type. The compiler knows that this type is wrong and says nothing about whatever
//! depends on it: stubs with that type keep the rest of the application quiet.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::{
    ast::Root,
    check::{RESERVED, TYPES},
    part::Written,
    paths,
};

/// The stubs of a block. `mistake` is the type that is wrong; `user` is the struct.
pub(crate) fn authentication(user: &TokenStream, subject: &str, root: Option<&Root>) -> TokenStream {
    let actions: Vec<(Ident, Ident)> = root.map_or_else(Vec::new, |root| {
        root.written().flat_map(Written::likely_actions).collect()
    });
    let get_by_subject = root
        .and_then(|root| root.get_by_subject_action_name.as_ref())
        .map_or_else(|| format_ident!("get_by_subject"), |name| name.value.0.clone());
    let mut unique: Vec<(Ident, Ident)> = Vec::new();
    for (function, input) in actions {
        let is_taken = function == get_by_subject
            || RESERVED.iter().any(|reserved| function == reserved)
            || TYPES.iter().any(|ty| input == ty)
            || unique.iter().any(|other| other.0 == function || other.1 == input);
        if !is_taken {
            unique.push((function, input));
        }
    }
    let mut further: Vec<(Ident, usize)> = Vec::new();
    for (function, arguments) in root
        .into_iter()
        .flat_map(Root::written)
        .flat_map(Written::further_functions)
    {
        let is_taken =
            unique.iter().any(|other| other.0 == function) || further.iter().any(|other| other.0 == function);
        if !is_taken {
            further.push((function, arguments));
        }
    }
    let (functions, inputs): (Vec<Ident>, Vec<Ident>) = unique.into_iter().unzip();
    let (authentication, context, strategy, traits, private, db, tokens) = (
        paths::AUTHENTICATION,
        paths::CONTEXT,
        paths::STRATEGY,
        paths::USER,
        paths::PRIVATE,
        paths::DB,
        paths::TOKEN_STORE,
    );
    let tenant = paths::TENANT;
    let module = format_ident!("{subject}_actions");
    let mistake = mistake(subject);
    let further = further.iter().map(|(function, arguments)| {
        let arguments = (0..*arguments).map(|_| &mistake);
        quote! {
            pub async fn #function(#(_: #arguments),*) -> #mistake {
                loop {}
            }
        }
    });
    quote! {
        const _: () = {
            #[automatically_derived]
            impl #traits::Authenticated for #user {
                type Repo = #mistake;
                type Tenant = #tenant::NoTenant;
                type Tokens = #tokens::NoTokens;
                #[allow(unreachable_code)]
                const SETTINGS: #traits::Settings = {
                    let settings: #mistake = loop {};
                    settings
                };
                const STRATEGIES: &'static [#strategy::StrategyInfo] = &[];
                const ADD_ONS: &'static [#strategy::StrategyInfo] = &[];
                fn declared() -> #authentication::Declared<Self> {
                    loop {}
                }
                fn schema() -> #db::Schema {
                    loop {}
                }
                fn tenant(&self) -> Self::Tenant {
                    loop {}
                }
                fn sender_fields(
                    &self,
                ) -> #private::Result<#private::Map<#private::String, #private::Value>, #private::serde_json::Error>
                {
                    loop {}
                }
                async fn find(_: &mut #mistake, _: &Self::Key) -> #private::QueryResult<#private::Option<Self>> {
                    loop {}
                }
                async fn find_with_session(
                    _: &mut #mistake,
                    _: &Self::Key,
                    _: &str,
                    _: &str,
                    _: #private::OffsetDateTime,
                ) -> #private::QueryResult<#private::Option<(Self, #tokens::SessionRow)>> {
                    loop {}
                }
                async fn lock(_: &mut #mistake, _: &Self::Key) -> #private::QueryResult<usize> {
                    loop {}
                }
                async fn dispatch(
                    _: &#context::Context<Self>,
                    _: usize,
                    _: &str,
                    _: #strategy::Input,
                ) -> #strategy::Outcome<#strategy::ActionOutcome<Self>> {
                    loop {}
                }
            }

            #[allow(dead_code)]
            impl #user {
                pub fn authentication(_: #mistake) -> #mistake {
                    loop {}
                }
                pub fn schema() -> #mistake {
                    loop {}
                }
                pub fn authentication_info() -> #mistake {
                    loop {}
                }
                pub async fn #get_by_subject(_: #mistake, _: &str) -> #mistake {
                    loop {}
                }
                #(
                    pub async fn #functions(_: #mistake, _: #mistake) -> #mistake {
                        loop {}
                    }
                )*
                #(#further)*
            }
        };
        #[doc(hidden)]
        #[allow(missing_docs, unreachable_pub)]
        pub mod #module {
            #( pub type #inputs = super::#mistake; )*
        }
        #[allow(unused_imports, unreachable_pub)]
        pub use #module::*;
    }
}

/// The name of the type that is wrong.
pub(crate) fn mistake(subject: &str) -> Ident {
    format_ident!(
        "__MistakeIn{}",
        heck::ToUpperCamelCase::to_upper_camel_case(subject)
    )
}
