//! Makes the plan of a text: finds out what kind of statement it is, and which kind of plan gives an exact answer.

use std::collections::{BTreeSet, HashMap};

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, OrderBy, OrderByKind, Query, SelectItem, SetExpr, SetOperator, SetQuantifier,
    Statement, TableFactor,
};

use super::budget::{self, spend};
use super::consent::FanOutConsent;
use super::differences;
use super::draft::{Draft, OriginalStatement};
use super::fan_out_plan::{Broadcast, Column, MergeStrategy, Origins, Plan};
use super::ident::fold_case;
use super::layout::Layout;
use super::locality::{Locality, Scope, Search, add_cte, groups_by_tenant};
use super::parse::Tokens;
use super::print::{Fragments, parameters};
use super::refusal::{Refusal, unsupported};
use super::rows::{self, needs_distinct};
use super::select::{first_select, is_aggregated, item_expr, orders_by_aggregate, output_names, unnested};
use super::stack::{self, Stopped};
use super::walk::{Node, walk};
use super::{
    aggregate, altered_copies, change_target, clock, commands, copies, ctes, grammar, inner_order, own_values,
    relations, set_operations, tenant_moves, write,
};
use crate::data::lexer::Outline;

/// Texts up to this length are planned on the caller's thread.
const SHORT: usize = 2048;
/// Steps of planning that take no more than a millisecond or two.
const QUICK: u64 = 40_000;

/// The result of planning.
#[derive(Debug, PartialEq)]
pub struct Planning {
    /// The plan, or why there is none.
    pub plan: Result<Plan, Refusal>,
    /// The relations that the plan depends on, including those behind views.
    pub relations: BTreeSet<Vec<String>>,
}

impl Planning {
    /// A text that cannot be parsed may still be DDL, which needs no parsing.
    fn unread(sql: &str, consent: FanOutConsent, layout: &Layout, refusal: Refusal) -> Self {
        Planning { plan: unread(sql, consent, layout, refusal), relations: BTreeSet::new() }
    }
}

/// Plans a statement. It may take a while: as long as `budget` allows.
pub fn plan(sql: &str, consent: FanOutConsent, layout: &Layout) -> Planning {
    let planned = Tokens::of(sql).and_then(|tokens| {
        budget::begin(tokens.len());
        stack::with_room(tokens.levels, || Ok(planned(sql, &tokens.parse()?, consent, layout)))?
    });
    planned.unwrap_or_else(|refusal| Planning::unread(sql, consent, layout, refusal))
}

/// The same, if it takes only a millisecond or two; otherwise None.
pub fn plan_at_once(sql: &str, consent: FanOutConsent, layout: &Layout) -> Option<Planning> {
    if sql.len() > SHORT {
        return None;
    }
    let planned = Tokens::of(sql).and_then(|tokens| {
        budget::begin_with(QUICK);
        match stack::with_room(tokens.levels, || Ok(planned(sql, &tokens.parse()?, consent, layout))) {
            Ok(planned) => planned.map(Some),
            Err(Stopped::Exhausted) => Ok(None),
            Err(stopped) => Err(stopped.into()),
        }
    });
    planned.unwrap_or_else(|refusal| Some(Planning::unread(sql, consent, layout, refusal)))
}

fn planned(sql: &str, statements: &[Statement], consent: FanOutConsent, layout: &Layout) -> Planning {
    let relations = relations::named_by(statements, layout);
    // A text that cannot be parsed may still be DDL, which needs no parsing.
    let plan = plan_of(sql, statements, consent, layout).or_else(|refusal| unread(sql, consent, layout, refusal));
    let plan = plan.and_then(|plan| altered_copies::refusal(statements, layout).map_or(Ok(plan), Err));
    Planning { plan, relations }
}

