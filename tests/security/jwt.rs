//! Our tokens against an implementation that is not ours, in another language.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use auth_runtime::user::Authenticated;
use auth_tests::{PASSWORD, call::*, secrets::with_secrets, signed::*, sqlite::World};
use serde_json::{Value, json};

/// A Python with PyJWT; `None` where there is none to be had.
fn python() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pyjwt");
    let python = folder.join("bin/python");
    let runs = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    let there = |python: &Path| runs(Command::new(python).args(["-c", "import jwt, cryptography"]));
    if there(&python)
        || runs(Command::new("python3").args(["-m", "venv"]).arg(&folder))
            && runs(Command::new(&python).args(["-m", "pip", "install", "--quiet", "PyJWT[crypto]==2.10.1"]))
            && there(&python)
    {
        return Some(python);
    }
    let required = std::env::var("AUTH_TEST_REQUIRE").unwrap_or_default();
    assert!(
        !required.split(',').any(|name| name.trim() == "python"),
        "no Python with PyJWT can be had"
    );
    eprintln!("skipped: no Python with PyJWT");
    None
}

fn ask(python: &Path, question: &Value) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("security/other_implementation.py");
    let mut process = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    process
        .stdin
        .take()
        .unwrap()
        .write_all(question.to_string().as_bytes())
        .unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "the other implementation disagrees about {question}"
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn agree<U: Authenticated<Repo = auth_tests::sqlite::Repo>>(python: &Path) {
    let algorithm = U::SETTINGS.tokens.algorithm.as_str();
    let keys = ask(python, &json!({"task": "make keys", "algorithm": algorithm}));
    let own = keys[0]["private"].as_str().unwrap().to_owned();
    let world = World::new().await.unwrap();
    U::schema().create(&world.repo).await.unwrap();
    let auth = with_secrets([("signing_secret", Some(own))], world.builder::<U>().start())
        .await
        .unwrap();
    let cx = auth.context();
    let arguments =
        json!({"email": "ada@example.org", "password": PASSWORD, "password_confirmation": PASSWORD});
    let ours = token(&enter(&cx, "register_with_password", arguments).await.unwrap());

    let answer = ask(
        python,
        &json!({
            "task": "check",
            "algorithm": algorithm,
            "own": keys[0],
            "other": keys[1],
            "token": ours,
            "issuer": "the issuer",
            "audience": "the audience",
        }),
    );
    let honest = answer["honest"].as_str().unwrap();
    assert!(
        session(&cx, honest).await.is_some(),
        "{algorithm}: the same claims under the same key"
    );
    let forged = answer["forged"].as_object().unwrap();
    assert!(forged.len() > 35);
    for (name, token) in forged {
        let token = token.as_str().unwrap();
        assert!(session(&cx, token).await.is_none(), "{algorithm}: {name}");
    }
    assert!(session(&cx, &ours).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn tk_01_another_implementation_reads_our_tokens_and_forges_none() {
    let Some(python) = python() else { return };
    agree::<hs256::Person>(&python).await;
    agree::<eddsa::Person>(&python).await;
    agree::<es256::Person>(&python).await;
    agree::<rs256::Person>(&python).await;
}
