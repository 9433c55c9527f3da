//! What the client must know of a statement before it sends it. Pure: text in, answer out.

mod repeat;
mod shape;

pub use repeat::{is_repeatable, may_commit};
pub use shape::{Bit, Column, Everywhere, Finish, Fold, Grouped, Key, Merge, Number, Output, Plan, Read, Source, Text};
