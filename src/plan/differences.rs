//! Finds where a statement relies on what the shards define differently: a type that it names, a function that it calls,
//! or the order of a table's columns where it does not name them.

use std::collections::BTreeMap;

use sqlparser::ast::{
    Assignment, AssignmentTarget, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    Insert, MergeAction, ObjectName, OnConflict, OnConflictAction, OnInsert, Select, SelectItem,
    SelectItemQualifiedWildcardKind, Statement, TableFactor, TableWithJoins,
};

use super::change_target::target;
use super::ident::{as_written, fold_case, last_part, name_parts};
use super::layout::{Differences, Layout};
use super::relations::each_text;
use super::select::{application_type, change_of};
use super::walk::{Node, walk};

/// Why a statement, or a view or policy of what it names, would mean something else on each shard.
pub fn refusal(statement: &Statement, layout: &Layout) -> Option<String> {
    let known = &layout.differences;
    if known.types.is_empty() && known.rows.is_empty() && known.orders.is_empty() {
        return None;
    }
    let mut found = None;
    each_text(std::slice::from_ref(statement), layout, &mut |text| {
        if found.is_none() {
            found = differing_type(text, known)
                .map(|how| format!("the shards differ in {how}; make them alike"))
                .or_else(|| by_order(text, known));
        }
    });
    found
}

/// A type that a text names. Names of columns do not count.
fn differing_type(text: &Statement, known: &Differences) -> Option<String> {
    if known.types.is_empty() && known.rows.is_empty() {
        return None;
    }
    let mut of_rows = None;
    let (mut columns, mut found) = (written_columns(text), Vec::<(*const Ident, &String)>::new());
    walk(text, &mut |node| match node {
        Node::Expr(Expr::Identifier(name)) => columns.push(name),
        Node::Expr(Expr::Cast { data_type, .. }) => {
            of_rows = of_rows.take().or_else(|| known.of_rows(&named(data_type)?.join(".")));
        }
        Node::Expr(Expr::CompoundIdentifier(names)) => columns.extend(names.iter().map(std::ptr::from_ref)),
        Node::Select(select) => columns.extend(select.projection.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => Some(std::ptr::from_ref(alias)),
            _ => None,
        })),
        Node::Ident(name) => {
            let of = known.types.get(&as_written(&fold_case(name)));
            found.extend(of.map(|how| (std::ptr::from_ref(name), how)));
        }
        _ => {}
    });
    let types = found.into_iter().find(|(name, _)| !columns.contains(name));
    types.map(|(_, how)| how.clone()).or_else(|| of_rows.map(str::to_owned))
}

/// The names of columns to which a statement itself writes.
fn written_columns(statement: &Statement) -> Vec<*const Ident> {
    let assigned = |assignments: &[Assignment]| {
        let targets = assignments.iter().flat_map(|assignment| match &assignment.target {
            AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
            AssignmentTarget::Tuple(names) => names,
        });
        idents(targets)
    };
    match statement {
        Statement::Update(update) => assigned(&update.assignments),
        Statement::Insert(insert) => {
            let mut columns = idents(&insert.columns);
            if let Some(OnInsert::OnConflict(OnConflict { action: OnConflictAction::DoUpdate(update), .. })) =
                &insert.on
            {
                columns.extend(assigned(&update.assignments));
            }
            columns
        }
        _ => Vec::new(),
    }
}

fn idents<'n>(names: impl IntoIterator<Item = &'n ObjectName>) -> Vec<*const Ident> {
    names.into_iter().flat_map(|name| &name.0).filter_map(|part| part.as_ident()).map(std::ptr::from_ref).collect()
}

/// Finds where a text relies on an order of columns that differs.
fn by_order(text: &Statement, known: &Differences) -> Option<String> {
    if known.orders.is_empty() {
        return None;
    }
    // By alias.
    let mut tables: BTreeMap<String, &str> = BTreeMap::new();
    let mut found: Option<(&str, String)> = None;
    walk(text, &mut |node| {
        if let Node::Factor(factor) = node
            && let Some((alias, how, renames)) = disordered(factor, known)
        {
            if renames {
                found.get_or_insert((how, format!("other names for the columns of {alias}")));
            }
            tables.insert(alias, how);
        }
    });
    if let Some(names) = target(text).and_then(name_parts)
        && let Some(how) = known.order(&names)
    {
        tables.insert(names.last().cloned().unwrap_or_default(), how);
    }
    walk(text, &mut |node| {
        if found.is_some() {
            return;
        }
        found = match node {
            Node::Select(select) => in_select(select, &tables, known),
            Node::Expr(expr) => in_expression(expr, &tables, known),
            Node::Query(query) => change_of(query).and_then(|inside| in_change(inside, &tables, known)),
            _ => None,
        };
    });
    let (how, what) = found.or_else(|| in_change(text, &tables, known))?;
    Some(format!("{what}: the shards differ in {how}; name the columns that are meant, or make the tables alike"))
}

