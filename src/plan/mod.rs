//! What the client must know of a statement before it sends it. Pure: text in, answer out.

mod repeat;

pub use repeat::{is_repeatable, may_commit};
