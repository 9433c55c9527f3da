//! Where a query's rows live. Every table is sharded by tenant, unless it is declared as a reference table that every
//! shard holds; so a query may run shard by shard where each of its rows depends on one tenant only. This file follows
//! the tenant column through joins, subqueries, groups and windows, and refuses what it cannot prove.

use std::collections::{BTreeSet, HashMap};

use sqlparser::ast::{
    BinaryOperator, Distinct, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Join,
    JoinConstraint, JoinOperator, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, SetOperator,
    SetQuantifier, TableAlias, TableFactor, TableWithJoins, WindowSpec, WindowType,
};

use super::Layout;
use super::functions::{self, Kind};
use super::text::{fold, parse, parts, quoted};
use super::walk::{Node, walk};

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

/// A column of a query's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// `tenant`: it holds the tenant that its row belongs to, and is never NULL for want of a joined row.
    Column { name: Option<String>, tenant: bool },
    /// Some columns, among which those of these names hold the tenant.
    Several { tenants: BTreeSet<String> },
}

/// What is known of a query.
#[derive(Clone, Debug)]
pub struct Found {
    pub extent: Extent,
    pub outputs: Vec<Output>,
}

/// Why a query cannot run shard by shard.
pub type Reason = String;

/// The search through one statement.
pub struct Search<'a> {
    layout: &'a Layout,
    /// Which tenant columns are known to be equal.
    classes: Vec<usize>,
    /// Classes of literals and parameters that tenant columns are compared with.
    constants: HashMap<String, usize>,
    /// Functions whose nature the catalogue must tell.
    pub unknown: BTreeSet<String>,
    /// Functions that do something, or know their session.
    pub effects: BTreeSet<String>,
    /// Views that are being looked into.
    inside: Vec<String>,
}

/// A relation of a FROM clause.
struct Relation {
    alias: Option<String>,
    extent: Extent,
    /// The names of its columns that hold the tenant, and the class of what they hold.
    tenants: BTreeSet<String>,
    class: usize,
    /// An outer join may have filled it with NULLs.
    nullable: bool,
}

/// The names that an expression may use.
pub struct Scope<'p> {
    relations: Vec<Relation>,
    /// Columns that USING has merged and that hold the tenant.
    merged: BTreeSet<String>,
    parent: Option<&'p Scope<'p>>,
    ctes: HashMap<String, Found>,
}

impl<'p> Scope<'p> {
    pub fn root() -> Scope<'static> {
        Scope { relations: Vec::new(), merged: BTreeSet::new(), parent: None, ctes: HashMap::new() }
    }

    pub fn inside(parent: &'p Scope<'p>) -> Scope<'p> {
        Scope { relations: Vec::new(), merged: BTreeSet::new(), parent: Some(parent), ctes: HashMap::new() }
    }

    fn cte(&self, name: &str) -> Option<&Found> {
        self.ctes.get(name).or_else(|| self.parent?.cte(name))
    }

    /// The alias of the only relation, if there is one.
    pub fn only_relation(&self) -> Option<&str> {
        match self.relations.as_slice() {
            [relation] => relation.alias.as_deref(),
            _ => None,
        }
    }

    /// The class of a tenant column; `strict`: only one that is never NULL for want of a joined row.
    fn tenant(&self, expr: &Expr, strict: bool) -> Option<usize> {
        let found = match expr {
            Expr::Nested(inner) => return self.tenant(inner, strict),
            Expr::Identifier(name) => {
                let name = fold(name);
                let mut having = self.relations.iter().filter(|relation| relation.tenants.contains(&name));
                match (having.next(), having.next()) {
                    (Some(relation), None) => Some(relation),
                    // Named without its table where several have it: right only after USING.
                    (Some(_), Some(_)) if self.merged.contains(&name) => {
                        self.relations.iter().find(|relation| relation.tenants.contains(&name) && !relation.nullable)
                    }
                    _ => None,
                }
            }
            Expr::CompoundIdentifier(names) => {
                let [.., relation, column] = names.as_slice() else { return None };
                let (relation, column) = (fold(relation), fold(column));
                self.relations
                    .iter()
                    .find(|known| known.alias.as_deref() == Some(relation.as_str()) && known.tenants.contains(&column))
            }
            _ => return None,
        };
        match found {
            Some(relation) if strict && relation.nullable => None,
            Some(relation) => Some(relation.class),
            None => self.parent.and_then(|parent| parent.tenant(expr, strict)),
        }
    }

    /// True for a tenant column by which rows can be told apart by tenant.
    pub fn is_tenant(&self, expr: &Expr) -> bool {
        self.tenant(expr, true).is_some()
    }

    fn tenant_names(&self, alias: Option<&str>) -> BTreeSet<String> {
        self.relations
            .iter()
            .filter(|relation| !relation.nullable && alias.is_none_or(|alias| relation.alias.as_deref() == Some(alias)))
            .flat_map(|relation| relation.tenants.iter().cloned())
            .collect()
    }

    /// The class of some sharded relation around this one.
    fn outer_class(&self) -> Option<usize> {
        let parent = self.parent?;
        parent
            .relations
            .iter()
            .find(|relation| relation.extent == Extent::Local)
            .map(|relation| relation.class)
            .or_else(|| parent.outer_class())
    }
}

