//! Decides when a failed attempt may be repeated. Never sent: always. Sent, with unknown outcome: only what is safe to
//! run twice. Answered: never. All queries share a budget of retries, so that a failing server is not flooded.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is known of a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureClass {
    NeverSent,
    OutcomeUnknown,
    /// The same, and running it again would not tell.
    StaysUnknown,
    Answered,
    /// It has not run. The tenant's shard must be looked up again.
    WrongShard,
}

/// Limits retries to a share of all queries: each query earns a tenth of a retry, up to a hundred.
#[derive(Debug)]
pub struct RetryBudget(Mutex<f64>);

const EARNED_PER_QUERY: f64 = 0.1;
const MOST_SAVED: f64 = 100.0;
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LONGEST_BACKOFF: Duration = Duration::from_secs(1);

impl Default for RetryBudget {
    fn default() -> Self {
        RetryBudget(Mutex::new(MOST_SAVED))
    }
}

impl RetryBudget {
    /// Call this when a query begins.
    pub fn earn(&self) {
        let mut saved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *saved = (*saved + EARNED_PER_QUERY).min(MOST_SAVED);
    }

    fn spend(&self) -> bool {
        let mut saved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let affordable = *saved >= 1.0;
        if affordable {
            *saved -= 1.0;
        }
        affordable
    }
}

/// The retries of one query.
#[derive(Debug)]
pub struct Retry {
    left: u32,
    backoff: Duration,
}

impl Retry {
    pub fn new(max_retries: u32) -> Self {
        Retry { left: max_retries, backoff: FIRST_BACKOFF }
    }

    /// How long to wait before the next attempt; None: there is none. `repeatable` says whether the query may run
    /// twice; it is called only where it matters.
    pub fn next(
        &mut self,
        class: FailureClass,
        budget: &RetryBudget,
        deadline: Instant,
        repeatable: impl FnOnce() -> bool,
    ) -> Option<Duration> {
        let allowed = match class {
            FailureClass::NeverSent => true,
            FailureClass::OutcomeUnknown => repeatable(),
            FailureClass::StaysUnknown | FailureClass::Answered | FailureClass::WrongShard => false,
        };
        // Between half and all of it, so that many clients do not come back at the same time.
        let wait = self.backoff.mul_f64(0.5 + jitter() / 2.0);
        if !allowed || self.left == 0 || Instant::now() + wait >= deadline || !budget.spend() {
            return None;
        }
        self.left -= 1;
        self.backoff = (self.backoff * 2).min(LONGEST_BACKOFF);
        Some(wait)
    }
}

/// In 0..1. The clock's low digits are random enough to spread retries.
fn jitter() -> f64 {
    let nanoseconds =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
    f64::from(nanoseconds.wrapping_mul(2_654_435_761) >> 8) / f64::from(u32::MAX >> 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[test]
    fn a_write_whose_outcome_is_unknown_is_never_repeated() {
        let budget = RetryBudget::default();
        assert!(Retry::new(5).next(FailureClass::OutcomeUnknown, &budget, later(), || false).is_none());
        assert!(Retry::new(5).next(FailureClass::OutcomeUnknown, &budget, later(), || true).is_some());
        assert!(Retry::new(5).next(FailureClass::NeverSent, &budget, later(), || false).is_some());
        assert!(Retry::new(5).next(FailureClass::StaysUnknown, &budget, later(), || true).is_none());
        assert!(Retry::new(5).next(FailureClass::Answered, &budget, later(), || true).is_none());
    }

    #[test]
    fn retries_end_at_their_number_their_deadline_and_the_budget() {
        let budget = RetryBudget::default();
        let mut retry = Retry::new(1);
        assert!(retry.next(FailureClass::NeverSent, &budget, Instant::now(), || true).is_none(), "no time left");
        assert!(retry.next(FailureClass::NeverSent, &budget, later(), || true).is_some());
        assert!(retry.next(FailureClass::NeverSent, &budget, later(), || true).is_none(), "no retry left");
        let mut patient = Retry::new(1000);
        let spent = std::iter::from_fn(|| patient.next(FailureClass::NeverSent, &budget, later(), || true)).count();
        assert_eq!(spent, 99);
        for _ in 0..20 {
            budget.earn();
        }
        assert!(patient.next(FailureClass::NeverSent, &budget, later(), || true).is_some());
    }

    #[test]
    fn jitter_stays_in_its_range() {
        assert!((0..1000).map(|_| jitter()).all(|value| (0.0..=1.0).contains(&value)));
    }
}
