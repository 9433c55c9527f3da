//! Where a query's rows live. Every table is sharded by tenant, unless it is declared as a reference table that every
//! shard holds; so a query may run shard by shard where each of its rows depends on one tenant only. This file follows
//! the tenant column through joins, subqueries, groups and windows, and refuses what it cannot prove.

mod calls;
mod classes;
mod from;
mod outputs;
mod policies;
mod scope;
mod stages;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sqlparser::ast::{
    Cte, Distinct, Join, JoinConstraint, JoinOperator, NamedWindowExpr, OrderBy, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, SetOperator, SetQuantifier, WindowSpec,
};

use super::ctes::name_of;
use super::effort::spend;
use super::rows::item_expr;
use super::stack::VIEW_LEVELS;
use super::text::{fold, parts};
use super::{Layout, catalogue};
use classes::{Classes, facts};
use outputs::{column_name, common, rename};
use policies::Inside;
use scope::Relation;
use stages::{is_within_tenant, ordering, window_of};

pub use calls::{contains_subquery, each_call};
pub use outputs::{Output, outputs_tenant};
pub use scope::Scope;
pub use stages::{
    distinct_by_tenant, distinct_on, group_keys, groups_by_tenant, is_aggregated, orders_by_aggregate, position,
};

/// What a query's rows depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Nothing that is sharded: every shard would give the same rows.
    Everywhere,
    /// Each row on one tenant, whose shard gives it.
    Local,
    /// Rows of several shards, for this reason; what it is made of is local.
    Global(&'static str),
}

/// What is known of a query.
#[derive(Clone, Debug)]
pub struct Found {
    pub extent: Extent,
    pub outputs: Vec<Output>,
}

/// Why a query cannot run shard by shard.
pub type Reason = String;

/// WITH RECURSIVE inside of others beyond this is refused.
const MOST_RECURSIONS: usize = 4;

/// The search through one statement.
pub struct Search<'a> {
    layout: &'a Layout,
    /// Which tenant columns are known to be equal, here and now.
    classes: Classes,
    /// Functions whose nature the catalogue must tell.
    pub unknown: BTreeSet<String>,
    /// Functions that do something, or know their session.
    pub effects: BTreeSet<String>,
    /// Functions that make a value of its own for every row.
    pub randoms: BTreeSet<String>,
    /// Attributes of expressions, which may be fields or such functions.
    pub attributes: BTreeSet<String>,
    /// Relations of the catalogue that tell of their own server alone.
    pub statistics: BTreeSet<String>,
    /// What depends on the order in which rows come, and does not say which.
    pub unordered: BTreeSet<String>,
    /// What tells of one server: its database, its settings, the numbers of its catalogue.
    pub of_one_server: BTreeSet<String>,
    /// Views that ask for the time, each shard by its own clock; and literals that mean it.
    pub clocks: BTreeSet<String>,
    /// What it uses of operators, casts and types that may read rows, in words.
    pub readers: BTreeSet<String>,
    /// It names relations of which nothing is known.
    pub names_unknown: bool,
    /// The names of relations some columns of which tell of their own server alone.
    with_counts: BTreeSet<String>,
    /// What is known of the views that have been looked into.
    views: HashMap<String, Result<Found, Reason>>,
    /// WITH RECURSIVE around what is looked at.
    recursions: usize,
    /// Views and policies that are being looked into.
    inside: Vec<Inside>,
    /// The conditions of policies that have been looked into, or are.
    policies: HashMap<String, Result<(), Reason>>,
    /// Policies are left out: only what the statement itself and its views make is looked for.
    skips_policies: bool,
    /// What of a policy's is used, and the policy.
    pub of_policies: BTreeMap<String, String>,
    /// Rows that are looked at are locked too.
    locks: bool,
    /// Levels of syntax that further views may add.
    levels: usize,
    /// The query is one that finishes, and names the relation of the gathered rows.
    finishes: bool,
}

