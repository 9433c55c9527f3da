//! Makes PostgreSQL end this server's connections if the server freezes. A frozen process stops nothing, while
//! PostgreSQL goes on running and committing what it was given, even after the lease has ended. So PostgreSQL itself
//! waits, on a connection of this server, to end all its other connections, and the server keeps postponing that.
//! `pool` has each connection covered before it is used. `backend` sends the commands.

use std::collections::HashMap;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use super::backend::Backend;
use super::covered::{CoverWaiter, Covered, CoveredBackends};
use super::served::Process;
use crate::postgres::{Address, ConnectTarget};

/// How long after a lease PostgreSQL ends the connections of a frozen server. A running server has stopped everything
/// by then; a lookup server waits 15 s after the end of a lease.
const OVERTIME: Duration = Duration::from_secs(7);
/// The timer is postponed after this part of a lease, or after the second at the latest.
const PART_OF_LEASE: u32 = 4;
const LONGEST: Duration = Duration::from_secs(15);
/// The pause after a failure.
const PAUSE: Duration = Duration::from_millis(200);
/// How often a lasting failure is logged.
const SILENCE: Duration = Duration::from_secs(30);

/// Why PostgreSQL does not cover a connection.
const NOT_THERE: &str =
    "another PostgreSQL answers at the same address, or the login role may not end its own connections";

/// The watchdog of a query server with leases.
pub struct Watchdog {
    /// How to open its own connections.
    target: Arc<ConnectTarget>,
    lease: Duration,
    /// Until when queries may run. None: nothing may start.
    term: Box<dyn Fn() -> Option<Instant> + Send + Sync>,
    /// By the address of each PostgreSQL.
    watches: Mutex<HashMap<Place, Arc<CoveredBackends>>>,
}

/// Identifies a PostgreSQL: its address, without the encryption.
type Place = (usize, Option<SocketAddr>);

impl Watchdog {
    /// `term`: until when queries may run, as far as known; None: nothing may start.
    pub fn new(
        target: Arc<ConnectTarget>,
        lease: Duration,
        term: impl Fn() -> Option<Instant> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Watchdog { target, lease, term: Box::new(term), watches: Mutex::default() })
    }

    /// Returns once PostgreSQL covers this connection.
    pub async fn cover(self: &Arc<Self>, backend: &mut Backend) -> Result<(), String> {
        let process = backend.process_id().await.map_err(|error| error.to_string())?;
        let (sender, answer) = oneshot::channel();
        let covered = self.watch(backend.address(), process, sender);
        answer.await.unwrap_or_else(|_| Err("the server is going down".to_owned()))?;
        backend.keep_covered(covered);
        Ok(())
    }

    fn watches(&self) -> MutexGuard<'_, HashMap<Place, Arc<CoveredBackends>>> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(self: &Arc<Self>, address: Address, process: i32, waiter: CoverWaiter) -> Covered {
        let mut watches = self.watches();
        let watch = watches.entry(place(address)).or_insert_with(|| {
            let watch = Arc::new(CoveredBackends::default());
            tokio::spawn(WatchdogKeeper { watchdog: self.clone(), watch: watch.clone(), address }.run());
            watch
        });
        let covered = watch.add(process, waiter);
        watch.changed.notify_one();
        covered
    }

    /// Forgets a PostgreSQL without connections; false: there is a new one.
    fn forget(&self, address: Address) -> bool {
        let mut watches = self.watches();
        let is_idle = watches.get(&place(address)).is_some_and(|watch| watch.is_empty());
        if is_idle {
            watches.remove(&place(address));
        }
        is_idle
    }
}

fn place(address: Address) -> Place {
    (address.place, address.ip)
}

/// Why no timer is armed.
enum NotArmed {
    /// PostgreSQL takes no more connections.
    NoRoom(String),
    Failed(String),
}

impl NotArmed {
    fn into_reason(self) -> String {
        match self {
            NotArmed::NoRoom(reason) | NotArmed::Failed(reason) => reason,
        }
    }
}

/// Keeps the timer of one PostgreSQL armed.
struct WatchdogKeeper {
    watchdog: Arc<Watchdog>,
    watch: Arc<CoveredBackends>,
    address: Address,
}

