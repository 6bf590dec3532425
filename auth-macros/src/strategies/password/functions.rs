//! The actions of `password` as functions of the struct, and the structs of their arguments.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::model::Password;
use crate::{expand::Names, paths};

/// One action as a function.
pub(super) struct Function<'a> {
    pub(super) name: &'a Ident,
    /// The constant of its phase.
    pub(super) phase: &'static str,
    /// The struct of its arguments, which several functions may share.
    input: Ident,
    action: Action,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Register,
    SignIn,
    SignInToken,
    Exchange,
    RequestReset,
    Reset,
    Change,
}

impl Action {
    /// The runtime's function, the struct of its arguments and what it answers.
    fn runtime(self) -> (Ident, Ident, TokenStream) {
        let (private, session, strategy) = (paths::PRIVATE, paths::SESSION, paths::STRATEGY);
        let signed_in = quote!(#session::SignedIn<Self>);
        let (function, arguments, output) = match self {
            Self::Register => ("register", "Register", signed_in),
            Self::SignIn => ("sign_in", "SignIn", signed_in),
            Self::SignInToken => ("sign_in_token", "SignIn", quote!(#private::SecretString)),
            Self::Exchange => ("exchange", "Exchange", signed_in),
            Self::RequestReset => ("request_reset", "RequestReset", quote!(#strategy::Accepted)),
            Self::Reset => ("reset", "Reset", signed_in),
            Self::Change => ("change", "Change", signed_in),
        };
        (format_ident!("{function}"), format_ident!("{arguments}"), output)
    }

    /// It sets a new password.
    fn chooses_password(self) -> bool {
        matches!(self, Self::Register | Self::Reset | Self::Change)
    }

    fn doc(self) -> &'static str {
        match self {
            Self::Register => "Registers a person and signs them in.",
            Self::SignIn => "Signs a person in.",
            Self::SignInToken => {
                "Checks a password, and answers with a token that can be exchanged for a session, once and soon."
            }
            Self::Exchange => "Exchanges a sign-in token for a session.",
            Self::RequestReset => {
                "Asks for a way to choose a new password. The answer is the same whether or not the person exists."
            }
            Self::Reset => "Sets a new password with the token out of a message.",
            Self::Change => "Changes the password of the person who is signed in.",
        }
    }
}

/// One argument.
struct Argument {
    name: Ident,
    ty: TokenStream,
    doc: String,
    /// The field of the runtime's arguments that it fills.
    fills: &'static str,
}

impl Password {
    /// All actions that are switched on.
    pub(super) fn functions_on_struct(&self) -> Vec<Function<'_>> {
        let sign_in = self.sign_in.as_ref();
        let resettable = self.resettable.as_ref();
        [
            (Action::Register, "REGISTER", self.register.as_ref()),
            (Action::SignIn, "SIGN_IN", sign_in),
            (Action::SignInToken, "SIGN_IN_TOKEN", self.sign_in_token.as_ref()),
            (
                Action::Exchange,
                "SIGN_IN_WITH_TOKEN",
                self.sign_in_with_token.as_ref(),
            ),
            (
                Action::RequestReset,
                "RESET_REQUEST",
                resettable.map(|resettable| &resettable.request),
            ),
            (
                Action::Reset,
                "RESET",
                resettable.map(|resettable| &resettable.reset),
            ),
            (Action::Change, "CHANGE", self.change_password.as_ref()),
        ]
        .into_iter()
        .filter_map(|(action, phase, name)| {
            let name = name?;
            // A sign-in token takes what a sign-in takes.
            let input = if action == Action::SignInToken {
                sign_in?
            } else {
                name
            };
            Some(Function {
                name: &name.name,
                phase,
                input: input.input(),
                action,
            })
        })
        .collect()
    }

    /// The arguments of an action besides the accepted columns.
    fn arguments(&self, action: Action) -> Vec<Argument> {
        let private = paths::PRIVATE;
        let secret = quote!(#private::SecretString);
        let argument = |name: &Ident, fills: &'static str, ty: &TokenStream, doc: &str| Argument {
            name: name.clone(),
            ty: ty.clone(),
            doc: doc.to_owned(),
            fills,
        };
        let fixed = |name: &str, fills: &'static str, doc: &str| {
            argument(&format_ident!("{name}"), fills, &secret, doc)
        };
        let mut arguments = match action {
            Action::Register | Action::SignIn | Action::SignInToken | Action::RequestReset => {
                vec![argument(
                    &self.identity.field,
                    "identity",
                    &quote!(#private::String),
                    "Who the person is.",
                )]
            }
            Action::Exchange => vec![fixed("token", "token", "The sign-in token.")],
            Action::Reset => vec![fixed("reset_token", "token", "The token out of the message.")],
            Action::Change => vec![fixed("current_password", "current", "The password so far.")],
        };
        if !matches!(action, Action::Exchange | Action::RequestReset) {
            arguments.push(argument(
                &self.password_field,
                "password",
                &secret,
                "The password.",
            ));
        }
        if self.confirmation_required && action.chooses_password() {
            let doc = "The new password once more.";
            arguments.push(argument(
                &self.password_confirmation_field,
                "confirmation",
                &secret,
                doc,
            ));
        }
        arguments
    }

    /// The actions as functions of the struct.
    pub(crate) fn functions(&self, names: &Names) -> TokenStream {
        let (password, context, error, private) =
            (paths::PASSWORD, paths::CONTEXT, paths::ERROR, paths::PRIVATE);
        let (marker, module) = (self.marker(), &names.inputs);
        let mut tokens = TokenStream::new();
        for Function {
            name, input, action, ..
        } in self.functions_on_struct()
        {
            let (function, arguments, output) = action.runtime();
            let doc = action.doc();
            let filled = self.arguments(action).into_iter().map(|argument| {
                let (name, fills) = (argument.name, format_ident!("{}", argument.fills));
                let optional = fills == "confirmation";
                let value = if optional {
                    quote!(#private::Some(input.#name))
                } else {
                    quote!(input.#name)
                };
                quote!(#fills: #value,)
            });
            let unconfirmed = (!self.confirmation_required && action.chooses_password())
                .then(|| quote!(confirmation: #private::None,));
            let extras = (action == Action::Register).then(|| {
                let fields = self.register_accept.iter().map(|column| &column.field);
                quote!(extras: (#(input.#fields,)*),)
            });
            tokens.extend(quote! {
                #[doc = #doc]
                ///
                /// # Errors
                /// What went wrong, for the operator; its `failure()` is what a client may know.
                pub async fn #name(
                    context: &#context::Context<Self>,
                    input: #module::#input,
                ) -> #error::Result<#output> {
                    let input = #password::#arguments { #(#filled)* #unconfirmed #extras };
                    context.record(#password::#function::<#marker>(context, input).await).await
                }
            });
        }
        tokens
    }

    /// The structs of the actions' arguments.
    pub(crate) fn inputs(&self, names: &Names) -> TokenStream {
        let resource = &names.user.ident;
        let mut tokens = TokenStream::new();
        for Function {
            name, input, action, ..
        } in self.functions_on_struct()
        {
            if action == Action::SignInToken {
                continue;
            }
            let doc = format!("Arguments of [`{resource}::{name}`].");
            let arguments = self
                .arguments(action)
                .into_iter()
                .map(|Argument { name, ty, doc, .. }| quote!(#[doc = #doc] pub #name: #ty,));
            let accepted = self
                .register_accept
                .iter()
                .filter(|_| action == Action::Register)
                .map(|column| {
                    let (field, ty) = (&column.field, names.column_type(column));
                    let doc = format!("The column `{field}`.");
                    quote!(#[doc = #doc] pub #field: #ty,)
                });
            tokens.extend(quote! {
                #[doc = #doc]
                #[derive(::core::fmt::Debug, ::core::clone::Clone)]
                pub struct #input {
                    #(#arguments)*
                    #(#accepted)*
                }
            });
        }
        tokens
    }
}
