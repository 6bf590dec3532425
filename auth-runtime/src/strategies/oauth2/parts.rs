use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use secrecy::{ExposeSecret, SecretString};

use super::{
    OAuth2,
    kept_tokens::reseal,
    realm::{is_own, realm},
    way::{Only, Template, Ways, redirect_uri},
};
use crate::{
    authentication::{Authentication, DeclaredPart, Part, Resealed, Starting, resolve},
    context::Context,
    db::Key,
    error::Error,
    oauth::{Preset, Protocol, ProviderBuilder},
    resources::user_identity::UserIdentityStore,
    secret::SecretSource,
    sender::SharedSender,
    session::subject,
    strategy::request::RequestTurn,
    token::Purpose,
    user::{Authenticated, Conn, Resource},
};

/// A setting whose value is known when the application starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the settings of the block")]
pub enum Setting {
    ClientId,
    ClientSecret,
    BaseUrl,
    AuthorizeUrl,
    TokenUrl,
    UserUrl,
    EmailsUrl,
    OpenidConfigurationUri,
    RedirectUri,
    PrivateKey,
    PrivateKeyPath,
    PrivateKeyId,
    TeamId,
}

type MakeWays<S> = fn(Template) -> Result<Box<dyn Ways<<S as crate::identity::ByIdentity>::User>>, Error>;

/// The run-time parts of a strategy, as declared.
pub struct Parts<S: OAuth2> {
    protocol: Protocol,
    preset: Option<&'static Preset>,
    settings: Vec<(Setting, SecretSource)>,
    configure: fn(ProviderBuilder) -> ProviderBuilder,
    ways: MakeWays<S>,
    sender: Option<SharedSender<S::User>>,
}

impl<S: OAuth2> Parts<S> {
    /// A provider that speaks `protocol`, about which `preset` knows something.
    #[must_use]
    pub fn new(protocol: Protocol, preset: Option<&'static Preset>) -> Self {
        Self::with_ways(protocol, preset, |template| Ok(Box::new(Only::new(template)?)))
    }

    pub(crate) fn with_ways(protocol: Protocol, preset: Option<&'static Preset>, ways: MakeWays<S>) -> Self {
        Self {
            protocol,
            preset,
            settings: Vec::new(),
            configure: |provider| provider,
            ways,
            sender: None,
        }
    }

    /// A setting whose value is known when the application starts.
    #[must_use]
    pub fn setting(mut self, setting: Setting, source: SecretSource) -> Self {
        self.settings.push((setting, source));
        self
    }

    /// Settings whose values stand in the block.
    #[must_use]
    pub fn configure(mut self, configure: fn(ProviderBuilder) -> ProviderBuilder) -> Self {
        self.configure = configure;
        self
    }

    /// Asks owners of addresses, and tells them of identities that came and went (promise SU-10).
    #[must_use]
    pub fn sender(mut self, sender: SharedSender<S::User>) -> Self {
        self.sender = Some(sender);
        self
    }

    /// Whether the strategy is left out of this deployment.
    async fn is_left_out(&self) -> Result<bool, Error> {
        let client_id = self
            .settings
            .iter()
            .find(|(setting, _)| *setting == Setting::ClientId);
        Ok(match client_id {
            Some((_, source)) if S::CONFIG.optional => source.resolve().await?.is_none(),
            _ => false,
        })
    }

    async fn ready(self, starting: &Starting) -> Result<Ready<S>, Error> {
        if self.is_left_out().await? {
            return Ok(Ready {
                ways: None,
                requests: RequestTurn::default(),
                strategy: PhantomData,
            });
        }
        let mut settings = Vec::with_capacity(self.settings.len());
        let mut given: Option<SecretString> = None;
        for (setting, source) in &self.settings {
            let value = resolve(source).await?;
            if *setting == Setting::RedirectUri {
                given = Some(value);
            } else {
                settings.push((*setting, value));
            }
        }
        let given = given.as_ref().map(ExposeSecret::expose_secret);
        let subject_name = <S::User as Authenticated>::SETTINGS.subject_name;
        let template = Template {
            name: S::CONFIG.name,
            protocol: self.protocol,
            preset: self.preset,
            settings,
            configure: self.configure,
            redirect_uri: redirect_uri(given, starting, subject_name, S::CONFIG.name)?,
            egress: starting.egress()?,
        };
        Ok(Ready {
            ways: Some((self.ways)(template)?),
            requests: RequestTurn::default(),
            strategy: PhantomData,
        })
    }
}

