//! Changes of rows on every shard. All shards use one time. Every shard holds a copy of a reference table, and the
//! copies must stay equal, so no value may be computed separately by each shard.

use std::collections::BTreeSet;

use sqlparser::ast::{
    Assignment, AssignmentTarget, Expr, Insert, MergeAction, MergeInsertKind, MergeUpdateKind, ObjectName,
    OnConflictAction, OnInsert, Query, Select, SelectItem, SetExpr, Statement, WildcardAdditionalOptions,
};

use super::change_target::{each_inside, target};
use super::clock;
use super::consent::FanOutConsent;
use super::draft::{bare, derived, empty_select, from};
use super::fan_out_plan::{Broadcast, ChangePlan, ParamSource, Plan, ShardStatement};
use super::functions::{self, FunctionKind, own_name};
use super::ident::{fold_case, last_part, name_parts};
use super::layout::{Layout, Relation};
use super::moments;
use super::parse::Tokens;
use super::print::{parameters, print_statement};
use super::refusal::{Refusal, unsupported};
use super::select::{is_wildcard, item_expr};
use super::walk::{Node, walk};
use super::write::Changed;
use crate::data::lexer::{Lexer, Token};

/// The plan of a change whose kind is known.
pub fn change(
    statement: &Statement,
    sql: &str,
    changed: Changed,
    consent: FanOutConsent,
    layout: &Layout,
) -> Result<Plan, Refusal> {
    let Changed { how, mut functions, distinct } = changed;
    let names = target(statement).and_then(name_parts).unwrap_or_default();
    let known = layout.relation(&names);
    let mut filled = None;
    if let Some(known) = known {
        let mut copies = Copies { known, layout, functions: &mut functions };
        match (how, statement) {
            (Broadcast::Same, statement) => filled = copies.filled(statement)?,
            // Each shard gives its own rows their defaults.
            (Broadcast::Sum, Statement::Update(update)) if consent == FanOutConsent::Implicit => {
                for Assignment { target, value } in &update.assignments {
                    if let AssignmentTarget::ColumnName(name) = target {
                        copies.check_stored(&last_part(name).unwrap_or_default(), value)?;
                    }
                }
            }
            _ => {}
        }
    }
    if how == Broadcast::Same
        && let Some(how) = layout.differences.function(&functions)
    {
        return Err(unsupported(&format!(
            "a change of a reference table: the shards differ in {how}; make them alike"
        )));
    }
    if let Some(known) = known {
        check_rules(&names, known, how, layout)?;
    }
    let mut of_rules = Ok(());
    each_inside(statement, &mut |inside| {
        let names = target(inside).and_then(name_parts).unwrap_or_default();
        if let Some(known) = layout.relation(&names)
            && of_rules.is_ok()
        {
            of_rules = check_rules(&names, known, Broadcast::Sum, layout);
        }
    });
    of_rules?;
    if how == Broadcast::Same
        && let Some(known) = known
        && let Some(literal) = moments::unread(statement, known, layout)
    {
        return Err(unsupported(&format!(
            "the literal {literal} in a change of a reference table, which each shard could read as a time by its own clock; \
             write now() in its place, bind it, or give it to a column of texts as it stands"
        )));
    }
    let given =
        ShardStatement { sql: sql.to_owned(), params: (0..parameters(statement)).map(ParamSource::Param).collect() };
    let shard = if filled.is_some() || clock::is_asked(statement) {
        let is_shadowed = clock::is_shadowed(statement, layout);
        let mut statement = filled.unwrap_or_else(|| statement.clone());
        if let Some(returning) = returning(&mut statement) {
            clock::keep_names(returning);
        }
        clock::one_for_all(&mut statement);
        match print_statement(&statement) {
            Ok(text) if !is_shadowed => text,
            // Each shard does what it would do alone.
            _ if consent == FanOutConsent::AllServers && how == Broadcast::Sum => given,
            Ok(_) => {
                return Err(unsupported(
                    "a function of yours with the same name as a clock function of PostgreSQL; bind the time",
                ));
            }
            Err(refusal) => {
                return Err(unsupported(&format!(
                    "the current time, which must be the same on all shards: \
                 bind it; {refusal}"
                )));
            }
        }
    } else {
        given
    };
    Ok(Plan::Change(std::sync::Arc::new(ChangePlan {
        shard,
        how,
        functions: functions.into_iter().collect(),
        distinct,
        triggers: known.map(|known| known.triggers.clone()).unwrap_or_default(),
        rules: known.map(|known| known.rules.keys().cloned().collect()).unwrap_or_default(),
        names_unknown: known.is_none(),
    })))
}

