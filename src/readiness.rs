//! Whether a server can do its work: whether its database answers, and whether it may run queries. A background probe
//! asks the database, and whoever meets a lost database reports it at once. `serve` reports readiness as gRPC health;
//! the services feed it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

/// The pause between two probes while the database is away.
const WHILE_AWAY: Duration = Duration::from_secs(1);
/// The least time between two probes.
const LEAST_PAUSE: Duration = Duration::from_millis(100);

/// Ready or not; cheap to clone.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<State>);

#[derive(Debug)]
struct State {
    ready: watch::Sender<bool>,
    parts: Mutex<HealthParts>,
    doubted: Notify,
    /// A probe runs that could detect recovery.
    probing: AtomicBool,
}

/// The parts that must be healthy.
#[derive(Clone, Copy, Debug)]
struct HealthParts {
    database: bool,
    lease: bool,
}

impl Default for Readiness {
    /// Ready.
    fn default() -> Self {
        Readiness(Arc::new(State {
            ready: watch::Sender::new(true),
            parts: Mutex::new(HealthParts { database: true, lease: true }),
            doubted: Notify::new(),
            probing: AtomicBool::new(false),
        }))
    }
}

impl Readiness {
    pub fn is_ready(&self) -> bool {
        *self.0.ready.borrow()
    }

    /// Sees every change.
    pub fn watch(&self) -> watch::Receiver<bool> {
        self.0.ready.subscribe()
    }

    /// The database could not be reached: not ready until a probe succeeds. (During the start, the server fails to
    /// start instead.)
    pub fn lost(&self) {
        if self.0.probing.load(Ordering::Acquire) {
            self.set(Err("it could not be reached"));
            self.doubt();
        }
    }

    /// Something broke, maybe because of the database: probes it at once.
    pub fn doubt(&self) {
        self.0.doubted.notify_one();
    }

    /// Probes while it is polled: every `interval` while the database answers. A probe that takes longer than `limit`
    /// has failed.
    pub async fn keep(self, interval: Duration, limit: Duration, probe: impl AsyncFn() -> Result<(), String>) {
        self.0.probing.store(true, Ordering::Release);
        loop {
            let pause = if self.parts().database { interval } else { WHILE_AWAY };
            let next = Instant::now() + pause;
            sleep(LEAST_PAUSE.min(pause)).await;
            tokio::select! {
                () = sleep_until(next) => {}
                () = self.0.doubted.notified() => {}
            }
            match timeout_at(Instant::now() + limit, probe()).await {
                Ok(Ok(())) => self.set(Ok(())),
                Ok(Err(reason)) => self.set(Err(&reason)),
                Err(_) => self.set(Err(&format!("no answer within {} ms", limit.as_millis()))),
            }
        }
    }

    /// Sets whether there is a lease, for a server that needs one.
    pub fn set_lease(&self, there_is: bool) {
        if self.change(|parts| &mut parts.lease, there_is) {
            match there_is {
                true => tracing::info!("a lookup server answers: tenants' queries run"),
                false => tracing::warn!("no lookup server has granted a lease: NOT_SERVING"),
            }
        }
    }

    fn set(&self, found: Result<(), &str>) {
        let changed = self.change(|parts| &mut parts.database, found.is_ok());
        match found {
            Ok(()) if changed => tracing::info!("the database answers again: SERVING"),
            Err(reason) if changed => tracing::warn!(reason, "the database does not answer: NOT_SERVING"),
            _ => {}
        }
    }

    fn parts(&self) -> MutexGuard<'_, HealthParts> {
        self.0.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the state of a part; true if it changed.
    fn change(&self, part: impl FnOnce(&mut HealthParts) -> &mut bool, is_well: bool) -> bool {
        let mut parts = self.parts();
        let changed = std::mem::replace(part(&mut parts), is_well) != is_well;
        let ready = parts.database && parts.lease;
        self.0.ready.send_if_modified(|now| std::mem::replace(now, ready) != ready);
        changed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test(start_paused = true)]
    async fn a_probe_decides_and_a_frozen_database_counts_as_gone() {
        let (readiness, answers) = (Readiness::default(), Arc::new(AtomicBool::new(true)));
        let probe = {
            let answers = answers.clone();
            async move || if answers.load(Ordering::Relaxed) { Ok(()) } else { std::future::pending().await }
        };
        tokio::spawn(readiness.clone().keep(Duration::from_secs(5), Duration::from_secs(3), probe));
        let mut changes = readiness.watch();
        sleep(Duration::from_secs(60)).await;
        assert!(readiness.is_ready() && !changes.has_changed().unwrap());
        answers.store(false, Ordering::Relaxed);
        let since = Instant::now();
        assert!(!*changes.wait_for(|ready| !ready).await.unwrap());
        assert!(since.elapsed() <= Duration::from_secs(8), "{:?}", since.elapsed());
        answers.store(true, Ordering::Relaxed);
        let since = Instant::now();
        changes.wait_for(|ready| *ready).await.unwrap();
        assert!(since.elapsed() <= Duration::from_secs(4), "{:?}", since.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn what_callers_meet_counts_at_once_and_any_number_of_doubts_are_few_probes() {
        let (readiness, probes) = (Readiness::default(), Arc::new(AtomicU32::new(0)));
        readiness.lost();
        assert!(readiness.is_ready(), "nobody could ever say otherwise");
        let probe = {
            let probes = probes.clone();
            async move || {
                probes.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        };
        tokio::spawn(readiness.clone().keep(HOUR, HOUR, probe));
        tokio::task::yield_now().await;
        readiness.lost();
        assert!(!readiness.is_ready());
        sleep(Duration::from_millis(150)).await;
        assert!(readiness.is_ready(), "it was probed at once");
        for _ in 0..1000 {
            readiness.doubt();
            sleep(Duration::from_millis(1)).await;
        }
        assert!((2..=12).contains(&probes.load(Ordering::Relaxed)), "{probes:?}");
    }

    #[tokio::test]
    async fn without_a_lease_a_server_whose_database_answers_is_not_ready_either() {
        let readiness = Readiness::default();
        let mut changes = readiness.watch();
        readiness.set_lease(false);
        assert!(!readiness.is_ready() && changes.has_changed().unwrap());
        changes.mark_unchanged();
        readiness.set(Ok(()));
        readiness.set_lease(false);
        assert!(!readiness.is_ready() && !changes.has_changed().unwrap());
        readiness.set_lease(true);
        assert!(readiness.is_ready());
        readiness.set(Err("gone"));
        readiness.set_lease(true);
        assert!(!readiness.is_ready());
    }
}
