//! Actions: their names, the functions they become on the struct, and the structs of their arguments.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

use crate::{
    expand::Names,
    paths,
    setting::{Name, Setting},
};

/// An action that is switched on.
#[derive(Debug, Clone)]
pub(crate) struct ActionName {
    pub(crate) name: Ident,
    /// The name was written in the block.
    pub(crate) written: bool,
}

impl ActionName {
    pub(crate) fn new(written: Option<&Setting<Name>>, default: Ident) -> Self {
        match written {
            Some(setting) => Self {
                name: setting.value.0.clone(),
                written: true,
            },
            None => Self {
                name: default,
                written: false,
            },
        }
    }

    /// The name of the action's input struct.
    pub(crate) fn input(&self) -> Ident {
        input(&self.name)
    }
}

/// The name of the struct of an action's arguments.
fn input(action: &Ident) -> Ident {
    let name = heck::ToUpperCamelCase::to_upper_camel_case(action.to_string().as_str());
    Ident::new(&name, action.span())
}

/// An action: the name it has on the struct, and how the block can rename it.
#[derive(Debug)]
pub(crate) struct Action<'a> {
    /// The strategy's own name for it.
    pub(crate) kind: &'a str,
    pub(crate) name: &'a Ident,
    /// The setting that names it.
    pub(crate) setting: &'static str,
    /// Where the strategy stands, for a name that nobody wrote.
    pub(crate) strategy: &'a Ident,
    /// The name was written in the block.
    pub(crate) written: bool,
}

impl Action<'_> {
    /// The name of the struct of its arguments.
    pub(crate) fn input(&self) -> Ident {
        input(self.name)
    }

    /// What to underline.
    pub(crate) fn place(&self) -> &Ident {
        if self.written { self.name } else { self.strategy }
    }
}

/// One argument of an action.
pub(crate) struct Argument {
    pub(crate) name: Ident,
    pub(crate) ty: TokenStream,
    pub(crate) doc: String,
    /// The field of the runtime's arguments that it fills.
    pub(crate) fills: Ident,
    /// How it gets there, given `input.<name>`.
    pub(crate) value: TokenStream,
}

impl Argument {
    /// An argument that is handed on as it is.
    pub(crate) fn new(name: Ident, fills: &str, ty: TokenStream, doc: impl Into<String>) -> Self {
        Self {
            value: quote!(input.#name),
            fills: format_ident!("{fills}"),
            ty,
            doc: doc.into(),
            name,
        }
    }

    /// An argument that the runtime knows as one that may be missing.
    pub(crate) fn given(mut self) -> Self {
        let (some, name) = (paths::PRIVATE, &self.name);
        self.value = quote!(#some::Some(input.#name));
        self
    }
}

/// One action as a function of the struct.
pub(crate) struct Function<'a> {
    pub(crate) name: &'a Ident,
    pub(crate) doc: &'static str,
    /// The runtime's function with its parameters: `path::sign_in::<__Password>`.
    pub(crate) runtime: TokenStream,
    /// The runtime's arguments: `path::SignIn`.
    pub(crate) runtime_input: TokenStream,
    /// The struct of its arguments, which several functions may share.
    pub(crate) input: Ident,
    /// Whether this function writes that struct.
    pub(crate) writes_input: bool,
    pub(crate) arguments: Vec<Argument>,
    /// Fields of the runtime's arguments that no single argument fills: `extras: (…),`.
    pub(crate) rest: TokenStream,
    /// Fields of the struct that `rest` uses.
    pub(crate) rest_fields: TokenStream,
    /// What it answers.
    pub(crate) output: TokenStream,
}

impl Function<'_> {
    /// The functions of the struct, for inside its `impl`.
    pub(crate) fn functions<'a>(
        functions: impl IntoIterator<Item = Function<'a>>,
        names: &Names<'_>,
    ) -> TokenStream {
        let (context, error, module) = (paths::CONTEXT, paths::ERROR, &names.inputs);
        let mut tokens = TokenStream::new();
        for function in functions {
            let Function {
                name,
                doc,
                runtime,
                runtime_input,
                input,
                arguments,
                rest,
                output,
                ..
            } = function;
            let filled = arguments
                .iter()
                .map(|Argument { fills, value, .. }| quote!(#fills: #value,));
            tokens.extend(quote! {
                #[doc = #doc]
                ///
                /// # Errors
                /// What went wrong, for the operator; its `failure()` is what a client may know.
                pub async fn #name(
                    context: &#context::Context<Self>,
                    input: #module::#input,
                ) -> #error::Result<#output> {
                    let input = #runtime_input { #(#filled)* #rest };
                    context.record(#runtime(context, input).await).await
                }
            });
        }
        tokens
    }

    /// The structs of the functions' arguments.
    pub(crate) fn inputs<'a>(
        functions: impl IntoIterator<Item = Function<'a>>,
        names: &Names<'_>,
    ) -> TokenStream {
        let resource = names.user.ident.to_token_stream();
        let mut tokens = TokenStream::new();
        for function in functions {
            let Function {
                name,
                input,
                writes_input,
                arguments,
                rest_fields,
                ..
            } = function;
            if !writes_input {
                continue;
            }
            let doc = format!("Arguments of [`{resource}::{name}`].");
            let fields = arguments
                .iter()
                .map(|Argument { name, ty, doc, .. }| quote!(#[doc = #doc] pub #name: #ty,));
            tokens.extend(quote! {
                #[doc = #doc]
                #[derive(::core::fmt::Debug, ::core::clone::Clone)]
                pub struct #input {
                    #(#fields)*
                    #rest_fields
                }
            });
        }
        tokens
    }
}
