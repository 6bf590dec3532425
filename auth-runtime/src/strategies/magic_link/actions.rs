use std::sync::Arc;

use futures_util::future::BoxFuture;
use secrecy::ExposeSecret;

use super::{METHOD, MagicLink, Request, SignIn, config::SIGN_IN, parts::Ready};
use crate::{
    context::Context,
    db::{AsStorage, Key, Problem, classify},
    error::{AuthenticationFailed, Cause, Error},
    identity::{ByIdentity, IdentityFormat},
    resources::token::TokenStore,
    sender::{MessageKind, Queued},
    session::{FirstFactor, SignedIn, key_of, mint, subject, void},
    strategy::{
        Accepted, Act, Outcome, Sort, perform,
        request::{Addressee, Kept, Link, newcomer, write_link},
    },
    token::{Claims, Purpose},
    user::{Authenticated, Conn, Resource},
};

pub(super) type Cx<S> = Context<<S as ByIdentity>::User>;
type KeyOf<S> = <<S as ByIdentity>::User as Resource>::Key;

fn refused<S: MagicLink>(cause: Cause) -> Error {
    AuthenticationFailed::new(S::CONFIG.name, SIGN_IN, cause).into()
}

/// The person with that identity, in whatever spelling; `None` also for text that can be nobody's identity.
///
/// # Errors
/// [`Error::Storage`].
pub async fn look_up<S: MagicLink>(cx: &Cx<S>, identity: &str) -> Result<Option<S::User>, Error> {
    let Ok(identity) = S::IDENTITY.format.canonical(identity) else {
        return Ok(None);
    };
    let tenant = cx.auth.tenant()?.clone();
    cx.auth
        .read(move |connection| {
            let (tenant, identity) = (tenant.clone(), identity.clone());
            Box::pin(async move { S::find_by_identity(connection, &tenant, &identity).await })
        })
        .await
}

/// Takes a request for a link. The answer is the same whether or not the person exists.
///
/// # Errors
/// [`Error::NoSuchAction`] without tokens; [`Error::Storage`]. A failing sender is no error here; see
/// [`Accepted::delivered`].
pub async fn request<S: MagicLink>(cx: &Cx<S>, input: Request) -> Outcome<Accepted> {
    let mut act = Act::new(S::CONFIG.name, "request", Sort::Request);
    // Text that cannot be anybody's identity is the identity of nobody.
    let identity = S::IDENTITY.format.canonical(&input.identity).ok();
    if let Some(identity) = &identity {
        act = act.about(identity.as_str());
    }
    perform(cx, act, |cx| async move {
        let browser = if S::CONFIG.bind_to_browser {
            let bound = cx.browser().bind()?;
            Some(bound.ok_or_else(|| {
                Error::internal("a link that is bound to a browser needs `Context::with_browser`")
            })?)
        } else {
            None
        };
        let requests = &cx.auth.part::<Ready<S>>(S::CONFIG.index)?.requests;
        requests
            .answer(&cx, move |cx, connection| {
                prepare::<S>(cx, connection, identity.clone(), browser.clone())
            })
            .await
    })
    .await
}

fn prepare<'c, S: MagicLink>(
    cx: &'c Cx<S>,
    connection: &'c mut Conn<S::User>,
    identity: Option<String>,
    browser: Option<String>,
) -> BoxFuture<'c, Result<Option<Queued>, Error>> {
    Box::pin(async move {
        let config = &S::CONFIG;
        let typed = identity.as_deref().unwrap_or_default();
        let user = S::find_by_identity(connection, cx.auth.tenant()?, typed).await?;
        let addressee = match (&user, &identity) {
            (Some(user), _) => Addressee::Person(user),
            (None, Some(identity)) if config.registration_enabled => Addressee::Newcomer {
                field: S::IDENTITY.field,
                identity,
            },
            (None, _) => Addressee::Nobody,
        };
        let link = Link {
            strategy: config.name,
            purpose: Purpose::MagicLink,
            kind: MessageKind::MagicLink,
            act: config.sign_in_action_name,
            lifetime: config.token_lifetime(),
            identity: Some(identity.clone().unwrap_or_default()),
            to: None,
            data: Vec::new(),
            kept: Kept {
                browser,
                ..Kept::default()
            },
        };
        write_link(cx, connection, addressee, link).await
    })
}

/// Signs in whoever has the token out of the message, once; with `registration_enabled` also somebody new.
///
/// # Errors
/// [`Error::AuthenticationFailed`] for a token that does not work, whatever the reason; [`Error::Storage`].
pub async fn sign_in<S: MagicLink>(cx: &Cx<S>, input: SignIn) -> Outcome<SignedIn<S::User>> {
    let act = Act::new(S::CONFIG.name, SIGN_IN, Sort::Proof);
    perform(cx, act, |cx| async move {
        let cx = cx.remembering(input.remember_me);
        try_sign_in::<S>(&cx, &input).await
    })
    .await
}