fn plan_of(sql: &str, statements: &[Statement], consent: FanOutConsent, layout: &Layout) -> Result<Plan, Refusal> {
    let statement = match statements {
        [statement] => statement,
        [] => return Ok(Plan::AnyShard),
        _ => return Err(unsupported("several statements at once; run them one by one")),
    };
    let is_read = matches!(
        statement,
        Statement::Query(_) | Statement::Update(_) | Statement::Delete(_) | Statement::Insert(_) | Statement::Merge(_)
    );
    if is_read && let Some(ambiguity) = grammar::ambiguity(statement) {
        return Err(unsupported(&ambiguity));
    }
    if is_read && let Some(refusal) = change_target::refusal(statement, layout) {
        return Err(refusal);
    }
    if is_read && let Some(reason) = tenant_moves::refusal(statement, layout) {
        return Err(unsupported(&reason));
    }
    if is_read && let Some(reason) = differences::refusal(statement, layout) {
        return Err(unsupported(&reason));
    }
    if is_read && let Some(function) = commands::connection_scoped_call(statement) {
        return Err(unsupported(&format!(
            "{function}(), whose effect lasts only for its connection, which the next query may not use; call it inside \
                 knex.transaction() for one tenant"
        )));
    }
    let changed = match statement {
        Statement::Query(query) => match write::inside_query(query, layout, consent) {
            Some(changed) => changed?,
            None => return read(query, sql, parameters(statement), consent, layout),
        },
        Statement::Update(update) => write::update(update, None, layout, consent)?,
        Statement::Delete(delete) => write::delete(delete, None, layout, consent)?,
        Statement::Insert(insert) => write::insert(insert, None, layout, consent)?,
        Statement::Merge(merge) => write::merge(merge, layout, consent)?,
        statement => return write::other(statement, sql, consent),
    };
    copies::change(statement, sql, changed, consent, layout)
}

fn unread(sql: &str, consent: FanOutConsent, layout: &Layout, refusal: Refusal) -> Result<Plan, Refusal> {
    let outline = Outline::of(sql);
    match outline.first_words.as_slice() {
        [word] if commands::may_run_everywhere(word) => {
            let plan = write::by_word(sql, consent)?;
            altered_copies::unread(sql, layout).map_or(Ok(plan), Err)
        }
        _ if commands::is_atomic_routine(sql) => write::by_word(sql, consent),
        _ => Err(refusal),
    }
}

/// The plan of a query.
fn read(query: &Query, sql: &str, parameters: usize, consent: FanOutConsent, layout: &Layout) -> Result<Plan, Refusal> {
    if contains_into(query) {
        return write::by_word(sql, consent);
    }
    let mut search = Search::new(layout);
    let found = search.query(query, &Scope::root()).map_err(|reason| unsupported(&reason))?;
    if let Some(function) = search.effects.iter().next()
        && consent == FanOutConsent::Implicit
    {
        return Err(unsupported(&format!(
            "{} without a tenant: it has an effect on each shard, or describes only that shard; use .mtdd(null) or \
                 allServers: true",
            search.shown(function)
        )));
    }
    if let Some(how) = layout.differences.function(search.unknown.iter().chain(&search.attributes))
        && consent == FanOutConsent::Implicit
    {
        return Err(unsupported(&format!(
            "the shards differ in {how}; make them alike, or ask for what each shard makes of it with .mtdd(null) or \
             allServers: true"
        )));
    }
    if let Some(relation) = search.statistics.iter().next()
        && consent == FanOutConsent::Implicit
    {
        return Err(unsupported(&format!(
            "{relation} without a tenant: it describes only one server; for the rows of all shards use .mtdd(null) or \
                 allServers: true"
        )));
    }
    let always = if found.locality == Locality::Replicated { None } else { layout.readers.always() };
    if let Some(reader) = search.readers.iter().next().or(always.as_ref())
        && consent == FanOutConsent::Implicit
    {
        return Err(unsupported(reader));
    }
    let (functions, names_unknown) = (search.unknown.clone(), search.names_unknown);
    if found.locality == Locality::Replicated {
        // A field is the same on all shards; a function may differ on each.
        if let Some(name) = search.attributes.iter().next() {
            return Err(unsupported(&format!(
                "the field {name} of an expression, which PostgreSQL may read as a call of {name}(): write the call if \
                     you mean it; the field can only be read with a tenant"
            )));
        }
        let asks = !functions.is_empty() || !search.effects.is_empty();
        return match (asks, consent) {
            (false, _) => Ok(Plan::AnyShard),
            // A function may read or change its shard's data.
            (true, FanOutConsent::Implicit) => Err(unsupported(&format!(
                "the function {} without a tenant; to call it on every shard, use .mtdd(null) or allServers: true",
                functions.iter().next().map_or(String::new(), |function| search.shown(function))
            ))),
            (true, _) => Ok(Plan::Broadcast(Broadcast::Sum)),
        };
    }
    if let Some(clock) = search.clocks.iter().next()
        && consent == FanOutConsent::Implicit
    {
        return Err(unsupported(&format!("{clock}: {}", clock::EACH_SHARD)));
    }
    if consent == FanOutConsent::Implicit {
        own_values::refuse(&search)?;
    }
    let mut query = query.clone();
    let changed = clock::one_for_all(&mut query);
    let mut fragments = Fragments::default();
    let draft = draft(&query, layout, consent, &mut fragments)?;
    if draft.needs_finish && !Search::finishes(&draft.finish, layout) {
        return Err(unsupported(
            "rows gathered from all shards are joined with rows of tenants; run one part first and bind its result",
        ));
    }
    let written = OriginalStatement { sql, parameters, changed, names_unknown };
    Ok(Plan::Read(draft.read(written, &fragments, functions.into_iter().collect(), search.of_policies)?))
}