impl<'a> Search<'a> {
    pub fn new(layout: &'a Layout) -> Self {
        Search {
            layout,
            classes: Vec::new(),
            constants: HashMap::new(),
            unknown: BTreeSet::new(),
            effects: BTreeSet::new(),
            inside: Vec::new(),
        }
    }

    fn new_class(&mut self) -> usize {
        self.classes.push(self.classes.len());
        self.classes.len() - 1
    }

    fn find(&self, mut class: usize) -> usize {
        while self.classes[class] != class {
            class = self.classes[class];
        }
        class
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.find(one), self.find(other));
        self.classes[one] = other;
    }

    /// What is known of a query that stands inside `outer`.
    pub fn query(&mut self, query: &Query, outer: &Scope<'_>) -> Result<Found, Reason> {
        let mut scope = Scope::inside(outer);
        self.ctes(query, &mut scope)?;
        let (mut found, anchored) = self.body(&query.body, &scope)?;
        let cut = query.limit_clause.is_some() || query.fetch.is_some();
        if cut && found.extent == Extent::Local && !anchored {
            found.extent = Extent::Global("LIMIT counts the rows of all shards");
        }
        if let Some(order) = &query.order_by {
            self.check_order(order, &scope)?;
        }
        Ok(found)
    }

    /// ORDER BY sees what the select list sees; only its subqueries and calls matter here.
    fn check_order(&mut self, order: &sqlparser::ast::OrderBy, scope: &Scope<'_>) -> Result<(), Reason> {
        if let sqlparser::ast::OrderByKind::Expressions(keys) = &order.kind {
            for key in keys {
                if contains_subquery(&key.expr) {
                    return Err("a subquery in ORDER BY".into());
                }
                self.calls(&key.expr, scope)?;
            }
        }
        Ok(())
    }

    /// Takes in the WITH clause.
    pub fn ctes(&mut self, query: &Query, scope: &mut Scope<'_>) -> Result<(), Reason> {
        let Some(with) = &query.with else { return Ok(()) };
        for cte in &with.cte_tables {
            let name = fold(&cte.alias.name);
            if with.recursive {
                let found = self.recursive(cte, scope)?;
                scope.ctes.insert(name, found);
                continue;
            }
            let mut found = self.query(&cte.query, scope)?;
            rename(&mut found, &cte.alias);
            scope.ctes.insert(name, found);
        }
        Ok(())
    }

    /// A CTE that may name itself: right shard by shard if it is of nothing sharded, or if it hands the tenant on.
    fn recursive(&mut self, cte: &sqlparser::ast::Cte, scope: &Scope<'_>) -> Result<Found, Reason> {
        let name = fold(&cte.alias.name);
        let SetExpr::SetOperation { left, .. } = &*cte.query.body else {
            let mut found = self.query(&cte.query, scope)?;
            rename(&mut found, &cte.alias);
            return Ok(found);
        };
        let (mut first, _) = self.body(left, scope)?;
        rename(&mut first, &cte.alias);
        let mut around = Scope::inside(scope);
        around.ctes.insert(name, first.clone());
        let mut whole = self.query(&cte.query, &around)?;
        rename(&mut whole, &cte.alias);
        match (&first.extent, &whole.extent) {
            (Extent::Everywhere, Extent::Everywhere) => Ok(whole),
            (Extent::Local, Extent::Local) if outputs_tenant(&whole.outputs) => Ok(whole),
            _ => Err(format!("WITH RECURSIVE {} does not hand the tenant column on", cte.alias.name)),
        }
    }

    /// What is known of a query's body.
    pub fn body_of(&mut self, body: &SetExpr, scope: &Scope<'_>) -> Result<Found, Reason> {
        self.body(body, scope).map(|(found, _)| found)
    }

    /// Lets what follows name a CTE.
    pub fn add_cte(&self, cte: &sqlparser::ast::Cte, mut found: Found, scope: &mut Scope<'_>) {
        rename(&mut found, &cte.alias);
        scope.ctes.insert(fold(&cte.alias.name), found);
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
                    _ => Extent::Global("it compares or counts rows of all shards"),
                };
                Ok((Found { extent, outputs }, anchored))
            }
            SetExpr::Table(table) => {
                let name = table.table_name.clone().unwrap_or_default().to_lowercase();
                let relation = self.table(&[name], None, scope)?;
                Ok((
                    Found { extent: relation.extent, outputs: vec![Output::Several { tenants: relation.tenants }] },
                    false,
                ))
            }
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                Err("a statement that changes data inside a query".into())
            }
        }
    }

    fn select(&mut self, select: &Select, outer: &Scope<'_>) -> Result<(Found, bool), Reason> {
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
        if let Some(condition) = &select.selection {
            self.equalities(condition, scope);
        }
        let extent = self.together(scope)?;
        if let Some(condition) = &select.selection {
            self.expression(condition, scope)?;
        }
        for item in &select.projection {
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                self.expression(expr, scope)?;
            }
        }
        for expr in group_keys(select).into_iter().chain(&select.having) {
            self.expression(expr, scope)?;
        }
        Ok(extent)
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
                    let this = self.find(relation.class);
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
        let outer = self.find(outer);
        scope
            .relations
            .iter()
            .filter(|relation| relation.extent == Extent::Local)
            .all(|relation| self.find(relation.class) == outer)
    }

    /// What grouping, windows and DISTINCT make of local rows.
    fn outer_stages(&mut self, select: &Select, scope: &Scope<'_>, outputs: &[Output]) -> Result<Extent, Reason> {
        if is_aggregated(select) && !groups_by_tenant(select, scope) {
            return Ok(Extent::Global("it aggregates over all shards"));
        }
        self.windows(select, scope)?;
        if is_aggregated(select) {
            return Ok(Extent::Local);
        }
        Ok(match &select.distinct {
            Some(Distinct::Distinct) if !outputs_tenant(outputs) => {
                Extent::Global("DISTINCT compares rows of all shards")
            }
            Some(Distinct::On(keys)) if !keys.iter().any(|key| scope.is_tenant(key)) => {
                Extent::Global("DISTINCT ON compares rows of all shards")
            }
            _ => Extent::Local,
        })
    }

    /// Window functions over local rows must keep within a tenant.
    pub fn windows(&mut self, select: &Select, scope: &Scope<'_>) -> Result<(), Reason> {
        let mut within = true;
        for item in &select.projection {
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                each_call(expr, &mut |call| {
                    if let Some(window) = &call.over {
                        within &= window_of(window, select).is_some_and(|spec| is_within_tenant(spec, select, scope));
                    }
                });
            }
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

    fn joined(&mut self, table: &TableWithJoins, scope: &mut Scope<'_>) -> Result<(), Reason> {
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
        match constraint {
            JoinConstraint::On(condition) => self.equalities(condition, scope),
            JoinConstraint::Using(columns) => {
                for column in columns {
                    if let Some([column]) = parts(column).as_deref() {
                        self.merge(column, first, right, scope);
                    }
                }
            }
            JoinConstraint::Natural => {
                if let Some(column) = self.layout.tenant_column.clone().map(|column| column.to_lowercase())
                    && scope.relations[right..].iter().any(|relation| relation.extent == Extent::Local)
                {
                    self.merge(&column, first, right, scope);
                }
            }
            JoinConstraint::None => {}
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

    /// USING: the columns of both sides are equal, and have become one.
    fn merge(&mut self, column: &str, first: usize, right: usize, scope: &mut Scope<'_>) {
        let classes = |relations: &[Relation]| -> Vec<usize> {
            relations
                .iter()
                .filter(|relation| relation.tenants.contains(column))
                .map(|relation| relation.class)
                .collect()
        };
        let (left, right) = (classes(&scope.relations[first..right]), classes(&scope.relations[right..]));
        if let (Some(left), Some(right)) = (left.first(), right.first()) {
            self.join(*left, *right);
            scope.merged.insert(column.to_owned());
        }
    }

    /// An outer join keeps rows that match nothing, so what they would match must be on their own shard.
    fn check_outer(
        &mut self,
        first: usize,
        right: usize,
        left_outer: bool,
        right_outer: bool,
        scope: &Scope<'_>,
    ) -> Result<(), Reason> {
        let sharded = |range: std::ops::Range<usize>| {
            scope.relations[range].iter().filter(|relation| relation.extent != Extent::Everywhere).collect::<Vec<_>>()
        };
        let (left_side, right_side) = (sharded(first..right), sharded(right..scope.relations.len()));
        if (left_outer && left_side.is_empty() && !right_side.is_empty())
            || (right_outer && right_side.is_empty() && !left_side.is_empty())
        {
            return Err("an outer join keeps the rows of a reference table once on every shard".into());
        }
        if let (Some(left), Some(right)) = (left_side.first(), right_side.first())
            && self.find(left.class) != self.find(right.class)
        {
            return Err(self.not_joined(right));
        }
        Ok(())
    }

    fn factor(&mut self, factor: &TableFactor, scope: &mut Scope<'_>) -> Result<(), Reason> {
        let relation = match factor {
            TableFactor::Table { name, alias, args: None, sample, .. } => {
                if sample.is_some() {
                    return Err("TABLESAMPLE".into());
                }
                let names = parts(name).ok_or("a table name that cannot be read")?;
                self.table(&names, alias.as_ref(), scope)?
            }
            TableFactor::Table { name, alias, args: Some(arguments), .. } => {
                for argument in &arguments.args {
                    self.argument(argument, scope)?;
                }
                let names = parts(name).ok_or("a function name that cannot be read")?;
                self.note(names.last().map_or("", String::as_str), names.len() > 1, &names);
                self.function(alias.as_ref(), names.last().cloned())
            }
            TableFactor::Function { name, args, alias, .. } => {
                for argument in args {
                    self.argument(argument, scope)?;
                }
                let names = parts(name).ok_or("a function name that cannot be read")?;
                self.note(names.last().map_or("", String::as_str), names.len() > 1, &names);
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
            _ => return Err("a FROM item of this kind".into()),
        };
        scope.relations.push(relation);
        Ok(())
    }

    fn derived(
        &mut self,
        subquery: &Query,
        alias: Option<&TableAlias>,
        lateral: bool,
        scope: &Scope<'_>,
    ) -> Result<Relation, Reason> {
        // Without LATERAL a subquery does not see its neighbours, but WITH and what is further out.
        let neighbours =
            Scope { relations: Vec::new(), merged: BTreeSet::new(), parent: scope.parent, ctes: HashMap::new() };
        let around = if lateral { scope } else { &neighbours };
        let mut found = self.query(subquery, around)?;
        if let Some(alias) = alias {
            rename(&mut found, alias);
        }
        let class = match (lateral, scope.relations.iter().find(|relation| relation.extent == Extent::Local)) {
            // A local LATERAL subquery is one that is tied to its neighbour's tenant, or it has its own.
            (true, Some(neighbour)) if self.is_tied(subquery, scope)? => neighbour.class,
            _ => self.new_class(),
        };
        Ok(Relation {
            alias: alias.map(|alias| fold(&alias.name)),
            extent: found.extent,
            tenants: tenant_names(&found.outputs),
            class,
            nullable: false,
        })
    }

    /// Whether a subquery's sharded rows are those of the tenant of the row around it.
    fn is_tied(&mut self, subquery: &Query, scope: &Scope<'_>) -> Result<bool, Reason> {
        let mut around = Scope::inside(scope);
        self.ctes(subquery, &mut around)?;
        Ok(self.body(&subquery.body, &around)?.1)
    }

    fn function(&mut self, alias: Option<&TableAlias>, name: Option<String>) -> Relation {
        Relation {
            alias: alias.map(|alias| fold(&alias.name)).or(name),
            extent: Extent::Everywhere,
            tenants: BTreeSet::new(),
            class: self.new_class(),
            nullable: false,
        }
    }

    fn table(&mut self, names: &[String], alias: Option<&TableAlias>, scope: &Scope<'_>) -> Result<Relation, Reason> {
        let last = names.last().cloned().unwrap_or_default();
        let shown = alias.map_or_else(|| last.clone(), |alias| fold(&alias.name));
        let renamed = alias.is_some_and(|alias| !alias.columns.is_empty());
        let class = self.new_class();
        let mut relation =
            Relation { alias: Some(shown), extent: Extent::Local, tenants: BTreeSet::new(), class, nullable: false };
        if names.len() == 1
            && let Some(found) = scope.cte(&last)
        {
            let mut found = found.clone();
            if let Some(alias) = alias {
                rename(&mut found, alias);
            }
            relation.extent = found.extent;
            relation.tenants = tenant_names(&found.outputs);
            return Ok(relation);
        }
        if self.layout.is_reference(names) {
            relation.extent = Extent::Everywhere;
            return Ok(relation);
        }
        if let Some(found) = self.view(names)? {
            if let Extent::Global(reason) = found.extent {
                return Err(format!("the view {}: {reason}", names.join(".")));
            }
            relation.extent = found.extent;
            relation.tenants = if renamed { BTreeSet::new() } else { tenant_names(&found.outputs) };
            return Ok(relation);
        }
        if !renamed && let Some(column) = &self.layout.tenant_column {
            // Configured as it is written in SQL, with or without quotes.
            relation.tenants = [column.clone(), column.to_lowercase()].into();
        }
        Ok(relation)
    }

    /// What is known of a view: what is known of its query.
    fn view(&mut self, names: &[String]) -> Result<Option<Found>, Reason> {
        let Some(definition) = self.layout.view(names) else { return Ok(None) };
        let name = names.join(".");
        if self.inside.contains(&name) {
            return Err(format!("the view {name} refers to itself"));
        }
        let unreadable = || format!("the view {name} cannot be read");
        let statements = parse(definition).map_err(|_| unreadable())?;
        let [sqlparser::ast::Statement::Query(query)] = statements.as_slice() else { return Err(unreadable()) };
        self.inside.push(name.clone());
        let found = self.query(query, &Scope::root()).map_err(|reason| format!("the view {name}: {reason}"));
        self.inside.pop();
        found.map(Some)
    }

    /// Notes which tenant columns a condition makes equal.
    fn equalities(&mut self, condition: &Expr, scope: &Scope<'_>) {
        match condition {
            Expr::Nested(inner) => self.equalities(inner, scope),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                self.equalities(left, scope);
                self.equalities(right, scope);
            }
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => match (&**left, &**right) {
                (Expr::Tuple(left), Expr::Tuple(right)) if left.len() == right.len() => {
                    for (left, right) in left.iter().zip(right) {
                        self.equal(left, right, scope);
                    }
                }
                (left, right) => self.equal(left, right, scope),
            },
            _ => {}
        }
    }

    fn equal(&mut self, left: &Expr, right: &Expr, scope: &Scope<'_>) {
        match (scope.tenant(left, false), scope.tenant(right, false)) {
            (Some(left), Some(right)) => self.join(left, right),
            (Some(class), None) => self.equal_constant(class, right),
            (None, Some(class)) => self.equal_constant(class, left),
            (None, None) => {}
        }
    }

    fn equal_constant(&mut self, class: usize, expr: &Expr) {
        let inner = match expr {
            Expr::Cast { expr, .. } | Expr::Nested(expr) => return self.equal_constant(class, expr),
            Expr::Value(value) => value.to_string(),
            _ => return,
        };
        match self.constants.get(&inner) {
            Some(known) => self.join(*known, class),
            None => {
                self.constants.insert(inner, class);
            }
        }
    }

    /// Checks the subqueries and calls of an expression.
    fn expression(&mut self, expr: &Expr, scope: &Scope<'_>) -> Result<(), Reason> {
        for subquery in subqueries(expr) {
            self.subquery(&subquery.0, subquery.1.as_ref(), scope)?;
        }
        self.calls(expr, scope)
    }

    /// A subquery of an expression: of nothing sharded, or of the tenant of the row around it.
    fn subquery(&mut self, query: &Query, compared: Option<&Expr>, scope: &Scope<'_>) -> Result<(), Reason> {
        let mut around = Scope::inside(scope);
        self.ctes(query, &mut around)?;
        let (found, anchored) = self.body(&query.body, &around)?;
        if anchored || found.extent == Extent::Everywhere {
            return Ok(());
        }
        if let Some(compared) = compared
            && found.extent == Extent::Local
            && query.limit_clause.is_none()
            && compares_tenant(compared, &found.outputs, scope)
        {
            return Ok(());
        }
        let column = self.layout.tenant_column.as_deref().unwrap_or("the tenant column");
        Err(format!(
            "a subquery looks at rows of all shards, unless it compares {column} with that of the query around it"
        ))
    }

    fn argument(&mut self, argument: &FunctionArg, scope: &Scope<'_>) -> Result<(), Reason> {
        let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) =
            argument;
        match arg {
            FunctionArgExpr::Expr(expr) => self.expression(expr, scope),
            _ => Ok(()),
        }
    }

    /// Notes the functions that an expression calls outside of its subqueries.
    fn calls(&mut self, expr: &Expr, _scope: &Scope<'_>) -> Result<(), Reason> {
        let mut names = Vec::new();
        each_call(expr, &mut |call| names.push(parts(&call.name)));
        for name in names {
            let name = name.ok_or("a function name that cannot be read")?;
            self.note(name.last().map_or("", String::as_str), name.len() > 1, &name);
        }
        Ok(())
    }

    fn note(&mut self, name: &str, qualified: bool, whole: &[String]) {
        let own = !qualified || whole.first().is_some_and(|schema| schema == "pg_catalog");
        match if own { functions::kind_of(name) } else { Kind::Unknown } {
            Kind::Unknown => {
                self.unknown.insert(whole.iter().map(|part| as_written(part)).collect::<Vec<_>>().join("."));
            }
            Kind::Effect => {
                self.effects.insert(name.to_owned());
            }
            _ => {}
        }
    }
}

/// A name as SQL has to write it.
fn as_written(name: &str) -> String {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit());
    if plain { name.to_owned() } else { quoted(name).to_string() }
}

