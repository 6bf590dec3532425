//! What is remembered of providers: bounded, one fetch at a time, stale rather than nothing for a day.

use std::{collections::HashMap, future::Future, sync::Arc};

use time::{Duration, OffsetDateTime};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::oauth::{Endpoint, ProviderError};

/// More providers than this are not remembered at once (promise FA-11).
const CAPACITY: usize = 256;
const MIN_AGE: Duration = Duration::minutes(5);
const MAX_AGE: Duration = Duration::hours(24);
const DEFAULT_AGE: Duration = Duration::hours(1);
/// How long a document may serve when a newer one cannot be had.
const MAX_STALE: Duration = Duration::hours(24);
/// A failed fetch is not repeated sooner, so that callers do not queue behind a provider that is down.
const RETRY: Duration = Duration::seconds(5);
/// How often a document may be fetched because of what a request brought (promise OA-10).
pub(super) const FORCED: Duration = Duration::minutes(1);

/// A value as fetched, with the age that its provider allows.
pub(super) struct Fetched<T> {
    pub(super) value: T,
    pub(super) max_age: Option<std::time::Duration>,
}

pub(super) struct Cache<T> {
    endpoint: Endpoint,
    slots: Mutex<HashMap<String, Arc<Mutex<Slot<T>>>>>,
}

struct Slot<T> {
    kept: Option<Kept<T>>,
    /// The last fetch, successful or not.
    tried: Option<OffsetDateTime>,
}

struct Kept<T> {
    value: Arc<T>,
    fresh_until: OffsetDateTime,
    fetched: OffsetDateTime,
}

impl<T> Cache<T> {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            slots: Mutex::default(),
        }
    }

    /// The value under `key`, fetched if there is none that is fresh.
    pub(super) async fn get(
        &self,
        key: &str,
        now: OffsetDateTime,
        fetch: impl Future<Output = Result<Fetched<T>, ProviderError>> + Send + 'static,
    ) -> Result<Arc<T>, ProviderError>
    where
        T: Send + Sync + 'static,
    {
        // Whoever comes meanwhile waits here, and finds what this caller fetched.
        let slot = self.slot(key).await.lock_owned().await;
        if let Some(kept) = &slot.kept
            && now < kept.fresh_until
        {
            return Ok(Arc::clone(&kept.value));
        }
        if slot.tried_within(RETRY, now) {
            return slot.stale(now).ok_or(ProviderError::RecentlyFailed {
                endpoint: self.endpoint,
            });
        }
        let stale = slot.stale(now);
        match self.refresh(slot, now, fetch).await {
            Ok(value) => Ok(value),
            Err(error) => match stale {
                Some(value) => {
                    tracing::warn!(endpoint = %self.endpoint, %error, "a document of a provider could not be renewed");
                    Ok(value)
                }
                None => Err(error),
            },
        }
    }

    /// A value newer than `seen`, if one may be fetched now: at most once a minute.
    pub(super) async fn newer(
        &self,
        key: &str,
        seen: &Arc<T>,
        now: OffsetDateTime,
        fetch: impl Future<Output = Result<Fetched<T>, ProviderError>> + Send + 'static,
    ) -> Result<Option<Arc<T>>, ProviderError>
    where
        T: Send + Sync + 'static,
    {
        let slot = self.slot(key).await.lock_owned().await;
        if let Some(kept) = &slot.kept
            && !Arc::ptr_eq(&kept.value, seen)
        {
            return Ok(Some(Arc::clone(&kept.value)));
        }
        if slot.tried_within(FORCED, now) {
            return Ok(None);
        }
        self.refresh(slot, now, fetch).await.map(Some)
    }

    /// Fetches in a task of its own: a caller that goes away takes nothing from those who wait for the same.
    async fn refresh(
        &self,
        mut slot: OwnedMutexGuard<Slot<T>>,
        now: OffsetDateTime,
        fetch: impl Future<Output = Result<Fetched<T>, ProviderError>> + Send + 'static,
    ) -> Result<Arc<T>, ProviderError>
    where
        T: Send + Sync + 'static,
    {
        let refreshing = tokio::spawn(async move { slot.refresh(now, fetch).await });
        refreshing.await.unwrap_or(Err(ProviderError::RecentlyFailed {
            endpoint: self.endpoint,
        }))
    }

    async fn slot(&self, key: &str) -> Arc<Mutex<Slot<T>>> {
        let mut slots = self.slots.lock().await;
        if let Some(slot) = slots.get(key) {
            return Arc::clone(slot);
        }
        if slots.len() >= CAPACITY {
            // Any one goes; it is fetched again when it is wanted.
            let any = slots.keys().next().cloned();
            any.and_then(|any| slots.remove(&any));
        }
        let slot = Arc::new(Mutex::new(Slot {
            kept: None,
            tried: None,
        }));
        slots.insert(key.to_owned(), Arc::clone(&slot));
        slot
    }
}

impl<T> Slot<T> {
    async fn refresh(
        &mut self,
        now: OffsetDateTime,
        fetch: impl Future<Output = Result<Fetched<T>, ProviderError>>,
    ) -> Result<Arc<T>, ProviderError> {
        self.tried = Some(now);
        let fetched = fetch.await?;
        let age = fetched
            .max_age
            .map_or(DEFAULT_AGE, |age| Duration::try_from(age).unwrap_or(MAX_AGE))
            .clamp(MIN_AGE, MAX_AGE);
        let value = Arc::new(fetched.value);
        self.kept = Some(Kept {
            value: Arc::clone(&value),
            fresh_until: now + age,
            fetched: now,
        });
        Ok(value)
    }

