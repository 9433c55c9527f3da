//! Remembers per text which owners read their rows slowly: their queries of that text let others go first in `pool`.
//! `run` records it, and `statement_traits` keeps it.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::fair::OwnerId;

/// The number of owners remembered per text.
const MOST_OWNERS: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// Up to this many slow owners say nothing about others.
const FEW: usize = 2;

/// The recent pace of the readers of one text.
#[derive(Debug, Default)]
pub struct ReaderPace {
    /// The number of owners with slow readers. While it is 0, nothing is remembered or locked.
    slow: AtomicUsize,
    /// Whether an owner's readers were slow; quick ones are recorded only after the first slow one.
    owners: Mutex<Option<LruCache<OwnerId, bool>>>,
}

impl ReaderPace {
    /// Whether the owner's query of this text lets others go first. An unknown owner is expected to be slow if most
    /// others were, and more than a few.
    pub fn is_slow(&self, owner: OwnerId) -> bool {
        if self.slow.load(Ordering::Relaxed) == 0 {
            return false;
        }
        let owners = self.owners();
        let Some(owners) = owners.as_ref() else { return false };
        let slow = self.slow.load(Ordering::Relaxed);
        owners.peek(&owner).copied().unwrap_or(slow > FEW && slow > owners.len() / 2)
    }

    /// Records whether the owner's reader was slow this time.
    pub fn note(&self, owner: OwnerId, is_slow: bool) {
        if !is_slow && self.slow.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut owners = self.owners();
        let known = owners.get_or_insert_with(|| LruCache::new(MOST_OWNERS));
        // The previous entry of the owner, or of the evicted one.
        let before = known.push(owner, is_slow).is_some_and(|(_, was_slow)| was_slow);
        let slow = self.slow.load(Ordering::Relaxed) + usize::from(is_slow) - usize::from(before);
        self.slow.store(slow, Ordering::Relaxed);
        if slow == 0 {
            *owners = None;
        }
    }

    fn owners(&self) -> MutexGuard<'_, Option<LruCache<OwnerId, bool>>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(number: usize) -> OwnerId {
        OwnerId::of(Some(&number.to_string()), 1, None)
    }

    #[test]
    fn only_the_owner_whose_reader_was_slow_makes_way() {
        let pace = ReaderPace::default();
        pace.note(owner(1), false);
        pace.note(owner(1), true);
        assert!(pace.is_slow(owner(1)) && !pace.is_slow(owner(2)));
        pace.note(owner(2), false);
        assert!(pace.is_slow(owner(1)) && !pace.is_slow(owner(2)));
        pace.note(owner(1), false);
        assert!(!pace.is_slow(owner(1)) && pace.owners().is_none());
    }

    #[test]
    fn others_are_expected_to_be_as_most_were() {
        let pace = ReaderPace::default();
        (0..=FEW).for_each(|number| pace.note(owner(number), true));
        assert!(pace.is_slow(owner(100)));
        (10..=10 + FEW).for_each(|number| pace.note(owner(number), false));
        assert!(!pace.is_slow(owner(100)) && !pace.is_slow(owner(10)) && pace.is_slow(owner(0)));
    }

    #[test]
    fn it_forgets_owners_and_counts_right() {
        let pace = ReaderPace::default();
        let most = MOST_OWNERS.get();
        (0..3 * most).for_each(|number| pace.note(owner(number), true));
        assert_eq!(pace.slow.load(Ordering::Relaxed), most);
        (3 * most..4 * most).for_each(|number| pace.note(owner(number), false));
        assert!(pace.slow.load(Ordering::Relaxed) == 0 && pace.owners().is_none());
    }
}
