//! Finds the table that a statement changes, directly or through a view. PostgreSQL writes through a simple view to its
//! table, so rules about the table's columns apply to the view's columns too.

use std::collections::BTreeMap;

use sqlparser::ast::{
    Expr, FromTable, GroupByExpr, ObjectName, Query, Select, SelectItem, SetExpr, Statement, TableFactor, TableObject,
    TableWithJoins,
};

use super::budget::spend;
use super::ident::{fold_case, name_parts};
use super::layout::Layout;
use super::parse::Tokens;
use super::refusal::{Refusal, unsupported};
use super::select::{change_of, first_select, plain_column, takes_some_rows};
use super::stack::VIEW_LEVELS;
use super::system_relations;
use super::walk::{Node, walk};

/// Deeper nesting of views is refused.
const MOST_VIEWS: usize = 16;

/// The table that a statement changes.
#[derive(Debug, PartialEq, Eq)]
pub struct ChangeTarget {
    pub table: Vec<String>,
    /// Maps the view's columns to the table's; None: the statement names the table itself.
    columns: Option<BTreeMap<String, String>>,
}

impl ChangeTarget {
    /// The table's name for a column of the named relation.
    pub fn column(&self, name: &str) -> Option<String> {
        match &self.columns {
            Some(columns) => columns.get(name).cloned(),
            None => Some(name.to_owned()),
        }
    }
}

/// The table behind a name. None: a view whose rows do not come from one table.
pub fn table_of(names: &[String], layout: &Layout) -> Option<ChangeTarget> {
    let mut written = ChangeTarget { table: names.to_vec(), columns: None };
    for _ in 0..MOST_VIEWS {
        let view = layout.relation(&written.table).and_then(|known| known.view.as_deref());
        let Some(view) = view.filter(|_| !system_relations::is_own(&written.table)) else { return Some(written) };
        let (table, columns) = behind(view)?;
        written.columns = Some(match written.columns {
            None => columns,
            Some(outer) => {
                let through = |(name, of): (String, String)| Some((name, columns.get(&of)?.clone()));
                outer.into_iter().filter_map(through).collect()
            }
        });
        written.table = table;
    }
    None
}

/// The only relation of a view's query, and how the view's columns map to its columns.
fn behind(view: &str) -> Option<(Vec<String>, BTreeMap<String, String>)> {
    spend(4 * view.len());
    let tokens = Tokens::of(view).ok().filter(|tokens| tokens.levels <= VIEW_LEVELS)?;
    let statements = tokens.parse().ok()?;
    let [Statement::Query(query)] = statements.as_slice() else { return None };
    let select = plain(query)?;
    let [TableWithJoins { relation: TableFactor::Table { name, args: None, sample: None, .. }, joins }] =
        select.from.as_slice()
    else {
        return None;
    };
    let table = name_parts(name).filter(|_| joins.is_empty())?;
    let mut columns = BTreeMap::new();
    for item in &select.projection {
        let (expr, alias) = match item {
            SelectItem::UnnamedExpr(expr) => (expr, None),
            SelectItem::ExprWithAlias { expr, alias } => (expr, Some(fold_case(alias))),
            _ => return None,
        };
        // PostgreSQL does not accept values for computed columns.
        let Some(column) = plain_column(expr) else { continue };
        columns.insert(alias.unwrap_or_else(|| column.clone()), column);
    }
    Some((table, columns))
}

/// The select of a query that gives the rows of its FROM as they are.
fn plain(query: &Query) -> Option<&Select> {
    let SetExpr::Select(select) = &*query.body else { return None };
    let is_grouped =
        !matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty()) || select.having.is_some();
    (query.with.is_none() && !is_grouped && !takes_some_rows(query) && select.distinct.is_none()).then_some(select)
}

/// The reason to refuse a statement that, even in a part, writes through a view whose table is unknown or a reference
/// table, or that changes a reference table in a part of it.
pub fn refusal(statement: &Statement, layout: &Layout) -> Option<Refusal> {
    let mut reason = of_view(statement, layout);
    each_inside(statement, &mut |inside| {
        if reason.is_none() {
            reason = of_view(inside, layout).or_else(|| of_copies(inside, layout));
        }
    });
    reason.map(|reason| unsupported(&reason))
}

