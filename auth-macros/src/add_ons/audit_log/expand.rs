//! What the block writes for `audit_log`: its settings as a constant, its parts.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{
    model::{AuditLog, DELIVER, Privacy, SESSION, SESSION_ACTIONS},
    rules,
};
use crate::{
    block::Allow,
    errors::Errors,
    expand::{Names, secret_source},
    part::{Part, Parts, marker},
    paths,
    resources::user::model::Column,
    warning::Warning,
};

impl AuditLog {
    fn config(&self, names: &Names<'_>) -> TokenStream {
        let audit_log = paths::AUDIT_LOG;
        let name = self.name.to_string();
        let (others, except) = self.selection(names);
        let hidden = names
            .parts
            .iter()
            .flat_map(|part| part.accepted_columns())
            .filter(|column| column.private && !self.logs(column))
            .map(Column::name);
        let privacy = match &self.privacy {
            Privacy::None => quote!(None),
            Privacy::Exclude => quote!(Exclude),
            Privacy::Hash(_) => quote!(Hash),
            Privacy::Truncate { ipv4_mask, ipv6_mask } => {
                let (v4, v6) = (
                    Literal::u32_unsuffixed(*ipv4_mask),
                    Literal::u32_unsuffixed(*ipv6_mask),
                );
                quote!(Truncate { ipv4_mask: #v4, ipv6_mask: #v6 })
            }
        };
        let mode = match &self.batching {
            None => quote!(Durable),
            Some(batching) => {
                let (size, buffer) = (
                    Literal::u32_unsuffixed(batching.batch_size),
                    Literal::u32_unsuffixed(batching.buffer_size),
                );
                let interval = batching.batch_interval;
                quote! {
                    Batched(#audit_log::Batching {
                        batch_size: #size,
                        batch_interval_seconds: #interval,
                        buffer_size: #buffer,
                    })
                }
            }
        };
        quote! {
            #audit_log::Config {
                name: #name,
                selection: #audit_log::Selection {
                    others: #others,
                    except: &[#(#except),*],
                },
                hidden_fields: &[#(#hidden),*],
                ip_privacy: #audit_log::IpPrivacyMode::#privacy,
                mode: #audit_log::Mode::#mode,
            }
        }
    }

    /// Whether an action is recorded that is not known here, and the known ones that are treated the other way.
    fn selection(&self, names: &Names<'_>) -> (bool, Vec<TokenStream>) {
        let others = self.selection.others();
        let of_parts = names.parts.iter().flat_map(|part| {
            part.actions()
                .into_iter()
                .map(|action| (part.name().to_string(), action.kind, action.name.to_string()))
        });
        let further = names.parts.iter().flat_map(|part| {
            let events = part.further_events().iter();
            events.map(|&event| (part.name().to_string(), event, event.to_owned()))
        });
        let of_sessions = SESSION_ACTIONS
            .iter()
            .map(|&action| (SESSION.to_owned(), action, action.to_owned()));
        let senders = names.parts.iter().map(|part| part.name().to_string());
        let of_senders = senders
            .chain([SESSION.to_owned()])
            .map(|strategy| (strategy, DELIVER, DELIVER.to_owned()));
        let except = of_parts
            .chain(further)
            .chain(of_sessions)
            .chain(of_senders)
            .filter(|(strategy, _, action)| self.selection.includes(strategy, action) != others)
            .map(|(strategy, kind, _)| quote!((#strategy, #kind)))
            .collect();
        (others, except)
    }
}

impl Part for AuditLog {
    fn kind(&self) -> &'static str {
        "audit_log"
    }

    fn name(&self) -> &Ident {
        &self.name
    }

    fn check(&self, parts: &Parts, errors: &mut Errors) {
        rules::check_actions(self, parts, errors);
        rules::check_fields(self, parts, errors);
    }

    fn logs(&self, column: &Column) -> bool {
        !column.private
            || self
                .include_fields
                .iter()
                .any(|other| other.index == column.index)
    }

    fn records(&self, strategy: &Ident, action: &Ident) -> Option<bool> {
        Some(
            self.selection
                .includes(&strategy.to_string(), &action.to_string()),
        )
    }

    fn tables(&self) -> Vec<TokenStream> {
        let (audit_log, marker) = (paths::AUDIT_LOG, marker(&self.name));
        vec![quote!(#audit_log::table::<#marker>())]
    }

    fn implementation(&self, _: usize, names: &Names<'_>) -> TokenStream {
        let (audit_log, marker, user) = (paths::AUDIT_LOG, marker(&self.name), &names.path);
        let resource = &self.resource;
        let log = quote_spanned!(resource.span()=> type Log = #resource;);
        quote! {
            struct #marker;
            #[automatically_derived]
            impl #audit_log::Declared for #marker {
                type User = #user;
                #log
            }
        }
    }

    fn info(&self) -> TokenStream {
        let strategy = paths::STRATEGY;
        let name = self.name.to_string();
        quote! {
            #strategy::StrategyInfo {
                name: #name,
                kind: "audit_log",
                phases: &[],
                actions: &[],
                tokens_required: false,
            }
        }
    }

    fn parts(&self, names: &Names<'_>) -> TokenStream {
        let (audit_log, marker, config) = (paths::AUDIT_LOG, marker(&self.name), self.config(names));
        let key = match &self.privacy {
            Privacy::Hash(key) => {
                let name = self.name.to_string();
                let path = ["authentication", "add_ons", &name, "ip_hash_key"];
                let source = secret_source(key, &path, names);
                quote!(.ip_hash_key(#source))
            }
            Privacy::None | Privacy::Truncate { .. } | Privacy::Exclude => TokenStream::new(),
        };
        quote!(#audit_log::Parts::<#marker>::new(#config) #key)
    }

    fn dispatch(&self) -> TokenStream {
        let strategy = paths::STRATEGY;
        quote!(#strategy::Outcome::no_such_strategy())
    }

    fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    fn allows(&self) -> &[Allow] {
        &self.allows
    }
}
