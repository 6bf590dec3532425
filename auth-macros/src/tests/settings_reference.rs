use std::fmt::Write;

use crate::{
    add_ons, ast,
    block::Table,
    strategies::{self, oauth2::presets::PRESETS},
};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/settings.md");

const HEAD: &str = "\
# Settings

Every setting of `authentication!`, by block. This page is written from the tables that the macro reads:
`UPDATE_DOCS=1 cargo test -p auth-macros settings_reference` writes it anew.

A promise that a setting gives up, such as PW-03, makes the build warn until the same block says
`allow(PW-03, reason = \"…\")`.
";

fn section(page: &mut String, title: &str, table: &Table) -> std::fmt::Result {
    writeln!(page, "\n## {title}\n")?;
    for line in table.doc {
        writeln!(page, "{}", line.trim())?;
    }
    let promises = table.given_up();
    if !promises.is_empty() {
        writeln!(page, "\nIts settings can give up: {}.", promises.join(", "))?;
    }
    if table.rows().next().is_none() {
        return Ok(());
    }
    writeln!(
        page,
        "\n| setting | value | default | meaning |\n|---|---|---|---|"
    )?;
    for row in table.rows() {
        let meaning: Vec<&str> = row.doc.iter().map(|line| line.trim()).collect();
        let kind = row.kind.replace('|', "\\|");
        writeln!(
            page,
            "| `{}` | {kind} | {} | {} |",
            row.key,
            row.default,
            meaning.join(" ")
        )?;
    }
    let blocks: Vec<String> = table.nested().map(|block| format!("`{block} {{ … }}`")).collect();
    if !blocks.is_empty() {
        writeln!(page, "\nBlocks inside: {}.", blocks.join(", "))?;
    }
    Ok(())
}

/// The words that open a block of `oauth2`, and what is known with them.
fn presets(page: &mut String) -> std::fmt::Result {
    writeln!(
        page,
        "\n## Words for `oauth2`\n\nEach opens a block with the settings of `oauth2`, as far as they are about its provider.\n\n\
         | word | provider | protocol | needs | own settings | fixed | client authentication | PKCE | addresses are trusted |\n\
         |---|---|---|---|---|---|---|---|---|"
    )?;
    for preset in PRESETS {
        let list = |words: &[&str]| {
            let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            quoted.join(", ")
        };
        let base_url = if preset.needs_base_url {
            &["base_url"][..]
        } else {
            &[]
        };
        writeln!(
            page,
            "| `{}` | {} | `{}` | {} | {} | {} | {} | {} | {} |",
            preset.word,
            preset.label,
            preset.protocol.word(),
            list(&[base_url, preset.required].concat()),
            list(preset.options),
            list(preset.fixed),
            preset.client_authentication.word(),
            if preset.pkce { "yes" } else { "no" },
            if preset.trusts_addresses { "yes" } else { "no" },
        )?;
    }
    Ok(())
}

fn page() -> Result<String, std::fmt::Error> {
    let mut page = HEAD.to_owned();
    section(&mut page, "`authentication!`", &ast::Root::TABLE)?;
    section(&mut page, "`tokens`", &ast::Tokens::TABLE)?;
    section(&mut page, "`tokens`: `refresh`", &ast::Refresh::TABLE)?;
    for kind in strategies::KINDS.iter().chain(add_ons::KINDS).copied().flatten() {
        for table in (kind.tables)() {
            let title = if table.word == kind.word {
                format!("`{}`", kind.word)
            } else {
                format!("`{}`: `{}`", kind.word, table.word)
            };
            section(&mut page, &title, table)?;
        }
        if kind.word == "oauth2" {
            presets(&mut page)?;
        }
    }
    Ok(page)
}

#[test]
fn settings_reference_is_up_to_date() {
    let page = page().expect("a text");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PATH, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(PATH).unwrap_or_default();
    assert_eq!(
        written, page,
        "docs/settings.md is out of date: run this test with UPDATE_DOCS=1"
    );
}

#[test]
fn the_readme_shows_the_minimal_example() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect("the file is in the repository");
    let (readme, example) = (read("README.md"), read("examples/minimal/src/main.rs"));
    assert!(
        readme.contains(&format!("```rust\n{example}```")),
        "README.md must show examples/minimal/src/main.rs as it is"
    );
}