impl<'a> Search<'a> {
    pub fn new(layout: &'a Layout) -> Self {
        Search {
            layout,
            classes: Classes::default(),
            unknown: BTreeSet::new(),
            effects: BTreeSet::new(),
            randoms: BTreeSet::new(),
            attributes: BTreeSet::new(),
            statistics: BTreeSet::new(),
            unordered: BTreeSet::new(),
            of_one_server: BTreeSet::new(),
            clocks: BTreeSet::new(),
            readers: BTreeSet::new(),
            names_unknown: false,
            with_counts: BTreeSet::new(),
            views: HashMap::new(),
            recursions: 0,
            inside: Vec::new(),
            policies: HashMap::new(),
            skips_policies: false,
            of_policies: BTreeMap::new(),
            locks: false,
            levels: VIEW_LEVELS,
            finishes: false,
        }
    }

    /// A search for what a statement makes, whatever its policies call.
    pub fn without_policies(layout: &'a Layout) -> Self {
        Search { skips_policies: true, ..Search::new(layout) }
    }

    /// True if a query needs nothing but the gathered rows and what every shard holds.
    pub fn finishes(query: &Query, layout: &'a Layout) -> bool {
        let mut search = Search { finishes: true, ..Search::new(layout) };
        search.query(query, &Scope::root()).is_ok_and(|found| found.extent == Extent::Everywhere)
    }

    /// What is known of a query that stands inside `outer`.
    pub fn query(&mut self, query: &Query, outer: &Scope<'_>) -> Result<Found, Reason> {
        self.query_anchored(query, outer).map(|(found, _)| found)
    }

    /// The same; `true`: it depends on the row around it, whose tenant is also its own.
    fn query_anchored(&mut self, query: &Query, outer: &Scope<'_>) -> Result<(Found, bool), Reason> {
        let locked = self.locks;
        self.locks |= !query.locks.is_empty();
        let found = self.query_within(query, outer);
        self.locks = locked;
        found
    }

    fn query_within(&mut self, query: &Query, outer: &Scope<'_>) -> Result<(Found, bool), Reason> {
        spend(20);
        let mut scope = Scope::inside(outer);
        self.ctes(query, &mut scope)?;
        let (mut found, anchored) = self.body(&query.body, &scope)?;
        let cut = query.limit_clause.is_some() || query.fetch.is_some();
        self.note_cut(query);
        if cut && found.extent == Extent::Local && !anchored {
            found.extent = Extent::Global(
                "a part of it takes the first of the rows of all shards (LIMIT); run that part first and bind what it gives",
            );
        }
        self.check_order(query.order_by.as_ref())?;
        if found.extent == Extent::Local && !anchored {
            if aggregates_by_order(query) {
                found.extent =
                    Extent::Global("a part of it aggregates over all shards; run that part first and bind its value");
            } else if picks_by_window(query) {
                return Err("DISTINCT ON ordered by a window function; compute that in a subquery in FROM".into());
            }
        }
        Ok((found, anchored))
    }

    /// Which rows are the first is not the same everywhere, as rows may be equal in their order.
    fn note_cut(&mut self, query: &Query) {
        if query.limit_clause.is_some() || query.fetch.is_some() {
            self.unordered.insert("LIMIT".into());
        }
    }

    /// ORDER BY sees what the select list sees; only its subqueries and calls matter here.
    fn check_order(&mut self, order: Option<&OrderBy>) -> Result<(), Reason> {
        for key in ordering(order) {
            if !self.with_counts.is_empty()
                && let Some(name) = catalogue::counts(&key.expr, &self.with_counts)
            {
                return Err(of_one_shard(&name, "the catalogue"));
            }
            if contains_subquery(&key.expr) {
                return Err("a subquery in ORDER BY; run it first and bind its value".into());
            }
            self.calls(&key.expr)?;
            self.fields(&key.expr, None)?;
        }
        Ok(())
    }

    /// Takes in the WITH clause.
    pub fn ctes(&mut self, query: &Query, scope: &mut Scope<'_>) -> Result<(), Reason> {
        let Some(with) = &query.with else { return Ok(()) };
        for cte in &with.cte_tables {
            let found = if with.recursive { self.recursive(cte, scope)? } else { self.query(&cte.query, scope)? };
            add_cte(cte, found, scope);
        }
        Ok(())
    }

