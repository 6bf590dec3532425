use super::own;
use crate::{
    resources::api_key::ApiKeyStore,
    strategies::api_key::{ApiKey, ApiKeyInfo, Cx, List},
    strategy::{Outcome, perform},
};

/// The keys of whoever is signed in, newest first: the live ones, and for thirty days those that are over.
///
/// # Errors
/// [`Error::AuthenticationFailed`](crate::Error::AuthenticationFailed) when nobody is signed in;
/// [`Error::Storage`](crate::Error::Storage).
pub async fn list<S: ApiKey>(cx: &Cx<S>, List {}: List) -> Outcome<Vec<ApiKeyInfo>> {
    perform(cx, own::<S>("list").act(cx), |cx| async move {
        let subject = own::<S>("list").signed_in(&cx)?.subject().to_owned();
        let keys = cx
            .auth
            .read(move |connection| {
                let subject = subject.clone();
                Box::pin(async move { S::Keys::of_subject(connection, &subject, S::CONFIG.prefix).await })
            })
            .await?;
        Ok(keys.into_iter().map(ApiKeyInfo::from).collect())
    })
    .await
}
