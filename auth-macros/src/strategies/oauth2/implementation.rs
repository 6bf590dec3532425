//! The runtime's trait for the type that stands for the strategy, and how the strategy looks from outside.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Index, spanned::Spanned};

use super::{
    account::Account,
    choices::OnUntrustedMatch,
    rules::Attribute,
    values::{ClaimPath, Filling},
};
use crate::{
    expand::{Names, column, strategy_claims},
    part::marker,
    paths,
    resources::{
        user::{expand::default_function, model::Column},
        user_identity,
    },
};

impl Account {
    pub(crate) fn implementation(&self, index: usize, names: &Names<'_>) -> TokenStream {
        let (oauth2, marker) = (paths::OAUTH2, marker(&self.name));
        let identity = self.identity.implementation(&marker, names);
        let config = self.config(index);
        let (identities, own_table) = self.identities();
        let types = self
            .attributes
            .iter()
            .map(|attribute| names.column_type(&attribute.column));
        let required = self.identity.column.optional().is_none();
        let attributes = self.attributes_function(names);
        let extra_claims = strategy_claims(self.extra_claims.as_ref());
        let queries = self.queries(names);
        quote! {
            struct #marker;
            #own_table
            #identity
            #[automatically_derived]
            impl #oauth2::OAuth2 for #marker {
                #identities
                type Attributes = (#(#types,)*);
                const CONFIG: #oauth2::Config = #config;
                const IDENTITY_REQUIRED: bool = #required;
                #attributes
                #extra_claims
                #queries
            }
        }
    }

