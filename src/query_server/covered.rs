//! The connections of one PostgreSQL that it must end if this server freezes, and callers that wait for a new
//! connection to be included. `watchdog` tells PostgreSQL; each connection holds its own entry.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::served::Process;

/// Hears whether PostgreSQL would end a connection.
pub type CoverWaiter = oneshot::Sender<Result<(), String>>;

/// What is watched over at one PostgreSQL.
#[derive(Default)]
pub struct CoveredBackends {
    state: Mutex<State>,
    pub changed: Notify,
}

#[derive(Default)]
struct State {
    /// The processes, by their numbers.
    processes: HashMap<i32, CoveredProcess>,
    /// Those that wait to be covered.
    waiting: Vec<(i32, CoverWaiter)>,
}

/// What is known of a process.
#[derive(Default)]
struct CoveredProcess {
    /// Connections of ours that name it; more than one where PostgreSQL has given the number again.
    connections: usize,
    /// When it began, once PostgreSQL has said so.
    began: Option<String>,
}

/// Held by a connection: until it is dropped, PostgreSQL may be told to end its process.
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
        // This one is there: any other that had its number is not.
        serving.began = None;
        state.waiting.push((process, waiter));
        Covered { watch: self.clone(), process }
    }

    /// All processes, and those who wait, who wait here no more.
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