/// A table whose columns are in another order: its alias, and whether that gives them other names.
fn disordered<'k>(factor: &TableFactor, known: &'k Differences) -> Option<(String, &'k str, bool)> {
    let TableFactor::Table { name, alias, args: None, .. } = factor else { return None };
    let names = name_parts(name)?;
    let how = known.order(&names)?;
    let shown =
        alias.as_ref().map_or_else(|| names.last().cloned().unwrap_or_default(), |alias| fold_case(&alias.name));
    Some((shown, how, alias.as_ref().is_some_and(|alias| !alias.columns.is_empty())))
}

type Found<'k> = Option<(&'k str, String)>;

fn in_select<'k>(select: &Select, tables: &BTreeMap<String, &'k str>, known: &'k Differences) -> Found<'k> {
    select.projection.iter().find_map(|item| match item {
        SelectItem::Wildcard(_) => select.from.iter().find_map(|table| among(table, known)),
        item => of_alias(item, tables),
    })
}

/// `*` over these tables.
fn among<'k>(table: &TableWithJoins, known: &'k Differences) -> Found<'k> {
    let of = |factor: &TableFactor| match factor {
        TableFactor::NestedJoin { table_with_joins, .. } => among(table_with_joins, known),
        factor => disordered(factor, known).map(|(_, how, _)| (how, "*".to_owned())),
    };
    of(&table.relation).or_else(|| table.joins.iter().find_map(|join| of(&join.relation)))
}

fn of_alias<'k>(item: &SelectItem, tables: &BTreeMap<String, &'k str>) -> Found<'k> {
    let SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) = item else { return None };
    let alias = last_part(name)?;
    tables.get(&alias).map(|how| (*how, format!("{alias}.*")))
}

/// A row as a whole.
fn in_expression<'k>(expr: &Expr, tables: &BTreeMap<String, &'k str>, known: &'k Differences) -> Found<'k> {
    let of = |alias: String| tables.get(&alias).map(|how| (*how, format!("{alias} as a row")));
    match expr {
        Expr::Identifier(name) => of(fold_case(name)),
        Expr::QualifiedWildcard(name, _) => of(last_part(name)?),
        Expr::Function(call) => rows_of(call).into_iter().find_map(of),
        Expr::Cast { data_type, .. } => of_type(data_type, known),
        Expr::TypedString(typed) => of_type(&typed.data_type, known),
        _ => None,
    }
}

fn rows_of(call: &Function) -> Vec<String> {
    let FunctionArguments::List(list) = &call.args else { return Vec::new() };
    let rows = list.args.iter().filter_map(|argument| match argument {
        FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg) => match arg {
            FunctionArgExpr::QualifiedWildcard(name) => last_part(name),
            _ => None,
        },
    });
    rows.collect()
}

fn named(data_type: &DataType) -> Option<Vec<String>> {
    name_parts(application_type(data_type)?)
}

/// The type of a table's rows.
fn of_type<'k>(data_type: &DataType, known: &'k Differences) -> Found<'k> {
    let name = named(data_type)?;
    known.order(&name).map(|how| (how, format!("the type {}", name.join("."))))
}

