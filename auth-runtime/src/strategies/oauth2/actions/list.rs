use super::own;
use crate::{
    error::Error,
    resources::user_identity::UserIdentityStore,
    strategies::oauth2::{
        Cx, IdentityInfo, List, OAuth2,
        realm::{is_own, realm},
    },
    strategy::{Outcome, perform_freely},
};

/// The identities of this strategy that belong to whoever is signed in, oldest first.
///
/// # Errors
/// [`Error::AuthenticationFailed`] when nobody is signed in; [`Error::Storage`].
pub async fn list<S: OAuth2>(cx: &Cx<S>, List {}: List) -> Outcome<Vec<IdentityInfo>> {
    let own = own::<S>("list");
    perform_freely(cx, own.act(cx), |cx| async move {
        let subject = own.signed_in(&cx)?.subject().to_owned();
        let realm = realm::<S>(&cx);
        let rows = cx
            .auth
            .read(move |connection| {
                let (realm, subject) = (realm.clone(), subject.clone());
                Box::pin(async move { S::Identities::of_subject(connection, &realm, &subject).await })
            })
            .await?;
        let rows = rows.into_iter().filter(|row| is_own::<S>(&row.strategy));
        Ok::<_, Error>(rows.map(IdentityInfo::from).collect())
    })
    .await
}
