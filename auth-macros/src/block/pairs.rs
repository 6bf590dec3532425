//! Blocks whose words are the application's own: `word { key: value, … }`.

use syn::{Ident, Token, ext::IdentExt, parse::ParseStream};

use super::{
    Block, read_setting,
    skip::{shown, skip_comma, skip_value},
};
use crate::{
    errors::Errors,
    setting::{Setting, Value},
};

/// Such a block as written.
#[derive(Debug, Clone)]
pub(crate) struct Pairs<T> {
    /// The word that opens it.
    pub(crate) word: Ident,
    pub(crate) list: Vec<Setting<T>>,
    /// All of it could be read.
    pub(crate) is_whole: bool,
}

impl<T: Value> Block for Pairs<T> {
    fn read(word: Ident, _: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self {
        let mut pairs = Self {
            word,
            list: Vec::new(),
            is_whole: true,
        };
        while !content.is_empty() {
            let setting = pairs.read_pair(content, errors);
            pairs.is_whole &= setting.is_some();
            pairs.list.extend(setting);
            skip_comma(content);
        }
        pairs
    }
}

impl<T: Value> Pairs<T> {
    fn read_pair(&self, content: ParseStream, errors: &mut Errors) -> Option<Setting<T>> {
        let form = || format!("\n= help: write `{} {{ name: value }}`", self.word);
        let Ok(key) = content.call(Ident::parse_any) else {
            let found = skip_value(content);
            errors.at(
                &found,
                format!("expected a name and a value, found {}{}", shown(&found), form()),
            );
            return None;
        };
        if content.parse::<Token![:]>().is_err() {
            skip_value(content);
            errors.at(&key, format!("`{key}` has no value{}", form()));
            return None;
        }
        let mut read = None;
        read_setting(key, content, &mut read, errors);
        let setting = read?;
        if self.list.iter().any(|other| other.key == setting.key) {
            errors.at(&setting.key, format!("`{}` is set twice", setting.key));
            return None;
        }
        Some(setting)
    }
}
