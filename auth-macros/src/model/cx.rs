use std::{any::Any, cell::Cell, rc::Rc};

use proc_macro2::Ident;

use crate::{
    errors::Errors,
    part::Written,
    resources::user::model::{Column, User},
};

/// What the rules of a strategy need to know about the rest of the block.
#[derive(Debug)]
pub(crate) struct Cx<'a> {
    pub(crate) user: &'a User,
    /// The column named by `tenant_field`.
    pub(crate) tenant: Option<Column>,
    /// Tokens are on.
    pub(crate) tokens: bool,
    /// Somebody has said already that they are off.
    pub(crate) tokens_are_missed: Cell<bool>,
    /// The name of this kind of person.
    pub(crate) subject_name: &'a str,
    /// Sessions end when they are left alone.
    pub(crate) idle: bool,
    /// Every session has a row, and counts only while it is there.
    pub(crate) presence: bool,
    /// Every token leaves a row.
    pub(crate) store_all: bool,
    /// There is a key to encrypt under.
    pub(crate) encryption: bool,
    /// Everything that is declared, as written: strategies, then add-ons.
    pub(crate) written: Vec<Rc<dyn Written>>,
}

impl Cx<'_> {
    /// The strategies or add-ons of one kind, by the type of their block.
    pub(crate) fn written<W: Written>(&self) -> impl Iterator<Item = &W> {
        self.written
            .iter()
            .filter_map(|written| (&**written as &dyn Any).downcast_ref())
    }

    /// The functions that everything declared would bring, right or wrong.
    pub(crate) fn likely_actions(&self) -> Vec<String> {
        let actions = self.written.iter().flat_map(|part| part.likely_actions());
        actions.map(|(function, _)| function.to_string()).collect()
    }

    /// The part of this name cannot be without tokens: `why`, and what to do `instead` of turning them on. One block that
    /// is missing is one mistake, so the first part that needs it says so.
    pub(crate) fn need_tokens(
        &self,
        word: &Ident,
        name: &Ident,
        why: &str,
        instead: &str,
        errors: &mut Errors,
    ) {
        if !self.tokens && !self.tokens_are_missed.replace(true) {
            errors.at(
                word,
                format!("`{name}` needs tokens, which are off{why}\n= help: add `tokens {{ … }}`{instead}"),
            );
        }
    }
}
