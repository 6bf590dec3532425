use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use time::{Duration, OffsetDateTime};

use crate::db::Id;

/// How often the use of a key is noted, and one that failed is told.
pub(super) const EVERY: Duration = Duration::minutes(5);

/// The most keys that are remembered at once; beyond it some are noted more often (promise FA-11).
const MOST: usize = 10_000;

/// What was noted by this process a short while ago. The database decides between processes; this only saves asking it.
#[derive(Debug, Default)]
pub(super) struct Noted(Mutex<HashMap<Id, OffsetDateTime>>);

impl Noted {
    /// Whether this is the first time in a while. Then it is remembered.
    pub(super) fn first(&self, id: Id, now: OffsetDateTime) -> bool {
        let recent = |at: OffsetDateTime| (now - at).abs() < EVERY;
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.get(&id).is_some_and(|at| recent(*at)) {
            return false;
        }
        if noted.len() >= MOST {
            noted.retain(|_, at| recent(*at));
        }
        if noted.len() < MOST {
            noted.insert(id, now);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_noted_once_in_a_while() {
        let (noted, now) = (Noted::default(), OffsetDateTime::now_utc());
        let (one, other) = (Id::new(now), Id::new(now));
        assert!(noted.first(one, now) && noted.first(other, now));
        assert!(!noted.first(one, now + EVERY - Duration::SECOND));
        assert!(noted.first(one, now + EVERY));
    }

    #[test]
    fn fa_11_memory_is_bounded() {
        let (noted, now) = (Noted::default(), OffsetDateTime::now_utc());
        for _ in 0..MOST + 10 {
            assert!(noted.first(Id::new(now), now));
        }
        assert_eq!(noted.0.lock().unwrap().len(), MOST);
        assert!(noted.first(Id::new(now), now + EVERY));
        assert_eq!(noted.0.lock().unwrap().len(), 1);
    }
}
