//! Refuses DDL that would give each shard's copy of a reference table values of its own: a new column is filled by its
//! default, and a changed type by USING, on each shard by itself. New tables have no rows yet.

use sqlparser::ast::{
    AlterColumnOperation, AlterTableOperation, ColumnDef, ColumnOption, CreateTable, DataType, Expr, Statement,
};

use super::change_target::into;
use super::column_clauses::{NO_COLUMN, without_storage};
use super::functions::{self, FunctionKind, kind, own_name};
use super::ident::{fold_case, last_part, name_parts};
use super::layout::Layout;
use super::object_ids::ObjectIds;
use super::own_kind::OwnKind;
use super::parse::Tokens;
use super::refusal::{Refusal, unsupported};
use super::select::{application_type, first_select, item_expr};
use super::walk::{Node, walk};
use super::{clock, id_columns};
use crate::data::lexer::{Lexer, Token, is_one_of};

const SERIAL: [&str; 6] = ["bigserial", "serial", "serial2", "serial4", "serial8", "smallserial"];

/// True for a name without a schema that no table has yet, if a reference table of that name is declared in any schema.
fn may_become_one(names: &[String], layout: &Layout) -> bool {
    matches!(names, [name] if layout.relation(names).is_none() && layout.names_copies(name))
}

/// Why DDL would make copies differ.
pub fn refusal(statements: &[Statement], layout: &Layout) -> Option<Refusal> {
    statements.iter().find_map(|statement| {
        if let Some(names) = into(statement).filter(|names| layout.is_reference(names) || may_become_one(names, layout)) {
            let table = names.join(".");
            return Some(unsupported(&format!(
                "{table}, a reference table, made from a query: each shard would fill it with rows of its own; create it \
                 without rows, then insert them"
            )));
        }
        if let Statement::CreateTable(created) = statement {
            return generated(created, layout);
        }
        let Statement::AlterTable(altered) = statement else { return None };
        let names = name_parts(&altered.name).filter(|names| layout.reaches_copies(names))?;
        let table = Copies::known(&names, layout);
        let own = altered.operations.iter().find_map(|operation| table.own_values(operation))?;
        Some(refused(&names.join("."), &own))
    })
}

/// The same for a text that the parser cannot read.
pub fn unread(sql: &str, layout: &Layout) -> Option<Refusal> {
    let tokens: Vec<Token<'_>> = Lexer::new(sql).skip_while(|token| *token == Token::Mark(';')).collect();
    let words: Vec<&str> = tokens.iter().map(|token| if let Token::Word(word) = token { *word } else { "" }).collect();
    let begins = words.iter().position(|word| word.eq_ignore_ascii_case("table"));
    let (true, Some(at @ 1..=2)) = (is_one_of(words.first()?, &["alter"]), begins) else { return None };
    let skipped = words[at + 1..].iter().take_while(|word| is_one_of(word, &["if", "exists", "only"])).count();
    let mut rest = tokens[at + 1 + skipped..].iter().skip_while(|token| **token == Token::Mark('('));
    let mut names = Vec::new();
    loop {
        names.push(match rest.next()? {
            Token::Word(word) => word.to_ascii_lowercase(),
            Token::Identifier(inside) => inside.replace("\"\"", "\""),
            _ => return None,
        });
        if rest.next() != Some(&Token::Mark('.')) {
            break;
        }
    }
    if !layout.reaches_copies(&names) {
        return None;
    }
    let read = Tokens::of(&without_storage(sql)).and_then(Tokens::parse);
    if let Ok(statements) = read
        && matches!(statements.as_slice(), [Statement::AlterTable(_)])
    {
        return refusal(&statements, layout);
    }
    let adds = |pair: &[&str]| is_one_of(pair[0], &["add"]) && !is_one_of(pair[1], &NO_COLUMN);
    let converts = words.iter().skip_while(|word| !is_one_of(word, &["type"])).any(|word| is_one_of(word, &["using"]));
    let generates = words.windows(2).any(|pair| is_one_of(pair[0], &["set"]) && is_one_of(pair[1], &["expression"]));
    let table = Copies::known(&names, layout);
    let may_be_id = |word: &&str| {
        let word = word.to_ascii_lowercase();
        word == "tableoid" || layout.kind_of_type(&word, false).is_some() || table.columns.iter().any(|of| of.0 == word)
    };
    (words.windows(2).any(adds) || converts || generates && words.iter().any(may_be_id))
        .then(|| refused(&names.join("."), "a column, in a text that cannot be read here,"))
}

