//! The connections of one PostgreSQL that it must end if this server freezes, and callers that wait for a new
//! connection to be included. `watchdog` tells PostgreSQL; each connection holds its own entry.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::served::Process;

/// Hears whether PostgreSQL will end the connection on a freeze.
pub type CoverWaiter = oneshot::Sender<Result<(), String>>;

/// The covered connections of one PostgreSQL.
#[derive(Default)]
pub struct CoveredBackends {
    state: Mutex<State>,
    pub changed: Notify,
}

#[derive(Default)]
struct State {
    /// The processes, by pid.
    processes: HashMap<i32, CoveredProcess>,
    /// Those that wait to be covered.
    waiting: Vec<(i32, CoverWaiter)>,
}

/// What is known about a process.
#[derive(Default)]
struct CoveredProcess {
    /// The number of our connections with this pid; more than one if PostgreSQL has reused it.
    connections: usize,
    /// Its start time, once PostgreSQL has reported it.
    began: Option<String>,
}

/// Held by a connection: while it exists, PostgreSQL may end its process.
pub struct Covered {
    watch: Arc<CoveredBackends>,
    process: i32,
}

impl Drop for Covered {
    fn drop(&mut self) {
        let mut state = self.watch.lock();
        if let Some(serving) = state.processes.get_mut(&self.process) {
            serving.connections -= 1;
            if serving.connections == 0 {
                state.processes.remove(&self.process);
            }
        }
    }
}

impl CoveredBackends {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a process that serves a connection, and who waits until it is covered.
    pub fn add(self: &Arc<Self>, process: i32, waiter: CoverWaiter) -> Covered {
        let mut state = self.lock();
        let serving = state.processes.entry(process).or_default();
        serving.connections += 1;
        // This process exists, so any earlier one with the same pid does not.
        serving.began = None;
        state.waiting.push((process, waiter));
        Covered { watch: self.clone(), process }
    }

    /// All processes, and the waiters, which are removed.
    pub fn take(&self) -> (Vec<Process>, Vec<(i32, CoverWaiter)>) {
        let mut state = self.lock();
        let all = state.processes.iter();
        let processes = all.map(|(&number, serving)| Process { number, began: serving.began.clone() }).collect();
        (processes, std::mem::take(&mut state.waiting))
    }

    /// Notes which processes PostgreSQL will end.
    pub fn note(&self, found: &[Process]) {
        let mut state = self.lock();
        for process in found {
            if let Some(serving) = state.processes.get_mut(&process.number) {
                serving.began.clone_from(&process.began);
            }
        }
    }

    /// True if no connection leads there.
    pub fn is_empty(&self) -> bool {
        let state = self.lock();
        state.processes.is_empty() && state.waiting.is_empty()
    }
}
