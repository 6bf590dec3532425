//! What the block writes for `log_out_everywhere`: its settings as a constant.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Expr;

use super::model::LogOutEverywhere;
use crate::{
    action::{Action, Argument, Function},
    expand::Names,
    part::{Part, marker},
    paths,
};

impl LogOutEverywhere {
    /// The type that stands for the add-on.
    fn marker(&self) -> Ident {
        marker(&self.name)
    }

    fn functions_on_struct(&self) -> [Function<'_>; 1] {
        let (add_on, session) = (paths::LOG_OUT_EVERYWHERE, paths::SESSION);
        let marker = self.marker();
        [Function {
            name: &self.action.name,
            doc: "Ends every session and one-time token of the person who is signed in, on every device.",
            runtime: quote!(#add_on::log_out_everywhere::<#marker>),
            runtime_input: quote!(#add_on::LogOut),
            input: self.action.input(),
            writes_input: true,
            arguments: vec![Argument::new(
                format_ident!("except_this_session"),
                "except_this_session",
                quote!(bool),
                "Whether the session that asks goes on.",
            )],
            rest: TokenStream::new(),
            rest_fields: TokenStream::new(),
            output: quote!(#session::Ended),
        }]
    }
}

/// The runtime's constants of purposes, each at the user's word: the compiler knows which there are.
fn purposes(names: &[Ident]) -> TokenStream {
    let purposes = names.iter().map(|name| {
        let token = paths::TOKEN.at(name.span());
        let variant = heck::ToUpperCamelCase::to_upper_camel_case(name.to_string().as_str());
        let variant = Ident::new(&variant, name.span());
        quote_spanned!(name.span()=> #token::Purpose::#variant)
    });
    quote!(&[#(#purposes),*])
}

impl Part for LogOutEverywhere {
    fn kind(&self) -> &'static str {
        "log_out_everywhere"
    }

    fn name(&self) -> &Ident {
        &self.name
    }

    fn actions(&self) -> Vec<Action<'_>> {
        vec![Action {
            kind: "log_out",
            name: &self.action.name,
            setting: "action_name",
            strategy: &self.name,
            written: self.action.written,
        }]
    }

    fn notices(&self) -> Option<&Expr> {
        self.sender.as_ref()
    }

    fn implementation(&self, _index: usize, names: &Names<'_>) -> TokenStream {
        let (add_on, private) = (paths::LOG_OUT_EVERYWHERE, paths::PRIVATE);
        let (marker, user, name) = (self.marker(), &names.path, self.name.to_string());
        let included = match &self.include_purposes {
            Some(names) => {
                let purposes = purposes(names);
                quote!(#private::Some(#purposes))
            }
            None => quote!(#private::None),
        };
        let excluded = purposes(&self.exclude_purposes);
        let api_keys = self.api_keys;
        quote! {
            struct #marker;
            #[automatically_derived]
            impl #add_on::LogOutEverywhere for #marker {
                type User = #user;
                const CONFIG: #add_on::Config = #add_on::Config {
                    name: #name,
                    include_purposes: #included,
                    exclude_purposes: #excluded,
                    api_keys: #api_keys,
                };
            }
        }
    }

    fn info(&self) -> TokenStream {
        let (add_on, strategy) = (paths::LOG_OUT_EVERYWHERE, paths::STRATEGY);
        let (name, action) = (self.name.to_string(), self.action.name.to_string());
        quote! {
            #strategy::StrategyInfo {
                name: #name,
                kind: "log_out_everywhere",
                phases: &[#add_on::LOG_OUT],
                actions: &[#strategy::ActionInfo::of(#add_on::LOG_OUT, #action)],
                tokens_required: true,
            }
        }
    }

    fn parts(&self, _names: &Names<'_>) -> TokenStream {
        let (add_on, marker) = (paths::LOG_OUT_EVERYWHERE, self.marker());
        quote!(#add_on::Parts::<#marker>::new())
    }

    fn dispatch(&self) -> TokenStream {
        let (add_on, marker) = (paths::LOG_OUT_EVERYWHERE, self.marker());
        quote!(#add_on::dispatch::<#marker>(context, phase, input).await)
    }

    fn functions(&self, names: &Names<'_>) -> TokenStream {
        Function::functions(self.functions_on_struct(), names)
    }

    fn inputs(&self, names: &Names<'_>) -> TokenStream {
        Function::inputs(self.functions_on_struct(), names)
    }
}
