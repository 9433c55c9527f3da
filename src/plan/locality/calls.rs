//! What an expression reads besides its row: subqueries, and functions that may do more than compute.

use sqlparser::ast::{Expr, FunctionArg, FunctionArgExpr, OrderByExpr, Query};

use super::loose::has_array;
use super::outputs::{Locality, OutputColumn, QueryInfo, are_alike};
use super::scope::Scope;
use super::search::{Reason, Search};
use crate::plan::clock;
use crate::plan::functions::{self, FunctionKind};
use crate::plan::ident::{as_written, fold_case, name_parts};
use crate::plan::select::{attributes, each_call, ordering, subqueries};
use crate::plan::walk::{Node, walk};

impl Search<'_> {
    /// Checks the subqueries and calls of an expression.
    pub(super) fn expression(&mut self, expr: &Expr, scope: &Scope<'_>) -> Result<(), Reason> {
        if scope.is_inside_sharded() && aggregates_around(expr, scope) {
            return Err(OF_AROUND.into());
        }
        let mut is_loose = false;
        for subquery in subqueries(expr) {
            is_loose |= self.subquery(&subquery.0, subquery.1.as_ref(), scope)?;
        }
        if is_loose && has_array(expr) {
            self.loose.insert("ARRAY(SELECT ...) of values that may be equal and written otherwise".into());
        }
        self.calls(expr)?;
        self.note_ties(expr, scope);
        self.use_own(expr, scope);
        self.fields(expr, Some(scope))
    }

    /// Checks a subquery of an expression: it may read nothing sharded, or only rows of the outer row's tenant.
    /// True if its rows come from tables, and may be equal and written otherwise.
    fn subquery(&mut self, query: &Query, compared: Option<&Expr>, scope: &Scope<'_>) -> Result<bool, Reason> {
        let mut around = Scope::inside(scope);
        self.ctes(query, &mut around)?;
        // Its ORDER BY may also aggregate outer rows.
        let unknown = Scope::inside(&around);
        let by_aggregate = |key: &OrderByExpr| aggregates_around(&key.expr, &unknown);
        if unknown.is_inside_sharded() && ordering(query.order_by.as_ref()).iter().any(by_aggregate) {
            return Err(OF_AROUND.into());
        }
        let (found, anchored) = self.body(&query.body, &around)?;
        self.compare_own(&found.outputs);
        self.compare_order(query.order_by.as_ref(), &found.outputs);
        self.note_limit(query);
        let whole = query.limit_clause.is_none() && query.fetch.is_none();
        let is_loose = found.is_stored && !found.loose.is_empty();
        if anchored || found.locality == Locality::Replicated {
            return Ok(is_loose);
        }
        if let Some(compared) = compared
            && found.locality == Locality::SingleTenant
            && whole
            && compares_tenant(compared, &found, scope)
        {
            return Ok(is_loose);
        }
        let column = self.layout.tenant_column.as_deref().unwrap_or("the tenant column");
        Err(format!(
            "a subquery reads rows of all shards: compare its {column} with that of the outer query (instead of NOT IN, \
                 use NOT EXISTS with {column} = {column} among its conditions), or run it first and bind its value, \
                 as in x = ANY (?)"
        ))
    }

    pub(super) fn argument(&mut self, argument: &FunctionArg, scope: &Scope<'_>) -> Result<(), Reason> {
        let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) =
            argument;
        match arg {
            FunctionArgExpr::Expr(expr) => self.expression(expr, scope),
            _ => Ok(()),
        }
    }

    /// Notes the functions that an expression calls outside its subqueries.
    pub(super) fn calls(&mut self, expr: &Expr) -> Result<(), Reason> {
        let mut names = Vec::new();
        let is_of_policy = self.is_inside_policy();
        each_call(expr, &mut |call| {
            names.push(name_parts(&call.name));
            let is_own = |name: &String| functions::names_server(name) || self.is_own_setting(call);
            let own = functions::own_name(call).filter(|name| !is_of_policy && is_own(name));
            self.own_values.extend(own.map(|name| format!("{name}()")));
            if functions::is_unordered(call) {
                self.unordered.insert(format!("{}()", call.name));
            }
            self.of_one_server.extend(functions::of_one_server(call));
        });
        for reader in self.layout.readers.used(expr) {
            self.readers.insert(self.with_policy(reader));
        }
        if let Some(clock) = clock::literal(expr, self.layout) {
            self.clocks.insert(self.with_policy(clock));
        }
        for name in names {
            self.note(&name.ok_or("a function name that cannot be parsed")?)?;
        }
        for name in attributes(expr) {
            self.attribute(name)?;
        }
        Ok(())
    }

    /// Notes the columns of an expression that may be calls: PostgreSQL takes `t.f` for `f(t)` where t has no column f.
    pub(super) fn fields(&mut self, expr: &Expr, scope: Option<&Scope<'_>>) -> Result<(), Reason> {
        let mut found = Vec::new();
        let mut depth = 0;
        walk(expr, &mut |node| match node {
            Node::Query(_) => depth += 1,
            Node::QueryEnd => depth -= 1,
            Node::Expr(Expr::CompoundIdentifier(names)) if depth == 0 => {
                let [.., table, name] = names.as_slice() else { return };
                let name = fold_case(name);
                let takes_rows = self.layout.row_functions.contains(&name);
                // PostgreSQL's own functions that take any row.
                if takes_rows || functions::kind_of(&name).is_aggregate() {
                    match scope.and_then(|scope| scope.has_column_of(&fold_case(table), &name)) {
                        Some(true) => {}
                        Some(false) => found.push(name),
                        None if takes_rows => found.push(name),
                        None => {}
                    }
                }
            }
            _ => {}
        });
        found.into_iter().try_for_each(|name| self.attribute(name))
    }

    /// Notes an attribute of an expression: PostgreSQL takes `(x).f` for `f(x)` where x has no field f.
    fn attribute(&mut self, name: String) -> Result<(), Reason> {
        let kind = functions::kind_of(&name);
        if kind.is_aggregate() {
            return Err(format!(
                "the field {name} of a row, which PostgreSQL may read as the call {name}(row): write the call if you \
                     mean it; a field of that name can only be read with a tenant"
            ));
        }
        match kind {
            FunctionKind::Unknown | FunctionKind::Effect => {
                self.attributes.insert(as_written(&name));
                self.note(&[name])
            }
            // PostgreSQL's own functions of these kinds take more than one argument, or only compute.
            _ if self.layout.shadowed.contains(&name) => {
                self.attributes.insert(as_written(&name));
                self.unknown.insert(as_written(&name));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Notes a function by the parts of its name.
    pub(super) fn note(&mut self, parts: &[String]) -> Result<(), Reason> {
        let name = parts.last().map_or("", String::as_str);
        let own = parts.len() == 1 || parts.first().is_some_and(|schema| schema == "pg_catalog");
        let shadowed = parts.len() == 1 && self.layout.shadowed.contains(name);
        match if own { functions::kind_of(name) } else { FunctionKind::Unknown } {
            // The catalog classifies whichever of them is meant.
            FunctionKind::Plain if shadowed => {
                self.note_policy(&as_written(name));
                self.unknown.insert(as_written(name));
            }
            FunctionKind::Unknown => {
                let name = parts.iter().map(|part| as_written(part)).collect::<Vec<_>>().join(".");
                self.note_policy(&name);
                self.unknown.insert(name);
            }
            FunctionKind::Effect => {
                self.note_policy(name);
                self.effects.insert(name.to_owned());
            }
            FunctionKind::Random => {
                self.note_policy(name);
                self.randoms.insert(name.to_owned());
            }
            FunctionKind::Plain if functions::is_of_one_server(name) => {
                self.of_one_server.insert(format!("{name}()"));
            }
            FunctionKind::Clock if !shadowed => {
                // A clock call in the statement is replaced by one time for all shards; one inside a view cannot be.
                if let Some(inside) = self.inside.last()
                    && !self.inside.iter().any(|inside| inside.is_stored(self.layout))
                {
                    self.clocks.insert(format!("{name}() inside {inside}"));
                }
            }
            _ if shadowed => {
                return Err(format!(
                    "{name}(), which may be PostgreSQL's or your own function of that name: write pg_catalog.{name}() \
                         for PostgreSQL's, and rename yours"
                ));
            }
            _ => {}
        }
        Ok(())
    }
}

const OF_AROUND: &str = "a subquery that aggregates columns of the outer query, which PostgreSQL computes over all rows \
     of that query; select the aggregate outside the subquery";

/// True if an aggregate in a subquery may belong to the outer query: none of its columns is in its own FROM clause.
fn aggregates_around(expr: &Expr, scope: &Scope<'_>) -> bool {
    let mut found = false;
    each_call(expr, &mut |call| {
        if call.over.is_none() && functions::kind(call).is_aggregate() {
            let (mut any, mut own) = (false, false);
            walk(call, &mut |node| {
                if let Node::Expr(column @ (Expr::Identifier(_) | Expr::CompoundIdentifier(_))) = node {
                    any = true;
                    own |= scope.may_have(column);
                }
            });
            found |= any && !own;
        }
    });
    found
}

fn compares_tenant(compared: &Expr, found: &QueryInfo, scope: &Scope<'_>) -> bool {
    let compared: Vec<&Expr> = match compared {
        Expr::Nested(inner) => return compares_tenant(inner, found, scope),
        Expr::Tuple(values) => values.iter().collect(),
        expr => vec![expr],
    };
    let is_alike = |expr: &Expr| {
        let column = scope.tenant(expr, true);
        column.is_some_and(|relation| are_alike(&relation.tenant_type, &found.tenant_type))
    };
    compared.len() == found.outputs.len()
        && compared
            .iter()
            .zip(&found.outputs)
            .any(|(expr, output)| matches!(output, OutputColumn::Column { tenant: true, .. }) && is_alike(expr))
}
