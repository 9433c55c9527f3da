//! Values at rest: rows, columns and their encodings. No IO, nothing asynchronous; every other room builds on this one
//! and it knows none of them.

pub mod calendar;
pub mod command_tag;
pub mod compact;
pub mod cut;
pub mod kind;
pub mod lexer;
pub mod parameters;
#[cfg(test)]
pub mod qualified;
pub mod read_only;
pub mod result_set;
pub mod row;
pub mod shape;
pub mod text_scan;
