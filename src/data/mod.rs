//! Values: rows, columns and their encodings. No IO, nothing asynchronous. Every other module may use this one; it uses
//! none of them.

pub mod calendar;
pub mod command_tag;
pub mod compact;
pub mod cut;
pub mod identifier;
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
