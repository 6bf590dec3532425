//! Implementations that are not ours, in another language.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

/// A Python with this package, in a folder of its own under `folder`; `None` where there is none to be had. `probe` is a
/// line of Python that works once the package is there.
///
/// # Panics
/// When there is none although `AUTH_TEST_REQUIRE` names `python`.
#[must_use]
pub fn python_with(folder: &Path, package: &str, probe: &str) -> Option<PathBuf> {
    let name: String = package.chars().take_while(char::is_ascii_alphanumeric).collect();
    std::fs::create_dir_all(folder).unwrap();
    // Tests run in several processes, and only one of them shall make the folder.
    let lock = File::create(folder.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    let folder = folder.join(name.to_lowercase());
    let python = folder.join("bin/python");
    let runs = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    let there = |python: &Path| runs(Command::new(python).args(["-c", probe]));
    if there(&python)
        || runs(Command::new("python3").args(["-m", "venv"]).arg(&folder))
            && runs(Command::new(&python).args(["-m", "pip", "install", "--quiet", package]))
            && there(&python)
    {
        return Some(python);
    }
    let required = std::env::var("AUTH_TEST_REQUIRE").unwrap_or_default();
    assert!(
        !required.split(',').any(|name| name.trim() == "python"),
        "no Python with {package} can be had"
    );
    eprintln!("skipped: no Python with {package}");
    None
}
