//! Random input for whatever reads what others wrote: the planner, the lexer, rows, messages of both wires. It must be
//! taken or refused, and never panic. Seeded, so that a failure can be had again (MTDD_TEST_SEED); for a moment in
//! `npm test`, for MTDD_FUZZ_SECONDS in each test by `npm run fuzz`. (cargo-fuzz needs a nightly compiler, which this
//! project does not.)
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bytes;
mod sql;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// SplitMix64.
pub struct Random(u64);

impl Random {
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    pub fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Tries random input until the time is up. What is tried last before a panic is what the seed that is printed makes.
pub fn fuzz(attempt: impl Fn(&mut Random)) {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let given = number("MTDD_TEST_SEED");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64);
    let until = Instant::now() + number("MTDD_FUZZ_SECONDS").map_or(Duration::from_millis(1500), Duration::from_secs);
    let mut seed = given.unwrap_or(now % 1_000_000_007);
    loop {
        let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| attempt(&mut Random(seed))));
        assert!(tried.is_ok(), "it panicked: MTDD_TEST_SEED={seed}");
        if given.is_some() || Instant::now() > until {
            return;
        }
        seed += 1;
    }
}
