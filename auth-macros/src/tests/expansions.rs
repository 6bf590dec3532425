use super::{USER, tokens};
use crate::stages;

/// The struct's own expansion, as the compiler would format it.
fn formatted(expansion: proc_macro2::TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(expansion).expect("the expansion is items"))
}

/// What the block becomes below [`USER`].
fn expansion(block: &str) -> String {
    formatted(stages::authentication_stage_2(tokens(&format!(
        "{{ {USER} }} {{ authentication {{}} {{ {block} }} }}"
    ))))
}

#[test]
fn derive_authenticated() {
    insta::assert_snapshot!(formatted(stages::derive_authenticated(tokens(USER))));
}

#[test]
fn derive_token_resource() {
    let resource = "#[auth(table_name = \"auth_tokens\", jti = \"id\")] struct Token;";
    insta::assert_snapshot!(formatted(stages::derive_token_resource(tokens(resource))));
}

#[test]
fn derive_audit_log_resource() {
    let resource = "#[auth(log_lifetime = \"infinity\", id = \"event_id\")] struct AuditLog;";
    insta::assert_snapshot!(formatted(stages::derive_audit_log_resource(tokens(resource))));
}

#[test]
fn derive_api_key_resource() {
    let resource = "#[auth(name = \"label\")] struct ApiKey;";
    insta::assert_snapshot!(formatted(stages::derive_api_key_resource(tokens(resource))));
}

#[test]
fn derive_user_identity() {
    let resource = "#[auth(uid = \"account\")] struct UserIdentity;";
    insta::assert_snapshot!(formatted(stages::derive_user_identity(tokens(resource))));
}

#[test]
fn derive_oidc_connection_resource() {
    let resource = "#[auth(slug = \"short_name\")] struct Connection;";
    insta::assert_snapshot!(formatted(stages::derive_oidc_connection_resource(tokens(
        resource
    ))));
}

#[test]
fn encryption() {
    insta::assert_snapshot!(expansion(
        r#"
        repo: Repo,
        encryption_key: env("ENCRYPTION_KEY"),
        previous_encryption_keys: [env("ENCRYPTION_KEY_OLD"), Vault],
        "#
    ));
}

#[test]
fn api_key() {
    insta::assert_snapshot!(expansion(
        r#"
        repo: Repo,
        tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
        strategies {
            api_key { api_key_resource: ApiKey, prefix: "acme", scopes: [read, write_orders] }
        }
        "#
    ));
}

#[test]
fn custom() {
    insta::assert_snapshot!(expansion(
        r#"
        repo: Repo,
        strategies {
            custom marty {
                strategy: odd::OnlyMarty { name_field: "name" },
                actions: [odd::SignIn, Forget],
            }
        }
        add_ons { custom curfew { add_on: Curfew } }
        "#
    ));
}

#[test]
fn first_stage() {
    let named = stages::authentication(tokens("resource: accounts::User, repo: Repo"));
    let implicit = stages::authentication(tokens("repo: Repo"));
    insta::assert_snapshot!(format!("{}\n{}", formatted(named), formatted(implicit)));
}

#[test]
fn password() {
    insta::assert_snapshot!(expansion(
        r#"
        repo: Repo,
        tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
        strategies {
            password {
                identity_field: email,
                register_action_accept: [age, display_name],
                require_confirmed_with: confirmed_at,
                resettable { sender: Mailer }
            }
        }
        "#
    ));
}

#[test]
fn magic_link() {
    insta::assert_snapshot!(expansion(
        r#"
        repo: Repo,
        tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
        strategies {
            magic_link { identity_field: email, sender: Mailer, extra_claims: |user| claims_of(user) }
        }
        "#
    ));
}

#[test]
fn github() {
    insta::assert_snapshot!(expansion(
        r#"
        repo: Repo,
        tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
        strategies {
            github {
                client_id: env("GITHUB_CLIENT_ID"),
                client_secret: env("GITHUB_CLIENT_SECRET"),
                identity_resource: UserIdentity,
                user_info_to_attributes { age: |info| age_of(info), display_name: name }
            }
        }
        "#
    ));
}

