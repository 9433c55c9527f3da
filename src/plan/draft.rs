//! A plan under construction, made of syntax trees that become texts at the end; and functions that build parts of a
//! tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    Expr, GroupByExpr, Ident, Query, Select, SelectFlavor, SelectItem, SetExpr, TableAlias, TableFactor, TableWithJoins,
};

use super::fan_out_plan::{
    Column, FinishQuery, MergeStrategy, Origins, ParamSource, ReadPlan, RowCount, SetSide, ShardStatement,
};
use super::print::{Fragments, gathered, print};
use super::refusal::{Refusal, unsupported};

/// The most columns of a select in PostgreSQL.
const MOST_COLUMNS: usize = 1664;

/// The name of the gathered rows in a finishing query.
pub const GATHERED: &str = "mtdd_g";

/// A `ReadPlan` under construction.
pub struct Draft {
    pub shard: Query,
    /// `shard` differs from the original text.
    pub changed: bool,
    pub hidden: usize,
    pub merge: MergeStrategy,
    pub distinct: bool,
    pub offset: Option<RowCount>,
    pub limit: Option<RowCount>,
    /// All the steps as a query over the gathered rows.
    pub finish: Query,
    /// It may be needed at the end; otherwise only an outer query uses it.
    pub needs_finish: bool,
    pub origins: Origins,
    /// The names of the result's columns, if they are known without the tables.
    pub names: Option<Vec<String>>,
    pub sides: Vec<SetSide>,
}

/// The original statement.
#[derive(Clone, Copy)]
pub struct OriginalStatement<'a> {
    pub sql: &'a str,
    pub parameters: usize,
    /// The tree differs from the original text.
    pub changed: bool,
    pub names_unknown: bool,
}

impl Draft {
    pub fn read(
        self,
        written: OriginalStatement<'_>,
        fragments: &Fragments,
        functions: Vec<String>,
        of_policies: BTreeMap<String, String>,
    ) -> Result<Arc<ReadPlan>, Refusal> {
        if !self.fits() {
            return Err(unsupported(&format!(
                "it needs {} columns from each shard, and PostgreSQL allows {MOST_COLUMNS} (an avg takes two); select \
                     fewer at once",
                self.hidden + self.listed()
            )));
        }
        // An unchanged statement is sent as it was written, including comments.
        let shard = if self.changed || written.changed {
            print(&self.shard)?
        } else {
            ShardStatement {
                sql: written.sql.to_owned(),
                params: (0..written.parameters).map(ParamSource::Param).collect(),
            }
        };
        let finish = if self.needs_finish {
            let (body, params) = fragments.print(&self.finish)?;
            Some(FinishQuery { body, params, origins: self.origins })
        } else {
            None
        };
        Ok(Arc::new(ReadPlan {
            shard,
            hidden: self.hidden,
            merge: self.merge,
            distinct: self.distinct,
            offset: self.offset,
            limit: self.limit,
            finish,
            functions,
            of_policies,
            names_unknown: written.names_unknown,
            sides: self.sides,
        }))
    }
}

impl Draft {
    /// True if PostgreSQL allows this many columns.
    pub fn fits(&self) -> bool {
        self.hidden == 0 || self.hidden + self.listed() <= MOST_COLUMNS
    }

    /// The number of columns in the shards' text, without hidden ones.
    fn listed(&self) -> usize {
        match &*self.shard.body {
            SetExpr::Select(select) => select.projection.len().saturating_sub(self.hidden),
            _ => 0,
        }
    }
}

/// An empty select.
pub fn empty_select() -> Select {
    Select {
        select_token: AttachedToken::empty(),
        optimizer_hints: Vec::new(),
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: Vec::new(),
        exclude: None,
        into: None,
        from: Vec::new(),
        lateral_views: Vec::new(),
        prewhere: None,
        selection: None,
        connect_by: Vec::new(),
        group_by: GroupByExpr::Expressions(Vec::new(), Vec::new()),
        cluster_by: Vec::new(),
        distribute_by: Vec::new(),
        sort_by: Vec::new(),
        having: None,
        named_window: Vec::new(),
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: SelectFlavor::Standard,
    }
}

/// A query with only a body.
pub fn bare(body: SetExpr) -> Query {
    Query {
        with: None,
        body: Box::new(body),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}

pub fn from(relation: TableFactor) -> TableWithJoins {
    TableWithJoins { relation, joins: Vec::new() }
}

pub fn table(name: &str) -> TableFactor {
    TableFactor::Table {
        name: vec![Ident::new(name)].into(),
        alias: None,
        args: None,
        with_hints: Vec::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_hints: Vec::new(),
    }
}

pub fn derived(query: Query, alias: &str) -> TableFactor {
    TableFactor::Derived {
        lateral: false,
        subquery: Box::new(query),
        alias: Some(TableAlias { explicit: true, name: Ident::new(alias), columns: Vec::new(), at: None }),
        sample: None,
    }
}

/// A gathered column in a finishing query, qualified, because in ORDER BY a bare name means an output column.
pub fn column(column: Column) -> Expr {
    Expr::CompoundIdentifier(vec![Ident::new(GATHERED), Ident::new(gathered(column))])
}

/// A column that a plan adds to the shards' rows.
pub fn hidden_item(index: usize, expr: Expr) -> SelectItem {
    SelectItem::ExprWithAlias { expr, alias: Ident::new(format!("mtdd_h{index}")) }
}
