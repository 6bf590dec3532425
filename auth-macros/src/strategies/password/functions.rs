//! The actions of `password` as functions of the struct, and the structs of their arguments.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::model::Password;
use crate::{
    action::{ActionName, Argument, Function},
    expand::Names,
    paths,
};

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
    fn runtime(self, alike: bool) -> (Ident, Ident, TokenStream) {
        let (private, session, strategy) = (paths::PRIVATE, paths::SESSION, paths::STRATEGY);
        let signed_in = quote!(#session::SignedIn<Self>);
        let (function, arguments, output) = match self {
            Self::Register if alike => ("register_alike", "Register", quote!(#strategy::Accepted)),
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

    /// It proves who somebody is, with something that they have or know already.
    fn signs_in(self) -> bool {
        matches!(self, Self::SignIn | Self::SignInToken | Self::Exchange)
    }

    /// It sets a new password.
    fn chooses_password(self) -> bool {
        matches!(self, Self::Register | Self::Reset | Self::Change)
    }

    fn doc(self, alike: bool) -> &'static str {
        match self {
            Self::Register if alike => {
                "Registers a person, who is to confirm the address. The answer is the same when the address has an account."
            }
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

impl Password {
    /// The actions that are switched on, each with the constant of its phase.
    pub(super) fn phases(&self) -> Vec<(Ident, &ActionName)> {
        self.switched_on()
            .into_iter()
            .map(|(_, phase, name)| (format_ident!("{phase}"), name))
            .collect()
    }

    fn switched_on(&self) -> Vec<(Action, &'static str, &ActionName)> {
        let resettable = self.resettable.as_ref();
        [
            (Action::Register, "REGISTER", self.register.as_ref()),
            (Action::SignIn, "SIGN_IN", self.sign_in.as_ref()),
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
        .filter_map(|(action, phase, name)| Some((action, phase, name?)))
        .collect()
    }

    /// All actions that are switched on, as functions of the struct.
    pub(super) fn functions_on_struct(&self, names: &Names<'_>) -> Vec<Function<'_>> {
        let password = paths::PASSWORD;
        let marker = self.marker();
        self.switched_on()
            .into_iter()
            .filter_map(|(action, _, name)| {
                // A sign-in token takes what a sign-in takes.
                let shares = action == Action::SignInToken;
                let input = if shares { self.sign_in.as_ref()? } else { name };
                let (runtime, arguments, output) = action.runtime(self.answers_alike);
                let (rest, rest_fields) = self.rest(action, names);
                let function = Function {
                    name: &name.name,
                    doc: action.doc(self.answers_alike),
                    runtime: quote!(#password::#runtime::<#marker>),
                    runtime_input: quote!(#password::#arguments),
                    input: input.input(),
                    writes_input: !shares,
                    arguments: self.arguments(action),
                    rest,
                    rest_fields,
                    output,
                };
                Some(if action.signs_in() {
                    function.remembering(self.remember_me)
                } else {
                    function
                })
            })
            .collect()
    }

    /// The fields of the runtime's arguments that no single argument fills, and the fields of the struct they use.
    fn rest(&self, action: Action, names: &Names<'_>) -> (TokenStream, TokenStream) {
        let private = paths::PRIVATE;
        let mut rest = TokenStream::new();
        let mut fields = TokenStream::new();
        if !self.confirmation_required && action.chooses_password() {
            rest.extend(quote!(confirmation: #private::None,));
        }
        if action == Action::Register {
            let accepted = self.register_accept.iter().map(|column| &column.field);
            rest.extend(quote!(extras: (#(input.#accepted,)*),));
            for column in &self.register_accept {
                let (field, ty) = (&column.field, names.column_type(column));
                let doc = format!("The column `{field}`.");
                fields.extend(quote!(#[doc = #doc] pub #field: #ty,));
            }
        }
        (rest, fields)
    }

    /// The arguments of an action besides the accepted columns.
    fn arguments(&self, action: Action) -> Vec<Argument> {
        let private = paths::PRIVATE;
        let secret = || quote!(#private::SecretString);
        let fixed =
            |name: &str, fills: &str, doc: &str| Argument::new(format_ident!("{name}"), fills, secret(), doc);
        let mut arguments = match action {
            Action::Register | Action::SignIn | Action::SignInToken | Action::RequestReset => {
                let field = self.identity.column.field.clone();
                let text = quote!(#private::String);
                vec![Argument::new(field, "identity", text, "Who the person is.")]
            }
            Action::Exchange => vec![fixed("token", "token", "The sign-in token.")],
            Action::Reset => vec![fixed("reset_token", "token", "The token out of the message.")],
            Action::Change => vec![fixed("current_password", "current", "The password so far.")],
        };
        if !matches!(action, Action::Exchange | Action::RequestReset) {
            let name = self.password_field.clone();
            arguments.push(Argument::new(name, "password", secret(), "The password."));
        }
        if self.confirmation_required && action.chooses_password() {
            let name = self.password_confirmation_field.clone();
            let doc = "The new password once more.";
            arguments.push(Argument::new(name, "confirmation", secret(), doc).given());
        }
        arguments
    }
}