fn is_union_all(op: SetOperator, quantifier: SetQuantifier) -> bool {
    op == SetOperator::Union && quantifier == SetQuantifier::All
}

fn compares_tenant(compared: &Expr, outputs: &[Output], scope: &Scope<'_>) -> bool {
    let compared: Vec<&Expr> = match compared {
        Expr::Nested(inner) => return compares_tenant(inner, outputs, scope),
        Expr::Tuple(values) => values.iter().collect(),
        expr => vec![expr],
    };
    compared.len() == outputs.len()
        && compared
            .iter()
            .zip(outputs)
            .any(|(expr, output)| matches!(output, Output::Column { tenant: true, .. }) && scope.is_tenant(expr))
}

pub fn outputs_tenant(outputs: &[Output]) -> bool {
    outputs.iter().any(|output| match output {
        Output::Column { tenant, .. } => *tenant,
        Output::Several { tenants } => !tenants.is_empty(),
    })
}

fn tenant_names(outputs: &[Output]) -> BTreeSet<String> {
    outputs
        .iter()
        .flat_map(|output| match output {
            Output::Column { name: Some(name), tenant: true } => BTreeSet::from([name.clone()]),
            Output::Column { .. } => BTreeSet::new(),
            Output::Several { tenants } => tenants.clone(),
        })
        .collect()
}

