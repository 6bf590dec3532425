//! The one trusted context of an action: who runs it, from where, and on behalf of which session.

mod browser;
mod return_to;

pub(crate) use browser::Browser;

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
};

use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::{
    add_ons::audit_log::Recording,
    authentication::Authentication,
    error::{Cause, Error},
    limits::Ticket,
    sender::{Delivery, Letter, Queued},
    session::{CurrentSession, TokensRevoked},
    strategy::{Attempt, Outcome},
    token::ExtraClaims,
    user::{Authenticated, Conn},
};

/// Where a client's address comes from. `client_ip: peer` or `client_ip: forwarded(n)` in the block (promise RL-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientIp {
    /// The address of the socket's other end. Right where clients connect directly.
    #[default]
    Peer,
    /// The address that the outermost of this many trusted proxies saw, out of `X-Forwarded-For`.
    ///
    /// # Security
    /// The number must be exact: each hop too many lets a client choose its own address.
    Forwarded {
        /// How many proxies stand in front, at least one.
        hops: u8,
    },
}

impl ClientIp {
    /// The client's address, given the socket's peer and the values of all `X-Forwarded-For` headers in order.
    ///
    /// `None` when the trusted part of the list is too short or not an address: the caller then counts the request
    /// into the bucket of unknown addresses (promise RL-04). IPv4-mapped IPv6 addresses come back as IPv4.
    #[must_use]
    pub fn resolve(self, peer: Option<IpAddr>, forwarded: &[&str]) -> Option<IpAddr> {
        let address = match self {
            Self::Peer => peer,
            Self::Forwarded { hops } => {
                let position = usize::from(hops.max(1)) - 1;
                let entry = forwarded
                    .iter()
                    .rev()
                    .flat_map(|value| value.rsplit(','))
                    .nth(position)?;
                parse_address(entry.trim())
            }
        }?;
        Some(address.to_canonical())
    }
}

/// Proxies write the bare address, an IPv6 address in brackets, or either with a port.
fn parse_address(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// What is known about the request that an action belongs to. All texts are bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestMetadata {
    /// The client's address by the declared rule, if it could be told.
    pub client_address: Option<IpAddr>,
    /// The socket's other end.
    pub peer: Option<SocketAddr>,
    /// The `Host` header.
    pub host: Option<String>,
    /// The HTTP method.
    pub method: Option<String>,
    /// The `User-Agent` header, at most 256 characters.
    pub user_agent: Option<String>,
    /// The values of the `Forwarded` headers, at most 4 of at most 512 characters. Whoever sent them may have made
    /// them up.
    pub forwarded: Vec<String>,
    /// The values of the `X-Forwarded-For` headers, with the same bounds and the same doubt.
    pub forwarded_for: Vec<String>,
    /// The request id, given by `X-Request-Id` (at most 64 harmless characters) or made here.
    pub request_id: Option<String>,
}

/// The context of one action call.
///
/// # Example
/// ```no_run
/// # use auth_runtime::{authentication::Authentication, user::Authenticated};
/// # fn example<User: Authenticated>(auth: &Authentication<User>) {
/// let cx = auth.context();
/// # let _ = cx;
/// # }
/// ```
pub struct Context<U: Authenticated> {
    pub(crate) auth: Authentication<U>,
    pub(crate) request: Arc<RequestMetadata>,
    pub(crate) session: Option<Arc<CurrentSession<U>>>,
    pub(crate) token_claims: ExtraClaims,
    browser: Browser,
    /// The field whose address somebody trusted vouches for.
    vouched: Option<&'static str>,
    /// The browser wants to be remembered.
    pub(crate) remembers: bool,
    /// The answer will be a page: what signs in keeps its session in a cookie.
    pub(crate) for_page: bool,
    /// Where the request wants the browser to go afterwards.
    return_to: Option<String>,
    /// Where the action says that it goes.
    led_to: Arc<OnceLock<String>>,
    attempt: Option<Arc<Attempt>>,
    recording: Option<Arc<Recording<U>>>,
}

impl<U: Authenticated> Context<U> {
    pub(crate) fn new(auth: Authentication<U>, request: RequestMetadata) -> Self {
        Self {
            auth,
            request: Arc::new(request),
            session: None,
            token_claims: ExtraClaims::default(),
            browser: Browser::default(),
            vouched: None,
            remembers: false,
            for_page: false,
            return_to: None,
            led_to: Arc::default(),
            attempt: None,
            recording: None,
        }
    }

    /// The client's address as rows keep it.
    pub(crate) fn client_address(&self) -> Option<String> {
        self.request.client_address.map(|address| address.to_string())
    }

