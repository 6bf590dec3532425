//! Where an entry ends, and the way over what cannot be read.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Ident, Token,
    ext::IdentExt,
    parse::{ParseBuffer, ParseStream},
    token,
};

/// Opens `{ … }` if it is next.
pub(super) fn braces<'a>(input: &ParseBuffer<'a>) -> Option<ParseBuffer<'a>> {
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

/// The value ends here: at a comma, or with the block.
pub(super) fn ends(input: ParseStream) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// What follows opens another entry, so only a comma is missing.
pub(super) fn at_next_entry(input: ParseStream) -> bool {
    input.peek(Ident::peek_any)
        && (input.peek2(token::Brace)
            || (input.peek2(Token![:]) && !input.peek2(Token![::]))
            || (input.peek2(Ident) && input.peek3(token::Brace)))
}

pub(super) fn at_next_setting(input: ParseStream) -> bool {
    input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::])
}

pub(super) fn next_token(input: ParseStream) -> Option<TokenTree> {
    input.cursor().token_tree().map(|(token, _)| token)
}

/// Takes the tokens up to the next comma, or to what looks like the next setting.
pub(crate) fn skip_value(input: ParseStream) -> TokenStream {
    let mut skipped = TokenStream::new();
    skip_into(&mut skipped, input);
    skipped
}

pub(super) fn skip_into(skipped: &mut TokenStream, input: ParseStream) {
    while !ends(input) && (skipped.is_empty() || !at_next_setting(input)) {
        let Ok(token) = input.parse::<TokenTree>() else {
            break;
        };
        token.to_tokens(skipped);
    }
}

/// Takes everything that is left.
pub(crate) fn skip_all(input: ParseStream) {
    drop(input.parse::<TokenStream>());
}

pub(super) fn skip_comma(input: ParseStream) {
    drop(input.parse::<Option<Token![,]>>());
}

/// The tokens from `begin` to where `input` stands.
pub(super) fn between(begin: syn::buffer::Cursor, input: ParseStream) -> TokenStream {
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
pub(super) fn shown(tokens: &TokenStream) -> String {
    const LONGEST: usize = 40;
    let text = tokens.to_string();
    if text.chars().count() <= LONGEST {
        return format!("`{text}`");
    }
    let start: String = text.chars().take(LONGEST).collect();
    format!("`{start}…`")
}