/// The columns of a set operation: the tenant where both sides have it in the same place.
fn common(left: &[Output], right: &[Output]) -> Vec<Output> {
    left.iter()
        .enumerate()
        .map(|(index, output)| match (output, right.get(index)) {
            (Output::Column { name, tenant: true }, Some(Output::Column { tenant: true, .. })) => {
                Output::Column { name: name.clone(), tenant: true }
            }
            (Output::Column { name, .. }, _) => Output::Column { name: name.clone(), tenant: false },
            // Two wildcards: alike only if they are of one table, which is not known here.
            (Output::Several { .. }, _) => Output::Several { tenants: BTreeSet::new() },
        })
        .collect()
}

/// `AS alias(a, b)` gives columns other names.
fn rename(found: &mut Found, alias: &TableAlias) {
    for (index, column) in alias.columns.iter().enumerate() {
        match found.outputs.get_mut(index) {
            Some(Output::Column { name, .. }) => *name = Some(fold(&column.name)),
            // What a wildcard stands for is not known, so neither is which column has this name.
            _ => {
                found.outputs.truncate(index);
                return;
            }
        }
    }
}

/// The name that a plain column keeps.
fn column_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(name) => Some(fold(name)),
        Expr::CompoundIdentifier(names) => names.last().map(fold),
        _ => None,
    }
}