    fn tried_within(&self, period: Duration, now: OffsetDateTime) -> bool {
        self.tried
            .is_some_and(|tried| now >= tried && now - tried < period)
    }

    fn stale(&self, now: OffsetDateTime) -> Option<Arc<T>> {
        self.kept
            .as_ref()
            .filter(|kept| now < kept.fresh_until.max(kept.fetched) + MAX_STALE)
            .map(|kept| Arc::clone(&kept.value))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

    struct Source {
        cache: Cache<usize>,
        fetches: Arc<AtomicUsize>,
        max_age: Option<std::time::Duration>,
    }

    impl Source {
        fn new(max_age: Option<u64>) -> Self {
            Self {
                cache: Cache::new(Endpoint::Keys),
                fetches: Arc::default(),
                max_age: max_age.map(std::time::Duration::from_secs),
            }
        }

        fn fetch(&self) -> impl Future<Output = Result<Fetched<usize>, ProviderError>> + Send + use<> {
            let (fetches, max_age) = (Arc::clone(&self.fetches), self.max_age);
            async move {
                tokio::task::yield_now().await;
                Ok(Fetched {
                    value: fetches.fetch_add(1, Ordering::SeqCst) + 1,
                    max_age,
                })
            }
        }

        async fn get(&self, after: Duration) -> usize {
            *self.cache.get("k", NOW + after, self.fetch()).await.unwrap()
        }
    }

    async fn failing() -> Result<Fetched<usize>, ProviderError> {
        Err(ProviderError::NoSubject)
    }

    #[tokio::test]
    async fn a_value_stays_as_long_as_its_provider_says_within_bounds() {
        for (said, fresh) in [
            (None, 60),
            (Some(0), 5),
            (Some(600), 10),
            (Some(u64::MAX), 24 * 60),
        ] {
            let source = Source::new(said);
            source.get(Duration::ZERO).await;
            let fresh = Duration::minutes(fresh);
            assert_eq!(source.get(fresh - Duration::seconds(1)).await, 1, "{said:?}");
            assert_eq!(source.get(fresh).await, 2, "{said:?}");
        }
    }

    #[tokio::test]
    async fn many_callers_cause_one_fetch() {
        let source = Source::new(None);
        let all = futures_util::future::join_all((0..20).map(|_| source.get(Duration::ZERO))).await;
        assert_eq!(all, [1; 20]);
    }

    #[tokio::test]
    async fn an_old_value_serves_for_a_day_when_there_is_no_newer_one() {
        let source = Source::new(None);
        source.get(Duration::ZERO).await;
        let at = |after: Duration| source.cache.get("k", NOW + after, failing());
        assert_eq!(*at(Duration::hours(24)).await.unwrap(), 1);
        assert!(at(Duration::hours(25)).await.is_err());
    }

    #[tokio::test]
    async fn a_failure_is_remembered_for_a_moment() {
        let source = Source::new(None);
        let first = source.cache.get("k", NOW, failing()).await.unwrap_err();
        assert!(matches!(first, ProviderError::NoSubject));
        let again = source
            .cache
            .get("k", NOW + Duration::seconds(4), source.fetch())
            .await;
        assert!(matches!(again, Err(ProviderError::RecentlyFailed { .. })));
        assert_eq!(source.get(Duration::seconds(5)).await, 1);
    }

    #[tokio::test]
    async fn oa_10_at_most_one_forced_fetch_a_minute() {
        let source = Source::new(None);
        let seen = source.cache.get("k", NOW, source.fetch()).await.unwrap();
        let newer = |after| source.cache.newer("k", &seen, NOW + after, source.fetch());
        for seconds in [0, 30, 59] {
            assert!(newer(Duration::seconds(seconds)).await.unwrap().is_none());
        }
        assert_eq!(*newer(Duration::seconds(60)).await.unwrap().unwrap(), 2);
        // Whoever still holds the older value gets what is there.
        assert_eq!(*newer(Duration::seconds(61)).await.unwrap().unwrap(), 2);
        assert_eq!(source.fetches.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn oa_10_a_caller_that_goes_away_does_not_use_up_the_fetch() {
        let source = Source::new(None);
        let seen = source.cache.get("k", NOW, source.fetch()).await.unwrap();
        let later = NOW + Duration::minutes(2);
        {
            let mut gone = std::pin::pin!(source.cache.newer("k", &seen, later, source.fetch()));
            assert!(futures_util::poll!(&mut gone).is_pending());
        }
        let newer = source.cache.newer("k", &seen, later, source.fetch()).await;
        assert_eq!(*newer.unwrap().unwrap(), 2);
        assert_eq!(source.fetches.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn fa_11_the_number_of_values_is_bounded() {
        let source = Source::new(None);
        for number in 0..CAPACITY * 2 {
            source
                .cache
                .get(&number.to_string(), NOW, source.fetch())
                .await
                .unwrap();
        }
        assert_eq!(source.cache.slots.lock().await.len(), CAPACITY);
    }
}