/// A rule does what its table's rows on one shard are, so that it must not touch copies.
fn check_rules(names: &[String], known: &Relation, how: Broadcast, layout: &Layout) -> Result<(), Refusal> {
    let table = names.join(".");
    for (rule, action) in &known.rules {
        if how == Broadcast::Same {
            return Err(unsupported(&format!(
                "a change of the reference table {table}, which has the rule {rule}: the copies could differ after it; make a \
                 trigger of it, or change each shard's own database"
            )));
        }
        let of_copies = Lexer::new(action).find_map(|token| {
            match token {
                Token::Word(word) => Some(word.to_ascii_lowercase()),
                Token::Identifier(inside) => Some(inside.replace("\"\"", "\"")),
                _ => None,
            }
            .filter(|word| layout.names_copies(word))
        });
        if let Some(copies) = of_copies {
            return Err(unsupported(&format!(
                "a change of {table}, whose rule {rule} names the reference table {copies}: each shard would change its copy by \
                 rows of its own; drop the rule, or name a tenant and change {copies} by itself"
            )));
        }
    }
    Ok(())
}

fn returning(statement: &mut Statement) -> Option<&mut Vec<SelectItem>> {
    match statement {
        Statement::Insert(insert) => insert.returning.as_mut(),
        Statement::Update(update) => update.returning.as_mut(),
        Statement::Delete(delete) => delete.returning.as_mut(),
        Statement::Query(query) => match &mut *query.body {
            SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) => {
                returning(statement)
            }
            _ => None,
        },
        _ => None,
    }
}

/// A reference table whose rows are changed.
struct Copies<'c> {
    known: &'c Relation,
    layout: &'c Layout,
    /// Functions that the catalog must confirm to be immutable.
    functions: &'c mut BTreeSet<String>,
}

/// The value of a column that a statement leaves out.
enum ColumnDefault {
    /// The same on all shards.
    Alike,
    /// The current time, or a value computed from it.
    OfTheTime(Box<Expr>),
}