async fn try_sign_in<S: MagicLink>(cx: &Cx<S>, input: &SignIn) -> Result<SignedIn<S::User>, Error> {
    let tokens = cx.auth.tokens().ok_or(Error::NoSuchAction)?;
    let claims = tokens
        .verify(input.token.expose_secret(), Purpose::MagicLink, cx.auth.now())
        .map_err(|_| refused::<S>(Cause::TokenInvalid))?;
    if claims.act.as_deref() != Some(S::CONFIG.sign_in_action_name) {
        return Err(refused::<S>(Cause::WrongAction));
    }
    let identity = claims.identity.clone();
    let identity = identity.ok_or_else(|| refused::<S>(Cause::TokenInvalid))?;
    let key = key_of::<S::User>(&claims.sub);
    let is_new = claims.sub == newcomer(cx, &identity);
    if key.is_some() {
        cx.concerns(&claims.sub);
    } else if !is_new || !S::CONFIG.registration_enabled {
        return Err(refused::<S>(Cause::ForeignSubject));
    }
    let job = Arc::new((cx.clone(), claims, identity, key));
    let attempt = || {
        let job = Arc::clone(&job);
        cx.auth.write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move {
                let (cx, claims, identity, key) = &*job;
                let user = match key {
                    Some(key) => known::<S>(cx, connection, claims, identity, key).await?,
                    None => new::<S>(cx, connection, claims, identity).await?,
                };
                enter::<S>(cx, connection, user).await
            })
        })
    };
    match attempt().await {
        // Somebody else registered the same identity at this moment. The link is good for that account too.
        Err(error) if is_new && is_taken(&error) => attempt().await,
        outcome => outcome,
    }
}

fn is_taken(error: &Error) -> bool {
    let problem = error.as_storage().map(classify);
    matches!(problem, Some(Problem::UniqueViolation { .. }))
}

/// The person that a link was sent to, if the address is still theirs.
async fn known<S: MagicLink>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    claims: &Claims,
    identity: &str,
    key: &KeyOf<S>,
) -> Result<S::User, Error> {
    // The person before their tokens, in the order of everything else that writes both.
    if <S::User as Authenticated>::lock(connection, key).await? == 0 {
        return Err(refused::<S>(Cause::NoSubject));
    }
    spend::<S>(cx, connection, claims).await?;
    let user = <S::User as Authenticated>::find(connection, key).await?;
    user.filter(|user| S::identity(user) == identity)
        .ok_or_else(|| refused::<S>(Cause::ChangedMeanwhile))
}

/// The person of a link that was sent to somebody without an account: a new one, unless there is one by now, of whom
/// nothing is overwritten.
async fn new<S: MagicLink>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    claims: &Claims,
    identity: &str,
) -> Result<S::User, Error> {
    let tenant = cx.auth.tenant()?;
    if let Some(user) = S::find_by_identity(connection, tenant, identity).await? {
        <S::User as Authenticated>::lock(connection, user.key()).await?;
        spend_newcomers::<S>(cx, connection, claims).await?;
        // Read again, now that nobody else can change it.
        let user = <S::User as Authenticated>::find(connection, user.key()).await?;
        return user
            .filter(|user| S::identity(user) == identity)
            .ok_or_else(|| refused::<S>(Cause::ChangedMeanwhile));
    }
    spend_newcomers::<S>(cx, connection, claims).await?;
    let key = KeyOf::<S>::generate(cx.auth.now());
    let is_numbered = key.is_none();
    S::insert(connection, key, tenant, identity).await?;
    let user = S::find_by_identity(connection, tenant, identity).await?;
    let user = user.ok_or_else(|| Error::internal("a person just inserted was not found"))?;
    if is_numbered {
        // A database that numbers its rows may give the number of a deleted person to this one, whose tokens must not
        // come along (promise SE-06).
        void(cx, connection, &subject(&user), None).await?;
    }
    cx.registered(connection, &user).await?;
    Ok(user)
}

/// Spends the token of somebody without an account, and every other one. There is no row of a person at which requests
/// could wait for each other, so two of the same moment in two processes may have left two links (promise SU-05).
async fn spend_newcomers<S: MagicLink>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    claims: &Claims,
) -> Result<(), Error> {
    spend::<S>(cx, connection, claims).await?;
    void(cx, connection, &claims.sub, Some(Purpose::MagicLink)).await
}

/// Spends the token in this transaction, or refuses (promise SU-02).
async fn spend<S: MagicLink>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    claims: &Claims,
) -> Result<(), Error> {
    type Tokens<S> = <<S as ByIdentity>::User as Authenticated>::Tokens;
    let (now, purpose) = (cx.auth.now(), Purpose::MagicLink);
    if S::CONFIG.bind_to_browser {
        let row = Tokens::<S>::find(connection, &claims.jti).await?;
        let row = row.filter(|row| row.is_live(purpose, now) && row.subject == claims.sub);
        let row = row.ok_or_else(|| refused::<S>(Cause::TokenSpent))?;
        let kept = Kept::read(row.extra_data.as_deref()).unwrap_or_default();
        if !kept.browser.is_some_and(|bound| cx.browser().is(&bound)) {
            return Err(refused::<S>(Cause::OtherBrowser));
        }
    }
    match Tokens::<S>::spend(connection, &claims.jti, &claims.sub, purpose, now).await? {
        1 => Ok(()),
        _ => Err(refused::<S>(Cause::TokenSpent)),
    }
}

/// The link has shown whose mailbox it is; what follows from that comes before the session (promise CF-01).
async fn enter<S: MagicLink>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    mut user: S::User,
) -> Result<SignedIn<S::User>, Error> {
    if S::IDENTITY.format == IdentityFormat::Email {
        cx.proved_address(connection, &user, S::IDENTITY.field).await?;
        let found = <S::User as Authenticated>::find(connection, user.key()).await?;
        user = found.ok_or_else(|| refused::<S>(Cause::NoSubject))?;
    }
    // The call's own claims win over those of the strategy.
    let claims = S::extra_claims(&user).merged_with(cx.token_claims.clone());
    let factor = FirstFactor::new(Arc::new(user), S::CONFIG.name, SIGN_IN, METHOD).with_claims(claims);
    mint(cx, connection, factor).await
}
