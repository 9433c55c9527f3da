//! Random numbers for load balancing, not for security.

use std::hash::{BuildHasher, RandomState};

/// In 0..1.
pub fn random() -> f64 {
    // Each RandomState has different keys.
    (RandomState::new().hash_one(0) >> 11) as f64 / (1u64 << 53) as f64
}
