//! What users read: the texts of mistakes, the expansions, the settings reference.

mod api_key;
mod audit_log;
mod confirmation;
mod custom;
mod encryption;
mod expansions;
mod log_out_everywhere;
mod magic_link;
mod mistakes;
mod mistakes_of_limits;
mod oauth2;
mod password;
mod remember_me;
mod settings_reference;
mod tokens_block;
mod warnings;

use darling::FromDeriveInput;
use proc_macro2::TokenStream;

use crate::{ast::Root, errors::Errors, model::Model, resources::user};

/// A struct with everything that the blocks of these tests name.
const USER: &str = r#"
    #[diesel(table_name = users)]
    struct User {
        id: i64,
        email: String,
        #[auth(sensitive)]
        hashed_password: Option<String>,
        display_name: Option<String>,
        age: i32,
        #[auth(default = false)]
        admin: bool,
        confirmed_at: Option<UtcTimestamp>,
        #[auth(default = false)]
        confirmed: bool,
    }
"#;

/// Settings that every block needs.
const REST: &str = r#"
    repo: Repo,
    tokens { token_resource: Token, signing_secret: env("S") }
"#;

fn tokens(text: &str) -> TokenStream {
    text.parse().expect("the test is written in tokens")
}

fn resolve(user: &str, block: &str, errors: &mut Errors) -> Option<Model> {
    let written = user::ast::User::from_derive_input(&syn::parse2(tokens(user)).expect("a struct"))
        .map_err(|error| errors.darling(error))
        .ok()?;
    let user = user::model::User::resolve(&written, errors)?;
    let root = Root::parse(quote::format_ident!("authentication"), tokens(block), errors)?;
    Model::resolve(user, &root, errors)
}

/// The mistakes in a block below [`USER`].
fn mistakes(block: &str) -> Vec<String> {
    mistakes_of(USER, block)
}

fn mistakes_of(user: &str, block: &str) -> Vec<String> {
    let mut errors = Errors::new();
    let model = resolve(user, block, &mut errors);
    assert_eq!(
        model.is_some(),
        errors.is_empty(),
        "a model is there if and only if nothing is wrong"
    );
    errors.into_texts()
}

/// The mistakes in a password block that is right except for `settings`.
fn mistakes_of_password(settings: &str) -> Vec<String> {
    mistakes(&format!(
        "{REST} strategies {{ password {{ {PASSWORD} {settings} }} }}"
    ))
}

/// Settings that make a password block right below [`USER`].
const PASSWORD: &str = "identity_field: email, register_action_accept: [age, display_name], ";

/// The first lines of the mistakes.
fn first_lines(texts: &[String]) -> Vec<&str> {
    texts.iter().filter_map(|text| text.lines().next()).collect()
}

/// The same, owned.
fn first_line_of_each(texts: &[String]) -> Vec<String> {
    first_lines(texts).into_iter().map(str::to_owned).collect()
}
