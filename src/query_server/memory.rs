//! A budget of bytes: what requests that wait or run hold, and what replies that have not been taken hold. Whoever would
//! exceed it is refused; nobody waits for it, so that one caller's bytes hold up no other's queries.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many bytes, and no more.
#[derive(Debug)]
pub struct Memory {
    limit: usize,
    used: AtomicUsize,
}

impl Memory {
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Memory { limit, used: AtomicUsize::new(0) })
    }

    /// So many bytes of it, until they are dropped.
    pub fn reserve(self: &Arc<Self>, bytes: usize) -> Option<Reserved> {
        let used = self.used.fetch_add(bytes, Ordering::Relaxed);
        let reserved = Reserved { memory: self.clone(), bytes };
        (used + bytes <= self.limit).then_some(reserved)
    }
}

/// Some bytes of the budget.
#[derive(Debug)]
pub struct Reserved {
    memory: Arc<Memory>,
    bytes: usize,
}

impl Reserved {
    /// More of the same; false: there is no more.
    pub fn grow(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        self.memory.used.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.memory.limit
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_can_be_used_again_and_a_refusal_uses_nothing() {
        let memory = Memory::new(100);
        let mut first = memory.reserve(60).unwrap();
        assert!(memory.reserve(41).is_none());
        let second = memory.reserve(40).unwrap();
        assert!(!first.grow(1) && memory.reserve(0).is_none());
        drop(first);
        assert!(memory.reserve(60).is_some());
        drop(second);
        assert_eq!(memory.used.load(Ordering::Relaxed), 0);
    }
}
