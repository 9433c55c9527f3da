//! The plan of a statement for all shards: the texts that run on the shards, and how their replies become one result.
//! Plain data: `plan` makes it, `gather` and `client` carry it out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::distinct_rows::DistinctRows;

/// What to do with a statement for all shards.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Every shard holds all the data: the answer of one is the result.
    AnyShard,
    /// The statement runs unchanged on every shard.
    Broadcast(Broadcast),
    /// The statement changes rows on every shard.
    Change(Arc<ChangePlan>),
    Read(Arc<ReadPlan>),
}

impl Plan {
    /// False if it may run on shards whose schemas differ, because it may be what makes them equal.
    pub fn needs_agreement(&self) -> bool {
        *self != Plan::Broadcast(Broadcast::Same)
    }
}

/// A statement that changes rows.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangePlan {
    pub shard: ShardStatement,
    /// `Same`: the rows are copies, which must stay equal.
    pub how: Broadcast,
    /// Functions, other than PostgreSQL's own, whose values the copies get: the plan is valid only if each is
    /// immutable.
    pub functions: Vec<String>,
    /// Rows of which no two may be equal under the bound values.
    pub distinct: Vec<DistinctRows>,
    /// Triggers of the table, from the catalog.
    pub triggers: Vec<String>,
    /// The names of the rules that make PostgreSQL do more or something else.
    pub rules: Vec<String>,
    /// Nothing is known about the table.
    pub names_unknown: bool,
}

/// How the replies of all shards to one statement become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broadcast {
    /// Each shard changes its own rows: counts are added, and returned rows are concatenated in shard order.
    Sum,
    /// Every shard does the same (reference data, DDL, settings): the first shard's reply is the result.
    Same,
}

/// A statement that reads: every shard returns rows by `shard`, which become one result in this order: `merge`,
/// `distinct`, `offset`, `limit`; then the `hidden` columns are removed. `finish` does all of it at once.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadPlan {
    pub shard: ShardStatement,
    /// Columns that the plan has added at the end of each row.
    pub hidden: usize,
    pub merge: MergeStrategy,
    /// Rows with equal visible columns are returned once.
    pub distinct: bool,
    /// Rows to skip at the beginning.
    pub offset: Option<RowCount>,
    /// The most rows to return.
    pub limit: Option<RowCount>,
    /// All of these steps as a PostgreSQL query over the gathered rows, for values that Rust is not known to compare or
    /// compute as PostgreSQL does. None: none is needed (Concat without distinct), or a shard can rank the keys (Sorted
    /// without distinct).
    pub finish: Option<FinishQuery>,
    /// Functions other than PostgreSQL's own, as written, in lower case: the plan is valid only if each is a plain
    /// function (not an aggregate or window function) that is not volatile.
    pub functions: Vec<String>,
    /// Those that a row-level security policy calls, with a description of the policy.
    pub of_policies: BTreeMap<String, String>,
    /// It names unknown relations: they were treated as tables, and may be views.
    pub names_unknown: bool,
    /// The sides of a set operation whose types decide whether the plan holds.
    pub sides: Vec<SetSide>,
}

/// A side of a set operation. PostgreSQL compares the rows of each step in that step's types; what is gathered is compared
/// in the types of all gathered sides together. Where these are no others, it is the same.
#[derive(Clone, Debug, PartialEq)]
pub struct SetSide {
    /// The side alone.
    pub shard: ShardStatement,
    pub role: SideRole,
    /// Its columns, from 0, that take their type from other sides: plain literals and parameters.
    pub untyped: Vec<usize>,
    /// There are more of them behind `*`, nobody knows where.
    pub has_more_untyped: bool,
}

impl SetSide {
    pub fn is_untyped_somewhere(&self) -> bool {
        self.has_more_untyped || !self.untyped.is_empty()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SideRole {
    /// One of several that are compared in types of their own steps, and then in those of all together.
    Stepwise,
    /// Gathered alone, which makes texts of its untyped columns.
    Gathered { is_stepwise: bool },
    /// The same on every shard: PostgreSQL has it as it is written.
    Everywhere,
}

/// An SQL text, and the sources of its parameters $1, $2, ...
#[derive(Clone, Debug, PartialEq)]
pub struct ShardStatement {
    pub sql: String,
    pub params: Vec<ParamSource>,
}

/// Where a parameter's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParamSource {
    /// The statement's own parameter, from 0.
    Param(usize),
    /// The most rows that a shard returns: offset + limit, as text of a bigint; NULL: all.
    ShardLimit,
    /// The start time of the statement, as text of a timestamptz: the same on all shards.
    Now,
}

/// A number of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowCount {
    Fixed(u64),
    /// The statement's parameter, from 0: text of a bigint, or NULL (no limit; no offset).
    Param(usize),
}

/// A column of a shard's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// A column of the statement, from 0.
    Visible(usize),
    /// A column that the plan has added, from 0.
    Hidden(usize),
}

#[derive(Clone, Debug, PartialEq)]
pub enum MergeStrategy {
    /// Rows in no particular order.
    Concat,
    /// Each shard's rows are sorted by `keys`, and so is the result; rows that compare equal have no particular order.
    /// Of rows with equal first `on` keys only the first is kept (DISTINCT ON); 0: all are kept.
    Sorted { keys: Vec<OrderKey>, on: usize },
    /// Each shard's rows are parts of groups.
    Grouped(Grouped),
    /// Only `finish` can do it.
    Finish,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderKey {
    pub column: Column,
    pub descending: bool,
    pub nulls_first: bool,
}

/// Rows with equal `keys` become one row (without keys: one group, with one row from each shard). Every other used
/// column has a fold. Then rows are sorted by `order`, and `output` gives their columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Grouped {
    pub keys: Vec<Column>,
    pub folds: Vec<(Column, Fold)>,
    /// Columns are keys or folded ones.
    pub order: Vec<OrderKey>,
    /// The result's visible columns.
    pub output: Vec<GroupOutput>,
}

/// How partial values are combined. NULLs are ignored; only NULLs give NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Added in the column's type; out of range: PostgreSQL's error (22003).
    Sum,
    Min,
    Max,
    BoolAnd,
    BoolOr,
    BitAnd,
    BitOr,
    BitXor,
}

/// A visible column of a grouped result; the shards' column at the same position describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupOutput {
    /// A key or folded column as it is.
    Column(Column),
    /// A folded sum divided by a folded count as PostgreSQL's avg does it; NULL for a count of 0.
    Average { sum: Column, count: Column },
}

/// A PostgreSQL query over the gathered rows: a relation `mtdd_g` whose columns are named v0, v1, ... (visible) and h0,
/// h1, ... (hidden). Its own parameters come first, then those that contain the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishQuery {
    pub body: Vec<SqlFragment>,
    pub params: Vec<ParamSource>,
    pub origins: Origins,
}

/// The result columns of a finishing query that are unchanged gathered columns, and so have the same description.
#[derive(Clone, Debug, PartialEq)]
pub enum Origins {
    /// All: the visible ones, in their order.
    Visible,
    /// The result's index, and the gathered column.
    Listed(Vec<(usize, Column)>),
}

/// A fragment of the text of a finishing query.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlFragment {
    Sql(String),
    /// The SQL name of a gathered column's type.
    TypeOf(Column),
    /// Every visible column under its own name: `v0 AS "a", v1 AS "b"`.
    Visible,
}
