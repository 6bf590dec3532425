//! Blocks of settings: `word name? { key: value, nested { … } }`.
//!
//! [`block!`] declares a block once: the reader, the near names of unknown words and the settings reference all
//! use that one table.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Ident, LitInt, LitStr, Token,
    ext::IdentExt,
    parse::{ParseBuffer, ParseStream},
    token,
};

use crate::{
    errors::Errors,
    setting::{Setting, Unfit, Value},
    suggest,
};

/// What there is to know about a block before one was written.
#[derive(Debug)]
#[allow(dead_code, reason = "only the settings reference reads the texts")]
pub(crate) struct Table {
    /// The word that opens it.
    pub(crate) word: &'static str,
    /// Its own description, for the reference.
    pub(crate) doc: &'static [&'static str],
    pub(crate) settings: &'static [Row],
    pub(crate) blocks: &'static [&'static str],
    /// The promises that some setting of the block can give up.
    pub(crate) promises: &'static [&'static str],
}

/// One setting of a table.
#[derive(Debug)]
#[allow(dead_code, reason = "only the settings reference reads the texts")]
pub(crate) struct Row {
    pub(crate) key: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) default: &'static str,
    pub(crate) doc: &'static [&'static str],
}

impl Table {
    fn names(&self) -> Vec<&'static str> {
        let settings = self.settings.iter().map(|row| row.key);
        settings.chain(self.blocks.iter().copied()).collect()
    }
}

/// The settings that stand in a block, also those that could not be read: what is wrong is not missing too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen(Vec<String>);

impl Seen {
    pub(crate) fn lacks(&self, key: &str) -> bool {
        !self.0.iter().any(|seen| seen == key)
    }
}

/// `allow(PROMISE-ID, reason = "…")`
#[derive(Debug, Clone)]
pub(crate) struct Allow {
    pub(crate) promise: String,
    pub(crate) reason: LitStr,
}

/// Something written as `word name? { … }`.
pub(crate) trait Block: Sized {
    /// Whether a name may stand between the word and the brace.
    const NAMED: bool = false;

    fn read(word: Ident, name: Option<Ident>, content: ParseStream, errors: &mut Errors) -> Self;
}

