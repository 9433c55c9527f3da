//! The relations of a FROM clause: which are sharded, and which are joined on the tenant.

use std::collections::BTreeSet;

use sqlparser::ast::{Join, JoinConstraint, JoinOperator, Query, TableAlias, TableFactor, TableWithJoins};

use super::classes::{TenantFact, facts};
use super::outputs::{ANY, Locality, OwnColumns, QueryInfo, add_own, are_alike, rename};
use super::scope::{Scope, ScopeRelation};
use super::search::{Definition, Reason, Search};
use crate::plan::budget::spend;
use crate::plan::draft::GATHERED;
use crate::plan::ident::{fold_case, name_parts};
use crate::plan::layout::{NOT_DETERMINISTIC, Relation};
use crate::plan::own_kind::Own;
use crate::plan::parse::Tokens;
use crate::plan::{functions, grammar, id_columns, object_ids, system_relations};

/// Stack levels for analyzing a view, in addition to those of its text.
const AROUND_VIEW: usize = 10;

impl Search<'_> {
    pub(super) fn joined(&mut self, table: &TableWithJoins, scope: &mut Scope<'_>) -> Result<(), Reason> {
        let first = scope.relations.len();
        self.factor(&table.relation, scope)?;
        for join in &table.joins {
            self.one_join(join, first, scope)?;
        }
        Ok(())
    }

    fn one_join(&mut self, join: &Join, first: usize, scope: &mut Scope<'_>) -> Result<(), Reason> {
        let right = scope.relations.len();
        self.factor(&join.relation, scope)?;
        let (constraint, left_outer, right_outer) = match &join.join_operator {
            JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) | JoinOperator::CrossJoin(constraint) => {
                (constraint, false, false)
            }
            JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => (constraint, true, false),
            JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => (constraint, false, true),
            JoinOperator::FullOuter(constraint) => (constraint, true, true),
            _ => return Err("a kind of join that PostgreSQL does not have".into()),
        };
        self.compare_merged(constraint, &scope.relations[first..]);
        let said = match constraint {
            JoinConstraint::On(condition) => facts(condition, scope, &self.tenant_types),
            JoinConstraint::Using(columns) => {
                let columns = columns.iter().filter_map(|column| match name_parts(column)?.as_slice() {
                    [column] => Some(column.clone()),
                    _ => None,
                });
                columns.collect::<Vec<_>>().iter().filter_map(|column| merge(column, first, right, scope)).collect()
            }
            JoinConstraint::Natural => {
                let column = self.layout.tenant_column.as_ref().map(|column| column.to_ascii_lowercase());
                column.and_then(|column| merge(&column, first, right, scope)).into_iter().collect()
            }
            JoinConstraint::None => Vec::new(),
        };
        if left_outer || right_outer {
            let classes =
                |relations: &[ScopeRelation]| relations.iter().map(|relation| relation.class).collect::<Vec<_>>();
            let around = [scope.outer_classes(), classes(&scope.relations[..first])].concat();
            let left = [around.clone(), classes(&scope.relations[first..right])].concat();
            let right = [around, classes(&scope.relations[right..])].concat();
            let kept = [(left_outer, left), (right_outer, right)];
            let kept: Vec<_> = kept.into_iter().filter_map(|(is_kept, side)| is_kept.then_some(side)).collect();
            self.classes.learn_of_matches(said, &kept);
        } else {
            self.classes.learn(said);
        }
        if let JoinConstraint::On(condition) = constraint {
            self.expression(condition, scope)?;
        }
        if left_outer || right_outer {
            self.check_outer(first, right, left_outer, right_outer, scope)?;
        }
        for (index, relation) in scope.relations.iter_mut().enumerate().skip(first) {
            relation.nullable |= if index < right { right_outer } else { left_outer };
        }
        Ok(())
    }

    /// An outer join keeps rows without a match, so possible matches must be on the same shard.
    fn check_outer(
        &mut self,
        first: usize,
        right: usize,
        left_outer: bool,
        right_outer: bool,
        scope: &Scope<'_>,
    ) -> Result<(), Reason> {
        let sharded = |range: std::ops::Range<usize>| {
            scope.relations[range]
                .iter()
                .filter(|relation| relation.locality != Locality::Replicated)
                .collect::<Vec<_>>()
        };
        let (left_side, right_side) = (sharded(first..right), sharded(right..scope.relations.len()));
        if (left_outer && left_side.is_empty() && !right_side.is_empty())
            || (right_outer && right_side.is_empty() && !left_side.is_empty())
        {
            let kept =
                if left_outer && left_side.is_empty() { &scope.relations[first] } else { &scope.relations[right] };
            return Err(format!(
                "an outer join would return the rows of {}, which every shard holds, once per shard; swap the sides of \
                     the join, or run both parts separately and combine them",
                kept.alias.as_deref().unwrap_or("one side")
            ));
        }
        if let (Some(left), Some(right)) = (left_side.first(), right_side.first())
            && self.classes.find(left.class) != self.classes.find(right.class)
        {
            return Err(self.not_joined(right));
        }
        Ok(())
    }

    fn factor(&mut self, factor: &TableFactor, scope: &mut Scope<'_>) -> Result<(), Reason> {
        let relation = match factor {
            TableFactor::Table { name, alias, args: None, sample, .. } => {
                if sample.is_some() {
                    return Err("TABLESAMPLE, which would sample each shard separately; name a tenant".into());
                }
                let names = name_parts(name).ok_or("a table name that cannot be parsed")?;
                self.table(&names, alias.as_ref(), scope)?
            }
            TableFactor::Table { name, alias, args: Some(arguments), .. } => {
                for argument in &arguments.args {
                    self.argument(argument, scope)?;
                }
                let names = name_parts(name).ok_or("a function name that cannot be parsed")?;
                self.note(&names)?;
                self.function(alias.as_ref(), names.last().cloned())
            }
            TableFactor::Function { name, args, alias, .. } => {
                for argument in args {
                    self.argument(argument, scope)?;
                }
                let names = name_parts(name).ok_or("a function name that cannot be parsed")?;
                self.note(&names)?;
                self.function(alias.as_ref(), names.last().cloned())
            }
            TableFactor::UNNEST { alias, array_exprs, .. } => {
                for expr in array_exprs {
                    self.expression(expr, scope)?;
                }
                self.function(alias.as_ref(), Some("unnest".into()))
            }
            TableFactor::Derived { lateral, subquery, alias, sample: None } => {
                self.derived(subquery, alias.as_ref(), *lateral, scope)?
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => return self.joined(table_with_joins, scope),
            _ => {
                return Err(format!("{factor} in FROM, whose rows are not tied to a tenant; run it for one tenant"));
            }
        };
        self.note_own_names(&relation);
        scope.relations.push(relation);
        Ok(())
    }

    fn derived(
        &mut self,
        subquery: &Query,
        alias: Option<&TableAlias>,
        lateral: bool,
        scope: &Scope<'_>,
    ) -> Result<ScopeRelation, Reason> {
        // Without LATERAL a subquery sees only WITH and outer queries, not its neighbours.
        let neighbours = Scope { parent: scope.parent, ..Scope::root() };
        let around = if lateral { scope } else { &neighbours };
        let (mut found, anchored) = self.query_anchored(subquery, around)?;
        if let Some(alias) = alias {
            rename(&mut found, alias);
        }
        let class = match (lateral, scope.relations.iter().find(|relation| relation.locality == Locality::SingleTenant))
        {
            // A LATERAL subquery is tied to its neighbour's tenant, or has its own.
            (true, Some(neighbour)) if anchored => neighbour.class,
            _ => self.classes.new_class(),
        };
        let (keys, own, columns) = (found.key_names(), self.note_own(&found), found.columns());
        Ok(ScopeRelation {
            alias: alias.map(|alias| fold_case(&alias.name)),
            tenants: found.tenants(),
            tenant_type: found.tenant_type,
            columns,
            locality: found.locality,
            is_ordered: found.is_ordered,
            is_stored: found.is_stored,
            keys,
            own,
            has_loose_texts: !found.loose.is_empty(),
            loose: found.loose,
            is_table: false,
            class,
            counts: None,
            is_vague: false,
            nullable: false,
        })
    }

    fn function(&mut self, alias: Option<&TableAlias>, name: Option<String>) -> ScopeRelation {
        let types = alias.iter().flat_map(|alias| &alias.columns).filter_map(|column| column.data_type.as_ref());
        self.readers.extend(types.filter_map(|of| self.layout.readers.data_type(of)));
        self.readers.extend(name.as_ref().and_then(|name| self.layout.readers.function(name)));
        let own = name.iter().filter(|name| functions::names_server(name) || object_ids::is_naming(name));
        let own = own.map(|name| (ANY.to_owned(), Own::other(format!("{name}()")))).collect();
        ScopeRelation {
            alias: alias.map(|alias| fold_case(&alias.name)).or(name),
            locality: Locality::Replicated,
            tenants: BTreeSet::new(),
            tenant_type: None,
            columns: None,
            class: self.classes.new_class(),
            counts: None,
            is_vague: false,
            nullable: false,
            is_ordered: false,
            is_stored: false,
            keys: BTreeSet::new(),
            own,
            loose: BTreeSet::new(),
            has_loose_texts: false,
            is_table: false,
        }
    }

    pub(super) fn table(
        &mut self,
        names: &[String],
        alias: Option<&TableAlias>,
        scope: &Scope<'_>,
    ) -> Result<ScopeRelation, Reason> {
        let last = names.last().cloned().unwrap_or_default();
        let shown = alias.map_or_else(|| last.clone(), |alias| fold_case(&alias.name));
        let renamed = alias.is_some_and(|alias| !alias.columns.is_empty());
        let class = self.classes.new_class();
        // An unknown relation is analyzed again once it is known.
        let columns = match self.layout.relation(names) {
            _ if renamed || system_relations::is_statistics(names) => None,
            Some(known) => Some(known.columns()),
            None if self.layout.is_reference(names) => None,
            None => Some(BTreeSet::new()),
        };
        spend(columns.as_ref().map_or(0, BTreeSet::len));
        let mut relation = ScopeRelation {
            alias: Some(shown),
            locality: Locality::SingleTenant,
            tenants: BTreeSet::new(),
            tenant_type: None,
            columns,
            class,
            counts: None,
            is_vague: false,
            nullable: false,
            is_ordered: false,
            is_stored: true,
            keys: BTreeSet::new(),
            own: OwnColumns::new(),
            loose: BTreeSet::new(),
            has_loose_texts: false,
            is_table: true,
        };
        if names.len() == 1
            && let Some(found) = scope.cte(&last)
        {
            let mut found = found.clone();
            if let Some(alias) = alias {
                rename(&mut found, alias);
            }
            relation.tenants = found.tenants();
            relation.tenant_type.clone_from(&found.tenant_type);
            relation.columns = found.columns();
            relation.keys = found.key_names();
            relation.own = self.note_own(&found);
            relation.has_loose_texts = !found.loose.is_empty();
            relation.loose = found.loose;
            relation.is_table = false;
            relation.locality = found.locality;
            relation.is_ordered = found.is_ordered;
            relation.is_stored = found.is_stored;
            return Ok(relation);
        }
        if let Some(how) = self.layout.relation(names).and_then(|known| known.differs.as_deref()) {
            return Err(format!("the shards differ in {how}; make them the same"));
        }
        if let Some(reason) = self.layout.mixed(names).or_else(|| self.layout.unclear(names)) {
            return Err(reason);
        }
        if let Some(known) = self.layout.relation(names)
            && !renamed
        {
            relation.keys.clone_from(&known.keys);
        }
        self.check_policies(names, if self.locks { "rw" } else { "r" })?;
        if system_relations::is_own(names) {
            self.of_one_server.insert(names.join("."));
            if !names.iter().any(|name| name == "information_schema") && !self.is_inside_policy() {
                self.catalogue.insert(names.join("."));
            }
        }
        let known = self.layout.relation(names);
        if system_relations::is_statistics(names) || known.is_some_and(|known| known.is_sequence) {
            self.statistics.insert(last);
            return Ok(relation);
        }
        let numbered = known.iter().flat_map(|known| id_columns::of(known, alias, self.layout));
        add_own(&mut relation.own, numbered.map(|(what, kind)| (what.clone(), Own { what, kind })));
        if let Some(known) = known {
            relation.loose = self.loose_columns(known, alias);
            relation.has_loose_texts = !relation.loose.is_empty() && known.parts.1.contains(NOT_DETERMINISTIC);
        }
        relation.counts = system_relations::with_counts(names);
        if let Some(name) = relation.counts {
            if renamed {
                return Err(format!("{name} with renamed columns, some of which describe only one shard"));
            }
            self.with_counts.extend(relation.alias.clone());
        }
        if self.layout.is_reference(names) || (self.finishes && last == GATHERED) {
            relation.locality = Locality::Replicated;
            return Ok(relation);
        }
        if let Some(mut found) = self.view(names)? {
            if let Some(alias) = alias {
                rename(&mut found, alias);
            }
            relation.own = self.note_own(&found);
            relation.has_loose_texts = !found.loose.is_empty();
            relation.loose = std::mem::take(&mut found.loose);
            relation.is_table = self.layout.relation(names).is_some_and(|view| view.is_stored);
            if let Locality::CrossShard(reason) = found.locality {
                return Err(format!("the view {}: {reason}", names.join(".")));
            }
            relation.tenants = if renamed { BTreeSet::new() } else { found.tenants() };
            relation.tenant_type = found.tenant_type;
            relation.locality = found.locality;
            relation.is_ordered = found.is_ordered;
            return Ok(relation);
        }
        let known = self.layout.relation(names);
        self.names_unknown |= known.is_none();
        let tells_apart = |known: &Relation| known.tells_tenants_apart(self.layout.tenant_column.as_deref()?);
        relation.is_vague = known.and_then(tells_apart) == Some(false);
        if !renamed
            && known.is_none_or(|known| known.has_tenant)
            && let Some(column) = &self.layout.tenant_column
            && !relation.is_vague
        {
            // The configured name may be written as in SQL with or without quotes.
            relation.tenants = [column.clone(), column.to_ascii_lowercase()].into();
            self.tenant_types.extend(known.and_then(|known| known.tenant_type(column)));
            relation.tenant_type = known.and_then(|known| known.compared_as(column));
        }
        Ok(relation)
    }

    /// The analysis of a view's query; None: not a view.
    fn view(&mut self, names: &[String]) -> Result<Option<QueryInfo>, Reason> {
        let Some(definition) = self.layout.relation(names).and_then(|known| known.view.as_deref()) else {
            return Ok(None);
        };
        let name = names.join(".");
        // Each view is analyzed once, even if several use it.
        if let Some(found) = self.views.get(&name) {
            return found.clone().map(Some);
        }
        let inside = Definition::View(name.clone());
        if self.inside.contains(&inside) {
            return Err(format!("{inside} refers to itself"));
        }
        let found = self.analyze_definition(inside, definition)?;
        // A policy reads the server's own values as it likes.
        if !self.is_inside_policy() {
            self.views.insert(name, found.clone());
        }
        found.map(Some)
    }

    /// Analyzes a query from the catalog. The outer error: it cannot be analyzed here.
    pub(super) fn analyze_definition(
        &mut self,
        inside: Definition,
        definition: &str,
    ) -> Result<Result<QueryInfo, Reason>, Reason> {
        let unreadable = || format!("{inside} cannot be parsed");
        // Reading a token costs a few steps.
        spend(4 * definition.len());
        let tokens = Tokens::of(definition).map_err(|_| unreadable())?;
        let levels = tokens.levels + AROUND_VIEW;
        if levels > self.levels {
            return Err(format!("{inside} is nested too deeply"));
        }
        let statements = tokens.parse().map_err(|_| unreadable())?;
        let [sqlparser::ast::Statement::Query(query)] = statements.as_slice() else { return Err(unreadable()) };
        if let Some(column) = grammar::system_column_in(query) {
            return Err(format!("{inside}: {column}, which says where one shard stores a row"));
        }
        let named = inside.to_string();
        self.inside.push(inside);
        self.levels -= levels;
        let found = self.query(query, &Scope::root()).map_err(|reason| format!("{named}: {reason}"));
        self.inside.pop();
        self.levels += levels;
        Ok(found)
    }
}

/// USING: the columns of both sides are equal and merged.
fn merge(column: &str, first: usize, right: usize, scope: &mut Scope<'_>) -> Option<TenantFact> {
    let of = |relations: std::ops::Range<usize>| {
        scope.relations[relations].iter().find(|relation| relation.tenants.contains(column))
    };
    let (left, right) = (of(first..right)?, of(right..scope.relations.len())?);
    if !are_alike(&left.tenant_type, &right.tenant_type) {
        return None;
    }
    let fact = TenantFact::Equal(left.class, right.class);
    scope.merged.insert(column.to_owned());
    Some(fact)
}
