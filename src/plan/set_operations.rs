//! Plans for INTERSECT, EXCEPT and mixed set operations. The rows of each sharded side are gathered and marked with the
//! side, and PostgreSQL computes the set operation over them. Sides that every shard holds are not gathered.

use sqlparser::ast::{
    BinaryOperator, Distinct, Expr, Ident, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr,
    SetOperator, SetQuantifier, Value,
};

use super::ctes;
use super::draft::{Draft, GATHERED, bare, column, derived, empty_select, from, hidden_item, table};
use super::fan_out_plan::{Column, MergeStrategy, Origins, SetSide, SideRole, SqlFragment};
use super::ident::quoted;
use super::layout::Layout;
use super::locality::{Locality, Scope, Search};
use super::print::{Fragments, print};
use super::refusal::{Refusal, unsupported};
use super::rows::refuse_locks;
use super::select::{first_select, is_wildcard, item_expr, order_keys, output_names, unnested};

/// A plan for a set operation over the rows of all shards.
pub fn gathered(
    query: &Query,
    layout: &Layout,
    scope: &Scope<'_>,
    fragments: &mut Fragments,
) -> Result<Draft, Refusal> {
    order_keys(query.order_by.as_ref())?;
    refuse_locks(query, "INTERSECT, EXCEPT or UNION, which PostgreSQL does not allow")?;
    // The names of the result are those of the first side, which may not be gathered.
    let names = first_select(&query.body).and_then(output_names);
    let is_stepwise = leaves(&query.body).len() > 2;
    let all = keeps_duplicates(&query.body);
    let mut sides =
        Sides { layout, scope, query, all, is_stepwise, gathered: Vec::new(), described: Vec::new(), names };
    let body = sides.replaced(&query.body, fragments)?;
    let union = std::mem::take(&mut sides.gathered).into_iter().reduce(|left, right| SetExpr::SetOperation {
        left: Box::new(left),
        op: SetOperator::Union,
        set_quantifier: SetQuantifier::All,
        right: Box::new(right),
    });
    let Some(union) = union else {
        return Err(unsupported("a set operation of this form; run its parts separately"));
    };
    let mut finish = Query {
        order_by: query.order_by.clone(),
        limit_clause: query.limit_clause.clone(),
        fetch: query.fetch.clone(),
        ..bare(body)
    };
    if let Some(with) = &query.with {
        let everywhere = with.cte_tables.iter().filter(|cte| scope.is_everywhere(&ctes::name_of(cte)));
        ctes::add(&mut finish, everywhere);
        finish.with.iter_mut().for_each(|added| added.recursive = with.recursive);
    }
    Ok(Draft {
        shard: Query { with: query.with.clone(), ..bare(union) },
        changed: true,
        hidden: 1,
        merge: MergeStrategy::Finish,
        distinct: false,
        offset: None,
        limit: None,
        finish,
        needs_finish: true,
        origins: Origins::Listed(Vec::new()),
        names: sides.names,
        sides: told_by_types(sides.described),
    })
}

/// The sides of a UNION of several steps, each of which runs on the shards as it stands.
pub fn stepwise(query: &Query) -> Result<Vec<SetSide>, Refusal> {
    let leaves = leaves(&query.body);
    if leaves.len() < 3 {
        return Ok(Vec::new());
    }
    leaves.into_iter().map(|leaf| side(query, leaf, SideRole::Stepwise)).collect()
}

/// Nothing depends on the types of the sides where one step compares all that is gathered, and no side takes its types
/// from others.
fn told_by_types(sides: Vec<SetSide>) -> Vec<SetSide> {
    let is_gathered = |side: &&SetSide| matches!(side.role, SideRole::Gathered { .. });
    let several = sides.iter().filter(is_gathered).count() > 1;
    let depends = |side: &SetSide| match side.role {
        SideRole::Gathered { is_stepwise } => (is_stepwise && several) || side.is_untyped_somewhere(),
        _ => false,
    };
    if sides.iter().any(depends) { sides } else { Vec::new() }
}

/// What a set operation combines.
fn leaves(body: &SetExpr) -> Vec<&SetExpr> {
    match body {
        SetExpr::SetOperation { left, right, .. } => [leaves(left), leaves(right)].concat(),
        leaf => vec![leaf],
    }
}

