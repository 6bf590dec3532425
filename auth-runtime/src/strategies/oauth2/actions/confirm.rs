//! Asking the owner of an address whether an identity is theirs, and their answer.

use std::sync::Arc;

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::{Arrival, is_taken, is_the_first, notice, own, refused};
use crate::{
    db::Id,
    error::{Cause, Error},
    resources::{
        token::TokenStore,
        user_identity::{Asserted, NewIdentity, UserIdentityStore},
    },
    sender::MessageKind,
    session::{key_of, subject},
    strategies::oauth2::{Confirm, Cx, Job, OAuth2, realm::realm},
    strategy::{
        Act, Outcome, Sort, perform,
        request::{Addressee, Kept, Link, links_of, store_link},
    },
    token::{Claims, Purpose},
    user::{Authenticated, Conn},
};

const ACTION: &str = "confirm";

/// What a link out of such a message attaches. It stays on the server.
#[derive(Debug, Serialize, Deserialize)]
struct Offer {
    strategy: String,
    provider: String,
    issuer: String,
    uid: String,
    email: Option<String>,
    email_verified: bool,
    /// The address that the message went to.
    identity: String,
    /// When owners of this account were asked lately, this time included: seconds of the Unix epoch.
    asked_at: Vec<i64>,
}

/// How many questions one account gets within an hour (promise RL-05).
const PER_HOUR: usize = 5;

/// Asks the owner of the account, and voids an earlier question (promise SU-05). Of the provider's tokens nothing is kept
/// until then.
pub(super) async fn ask<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    arrival: &Arrival,
    user: &S::User,
) -> Result<(), Error> {
    let purpose = Purpose::IdentityLink;
    let open = links_of(cx, connection, &subject(user), purpose, S::CONFIG.name).await?;
    let open = open
        .into_iter()
        .find_map(|(_, kept)| serde_json::from_str::<Offer>(&kept.value?).ok());
    let now = cx.auth.now().unix_timestamp();
    let mut asked_at = Vec::new();
    if let Some(open) = open {
        let same = (&open.strategy, &open.issuer, &open.uid)
            == (
                &arrival.way.key,
                &arrival.identified.issuer,
                &arrival.identified.subject,
            );
        asked_at = open.asked_at;
        asked_at.retain(|asked| now - asked < 60 * 60);
        if same || asked_at.len() >= PER_HOUR {
            return Ok(());
        }
    }
    asked_at.push(now);
    let info = &arrival.identified.user_info;
    let offer = Offer {
        strategy: arrival.way.key.clone(),
        provider: arrival.way.label.clone(),
        issuer: arrival.identified.issuer.clone(),
        uid: arrival.identified.subject.clone(),
        email: info.email().map(str::to_owned),
        email_verified: info.email_verified(),
        identity: S::identity(user).to_owned(),
        asked_at,
    };
    let link = Link {
        strategy: S::CONFIG.name,
        purpose,
        kind: MessageKind::IdentityLink,
        act: S::CONFIG.confirm_action_name,
        lifetime: purpose.default_lifetime(),
        identity: None,
        to: None,
        data: vec![
            ("provider", offer.provider.clone()),
            ("account", account(arrival)),
        ],
        kept: Kept {
            add_on: Some(S::CONFIG.name.to_owned()),
            value: Some(serde_json::to_string(&offer).map_err(Error::internal)?),
            ..Kept::default()
        },
    };
    if let Some(stored) = store_link(cx, connection, Addressee::Person(user), link).await? {
        cx.queue(stored.queued);
    }
    Ok(())
}

/// What the owner can tell the account at the provider by. Whoever asks has chosen it, so it cannot be a link.
fn account(arrival: &Arrival) -> String {
    let info = &arrival.identified.user_info;
    let name = info.text("preferred_username").or_else(|| info.name());
    let name = name.unwrap_or(&arrival.identified.subject);
    let plain = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '@' | '.');
    name.chars().filter(plain).take(60).collect()
}