    /// Adds claims to the session token that the next action mints. They win over the configured ones.
    #[must_use]
    pub fn with_token_claims(mut self, claims: ExtraClaims) -> Self {
        self.token_claims = self.token_claims.merged_with(claims);
        self
    }

    /// Lets the next sign-in remember the browser, where a `remember_me` strategy is declared. For strategies, which
    /// take it from their argument `remember_me`.
    #[must_use]
    pub fn remembering(mut self, remembers: bool) -> Self {
        self.remembers = remembers;
        self
    }

    /// The same context where somebody trusted vouches for the address in `field` of whoever is being registered.
    #[cfg_attr(
        not(feature = "oauth"),
        allow(dead_code, reason = "only the strategies of features use it")
    )]
    pub(crate) const fn vouching(mut self, field: Option<&'static str>) -> Self {
        self.vouched = field;
        self
    }

    /// Whether somebody trusted vouches for the address in `field`.
    pub(crate) fn vouches_for(&self, field: &str) -> bool {
        self.vouched == Some(field)
    }

    /// The same context on behalf of somebody who is signed in.
    #[must_use]
    pub fn with_session(mut self, session: Arc<CurrentSession<U>>) -> Self {
        self.session = Some(session);
        self
    }

    /// The same context on behalf of a browser that the application tells apart itself, by a secret of at least 128 bits
    /// that only this browser has. What is [bound to a browser](crate::strategies) then works there alone (promise
    /// SU-11). The library's own routes do this with a cookie of their own; a handler that calls such actions itself says it
    /// here.
    #[must_use]
    pub fn with_browser(mut self, secret: SecretString) -> Self {
        self.browser = Browser::known_by(secret);
        self
    }

    /// The same context on behalf of a browser that has the library's cookie, or gets it with the answer.
    pub(crate) fn in_browser(mut self, browser: Browser) -> Self {
        self.browser = browser;
        self
    }

    /// The browser behind the request.
    pub(crate) const fn browser(&self) -> &Browser {
        &self.browser
    }

    /// The authentication that the context belongs to.
    #[must_use]
    pub const fn authentication(&self) -> &Authentication<U> {
        &self.auth
    }

    /// What is known about the request.
    #[must_use]
    pub fn request(&self) -> &RequestMetadata {
        &self.request
    }

    /// Who is signed in.
    #[must_use]
    pub fn session(&self) -> Option<&CurrentSession<U>> {
        self.session.as_deref()
    }

    /// The same context inside one run of an action.
    pub(crate) fn for_attempt(&self, attempt: Arc<Attempt>, recording: Option<Arc<Recording<U>>>) -> Self {
        let mut context = self.clone();
        context.attempt = Some(attempt);
        context.recording = recording;
        context
    }

    /// The run of an action that this is the context of.
    pub(crate) fn attempt(&self) -> Option<&Attempt> {
        self.attempt.as_deref()
    }

    /// Notes the accepted columns, if anything records the action: for the event only.
    #[cfg_attr(
        not(feature = "password"),
        allow(dead_code, reason = "only the strategies of features use it")
    )]
    pub(crate) fn note_params(&self, params: impl FnOnce() -> Map<String, Value>) {
        if let Some(recording) = &self.recording {
            recording.note_params(params);
        }
    }

    /// Tells that the running action succeeds and for whom, inside the transaction that makes it so.
    /// [`mint`](crate::session::mint) does it for whatever ends in a session. Once in an action: it also takes the
    /// attempt back from the [limits](crate::limits).
    ///
    /// # Errors
    /// When what belongs to the success cannot be written; the transaction must then fail too.
    pub async fn succeed(&self, connection: &mut Conn<U>, subject: Option<&str>) -> Result<(), Error> {
        if let Some(attempt) = &self.attempt {
            if let Some(subject) = subject {
                attempt.concerns(subject);
            }
            if let Some(ticket) = attempt.ticket() {
                ticket.succeed(connection).await?;
            }
        }
        match &self.recording {
            Some(recording) => recording.succeed(connection).await,
            None => Ok(()),
        }
    }

    /// Whether the running action may send the message that was asked for (promise RL-05). If not, it goes on as it
    /// does for somebody unknown: the answer is the usual one, nothing is sent, and nothing is voided or stored, so
    /// that a flood of requests takes its worth from no earlier message and fills no table.
    #[must_use]
    pub fn may_send(&self) -> bool {
        let ticket = self.attempt.as_ref().and_then(|attempt| attempt.ticket());
        ticket.is_none_or(Ticket::may_send)
    }

    /// The name of the action that runs, as it is called on the struct.
    pub(crate) fn action_name(&self) -> Option<&'static str> {
        let act = &self.attempt.as_ref()?.act;
        let mut parts = U::STRATEGIES.iter().chain(U::ADD_ONS);
        let part = parts.find(|part| part.name == act.strategy)?;
        let action = part.actions.iter().find(|action| action.kind == act.action)?;
        Some(action.name)
    }

    /// Puts a message into the outbox, in the transaction of the running action, and delivers it after the commit.
    ///
    /// # Errors
    /// [`Error::Storage`]; the transaction must then fail too.
    pub async fn send(&self, connection: &mut Conn<U>, letter: Letter) -> Result<(), Error> {
        self.queue(self.auth.enqueue(connection, letter).await?);
        Ok(())
    }

    /// Delivers a message of this transaction after the commit.
    pub(crate) fn queue(&self, queued: Queued) {
        if let Some(attempt) = &self.attempt {
            attempt.queue(queued);
        }
    }

    /// Starts the deliveries of what was [sent](Self::send), after the commit; the last one can be waited for.
    pub(crate) fn deliver_queued(&self) -> Delivery {
        let queued = self.attempt.as_ref().map(|attempt| attempt.take_queued());
        let mut last = Delivery::nothing();
        for queued in queued.into_iter().flatten() {
            last = self.auth.deliver(queued);
        }
        last
    }

    /// Notes why nothing came of a request that is answered like any other (promise EN-02): for the event only.
    pub fn fail_silently(&self, cause: Cause) {
        if let Some(attempt) = &self.attempt {
            attempt.silently_failed(cause);
        }
    }

    /// Notes that the session which the request came with ends by this action (promise SE-01).
    pub(crate) fn leaves_session(&self) {
        if let Some(attempt) = &self.attempt {
            attempt.leaves_session();
        }
    }

    /// Notes that everything has ended which this subject held.
    pub(crate) fn has_voided(&self, subject: &str) {
        if let Some(attempt) = &self.attempt {
            attempt.voids(subject);
        }
    }

    /// Notes whom a failing action concerns: for the event only.
    pub fn concerns(&self, subject: &str) {
        if let Some(attempt) = &self.attempt {
            attempt.concerns(subject);
        }
    }

    /// Records what happened and opens the outcome. There is no other way to its result (promise AU-01).
    ///
    /// # Errors
    /// The action's own.
    pub async fn record<T>(&self, outcome: Outcome<T>) -> Result<T, Error> {
        let outcome = outcome.recorded(self).await;
        self.auth.record(&outcome.event, &self.request);
        if let (true, Some(session)) = (outcome.left_session, self.session()) {
            self.auth.tell_revoked(&TokensRevoked::Token {
                jti: session.jti().to_owned(),
            });
        }
        if let Some(subject) = outcome.voided {
            self.auth.tell_revoked(&TokensRevoked::Subject {
                subject: subject.as_ref().to_owned(),
            });
        }
        outcome.result
    }
}

