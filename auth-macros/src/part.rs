//! Strategies and add-ons seen from the rest of the block: as written, and complete and valid.
//!
//! Each kind stands in a folder of its own and in one list, [`crate::strategies::KINDS`] or
//! [`crate::add_ons::KINDS`]. What is the same for all of them is written here once.

use std::{any::Any, fmt::Debug, rc::Rc};

use proc_macro2::{Ident, TokenStream};
use quote::format_ident;
use syn::parse::ParseStream;

#[cfg(test)]
use crate::block::Table;
use crate::{
    action::Action,
    block::{self, Allow},
    errors::Errors,
    expand::Names,
    limits::Protection,
    model::Cx,
    resources::user::model::Column,
    setting::is_name,
    suggest,
    warning::Warning,
};

/// A strategy or add-on as written.
pub(crate) trait Written: Any + Debug {
    /// The word that says of which kind it is.
    fn word(&self) -> &Ident;

    /// The name between the word and the brace.
    fn given_name(&self) -> Option<&Ident>;

    /// The names of columns, as they stand in the block.
    fn column_names(&self) -> Vec<Ident> {
        Vec::new()
    }

    /// The column by which it finds people, as written or by default.
    fn identity_field(&self) -> Option<Ident> {
        None
    }

    /// Functions that are no actions and that it would bring, with how many arguments they take.
    fn further_functions(&self) -> Vec<(Ident, usize)> {
        Vec::new()
    }

    /// The functions and the structs of arguments that it would bring, right or wrong.
    fn likely_actions(&self) -> Vec<(Ident, Ident)> {
        Vec::new()
    }

    /// Whether its sign-ins are to take the argument `remember_me`.
    fn remembers(&self) -> bool {
        false
    }

    /// Judges it. `None` goes with at least one mistake.
    fn resolve(&self, cx: &Cx<'_>, errors: &mut Errors) -> Option<Box<dyn Part>>;

    /// Its name: part of routes and of names of actions.
    fn name(&self) -> &Ident {
        self.given_name().unwrap_or_else(|| self.word())
    }
}

/// A strategy or add-on, complete and valid.
pub(crate) trait Part: Debug {
    /// The word that says of which kind it is.
    fn kind(&self) -> &'static str;

    /// Its name in the block.
    fn name(&self) -> &Ident;

    /// Rules that need to know what the other parts of the block came to.
    fn check(&self, _parts: &Parts, _errors: &mut Errors) {}

    /// Its actions that are switched on.
    fn actions(&self) -> Vec<Action<'_>> {
        Vec::new()
    }

    /// Its functions that are no actions.
    fn further_functions(&self) -> Vec<Ident> {
        Vec::new()
    }

    /// What it leaves events of beside its actions.
    fn further_events(&self) -> &'static [&'static str] {
        &[]
    }

    /// The columns that its code names.
    fn columns(&self, _names: &Names<'_>) -> Vec<Column> {
        Vec::new()
    }

    /// The columns that one of its actions takes from outside.
    fn accepted_columns(&self) -> &[Column] {
        &[]
    }

    /// Whether it records what an action takes for this column.
    fn logs(&self, _column: &Column) -> bool {
        false
    }

    /// Whether it records this action of this strategy; `None` from what is no audit log.
    fn records(&self, _strategy: &Ident, _action: &Ident) -> Option<bool> {
        None
    }

    /// Its actions with a constant that says whether they are answered alike whatever comes of them.
    fn answered_alike(&self) -> Vec<(String, TokenStream)> {
        Vec::new()
    }

    /// The columns by which people are found, each unique.
    fn unique_columns(&self) -> Vec<&Column> {
        Vec::new()
    }

    /// The tables of its own, as expressions of the runtime's type `Table`.
    fn tables(&self) -> Vec<TokenStream> {
        Vec::new()
    }

    /// What delivers its notices, if nothing has to be started for that.
    fn notices(&self) -> Option<&syn::Expr> {
        None
    }

    /// What the settings of the whole block say about remembering browsers.
    fn remember_me(&self, _subject_name: &str) -> Option<TokenStream> {
        None
    }

    /// The implementation of the runtime's trait. `index` is its place among all parts.
    fn implementation(&self, index: usize, names: &Names<'_>) -> TokenStream;

    /// How it looks from outside: the runtime's `StrategyInfo`.
    fn info(&self) -> TokenStream;

    /// What exists at run time only: senders, secrets, providers.
    fn parts(&self, names: &Names<'_>) -> TokenStream;

    /// What `dispatch` does with it.
    fn dispatch(&self) -> TokenStream;

    /// What it says about limits. Without an answer the runtime's default holds.
    fn protection(&self) -> Option<&Protection> {
        None
    }

    /// Its actions as functions of the struct.
    fn functions(&self, _names: &Names<'_>) -> TokenStream {
        TokenStream::new()
    }

    /// The structs of its actions' arguments.
    fn inputs(&self, _names: &Names<'_>) -> TokenStream {
        TokenStream::new()
    }

    /// What the build warns about.
    fn warnings(&self) -> &[Warning] {
        &[]
    }

    /// The promises given up in its block and the blocks inside.
    fn allows(&self) -> &[Allow] {
        &[]
    }
}

/// Everything that a block declares, in order: strategies, then add-ons.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) strategies: Vec<Box<dyn Part>>,
    pub(crate) add_ons: Vec<Box<dyn Part>>,
}

