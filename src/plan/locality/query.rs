//! The locality of a query, from its WITH, body and LIMIT.

use std::collections::BTreeSet;

use sqlparser::ast::{Cte, OrderBy, Query, SetExpr, SetOperator, SetQuantifier};

use super::loose::united;
use super::outputs::{Locality, OutputColumn, QueryInfo, are_alike, combined, common, outputs_tenant, rename};
use super::scope::Scope;
use super::search::{Reason, Search};
use super::select::of_one_shard;
use super::ties::keys_of_values;
use crate::plan::budget::spend;
use crate::plan::ctes::name_of;
use crate::plan::layout::Layout;
use crate::plan::select::{
    contains_subquery, distinct_on, each_call, is_aggregated, ordering, orders_by_aggregate, takes_some_rows,
};
use crate::plan::system_relations;

/// Deeper nesting of WITH RECURSIVE is refused.
const MOST_RECURSIONS: usize = 4;

impl<'a> Search<'a> {
    /// True if a query reads only the gathered rows and what every shard holds.
    pub fn finishes(query: &Query, layout: &'a Layout) -> bool {
        let mut search = Search { finishes: true, ..Search::new(layout) };
        search.query(query, &Scope::root()).is_ok_and(|found| found.locality == Locality::Replicated)
    }
}

