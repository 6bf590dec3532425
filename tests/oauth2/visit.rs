//! One world with one provider, and visits to it.

use std::future::Future;

use auth_runtime::{
    authentication::Authentication,
    context::Context,
    error::{Cause, Error},
    oauth::Callback,
    session::SignedIn,
    strategies::oauth2::Entered,
    user::Authenticated,
};
use auth_tests::{PASSWORD, secrets::with_secrets};
use serde_json::{Value, json};
use url::Url;

use super::people::{Repo, World, arrival::*};
use crate::provider::{Idp, egress, parameter};

/// A world with a provider in it.
pub(super) struct Place {
    pub(super) world: World,
    pub(super) idp: Idp,
    pub(super) auth: Authentication<Arrival>,
}

impl Place {
    /// `None` when the database's server is not there.
    pub(super) async fn new() -> Option<Self> {
        let world = World::new().await?;
        let idp = Idp::start().await;
        Arrival::schema().create(&world.repo).await.unwrap();
        let auth = start(&world, &idp, world.repo.clone()).await;
        Some(Self { world, idp, auth })
    }

    /// A context in a browser of its own.
    pub(super) fn browser(&self, name: &str) -> Context<Arrival> {
        browser(&self.auth, name)
    }

    /// Somebody with a password, whose address is confirmed.
    pub(super) async fn confirmed(&self, email: &str) -> Arrival {
        let before = self.world.outbox.of_kind("confirmation").len();
        let user = self.registered(email).await;
        let mail = self.world.outbox.wait_for("confirmation", before + 1).await;
        let mail = mail.into_iter().rfind(|sent| sent.to.as_deref() == Some(email));
        let input = Confirm {
            confirm: mail.unwrap().token.unwrap().into(),
        };
        Arrival::confirm(&self.browser("registers"), input).await.unwrap();
        self.find(&user).await.unwrap()
    }

    /// Somebody with a password, whose address is not confirmed.
    pub(super) async fn registered(&self, email: &str) -> Arrival {
        let input = RegisterWithPassword {
            email: email.to_owned(),
            password: PASSWORD.into(),
        };
        let accepted = Arrival::register_with_password(&self.browser("registers"), input).await;
        drop(accepted.unwrap());
        let found = Arrival::get_by_email(&self.auth.context(), email).await;
        found.unwrap().unwrap()
    }

    /// The row as it is now.
    pub(super) async fn find(&self, user: &Arrival) -> Option<Arrival> {
        let subject = format!("arrival?id={}", user.id);
        Arrival::get_by_subject(&self.auth.context(), &subject)
            .await
            .unwrap()
    }

    /// Begins at `corporate`, and lets somebody with these claims sign in there. What comes back.
    pub(super) async fn returns(&self, cx: &Context<Arrival>, claims: &Value) -> Callback {
        let location = Arrival::request_corporate(cx, RequestCorporate::default()).await;
        self.answers(location.unwrap().location(), claims)
    }

    /// Lets somebody with these claims sign in at the provider.
    pub(super) fn answers(&self, location: &Url, claims: &Value) -> Callback {
        self.idp.signs_in(location, self.auth.now(), claims);
        Callback {
            code: Some("code-1".to_owned()),
            state: parameter(location, "state"),
            ..Callback::default()
        }
    }

    /// A whole visit by way of `corporate`.
    pub(super) async fn visit(&self, browser: &str, claims: &Value) -> Result<SignedIn<Arrival>, Error> {
        let cx = self.browser(browser);
        let callback = self.returns(&cx, claims).await;
        entered(Arrival::register_with_corporate(&cx, callback.into()).await)
    }

    /// As [`visit`](Self::visit), for the cause of its failure.
    pub(super) async fn refused(&self, claims: &Value) -> Cause {
        let visit = self.visit("refused", claims).await;
        visit.map(|signed_in| signed_in.subject()).unwrap_err().cause()
    }

    /// A whole visit by way of `corporate` that is answered like that of somebody new, and why nothing came of it.
    pub(super) async fn answered_alike(&self, claims: &Value, why: Cause) {
        let cx = self.browser("alike");
        let callback = self.returns(&cx, claims).await;
        let outcome = Arrival::register_with_corporate(&cx, callback.into());
        self.comes_to_nothing(outcome, why).await;
    }

    /// Checks that the answer is that for somebody new, and that the audit log knows better.
    pub(super) async fn comes_to_nothing(
        &self,
        outcome: impl Future<Output = Result<Entered<Arrival>, Error>>,
        why: Cause,
    ) {
        let events = format!("arrivals_log WHERE cause = '{}'", why.as_str());
        let before = self.world.count(&events).await;
        let entered = outcome.await.unwrap();
        assert!(matches!(entered, Entered::MustConfirm(_)), "{entered:?}");
        assert_eq!(self.world.count(&events).await, before + 1, "{}", why.as_str());
    }
}

/// Starts the authentication with the provider's address, with this way to the database.
pub(super) async fn start(world: &World, idp: &Idp, repo: Repo) -> Authentication<Arrival> {
    at(idp, world.builder_on::<Arrival>(repo).egress(egress()).start())
        .await
        .unwrap()
}

/// Starts something with the provider's address.
pub(super) async fn at<T>(idp: &Idp, start: impl Future<Output = T>) -> T {
    with_secrets([("base_url", Some(idp.server.url.clone()))], start).await
}

/// A context in a browser of that name.
pub(super) fn browser<U: Authenticated>(auth: &Authentication<U>, name: &str) -> Context<U> {
    auth.context()
        .with_browser(format!("the secret of the browser of {name}").into())
}

/// Who was let in.
pub(super) fn entered(outcome: Result<Entered<Arrival>, Error>) -> Result<SignedIn<Arrival>, Error> {
    match outcome? {
        Entered::SignedIn(signed_in) => Ok(signed_in),
        other => panic!("nobody was signed in: {other:?}"),
    }
}

/// Somebody at the provider.
pub(super) fn ada() -> Value {
    json!({"sub": "ada-1", "email": "Ada@example.org", "email_verified": true, "name": "Ada"})
}

/// The same person with something changed.
pub(super) fn ada_with(changes: &Value) -> Value {
    let mut claims = ada();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}
