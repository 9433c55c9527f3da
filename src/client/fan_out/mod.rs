//! A query for all shards: plans it, sends it (`scatter`), and makes one result of the answers (`gather`). This module does
//! the waiting between them. The driver calls it instead of `query` where there is more than one shard.
//!
//! `run` is the path of such a query. It works on a `FanOut` (`execution`), and hands over to `read`, `change` or
//! `broadcast`, as the plan says.

mod bindings;
mod broadcast;
mod caches;
mod catalog;
mod change;
mod clock_values;
mod definitions;
mod execution;
mod explain;
mod fingerprints;
mod functions;
mod locks;
mod merging;
mod named_calls;
mod output;
mod plan_cache;
mod planning;
mod pool_pressure;
mod read;
mod refusal;
mod result_columns;
mod run;
mod schemas;
mod set_sides;
mod validity;

pub use caches::FanOutCaches;
pub use explain::explain;
pub use run::run;
