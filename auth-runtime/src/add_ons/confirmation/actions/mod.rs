//! What people can do about their address: one file per action, and here what several of them share.

mod change;
mod confirm;
mod resend;

pub use change::change;
pub use confirm::confirm;
pub use resend::resend;

use super::{Confirmation, parts::Ready};
use crate::{
    context::Context,
    error::Error,
    identity::ByIdentity,
    sender::{Letter, MessageKind},
    strategy::request::{Addressee, Kept, Link, store_link},
    token::Purpose,
    user::Conn,
};

pub(super) type Cx<S> = Context<<S as ByIdentity>::User>;

/// The started parts of the add-on.
fn ready<S: Confirmation>(cx: &Cx<S>) -> Result<&Ready<S>, Error> {
    cx.auth.part(S::CONFIG.index)
}

/// A link that proves `address`.
fn link<S: Confirmation>(kind: MessageKind, address: &str, changes: bool, browser: Option<String>) -> Link {
    let config = &S::CONFIG;
    Link {
        strategy: config.name,
        purpose: Purpose::Confirmation,
        kind,
        act: config.confirm_action_name,
        lifetime: config.token_lifetime(),
        identity: None,
        to: Some((S::IDENTITY.field, address.to_owned())),
        data: Vec::new(),
        kept: Kept {
            add_on: Some(config.name.to_owned()),
            value: Some(address.to_owned()),
            changes,
            browser,
        },
    }
}

/// Sends the first link to somebody who was just written, in that transaction. The browser that registered is noted,
/// because what it chose need not end with the proof (promise CF-01).
pub(super) async fn send_first<S: Confirmation>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    user: &S::User,
    address: &str,
) -> Result<(), Error> {
    let browser = cx.browser().bind()?;
    let link = link::<S>(MessageKind::Confirmation, address, false, browser);
    let stored = store_link(cx, connection, Addressee::Person(user), link).await?;
    if let Some(stored) = stored {
        cx.queue(stored.queued);
    }
    Ok(())
}

/// Tells somebody that their address was used for a registration, at the price of [`send_first`] (promise EN-02).
pub(super) async fn tell_owner<S: Confirmation>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    owner: &S::User,
) -> Result<(), Error> {
    let (address, browser) = (S::identity(owner), cx.browser().bind()?);
    let link = link::<S>(MessageKind::Confirmation, address, false, browser);
    let stored = store_link(
        cx,
        connection,
        Addressee::Other(Box::new(exists::<S>(owner))),
        link,
    )
    .await?;
    if let Some(stored) = stored {
        cx.queue(stored.queued);
    }
    Ok(())
}

/// Tells the owner of an address that it has an account.
fn exists<S: Confirmation>(owner: &S::User) -> Letter {
    Letter::to_person(MessageKind::AccountExists, S::CONFIG.name, owner)
        .with_field(S::IDENTITY.field, S::identity(owner))
}