/// The expressions of GROUP BY, with those inside grouping sets.
pub fn group_keys(select: &Select) -> Vec<&Expr> {
    match &select.group_by {
        GroupByExpr::All(_) => Vec::new(),
        GroupByExpr::Expressions(keys, _) => keys.iter().collect(),
    }
}

/// True if a select aggregates its rows.
pub fn is_aggregated(select: &Select) -> bool {
    let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(keys, modifiers) if keys.is_empty() && modifiers.is_empty());
    grouped
        || select.having.is_some()
        || select.projection.iter().any(|item| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => contains_aggregate(expr),
            _ => false,
        })
}

pub fn contains_aggregate(expr: &Expr) -> bool {
    let mut found = false;
    each_call(expr, &mut |call| found |= call.over.is_none() && functions::kind(call).is_aggregate());
    found
}

/// True if each group is of one tenant.
pub fn groups_by_tenant(select: &Select, scope: &Scope<'_>) -> bool {
    group_keys(select).into_iter().any(|key| match key {
        Expr::Value(value) => position(&value.value.to_string(), select).is_some_and(|item| scope.is_tenant(item)),
        key => scope.is_tenant(key),
    })
}

/// The select item that a number in GROUP BY or ORDER BY means.
pub fn position<'s>(number: &str, select: &'s Select) -> Option<&'s Expr> {
    match select.projection.get(number.parse::<usize>().ok()?.checked_sub(1)?)? {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

fn window_of<'s>(window: &'s WindowType, select: &'s Select) -> Option<&'s WindowSpec> {
    match window {
        WindowType::WindowSpec(spec) => Some(spec),
        WindowType::NamedWindow(name) => named_window(&fold(name), select),
    }
}

fn named_window<'s>(name: &str, select: &'s Select) -> Option<&'s WindowSpec> {
    select.named_window.iter().find(|window| fold(&window.0) == name).and_then(|window| match &window.1 {
        sqlparser::ast::NamedWindowExpr::WindowSpec(spec) => Some(spec),
        sqlparser::ast::NamedWindowExpr::NamedWindow(other) => named_window(&fold(other), select),
    })
}