impl<S: OAuth2> fmt::Debug for Parts<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("name", &S::CONFIG.name)
            .finish_non_exhaustive()
    }
}

impl<S: OAuth2> DeclaredPart<S::User> for Parts<S> {
    fn lifetimes(&self) -> Vec<(Purpose, Duration)> {
        vec![(Purpose::IdentityLink, Purpose::IdentityLink.default_lifetime())]
    }

    fn senders(&self) -> Vec<(&'static str, SharedSender<S::User>)> {
        let sender = self.sender.iter().cloned();
        sender.map(|sender| (S::CONFIG.name, sender)).collect()
    }

    fn start<'s>(
        self: Box<Self>,
        starting: &'s Starting,
    ) -> BoxFuture<'s, Result<Arc<dyn Part<S::User>>, Error>> {
        async move { Ok(Arc::new(self.ready(starting).await?) as Arc<dyn Part<S::User>>) }.boxed()
    }
}

/// The parts after the start.
pub(super) struct Ready<S: OAuth2> {
    /// None where the strategy is left out.
    ways: Option<Box<dyn Ways<S::User>>>,
    pub(super) requests: RequestTurn,
    strategy: PhantomData<fn() -> S>,
}

impl<S: OAuth2> Ready<S> {
    /// The ways to providers.
    ///
    /// # Errors
    /// [`Error::NoSuchAction`] where the strategy is left out.
    pub(super) fn ways(&self) -> Result<&dyn Ways<S::User>, Error> {
        self.ways.as_deref().ok_or(Error::NoSuchAction)
    }
}

impl<S: OAuth2> Part<S::User> for Ready<S> {
    fn is_on(&self) -> bool {
        self.ways.is_some()
    }

    fn registered<'a>(
        &'a self,
        context: &'a Context<S::User>,
        connection: &'a mut Conn<S::User>,
        user: &'a S::User,
    ) -> BoxFuture<'a, Result<(), Error>> {
        async move {
            // A database that numbers its rows may give the number of a deleted person to this one, whose identities must
            // not come along (promise SE-06).
            if <S::User as Resource>::Key::generate(context.auth.now()).is_none() {
                S::Identities::delete_subject(connection, &realm::<S>(context), &subject(user)).await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn ways_in<'a>(
        &'a self,
        context: &'a Context<S::User>,
        connection: &'a mut Conn<S::User>,
        user: &'a S::User,
    ) -> BoxFuture<'a, Result<usize, Error>> {
        async move {
            let Some(ways) = &self.ways else { return Ok(0) };
            let realm = realm::<S>(context);
            let identities = S::Identities::of_subject(connection, &realm, &subject(user)).await?;
            let mut count = 0;
            for row in identities.iter().filter(|row| is_own::<S>(&row.strategy)) {
                count += usize::from(ways.leads(context, connection, row).await?);
            }
            Ok(count)
        }
        .boxed()
    }

    fn reseal<'a>(
        &'a self,
        authentication: &'a Authentication<S::User>,
    ) -> BoxFuture<'a, Result<Resealed, Error>> {
        async move {
            let tokens = reseal::<S>(authentication).await?;
            let secrets = match &self.ways {
                Some(ways) => ways.reseal(authentication).await?,
                None => Resealed::default(),
            };
            Ok(tokens.and(secrets))
        }
        .boxed()
    }

    fn void_credentials<'a>(
        &'a self,
        context: &'a Context<S::User>,
        connection: &'a mut Conn<S::User>,
        user: &'a S::User,
    ) -> BoxFuture<'a, Result<(), Error>> {
        async move {
            S::Identities::delete_subject(connection, &realm::<S>(context), &subject(user)).await?;
            Ok(())
        }
        .boxed()
    }
}
