//! Literals such as 'now' that PostgreSQL may read as the current time, in a change of rows that every shard has copies of.
//! The type of an untyped literal is not known here, so it counts as a time unless it stands where only a text can.

use sqlparser::ast::{
    Assignment, AssignmentTarget, BinaryOperator, DataType, Expr, Insert, MergeAction, MergeInsertKind,
    MergeUpdateKind, ObjectName, OnConflictAction, OnInsert, SetExpr, Statement, Value,
};

use super::clock::has_word;
use super::ident::last_part;
use super::layout::{Layout, Relation};
use super::relations::named_by;
use super::select::{is_wildcard, item_expr, plain_column, unnested};
use super::walk::{Node, walk};

/// The first such literal of a change of `known`.
pub fn unread(statement: &Statement, known: &Relation, layout: &Layout) -> Option<String> {
    let mut texts = Texts { known, found: Vec::new() };
    texts.stored(statement);
    let mut found: Vec<(*const Expr, String)> = Vec::new();
    walk(statement, &mut |node| {
        if let Node::Expr(expr) = node
            && literal(expr).is_some_and(has_word)
        {
            found.push((std::ptr::from_ref(expr), expr.to_string()));
        }
    });
    if found.is_empty() {
        return None;
    }
    texts.compared(statement, layout);
    found.into_iter().find(|(at, _)| !texts.found.contains(at)).map(|(_, text)| text)
}

/// The text of a literal.
fn literal(expr: &Expr) -> Option<&str> {
    let value = match expr {
        Expr::Value(value) => &value.value,
        Expr::TypedString(typed) => &typed.value.value,
        _ => return None,
    };
    match value {
        Value::SingleQuotedString(text)
        | Value::EscapedStringLiteral(text)
        | Value::UnicodeStringLiteral(text)
        | Value::NationalStringLiteral(text) => Some(text),
        Value::DollarQuotedString(text) => Some(&text.value),
        _ => None,
    }
}

/// Literals that can be nothing but texts.
struct Texts<'k> {
    known: &'k Relation,
    found: Vec<*const Expr>,
}

impl Texts<'_> {
    /// Those that a column of texts gets as they stand.
    fn stored(&mut self, statement: &Statement) {
        match statement {
            Statement::Insert(insert) => self.inserted(insert),
            Statement::Update(update) => self.assigned(&update.assignments),
            Statement::Merge(merge) => {
                for clause in &merge.clauses {
                    match &clause.action {
                        MergeAction::Update(update) => {
                            if let MergeUpdateKind::Set(assignments) = &update.kind {
                                self.assigned(assignments);
                            }
                        }
                        MergeAction::Insert(insert) => {
                            if let MergeInsertKind::Values(values) = &insert.kind {
                                let columns = self.columns(&insert.columns);
                                values.rows.iter().for_each(|row| self.row(&columns, row.content.iter().map(Some)));
                            }
                        }
                        MergeAction::Delete { .. } | MergeAction::DoNothing { .. } => {}
                    }
                }
            }
            Statement::Query(query) => {
                if let SetExpr::Insert(inside) | SetExpr::Update(inside) = &*query.body {
                    self.stored(inside);
                }
            }
            _ => {}
        }
    }

    fn inserted(&mut self, insert: &Insert) {
        let columns = self.columns(&insert.columns);
        if let Some(source) = &insert.source {
            self.source(&columns, &source.body);
        }
        if let Some(OnInsert::OnConflict(conflict)) = &insert.on
            && let OnConflictAction::DoUpdate(update) = &conflict.action
        {
            self.assigned(&update.assignments);
        }
    }

    /// The columns that are written, in the order in which they are.
    fn columns(&self, named: &[ObjectName]) -> Vec<String> {
        match named.is_empty() {
            true => self.known.ordered_columns(),
            false => named.iter().map(|name| last_part(name).unwrap_or_default()).collect(),
        }
    }

    fn source(&mut self, columns: &[String], body: &SetExpr) {
        match body {
            SetExpr::Values(values) => {
                values.rows.iter().for_each(|row| self.row(columns, row.content.iter().map(Some)))
            }
            // After a wildcard, the column that an expression is for is not known.
            SetExpr::Select(select) => {
                let items = select.projection.iter().take_while(|item| !is_wildcard(item)).map(item_expr);
                self.row(columns, items);
            }
            SetExpr::Query(query) => self.source(columns, &query.body),
            // A column of a set operation may be a text on one side and a time on the other.
            _ => {}
        }
    }

    fn row<'e>(&mut self, columns: &[String], values: impl Iterator<Item = Option<&'e Expr>>) {
        for (column, value) in columns.iter().zip(values) {
            if let Some(value) = value {
                self.stored_into(column, value);
            }
        }
    }

    fn assigned(&mut self, assignments: &[Assignment]) {
        for assignment in assignments {
            if let AssignmentTarget::ColumnName(name) = &assignment.target
                && let Some(column) = last_part(name)
            {
                self.stored_into(&column, &assignment.value);
            }
        }
    }

    fn stored_into(&mut self, column: &str, value: &Expr) {
        if self.known.type_of(column).is_some_and(is_of_text) {
            self.found.push(std::ptr::from_ref(uncast(value)));
        }
    }

    /// Those that are compared with a column that holds texts, whichever of the statement's tables it belongs to.
    fn compared(&mut self, statement: &Statement, layout: &Layout) {
        let relations: Vec<&Relation> =
            named_by(std::slice::from_ref(statement), layout).iter().filter_map(|name| layout.relation(name)).collect();
        let is_text = |expr: &Expr| {
            let Some(name) = plain_column(unnested(expr)) else { return false };
            let mut types = relations.iter().filter_map(|relation| relation.type_of(&name)).peekable();
            types.peek().is_some() && types.all(is_of_text)
        };
        let found = &mut self.found;
        walk(statement, &mut |node| {
            let Node::Expr(expr) = node else { return };
            match expr {
                Expr::BinaryOp { left, op, right } if is_comparison(op) => {
                    for (column, value) in [(left, right), (right, left)] {
                        if is_text(column) {
                            found.push(std::ptr::from_ref(uncast(value)));
                        }
                    }
                }
                // Patterns are texts.
                Expr::Like { pattern, .. } | Expr::ILike { pattern, .. } | Expr::SimilarTo { pattern, .. } => {
                    found.push(std::ptr::from_ref(uncast(pattern)));
                }
                Expr::InList { expr, list, .. } if is_text(expr) => {
                    found.extend(list.iter().map(|value| std::ptr::from_ref(uncast(value))));
                }
                Expr::Between { expr, low, high, .. } if is_text(expr) => {
                    found.extend([low, high].map(|value| std::ptr::from_ref(uncast(value))));
                }
                _ => {}
            }
        });
    }
}