#[test]
fn oidc() {
    insta::assert_snapshot!(expansion(
        r#"
        repo: Repo,
        encryption_key: env("ENCRYPTION_KEY"),
        tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
        strategies {
            remember_me {}
            oidc corporate {
                base_url: "https://idp.example.com",
                client_id: "our-client",
                client_secret: env("CORPORATE_CLIENT_SECRET"),
                redirect_uri: env("PUBLIC_URL"),
                scope: ["email", "profile"],
                id_token_signed_response_alg: ES256,
                id_token_ttl: 5 minutes,
                leeway: 10 seconds,
                trusted_audiences: ["other"],
                fetch_user_info: true,
                authorization_params { prompt: "login" }
                claims { name: display }
                identity_resource: UserIdentity,
                user_info_to_attributes { age: "address.age", display_name: name, admin: staff }
                update_on_sign_in: [display_name],
                trust_email_verified: true,
                on_untrusted_email_match: confirm,
                store_tokens: true,
                remember_me: true,
            }
        }
        add_ons { confirmation { monitor_fields: [email], sender: Mailer } }
        "#
    ));
}

#[test]
fn confirmation() {
    insta::assert_snapshot!(expansion(
        r#"
        repo: Repo,
        tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
        add_ons {
            confirmation confirm_email { monitor_fields: [email], sender: Mailer }
        }
        "#
    ));
}

#[test]
fn sessions() {
    insta::assert_snapshot!(expansion(
        r#"
        repo: Repo,
        tokens {
            token_resource: Token,
            signing_secret: env("TOKEN_SIGNING_SECRET"),
            session_idle_timeout: 1 hour,
            refresh { access_token_lifetime: 5 minutes }
        }
        strategies {
            password { identity_field: email, registration_enabled: false, remember_me: true }
            remember_me { allow(SE-04, reason = "people ask for it"), token_lifetime: 20 days }
        }
        add_ons { log_out_everywhere { exclude_purposes: [password_reset] } }
        "#
    ));
}

#[test]
fn audit_log() {
    insta::assert_snapshot!(expansion(
        r#"
        repo: Repo,
        add_ons {
            audit_log {
                audit_log_resource: AuditLog,
                exclude_actions: [sign_out],
                ip_privacy_mode: hash,
                ip_hash_key: env("AUDIT_IP_HASH_KEY"),
                mode: batched,
            }
        }
        "#
    ));
}

#[test]
fn mistakes_and_stubs() {
    insta::assert_snapshot!(expansion(
        r#"
        repo: Repo,
        tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
        strategies { password { identity_field: emial, register_action_name: join } }
        "#
    ));
}

#[test]
fn a_table_is_called_after_its_struct() {
    let identities = |name: &str| {
        let expansion = stages::derive_user_identity(tokens(&format!("struct {name};")));
        expansion.to_string().replace(' ', "")
    };
    for (name, table) in [
        ("UserIdentity", "user_identities"),
        ("StaffIdentity", "staff_identities"),
        ("Account", "accounts"),
    ] {
        let named = format!("table\"{table}\";");
        assert!(identities(name).contains(&named), "{}", identities(name));
    }
    let connections = stages::derive_oidc_connection_resource(tokens("struct Customer;")).to_string();
    assert!(connections.contains("\"oidc_connections\""), "{connections}");
}

#[test]
fn a_signing_secret_in_the_source_is_refused_in_release_builds() {
    let with = |secret: &str| {
        expansion(&format!(
            "repo: Repo, tokens {{ token_resource: Token, signing_secret: {secret} }}"
        ))
    };
    let refused = "#[cfg(not(any(test, debug_assertions)))]\n::core::compile_error!";
    assert!(with("\"written down\"").contains(refused));
    assert!(!with("env(\"SECRET\")").contains(refused));
}
