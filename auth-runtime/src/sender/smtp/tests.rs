use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::*;
use crate::db::Id;

const LINK: &str = "https://shop.example/reset?token=a.b-c_d";

fn mail<'a>(kind: MessageKind, to: &'a str, data: &'a Map<String, Value>) -> Mail<'a> {
    Mail {
        id: Id::new(OffsetDateTime::UNIX_EPOCH),
        kind,
        strategy: "password",
        to,
        site: "shop.example",
        home: "https://shop.example/",
        link: Mail::default_path(kind).map(|_| LINK),
        lifetime: Mail::default_path(kind).map(|_| Duration::from_secs(1800)),
        data,
        fields: data,
    }
}

fn composed(mail: &Mail<'_>, texts: &dyn MailTexts) -> Result<String, SenderError> {
    let from = "Shop <no-reply@shop.example>".parse().unwrap();
    let email = compose::compose(mail, texts, &from, None)?;
    Ok(String::from_utf8(email.formatted()).unwrap())
}

#[test]
fn every_kind_has_words_in_both_forms() {
    let data = Map::new();
    for kind in MessageKind::ALL {
        let mail = mail(*kind, "ada@example.org", &data);
        let (plain, html) = (StandardTexts.plain(&mail), StandardTexts.html(&mail));
        let words = Words::english(&mail);
        assert!(!words.subject.is_empty() && !words.before.is_empty(), "{kind}");
        assert_eq!(plain.contains(LINK), mail.link.is_some(), "{kind}");
        assert_eq!(
            html.contains(&format!("href=\"{LINK}\"")),
            mail.link.is_some(),
            "{kind}"
        );
        assert_eq!(words.action.is_empty(), mail.link.is_none(), "{kind}");
        for text in words.before.iter().chain(&words.after) {
            assert!(plain.contains(text), "{kind}: {text}");
        }
        assert!(html.contains("lang=\"en\"") && !html.contains("src="), "{kind}");
        let text = composed(&mail, &StandardTexts).unwrap();
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
    }
}

#[test]
fn in_05_text_of_others_is_encoded_for_its_place() {
    let data = Map::from_iter([("name".to_owned(), json!("<img src=x>\r\nBcc: eve@example.org"))]);
    let mail = mail(MessageKind::ApiKeyCreated, "ada@example.org", &data);
    assert!(StandardTexts.html(&mail).contains("&lt;img src=x&gt;"));

    struct Loud;
    impl MailTexts for Loud {
        fn subject(&self, mail: &Mail<'_>) -> String {
            mail.datum("name").unwrap().to_owned()
        }
    }
    let text = composed(&mail, &Loud).unwrap();
    let (headers, _) = text.split_once("\r\n\r\n").unwrap();
    assert!(!headers.contains("\r\nBcc"), "{headers}");
    assert_eq!(headers.matches("\r\nTo: ").count(), 1, "{headers}");
}

#[test]
fn in_05_only_one_address_is_written_to() {
    let data = Map::new();
    for to in [
        "ada@example.org, eve@example.org",
        "ada@example.org\r\nBcc: eve@example.org",
        "Ada <ada@example.org>",
        "",
        "ada",
    ] {
        let error = composed(&mail(MessageKind::MagicLink, to, &data), &StandardTexts).unwrap_err();
        assert!(error.is_final(), "{to:?}");
    }
}

#[test]
fn lifetimes_are_rounded() {
    let data = Map::new();
    let mut mail = mail(MessageKind::MagicLink, "ada@example.org", &data);
    for (seconds, words) in [
        (1, "1 minute"),
        (599, "10 minutes"),
        (1799, "30 minutes"),
        (3600, "60 minutes"),
        (7_199, "2 hours"),
        (86_399, "24 hours"),
        (259_200, "3 days"),
    ] {
        mail.lifetime = Some(Duration::from_secs(seconds));
        assert_eq!(mail.lifetime_in_words().as_deref(), Some(words));
    }
}

#[test]
fn fa_14_a_url_that_is_none_is_refused_without_quoting_it() {
    for url in [
        "",
        "mail.example",
        "https://user:geheim@mail.example",
        "smtp://user:geheim@mail.example?tls=opportunistic",
        "smtp:geheim",
    ] {
        let error = transport(url, false).unwrap_err();
        assert!(!error.reason().contains("geheim"), "{}", error.reason());
    }
    for url in [
        "smtp://127.0.0.1:2525",
        "smtp://localhost",
        "smtp://user:p%40ss@mail.example",
        "smtps://user:p%40ss@mail.example:4465",
    ] {
        transport(url, false).unwrap();
    }
}
