//! A certified OpenID provider in a process of its own, and somebody who signs in there with a browser.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use reqwest::{Client, redirect::Policy};
use url::Url;

/// The secret of its clients that have one.
pub(crate) const SECRET: &str = "a-secret-that-is-for-tests-only-and-long-enough";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/openid-provider")
}

/// Whether there is Node.js and what the provider consists of.
///
/// # Panics
/// When there is none although `AUTH_TEST_REQUIRE` names `node`.
fn is_there() -> bool {
    let folder = folder();
    let installed = || folder.join("node_modules/oidc-provider").is_dir();
    // Tests run in several processes, and only one of them shall install.
    let lock =
        std::fs::File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("openid-provider.lock")).unwrap();
    lock.lock().unwrap();
    let runs = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    if runs(Command::new("node").arg("--version"))
        && (installed() || runs(Command::new("npm").arg("ci").current_dir(&folder)) && installed())
    {
        return true;
    }
    let required = std::env::var("AUTH_TEST_REQUIRE").unwrap_or_default();
    assert!(
        !required.split(',').any(|name| name.trim() == "node"),
        "no Node.js with the package oidc-provider can be had"
    );
    eprintln!("skipped: no Node.js with the package oidc-provider");
    false
}

/// A running provider. It ends when this is dropped.
pub(crate) struct OpenIdProvider {
    process: Child,
    pub(crate) issuer: String,
}

impl OpenIdProvider {
    /// Starts one with these variables (see the head of `provider.mjs`); `None` where Node.js is missing.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Option<Self> {
        if !is_there() {
            return None;
        }
        let mut process = Command::new("node")
            .arg("provider.mjs")
            .current_dir(folder())
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = lines
            .map_while(Result::ok)
            .find_map(|line| serde_json::from_str::<serde_json::Value>(&line).ok());
        let issuer = ready.unwrap()["issuer"].as_str().unwrap().to_owned();
        Some(Self { process, issuer })
    }

    /// Makes new signing keys. The old ones stay valid.
    pub(crate) async fn rotate_keys(&self) {
        let rotate = Client::new().post(format!("{}/control/rotate", self.issuer));
        assert!(rotate.send().await.unwrap().status().is_success());
    }
}

impl Drop for OpenIdProvider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the provider sends the browser back with.
#[derive(Debug)]
pub(crate) enum Return {
    /// A redirect.
    To(Url),
    /// A form that posts itself (`response_mode=form_post`).
    Form {
        action: String,
        fields: Vec<(String, String)>,
    },
}

/// A browser that visits the provider.
pub(crate) struct Visitor(Client);

impl Visitor {
    pub(crate) fn new() -> Self {
        let client = Client::builder()
            .redirect(Policy::none())
            .cookie_store(true)
            .no_proxy()
            .build()
            .unwrap();
        Self(client)
    }

    /// Goes where the application sent it, signs in as `login` and agrees to everything, until the way leads away from the
    /// provider.
    pub(crate) async fn sign_in(&self, url: &str, login: &str) -> Return {
        let mut request = self.0.get(url);
        let home = Url::parse(url).unwrap();
        let mut here = home.clone();
        for _ in 0..16 {
            let answer = request.send().await.unwrap();
            let location = answer
                .headers()
                .get("location")
                .map(|value| value.to_str().unwrap().to_owned());
            if let Some(location) = location {
                here = here.join(&location).unwrap();
                if here.origin() != home.origin() {
                    return Return::To(here);
                }
                request = self.0.get(here.clone());
                continue;
            }
            let page = answer.text().await.unwrap();
            let form = Form::of(&page);
            let action = here.join(&form.action).unwrap();
            if action.origin() != home.origin() {
                return Return::Form {
                    action: form.action,
                    fields: form.fields,
                };
            }
            let mut fields = form.fields;
            if page.contains("name=\"login\"") {
                fields.push(("login".to_owned(), login.to_owned()));
                fields.push(("password".to_owned(), "any".to_owned()));
            }
            here = action;
            request = self.0.post(here.clone()).form(&fields);
        }
        panic!("the provider leads around in a circle, last to {here}");
    }
}

/// The one form of a page, with its hidden fields.
struct Form {
    action: String,
    fields: Vec<(String, String)>,
}

impl Form {
    fn of(page: &str) -> Self {
        let form = tags(page, "form").next();
        let form = form.unwrap_or_else(|| panic!("a page without a form: {page}"));
        let hidden = tags(page, "input").filter(|tag| attribute(tag, "type") == Some("hidden"));
        Self {
            action: unescape(attribute(form, "action").unwrap_or_default()),
            fields: hidden
                .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
                .map(|(name, value)| (name.to_owned(), unescape(value)))
                .collect(),
        }
    }
}

fn tags<'p>(page: &'p str, name: &'static str) -> impl Iterator<Item = &'p str> {
    page.split('<')
        .filter(move |tag| {
            tag.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with([' ', '\n', '>']))
        })
        .map(|tag| tag.split('>').next().unwrap_or_default())
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}
