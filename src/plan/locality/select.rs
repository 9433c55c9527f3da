//! The locality of a select: whether the relations in FROM are joined on the tenant, and the effect of grouping,
//! windows and DISTINCT.

use std::collections::{BTreeMap, BTreeSet};

use sqlparser::ast::{
    Distinct, Join, JoinConstraint, JoinOperator, NamedWindowExpr, OrderBy, Select, SelectItem,
    SelectItemQualifiedWildcardKind, WindowSpec,
};

use super::by_tenant::{distinct_by_tenant, groups_by_tenant, is_within_tenant};
use super::classes::facts;
use super::loose::only_compares;
use super::outputs::{Locality, OutputColumn, QueryInfo, outputs_tenant};
use super::scope::{Scope, ScopeRelation};
use super::search::{Reason, Search};
use super::ties::is_one_row;
use crate::plan::ident::{fold_case, last_part};
use crate::plan::own_kind::Own;
use crate::plan::select::{
    distinct_on, each_call, group_keys, is_aggregated, item_expr, ordering, output_name, plain_column, window_of,
};
use crate::plan::system_relations;

impl Search<'_> {
    pub(super) fn select(&mut self, select: &Select, outer: &Scope<'_>) -> Result<(QueryInfo, bool), Reason> {
        // Equalities that hold in this select need not hold around it.
        let known = self.classes.clone();
        let found = self.select_within(select, outer);
        self.classes = known;
        found
    }

    fn select_within(&mut self, select: &Select, outer: &Scope<'_>) -> Result<(QueryInfo, bool), Reason> {
        let mut scope = Scope::inside(outer);
        let locality = self.core(select, &mut scope)?;
        let anchored = locality == Locality::SingleTenant && self.is_anchored(&scope);
        let outputs = self.outputs(select, &scope);
        let locality = match locality {
            Locality::SingleTenant if !anchored => self.outer_stages(select, &scope, &outputs)?,
            locality => locality,
        };
        let is_stored = scope.relations.iter().any(|relation| relation.is_stored);
        let keys = if is_one_row(select) { [BTreeSet::new()].into() } else { BTreeSet::new() };
        let (is_ordered, tenant_type) = (scope.is_ordered(), scope.tenant_type());
        let loose = self.loose_outputs(select, &outputs, &scope);
        Ok((QueryInfo { locality, outputs, is_ordered, is_stored, tenant_type, loose, keys }, anchored))
    }

    /// The locality of FROM and WHERE, before any grouping; also checks the calls in the rest of the select.
    pub fn core(&mut self, select: &Select, scope: &mut Scope<'_>) -> Result<Locality, Reason> {
        for table in &select.from {
            self.joined(table, scope)?;
        }
        self.check_counts(select, scope)?;
        if !distinct_on(select).is_empty() {
            self.unordered.insert("DISTINCT ON".into());
        }
        if let Some(condition) = &select.selection {
            self.classes.learn(facts(condition, scope, &self.tenant_types));
        }
        let locality = self.joined_locality(scope)?;
        if let Some(condition) = &select.selection {
            let before = only_compares(condition).then(|| self.loose.clone());
            self.expression(condition, scope)?;
            // Any of several equal values gives the same rows.
            self.loose = before.unwrap_or_else(|| std::mem::take(&mut self.loose));
        }
        for (place, item) in select.projection.iter().enumerate() {
            let Some(expr) = item_expr(item) else { continue };
            let before = std::mem::take(&mut self.own_values);
            self.expression(expr, scope)?;
            let own = std::mem::replace(&mut self.own_values, before);
            if let Some(own) = own.into_iter().next() {
                let own = self.ids(&|column| scope.own(column)).listed(expr, &Own::other(own));
                scope.listed.insert(place, own);
            }
        }
        for expr in group_keys(select) {
            let before = self.own_values.clone();
            self.expression(expr, scope)?;
            if self.ids(&|column| scope.own(column)).is_name(expr) {
                self.own_values = before;
            }
        }
        for expr in select.having.iter().chain(distinct_on(select)) {
            self.expression(expr, scope)?;
        }
        for window in &select.named_window {
            if let NamedWindowExpr::WindowSpec(WindowSpec { partition_by, order_by, .. }) = &window.1 {
                for expr in partition_by.iter().chain(order_by.iter().map(|key| &key.expr)) {
                    self.expression(expr, scope)?;
                }
            }
        }
        self.compare_listed(select, scope);
        self.note_loose_rows(select, scope);
        Ok(locality)
    }

    /// System relations are equal on all shards, except for some of their columns.
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
        match system_relations::counts(select, &aliases) {
            Some(name) => Err(of_one_shard(&name, relation)),
            None => Ok(()),
        }
    }

    /// Checks that in each row all sharded relations of a FROM clause belong to one tenant.
    fn joined_locality(&mut self, scope: &Scope<'_>) -> Result<Locality, Reason> {
        let mut locality = Locality::Replicated;
        let mut class = None;
        for relation in &scope.relations {
            match &relation.locality {
                Locality::Replicated => {}
                Locality::CrossShard(reason) => {
                    if locality == Locality::SingleTenant {
                        return Err((*reason).into());
                    }
                    locality = Locality::CrossShard(reason);
                }
                Locality::SingleTenant => {
                    if let Locality::CrossShard(reason) = locality {
                        return Err(reason.into());
                    }
                    let this = self.classes.find(relation.class);
                    if class.is_some_and(|class| class != this) {
                        return Err(self.not_joined(relation));
                    }
                    class = Some(this);
                    locality = Locality::SingleTenant;
                }
            }
        }
        Ok(locality)
    }

    pub(super) fn not_joined(&self, relation: &ScopeRelation) -> Reason {
        let name = relation.alias.as_deref().unwrap_or("a subquery");
        match &self.layout.tenant_column {
            Some(column) if relation.is_vague => format!(
                "{name} is not joined on the tenant column: SQL may hold two tenants for equal in its {column}, by its type or \
                     collation, although they live on different shards; make it text, an integer or a uuid"
            ),
            Some(column) => format!(
                "{name} is not joined on the tenant column: compare {column} of both sides, which have to be of one type, or list a table that every \
                     shard holds in mtdd.referenceTables"
            ),
            None => format!(
                "{name} is joined with another sharded table: set portal.tenantColumnName and join on it, or list a \
                     table that every shard holds in mtdd.referenceTables"
            ),
        }
    }

    /// True if the sharded rows here belong to the same tenant as the outer row.
    fn is_anchored(&self, scope: &Scope<'_>) -> bool {
        let Some(outer) = scope.outer_class() else { return false };
        let outer = self.classes.find(outer);
        scope
            .relations
            .iter()
            .filter(|relation| relation.locality == Locality::SingleTenant)
            .all(|relation| self.classes.find(relation.class) == outer)
    }

    /// The effect of grouping, windows and DISTINCT on rows of single tenants.
    fn outer_stages(
        &mut self,
        select: &Select,
        scope: &Scope<'_>,
        outputs: &[OutputColumn],
    ) -> Result<Locality, Reason> {
        if is_aggregated(select) && !groups_by_tenant(select, scope) {
            return Ok(Locality::CrossShard(
                "a part of it aggregates over all shards; run that part first and bind its value",
            ));
        }
        match self.windows(select, None, scope) {
            Err(_) if is_aggregated(select) => {
                return Ok(Locality::CrossShard(
                    "a part of it has a window over groups of all shards; run that part first and bind its result",
                ));
            }
            done => done?,
        }
        Ok(match &select.distinct {
            Some(Distinct::Distinct) if !outputs_tenant(outputs) => Locality::CrossShard(
                "a part of it compares rows of all shards (DISTINCT); run that part first and bind its result",
            ),
            Some(Distinct::On(keys)) if !distinct_by_tenant(keys, select, scope) => Locality::CrossShard(
                "a part of it compares rows of all shards (DISTINCT ON); run that part first and bind its result",
            ),
            _ => Locality::SingleTenant,
        })
    }

    /// Window functions must stay within a tenant, in the select list and in ORDER BY.
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
        Err(format!("a window function over rows of several shards; add PARTITION BY {column}"))
    }

    pub fn outputs(&self, select: &Select, scope: &Scope<'_>) -> Vec<OutputColumn> {
        let of_item = |(place, item): (usize, &SelectItem)| {
            let own = scope.listed.get(&place).cloned();
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    let name = plain_column(expr).or_else(|| output_name(item).filter(|_| own.is_some()));
                    OutputColumn::Column { name, tenant: scope.is_tenant(expr), own }
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    OutputColumn::Column { name: Some(fold_case(alias)), tenant: scope.is_tenant(expr), own }
                }
                SelectItem::Wildcard(_) => {
                    OutputColumn::Several { tenants: scope.tenant_names(None), own: scope.own_columns(None) }
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    match last_part(name) {
                        Some(alias) => OutputColumn::Several {
                            tenants: scope.tenant_names(Some(&alias)),
                            own: scope.own_columns(Some(&alias)),
                        },
                        None => OutputColumn::Several { tenants: BTreeSet::new(), own: scope.own_columns(None) },
                    }
                }
                _ => OutputColumn::Several { tenants: BTreeSet::new(), own: scope.own_columns(None) },
            }
        };
        select.projection.iter().enumerate().map(of_item).collect()
    }
}

pub(super) fn of_one_shard(name: &str, relation: &str) -> Reason {
    format!(
        "{name} of {relation}, which describes only one shard; select other columns, or query that shard's database \
         directly"
    )
}