impl Copies<'_> {
    /// The statement with defaults that use the time filled in, if there are any.
    fn filled(&mut self, statement: &Statement) -> Result<Option<Statement>, Refusal> {
        match statement {
            Statement::Insert(insert) => {
                let mut filled = insert.clone();
                let mut is_changed = self.fill(&mut filled)?;
                if let Some(OnInsert::OnConflict(conflict)) = &mut filled.on
                    && let OnConflictAction::DoUpdate(update) = &mut conflict.action
                {
                    is_changed |= self.assigned(&mut update.assignments)?;
                }
                Ok(is_changed.then_some(Statement::Insert(filled)))
            }
            Statement::Update(update) => {
                let mut filled = update.clone();
                let is_changed = self.assigned(&mut filled.assignments)?;
                Ok(is_changed.then_some(Statement::Update(filled)))
            }
            Statement::Merge(merge) => {
                let mut filled = merge.clone();
                let mut is_changed = false;
                for clause in &mut filled.clauses {
                    match &mut clause.action {
                        MergeAction::Update(update) => {
                            if let MergeUpdateKind::Set(assignments) = &mut update.kind {
                                is_changed |= self.assigned(assignments)?;
                            }
                        }
                        MergeAction::Insert(insert) => {
                            let MergeInsertKind::Values(values) = &mut insert.kind else { continue };
                            let mut rows: Vec<_> = values.rows.iter_mut().map(|row| &mut row.content).collect();
                            is_changed |= self.fill_rows(&mut insert.columns, &mut rows)?;
                        }
                        MergeAction::Delete { .. } | MergeAction::DoNothing { .. } => {}
                    }
                }
                Ok(is_changed.then_some(Statement::Merge(filled)))
            }
            Statement::Query(query) => {
                let body = match &*query.body {
                    SetExpr::Insert(statement) => self.filled(statement)?.map(SetExpr::Insert),
                    SetExpr::Update(statement) => self.filled(statement)?.map(SetExpr::Update),
                    _ => None,
                };
                let with = |body| Statement::Query(Box::new(Query { body: Box::new(body), ..(**query).clone() }));
                Ok(body.map(with))
            }
            _ => Ok(None),
        }
    }

    /// SET: the keyword DEFAULT, and literals that mean the current time.
    fn assigned(&mut self, assignments: &mut [Assignment]) -> Result<bool, Refusal> {
        let mut is_changed = false;
        for assignment in assignments {
            let AssignmentTarget::ColumnName(name) = &assignment.target else {
                let mut names_default = false;
                walk(&assignment.value, &mut |node| {
                    names_default |= matches!(node, Node::Expr(expr) if is_default(expr));
                });
                match names_default {
                    true => {
                        return Err(unsupported(
                            "DEFAULT in an assignment to several columns; assign each column \
                         separately",
                        ));
                    }
                    false => continue,
                }
            };
            let column = last_part(name).unwrap_or_default();
            if is_default(&assignment.value) {
                if let ColumnDefault::OfTheTime(expr) = self.default(&column)? {
                    assignment.value = *expr;
                    is_changed = true;
                }
            } else {
                self.check_stored(&column, &assignment.value)?;
            }
        }
        Ok(is_changed)
    }

    /// The columns that an INSERT leaves out.
    fn fill(&mut self, insert: &mut Insert) -> Result<bool, Refusal> {
        let Some(source) = &mut insert.source else { return self.fill_rows(&mut insert.columns, &mut []) };
        match &mut *source.body {
            SetExpr::Values(values) => {
                let mut rows: Vec<_> = values.rows.iter_mut().map(|row| &mut row.content).collect();
                self.fill_rows(&mut insert.columns, &mut rows)
            }
            // The same value in each row changes nothing of DISTINCT.
            SetExpr::Select(select) => {
                let mut exprs: Vec<Expr> = Vec::new();
                // The number of columns of a wildcard is not known.
                if !select.projection.iter().any(is_wildcard) {
                    exprs.extend(select.projection.iter().filter_map(item_expr).cloned());
                }
                let given = exprs.len();
                let is_changed = self.fill_rows(&mut insert.columns, &mut [&mut exprs])?;
                select.projection.extend(exprs.drain(given..).map(SelectItem::UnnamedExpr));
                Ok(is_changed)
            }
            _ => {
                let mut added = Vec::new();
                let is_changed = self.fill_rows(&mut insert.columns, &mut [&mut added])?;
                if !added.is_empty() {
                    *source.body = SetExpr::Select(Box::new(beside((*source.body).clone(), added)));
                }
                Ok(is_changed)
            }
        }
    }

    /// The same for the rows of VALUES; without rows: DEFAULT VALUES.
    fn fill_rows(&mut self, columns: &mut Vec<ObjectName>, rows: &mut [&mut Vec<Expr>]) -> Result<bool, Refusal> {
        if columns.is_empty() {
            return self.check_unnamed(rows).map(|()| false);
        }
        let names: Vec<String> = columns.iter().filter_map(last_part).collect();
        let mut is_changed = false;
        for (index, column) in names.iter().enumerate() {
            let mut named: Vec<_> = rows.iter_mut().filter_map(|row| row.get_mut(index)).collect();
            named.retain(|value| is_default(value));
            if !named.is_empty()
                && let ColumnDefault::OfTheTime(expr) = self.default(column)?
            {
                named.into_iter().for_each(|value| *value = (*expr).clone());
                is_changed = true;
            }
            for value in rows.iter().filter_map(|row| row.get(index)) {
                self.check_stored(column, value)?;
            }
        }
        for column in self.known.defaults.keys().filter(|column| !names.contains(column)) {
            if let ColumnDefault::OfTheTime(expr) = self.default(column)? {
                columns.push(vec![super::ident::quoted(column)].into());
                rows.iter_mut().for_each(|row| row.push((*expr).clone()));
                is_changed = true;
            }
        }
        Ok(is_changed)
    }

    /// Without column names it is not known here which columns the rows leave out.
    fn check_unnamed(&mut self, rows: &[&mut Vec<Expr>]) -> Result<(), Refusal> {
        let all = self.known.columns().len();
        let gives_all = !rows.is_empty() && rows.iter().all(|row| row.len() == all && !row.iter().any(is_default));
        let columns: Vec<&String> = self.known.defaults.keys().collect();
        for column in columns {
            if !gives_all && let ColumnDefault::OfTheTime(_) = self.default(column)? {
                return Err(unsupported(&format!(
                    "INSERT without column names into a table whose column {column} gets the current time; name the \
                         columns"
                )));
            }
        }
        let ordered = self.known.ordered_columns();
        let of_time = ordered.iter().enumerate().find(|(place, column)| {
            let of_type = self.known.type_of(column).unwrap_or_default();
            rows.iter().filter_map(|row| row.get(*place)).any(|value| clock::is_stored(value, of_type))
        });
        match of_time {
            Some((_, column)) => Err(self.of_a_clock(column)),
            None => Ok(()),
        }
    }

    /// Refuses a literal that a column takes for the current time.
    fn check_stored(&self, column: &str, value: &Expr) -> Result<(), Refusal> {
        match self.known.type_of(column).is_some_and(|of_type| clock::is_stored(value, of_type)) {
            true => Err(self.of_a_clock(column)),
            false => Ok(()),
        }
    }

    fn of_a_clock(&self, column: &str) -> Refusal {
        unsupported(&format!("a literal for {column} that means the current time: {}", clock::EACH_SHARD))
    }

    /// The default of a column, if all shards compute the same value for it.
    fn default(&mut self, column: &str) -> Result<ColumnDefault, Refusal> {
        let Some(default) = self.known.defaults.get(column) else { return Ok(ColumnDefault::Alike) };
        let refused = |who: &str| {
            unsupported(&format!(
                "column {column} has no value, so {who} would fill it in, and the copies of the row would differ; give \
                     it a value"
            ))
        };
        if default == "IDENTITY" {
            return Err(refused("each shard's own sequence"));
        }
        if !self.known.has_one_default(column) {
            return Err(refused("which differs from shard to shard and"));
        }
        let unreadable = || refused("which cannot be read here and");
        let parsed = Tokens::of(&format!("SELECT {default}")).and_then(Tokens::parse).map_err(|_| unreadable())?;
        let [Statement::Query(query)] = parsed.as_slice() else { return Err(unreadable()) };
        let SetExpr::Select(select) = &*query.body else { return Err(unreadable()) };
        let [item] = select.projection.as_slice() else { return Err(unreadable()) };
        let expr = item_expr(item).ok_or_else(unreadable)?;
        let (mut own, mut of_the_time) = (None, false);
        walk(expr, &mut |node| {
            let Node::Expr(Expr::Function(call)) = node else { return };
            if functions::of_one_server(call).is_some() {
                own.get_or_insert_with(|| own_name(call).unwrap_or_default());
            }
            let shadowed = own_name(call).is_some_and(|name| self.layout.shadowed.contains(&name));
            match functions::kind(call) {
                FunctionKind::Clock if !shadowed => of_the_time = true,
                FunctionKind::Plain if !shadowed => {}
                FunctionKind::Unknown => drop(self.functions.insert(call.name.to_string())),
                _ => drop(own.get_or_insert_with(|| own_name(call).unwrap_or_default())),
            }
        });
        match own.as_deref() {
            Some("nextval") => Err(refused("each shard's own sequence")),
            Some(name) => Err(refused(&format!("each shard's own {name}()"))),
            None if clock::literal_within(expr, self.layout).is_some() => Err(refused("each shard's own clock")),
            None if of_the_time => Ok(ColumnDefault::OfTheTime(Box::new(Expr::Nested(Box::new(expr.clone()))))),
            None => Ok(ColumnDefault::Alike),
        }
    }
}

/// The rows, each extended by the same values.
fn beside(rows: SetExpr, values: Vec<Expr>) -> Select {
    let mut select = empty_select();
    select.projection = vec![SelectItem::Wildcard(WildcardAdditionalOptions::default())];
    select.projection.extend(values.into_iter().map(SelectItem::UnnamedExpr));
    select.from = vec![from(derived(bare(rows), "given"))];
    select
}

/// The keyword, which the parser reads as a name.
fn is_default(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(name) if name.quote_style.is_none() && fold_case(name) == "default")
}
