//! The PostgreSQL processes that serve this server's connections behind a pooler. In session mode each connection has
//! its own process. `poolers` records them, and each connection holds its own entry.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// A process of PostgreSQL's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    pub number: i32,
    /// Its start time. None: not known yet; the current process with this pid is meant.
    pub began: Option<String>,
}

impl Process {
    /// Parses PostgreSQL's answer: pid/start time.
    pub fn read(text: &str) -> Option<Self> {
        let (number, began) = text.split_once('/')?;
        Some(Process { number: number.parse().ok()?, began: Some(began.to_owned()) })
    }
}

/// The processes that serve our connections.
#[derive(Clone, Default)]
pub struct ServingProcesses(Arc<Mutex<HashSet<Process>>>);

/// Held by a connection while it exists: no other may have its process.
pub struct Served {
    serving: ServingProcesses,
    pub process: Process,
}

impl ServingProcesses {
    /// Notes a process; None: it serves another connection.
    pub fn note(&self, process: Process) -> Option<Served> {
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(process.clone());
        is_new.then(|| Served { serving: self.clone(), process })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.serving.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.process);
    }
}