/// Shows the changes inside of a statement: those of WITH, without that of the statement itself.
pub fn each_inside(statement: &Statement, see: &mut dyn FnMut(&Statement)) {
    let own = match statement {
        Statement::Query(query) => std::ptr::from_ref(&**query),
        _ => std::ptr::null(),
    };
    walk(statement, &mut |node| {
        if let Node::Query(query) = node
            && !std::ptr::eq(query, own)
            && let Some(inside) = change_of(query)
        {
            see(inside);
        }
    });
}

/// The reason to refuse a change inside of a statement, if it is one of copies.
fn of_copies(statement: &Statement, layout: &Layout) -> Option<String> {
    let names = target(statement).and_then(name_parts).filter(|names| layout.is_reference(names))?;
    let table = names.join(".");
    Some(format!(
        "a change of the reference table {table} inside of another statement, which each shard would do by rows or values of \
         its own; change {table} in a statement of its own"
    ))
}

fn of_view(statement: &Statement, layout: &Layout) -> Option<String> {
    let names = target(statement).and_then(name_parts)?;
    if let Some(reason) = layout.unclear(&names) {
        return Some(reason);
    }
    let shown = names.join(".");
    match table_of(&names, layout) {
        Some(written) if written.columns.is_some() && layout.is_reference(&written.table) => {
            let table = written.table.join(".");
            Some(format!("a change of the reference table {table} through the view {shown}; change the table itself"))
        }
        Some(_) => None,
        None => Some(format!(
            "a change through the view {shown}, whose underlying table cannot be determined; change the table itself"
        )),
    }
}

/// The name of the relation that a statement changes.
pub fn target(statement: &Statement) -> Option<&ObjectName> {
    match statement {
        Statement::Insert(insert) => match &insert.table {
            TableObject::TableName(name) => Some(name),
            _ => None,
        },
        Statement::Update(update) => named(&update.table.relation),
        Statement::Delete(delete) => {
            let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
            from.first().and_then(|TableWithJoins { relation, .. }| named(relation))
        }
        Statement::Merge(merge) => named(&merge.table),
        Statement::Query(query) => match &*query.body {
            SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) => target(statement),
            _ => None,
        },
        _ => None,
    }
}

/// The name of the relation that a statement makes and fills with the rows of a query.
pub fn into(statement: &Statement) -> Option<Vec<String>> {
    match statement {
        Statement::CreateTable(made) => name_parts(&made.name).filter(|_| made.query.is_some()),
        Statement::CreateView(made) => name_parts(&made.name).filter(|_| made.materialized),
        Statement::Query(query) => match first_select(&query.body)?.into.as_ref()?.targets.first()? {
            Expr::Identifier(name) => Some(vec![fold_case(name)]),
            Expr::CompoundIdentifier(names) => Some(names.iter().map(fold_case).collect()),
            _ => None,
        },
        _ => None,
    }
}

