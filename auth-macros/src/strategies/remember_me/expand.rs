//! What the block writes for `remember_me`: its settings, as a part of those of the whole block.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Expr;

use super::model::RememberMe;
use crate::{
    action::{Action, Argument, Function},
    block::Allow,
    expand::Names,
    part::Part,
    paths,
    warning::Warning,
};

impl RememberMe {
    fn functions_on_struct(&self) -> [Function<'_>; 1] {
        let (remember_me, private, session) = (paths::REMEMBER_ME, paths::PRIVATE, paths::SESSION);
        [Function {
            name: &self.sign_in.name,
            doc: "Signs a browser in with the token out of its cookie, which is spent: the answer brings the next one.",
            runtime: quote!(#remember_me::sign_in::<Self>),
            runtime_input: quote!(#remember_me::SignIn),
            input: self.sign_in.input(),
            writes_input: true,
            arguments: vec![Argument::new(
                format_ident!("token"),
                "token",
                quote!(#private::SecretString),
                "The token out of the cookie.",
            )],
            rest: TokenStream::new(),
            rest_fields: TokenStream::new(),
            output: quote!(#session::SignedIn<Self>),
        }]
    }
}

impl Part for RememberMe {
    fn kind(&self) -> &'static str {
        "remember_me"
    }

    fn name(&self) -> &Ident {
        &self.name
    }

    fn actions(&self) -> Vec<Action<'_>> {
        vec![Action {
            kind: "sign_in",
            name: &self.sign_in.name,
            setting: "sign_in_action_name",
            strategy: &self.name,
            written: self.sign_in.written,
        }]
    }

    fn remember_me(&self, subject_name: &str) -> Option<TokenStream> {
        let remember_me = paths::REMEMBER_ME;
        let name = self.name.to_string();
        let cookie = self
            .cookie_name
            .as_ref()
            .map_or_else(|| format!("{subject_name}_{name}"), ToString::to_string);
        let (lifetime, grace) = (self.token_lifetime.seconds, self.reuse_grace.seconds);
        Some(quote! {
            #remember_me::Config {
                name: #name,
                cookie_name: #cookie,
                token_lifetime_seconds: #lifetime,
                reuse_grace_seconds: #grace,
            }
        })
    }

    fn notices(&self) -> Option<&Expr> {
        self.sender.as_ref()
    }

    fn implementation(&self, _index: usize, _names: &Names<'_>) -> TokenStream {
        TokenStream::new()
    }

    fn info(&self) -> TokenStream {
        let (remember_me, strategy) = (paths::REMEMBER_ME, paths::STRATEGY);
        let (name, action) = (self.name.to_string(), self.sign_in.name.to_string());
        quote! {
            #strategy::StrategyInfo {
                name: #name,
                kind: "remember_me",
                phases: &[],
                actions: &[#strategy::ActionInfo::of(#remember_me::SIGN_IN, #action)],
                tokens_required: true,
            }
        }
    }

    fn parts(&self, _names: &Names<'_>) -> TokenStream {
        let remember_me = paths::REMEMBER_ME;
        quote!(#remember_me::Parts)
    }

    fn dispatch(&self) -> TokenStream {
        let remember_me = paths::REMEMBER_ME;
        quote!(#remember_me::dispatch::<Self>(context, phase, input).await)
    }

    fn functions(&self, names: &Names<'_>) -> TokenStream {
        Function::functions(self.functions_on_struct(), names)
    }

    fn inputs(&self, names: &Names<'_>) -> TokenStream {
        Function::inputs(self.functions_on_struct(), names)
    }

    fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    fn allows(&self) -> &[Allow] {
        &self.allows
    }
}
