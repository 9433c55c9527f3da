//! Decides whether a query can run shard by shard. Every table is sharded by tenant unless it is declared as a
//! reference table, which every shard holds. A query can run shard by shard if each of its rows depends on only one
//! tenant. This module follows the tenant column through joins, subqueries, groups and windows, and refuses what it
//! cannot prove.

mod by_tenant;
mod calls;
mod classes;
mod comparisons;
mod from;
mod loose;
mod matches;
mod outputs;
mod own;
mod policies;
mod query;
mod scope;
mod search;
mod select;
mod ties;

pub use by_tenant::{distinct_by_tenant, groups_by_tenant};
pub use outputs::{Locality, OutputColumn, outputs_tenant};
pub use query::add_cte;
pub use scope::Scope;
pub use search::{Reason, Search};