/// Attaches the identity that a message asked about, once, in a session of the account's owner (promise OA-06). That the
/// link was followed also proves the address.
///
/// # Errors
/// [`Error::InvalidToken`] for a token that does not work, whatever the reason; [`Error::AuthenticationFailed`] when the
/// owner is not signed in, where the token stays good, or somebody has the identity by now, or the account another one;
/// [`Error::ReauthenticationRequired`] when the sign-in is too long ago, where it stays good, too; [`Error::Storage`].
pub async fn confirm<S: OAuth2>(cx: &Cx<S>, input: Confirm) -> Outcome<()> {
    let act = Act::new(S::CONFIG.name, ACTION, Sort::Proof);
    perform(cx, act, |cx| async move {
        let tokens = cx.auth.tokens().ok_or(Error::NoSuchAction)?;
        let claims = tokens
            .verify(input.token.expose_secret(), Purpose::IdentityLink, cx.auth.now())
            .map_err(|_| invalid(Cause::TokenInvalid))?;
        if claims.act.as_deref() != Some(S::CONFIG.confirm_action_name) {
            return Err(invalid(Cause::WrongAction));
        }
        cx.concerns(&claims.sub);
        // As for `link`: a session that lies open somewhere does not let another account in.
        own::<S>(ACTION).fresh(&cx, S::CONFIG.reauthentication_window())?;
        let auth = cx.auth.clone();
        let job: Job<S, Claims> = Arc::new((cx, claims));
        let followed = auth
            .write(move |connection| {
                let job = Arc::clone(&job);
                Box::pin(async move { follow::<S>(&job.0, connection, &job.1).await })
            })
            .await;
        match followed {
            Err(error) if is_taken(&error) => Err(refused::<S>(ACTION, Cause::IdentityElsewhere)),
            followed => followed,
        }
    })
    .await
}

const fn invalid(cause: Cause) -> Error {
    Error::InvalidToken {
        purpose: Purpose::IdentityLink,
        cause,
    }
}

async fn follow<S: OAuth2>(cx: &Cx<S>, connection: &mut Conn<S::User>, claims: &Claims) -> Result<(), Error> {
    let now = cx.auth.now();
    let key = key_of::<S::User>(&claims.sub).ok_or_else(|| invalid(Cause::ForeignSubject))?;
    if <S::User as Authenticated>::lock(connection, &key).await? == 0 {
        return Err(invalid(Cause::NoSubject));
    }
    let user = <S::User as Authenticated>::find(connection, &key).await?;
    let tenant = cx.auth.tenant()?;
    let user = user.filter(|user| user.tenant() == *tenant);
    let user = user.ok_or_else(|| invalid(Cause::NoSubject))?;
    if own::<S>(ACTION).lock(cx, connection).await? != claims.sub {
        return Err(refused::<S>(ACTION, Cause::NotSignedIn));
    }
    let purpose = Purpose::IdentityLink;
    let links = links_of(cx, connection, &claims.sub, purpose, S::CONFIG.name).await?;
    let kept = links.into_iter().find(|(jti, _)| *jti == claims.jti);
    let offer = kept.and_then(|(_, kept)| serde_json::from_str::<Offer>(&kept.value?).ok());
    let offer = offer.ok_or_else(|| invalid(Cause::TokenSpent))?;
    if offer.identity != S::identity(&user) {
        return Err(invalid(Cause::ChangedMeanwhile));
    }
    type Tokens<S> = <<S as crate::identity::ByIdentity>::User as Authenticated>::Tokens;
    if Tokens::<S>::spend(connection, &claims.jti, &claims.sub, purpose, now).await? != 1 {
        return Err(invalid(Cause::TokenSpent));
    }
    // What was set before this proof by somebody else ends with it, and only then the identity is added (promise CF-01).
    cx.proved_address(connection, &user, S::IDENTITY.field).await?;
    let realm = realm::<S>(cx);
    match S::Identities::find(connection, &realm, &offer.strategy, &offer.uid).await? {
        Some(row) if row.subject == claims.sub && row.issuer == offer.issuer => {}
        Some(_) => return Err(refused::<S>(ACTION, Cause::IdentityElsewhere)),
        None => {
            let provider = (&*offer.strategy, &*offer.issuer);
            is_the_first::<S>(connection, &realm, provider, &claims.sub, ACTION).await?;
            let new = NewIdentity {
                id: Id::new(now),
                realm: &realm,
                strategy: &offer.strategy,
                issuer: &offer.issuer,
                uid: &offer.uid,
                subject: &claims.sub,
                asserted: Asserted {
                    email: offer.email.as_deref(),
                    email_verified: offer.email_verified,
                    tokens: None,
                },
            };
            S::Identities::insert(connection, new, now).await?;
        }
    }
    notice::<S>(
        cx,
        connection,
        MessageKind::IdentityLinked,
        &user,
        &offer.provider,
    )
    .await?;
    cx.succeed(connection, Some(&claims.sub)).await
}