fn is_comparison(op: &BinaryOperator) -> bool {
    use BinaryOperator as Op;
    matches!(op, Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq)
}

/// A literal without the parentheses and the casts to a text around it.
fn uncast(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => uncast(inner),
        Expr::Cast { expr: inner, data_type: DataType::Text | DataType::Varchar(_), .. } => uncast(inner),
        expr => expr,
    }
}

/// True if no text is read as a time in a column with this type and the rest of its line.
fn is_of_text(of_type: &str) -> bool {
    const TEXTS: [&str; 9] = ["text", "character", "varchar", "bpchar", "name", "\"char\"", "citext", "json", "jsonb"];
    let name = of_type.split([' ', '(', '[']).next().unwrap_or_default();
    // An enum's line has its labels.
    TEXTS.contains(&name) || of_type.contains(" of '")
}

#[cfg(test)]
mod tests {
    use super::super::{FanOutConsent, plan};
    use super::*;

    fn layout() -> Layout {
        let columns = "code text\ntitle character varying(20)\nmade timestamp with time zone\nmood mood of 'now', 'then'\ndata jsonb";
        let of = |columns: &str| Relation { parts: (0, columns.into()), ..Relation::default() };
        Layout {
            tenant_column: Some("tenant".into()),
            reference_tables: vec!["codes".into(), "others".into()],
            relations: [("codes", of(columns)), ("others", of("code text\ntitle date"))]
                .map(|(name, relation)| (name.to_owned(), relation))
                .into(),
            ..Layout::default()
        }
    }

    #[test]
    fn a_literal_that_may_be_a_time_is_refused_where_it_may_be_read_as_one() {
        for sql in [
            "insert into codes (code, made) (select 'd6', 'now')",
            "insert into codes (code, made) select 'a', 'now' union all select 'b', null",
            "insert into codes (code, made) select 'a', x from (select 'now' x) q",
            "insert into codes (code, made) select 'a', x::timestamptz from (values ('now')) v(x)",
            "update codes set made = coalesce(null::timestamptz, 'now')",
            "update codes set made = greatest('now', now())",
            "update codes set made = case when true then 'now' else now() end",
            "update codes set title = (array['now', now()])[1]::text",
            "update codes set title = ('now' at time zone 'UTC')::text",
            "update codes set title = timestamptz('now')::text",
            "update codes set title = tstzrange('now', 'tomorrow')::text",
            "update codes set title = ('[now,tomorrow)'::tstzrange)::text",
            "update codes set title = age('now', '2000-01-01')::text",
            "update codes set title = 'x' from others where others.title = 'now'",
            "delete from codes where made < greatest('now', null)",
            "update codes set made = $$now$$",
            "merge into codes c using others o on o.code = c.code when matched then update set made = coalesce('now', null)",
        ] {
            let planned = plan(sql, FanOutConsent::AllServers, &layout()).plan;
            let reason = planned.map(|_| String::new()).unwrap_or_else(|refusal| refusal.to_string());
            assert!(reason.contains("clock"), "{sql}: {reason}");
        }
        for sql in [
            "insert into codes (code, title) values ('now', 'buy now'), ('today', 'now'::text)",
            "insert into codes values ('now', 'now', null, 'now', '{\"a\": \"now\"}')",
            "insert into codes (code, title) select 'now', 'now'",
            "update codes set title = 'now', mood = 'now' where code in ('now', 'today') and title like 'now%'",
            "insert into codes (code) values ('a') on conflict (code) do update set title = 'now'",
            "delete from codes where code = 'now'",
            "update codes set title = 'nowhere' || code",
        ] {
            let planned = plan(sql, FanOutConsent::AllServers, &layout()).plan;
            assert!(planned.is_ok(), "{sql}: {planned:?}");
        }
    }
}
