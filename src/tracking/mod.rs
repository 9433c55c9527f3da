//! `mtdd-server track`, `untrack` and `status`: an operator's commands on the change log of one shard's database, from
//! which applications read what has changed. `install.sql` is the log, `script` the SQL of the commands, `command`
//! their flags and answers. No server has to run.

mod command;
mod script;

pub use command::{TrackingCommand, administer};