/// What a block does with one word of its content. Called with the input after the colon, or inside the braces.
pub(crate) enum Entry<'a> {
    Setting(Ident, ParseStream<'a>),
    Block(Ident, Option<Ident>, ParseStream<'a>),
}

/// Declares a block: its struct, its table and its reader.
macro_rules! block {
    (
        $(#[doc = $doc:literal])*
        $word:literal gives_up [$($promise:literal),*]
        struct $Block:ident {
            $( $(#[doc = $setting_doc:literal])* $setting:ident: $Kind:ty = $default:literal, )*
            $( { $nested:ident: $Nested:ty } )*
        }
    ) => {
        #[doc = concat!("The block `", $word, "` as written.")]
        #[derive(Debug, Clone)]
        pub(crate) struct $Block {
            /// The word that opens it.
            pub(crate) word: ::proc_macro2::Ident,
            /// The name between the word and the brace.
            #[allow(dead_code, reason = "few kinds of block have a name of their own")]
            pub(crate) name: Option<::proc_macro2::Ident>,
            /// The promises given up in it.
            pub(crate) allows: Vec<$crate::block::Allow>,
            /// The settings that stand there, also those that could not be read.
            pub(crate) seen: $crate::block::Seen,
            $( pub(crate) $setting: Option<$crate::setting::Setting<$Kind>>, )*
            $( pub(crate) $nested: Option<$Nested>, )*
        }

        impl $Block {
            pub(crate) const TABLE: $crate::block::Table = $crate::block::Table {
                word: $word,
                doc: &[$($doc),*],
                settings: &[ $( $crate::block::Row {
                    key: stringify!($setting),
                    kind: <$Kind as $crate::setting::Value>::KIND,
                    default: $default,
                    doc: &[$($setting_doc),*],
                }, )* ],
                blocks: &[ $( stringify!($nested) ),* ],
                promises: &[$($promise),*],
            };

            pub(crate) fn read_content(
                word: ::proc_macro2::Ident,
                name: Option<::proc_macro2::Ident>,
                content: ::syn::parse::ParseStream,
                errors: &mut $crate::errors::Errors,
            ) -> Self {
                let mut block = Self {
                    word,
                    name,
                    allows: Vec::new(),
                    seen: $crate::block::Seen::default(),
                    $( $setting: None, )*
                    $( $nested: None, )*
                };
                let mut take = |entry: $crate::block::Entry<'_>, errors: &mut $crate::errors::Errors| {
                    match entry {
                        $crate::block::Entry::Setting(key, input) => match key.to_string().as_str() {
                            $( stringify!($setting) => {
                                $crate::block::read_setting(key, input, &mut block.$setting, errors);
                            } )*
                            _ => drop($crate::block::skip_value(input)),
                        },
                        #[allow(unused_variables, reason = "a block without nested blocks")]
                        $crate::block::Entry::Block(word, name, content) => match word.to_string().as_str() {
                            $( stringify!($nested) => {
                                $crate::block::read_nested(word, name, content, &mut block.$nested, errors);
                            } )*
                            _ => $crate::block::skip_all(content),
                        },
                    }
                };
                let (allows, seen) = $crate::block::read_entries(content, &Self::TABLE, errors, &mut take);
                block.allows = allows;
                block.seen = seen;
                block
            }
        }
    };
}
pub(crate) use block;

/// Reads the content of a block to its end, whatever it holds.
pub(crate) fn read_entries(
    content: ParseStream,
    table: &Table,
    errors: &mut Errors,
    take: &mut dyn FnMut(Entry<'_>, &mut Errors),
) -> (Vec<Allow>, Seen) {
    let mut allows = Vec::new();
    let mut seen = Seen::default();
    while !content.is_empty() {
        let Ok(word) = content.call(Ident::parse_any) else {
            let found = skip_value(content);
            errors.at(
                &found,
                format!("expected a setting of `{}`, found {}", table.word, shown(&found)),
            );
            skip_comma(content);
            continue;
        };
        if word == "allow" && content.peek(token::Paren) {
            if let Some(allow) = read_allow(&word, content, table, errors) {
                allows.push(allow);
            }
        } else {
            seen.0.push(word.to_string());
            if let Some(near) = read_entry(word, content, table, errors, take) {
                seen.0.push(near.to_owned());
            }
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
    errors: &mut Errors,
    take: &mut dyn FnMut(Entry<'_>, &mut Errors),
) -> Option<&'static str> {
    let written = word.to_string();
    let is_setting = table.settings.iter().any(|row| row.key == written);
    let is_block = table.blocks.contains(&written.as_str());
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
    let place = if table.word.is_empty() {
        "`authentication!`".to_owned()
    } else {
        format!("`{}`", table.word)
    };
    let help = suggest::help(&written, "a setting", &table.names());
    errors.at(&word, format!("unknown setting `{written}` for {place}{help}"));
    suggest::nearest(&written, &table.names())
}

/// Opens `{ … }` if it is next.
fn braces<'a>(input: &ParseBuffer<'a>) -> Option<ParseBuffer<'a>> {
    if input.peek(token::Brace) {
        braced(input).ok()
    } else {
        None
    }
}

/// Opens `{ … }`, which must be next.
pub(crate) fn braced<'a>(input: &ParseBuffer<'a>) -> syn::Result<ParseBuffer<'a>> {
    let content;
    syn::braced!(content in input);
    Ok(content)
}

/// Opens `( … )`, which must be next.
pub(crate) fn parentheses<'a>(input: &ParseBuffer<'a>) -> syn::Result<ParseBuffer<'a>> {
    let content;
    syn::parenthesized!(content in input);
    Ok(content)
}

/// Opens `[ … ]`, which must be next.
pub(crate) fn brackets<'a>(input: &ParseBuffer<'a>) -> syn::Result<ParseBuffer<'a>> {
    let content;
    syn::bracketed!(content in input);
    Ok(content)
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

