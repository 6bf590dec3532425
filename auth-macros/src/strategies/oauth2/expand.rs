//! What the block writes: its settings as a constant, its queries, its provider.

use heck::ToUpperCamelCase;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{LitStr, spanned::Spanned};

use super::{account::Account, client::Declared, flow::Flow, model::OAuth2};
use crate::{
    action::{Action, Function},
    block::Allow,
    expand::{Names, secret_source},
    limits::Protection,
    part::{Part, marker},
    paths,
    resources::user::model::Column,
    setting::{Duration, Secret},
    warning::Warning,
};

impl OAuth2 {
    /// The preset of the runtime, where the word is one.
    fn preset(&self) -> TokenStream {
        let (private, presets) = (paths::PRIVATE, paths::OAUTH_PRESETS);
        if self.preset.is_provider {
            let module = format_ident!("{}", self.preset.word);
            quote!(#private::Some(&#presets::#module::PRESET))
        } else {
            quote!(#private::None)
        }
    }

    /// The values that are known when the application starts.
    fn sources(&self, names: &Names<'_>) -> TokenStream {
        let oauth2 = paths::OAUTH2;
        let name = self.account.name.to_string();
        let redirect_uri = self
            .flow
            .redirect_uri
            .iter()
            .map(|source| ("redirect_uri", source));
        let of_client = self
            .client
            .sources
            .iter()
            .map(|Declared { setting, source }| (*setting, source));
        of_client
            .chain(redirect_uri)
            .map(|(setting, source): (&str, &Secret)| {
                let variant = format_ident!("{}", setting.to_upper_camel_case());
                let source = secret_source(source, &["authentication", "strategies", &name, setting], names);
                quote!(.setting(#oauth2::Setting::#variant, #source))
            })
            .collect()
    }

    /// The values that stand in the block.
    fn configuration(&self) -> TokenStream {
        let mut calls = self.flow.calls();
        for (option, values) in &self.client.options {
            let values = strings(values);
            calls.extend(quote!(.option(#option, #values)));
        }
        calls.extend(self.account.trust_call());
        if calls.is_empty() {
            return calls;
        }
        quote!(.configure(|provider| provider #calls))
    }
}

impl Account {
    /// The setter of the sender, where there is one.
    pub(crate) fn sender_call(&self) -> Option<TokenStream> {
        self.sender.as_ref().map(|deliver| {
            let sender = paths::SENDER.at(deliver.span());
            quote_spanned!(deliver.span()=> .sender(#sender::SharedSender::<Self>::new(#deliver)))
        })
    }

    /// The setter of a provider that says whether its addresses count, where the block says so.
    pub(crate) fn trust_call(&self) -> Option<TokenStream> {
        self.trust_email_verified
            .map(|on| quote!(.trust_email_verified(#on)))
    }
}

impl Flow {
    pub(crate) const fn redirect_uri(&self) -> Option<&Secret> {
        self.redirect_uri.as_ref()
    }

    pub(crate) const fn lacks_scope(&self) -> bool {
        self.scope.is_none()
    }

    /// The setters of a provider, one for each setting that was written.
    pub(crate) fn calls(&self) -> TokenStream {
        let Self {
            redirect_uri: _,
            client_authentication,
            client_assertion_alg,
            scope,
            pkce,
            nonce,
            signing,
            id_token_max_age,
            leeway,
            trusted_audiences,
            user_info,
            authorization_params,
            claims,
        } = self;
        let oauth = paths::OAUTH;
        let value = |setter: &str, value: Option<TokenStream>| {
            let setter = format_ident!("{setter}");
            value.map(|value| quote!(.#setter(#value)))
        };
        let audiences = (!trusted_audiences.is_empty()).then(|| strings(trusted_audiences));
        let user_info = user_info.map(|asks| {
            let call = if asks { quote!(Always) } else { quote!(Never) };
            quote!(#oauth::UserInfoCall::#call)
        });
        let mut calls: TokenStream = [
            value(
                "client_authentication",
                client_authentication.map(|method| method.at_run_time()),
            ),
            value(
                "client_assertion_alg",
                client_assertion_alg.map(|alg| alg.at_run_time()),
            ),
            value("scope", scope.as_ref().map(|scope| quote!(#scope))),
            value("pkce", pkce.map(|on| quote!(#on))),
            value("nonce", nonce.map(|on| quote!(#on))),
            value(
                "id_token_signed_response_alg",
                signing.map(|alg| alg.at_run_time()),
            ),
            value("id_token_max_age", id_token_max_age.map(duration)),
            value("leeway", leeway.map(duration)),
            value("trusted_audiences", audiences),
            value("user_info", user_info),
        ]
        .into_iter()
        .flatten()
        .collect();
        for (name, value) in authorization_params {
            calls.extend(quote!(.authorization_param(#name, #value)));
        }
        for (claim, path) in claims {
            calls.extend(quote!(.claim(#claim, #path)));
        }
        calls
    }
}

fn strings(texts: &[LitStr]) -> TokenStream {
    let private = paths::PRIVATE;
    quote!(#private::Vec::from([#(#private::String::from(#texts)),*]))
}

fn duration(Duration { seconds }: Duration) -> TokenStream {
    let private = paths::PRIVATE;
    let seconds = Literal::u64_unsuffixed(seconds);
    quote!(#private::SignedDuration::seconds(#seconds))
}

impl Part for OAuth2 {
    fn kind(&self) -> &'static str {
        self.preset.word
    }

    fn name(&self) -> &Ident {
        &self.account.name
    }

    fn actions(&self) -> Vec<Action<'_>> {
        self.account.actions()
    }

    fn further_events(&self) -> &'static [&'static str] {
        self.account.further_events()
    }

    fn columns(&self, names: &Names<'_>) -> Vec<Column> {
        self.account.columns(names)
    }

    fn protection(&self) -> Option<&Protection> {
        Some(&self.account.protection)
    }

    fn unique_columns(&self) -> Vec<&Column> {
        vec![&self.account.identity.column]
    }

    fn tables(&self) -> Vec<TokenStream> {
        let (oauth2, marker) = (paths::OAUTH2, marker(&self.account.name));
        vec![quote!(#oauth2::table::<#marker>())]
    }

    fn implementation(&self, index: usize, names: &Names<'_>) -> TokenStream {
        self.account.implementation(index, names)
    }

    fn info(&self) -> TokenStream {
        self.account.info()
    }

    fn parts(&self, names: &Names<'_>) -> TokenStream {
        let (oauth2, marker) = (paths::OAUTH2, marker(&self.account.name));
        let (protocol, preset) = (self.preset.protocol.at_run_time(), self.preset());
        let (sources, configuration) = (self.sources(names), self.configuration());
        let sender = self.account.sender_call();
        quote!(#oauth2::Parts::<#marker>::new(#protocol, #preset) #sources #configuration #sender)
    }

    fn dispatch(&self) -> TokenStream {
        let (oauth2, marker) = (paths::OAUTH2, marker(&self.account.name));
        quote!(#oauth2::dispatch::<#marker>(context, phase, input).await)
    }

    fn functions(&self, names: &Names<'_>) -> TokenStream {
        Function::functions(self.account.functions_on_struct(), names)
    }

    fn inputs(&self, names: &Names<'_>) -> TokenStream {
        self.account.inputs(names)
    }

    fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    fn allows(&self) -> &[Allow] {
        &self.allows
    }
}
