//! The strategies: one line for each.

pub(crate) mod password;

use proc_macro2::{Ident, TokenStream};
use syn::parse::ParseStream;

#[cfg(test)]
use crate::block::Table;
use crate::{
    block::{self, Allow, Block},
    check::Action,
    errors::Errors,
    expand::Names,
    model::Cx,
    resources::user::model::Column,
    suggest,
    warning::Warning,
};

/// Words that are taken for strategies to come.
const NOT_YET: &[&str] = &[
    "magic_link",
    "remember_me",
    "api_key",
    "otp",
    "totp",
    "recovery_code",
    "webauthn",
    "oauth2",
    "oidc",
    "dynamic_oidc",
    "github",
    "google",
    "apple",
    "microsoft",
    "auth0",
    "okta",
    "slack",
    "custom",
];

macro_rules! strategies {
    ($($module:ident: $Kind:ident),* $(,)?) => {
        /// A strategy as written.
        #[derive(Debug, Clone)]
        pub(crate) enum Written {
            $( $Kind($module::ast::$Kind), )*
        }

        /// A strategy, complete and valid.
        #[derive(Debug)]
        pub(crate) enum Strategy {
            $( $Kind($module::model::$Kind), )*
        }

        const WORDS: &[&str] = &[$(stringify!($module)),*];

        fn read_one(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Option<Written> {
            match word.to_string().as_str() {
                $( stringify!($module) => {
                    Some(Written::$Kind($module::ast::$Kind::read(word, name, content, errors)))
                } )*
                _ => None,
            }
        }

        impl Written {
            pub(crate) fn resolve(&self, cx: &Cx, errors: &mut Errors) -> Option<Strategy> {
                match self {
                    $( Self::$Kind(written) => $module::model::$Kind::resolve(written, cx, errors).map(Strategy::$Kind), )*
                }
            }
        }

        impl Written {
            /// The names of columns, as they stand in the block.
            pub(crate) fn column_names(&self) -> Vec<Ident> {
                match self { $( Self::$Kind(written) => written.column_names(), )* }
            }

            /// The functions and the structs of arguments that it would bring, right or wrong.
            pub(crate) fn likely_actions(&self) -> Vec<(Ident, Ident)> {
                match self { $( Self::$Kind(written) => written.likely_actions(), )* }
            }
        }

        impl Strategy {
            /// The columns that its code names.
            pub(crate) fn columns(&self, names: &Names) -> Vec<Column> {
                match self { $( Self::$Kind(strategy) => strategy.columns(names), )* }
            }

            /// The columns by which people are found, each unique.
            pub(crate) fn unique_columns(&self) -> Vec<&Column> {
                match self { $( Self::$Kind(strategy) => strategy.unique_columns(), )* }
            }

            /// The implementation of the runtime's trait.
            pub(crate) fn implementation(&self, index: usize, names: &Names) -> TokenStream {
                match self { $( Self::$Kind(strategy) => strategy.implementation(index, names), )* }
            }

            pub(crate) fn info(&self) -> TokenStream {
                match self { $( Self::$Kind(strategy) => strategy.info(), )* }
            }

            pub(crate) fn parts(&self, names: &Names) -> TokenStream {
                match self { $( Self::$Kind(strategy) => strategy.parts(names), )* }
            }

            pub(crate) fn dispatch(&self) -> TokenStream {
                match self { $( Self::$Kind(strategy) => strategy.dispatch(), )* }
            }

            pub(crate) fn functions(&self, names: &Names) -> TokenStream {
                match self { $( Self::$Kind(strategy) => strategy.functions(names), )* }
            }

            pub(crate) fn inputs(&self, names: &Names) -> TokenStream {
                match self { $( Self::$Kind(strategy) => strategy.inputs(names), )* }
            }
            /// Its name in the block, part of routes and action names.
            pub(crate) fn name(&self) -> &Ident {
                match self { $( Self::$Kind(strategy) => &strategy.name, )* }
            }

            pub(crate) fn kind(&self) -> &'static str {
                match self { $( Self::$Kind(_) => stringify!($module), )* }
            }

            /// Its actions that are switched on.
            pub(crate) fn actions(&self) -> Vec<Action<'_>> {
                match self { $( Self::$Kind(strategy) => strategy.actions(), )* }
            }

            pub(crate) fn warnings(&self) -> &[Warning] {
                match self { $( Self::$Kind(strategy) => &strategy.warnings, )* }
            }

            /// The promises given up in its block and the blocks inside.
            pub(crate) fn allows(&self) -> &[Allow] {
                match self { $( Self::$Kind(strategy) => &strategy.allows, )* }
            }
        }

        /// Every table of every strategy, for the settings reference.
        #[cfg(test)]
        pub(crate) fn tables() -> Vec<(&'static str, Vec<&'static Table>)> {
            vec![$( (stringify!($module), $module::ast::tables()) ),*]
        }
    };
}

strategies! {
    password: Password,
}

/// `strategies { … }` as written.
#[derive(Debug, Clone)]
pub(crate) struct Strategies {
    pub(crate) list: Vec<Written>,
}

impl Block for Strategies {
    fn read(_: Ident, _: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        let mut list = Vec::new();
        block::read_list(content, "strategy", errors, &mut |kind, name, content, errors| {
            let written = kind.to_string();
            if WORDS.contains(&written.as_str()) {
                list.extend(read_one(kind, name, content, errors));
                return;
            }
            block::skip_all(content);
            if NOT_YET.contains(&written.as_str()) {
                errors.at(kind, format!("`{written}` is not supported yet"));
            } else {
                let help = suggest::help(&written, "a strategy", WORDS);
                errors.at(kind, format!("unknown strategy `{written}`{help}"));
            }
        });
        Self { list }
    }
}