fn read_allow(word: &Ident, input: ParseStream, table: &Table, errors: &mut Errors) -> Option<Allow> {
    const FORM: &str = "\n= help: write `allow(PROMISE-ID, reason = \"…\")`";
    let (promise, place, reason) = match parse_allow(input) {
        Ok(parts) => parts,
        Err(_) => {
            errors.at(
                word,
                format!("expected a promise and the reason to give it up{FORM}"),
            );
            return None;
        }
    };
    if !table.promises.contains(&promise.as_str()) {
        let help = match table.promises {
            [] => "\n= note: no setting of this block gives up a promise".to_owned(),
            promises => format!("\n= help: its settings can give up {}", suggest::one_of(promises)),
        };
        let block = if table.word.is_empty() {
            "authentication!"
        } else {
            table.word
        };
        errors.at(
            place,
            format!("`{promise}` cannot be given up in `{block}`{help}"),
        );
        return None;
    }
    let Some(reason) = reason else {
        errors.at(place, format!("giving up `{promise}` needs a reason{FORM}"));
        return None;
    };
    if reason.value().trim().is_empty() {
        errors.at(
            &reason,
            format!("giving up `{promise}` needs a reason\n= help: say why it is right here"),
        );
        return None;
    }
    Some(Allow { promise, reason })
}

type AllowParts = (String, TokenStream, Option<LitStr>);

fn parse_allow(input: ParseStream) -> syn::Result<AllowParts> {
    let content = parentheses(input)?;
    let parse = |content: ParseStream| -> syn::Result<AllowParts> {
        let chapter: Ident = content.parse()?;
        let dash: Token![-] = content.parse()?;
        let number: LitInt = content.parse()?;
        let mut reason = None;
        if content.parse::<Option<Token![,]>>()?.is_some() && !content.is_empty() {
            let word: Ident = content.parse()?;
            content.parse::<Token![=]>()?;
            let text = content.parse()?;
            if word != "reason" {
                return Err(content.error("expected `reason`"));
            }
            reason = Some(text);
            content.parse::<Option<Token![,]>>()?;
        }
        if !content.is_empty() {
            return Err(content.error("expected the end"));
        }
        Ok((
            format!("{chapter}-{number}"),
            quote::quote!(#chapter #dash #number),
            reason,
        ))
    };
    let result = parse(&content);
    skip_all(&content);
    result
}

/// The value ends here: at a comma, or with the block.
fn ends(input: ParseStream) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// What follows opens another entry, so only a comma is missing.
fn at_next_entry(input: ParseStream) -> bool {
    input.peek(Ident::peek_any)
        && (input.peek2(token::Brace)
            || (input.peek2(Token![:]) && !input.peek2(Token![::]))
            || (input.peek2(Ident) && input.peek3(token::Brace)))
}

fn next_token(input: ParseStream) -> Option<TokenTree> {
    input.cursor().token_tree().map(|(token, _)| token)
}

/// Takes the tokens up to the next comma, or to what looks like the next setting.
pub(crate) fn skip_value(input: ParseStream) -> TokenStream {
    let mut skipped = TokenStream::new();
    skip_into(&mut skipped, input);
    skipped
}

fn skip_into(skipped: &mut TokenStream, input: ParseStream) {
    while !ends(input) && (skipped.is_empty() || !at_next_setting(input)) {
        let Ok(token) = input.parse::<TokenTree>() else {
            break;
        };
        token.to_tokens(skipped);
    }
}

fn at_next_setting(input: ParseStream) -> bool {
    input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::])
}

/// Takes everything that is left.
pub(crate) fn skip_all(input: ParseStream) {
    drop(input.parse::<TokenStream>());
}

fn skip_comma(input: ParseStream) {
    drop(input.parse::<Option<Token![,]>>());
}

/// The tokens from `begin` to where `input` stands.
fn between(begin: syn::buffer::Cursor, input: ParseStream) -> TokenStream {
    let end = input.cursor();
    let mut tokens = TokenStream::new();
    let mut at = begin;
    while at != end {
        let Some((token, next)) = at.token_tree() else {
            break;
        };
        token.to_tokens(&mut tokens);
        at = next;
    }
    tokens
}

/// Written tokens as they are quoted in a message.
fn shown(tokens: &TokenStream) -> String {
    const LONGEST: usize = 40;
    let text = tokens.to_string();
    if text.chars().count() <= LONGEST {
        return format!("`{text}`");
    }
    let start: String = text.chars().take(LONGEST).collect();
    format!("`{start}…`")
}

/// Reads the content of a section: a list of `kind name? { … }`.
pub(crate) fn read_list(
    content: ParseStream,
    noun: &str,
    errors: &mut Errors,
    take: &mut dyn FnMut(Ident, Option<Ident>, ParseStream, &mut Errors),
) {
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