    /// A CTE that may name itself: right shard by shard if it is of nothing sharded, or if it hands the tenant on.
    fn recursive(&mut self, cte: &Cte, scope: &Scope<'_>) -> Result<Found, Reason> {
        let SetExpr::SetOperation { left, .. } = &*cte.query.body else { return self.query(&cte.query, scope) };
        // What its first part is made of is looked at twice at each level.
        if self.recursions == MOST_RECURSIONS {
            return Err("WITH RECURSIVE inside of others".into());
        }
        self.recursions += 1;
        let found = self.recursive_union(cte, left, scope);
        self.recursions -= 1;
        found
    }

    fn recursive_union(&mut self, cte: &Cte, left: &SetExpr, scope: &Scope<'_>) -> Result<Found, Reason> {
        let (first, _) = self.body(left, scope)?;
        let extent = first.extent.clone();
        let mut around = Scope::inside(scope);
        add_cte(cte, first, &mut around);
        let mut whole = self.query(&cte.query, &around)?;
        rename(&mut whole, &cte.alias);
        match (&extent, &whole.extent) {
            (Extent::Everywhere, Extent::Everywhere) => Ok(whole),
            (Extent::Local, Extent::Local) if outputs_tenant(&whole.outputs) => Ok(whole),
            _ => Err(format!(
                "WITH RECURSIVE {} does not hand the tenant column on: select {} in both of its parts, and join on it",
                cte.alias.name,
                self.layout.tenant_column.as_deref().unwrap_or("the tenant column")
            )),
        }
    }

    /// What is known of a query's body.
    pub fn body_of(&mut self, body: &SetExpr, scope: &Scope<'_>) -> Result<Found, Reason> {
        self.body(body, scope).map(|(found, _)| found)
    }

