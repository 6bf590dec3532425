//! Failures that an audit log has recorded, for `brute_force_strategy: audit_log(name)`.
//!
//! The log says how many attempts have failed, and a counter how many are under way. An attempt runs only while both
//! together are fewer than may fail. It is taken off the counter after its event was written, so between the two it counts
//! twice and never not at all; whoever is refused only because of that waits, like everybody who is behind others.

use std::time::Duration;

use crate::{
    add_ons::audit_log::Recorder,
    authentication::Authentication,
    error::{Cause, Error},
    resources::audit_log::FailureKey,
    tenant::Tenant,
    user::{Authenticated, Conn},
};

/// Which failures count, and how many are free. The macro writes it; it is `brute_force_strategy: audit_log(name)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// The audit log's name in the block.
    pub audit_log: &'static str,
    /// Failures of one identity in any window before it has to wait.
    pub max_failures: u32,
    /// How long a failure counts, in seconds.
    pub window_seconds: u64,
    /// Actions by their name on the struct, with whether they are answered alike whatever comes of them. Every run of
    /// such an action counts: if only its failures did, the wait that follows would tell who has an account (EN-01).
    pub answered_alike: &'static [(&'static str, bool)],
}

/// Why attempts fail that tell nobody anything. Neither does a refused attempt count, or a steady guesser would keep an
/// owner out for ever.
const TELL_NOTHING: &[Cause] = &[
    Cause::TooManyAttempts,
    Cause::InvalidInput,
    Cause::RegistrationDisabled,
    Cause::SignInDisabled,
    Cause::NotSignedIn,
    Cause::SenderFailed,
    Cause::Overloaded,
    Cause::GuardFailed,
    Cause::StorageFailed,
    Cause::Misconfigured,
    Cause::Internal,
];

impl Recorded {
    pub(super) fn max(&self) -> i64 {
        self.max_failures.max(1).into()
    }

    /// How many attempts at this identity have failed.
    ///
    /// # Errors
    /// The database's; the attempt must then not run (promise FA-06).
    pub(super) async fn failures<U: Authenticated>(
        &self,
        auth: &Authentication<U>,
        connection: &mut Conn<U>,
        strategy: &str,
        identity: &str,
    ) -> Result<i64, Error> {
        let log = self.log(auth)?;
        let tenant = auth.tenant()?.to_text();
        let alike = self.answered_alike.iter().filter(|(_, alike)| *alike);
        let every_run_of: Vec<&str> = alike.map(|(action, _)| *action).collect();
        let except: Vec<&str> = TELL_NOTHING.iter().map(|cause| cause.as_str()).collect();
        let key = FailureKey {
            resource: U::SETTINGS.subject_name,
            tenant: tenant.as_deref(),
            strategy,
            identity: Some(identity),
            subject: None,
            since: auth.now() - Duration::from_secs(self.window_seconds),
            every_run_of: &every_run_of,
            except: &except,
        };
        Ok(log.count_failures(connection, key).await?)
    }

    fn log<'a, U: Authenticated>(&self, auth: &'a Authentication<U>) -> Result<&'a dyn Recorder<U>, Error> {
        auth.recorders()
            .find(|recorder| recorder.name() == self.audit_log)
            .ok_or_else(|| Error::internal("there is no audit log to count failures in"))
    }
}