/// Removes parentheses around keys: PostgreSQL looks for names and positions inside them.
fn with_plain_keys(query: &Query) -> Query {
    let mut query = query.clone();
    let strip = |key: &mut Expr| {
        if matches!(key, Expr::Nested(_)) {
            *key = unnested(key).clone();
        }
    };
    if let Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) = &mut query.order_by {
        keys.iter_mut().map(|key| &mut key.expr).for_each(strip);
    }
    if let SetExpr::Select(select) = &mut *query.body {
        if let GroupByExpr::Expressions(keys, _) = &mut select.group_by {
            keys.iter_mut().for_each(strip);
        }
        if let Some(Distinct::On(keys)) = &mut select.distinct {
            keys.iter_mut().for_each(strip);
        }
    }
    query
}

/// The plan of a query of sharded rows.
fn draft(query: &Query, layout: &Layout, consent: FanOutConsent, fragments: &mut Fragments) -> Result<Draft, Refusal> {
    let query = &with_plain_keys(query);
    let mut search = Search::new(layout);
    let root = Scope::root();
    let mut around = Scope::inside(&root);
    let refuse = |reason: String| unsupported(&reason);
    search.ctes(query, &mut around).map_err(refuse)?;
    match &*query.body {
        SetExpr::Select(select) => {
            let mut scope = Scope::inside(&around);
            match search.core(select, &mut scope).map_err(refuse)? {
                Locality::CrossShard(_) | Locality::Replicated => nested(query, layout, consent, fragments),
                Locality::SingleTenant => {
                    let aggregated = is_aggregated(select) || orders_by_aggregate(query);
                    let windows = search.windows(select, query.order_by.as_ref(), &scope);
                    let gathers = aggregated && (windows.is_err() || !groups_by_tenant(select, &scope));
                    if scope.is_ordered() {
                        inner_order::check(query, select, gathers)?;
                    }
                    if gathers {
                        let volatility = aggregate::Volatility { consent, readers: &layout.readers };
                        return aggregate::select(query, select, &scope, volatility, fragments);
                    }
                    windows.map_err(refuse)?;
                    let outputs = search.outputs(select, &scope);
                    let distinct = needs_distinct(select, &outputs, &scope);
                    rows::select(query, select, &scope, distinct, fragments)
                }
            }
        }
        SetExpr::SetOperation { op, set_quantifier, .. } => {
            let found = search.body_of(&query.body, &around).map_err(refuse)?;
            if found.is_ordered {
                inner_order::check_cut(query)?;
            }
            match found.locality {
                Locality::SingleTenant => rows::set_operation(query, false, fragments),
                Locality::Replicated => nested(query, layout, consent, fragments),
                Locality::CrossShard(_) if is_union(&query.body) && all_local(&query.body, layout, &around)? => {
                    let drops = *op == SetOperator::Union && *set_quantifier != SetQuantifier::All;
                    if drops {
                        let sides = set_operations::stepwise(query)?;
                        Ok(Draft { sides, ..rows::set_operation(query, true, fragments)? })
                    } else {
                        set_operations::gathered(query, layout, &around, fragments)
                    }
                }
                Locality::CrossShard(_) => set_operations::gathered(query, layout, &around, fragments),
            }
        }
        SetExpr::Query(inner) if query.order_by.is_none() && query.limit_clause.is_none() && query.with.is_none() => {
            draft(inner, layout, consent, fragments)
        }
        _ => Err(unsupported(
            "a query of this form; select from one table, join or subquery at a time, and combine the results",
        )),
    }
}

