//! The mail sender against a mail server that is not ours.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use auth_runtime::authentication::Authentication;
use auth_tests::{
    OTHER_PASSWORD, PASSWORD,
    call::*,
    mailed::{Person, RequestPasswordResetWithPassword},
    python::python_with,
    secrets::with_secrets,
    sqlite::World,
};
use serde_json::{Value, json};

/// A mail server in a process of its own.
struct Sink {
    process: Child,
    orders: ChildStdin,
    said: Receiver<Value>,
    port: u16,
}

impl Sink {
    /// `None` where there is no Python to be had.
    fn start(port: u16) -> Option<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let python = python_with(folder, "aiosmtpd==1.4.6", "import aiosmtpd.smtp")?;
        let mut process = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("outbox/sink.py"))
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, said) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        let mut sink = Self {
            orders: process.stdin.take().unwrap(),
            process,
            said,
            port: 0,
        };
        sink.port = u16::try_from(sink.next()["port"].as_u64().unwrap()).unwrap();
        Some(sink)
    }

    fn next(&self) -> Value {
        self.said.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    fn is_quiet(&self) -> bool {
        self.said.try_recv().is_err()
    }

    fn order(&mut self, mode: &str) {
        writeln!(self.orders, "{mode}").unwrap();
        assert_eq!(self.next(), json!({"mode": mode}));
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn start(world: &World, host: &str, port: u16) -> Authentication<Person> {
    Person::schema().create(&world.repo).await.unwrap();
    let mut options = auth_runtime::sender::DeliveryOptions::default();
    options.attempt_deadline = Duration::from_secs(2);
    let builder = world.builder::<Person>().background_work(false).delivery(options);
    let url = Some(format!("smtp://{host}:{port}"));
    with_secrets([("url", url)], builder.start()).await.unwrap()
}

async fn register(auth: &Authentication<Person>) {
    let input = json!({"email": "ada@example.org", "password": PASSWORD, "password_confirmation": PASSWORD});
    enter(&auth.context(), "register_with_password", input)
        .await
        .unwrap();
}

/// Asks for a reset. The answer is the same whatever becomes of the mail; the delivery's own end is returned.
async fn ask(auth: &Authentication<Person>) -> Result<(), auth_runtime::error::Error> {
    let input = RequestPasswordResetWithPassword {
        email: "ada@example.org".to_owned(),
    };
    let accepted = Person::request_password_reset_with_password(&auth.context(), input)
        .await
        .unwrap();
    accepted.delivered().await
}

fn token_in(mail: &Value) -> String {
    let plain = mail["plain"].as_str().unwrap();
    let (_, link) = plain.split_once("https://example.org/reset?token=").unwrap();
    link.split_whitespace().next().unwrap().to_owned()
}

async fn reset(auth: &Authentication<Person>, token: &str) {
    let input = json!({
        "reset_token": token,
        "password": OTHER_PASSWORD,
        "password_confirmation": OTHER_PASSWORD,
    });
    enter(&auth.context(), "password_reset_with_password", input)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn su_07_a_mail_has_the_link_in_both_forms_and_resets() {
    let Some(sink) = Sink::start(0) else { return };
    let world = World::new().await.unwrap();
    let auth = start(&world, "127.0.0.1", sink.port).await;
    register(&auth).await;
    ask(&auth).await.unwrap();
    let mail = sink.next();
    assert_eq!(mail["from"], "no-reply@shop.example");
    assert_eq!(mail["to"], json!(["ada@example.org"]));
    let headers = &mail["headers"];
    assert_eq!(headers["to"], "ada@example.org");
    assert_eq!(headers["from"], "Shop <no-reply@shop.example>");
    assert_eq!(headers["reply-to"], "help@shop.example");
    assert_eq!(headers["auto-submitted"], "auto-generated");
    assert_eq!(headers["subject"], "Choose a new password for example.org");
    assert!(
        headers["message-id"]
            .as_str()
            .unwrap()
            .ends_with("@shop.example>")
    );
    assert_eq!(
        mail["parts"],
        json!(["multipart/alternative", "text/plain", "text/html"])
    );
    let token = token_in(&mail);
    let html = mail["html"].as_str().unwrap();
    assert!(html.contains(&format!("href=\"https://example.org/reset?token={token}\"")));
    assert!(mail["plain"].as_str().unwrap().contains("within 30 minutes"));
    reset(&auth, &token).await;
    assert_eq!(
        sink.next()["headers"]["subject"],
        "Your password for example.org was changed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_a_mail_server_that_was_dead_gets_the_mail_later() {
    let Some(sink) = Sink::start(0) else { return };
    let port = sink.port;
    drop(sink);
    let world = World::new().await.unwrap();
    let auth = start(&world, "127.0.0.1", port).await;
    register(&auth).await;
    ask(&auth).await.unwrap_err();
    assert_eq!(auth.undelivered().await.unwrap(), 1);
    world.clock.advance(time::Duration::seconds(10));
    assert_eq!(auth.deliver_due().await.unwrap().failed, 1);

    let sink = Sink::start(port).unwrap();
    world.clock.advance(time::Duration::seconds(20));
    assert_eq!(auth.deliver_due().await.unwrap().delivered, 1);
    assert_eq!(auth.undelivered().await.unwrap(), 0);
    reset(&auth, &token_in(&sink.next())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_a_mail_server_that_does_not_answer_is_left() {
    let Some(mut sink) = Sink::start(0) else { return };
    let world = World::new().await.unwrap();
    let auth = start(&world, "127.0.0.1", sink.port).await;
    register(&auth).await;
    sink.order("silent");
    let started = std::time::Instant::now();
    ask(&auth).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(10));
    sink.order("accept");
    world.clock.advance(time::Duration::seconds(10));
    assert_eq!(auth.deliver_due().await.unwrap().delivered, 1);
    reset(&auth, &token_in(&sink.next())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_08_a_busy_mail_server_is_asked_again_and_a_refusal_is_final() {
    let Some(mut sink) = Sink::start(0) else { return };
    let world = World::new().await.unwrap();
    let auth = start(&world, "127.0.0.1", sink.port).await;
    register(&auth).await;
    sink.order("busy");
    let error = ask(&auth).await.unwrap_err();
    let shown = format!("{error:?}");
    assert!(shown.contains("451") && !shown.contains("ada@"), "{shown}");
    assert_eq!(auth.undelivered().await.unwrap(), 1);
    sink.order("accept");
    world.clock.advance(time::Duration::seconds(10));
    assert_eq!(auth.deliver_due().await.unwrap().delivered, 1);
    sink.next();
    sink.order("refuse");
    ask(&auth).await.unwrap_err();
    assert_eq!(auth.undelivered().await.unwrap(), 0, "it was given up");
    let input = json!({"email": "ada@example.org", "password": PASSWORD});
    enter(&auth.context(), "sign_in_with_password", input)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn su_01_a_server_without_tls_gets_no_mail_unless_it_is_on_this_machine() {
    let Some(sink) = Sink::start(0) else { return };
    let world = World::new().await.unwrap();
    // Not a loopback address, although it leads here.
    let auth = start(&world, "0.0.0.0", sink.port).await;
    register(&auth).await;
    ask(&auth).await.unwrap_err();
    assert_eq!(auth.undelivered().await.unwrap(), 1);
    assert!(sink.is_quiet());
}

#[tokio::test(flavor = "multi_thread")]
async fn fa_14_a_mail_sender_without_what_it_needs_stops_the_start() {
    let world = World::new().await.unwrap();
    Person::schema().create(&world.repo).await.unwrap();
    for (url, problem) in [
        (None, "no value"),
        (Some("mail.example"), "smtps://"),
        (Some("https://user:geheim@mail.example"), "smtps://"),
    ] {
        let builder = world.builder::<Person>();
        let error = with_secrets([("url", url.map(str::to_owned))], builder.start())
            .await
            .unwrap_err();
        let text = format!("{error:?}");
        assert!(
            text.contains(problem) && text.contains("sender of password"),
            "{text}"
        );
        assert!(!text.contains("geheim"), "{text}");
    }
    let url = Some("smtp://127.0.0.1:1".to_owned());
    let builder = auth_runtime::authentication::Builder::<Person>::new(world.repo.clone());
    let error = with_secrets([("url", url)], builder.start()).await.unwrap_err();
    assert!(format!("{error:?}").contains("public_url"), "{error:?}");
}