impl WatchdogKeeper {
    async fn run(self) {
        let pause = (self.watchdog.lease / PART_OF_LEASE).min(LONGEST);
        let (mut armed, mut spare) = (None, None);
        let mut told_at: Option<Instant> = None;
        loop {
            if let Err(reason) = self.arm(&mut armed, &mut spare).await {
                if told_at.is_none_or(|at| at.elapsed() >= SILENCE) {
                    told_at = Some(Instant::now());
                    tracing::warn!(reason, "PostgreSQL cannot be set up to end this server's connections");
                }
                sleep(PAUSE).await;
                continue;
            }
            tokio::select! {
                // After a failover no connection leads here.
                () = sleep(pause) => if armed.is_none() && self.watchdog.forget(self.address) {
                    return;
                },
                () = self.watch.changed.notified() => {}
                () = goes_off(&mut armed) => {}
            }
        }
    }

    /// Arms a new timer, and only then cancels the last one, so that there is always one. If PostgreSQL has no
    /// connection left for it, the last one is cancelled and armed again: a running server must not lose its
    /// connections.
    async fn arm(&self, armed: &mut Option<Backend>, spare: &mut Option<Backend>) -> Result<(), String> {
        let (processes, waiting) = self.watch.take();
        if processes.is_empty() {
            // There is nothing to end.
            if let Some(last) = armed.take() {
                self.put_away(last, spare).await;
            }
            return Ok(());
        }
        if let Err(reason) = self.term() {
            // Nothing has gone wrong with the connections.
            let reason = reason.into_reason();
            for (_, waiter) in waiting {
                let _ = waiter.send(Err(reason.clone()));
            }
            return Err(reason);
        }
        let mut found = self.arm_in_time(&processes, spare).await;
        if matches!(found, Err(NotArmed::NoRoom(_)))
            && let Some(last) = armed.take()
        {
            self.put_away(last, spare).await;
            if spare.is_some() {
                found = self.arm_in_time(&processes, spare).await;
            }
        }
        let found = match found.map_err(NotArmed::into_reason) {
            Ok(found) => found,
            Err(reason) => {
                // It may be armed for all that.
                if let Some(mut failed) = spare.take() {
                    failed.cancel();
                }
                for (_, waiter) in waiting {
                    let _ = waiter.send(Err(reason.clone()));
                }
                return Err(reason);
            }
        };
        self.watch.note(&found);
        for (number, waiter) in waiting {
            let answer = match found.iter().any(|process| process.number == number) {
                true => Ok(()),
                false => Err(NOT_THERE.to_owned()),
            };
            let _ = waiter.send(answer);
        }
        let last = std::mem::replace(armed, spare.take());
        if let Some(last) = last {
            self.put_away(last, spare).await;
        }
        Ok(())
    }

    /// Cancels what is armed, and keeps its connection for the next time if that is still of use.
    async fn put_away(&self, mut last: Backend, spare: &mut Option<Backend>) {
        if let Ok(Ok(())) = timeout(self.watchdog.target.timeout, last.disarm()).await {
            *spare = Some(last);
        }
    }

    async fn arm_in_time(&self, processes: &[Process], spare: &mut Option<Backend>) -> Result<Vec<Process>, NotArmed> {
        match timeout(self.watchdog.target.timeout, self.arm_another(processes, spare)).await {
            Ok(found) => found,
            Err(_) => Err(NotArmed::Failed("PostgreSQL does not answer".to_owned())),
        }
    }

    fn term(&self) -> Result<Instant, NotArmed> {
        let none =
            || NotArmed::Failed("the lease has expired, and queries that ran under it have not ended yet".to_owned());
        (self.watchdog.term)().ok_or_else(none)
    }

    async fn arm_another(&self, processes: &[Process], spare: &mut Option<Backend>) -> Result<Vec<Process>, NotArmed> {
        let backend = match spare {
            Some(backend) => backend,
            none => {
                let opened = Backend::connect_to(&self.watchdog.target, self.address).await;
                none.insert(opened.map_err(|error| match error.is_no_room() {
                    true => NotArmed::NoRoom(error.to_string()),
                    false => NotArmed::Failed(error.to_string()),
                })?)
            }
        };
        // Last of all, so that the time is not counted from before a pause of this process.
        let term = self.term()?;
        let after = (term + OVERTIME).saturating_duration_since(Instant::now());
        backend.arm(processes, after).await.map_err(|error| NotArmed::Failed(error.to_string()))
    }
}

async fn goes_off(armed: &mut Option<Backend>) {
    match armed {
        Some(backend) => backend.goes_off().await,
        None => pending().await,
    }
}
