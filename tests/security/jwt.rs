//! Our tokens against an implementation that is not ours, in another language.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use auth_runtime::user::Authenticated;
use auth_tests::{PASSWORD, call::*, python::python_with, secrets::with_secrets, signed::*, sqlite::World};
use serde_json::{Value, json};

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
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let Some(python) = python_with(folder, "PyJWT[crypto]==2.10.1", "import jwt, cryptography") else {
        return;
    };
    agree::<hs256::Person>(&python).await;
    agree::<eddsa::Person>(&python).await;
    agree::<es256::Person>(&python).await;
    agree::<rs256::Person>(&python).await;
}
