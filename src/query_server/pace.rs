//! Which texts have readers who have to be waited for: theirs make way for others in `pool`. `run` notes it, and `texts` keeps
//! it.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether readers of one text's rows have been waited for of late.
#[derive(Debug, Default)]
pub struct Pace(AtomicBool);

impl Pace {
    pub fn is_slow(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Notes how it was this time.
    pub fn note(&self, is_slow: bool) {
        if self.is_slow() != is_slow {
            self.0.store(is_slow, Ordering::Relaxed);
        }
    }
}
