//! Prints syntax trees as SQL. Every printed text is parsed again and compared, so a bug in the parser or printer
//! causes a refusal and never a different statement.

use std::collections::HashMap;
use std::fmt::Display;
use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Ident, Query, Statement, Value, VisitMut};

use super::fan_out_plan::{Column, ParamSource, ShardStatement, SqlFragment};
use super::parse::{CLOSES, OPENS, Tokens};
use super::refusal::Refusal;
use super::walk::{Node, NodeMut, rewrite, walk};

/// Characters of a text that an error message shows.
const SHOWN: usize = 300;

/// The number of a `$n`, from 0.
pub fn placeholder(value: &Value) -> Option<usize> {
    match value {
        Value::Placeholder(name) => name.strip_prefix('$')?.parse::<usize>().ok()?.checked_sub(1),
        _ => None,
    }
}

/// The placeholder of a source until `number` numbers it. Sources other than the statement's parameters have names that
/// no statement uses.
pub fn parameter(source: ParamSource) -> Value {
    Value::Placeholder(match source {
        ParamSource::Param(index) => format!("${}", index + 1),
        ParamSource::ShardLimit => "$enough".into(),
        ParamSource::Now => "$now".into(),
    })
}

fn source(value: &Value) -> Option<ParamSource> {
    match value {
        Value::Placeholder(name) if name == "$enough" => Some(ParamSource::ShardLimit),
        Value::Placeholder(name) if name == "$now" => Some(ParamSource::Now),
        value => placeholder(value).map(ParamSource::Param),
    }
}

/// The number of a text's parameters.
pub fn parameters(statement: &Statement) -> usize {
    let mut count = 0;
    walk(statement, &mut |node| {
        if let Node::Expr(Expr::Value(value)) = node
            && let Some(index) = placeholder(&value.value)
        {
            count = count.max(index + 1);
        }
    });
    count
}

/// Prints a tree, with its parameters numbered in order of appearance.
pub fn print(query: &Query) -> Result<ShardStatement, Refusal> {
    let (sql, params) = number_query(query)?;
    Ok(ShardStatement { sql, params })
}

/// The same of a statement.
pub fn print_statement(statement: &Statement) -> Result<ShardStatement, Refusal> {
    let (sql, params) = number(statement, |statement, again| statement == again)?;
    Ok(ShardStatement { sql, params })
}

fn number_query(query: &Query) -> Result<(String, Vec<ParamSource>), Refusal> {
    number(query, |query, again| matches!(again, Statement::Query(again) if **again == *query))
}

/// `is_same`: whether the parsed text equals the tree.
fn number<T: VisitMut + Clone + Display>(
    tree: &T,
    is_same: impl FnOnce(&T, &Statement) -> bool,
) -> Result<(String, Vec<ParamSource>), Refusal> {
    let mut params = Vec::new();
    let mut numbers = HashMap::new();
    let mut numbered = tree.clone();
    rewrite(&mut numbered, &mut |node| {
        if let NodeMut::Value(value) = node
            && let Some(source) = source(&value.value)
        {
            let number = *numbers.entry(source).or_insert_with(|| {
                params.push(source);
                params.len()
            });
            value.value = Value::Placeholder(format!("${number}"));
        }
        ControlFlow::Continue(())
    });
    // Marks become names that no statement has, so that the text can be parsed.
    let mut named = numbered.clone();
    rewrite(&mut named, &mut |node| {
        if let NodeMut::Ident(ident) = node
            && is_mark(ident)
        {
            ident.value = format!("mtdd_m{}", ident.value.trim_matches([OPENS, CLOSES]));
        }
        ControlFlow::Continue(())
    });
    let checked = exact(named.clone());
    let again = Tokens::of(&checked).and_then(Tokens::parse);
    if !matches!(again.as_deref(), Ok([again]) if is_same(&named, again)) {
        let shown: String = checked.chars().take(SHOWN).collect();
        let more = if shown.len() < checked.len() { " ..." } else { "" };
        return Err(Refusal::Unsupported(format!(
            "it cannot be rewritten without changing its meaning (as: \
             {shown}{more})"
        )));
    }
    Ok((exact(numbered), params))
}

/// Prints a tree, with every quote in a literal or name doubled. The printer treats two quotes in a row, or one after a
/// backslash, as already escaped; so they are doubled first.
fn exact<T: VisitMut + Display>(mut tree: T) -> String {
    rewrite(&mut tree, &mut |node| {
        match node {
            NodeMut::Value(value) => {
                if let Value::SingleQuotedString(text) | Value::NationalStringLiteral(text) = &mut value.value {
                    double(text, '\'');
                }
            }
            NodeMut::Ident(ident) => {
                if let Some(quote) = ident.quote_style {
                    double(&mut ident.value, quote);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    tree.to_string()
}

fn double(text: &mut String, quote: char) {
    if text.contains(quote) {
        *text = text.replace(quote, &format!("{quote}{quote}"));
    }
}

/// Fragments of a finishing query, which are marked names in the tree until it is printed.
#[derive(Debug, Default)]
pub struct Fragments {
    bits: Vec<Vec<SqlFragment>>,
}

impl Fragments {
    /// A marked name for these fragments.
    pub fn name(&mut self, bits: Vec<SqlFragment>) -> Ident {
        self.bits.push(bits);
        Ident::new(format!("{OPENS}{}{CLOSES}", self.bits.len() - 1))
    }

    /// Prints a tree as fragments, with its parameters.
    pub fn print(&self, query: &Query) -> Result<(Vec<SqlFragment>, Vec<ParamSource>), Refusal> {
        let (sql, params) = number_query(query)?;
        let mut out = Vec::new();
        self.split(&sql, &mut out);
        Ok((out, params))
    }

    fn split(&self, sql: &str, out: &mut Vec<SqlFragment>) {
        let mut rest = sql;
        while let Some((before, after)) = rest.split_once(OPENS) {
            let Some((number, after)) = after.split_once(CLOSES) else { break };
            push(out, SqlFragment::Sql(before.to_owned()));
            for bit in number.parse().ok().and_then(|index: usize| self.bits.get(index)).into_iter().flatten() {
                match bit {
                    SqlFragment::Sql(sql) => self.split(sql, out),
                    bit => out.push(bit.clone()),
                }
            }
            rest = after;
        }
        push(out, SqlFragment::Sql(rest.to_owned()));
    }
}

/// True for a marked name.
pub fn is_mark(name: &Ident) -> bool {
    name.value.starts_with(OPENS)
}

fn push(out: &mut Vec<SqlFragment>, bit: SqlFragment) {
    match (out.last_mut(), bit) {
        (_, SqlFragment::Sql(sql)) if sql.is_empty() => {}
        (Some(SqlFragment::Sql(last)), SqlFragment::Sql(sql)) => last.push_str(&sql),
        (_, bit) => out.push(bit),
    }
}

/// The name of a gathered column in a finishing query.
pub fn gathered(column: Column) -> String {
    match column {
        Column::Visible(index) => format!("v{index}"),
        Column::Hidden(index) => format!("h{index}"),
    }
}