    /// What is known of a query's body; `true`: it depends on the row around it, whose tenant is also its own.
    fn body(&mut self, body: &SetExpr, scope: &Scope<'_>) -> Result<(Found, bool), Reason> {
        match body {
            SetExpr::Select(select) => self.select(select, scope),
            SetExpr::Query(query) => Ok((self.query(query, scope)?, false)),
            SetExpr::Values(values) => {
                for expr in values.rows.iter().flat_map(|row| row.content.iter()) {
                    self.expression(expr, scope)?;
                }
                Ok((Found { extent: Extent::Everywhere, outputs: Vec::new() }, false))
            }
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let (left, left_anchored) = self.body(left, scope)?;
                let (right, right_anchored) = self.body(right, scope)?;
                let anchored = left_anchored && right_anchored;
                let outputs = common(&left.outputs, &right.outputs);
                let keeps = outputs_tenant(&outputs) || anchored;
                let extent = match (left.extent, right.extent) {
                    (Extent::Everywhere, Extent::Everywhere) => Extent::Everywhere,
                    (Extent::Local, Extent::Local) if keeps => Extent::Local,
                    (Extent::Local, Extent::Local) if is_union_all(*op, *set_quantifier) => Extent::Local,
                    _ => Extent::Global(
                        "a part of it compares or counts rows of all shards (UNION, INTERSECT, EXCEPT); run that part first and bind what it gives",
                    ),
                };
                Ok((Found { extent, outputs }, anchored))
            }
            SetExpr::Table(table) => {
                let name = table.table_name.clone().unwrap_or_default().to_ascii_lowercase();
                let relation = self.table(&[name], None, scope)?;
                if let Some(relation) = relation.counts {
                    return Err(of_one_shard("a row", relation));
                }
                Ok((
                    Found { extent: relation.extent, outputs: vec![Output::Several { tenants: relation.tenants }] },
                    false,
                ))
            }
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                Err("a statement that changes data inside a query; run it by itself".into())
            }
        }
    }

    fn select(&mut self, select: &Select, outer: &Scope<'_>) -> Result<(Found, bool), Reason> {
        // What holds for the rows of this select need not hold for those around it.
        let known = self.classes.clone();
        let found = self.select_within(select, outer);
        self.classes = known;
        found
    }

    fn select_within(&mut self, select: &Select, outer: &Scope<'_>) -> Result<(Found, bool), Reason> {
        let mut scope = Scope::inside(outer);
        let extent = self.core(select, &mut scope)?;
        let anchored = extent == Extent::Local && self.is_anchored(&scope);
        let outputs = self.outputs(select, &scope);
        let extent = match extent {
            Extent::Local if !anchored => self.outer_stages(select, &scope, &outputs)?,
            extent => extent,
        };
        Ok((Found { extent, outputs }, anchored))
    }

    /// What FROM and WHERE give, before any grouping; what the rest of the select calls is checked too.
    pub fn core(&mut self, select: &Select, scope: &mut Scope<'_>) -> Result<Extent, Reason> {
        for table in &select.from {
            self.joined(table, scope)?;
        }
        self.check_counts(select, scope)?;
        if !distinct_on(select).is_empty() {
            self.unordered.insert("DISTINCT ON".into());
        }
        if let Some(condition) = &select.selection {
            self.classes.learn(facts(condition, scope));
        }
        let extent = self.together(scope)?;
        if let Some(condition) = &select.selection {
            self.expression(condition, scope)?;
        }
        let listed = select.projection.iter().filter_map(item_expr);
        for expr in listed.chain(group_keys(select)).chain(&select.having).chain(distinct_on(select)) {
            self.expression(expr, scope)?;
        }
        for window in &select.named_window {
            if let NamedWindowExpr::WindowSpec(WindowSpec { partition_by, order_by, .. }) = &window.1 {
                for expr in partition_by.iter().chain(order_by.iter().map(|key| &key.expr)) {
                    self.expression(expr, scope)?;
                }
            }
        }
        Ok(extent)
    }

    /// Relations of the catalogue are alike on all shards, but for some of their columns.
    fn check_counts(&self, select: &Select, scope: &Scope<'_>) -> Result<(), Reason> {
        let own = scope.relations.iter().filter_map(|relation| Some((relation.alias.clone()?, relation.counts?)));
        let own: BTreeMap<String, &str> = own.collect();
        let Some(relation) = own.values().next() else { return Ok(()) };
        let aliases = own.keys().cloned().collect();
        let is_natural = |join: &Join| {
            matches!(
                &join.join_operator,
                JoinOperator::Join(constraint)
                | JoinOperator::Inner(constraint)
                | JoinOperator::Left(constraint)
                | JoinOperator::LeftOuter(constraint)
                | JoinOperator::Right(constraint)
                | JoinOperator::RightOuter(constraint)
                | JoinOperator::FullOuter(constraint) if matches!(constraint, JoinConstraint::Natural)
            )
        };
        if select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_)))
            || select.from.iter().flat_map(|table| &table.joins).any(is_natural)
        {
            return Err(of_one_shard("a row", relation));
        }
        match catalogue::counts(select, &aliases) {
            Some(name) => Err(of_one_shard(&name, relation)),
            None => Ok(()),
        }
    }

    /// Whether all sharded relations of a FROM clause belong to one tenant in each row.
    fn together(&mut self, scope: &Scope<'_>) -> Result<Extent, Reason> {
        let mut extent = Extent::Everywhere;
        let mut class = None;
        for relation in &scope.relations {
            match &relation.extent {
                Extent::Everywhere => {}
                Extent::Global(reason) => {
                    if extent == Extent::Local {
                        return Err((*reason).into());
                    }
                    extent = Extent::Global(reason);
                }
                Extent::Local => {
                    if let Extent::Global(reason) = extent {
                        return Err(reason.into());
                    }
                    let this = self.classes.find(relation.class);
                    if class.is_some_and(|class| class != this) {
                        return Err(self.not_joined(relation));
                    }
                    class = Some(this);
                    extent = Extent::Local;
                }
            }
        }
        Ok(extent)
    }

    fn not_joined(&self, relation: &Relation) -> Reason {
        let name = relation.alias.as_deref().unwrap_or("a subquery");
        match &self.layout.tenant_column {
            Some(column) => format!(
                "{name} is not joined on the tenant column: compare {column} of both sides, or declare a table that every shard holds in mtdd.referenceTables"
            ),
            None => format!(
                "{name} is joined with another sharded table: set portal.tenantColumnName and join on it, or declare a table that every shard holds in mtdd.referenceTables"
            ),
        }
    }

    /// True if the sharded rows in here are those of the tenant of the row around.
    fn is_anchored(&self, scope: &Scope<'_>) -> bool {
        let Some(outer) = scope.outer_class() else { return false };
        let outer = self.classes.find(outer);
        scope
            .relations
            .iter()
            .filter(|relation| relation.extent == Extent::Local)
            .all(|relation| self.classes.find(relation.class) == outer)
    }

    /// What grouping, windows and DISTINCT make of local rows.
    fn outer_stages(&mut self, select: &Select, scope: &Scope<'_>, outputs: &[Output]) -> Result<Extent, Reason> {
        if is_aggregated(select) && !groups_by_tenant(select, scope) {
            return Ok(Extent::Global(
                "a part of it aggregates over all shards; run that part first and bind its value",
            ));
        }
        match self.windows(select, None, scope) {
            Err(_) if is_aggregated(select) => {
                return Ok(Extent::Global(
                    "a part of it has a window over groups of all shards; run that part first and bind what it gives",
                ));
            }
            done => done?,
        }
        Ok(match &select.distinct {
            Some(Distinct::Distinct) if !outputs_tenant(outputs) => Extent::Global(
                "a part of it compares rows of all shards (DISTINCT); run that part first and bind what it gives",
            ),
            Some(Distinct::On(keys)) if !distinct_by_tenant(keys, select, scope) => Extent::Global(
                "a part of it compares rows of all shards (DISTINCT ON); run that part first and bind what it gives",
            ),
            _ => Extent::Local,
        })
    }

    /// Window functions over local rows must keep within a tenant: those of the select list, and of what orders it.
    pub fn windows(&mut self, select: &Select, order: Option<&OrderBy>, scope: &Scope<'_>) -> Result<(), Reason> {
        let listed = select.projection.iter().filter_map(item_expr);
        let keys = ordering(order).iter().map(|key| &key.expr);
        let mut within = true;
        for expr in listed.chain(distinct_on(select)).chain(keys) {
            each_call(expr, &mut |call| {
                if let Some(window) = &call.over {
                    within &= window_of(window, select).is_some_and(|spec| is_within_tenant(spec, select, scope));
                }
            });
        }
        if within {
            return Ok(());
        }
        let column = self.layout.tenant_column.as_deref().unwrap_or("the tenant column");
        Err(format!("a window function looks at rows of several shards, unless it has PARTITION BY {column}"))
    }

    pub fn outputs(&self, select: &Select, scope: &Scope<'_>) -> Vec<Output> {
        select
            .projection
            .iter()
            .map(|item| match item {
                SelectItem::UnnamedExpr(expr) => {
                    Output::Column { name: column_name(expr), tenant: scope.is_tenant(expr) }
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    Output::Column { name: Some(fold(alias)), tenant: scope.is_tenant(expr) }
                }
                SelectItem::Wildcard(_) => Output::Several { tenants: scope.tenant_names(None) },
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    let alias = parts(name).and_then(|mut parts| parts.pop());
                    Output::Several {
                        tenants: alias.map_or_else(BTreeSet::new, |alias| scope.tenant_names(Some(&alias))),
                    }
                }
                _ => Output::Several { tenants: BTreeSet::new() },
            })
            .collect()
    }
}

fn of_one_shard(name: &str, relation: &str) -> Reason {
    format!("{name} of {relation}, which tells of one shard only; name other columns, or ask a shard's own database")
}

/// Lets what follows name a CTE.
pub fn add_cte(cte: &Cte, mut found: Found, scope: &mut Scope<'_>) {
    rename(&mut found, &cte.alias);
    scope.ctes.insert(name_of(cte), found);
}

/// True if a select that does not aggregate its rows by anything else does so by an aggregate in its ORDER BY.
fn aggregates_by_order(query: &Query) -> bool {
    matches!(&*query.body, SetExpr::Select(select) if !is_aggregated(select)) && orders_by_aggregate(query)
}

/// True if it is for a window function to say which of equal rows DISTINCT ON keeps.
fn picks_by_window(query: &Query) -> bool {
    let mut orders_by_window = false;
    for key in ordering(query.order_by.as_ref()) {
        each_call(&key.expr, &mut |call| orders_by_window |= call.over.is_some());
    }
    orders_by_window && matches!(&*query.body, SetExpr::Select(select) if !distinct_on(select).is_empty())
}

fn is_union_all(op: SetOperator, quantifier: SetQuantifier) -> bool {
    op == SetOperator::Union && quantifier == SetQuantifier::All
}
