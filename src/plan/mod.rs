//! Analyzes a statement before it is sent: whether it can be repeated, and, for all shards, how to run it shard by
//! shard so that the result equals that of one PostgreSQL with all the rows. Pure: text in, plan out. Only this module
//! uses an SQL parser. `client` calls it; `gather` carries out the plan.

mod aggregate;
mod altered_copies;
mod budget;
mod change_target;
mod clock;
mod column_clauses;
mod column_name;
mod columns;
mod commands;
mod consent;
mod copies;
mod ctes;
mod differences;
mod distinct_rows;
mod draft;
mod explain;
mod fan_out_plan;
mod functions;
mod grammar;
mod id_columns;
mod ident;
mod inner_order;
mod key_parts;
mod keywords;
mod layout;
mod locality;
mod moments;
mod normal;
mod object_ids;
mod own_kind;
mod own_values;
mod parse;
mod planner;
mod print;
mod readers;
mod refusal;
mod relations;
mod rows;
mod select;
mod set_operations;
mod stack;
mod system_relations;
mod tenant_moves;
mod walk;
mod write;

pub use crate::data::read_only::{may_commit, may_end_transaction, shows_only_reading};
pub use clock::has_word as means_current_time;
pub use commands::{begins_query, is_command};
pub use consent::FanOutConsent;
pub use distinct_rows::{BoundText, DistinctRows};
pub use explain::explanation;
pub use fan_out_plan::{
    Broadcast, ChangePlan, Column, FinishQuery, Fold, GroupOutput, Grouped, MergeStrategy, OrderKey, Origins,
    ParamSource, Plan, ReadPlan, RowCount, SetSide, ShardStatement, SideRole, SqlFragment,
};
pub use functions::BY_SETTINGS;
pub use layout::{Differences, Layout, Policy, Relation};
pub use planner::{Planning, plan, plan_at_once};
pub use readers::RowReaders;
pub use refusal::Refusal;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
