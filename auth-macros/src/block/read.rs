//! Reading a block entry by entry. Whatever is wrong with one, the others are read.

use syn::{Ident, Token, ext::IdentExt, parse::ParseStream, token};

use super::{
    Allow, Block, Entry, Seen, Table, Take,
    allow::read_allow,
    skip::{
        at_next_entry, between, braces, ends, next_token, shown, skip_all, skip_comma, skip_into, skip_value,
    },
};
use crate::{
    ast::Root,
    errors::Errors,
    setting::{Setting, Unfit, Value},
    suggest,
};

/// Reads the content of the block that `opened` opens to its end, whatever it holds.
pub(crate) fn read_entries(
    opened: &Ident,
    content: ParseStream,
    table: &Table,
    errors: &mut Errors,
    take: &mut dyn FnMut(Entry<'_>, &mut Errors),
) -> (Vec<Allow>, Seen) {
    let place = table.place(opened);
    let mut allows = Vec::new();
    let mut seen = Seen::default();
    while !content.is_empty() {
        let Ok(word) = content.call(Ident::parse_any) else {
            let found = skip_value(content);
            errors.at(
                &found,
                format!("expected a setting of {place}, found {}", shown(&found)),
            );
            skip_comma(content);
            continue;
        };
        if word == "allow" && content.peek(token::Paren) {
            if let Some(allow) = read_allow(&word, content, table, &place, errors) {
                allows.push(allow);
            }
        } else {
            seen.words.push(word.clone());
            seen.meant
                .extend(read_entry(word, content, table, &place, errors, take));
        }
        skip_comma(content);
    }
    (allows, seen)
}

/// Reads one entry. A word that is not known may be meant for the one that is answered.
fn read_entry(
    word: Ident,
    content: ParseStream,
    table: &Table,
    place: &str,
    errors: &mut Errors,
    take: &mut dyn FnMut(Entry<'_>, &mut Errors),
) -> Option<&'static str> {
    let written = word.to_string();
    let is_setting = table.rows().any(|row| row.key == written);
    let is_block = table.nested().any(|block| block == written);
    let name: Option<Ident> = if content.peek(Ident) && content.peek2(token::Brace) {
        content.parse().ok()
    } else {
        None
    };
    if content.peek(Token![:]) && !content.peek(Token![::]) {
        drop(content.parse::<Token![:]>());
        if is_setting {
            take(Entry::Setting(word, content), errors);
            return None;
        }
        skip_value(content);
        if is_block {
            errors.at(
                &word,
                format!("`{written}` is a block\n= help: write `{written} {{ … }}`"),
            );
            return None;
        }
    } else if let Some(braced) = braces(content) {
        if is_block {
            take(Entry::Block(word, name, &braced), errors);
            return None;
        }
        skip_all(&braced);
        if is_setting {
            errors.at(
                &word,
                format!("`{written}` is a setting, not a block\n= help: write `{written}: …`"),
            );
            return None;
        }
    } else if is_setting || is_block {
        let form = if is_setting { ": …" } else { " { … }" };
        errors.at(
            &word,
            format!("`{written}` has no value\n= help: write `{written}{form}`"),
        );
        skip_value(content);
        return None;
    } else {
        skip_value(content);
    }
    let own = suggest::nearest(&written, &table.names());
    // `resource` in `tokens` is more likely meant for `token_resource` than for the whole block.
    let is_shortened = own.is_some_and(|own| own.ends_with(&written));
    if Root::TABLE.names().contains(&written.as_str()) && !is_shortened {
        errors.at(
            &word,
            format!("`{written}` is no setting of {place}\n= help: write it in `authentication!` itself, outside of the other blocks"),
        );
        return None;
    }
    let help = suggest::help(&written, "a setting", &table.names());
    errors.at(&word, format!("unknown setting `{written}` for {place}{help}"));
    own
}

/// Reads the value of `key` into `slot`.
pub(crate) fn read_setting<T: Value>(
    key: Ident,
    input: ParseStream,
    slot: &mut Option<Setting<T>>,
    errors: &mut Errors,
) {
    let begin = input.cursor();
    let result = T::read(input);
    if result.is_ok() && at_next_entry(input) {
        errors.at(next_token(input), "expected `,` before the next setting");
    } else if result.is_err() || !ends(input) {
        let mut found = between(begin, input);
        skip_into(&mut found, input);
        match result {
            Err(Unfit::Because(error)) => errors.syn(error),
            _ if found.is_empty() => {
                errors.at(
                    &key,
                    format!("`{key}` has no value\n= help: expected {}", T::KIND),
                );
            }
            _ => errors.at(&found, format!("expected {}, found {}", T::KIND, shown(&found))),
        }
        return;
    }
    let Ok(value) = result else { return };
    let setting = Setting {
        written: between(begin, input),
        key,
        value,
    };
    match slot {
        Some(first) => errors.at(&setting.key, format!("`{}` is set twice", first.key)),
        None => *slot = Some(setting),
    }
}

/// Reads a nested block into `slot`.
pub(crate) fn read_nested<B: Block>(
    word: Ident,
    name: Option<Ident>,
    content: ParseStream,
    slot: &mut Option<B>,
    errors: &mut Errors,
) {
    if let Some(name) = name.as_ref().filter(|_| !B::NAMED) {
        errors.at(
            name,
            format!("`{word}` takes no name\n= help: write `{word} {{ … }}`"),
        );
    }
    let second = slot.is_some();
    if second {
        errors.at(&word, format!("`{word}` is there twice"));
        skip_all(content);
        return;
    }
    *slot = Some(B::read(word, name, content, errors));
}

/// The name without `r#`, which nothing that a name becomes can have.
fn cooked(name: Ident, errors: &mut Errors) -> Ident {
    let plain = name.unraw();
    if plain != name {
        errors.at(
            &name,
            format!(
                "expected a name of lower case letters, digits and `_`, found `{name}`\n\
                 = note: it becomes a part of routes and of the names of actions\n\
                 = help: write `{plain}`, or another name where that is a word of Rust"
            ),
        );
    }
    plain
}

/// Reads the content of a section: a list of `kind name? { … }`.
pub(crate) fn read_list(content: ParseStream, noun: &str, errors: &mut Errors, take: &mut Take<'_>) {
    while !content.is_empty() {
        let Ok(kind) = content.call(Ident::parse_any) else {
            let found = skip_value(content);
            errors.at(
                &found,
                format!("expected the name of a {noun}, found {}", shown(&found)),
            );
            skip_comma(content);
            continue;
        };
        let name: Option<Ident> = if content.peek(Ident) {
            content.parse().ok()
        } else {
            None
        };
        let name = name.map(|name| cooked(name, errors));
        match braces(content) {
            Some(braced) => take(kind, name, &braced, errors),
            None => {
                skip_value(content);
                errors.at(
                    &kind,
                    format!("`{kind}` has no block\n= help: write `{kind} {{ … }}`"),
                );
            }
        }
        skip_comma(content);
    }
}
