//! What the block writes: what `oauth2` writes, its store of connections, and functions for administrators.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::DynamicOidc;
use crate::{
    action::{Action, Function},
    block::Allow,
    expand::{Names, secret_source},
    limits::Protection,
    part::{Part, marker},
    paths,
    resources::user::model::Column,
    warning::Warning,
};

/// The functions about connections, with how many arguments each takes.
pub(super) fn administration(name: &Ident) -> [(Ident, usize); 6] {
    [
        (format_ident!("{name}_connections"), 1),
        (format_ident!("all_{name}_connections"), 1),
        (format_ident!("create_{name}_connection"), 2),
        (format_ident!("change_{name}_connection"), 3),
        (format_ident!("enable_{name}_connection"), 3),
        (format_ident!("delete_{name}_connection"), 2),
    ]
}

impl DynamicOidc {
    /// What administrators do with connections. None of it is an action, so the library leaves no event of it.
    fn administration(&self) -> TokenStream {
        let (dynamic, context, error, db, private) = (
            paths::DYNAMIC_OIDC,
            paths::CONTEXT,
            paths::ERROR,
            paths::DB,
            paths::PRIVATE,
        );
        let (name, marker) = (&self.account.name, marker(&self.account.name));
        let [list, list_all, create, change, enable, delete] =
            administration(name).map(|(function, _)| function);
        quote! {
            /// The connections by which people can sign in, for the buttons of a sign-in page.
            ///
            /// # Errors
            /// When the database could not be asked.
            pub async fn #list(
                context: &#context::Context<Self>,
            ) -> #error::Result<#private::Vec<#dynamic::ConnectionInfo>> {
                #dynamic::connections::<#marker>(context).await
            }

            /// All connections, also those that are not enabled.
            ///
            /// # Errors
            /// When the database could not be asked.
            ///
            /// # Security
            /// For administrators: the library does not ask who calls.
            pub async fn #list_all(
                context: &#context::Context<Self>,
            ) -> #error::Result<#private::Vec<#dynamic::ConnectionInfo>> {
                #dynamic::all_connections::<#marker>(context).await
            }

            /// Makes a connection, once its provider has answered.
            ///
            /// # Errors
            /// What is wrong with it, field by field; when its provider or the database could not be asked.
            ///
            /// # Security
            /// For administrators: the library does not ask who calls.
            pub async fn #create(
                context: &#context::Context<Self>,
                new: #dynamic::NewConnection,
            ) -> #error::Result<#dynamic::ConnectionInfo> {
                #dynamic::create_connection::<#marker>(context, new).await
            }

            /// Changes a connection, once its provider has answered.
            ///
            /// # Errors
            /// As for making one.
            ///
            /// # Security
            /// For administrators: the library does not ask who calls.
            pub async fn #change(
                context: &#context::Context<Self>,
                id: #db::Id,
                new: #dynamic::NewConnection,
            ) -> #error::Result<#dynamic::ConnectionInfo> {
                #dynamic::change_connection::<#marker>(context, id, new).await
            }

            /// Lets people sign in by a connection, or no more.
            ///
            /// # Errors
            /// When there is no such connection, or the database could not be asked.
            ///
            /// # Security
            /// For administrators: the library does not ask who calls.
            pub async fn #enable(
                context: &#context::Context<Self>,
                id: #db::Id,
                enabled: bool,
            ) -> #error::Result<()> {
                #dynamic::enable_connection::<#marker>(context, id, enabled).await
            }

            /// Deletes a connection.
            ///
            /// # Errors
            /// When there is no such connection, or the database could not be asked.
            ///
            /// # Security
            /// For administrators: the library does not ask who calls.
            pub async fn #delete(context: &#context::Context<Self>, id: #db::Id) -> #error::Result<()> {
                #dynamic::delete_connection::<#marker>(context, id).await
            }
        }
    }
}

impl Part for DynamicOidc {
    fn kind(&self) -> &'static str {
        "dynamic_oidc"
    }

    fn name(&self) -> &Ident {
        &self.account.name
    }

    fn actions(&self) -> Vec<Action<'_>> {
        self.account.actions()
    }

    fn further_functions(&self) -> Vec<Ident> {
        administration(&self.account.name)
            .map(|(function, _)| function)
            .into()
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
        let (oauth2, dynamic, marker) = (paths::OAUTH2, paths::DYNAMIC_OIDC, marker(&self.account.name));
        vec![
            quote!(#oauth2::table::<#marker>()),
            quote!(#dynamic::table::<#marker>()),
        ]
    }

    fn implementation(&self, index: usize, names: &Names<'_>) -> TokenStream {
        let (dynamic, marker) = (paths::DYNAMIC_OIDC, marker(&self.account.name));
        let account = self.account.implementation(index, names);
        let resource = &self.connections;
        let connections = quote_spanned!(resource.span()=> type Connections = #resource;);
        quote! {
            #account
            #[automatically_derived]
            impl #dynamic::DynamicOidc for #marker {
                #connections
            }
        }
    }

    fn info(&self) -> TokenStream {
        self.account.info()
    }

    fn parts(&self, names: &Names<'_>) -> TokenStream {
        let (oauth2, dynamic, marker) = (paths::OAUTH2, paths::DYNAMIC_OIDC, marker(&self.account.name));
        let strategy = self.account.name.to_string();
        let redirect_uri = self.flow.redirect_uri().map(|source| {
            let path = ["authentication", "strategies", &strategy, "redirect_uri"];
            let source = secret_source(source, &path, names);
            quote!(.setting(#oauth2::Setting::RedirectUri, #source))
        });
        let scope = self.flow.lacks_scope().then(|| quote!(.scope("profile email")));
        let trust = self.account.trust_call();
        let calls = self.flow.calls();
        let sender = self.account.sender_call();
        quote! {
            #dynamic::parts::<#marker>()
                #redirect_uri
                .configure(|provider| provider #scope #calls #trust)
                #sender
        }
    }

    fn dispatch(&self) -> TokenStream {
        let (oauth2, marker) = (paths::OAUTH2, marker(&self.account.name));
        quote!(#oauth2::dispatch::<#marker>(context, phase, input).await)
    }

    fn functions(&self, names: &Names<'_>) -> TokenStream {
        let actions = Function::functions(self.account.functions_on_struct(), names);
        let administration = self.administration();
        quote!(#actions #administration)
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
