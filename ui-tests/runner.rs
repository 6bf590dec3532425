//! What the compiler says about blocks that are right and blocks that are wrong.
//!
//! One file is one mistake, named after it. The texts beside the files are what a user reads: after a change run
//! with `TRYBUILD=overwrite`, then read every difference as a user would.

/// The compiler whose texts are pinned. Another one words some of its own lines differently.
const PINNED: &str = "rustc 1.95.";

#[test]
fn what_is_right_compiles() {
    trybuild::TestCases::new().pass("*/pass/*.rs");
}

/// Apart from those that compile: all mistakes together are checked in one run of cargo.
#[test]
fn what_is_wrong_is_said() {
    let compiler = std::process::Command::new("rustc").arg("--version").output();
    let compiler = String::from_utf8(compiler.expect("rustc runs").stdout).expect("a version is text");
    if compiler.starts_with(PINNED) || std::env::var_os("CI").is_some() {
        trybuild::TestCases::new().compile_fail("*/fail/*.rs");
    } else {
        eprintln!(
            "skipped: the compile errors are pinned for {PINNED}x, and this is {}",
            compiler.trim()
        );
    }
}