/// Why a new table would make copies differ as soon as it gets rows.
fn generated(created: &CreateTable, layout: &Layout) -> Option<Refusal> {
    let names = name_parts(&created.name)?;
    if !layout.is_reference(&names) && !may_become_one(&names, layout) {
        return None;
    }
    let ids = ObjectIds { layout, own: &|_| None };
    let columns = created
        .columns
        .iter()
        .filter_map(|column| Some((fold_case(&column.name), ids.numbered(&column.data_type)?.kind)));
    let table = Copies { names: &names, columns: columns.collect(), layout };
    let mut options = created.columns.iter().flat_map(|column| &column.options);
    let own = options.find_map(|option| match &option.option {
        ColumnOption::Generated { generation_expr: Some(value), .. } => table.object_id(value),
        _ => None,
    })?;
    Some(unsupported(&format!(
        "{own} in a generated column of the reference table {}: each shard would fill it with values of its own; leave the \
             column out, and compute it where it is read",
        names.join(".")
    )))
}

fn refused(table: &str, own: &str) -> Refusal {
    unsupported(&format!(
        "{own} in a change of the reference table {table}: each shard would fill the rows that are there with values of its \
         own, and the copies would differ; add the column without a default, fill it with bound values, then set the default"
    ))
}

/// A reference table.
struct Copies<'c> {
    names: &'c [String],
    /// Its columns with what each server has by itself.
    columns: Vec<(String, OwnKind)>,
    layout: &'c Layout,
}

impl<'c> Copies<'c> {
    fn known(names: &'c [String], layout: &'c Layout) -> Self {
        let columns = layout.relation(names).map(|known| id_columns::of(known, None, layout)).unwrap_or_default();
        Copies { names, columns, layout }
    }
}