impl Parts {
    /// All of them, each at its index.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &dyn Part> {
        self.strategies.iter().chain(&self.add_ons).map(|part| &**part)
    }
}

/// One kind of strategy or add-on: an entry of a list.
pub(crate) struct Kind {
    /// The word that stands for it.
    pub(crate) word: &'static str,
    pub(crate) read: fn(Ident, Option<Ident>, ParseStream, &mut Errors) -> Rc<dyn Written>,
    /// Its tables of settings, for the settings reference.
    #[cfg(test)]
    pub(crate) tables: fn() -> Vec<&'static Table>,
}

/// The entry of the kind whose folder is `$module` and whose block is `$Block`.
macro_rules! kind {
    ($module:ident: $Block:ident) => {
        $crate::part::Kind {
            word: stringify!($module),
            read: |word, name, content, errors| {
                ::std::rc::Rc::new(<$module::ast::$Block as $crate::block::Block>::read(
                    word, name, content, errors,
                ))
            },
            #[cfg(test)]
            tables: $module::ast::tables,
        }
    };
}
pub(crate) use kind;

/// A section of the block: what may stand in it and what it is called.
pub(crate) struct Section {
    /// `strategy`
    pub(crate) noun: &'static str,
    /// `a strategy`
    pub(crate) with_article: &'static str,
    pub(crate) kinds: &'static [&'static [Kind]],
    /// The section beside it: its word, what it is called, and what may stand in it.
    pub(crate) other: (&'static str, &'static str, &'static [&'static [Kind]]),
    /// Words that are taken for kinds to come.
    pub(crate) not_yet: &'static [&'static str],
}

impl Section {
    /// Reads the content of the section.
    pub(crate) fn read(&self, content: ParseStream, errors: &mut Errors) -> Vec<Rc<dyn Written>> {
        let mut list = Vec::new();
        block::read_list(content, self.noun, errors, &mut |word, name, content, errors| {
            let written = word.to_string();
            if let Some(kind) = self
                .kinds
                .iter()
                .copied()
                .flatten()
                .find(|kind| kind.word == written)
            {
                list.push((kind.read)(word, name, content, errors));
                return;
            }
            block::skip_all(content);
            let (section, noun, kinds) = self.other;
            if kinds.iter().copied().flatten().any(|kind| kind.word == written) {
                errors.at(
                    word,
                    format!("`{written}` is {noun}\n= help: move it to `{section} {{ … }}`"),
                );
            } else if self.not_yet.contains(&written.as_str()) {
                errors.at(word, format!("`{written}` is not supported yet"));
            } else {
                let words: Vec<&str> = self
                    .kinds
                    .iter()
                    .copied()
                    .flatten()
                    .map(|kind| kind.word)
                    .collect();
                let help = suggest::help(&written, self.with_article, &words);
                errors.at(word, format!("unknown {} `{written}`{help}", self.noun));
            }
        });
        list
    }
}

/// The type that stands for the strategy or add-on of that name.
pub(crate) fn marker(name: &Ident) -> Ident {
    let name = heck::ToUpperCamelCase::to_upper_camel_case(name.to_string().as_str());
    format_ident!("__Part{name}")
}

/// A name becomes a part of routes and of names of functions.
pub(crate) fn check_name(name: &Ident, errors: &mut Errors) {
    if !is_name(&name.to_string()) {
        errors.at(
            name,
            format!(
                "expected a name of lower case letters, digits and `_`, found `{name}`\n\
                 = note: it becomes a part of routes and of the names of actions"
            ),
        );
    }
}
