//! The add-ons: none yet, their words are taken.

use proc_macro2::Ident;
use syn::parse::ParseStream;

use crate::{
    block::{self, Block},
    errors::Errors,
    suggest,
};

/// Words that are taken for add-ons to come.
const NOT_YET: &[&str] = &["confirmation", "audit_log", "log_out_everywhere"];

/// `add_ons { … }` as written.
#[derive(Debug, Clone)]
pub(crate) struct AddOns;

impl Block for AddOns {
    fn read(_: Ident, _: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        block::read_list(content, "add-on", errors, &mut |kind, _, content, errors| {
            block::skip_all(content);
            let written = kind.to_string();
            if NOT_YET.contains(&written.as_str()) {
                errors.at(kind, format!("`{written}` is not supported yet"));
            } else {
                let help = suggest::help(&written, "an add-on", NOT_YET);
                errors.at(kind, format!("unknown add-on `{written}`{help}"));
            }
        });
        Self
    }
}