fn is_within_tenant(spec: &WindowSpec, select: &Select, scope: &Scope<'_>) -> bool {
    spec.partition_by.iter().any(|key| scope.is_tenant(key))
        || spec
            .window_name
            .as_ref()
            .and_then(|name| named_window(&fold(name), select))
            .is_some_and(|base| is_within_tenant(base, select, scope))
}

/// Calls `act` for each function call of an expression that stands outside of its subqueries.
pub fn each_call(expr: &Expr, act: &mut dyn FnMut(&Function)) {
    let mut depth = 0;
    walk(expr, &mut |node| match node {
        Node::Query(_) => depth += 1,
        Node::QueryEnd => depth -= 1,
        Node::Expr(Expr::Function(call)) if depth == 0 && !matches!(call.args, FunctionArguments::Subquery(_)) => {
            act(call);
        }
        _ => {}
    });
}

pub fn contains_subquery(expr: &Expr) -> bool {
    !subqueries(expr).is_empty()
}

/// The outermost subqueries of an expression, and what IN compares them with.
fn subqueries(expr: &Expr) -> Vec<(Query, Option<Expr>)> {
    let mut found: Vec<(Query, Option<Expr>)> = Vec::new();
    let mut depth = 0;
    walk(expr, &mut |node| match node {
        Node::Expr(Expr::InSubquery { expr, negated: false, subquery }) if depth == 0 => {
            found.push(((**subquery).clone(), Some((**expr).clone())));
        }
        Node::Query(query) => {
            if depth == 0 && !found.iter().any(|(known, compared)| compared.is_some() && known == query) {
                found.push((query.clone(), None));
            }
            depth += 1;
        }
        Node::QueryEnd => depth -= 1,
        _ => {}
    });
    found
}
