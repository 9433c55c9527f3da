//! The plan of a statement for all shards: the texts that run on the shards, and how their replies become one result.
//! Plain data: `plan` makes it, `gather` and `client` carry it out.

use std::collections::BTreeMap;
use std::sync::Arc;

/// What to do with a statement for all shards.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Every shard holds all that it takes: one is asked, and its answer is the answer.
    AnyShard,
    /// It runs as it is on every shard.
    Broadcast(Broadcast),
    /// It changes rows on every shard.
    Change(Arc<ChangePlan>),
    Read(Arc<ReadPlan>),
}

impl Plan {
    /// False if shards that differ may run it: it may be what makes them agree.
    pub fn needs_agreement(&self) -> bool {
        *self != Plan::Broadcast(Broadcast::Same)
    }
}

/// A statement that changes rows.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangePlan {
    pub shard: ShardStatement,
    /// `Same`: the rows are copies of one, and have to stay that.
    pub how: Broadcast,
    /// Functions that are not PostgreSQL's own and whose values the copies get: the plan holds only if each is immutable.
    pub functions: Vec<String>,
    /// Triggers of the table, as the catalogue has them.
    pub triggers: Vec<String>,
    /// Nothing is known of the table.
    pub names_unknown: bool,
}

/// How the replies of a statement that runs as it is on every shard make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broadcast {
    /// Each shard changes its own rows: counts are added, returned rows put one after the other in shard order.
    Sum,
    /// Every shard does the same (reference data, DDL, settings): the first one's reply stands for all.
    Same,
}

/// A statement that reads: every shard gives rows by `shard`, and what follows makes one result of them, in this order:
/// `merge`, `distinct`, `offset`, `limit`; then the `hidden` columns are taken away. `finish` does all of it at once.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadPlan {
    pub shard: ShardStatement,
    /// Columns that the plan has added at the end of each row.
    pub hidden: usize,
    pub merge: MergeStrategy,
    /// Rows whose visible columns have come before are dropped.
    pub distinct: bool,
    /// Rows to leave out at the beginning.
    pub offset: Option<RowCount>,
    /// Rows to give at most.
    pub limit: Option<RowCount>,
    /// All of these steps as a query for PostgreSQL over the gathered rows, for values that Rust cannot prove to compare,
    /// or to compute, as PostgreSQL does. None: none is needed (Concat without distinct), or a shard can rank the keys
    /// (Sorted without distinct).
    pub finish: Option<FinishQuery>,
    /// Functions that are not PostgreSQL's own, as they are written, lower case: the plan holds only if each is a plain
    /// function (no aggregate, no window function) that is not volatile.
    pub functions: Vec<String>,
    /// Those of them that a policy of row-level security calls, and the policy, in words.
    pub of_policies: BTreeMap<String, String>,
    /// It names relations of which nothing was known: they were taken for tables, and may be views.
    pub names_unknown: bool,
}

/// A text for PostgreSQL, and what stands at its $1, $2, ...
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
    /// The rows that a shard has to give at most: offset + limit, as text of a bigint; NULL: all.
    ShardLimit,
    /// The time at which the statement began, as text of a timestamptz: the same on all shards.
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
    /// One of the caller's, from 0.
    Visible(usize),
    /// One that the plan has added, from 0.
    Hidden(usize),
}

#[derive(Clone, Debug, PartialEq)]
pub enum MergeStrategy {
    /// Rows in no particular order.
    Concat,
    /// Each shard's rows come sorted by `keys`, and so do the result's; rows that compare equal, in any order. Of rows
    /// that are equal in the first `on` keys only the first stays (DISTINCT ON); 0: all stay.
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

/// Rows that are equal in `keys` become one row (without keys: one group, to which each shard gives one row). Every other
/// column that is used has a fold. Then rows are sorted by `order`, and made as `output` says.
#[derive(Clone, Debug, PartialEq)]
pub struct Grouped {
    pub keys: Vec<Column>,
    pub folds: Vec<(Column, Fold)>,
    /// Columns are keys or folded ones.
    pub order: Vec<OrderKey>,
    /// The result's visible columns.
    pub output: Vec<GroupOutput>,
}

/// How partial values become one. NULLs are left out; nothing but NULLs gives NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Added in the column's own type; out of its range: PostgreSQL's error (22003).
    Sum,
    Min,
    Max,
    BoolAnd,
    BoolOr,
    BitAnd,
    BitOr,
    BitXor,
}

/// A visible column of a grouped result; the shards' column in its place describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupOutput {
    /// A key or folded column as it is.
    Column(Column),
    /// A folded sum divided by a folded count as PostgreSQL's avg does it; NULL for a count of 0.
    Average { sum: Column, count: Column },
}

/// A query for PostgreSQL over the gathered rows: a relation `mtdd_g` whose columns are named v0, v1, ... (visible) and
/// h0, h1, ... (hidden). Its own parameters come first; those that bring the rows follow.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishQuery {
    pub body: Vec<SqlFragment>,
    pub params: Vec<ParamSource>,
    pub origins: Origins,
}

/// The columns of a finishing query's result that are gathered columns as they are: both are described alike.
#[derive(Clone, Debug, PartialEq)]
pub enum Origins {
    /// All: the visible ones, in their order.
    Visible,
    /// The result's index, and the gathered column.
    Listed(Vec<(usize, Column)>),
}

/// A bit of the text of a finishing query.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlFragment {
    Sql(String),
    /// The SQL name of a gathered column's type.
    TypeOf(Column),
    /// Every visible column under its own name: `v0 AS "a", v1 AS "b"`.
    Visible,
}
