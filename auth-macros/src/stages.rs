//! The way from a block to its struct and back.
//!
//! A macro sees only its own tokens. So the derive leaves a macro behind that carries the struct, the block calls
//! that macro (stage 1), and that macro calls the second stage with both.

use darling::FromDeriveInput;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{
    DeriveInput, TypePath,
    parse::{Parse, ParseStream},
};

use crate::{
    ast::Root,
    block,
    errors::Errors,
    expand, fallback,
    model::Model,
    paths,
    resources::{api_key, audit_log, oidc_connection, token, user, user_identity},
};

/// `#[derive(Authenticated)]`
pub(crate) fn derive_authenticated(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::new();
    match read_user(&input, &mut errors) {
        Some(user) if errors.is_empty() => {
            errors.into_tokens();
            user::expand::expand(&input, &user)
        }
        _ => user::expand::fallback(&input, errors),
    }
}

fn read_user(input: &DeriveInput, errors: &mut Errors) -> Option<user::model::User> {
    match user::ast::User::from_derive_input(input) {
        Ok(written) => user::model::User::resolve(&written, errors),
        Err(error) => {
            errors.darling(error);
            None
        }
    }
}

/// `#[derive(TokenResource)]`
pub(crate) fn derive_token_resource(input: TokenStream) -> TokenStream {
    derive_table(input, token::derive)
}

/// `#[derive(ApiKeyResource)]`
pub(crate) fn derive_api_key_resource(input: TokenStream) -> TokenStream {
    derive_table(input, api_key::derive)
}

/// `#[derive(AuditLogResource)]`
pub(crate) fn derive_audit_log_resource(input: TokenStream) -> TokenStream {
    derive_table(input, audit_log::derive)
}

/// `#[derive(UserIdentity)]`
pub(crate) fn derive_user_identity(input: TokenStream) -> TokenStream {
    derive_table(input, user_identity::derive)
}

/// `#[derive(OidcConnectionResource)]`
pub(crate) fn derive_oidc_connection_resource(input: TokenStream) -> TokenStream {
    derive_table(input, oidc_connection::derive)
}

/// The derives of tables: a unit struct becomes the table, or nothing and the mistakes.
fn derive_table(input: TokenStream, derive: fn(&DeriveInput, &mut Errors) -> TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::new();
    if !input.generics.params.is_empty() {
        let text = format!(
            "`{}` has parameters\n= note: it stands for one table\n= help: remove them",
            input.ident
        );
        errors.at(&input.generics.params, text);
        return errors.into_tokens();
    }
    let table = derive(&input, &mut errors);
    let mistakes = errors.into_tokens();
    quote!(#table #mistakes)
}

/// `authentication! { … }`: asks the struct's macro for its columns.
pub(crate) fn authentication(block: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let root = Root::parse(
        Ident::new("authentication", Span::call_site()),
        block.clone(),
        &mut errors,
    );
    let resource = root.as_ref().and_then(|root| root.resource.as_ref());
    if resource.is_none() && root.as_ref().is_none_or(|root| !root.seen.lacks("resource")) {
        // Without the struct the second stage cannot be reached, so all mistakes are told here.
        return errors.into_tokens();
    }
    errors.reported_elsewhere();
    let stage_2 = paths::STAGE_2;
    let (name, path) = match resource {
        Some(setting) => (setting.value.to_token_stream(), Some(&setting.value)),
        None => (
            user::expand::implicit_macro(Span::call_site()).to_token_stream(),
            None,
        ),
    };
    // The place of the whole block, for what is missing in it.
    let word = Ident::new("authentication", Span::call_site());
    quote!(#name! { #stage_2, { #word { #path } { #block } } })
}

/// The second stage: `{ struct } { word { path? } { block } }`.
pub(crate) fn authentication_stage_2(input: TokenStream) -> TokenStream {
    let Parts {
        input,
        word,
        resource,
        block,
    } = match syn::parse2(input) {
        Ok(parts) => parts,
        Err(error) => return error.to_compile_error(),
    };
    let mut in_struct = Errors::new();
    let user = read_user(&input, &mut in_struct).filter(|_| in_struct.is_empty());
    // The derive tells what is wrong with the struct.
    in_struct.reported_elsewhere();
    let ident = input.ident.clone();
    let path = resource
        .as_ref()
        .map_or_else(|| ident.to_token_stream(), ToTokens::to_token_stream);
    let struct_is_wrong = user.is_none();

    let mut errors = Errors::new();
    let root = Root::parse(word, block, &mut errors);
    let model = match (user, &root) {
        (Some(user), Some(root)) => Model::resolve(user, root, &mut errors),
        _ => None,
    };
    match model {
        Some(model) if errors.is_empty() => {
            errors.into_tokens();
            expand::expand(&model)
        }
        _ => {
            let subject = heck::ToSnakeCase::to_snake_case(ident.to_string().as_str());
            let mistake = fallback::mistake(&subject);
            let mistakes = if struct_is_wrong && errors.is_empty() {
                errors.into_tokens();
                let traits = paths::USER;
                quote! {
                    #[allow(dead_code)]
                    type #mistake = <#path as #traits::Resource>::Key;
                }
            } else {
                errors.into_type(&mistake)
            };
            let stubs = fallback::authentication(&path, &subject, root.as_ref());
            quote!(#mistakes #stubs)
        }
    }
}

/// The input of the second stage.
struct Parts {
    input: DeriveInput,
    /// Stands for the whole block.
    word: Ident,
    resource: Option<TypePath>,
    block: TokenStream,
}

impl Parse for Parts {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let (written, rest) = (block::braced(input)?, block::braced(input)?);
        let word = rest.parse()?;
        let (resource, block) = (block::braced(&rest)?, block::braced(&rest)?);
        Ok(Self {
            input: written.parse()?,
            word,
            resource: if resource.is_empty() {
                None
            } else {
                Some(resource.parse()?)
            },
            block: block.parse()?,
        })
    }
}
