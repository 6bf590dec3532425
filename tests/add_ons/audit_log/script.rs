//! A long random script over HTTP.

use std::collections::BTreeMap;

use auth_runtime::resources::audit_log::Status;
use auth_tests::{PASSWORD, WRONG_PASSWORD};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{
    db::{World, watched::*},
    support::*,
};
use crate::site::{Site, answer};

const LENGTH: u64 = 160;

/// Numbers that are the same in every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        let sides = u64::try_from(list.len()).unwrap().max(1);
        list.get(usize::try_from(self.roll(sides)).unwrap())
    }
}

/// What the script knows so far: everything that is secret, and tokens to use.
#[derive(Default)]
struct Known {
    people: Vec<String>,
    sessions: Vec<String>,
    sign_in_tokens: Vec<String>,
    secrets: Vec<String>,
}

impl Known {
    fn secret(&mut self, secret: impl Into<String>) -> String {
        let secret = secret.into();
        self.secrets.push(secret.clone());
        secret
    }

    fn learn(&mut self, path: &str, body: &Value) {
        let Some(token) = body["token"].as_str() else {
            return;
        };
        let token = self.secret(token);
        if path == "password/sign_in_token" {
            self.sign_in_tokens.push(token);
        } else {
            self.sessions.push(token);
        }
    }
}

struct Step {
    path: &'static str,
    request: RequestBuilder,
}

fn next_step(site: &Site, dice: &mut Dice, known: &mut Known, mails: &[String], number: u64) -> Step {
    let anybody = |dice: &mut Dice, known: &Known| -> String {
        let stranger = format!("stranger{}@example.org", dice.roll(3));
        match dice.roll(4) {
            0 => stranger,
            _ => dice.pick(&known.people).cloned().unwrap_or(stranger),
        }
    };
    let step = |path: &'static str, arguments: Value| Step {
        path,
        request: site.post(path).json(&json!({"user": arguments})),
    };
    match dice.roll(14) {
        0 | 1 => {
            let email = format!("person{}@example.org", dice.roll(12));
            let password = known.secret(format!("{PASSWORD} {number}"));
            let mut arguments = newcomer(&email);
            arguments["password"] = json!(password);
            arguments["password_confirmation"] = match dice.roll(4) {
                0 => json!(known.secret(WRONG_PASSWORD)),
                _ => json!(password),
            };
            arguments["nickname"] = json!(format!("nick {number}"));
            known.people.push(email);
            step("password/register", arguments)
        }
        2..=4 => {
            let email = anybody(dice, known);
            let password = match dice.pick(&known.secrets) {
                Some(secret) => secret.clone(),
                None => known.secret(WRONG_PASSWORD),
            };
            step("password/sign_in", json!({"email": email, "password": password}))
        }
        5 => {
            let email = anybody(dice, known);
            let password = dice.pick(&known.secrets).cloned().unwrap_or_default();
            step(
                "password/sign_in_token",
                json!({"email": email, "password": password}),
            )
        }
        6 => {
            let token = dice.pick(&known.sign_in_tokens).cloned().unwrap_or_default();
            step("password/sign_in_with_token", json!({"token": token}))
        }
        7 => step("password/reset_request", json!({"email": anybody(dice, known)})),
        8 => {
            let token = dice.pick(mails).cloned().unwrap_or_else(|| "none".to_owned());
            let password = known.secret(format!("{PASSWORD}, reset {number}"));
            step(
                "password/reset",
                json!({"reset_token": token, "password": password, "password_confirmation": password}),
            )
        }
        9 => {
            let current = dice.pick(&known.secrets).cloned().unwrap_or_default();
            let password = known.secret(format!("{PASSWORD}, change {number}"));
            let mut step = step(
                "password/change",
                json!({"current_password": current, "password": password, "password_confirmation": password}),
            );
            if let Some(session) = dice.pick(&known.sessions) {
                step.request = step.request.bearer_auth(session);
            }
            step
        }
        10 => {
            let mut request = site.post("sign_out");
            if let Some(session) = dice.pick(&known.sessions) {
                request = request.bearer_auth(session);
            }
            Step {
                path: "sign_out",
                request,
            }
        }
        11 => {
            // A password where the identity belongs, and fields that nobody knows.
            let secret = dice.pick(&known.secrets).cloned().unwrap_or_default();
            step(
                "password/sign_in",
                json!({"email": secret, "password": secret, "hashed_password": secret}),
            )
        }
        12 => Step {
            path: "password/sign_in",
            request: site
                .post("password/sign_in")
                .header("content-type", "application/json")
                .body(format!(
                    "{{\"user\": \"{}\"",
                    known.secrets.first().cloned().unwrap_or_default()
                )),
        },
        _ => Step {
            path: "password/register",
            request: site
                .post("password/register")
                .header("sec-fetch-site", "cross-site")
                .json(&json!({"user": {"password": known.secrets.first()}})),
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn au_01_au_02_every_request_of_a_long_script_has_its_event_and_none_has_a_secret() {
    let Some(world) = World::new().await else { return };
    let auth = world.start::<User>().await;
    let site = Site::of(&auth).await;
    let (mut dice, mut known) = (Dice(7), Known::default());
    let mut asked = BTreeMap::new();
    for number in 0..LENGTH {
        let mails: Vec<String> = world
            .outbox
            .sent()
            .into_iter()
            .filter_map(|sent| sent.token)
            .collect();
        for mail in &mails {
            if !known.secrets.contains(mail) {
                known.secrets.push(mail.clone());
            }
        }
        let Step { path, request } = next_step(&site, &mut dice, &mut known, &mails, number);
        let id = format!("step-{number:03}");
        let (status, body) = answer(request.header("x-request-id", &id)).await;
        assert!(status < 500, "{id} {path}: {status} {body}");
        known.learn(path, &body);
        asked.insert(id, (path, status));
        world.clock.advance(time::Duration::SECOND);
    }

    let events = events::<AuditLog, User>(&auth).await;
    let mut found = BTreeMap::new();
    for event in &events {
        let id = event.request_id.clone().unwrap();
        assert!(
            found.insert(id, event).is_none(),
            "two events of one request: {event:?}"
        );
    }
    for (id, (path, status)) in &asked {
        let event = found
            .get(id)
            .unwrap_or_else(|| panic!("no event of {id}: {path} answered {status}"));
        // A request for a reset is answered alike, whatever the event says.
        let open = *path == "password/reset_request";
        let succeeded = event.status == Status::Success;
        assert!(
            open || succeeded == (*status < 300),
            "{id} {path} {status}: {event:?}"
        );
    }
    assert_eq!(found.len(), asked.len());
    let statuses: Vec<u16> = asked.values().map(|(_, status)| *status).collect();
    for status in [200, 201, 400, 401, 403, 422] {
        assert!(statuses.contains(&status), "the script never met {status}");
    }

    let text = [
        serde_json::to_string(&events).unwrap(),
        serde_json::to_string(&super::support::events::<TruncatedLog, User>(&auth).await).unwrap(),
        serde_json::to_string(&super::support::events::<HashedLog, User>(&auth).await).unwrap(),
        serde_json::to_string(&super::support::events::<ExcludedLog, User>(&auth).await).unwrap(),
    ]
    .concat();
    assert!(known.secrets.len() > 50);
    for secret in known.secrets.iter().filter(|secret| !secret.is_empty()) {
        assert!(!text.contains(secret.as_str()), "the log holds {secret}");
    }
    assert!(!text.contains("argon2"), "the log holds a hash");
}
