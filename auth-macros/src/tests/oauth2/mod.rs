//! The rules of `oauth2`, `oidc` and the presets.

mod account;
mod client;
mod declarations;

use super::{REST, first_line_of_each, mistakes_of, resolve};
use crate::errors::Errors;

/// A person of whom nothing is needed but what a provider says.
const READER: &str = r#"
    #[diesel(table_name = readers)]
    struct Reader { id: i64, email: Option<String>, name: Option<String>, confirmed_at: Option<UtcTimestamp> }
"#;

const CONFIRMATION: &str = "confirmation { monitor_fields: [email], sender: Mailer }";

/// What makes a block right, by its word.
fn right(word: &str) -> &'static str {
    match word {
        "oauth2" => {
            "client_id: \"us\", client_secret: env(\"C\"), base_url: \"https://idp.example.com\", \
             authorize_url: \"/authorize\", token_url: \"/token\", user_url: \"/user\", "
        }
        "oidc" | "auth0" | "okta" => {
            "client_id: \"us\", client_secret: env(\"C\"), base_url: \"https://idp.example.com\", "
        }
        "apple" => {
            "client_id: \"us\", team_id: \"T\", private_key_path: env(\"KEY\"), private_key_id: env(\"KEY_ID\"), "
        }
        "zitadel" => "client_id: \"us\", base_url: \"https://idp.example.com\", ",
        _ => "client_id: \"us\", client_secret: env(\"C\"), ",
    }
}

fn block(word: &str, settings: &str, add_ons: &str) -> String {
    let right = right(word);
    format!(
        "{REST} encryption_key: env(\"E\"), strategies {{ {word} {{ {right} identity_resource: Identity, {settings} }} }} \
         add_ons {{ {add_ons} }}"
    )
}

/// The first lines of what is wrong with a block that is right except for `settings`.
fn mistakes_in(word: &str, settings: &str) -> Vec<String> {
    first_line_of_each(&mistakes_of(READER, &block(word, settings, "")))
}

fn warnings(block: &str) -> Vec<String> {
    let mut errors = Errors::new();
    let model = resolve(READER, block, &mut errors);
    assert_eq!(errors.into_texts(), Vec::<String>::new());
    let warnings = model.iter().flat_map(|model| &model.warnings);
    warnings
        .map(|warning| warning.text().lines().next().unwrap_or_default().to_owned())
        .collect()
}

/// Nothing is wrong.
const NONE: [&str; 0] = [];