fn named(table: &TableFactor) -> Option<&ObjectName> {
    match table {
        TableFactor::Table { name, .. } => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FanOutConsent, Relation, plan};
    use super::*;

    fn layout() -> Layout {
        let view = |query: &str| Relation { view: Some(query.to_owned()), ..Relation::default() };
        let part = Relation { parents: vec![vec!["public".into(), "countries".into()]], ..Relation::default() };
        Layout {
            tenant_column: Some("tenant".into()),
            reference_tables: vec!["countries".into()],
            relations: [
                ("t", Relation { has_tenant: true, ..Relation::default() }),
                (
                    "countries",
                    Relation {
                        parts: (0, "code text\ntitle text\nmade date".into()),
                        keys: [["code".to_owned()].into()].into(),
                        ..Relation::default()
                    },
                ),
                ("countries_of_europe", part),
                ("titles", view(" SELECT code,\n    title\n   FROM countries;")),
                ("titles_of_titles", view(" SELECT titles.code,\n    titles.title AS named\n   FROM titles;")),
                ("mine", view(" SELECT id,\n    tenant AS owner,\n    a + 1 AS tenant\n   FROM t;")),
                ("mine_again", view(" SELECT id,\n    owner AS o\n   FROM mine;")),
                ("joined", view(" SELECT t.id,\n    c.title\n   FROM t JOIN countries c ON c.code = t.code;")),
            ]
            .map(|(name, relation)| (name.to_owned(), Relation { schema: "public".into(), ..relation }))
            .into(),
            ..Layout::default()
        }
    }

    fn refused(sql: &str) -> String {
        match plan(sql, FanOutConsent::AllServers, &layout()).plan {
            Err(refusal) => refusal.to_string(),
            Ok(plan) => panic!("{sql}: {plan:?}"),
        }
    }

    #[test]
    fn copies_of_reference_data_are_not_changed_through_a_view() {
        for sql in [
            "insert into titles (code) values ('a')",
            "update titles set title = 'x'",
            "delete from titles",
            "with v as (select 1) delete from titles",
            "with v as (delete from titles returning code) select * from v",
            "merge into titles using countries c on c.code = titles.code when matched then delete",
            "update titles_of_titles set named = 'x'",
        ] {
            assert!(refused(sql).contains("the reference table countries through the view titles"), "{sql}");
        }
        assert!(refused("update joined set title = 'x'").contains("whose underlying table cannot be determined"));
    }

    #[test]
    fn the_tenant_has_the_name_that_a_view_gives_it() {
        for sql in [
            "update mine set owner = 'b'",
            "update mine_again set o = 'b'",
            "insert into mine (id) values (1) on conflict (id) do update set owner = 'b'",
            "merge into mine using t on t.id = mine.id when matched then update set owner = 'b'",
        ] {
            assert!(refused(sql).contains("a change of tenant"), "{sql}");
        }
        for sql in ["update mine set id = 1", "update mine set owner = owner, id = 1", "update t set tenant = tenant"] {
            assert!(plan(sql, FanOutConsent::AllServers, &layout()).plan.is_ok(), "{sql}");
        }
        assert!(refused("update t set tenant = o.tenant from o").contains("a change of tenant"));
    }

    #[test]
    fn what_differs_from_server_to_server_gets_into_no_copy() {
        for sql in [
            "update countries set title = (select code from countries limit 1)",
            "update countries set title = (select string_agg(code, ',') from countries)",
            "update countries set title = (select json_agg(code)::text from countries)",
            "insert into countries (code) select code || row_number() over () from countries",
            "insert into countries (code) select code || count(*) over w from countries window w as (order by code)",
            "insert into countries (code) select code from countries order by code fetch first row only",
            "insert into countries (code) select distinct on (title) code from countries",
            "delete from countries where code in (select code from countries limit 1)",
            "update countries set title = array_to_string(array(select title from countries), ',')",
            "update countries set title = (select string_agg(code, ',' order by title) from countries)",
            "insert into countries (code) select code || row_number() over (order by title) from countries",
            "update countries set title = (select max(f) from (select first_value(code) over (order by title) f from countries) q)",
            "insert into countries (code) select code || sum(1) over (order by title rows 1 preceding) from countries",
            "update countries set title = o.title from countries o",
            "update countries c set title = o.title from countries o where o.title = c.title",
            "update countries c set title = v.t from (values ('a', 'b'), ('a', 'c')) v(code, t) where v.code = c.code",
            "update countries c set title = v.t from (values ('a', 'b'), ('A ', 'c')) v(code, t) where v.code = c.code",
            "update countries c set title = v.t from (values (1, 'b'), (01, 'c')) v(code, t) where v.code = c.code",
            "update countries c set title = v.t from (values (1, 'b'), (2, 'b')) v(code, t) where v.t = c.title",
            "update countries c set title = v.t from unnest($1::text[], $2::text[]) v(code, t) where v.code = c.code",
            "update countries c set title = v.t from json_to_recordset($1) v(code text, t text) where v.code = c.code",
            "update countries c set title = v.t from (select unnest($1::text[]) as t) v",
            "with v(code, t) as (values ('a', 'b'), ('a', 'c')) update countries c set title = v.t from v where v.code = c.code",
        ] {
            assert!(refused(sql).contains("depends on the order of the rows"), "{sql}");
        }
        for sql in [
            "update countries set title = current_database()",
            "update countries set title = current_catalog",
            "update countries set title = version()",
            "update countries set title = current_setting('data_directory')",
            "update countries set title = tableoid::text",
            "update countries set title = 'countries'::regclass::oid::text",
            "insert into countries (code) select relname from pg_class",
        ] {
            assert!(refused(sql).contains("its value differs between servers"), "{sql}");
        }
        for sql in [
            "update countries set title = (select string_agg(code, ',' order by code) from countries)",
            "insert into countries (code) select code || row_number() over (order by code) from countries",
            "update countries set title = (select max(code) from countries)",
            "update countries set title = current_setting('app.title')",
            "update countries set title = array_to_string(array(select code from countries order by code), ',')",
            "update countries set title = (select string_agg(title, ',' order by made, code) from countries)",
            "insert into countries (code) select code || rank() over (order by title) from countries",
            "update countries c set title = o.title from countries o where o.code = c.title",
            "update countries c set title = v.t from (values ('a', 'b')) v(code, t) where v.code = c.code",
            "update countries c set title = v.t from (values ('a', 'b'), ('A b', 'b')) v(code, t) where v.code = c.code",
            "with v(code, t) as (values (1, 'b'), (2, 'b')) update countries c set title = v.t from v where v.code = c.code",
            "update countries c set title = v.t from (values ($1, $2)) v(code, t) where v.code = c.code",
            "update countries c set title = v.t from (values ($1, $2), ($3, $4)) v(code, t) where v.code = c.code",
            "update countries c set title = v.t from (select now()::text as t) v where c.code = 'a'",
            "update countries c set title = v.t from (select $1 as code, 'x' as t) v where v.code = c.code",
            "update countries c set title = 'x' from unnest($1::text[]) v(code) where v.code = c.code",
            "update countries c set title = 'x' from countries o where o.title = c.title",
            "insert into countries (code) values ('a'), ('a') on conflict do nothing",
            "insert into countries (code, title) select code, title from countries on conflict (code) do nothing",
            "update countries set title = age(made, '2000-01-01')::text",
            "update countries set title = age(made)::text",
        ] {
            assert!(plan(sql, FanOutConsent::AllServers, &layout()).plan.is_ok(), "{sql}");
        }
    }

    #[test]
    fn copies_are_changed_by_statements_of_their_own() {
        for sql in [
            "with u as (update countries set title = random() returning 1) update t set a = a",
            "with u as (delete from countries where code in (select a from t) returning 1) update t set a = 1 where false",
            "with u as (insert into countries (code) values ('q') returning 1) delete from t",
            "with u as (insert into countries (code) values ('q') returning 1) insert into t values (1)",
            "insert into t with u as (delete from countries returning code) select code from u",
            "with u as (with v as (delete from countries returning 1) select 1) update t set a = 1",
            "with u as (update t set a = 1 returning a) update countries set title = 'x'",
        ] {
            assert!(plan(sql, FanOutConsent::AllServers, &layout()).plan.is_err(), "{sql}");
        }
        assert!(
            refused("with u as (delete from countries returning 1) delete from t").contains("a statement of its own")
        );
        let with = "with u as (select code from countries) update countries set title = 'x' from u where false";
        assert!(plan(with, FanOutConsent::AllServers, &layout()).plan.is_ok());
        assert!(
            plan("with u as (delete from t returning 1) update t set a = 1", FanOutConsent::AllServers, &layout())
                .plan
                .is_ok()
        );
    }

    #[test]
    fn a_rule_changes_no_copies_for_a_part_of_a_statement_either() {
        let mut layout = layout();
        let rules =
            [("more".to_owned(), "CREATE RULE more AS ON DELETE TO ruled DO INSTEAD DELETE FROM countries".to_owned())];
        layout
            .relations
            .insert("ruled".into(), Relation { has_tenant: true, rules: rules.into(), ..Relation::default() });
        for sql in ["delete from ruled", "with u as (delete from ruled returning 1) delete from t"] {
            let planned = plan(sql, FanOutConsent::AllServers, &layout).plan;
            assert!(planned.is_err_and(|refusal| refusal.to_string().contains("rule more names")), "{sql}");
        }
    }

    #[test]
    fn of_rows_that_conflict_with_each_other_no_copy_keeps_another_one() {
        for sql in [
            "insert into countries (code, title) select 'zz', title from countries on conflict do nothing",
            "insert into countries (code, title) select title, code from countries on conflict (code) do nothing",
        ] {
            assert!(refused(sql).contains("ON CONFLICT DO NOTHING"), "{sql}");
        }
    }

    #[test]
    fn rows_of_tenants_below_a_reference_table_are_neither_copies_nor_sharded() {
        let mut layout = layout();
        let parents = vec![vec!["public".to_owned(), "countries".to_owned()]];
        let child = Relation { has_tenant: true, parents, ..Relation::default() };
        layout.relations.insert("mixed".into(), child);
        layout.relations.insert("public.countries".into(), layout.relations["countries"].clone());
        for sql in ["select code from countries", "select code from mixed", "update countries set title = 'x'"] {
            let planned = plan(sql, FanOutConsent::AllServers, &layout).plan;
            assert!(planned.is_err_and(|refusal| refusal.to_string().contains("mixed has rows of tenants")), "{sql}");
        }
    }

    #[test]
    fn a_part_of_a_reference_table_is_one_too() {
        assert!(refused("update countries_of_europe set title = random()").contains("the copies would differ"));
    }
}