impl<U: Authenticated> Clone for Context<U> {
    fn clone(&self) -> Self {
        Self {
            auth: self.auth.clone(),
            request: Arc::clone(&self.request),
            session: self.session.clone(),
            token_claims: self.token_claims.clone(),
            browser: self.browser.clone(),
            vouched: self.vouched,
            remembers: self.remembers,
            for_page: self.for_page,
            return_to: self.return_to.clone(),
            led_to: Arc::clone(&self.led_to),
            attempt: self.attempt.clone(),
            recording: self.recording.clone(),
        }
    }
}

impl<U: Authenticated> std::fmt::Debug for Context<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rl_03_only_the_trusted_end_of_the_list_counts() {
        let peer = Some("10.0.0.1".parse().unwrap());
        let list = ["6.6.6.6, 198.51.100.7", "203.0.113.9:4711"];
        let with = |hops| {
            ClientIp::Forwarded { hops }
                .resolve(peer, &list)
                .map(|ip| ip.to_string())
        };
        assert_eq!(with(1).as_deref(), Some("203.0.113.9"));
        assert_eq!(with(2).as_deref(), Some("198.51.100.7"));
        assert_eq!(
            with(4),
            None,
            "a list shorter than the chain of proxies tells nothing"
        );
        assert_eq!(ClientIp::Peer.resolve(peer, &list), peer);
    }

    #[test]
    fn rl_03_all_spellings_of_an_address_are_one() {
        for text in [
            "::ffff:192.0.2.1",
            "192.0.2.1",
            "[::ffff:192.0.2.1]:80",
            "[::ffff:c000:201]",
        ] {
            let address = ClientIp::Forwarded { hops: 1 }.resolve(None, &[text]);
            assert_eq!(address, Some("192.0.2.1".parse().unwrap()), "{text}");
        }
        assert_eq!(ClientIp::Forwarded { hops: 1 }.resolve(None, &["unknown"]), None);
    }
}
