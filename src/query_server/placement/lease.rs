//! The leases under which queries are admitted, and what runs under each. `fence` decides who is admitted.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::sleep;

/// A query whose end is not certain counts as running for this much longer: it is stopped within 5 s or its connection
/// closed, which PostgreSQL notices within another 5 s.
const LINGER: Duration = Duration::from_secs(12);
/// After this time, a query with an unknown end has been stopped, or its connection closed.
const CARE: Duration = Duration::from_millis(5500);

/// All leases, one after the other. Queries check them without a lock.
#[derive(Default)]
pub struct Leases {
    /// Queries and sessions that are admitted, of all tenants.
    running: AtomicUsize,
    /// Those whose connections may still be open.
    connected: AtomicUsize,
    /// How many have ended.
    ended: AtomicU64,
    /// The same, for those who wait for it.
    lapses: watch::Sender<u64>,
}

impl Leases {
    /// The present one has ended.
    pub fn end_one(&self) {
        self.ended.fetch_add(1, Ordering::AcqRel);
        self.lapses.send_modify(|count| *count += 1);
    }

    /// The current one, or the next if there is none.
    pub fn lease(self: &Arc<Self>) -> Lease {
        Lease { leases: self.clone(), number: self.ended.load(Ordering::Acquire) }
    }

    /// To see the end of the present one.
    pub fn lapse(&self) -> Lapse {
        let lapses = self.lapses.subscribe();
        let seen = *lapses.borrow();
        Lapse { lapses, seen }
    }

    /// Admits a tenant's query, which counts in `running`.
    pub fn guard(self: &Arc<Self>, tenant: &Arc<AtomicUsize>) -> Guard {
        tenant.fetch_add(1, Ordering::AcqRel);
        self.running.fetch_add(1, Ordering::AcqRel);
        self.connected.fetch_add(1, Ordering::AcqRel);
        Guard { tenant: tenant.clone(), lease: self.lease(), end: None }
    }

    /// True if no tenant's query runs.
    pub fn is_idle(&self) -> bool {
        self.running.load(Ordering::Acquire) == 0
    }

    /// True if no tenant's query runs on an open connection.
    pub fn is_disconnected(&self) -> bool {
        self.connected.load(Ordering::Acquire) == 0
    }
}

/// The lease under which something was admitted.
#[derive(Clone)]
pub struct Lease {
    leases: Arc<Leases>,
    number: u64,
}

impl Lease {
    /// True once it has ended, even if there is a newer one.
    pub fn is_over(&self) -> bool {
        self.leases.ended.load(Ordering::Acquire) != self.number
    }
}

/// The right to run a query, or a session's queries. Changes that forbid them are acknowledged only after it ends.
pub struct Guard {
    tenant: Arc<AtomicUsize>,
    lease: Lease,
    end: Option<GuardEnd>,
}

/// What is known about the end of an admitted query.
#[derive(Clone, Copy, PartialEq, Eq)]
enum GuardEnd {
    Ended,
    Closed,
}

impl Guard {
    /// When this lease ends, nothing new may start.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// The query has certainly ended. (If dropped instead, it counts as running for a while.)
    pub fn end(mut self) {
        self.end = Some(GuardEnd::Ended);
    }

    /// The query may go on for a while, but its connection is closed.
    pub fn close(mut self) {
        self.end = Some(GuardEnd::Closed);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let (tenant, leases) = (self.tenant.clone(), self.lease.leases.clone());
        let disconnect = |leases: &Leases| leases.connected.fetch_sub(1, Ordering::AcqRel);
        let release = move |leases: &Leases| {
            tenant.fetch_sub(1, Ordering::AcqRel);
            leases.running.fetch_sub(1, Ordering::AcqRel);
        };
        match (self.end, Handle::try_current()) {
            (Some(GuardEnd::Closed), Ok(runtime)) => {
                disconnect(&leases);
                runtime.spawn(async move {
                    sleep(LINGER).await;
                    release(&leases);
                });
            }
            (None, Ok(runtime)) => {
                runtime.spawn(async move {
                    sleep(CARE).await;
                    disconnect(&leases);
                    sleep(LINGER - CARE).await;
                    release(&leases);
                });
            }
            _ => {
                disconnect(&leases);
                release(&leases);
            }
        }
    }
}

/// Sees the end of the lease under which it was made.
#[derive(Clone)]
pub struct Lapse {
    lapses: watch::Receiver<u64>,
    seen: u64,
}

impl Lapse {
    /// Returns once the lease has ended.
    pub async fn wait(&self) {
        let seen = self.seen;
        let mut lapses = self.lapses.clone();
        if lapses.wait_for(|count| *count != seen).await.is_err() {
            pending().await
        }
    }
}