/// True for a body of only UNION and UNION ALL.
fn is_union(body: &SetExpr) -> bool {
    match body {
        SetExpr::SetOperation { left, op, right, .. } => *op == SetOperator::Union && is_union(left) && is_union(right),
        _ => true,
    }
}

/// True if no side of a set operation is the same on every shard.
fn all_local(body: &SetExpr, layout: &Layout, scope: &Scope<'_>) -> Result<bool, Refusal> {
    if let SetExpr::SetOperation { left, right, .. } = body {
        return Ok(all_local(left, layout, scope)? && all_local(right, layout, scope)?);
    }
    let found = Search::new(layout).body_of(body, scope).map_err(|reason| unsupported(&reason))?;
    Ok(found.locality == Locality::SingleTenant)
}

/// A query around a query over all shards: the inner one is planned, and PostgreSQL runs the outer one over the
/// gathered rows.
fn nested(query: &Query, layout: &Layout, consent: FanOutConsent, fragments: &mut Fragments) -> Result<Draft, Refusal> {
    rows::refuse_locks(query, "a part whose rows are gathered from all shards")?;
    let mut outer = query.clone();
    let mut inner = None;
    let mut local_ctes = Vec::new();
    if let Some(with) = &mut outer.with {
        if with.recursive {
            return Err(unsupported(
                "WITH RECURSIVE over rows of all shards; run the inner part first and bind its result",
            ));
        }
        let mut search = Search::new(layout);
        let root = Scope::root();
        let mut scope = Scope::inside(&root);
        let mut kept = Vec::new();
        for cte in &with.cte_tables {
            let found = search.query(&cte.query, &scope).map_err(|reason| unsupported(&reason))?;
            match found.locality {
                Locality::Replicated => kept.push(cte.clone()),
                Locality::SingleTenant => local_ctes.push(cte.clone()),
                Locality::CrossShard(_) => {
                    if inner.is_some() {
                        return Err(unsupported(
                            "two subqueries over the rows of all shards; run one of them first and bind its result",
                        ));
                    }
                    let mut query = (*cte.query).clone();
                    ctes::add(&mut query, kept.iter().chain(&local_ctes));
                    let draft = draft(&query, layout, consent, fragments)?;
                    let mut cte = cte.clone();
                    cte.query = Box::new(draft.finish.clone());
                    inner = Some(draft);
                    kept.push(cte);
                }
            }
            add_cte(cte, found, &mut scope);
        }
        with.cte_tables = kept;
    }
    let mut search = DerivedTableSearch { layout, consent, fragments, ctes: query.with.clone(), inner, failed: None };
    if let SetExpr::Select(select) = &mut *outer.body {
        for table in &mut select.from {
            search.factor(&mut table.relation);
            for join in &mut table.joins {
                search.factor(&mut join.relation);
            }
        }
    }
    if let Some(refusal) = search.failed {
        return Err(refusal);
    }
    let Some(inner) = search.inner else {
        return Err(unsupported(
            "a query of this form; select from one table, join or subquery at a time, and combine the results",
        ));
    };
    let left: BTreeSet<String> = local_ctes.iter().map(ctes::name_of).collect();
    if ctes::names_any(&outer, &left) {
        return Err(unsupported(
            "rows gathered from all shards are joined with rows of tenants; run one part first and bind its result",
        ));
    }
    if outer.with.as_ref().is_some_and(|with| with.cte_tables.is_empty()) {
        outer.with = None;
    }
    Ok(Draft {
        changed: true,
        merge: MergeStrategy::Finish,
        distinct: false,
        offset: None,
        limit: None,
        origins: Origins::Listed(passed_on(&outer, &inner)),
        names: first_select(&outer.body).and_then(output_names),
        finish: outer,
        needs_finish: true,
        ..inner
    })
}

