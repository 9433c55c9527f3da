//! Limits the work of planning a statement to a number of steps per token, and refuses a statement that needs more.
//! Real statements need far less. The limit stops statements that name the same view a thousand times, or whose nesting
//! doubles the work at every level.

use std::cell::Cell;
use std::panic::resume_unwind;

/// Steps for any statement, including those for its views.
const LEAST: u64 = 20_000_000;
/// Steps for each token of its text.
const EACH: u64 = 400;

thread_local! {
    static LEFT: Cell<u64> = const { Cell::new(LEAST) };
}

/// The payload that unwinds when the steps are used up.
pub struct Exhausted;

/// Starts a budget for a text of this many tokens.
pub fn begin(tokens: usize) {
    LEFT.set(LEAST + EACH * tokens as u64);
}

/// Starts a budget of this many steps.
pub fn begin_with(steps: u64) {
    LEFT.set(steps);
}

/// Spends some steps. `stack::with_room` catches the unwinding; it is not a panic, and nothing is printed.
pub fn spend(steps: usize) {
    match LEFT.get().checked_sub(steps as u64) {
        Some(left) => LEFT.set(left),
        None => resume_unwind(Box::new(Exhausted)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
