//! The actions as functions of the struct, and the structs of their arguments.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::account::Account;
use crate::{
    action::{ActionName, Argument, Function},
    expand::Names,
    part::marker,
    paths,
};

/// What one kind of action is at run time.
struct Known {
    doc: &'static str,
    function: &'static str,
    input: TokenStream,
    arguments: Vec<Argument>,
    rest: TokenStream,
    rest_fields: TokenStream,
    output: TokenStream,
}

impl Account {
    pub(crate) fn functions_on_struct(&self) -> Vec<Function<'_>> {
        let (oauth2, marker) = (paths::OAUTH2, marker(&self.name));
        self.actions
            .all(self.registration_enabled)
            .map(|(kind, _, name)| {
                let known = known(kind).through(self.connections);
                let function = format_ident!("{}", known.function);
                let function = Function {
                    name: &name.name,
                    doc: known.doc,
                    runtime: quote!(#oauth2::#function::<#marker>),
                    runtime_input: known.input,
                    input: name.input(),
                    writes_input: true,
                    arguments: known.arguments,
                    rest: known.rest,
                    rest_fields: known.rest_fields,
                    output: known.output,
                };
                if kind == "request" {
                    function.remembering(self.remember_me)
                } else {
                    function
                }
            })
            .collect()
    }

    pub(crate) fn inputs(&self, names: &Names<'_>) -> TokenStream {
        let structs = Function::inputs(self.functions_on_struct(), names);
        let with_default = self.functions_on_struct().into_iter().filter_map(|function| {
            let is_optional = |argument: &Argument| {
                matches!(argument.fills.to_string().as_str(), "login_hint" | "remember_me")
            };
            let has_default = function.rest_fields.is_empty() && function.arguments.iter().all(is_optional);
            let fields = function.arguments.iter().map(|argument| &argument.name);
            has_default.then(|| default(&function.input, fields))
        });
        let from_callback = from_callback(&self.actions.enter);
        quote!(#structs #(#with_default)* #from_callback)
    }
}

/// Nothing in particular: where everything may be left out.
fn default<'a>(input: &Ident, fields: impl Iterator<Item = &'a Ident>) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl ::core::default::Default for #input {
            fn default() -> Self {
                Self { #(#fields: ::core::default::Default::default(),)* }
            }
        }
    }
}

/// The arguments of a callback are what came back, as they are.
fn from_callback(enter: &ActionName) -> TokenStream {
    let (oauth, input) = (paths::OAUTH, enter.input());
    quote! {
        #[automatically_derived]
        impl ::core::convert::From<#oauth::Callback> for #input {
            fn from(callback: #oauth::Callback) -> Self {
                Self { callback }
            }
        }
    }
}

impl Known {
    /// The same with the argument that names a connection, where there are some and the action begins at one.
    fn through(mut self, connections: bool) -> Self {
        if matches!(self.function, "request" | "link") {
            if connections {
                let (private, doc) = (
                    paths::PRIVATE,
                    "The connection, by its id or its name in addresses.",
                );
                let argument = Argument::new(
                    format_ident!("connection_id"),
                    "connection_id",
                    quote!(#private::String),
                    doc,
                );
                self.arguments.insert(0, argument.given());
            } else {
                let private = paths::PRIVATE;
                self.rest = quote!(connection_id: #private::None,);
            }
        }
        self
    }
}

fn known(kind: &str) -> Known {
    let (oauth2, oauth, private, strategy) = (paths::OAUTH2, paths::OAUTH, paths::PRIVATE, paths::STRATEGY);
    let known = |doc, function, input: TokenStream, output| Known {
        doc,
        function,
        input: quote!(#oauth2::#input),
        arguments: Vec::new(),
        rest: TokenStream::new(),
        rest_fields: TokenStream::new(),
        output,
    };
    let argument = |name: &str, ty, doc: &str| vec![Argument::new(format_ident!("{name}"), name, ty, doc)];
    let identity = || {
        let db = paths::DB;
        argument("id", quote!(#db::Id), "The identity.")
    };
    match kind {
        "request" => Known {
            arguments: argument(
                "login_hint",
                quote!(#private::Option<#private::String>),
                "Whom the provider should offer, such as an address.",
            ),
            ..known(
                "Begins a sign-in at the provider. The browser goes where the answer says.",
                "request",
                quote!(Request),
                quote!(#strategy::Redirect),
            )
        },
        "link" => known(
            "Begins to attach an identity to whoever is signed in. The browser goes where the answer says.",
            "link",
            quote!(Link),
            quote!(#strategy::Redirect),
        ),
        "unlink" => Known {
            arguments: identity(),
            ..known(
                "Detaches an identity from whoever is signed in, unless it is the last way to sign in.",
                "unlink",
                quote!(Unlink),
                quote!(()),
            )
        },
        "list" => known(
            "The identities of whoever is signed in, oldest first.",
            "list",
            quote!(List),
            quote!(#private::Vec<#oauth2::IdentityInfo>),
        ),
        "confirm" => Known {
            arguments: argument(
                "token",
                quote!(#private::SecretString),
                "The token out of the message.",
            ),
            ..known(
                "Attaches an identity with the token out of a message, once.",
                "confirm",
                quote!(Confirm),
                quote!(()),
            )
        },
        "sign_out" => known(
            "Signs out here. The browser goes where the answer says, to sign out at the provider, too.",
            "sign_out",
            quote!(SignOut),
            quote!(#private::Option<#strategy::Redirect>),
        ),
        "access_token" => Known {
            arguments: identity(),
            ..known(
                "A token of the provider's that is valid, for an identity of whoever is signed in.",
                "access_token",
                quote!(AccessToken),
                quote!(#private::SecretString),
            )
        },
        _ => Known {
            input: quote!(#oauth::Callback),
            rest: quote!(..input.callback),
            rest_fields: quote! {
                /// What the provider sent the browser back with.
                pub callback: #oauth::Callback,
            },
            ..known(
                "Ends a sign-in at the provider with what the browser came back with.",
                "callback",
                TokenStream::new(),
                quote!(#oauth2::Entered<Self>),
            )
        },
    }
}