    /// The store of identities, and its code where the block writes it.
    fn identities(&self) -> (TokenStream, TokenStream) {
        if let Some(resource) = &self.identities {
            let identities = quote_spanned!(resource.span()=> type Identities = #resource;);
            return (identities, TokenStream::new());
        }
        let own = format_ident!("{}Identities", marker(&self.name));
        let table = user_identity::own_table(&own, &format!("{}_identities", self.subject_name));
        (quote!(type Identities = #own;), quote!(struct #own; #table))
    }

    /// The columns that its code names.
    pub(crate) fn columns(&self, names: &Names<'_>) -> Vec<Column> {
        let mut columns = vec![self.identity.column.clone()];
        columns.extend(self.attributes.iter().map(|attribute| attribute.column.clone()));
        columns.extend(self.defaults(names).cloned());
        columns
    }

    /// What it leaves events of beside its actions.
    pub(crate) const fn further_events(&self) -> &'static [&'static str] {
        if self.backchannel_logout {
            &["complete_link", "backchannel_logout"]
        } else {
            &["complete_link"]
        }
    }

    pub(crate) fn info(&self) -> TokenStream {
        let strategy = paths::STRATEGY;
        let name = self.name.to_string();
        let kind = if self.connections {
            "dynamic_oidc"
        } else {
            self.protocol.word()
        };
        let phases = self.phases();
        let actions = self
            .actions
            .all(self.registration_enabled)
            .map(|(kind, _, action)| {
                let name = action.name.to_string();
                quote!(#strategy::ActionInfo { kind: #kind, name: #name })
            });
        quote! {
            #strategy::StrategyInfo {
                name: #name,
                kind: #kind,
                phases: &[#(#phases),*],
                actions: &[#(#actions),*],
                tokens_required: true,
            }
        }
    }

    fn phases(&self) -> impl Iterator<Item = TokenStream> + use<'_> {
        [
            ("REQUEST", true),
            ("CALLBACK", true),
            ("LINK", true),
            ("UNLINK", true),
            ("LIST", true),
            ("CONFIRM", self.actions.confirm.is_some()),
            ("SIGN_OUT", self.actions.sign_out.is_some()),
            ("BACKCHANNEL_LOGOUT", self.backchannel_logout),
        ]
        .into_iter()
        .filter(|(_, is_on)| *is_on)
        .map(move |(phase, _)| {
            let module = match phase {
                "REQUEST" | "LINK" if self.connections => paths::DYNAMIC_OIDC,
                _ => paths::OAUTH2,
            };
            let phase = format_ident!("{phase}");
            quote!(#module::#phase)
        })
    }

    fn config(&self, index: usize) -> TokenStream {
        let oauth2 = paths::OAUTH2;
        let name = self.name.to_string();
        let Self {
            optional,
            registration_enabled,
            remember_me,
            store_tokens,
            backchannel_logout,
            ..
        } = self;
        let on_untrusted_match = match self.on_untrusted_match {
            OnUntrustedMatch::Reject => quote!(Reject),
            OnUntrustedMatch::Confirm => quote!(Confirm),
        };
        let updates = !self.updates.is_empty();
        let window = self.reauthentication_window.seconds;
        let confirm = self.actions.confirm.as_ref();
        let confirm = confirm.map_or_else(String::new, |action| action.name.to_string());
        quote! {
            #oauth2::Config {
                index: #index,
                name: #name,
                optional: #optional,
                registration_enabled: #registration_enabled,
                remember_me: #remember_me,
                on_untrusted_email_match: #oauth2::OnUntrustedMatch::#on_untrusted_match,
                store_tokens: #store_tokens,
                updates_on_sign_in: #updates,
                backchannel_logout: #backchannel_logout,
                reauthentication_window_seconds: #window,
                confirm_action_name: #confirm,
            }
        }
    }

    /// What the provider says, as values of columns.
    fn attributes_function(&self, names: &Names<'_>) -> TokenStream {
        let (oauth, private) = (paths::OAUTH, paths::PRIVATE);
        let values: Vec<Ident> = (0..self.attributes.len())
            .map(|place| format_ident!("value_{place}"))
            .collect();
        // The span of what the user wrote would make it a name of the user's.
        let info = format_ident!("info");
        let fillings = self.attributes.iter().map(|Attribute { column, filling }| {
            let ty = names.column_type(column);
            match filling {
                Filling::Claim(ClaimPath(path)) => quote_spanned!(path.span()=> #info.value::<#ty>(#path)),
                Filling::Function(function) => quote_spanned! {function.span()=>
                    #private::Some({
                        let fill: fn(&#oauth::UserInfo) -> #ty = #function;
                        fill(#info)
                    })
                },
            }
        });
        let claims = self
            .attributes
            .iter()
            .enumerate()
            .filter_map(|(place, attribute)| {
                let place = Index::from(place);
                match &attribute.filling {
                    Filling::Claim(ClaimPath(path)) => Some(quote!((attributes.#place.is_none(), #path))),
                    Filling::Function(_) => None,
                }
            });
        let body = if values.is_empty() {
            quote!(#private::Ok(()))
        } else {
            quote! {
                let attributes = (#(#fillings,)*);
                let claims: &[(bool, &'static str)] = &[#(#claims),*];
                match attributes {
                    (#(#private::Some(#values),)*) => #private::Ok((#(#values,)*)),
                    _ => #private::Err(claims.iter().filter(|claim| claim.0).map(|claim| claim.1).collect()),
                }
            }
        };
        quote! {
            #[allow(unused_variables)]
            fn attributes(
                info: &#oauth::UserInfo,
            ) -> #private::Result<Self::Attributes, #private::Vec<&'static str>> {
                #body
            }
        }
    }

    /// The columns that a registration fills by itself.
    fn defaults<'a>(&'a self, names: &'a Names<'_>) -> impl Iterator<Item = &'a Column> {
        let is_filled = |column: &Column| {
            column.index == self.identity.column.index
                || names.tenant_index() == Some(column.index)
                || self
                    .attributes
                    .iter()
                    .any(|attribute| attribute.column.index == column.index)
        };
        let columns = names.user.columns.iter();
        columns
            .filter(move |column| self.registration_enabled && column.default.is_some() && !is_filled(column))
    }

    fn queries(&self, names: &Names<'_>) -> TokenStream {
        let (queries, traits, user) = (paths::OAUTH2_QUERIES, paths::USER, &names.path);
        let (key, identity) = (column(names.user.key), column(self.identity.column.index));
        let tenant = names.tenant();
        let set = |place: usize| {
            let attribute = self.attributes.get(place)?;
            let (column, place) = (column(attribute.column.index), Index::from(place));
            Some(quote!(#column = attributes.#place))
        };
        let attributes = (0..self.attributes.len()).filter_map(set);
        let updates = self.updates.iter().copied().filter_map(set);
        let defaults = self.defaults(names).map(|default| {
            let (column, function) = (column(default.index), default_function(default.index));
            quote!(#column = <#user>::#function())
        });
        quote! {
            #queries! {
                connection __Connection;
                table __TABLE;
                key #key: <#user as #traits::Resource>::Key;
                identity #identity;
                tenant #tenant;
                attributes attributes [#(#attributes,)*];
                defaults [#(#defaults,)*];
                updates [#(#updates),*];
            }
        }
    }
}