impl Copies<'_> {
    /// What an operation fills existing rows with, if each shard does that by itself.
    fn own_values(&self, operation: &AlterTableOperation) -> Option<String> {
        match operation {
            AlterTableOperation::AddColumn { column_def, .. } => self.own_default(column_def),
            AlterTableOperation::AlterColumn {
                op: AlterColumnOperation::SetDataType { data_type, using: Some(using), .. },
                ..
            } => self.own_value(using, data_type),
            _ => None,
        }
    }

    fn own_default(&self, column: &ColumnDef) -> Option<String> {
        // PostgreSQL takes "serial" in quotes for the same.
        if let Some([of_type]) = application_type(&column.data_type).and_then(name_parts).as_deref()
            && SERIAL.contains(&of_type.as_str())
        {
            return Some(format!("the type {of_type}"));
        }
        let mut given = false;
        let own = column.options.iter().find_map(|option| match &option.option {
            ColumnOption::Default(value) => {
                given = true;
                self.own_value(value, &column.data_type)
            }
            ColumnOption::Generated { generation_expr: None, .. } | ColumnOption::Identity(_) => {
                Some("IDENTITY".into())
            }
            ColumnOption::Generated { generation_expr: Some(value), .. } => {
                given = true;
                // PostgreSQL takes nothing there but what is immutable, object ids among it.
                self.object_id(value)
            }
            _ => None,
        });
        if own.is_some() || given {
            return own;
        }
        let of_type =
            application_type(&column.data_type).filter(|_| !matches!(column.data_type, DataType::Array(_)))?;
        let default = self.layout.readers.default_of(&last_part(of_type)?)?;
        let unread = || format!("the default of the type {of_type}");
        let Ok(statements) = Tokens::of(&format!("SELECT {default}")).and_then(Tokens::parse) else {
            return Some(unread());
        };
        let [Statement::Query(query)] = statements.as_slice() else { return Some(unread()) };
        let value = first_select(&query.body).and_then(|select| item_expr(select.projection.first()?));
        value.map_or_else(|| Some(unread()), |value| self.own_value(value, &column.data_type).map(|_| unread()))
    }

    /// A part of an expression that each shard computes by itself, or that may be such a part.
    fn own_value(&self, expr: &Expr, data_type: &DataType) -> Option<String> {
        let layout = self.layout;
        let mut own = None;
        walk(expr, &mut |node| {
            let Node::Expr(Expr::Function(call)) = node else { return };
            let is_shadowed = own_name(call).is_some_and(|name| layout.shadowed.contains(&name));
            if kind(call) != FunctionKind::Plain || is_shadowed || functions::of_one_server(call).is_some() {
                own.get_or_insert_with(|| format!("{}()", call.name));
            }
        });
        let is_time = clock::is_stored(expr, &data_type.to_string().to_ascii_lowercase());
        own.or_else(|| is_time.then(|| expr.to_string()))
            .or_else(|| clock::literal_within(expr, layout))
            .or_else(|| self.object_id(expr))
            .or_else(|| (!layout.readers.used(expr).is_empty()).then(|| expr.to_string()))
    }

    /// An object id in an expression over the columns of the table.
    fn object_id(&self, expr: &Expr) -> Option<String> {
        let own = |column: &Expr| id_columns::own(column, self.names.last(), &self.columns);
        ObjectIds { layout: self.layout, own: &own }.used(expr).into_iter().next().map(|own| own.what)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FanOutConsent, Layout, Relation, plan};

    fn layout() -> Layout {
        let of = |parents: &[&str]| Relation {
            schema: "public".into(),
            parents: parents.iter().map(|parent| vec!["public".to_owned(), (*parent).to_owned()]).collect(),
            ..Relation::default()
        };
        let relations = [("refs", of(&["above"])), ("above", of(&[])), ("part", of(&["refs"])), ("t", of(&[]))];
        let mut relations: Vec<_> = relations.into_iter().map(|(name, of)| (name.to_owned(), of)).collect();
        relations.extend(relations.clone().into_iter().map(|(name, of)| (format!("public.{name}"), of)));
        let mut layout = Layout {
            tenant_column: Some("tenant".into()),
            reference_tables: vec!["refs".into(), "later".into(), "public.soon".into()],
            relations: relations.into_iter().collect(),
            ..Layout::default()
        };
        let refs =
            "code text\nrc regclass\nd tbl over regclass\nall_of regclass[]\nboth pair of a integer, of_table regclass";
        for name in ["refs", "public.refs"] {
            layout.relations.get_mut(name).unwrap().parts.1 = refs.into();
        }
        layout.readers.add("numbered", "tbl", "regclass");
        layout.readers.add("numbered", "pair", "");
        layout.readers.add("default", "stamp", "now()");
        layout.readers.add("default", "word", "'none'::text");
        layout
    }

    #[test]
    fn no_ddl_fills_a_copy_with_values_of_its_own_shard() {
        for sql in [
            "alter table refs add column id serial",
            "alter table \"refs\" add column \"id\" bigserial not null",
            "alter table refs add column id \"serial\"",
            "alter table refs add column x int storage plain default random()",
            "alter table refs add column x text compression pglz default current_user, add y int",
            "alter table refs add column twice text generated always as (code || code) virtual, add id serial",
            "alter table refs add x storage default random()",
            "alter table refs add id int generated by default as identity",
            "alter table refs add column id int generated always as identity (start with 5)",
            "alter table refs add column u uuid default gen_random_uuid()",
            "alter table refs add a int, add column at timestamptz not null default CURRENT_TIMESTAMP",
            "alter table refs add column at timestamptz default now()",
            "alter table refs add column at timestamptz default 'now'",
            "alter table refs add column at date default 'today'::date",
            "alter table only public.refs add column r float8 default random()",
            "alter table if exists refs add column who text default current_user",
            "alter table refs add column mine int default mine(1)",
            "alter table refs add column n bigint default nextval('s')",
            "alter table refs add column t oid default 'refs'::regclass",
            "alter table refs add column s stamp",
            "alter table refs add column g oid generated always as (tableoid) stored",
            "alter table refs add column g oid generated always as (refs.tableoid) virtual",
            "alter table refs add column g int generated always as ('refs'::regclass::oid::int) stored",
            "alter table refs add column g oid default 'refs'::tbl",
            "alter table refs alter column code set expression as (rc::oid::text)",
            "create table refs (id int, g oid generated always as (tableoid) stored)",
            "create table soon (rc regclass, g int generated always as (rc::oid::int) stored)",
            "alter table refs alter code type text using rc::oid::text",
            "alter table refs alter code type text using (array[rc])[1]::oid::text",
            "alter table refs alter code type text using d::oid::text",
            "alter table refs alter code type text using all_of[1]::oid::text",
            "alter table refs alter code type text using (both).of_table::oid::text",
            "alter table refs alter code type text using refs::text::pair::text || (refs).rc::oid",
            "alter table refs alter n type int using (random() * 10)::int",
            "alter table refs alter column n set data type text using mine(n)",
            "alter table part add column id serial",
            "alter table above add column id serial",
            "alter table later add column id serial",
            "alter table refs add column x int storage plain default random() some thing",
            "alter table refs alter n type int using random() some thing",
            "create table refs as select random()",
            "create table if not exists refs as select * from t",
            "select * into refs from t",
            "create materialized view refs as select * from t",
            "create table soon as select random()",
        ] {
            let planned = plan(sql, FanOutConsent::AllServers, &layout()).plan;
            assert!(
                planned.as_ref().is_err_and(|refusal| refusal.to_string().contains("each shard would fill")),
                "{sql}: {planned:?}"
            );
        }
    }

    #[test]
    fn ddl_that_gives_all_copies_the_same_goes_on() {
        for sql in [
            "alter table refs add column a int",
            "alter table refs add column a text default 'now'",
            "alter table refs add column a int not null default 0, drop column b",
            "alter table refs add column w word",
            "alter table refs add column g text generated always as (mine(code)) stored",
            "alter table refs alter code type text using rc::text || d::text || all_of[1]::text",
            "alter table refs add column w mood default 'ok'",
            "alter table refs add column twice text generated always as (code || code) stored",
            "alter table refs add column twice text generated always as (code || code) virtual",
            "alter table refs add column twice text generated always as (code || code)",
            "alter table refs add column x text storage external compression lz4 default 'x'",
            "alter table refs add column x \"SERIAL\"",
            "alter table refs alter column at set default now()",
            "alter table refs alter n type bigint using n::bigint",
            "alter table refs alter column twice set expression as (code || '-')",
            "create table soon (rc regclass, g text generated always as (rc::text) stored)",
            "create table t (id int, g oid generated always as (tableoid) stored)",
            "alter table refs add constraint positive check (n > 0)",
            "alter table refs add primary key (code)",
            "alter table refs add constraint apart exclude using gist (span with &&) some thing",
            "alter table refs rename to codes",
            "create table refs (id serial, at timestamptz default now())",
            "create index on refs (n)",
            "alter table t add column id serial",
            "alter table t add column at timestamptz default now()",
        ] {
            let planned = plan(sql, FanOutConsent::AllServers, &layout()).plan;
            assert!(planned.is_ok(), "{sql}: {planned:?}");
        }
    }
}