/// What a change writes, or returns, by the order of columns.
fn in_change<'k>(statement: &Statement, tables: &BTreeMap<String, &'k str>, known: &'k Differences) -> Found<'k> {
    let how = target(statement).and_then(name_parts).and_then(|names| known.order(&names));
    let (returned, unnamed) = match statement {
        Statement::Insert(Insert { columns, source, returning, .. }) => {
            (returning.as_ref(), columns.is_empty() && source.is_some())
        }
        Statement::Update(update) => (update.returning.as_ref(), false),
        Statement::Delete(delete) => (delete.returning.as_ref(), false),
        Statement::Merge(merge) => {
            let is_unnamed = merge
                .clauses
                .iter()
                .any(|clause| matches!(&clause.action, MergeAction::Insert(insert) if insert.columns.is_empty()));
            (None, is_unnamed)
        }
        _ => return None,
    };
    if let (true, Some(how)) = (unnamed, how) {
        return Some((how, "INSERT without the names of columns".into()));
    }
    returned.into_iter().flatten().find_map(|item| match (item, how) {
        (SelectItem::Wildcard(_), Some(how)) => Some((how, "RETURNING *".into())),
        (item, _) => of_alias(item, tables),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{FanOutConsent, Layout, plan};
    use super::*;

    fn layout() -> Layout {
        let mut differences = Differences::default();
        differences.add_type("public", "mood", true, "the type mood");
        differences.add_type("public", "_mood", true, "the type mood");
        differences.add_function("public", "f", true, "the function f");
        let orders = ["ord", "public.ord"].map(|name| (name.to_owned(), "the order of the columns of ord".to_owned()));
        differences.orders = orders.into();
        Layout {
            tenant_column: Some("tenant".into()),
            reference_tables: vec!["copies".into()],
            differences,
            ..Layout::default()
        }
    }

    fn reason(sql: &str, asked: FanOutConsent) -> Option<String> {
        plan(sql, asked, &layout()).plan.err().map(|refusal| refusal.to_string())
    }

    #[test]
    fn a_type_that_differs_is_refused_wherever_it_is_named() {
        for sql in [
            "select min(name::mood) from t",
            "select id from t where name::public.mood < 'b'",
            "select cast(names as mood[]) from t",
            "select names::_mood from t",
            "select mood(name) from t",
            "select x.a from t, jsonb_to_record(j) as x(a mood)",
        ] {
            let reason = reason(sql, FanOutConsent::Implicit);
            assert!(
                reason.as_ref().is_some_and(|reason| reason.contains("differ in the type mood")),
                "{sql}: {reason:?}"
            );
        }
        assert_eq!(reason("select mood, t.mood, id as mood from t where mood = 'x'", FanOutConsent::Implicit), None);
    }

    #[test]
    fn what_depends_on_an_order_of_columns_that_differs_is_refused() {
        for sql in [
            "select * from ord order by tenant",
            "select o from ord o",
            "select o::text from public.ord o",
            "select row_to_json(o) from ord o",
            "select count(distinct (o.*)) from ord o",
            "select tenant, o.* from ord o",
            "select f(o.*) from ord o",
            "select max(c2) from ord as x(c1, c2, c3)",
            "select c2 from (select * from ord) y(c1, c2, c3)",
            "with z(c1, c2) as (select * from ord) select c1 from z",
            "select (null::ord).a from t",
            "select t.id from t join (u join ord on ord.tenant = u.tenant) on u.tenant = t.tenant where exists (select * from ord)",
            "insert into ord values ('a', 'b')",
            "insert into ord select tenant, a from t",
            "insert into ord (a) values ('a') returning *",
            "update ord set a = 'b' returning *",
            "delete from ord o returning o.*",
            "with x as (insert into ord values ('a')) select 1",
        ] {
            for asked in [FanOutConsent::Implicit, FanOutConsent::AllServers] {
                let reason = reason(sql, asked);
                assert!(
                    reason.as_ref().is_some_and(|reason| reason.contains("order of the columns")),
                    "{sql}: {reason:?}"
                );
            }
        }
        for sql in [
            "select a, o.b from ord o order by o.tenant",
            "select count(*) from ord",
            "select t.* from t join ord on ord.tenant = t.tenant",
            "update ord set a = 'b'",
        ] {
            assert_eq!(reason(sql, FanOutConsent::Implicit), None, "{sql}");
        }
        assert_eq!(reason("insert into ord (a, b) values ('a', 'b')", FanOutConsent::AllServers), None);
    }

    #[test]
    fn a_function_that_differs_gives_no_copy_a_value_and_no_result_unless_that_is_asked_for() {
        for (sql, asked) in [
            ("select f(a) from t", FanOutConsent::Implicit),
            ("select a from t where public.f(a)", FanOutConsent::Implicit),
            ("update copies set a = f('x')", FanOutConsent::AllServers),
            ("insert into copies (a) select f('x')", FanOutConsent::AllServers),
        ] {
            let reason = reason(sql, asked);
            assert!(reason.as_ref().is_some_and(|reason| reason.contains("the function f")), "{sql}: {reason:?}");
            assert!(reason.is_some_and(|reason| reason.contains("the shards differ")), "{sql}");
        }
        assert_eq!(reason("select f(a) from t", FanOutConsent::Null), None);
    }
}
