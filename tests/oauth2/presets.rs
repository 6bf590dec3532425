//! What the block knows of providers is what the library knows of them.

use auth_runtime::oauth::{Protocol, presets};

#[test]
fn every_preset_has_a_page() {
    for preset in presets::ALL {
        let name = preset.name;
        let path = format!("{}/../docs/providers/{name}.md", env!("CARGO_MANIFEST_DIR"));
        let page = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no {path}"));
        assert!(page.contains(&format!("/auth/user/{name}/callback")), "{path}");
    }
}

#[test]
fn every_preset_is_a_word_of_the_block() {
    let path = format!(
        "{}/../auth-macros/src/strategies/oauth2/presets.rs",
        env!("CARGO_MANIFEST_DIR")
    );
    let list = std::fs::read_to_string(path).unwrap();
    for preset in presets::ALL {
        let entry = format!(
            "\n    {}: {}",
            preset.name,
            match preset.protocol {
                Protocol::OAuth2 => "PLAIN",
                Protocol::Oidc => "OPENID",
            }
        );
        assert!(list.contains(&entry), "{entry}");
    }
}