/// The inner query's columns that the outer query returns unchanged.
fn passed_on(outer: &Query, inner: &Draft) -> Vec<(usize, Column)> {
    let SetExpr::Select(select) = &*outer.body else { return Vec::new() };
    let [only] = select.from.as_slice() else { return Vec::new() };
    if !only.joins.is_empty() {
        return Vec::new();
    }
    let (TableFactor::Derived { alias, .. } | TableFactor::Table { alias, .. }) = &only.relation else {
        return Vec::new();
    };
    if alias.as_ref().is_some_and(|alias| !alias.columns.is_empty()) {
        return Vec::new();
    }
    let origin = |index: usize| match &inner.origins {
        Origins::Visible => Some(Column::Visible(index)),
        Origins::Listed(known) => {
            spend(known.len());
            known.iter().find(|(of, _)| *of == index).map(|(_, column)| *column)
        }
    };
    let mut index_of: HashMap<&str, usize> = HashMap::new();
    for (index, name) in inner.names.iter().flatten().enumerate() {
        index_of.entry(name).or_insert(index);
    }
    let named = |expr: &Expr| {
        let name = match expr {
            Expr::Identifier(name) => fold_case(name),
            Expr::CompoundIdentifier(names) => fold_case(names.last()?),
            _ => return None,
        };
        index_of.get(name.as_str()).copied()
    };
    match select.projection.as_slice() {
        [SelectItem::Wildcard(_)] => match &inner.names {
            Some(names) => (0..names.len()).filter_map(|index| Some((index, origin(index)?))).collect(),
            None => Vec::new(),
        },
        items => items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| Some((index, origin(named(item_expr(item)?)?)?)))
            .collect(),
    }
}

/// Finds the derived table over all shards, and replaces it by its finishing query.
struct DerivedTableSearch<'a> {
    layout: &'a Layout,
    consent: FanOutConsent,
    fragments: &'a mut Fragments,
    ctes: Option<sqlparser::ast::With>,
    inner: Option<Draft>,
    failed: Option<Refusal>,
}

impl DerivedTableSearch<'_> {
    fn factor(&mut self, factor: &mut TableFactor) {
        match factor {
            TableFactor::Derived { lateral: false, subquery, .. } => self.derived(subquery),
            TableFactor::NestedJoin { table_with_joins, .. } => {
                self.factor(&mut table_with_joins.relation);
                for join in &mut table_with_joins.joins {
                    self.factor(&mut join.relation);
                }
            }
            _ => {}
        }
    }

    fn derived(&mut self, subquery: &mut Query) {
        let mut whole = subquery.clone();
        let known = self.ctes.as_ref().map_or(&[][..], |with| &with.cte_tables);
        ctes::add(&mut whole, known.iter());
        let mut search = Search::new(self.layout);
        match search.query(&whole, &Scope::root()) {
            Ok(found) if found.locality == Locality::Replicated => {}
            Ok(_) if self.inner.is_some() => self.fail(unsupported(
                "two subqueries over the rows of all shards; run one of them first and bind its result",
            )),
            Ok(_) => match draft(&whole, self.layout, self.consent, self.fragments) {
                Ok(draft) => {
                    *subquery = draft.finish.clone();
                    self.inner = Some(draft);
                }
                Err(refusal) => self.fail(refusal),
            },
            Err(reason) => self.fail(unsupported(&reason)),
        }
    }

    fn fail(&mut self, refusal: Refusal) {
        self.failed.get_or_insert(refusal);
    }
}

/// SELECT ... INTO makes a table.
fn contains_into(query: &Query) -> bool {
    let mut found = false;
    walk(query, &mut |node| found |= matches!(node, Node::Select(select) if select.into.is_some()));
    found
}