impl Search<'_> {
    /// Analyzes a query inside `outer`.
    pub fn query(&mut self, query: &Query, outer: &Scope<'_>) -> Result<QueryInfo, Reason> {
        self.query_anchored(query, outer).map(|(found, _)| found)
    }

    /// The same; `true`: its rows belong to the outer row's tenant.
    pub(super) fn query_anchored(&mut self, query: &Query, outer: &Scope<'_>) -> Result<(QueryInfo, bool), Reason> {
        let locked = self.locks;
        self.locks |= !query.locks.is_empty();
        let found = self.query_within(query, outer);
        self.locks = locked;
        found
    }

    fn query_within(&mut self, query: &Query, outer: &Scope<'_>) -> Result<(QueryInfo, bool), Reason> {
        spend(20);
        let mut scope = Scope::inside(outer);
        self.ctes(query, &mut scope)?;
        let (mut found, anchored) = self.body(&query.body, &scope)?;
        self.note_limit(query);
        if takes_some_rows(query) && found.locality == Locality::SingleTenant && !anchored {
            found.locality = Locality::CrossShard(
                "a part of it takes the first rows of all shards (LIMIT); run that part first and bind its result",
            );
        }
        self.check_order(query.order_by.as_ref())?;
        self.compare_order(query.order_by.as_ref(), &found.outputs);
        found.is_ordered |= query.order_by.is_some();
        if found.locality == Locality::SingleTenant && !anchored {
            if aggregates_by_order(query) {
                found.locality = Locality::CrossShard(
                    "a part of it aggregates over all shards; run that part first and bind its value",
                );
            } else if picks_by_window(query) {
                return Err("DISTINCT ON ordered by a window function; compute that in a subquery in FROM".into());
            }
        }
        Ok((found, anchored))
    }

    /// The first rows may differ, because rows may be equal in their order.
    pub(super) fn note_limit(&mut self, query: &Query) {
        if takes_some_rows(query) {
            self.unordered.insert("LIMIT".into());
        }
    }

    /// Checks the subqueries and calls in ORDER BY, which sees the same names as the select list.
    fn check_order(&mut self, order: Option<&OrderBy>) -> Result<(), Reason> {
        for key in ordering(order) {
            if !self.with_counts.is_empty()
                && let Some(name) = system_relations::counts(&key.expr, &self.with_counts)
            {
                return Err(of_one_shard(&name, "the catalog"));
            }
            if contains_subquery(&key.expr) {
                return Err("a subquery in ORDER BY; run it first and bind its value".into());
            }
            self.calls(&key.expr)?;
            self.fields(&key.expr, None)?;
        }
        Ok(())
    }

    /// Adds the CTEs of the WITH clause to the scope.
    pub fn ctes(&mut self, query: &Query, scope: &mut Scope<'_>) -> Result<(), Reason> {
        let Some(with) = &query.with else { return Ok(()) };
        for cte in &with.cte_tables {
            let found = if with.recursive { self.recursive(cte, scope)? } else { self.query(&cte.query, scope)? };
            add_cte(cte, found, scope);
        }
        Ok(())
    }

    /// A recursive CTE can run shard by shard if it reads nothing sharded, or if it passes on the tenant.
    fn recursive(&mut self, cte: &Cte, scope: &Scope<'_>) -> Result<QueryInfo, Reason> {
        let SetExpr::SetOperation { left, .. } = &*cte.query.body else { return self.query(&cte.query, scope) };
        // Each level analyzes its first part twice.
        if self.recursions == MOST_RECURSIONS {
            return Err("WITH RECURSIVE nested too deeply in others".into());
        }
        self.recursions += 1;
        let found = self.recursive_union(cte, left, scope);
        self.recursions -= 1;
        found
    }

    fn recursive_union(&mut self, cte: &Cte, left: &SetExpr, scope: &Scope<'_>) -> Result<QueryInfo, Reason> {
        let (first, _) = self.body(left, scope)?;
        let locality = first.locality.clone();
        let mut around = Scope::inside(scope);
        add_cte(cte, first, &mut around);
        let mut whole = self.query(&cte.query, &around)?;
        rename(&mut whole, &cte.alias);
        self.compare_own(&whole.outputs);
        match (&locality, &whole.locality) {
            (Locality::Replicated, Locality::Replicated) => Ok(whole),
            (Locality::SingleTenant, Locality::SingleTenant) if outputs_tenant(&whole.outputs) => Ok(whole),
            _ => Err(format!(
                "WITH RECURSIVE {} does not pass on the tenant column: select {} in both of its parts, and join on it",
                cte.alias.name,
                self.layout.tenant_column.as_deref().unwrap_or("the tenant column")
            )),
        }
    }

    /// Analyzes a query's body.
    pub fn body_of(&mut self, body: &SetExpr, scope: &Scope<'_>) -> Result<QueryInfo, Reason> {
        self.body(body, scope).map(|(found, _)| found)
    }

    /// The same; `true`: its rows belong to the outer row's tenant.
    pub(super) fn body(&mut self, body: &SetExpr, scope: &Scope<'_>) -> Result<(QueryInfo, bool), Reason> {
        match body {
            SetExpr::Select(select) => self.select(select, scope),
            SetExpr::Query(query) => Ok((self.query(query, scope)?, false)),
            SetExpr::Values(values) => {
                for expr in values.rows.iter().flat_map(|row| row.content.iter()) {
                    self.expression(expr, scope)?;
                }
                let width = values.rows.first().map_or(0, |row| row.content.len());
                let column =
                    |number| OutputColumn::Column { name: Some(format!("column{number}")), tenant: false, own: None };
                let found = QueryInfo {
                    locality: Locality::Replicated,
                    outputs: (1..=width).map(column).collect(),
                    is_ordered: false,
                    is_stored: false,
                    tenant_type: None,
                    loose: BTreeSet::new(),
                    keys: keys_of_values(values),
                };
                Ok((found, false))
            }
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let (left, left_anchored) = self.body(left, scope)?;
                let (right, right_anchored) = self.body(right, scope)?;
                let anchored = left_anchored && right_anchored;
                let alike = are_alike(&left.tenant_type, &right.tenant_type);
                let outputs = common(&left.outputs, &right.outputs, alike);
                let tenant_type = combined([&left.tenant_type, &right.tenant_type]);
                if !is_union_all(*op, *set_quantifier) {
                    self.compare_own(&outputs);
                    self.note_loose_sides([&left, &right]);
                }
                let loose = united(&left, &right);
                let is_ordered = left.is_ordered || right.is_ordered;
                let is_stored = left.is_stored || right.is_stored;
                let keeps = outputs_tenant(&outputs) || anchored;
                let locality = match (left.locality, right.locality) {
                    (Locality::Replicated, Locality::Replicated) => Locality::Replicated,
                    (Locality::SingleTenant, Locality::SingleTenant) if keeps => Locality::SingleTenant,
                    (Locality::SingleTenant, Locality::SingleTenant) if is_union_all(*op, *set_quantifier) => {
                        Locality::SingleTenant
                    }
                    _ => Locality::CrossShard(
                        "a part of it compares or counts rows of all shards (UNION, INTERSECT, EXCEPT); run that part \
                             first and bind its result",
                    ),
                };
                let keys = BTreeSet::new();
                Ok((QueryInfo { locality, outputs, is_ordered, is_stored, tenant_type, loose, keys }, anchored))
            }
            // The parser keeps neither the quotes nor, in places, the schema of the name.
            SetExpr::Table(_) => Err("TABLE and a name; write SELECT * FROM and the name".into()),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                Err("a statement that changes data inside a query; run it separately".into())
            }
        }
    }
}

/// Adds a CTE to the scope.
pub fn add_cte(cte: &Cte, mut found: QueryInfo, scope: &mut Scope<'_>) {
    rename(&mut found, &cte.alias);
    scope.ctes.insert(name_of(cte), found);
}

/// True if only ORDER BY aggregates the select's rows.
fn aggregates_by_order(query: &Query) -> bool {
    matches!(&*query.body, SetExpr::Select(select) if !is_aggregated(select)) && orders_by_aggregate(query)
}

/// True if a window function decides which row DISTINCT ON keeps.
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