fn side(query: &Query, leaf: &SetExpr, role: SideRole) -> Result<SetSide, Refusal> {
    let alone = Query { with: query.with.clone(), ..bare(leaf.clone()) };
    let items = first_select(leaf).map_or(&[][..], |select| &select.projection);
    let is_untyped = |item: &SelectItem| {
        let value = item_expr(item).map(unnested);
        matches!(value, Some(Expr::Value(value)) if !matches!(value.value, Value::Number(..) | Value::Boolean(_)))
    };
    let wildcard = items.iter().position(is_wildcard).unwrap_or(items.len());
    let (placed, open) = items.split_at(wildcard);
    let untyped = placed.iter().enumerate().filter(|(_, item)| is_untyped(item)).map(|(index, _)| index).collect();
    Ok(SetSide { shard: print(&alone)?, role, untyped, has_more_untyped: open.iter().any(is_untyped) })
}

struct Sides<'a> {
    layout: &'a Layout,
    scope: &'a Scope<'a>,
    query: &'a Query,
    /// Duplicates are kept.
    all: bool,
    /// It has more than one step.
    is_stepwise: bool,
    gathered: Vec<SetExpr>,
    described: Vec<SetSide>,
    names: Option<Vec<String>>,
}

impl Sides<'_> {
    /// The set operation with its sharded sides replaced by gathered rows.
    fn replaced(&mut self, body: &SetExpr, fragments: &mut Fragments) -> Result<SetExpr, Refusal> {
        if let SetExpr::SetOperation { left, op, set_quantifier, right } = body {
            return Ok(SetExpr::SetOperation {
                left: Box::new(self.replaced(left, fragments)?),
                op: *op,
                set_quantifier: *set_quantifier,
                right: Box::new(self.replaced(right, fragments)?),
            });
        }
        let found = Search::new(self.layout).body_of(body, self.scope).map_err(|reason| unsupported(&reason))?;
        match found.locality {
            Locality::Replicated => {
                self.described.push(side(self.query, body, SideRole::Everywhere)?);
                Ok(body.clone())
            }
            Locality::CrossShard(reason) => Err(unsupported(reason)),
            Locality::SingleTenant => {
                let role = SideRole::Gathered { is_stepwise: self.is_stepwise };
                self.described.push(side(self.query, body, role)?);
                Ok(self.side(body.clone(), fragments))
            }
        }
    }

    /// Gathers a side's rows, marked with its number.
    fn side(&mut self, body: SetExpr, fragments: &mut Fragments) -> SetExpr {
        const ALIAS: &str = "mtdd_q";
        let number = Expr::Value(Value::Number(self.gathered.len().to_string(), false).into());
        let all = SelectItemQualifiedWildcardKind::ObjectName(vec![Ident::new(ALIAS)].into());
        let mut marked = empty_select();
        marked.projection =
            vec![SelectItem::QualifiedWildcard(all, Default::default()), hidden_item(0, number.clone())];
        marked.from = vec![from(derived(bare(body), ALIAS))];
        marked.distinct = (!self.all).then_some(Distinct::Distinct);
        self.gathered.push(SetExpr::Select(Box::new(marked)));
        SetExpr::Select(Box::new(self.rows_of(number, fragments)))
    }

    fn rows_of(&self, number: Expr, fragments: &mut Fragments) -> Select {
        let mut select = empty_select();
        select.projection = match &self.names {
            Some(names) => names
                .iter()
                .enumerate()
                .map(|(index, name)| SelectItem::ExprWithAlias {
                    expr: column(Column::Visible(index)),
                    alias: quoted(name),
                })
                .collect(),
            None => vec![SelectItem::UnnamedExpr(Expr::Identifier(fragments.name(vec![SqlFragment::Visible])))],
        };
        select.from = vec![from(table(GATHERED))];
        select.selection = Some(Expr::BinaryOp {
            left: Box::new(column(Column::Hidden(0))),
            op: BinaryOperator::PGCustomBinaryOperator(vec!["pg_catalog".into(), "=".into()]),
            right: Box::new(number),
        });
        select
    }
}

/// True if some part of a set operation keeps duplicates.
fn keeps_duplicates(body: &SetExpr) -> bool {
    match body {
        SetExpr::SetOperation { left, set_quantifier, right, .. } => {
            *set_quantifier == SetQuantifier::All || keeps_duplicates(left) || keeps_duplicates(right)
        }
        _ => false,
    }
}
