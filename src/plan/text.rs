//! SQL text to syntax tree and back. Whatever is printed is parsed again and compared, so that a gap in the parser or
//! the printer refuses a statement instead of changing it.

use std::collections::HashMap;
use std::fmt::Display;
use std::ops::ControlFlow;

use sqlparser::ast::{AccessExpr, Expr, Ident, ObjectName, ObjectNamePart, Query, Statement, Value, VisitMut};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::shape::{Bit, Column, Source, Text};
use super::walk::{Node, NodeMut, rewrite, walk};
use super::{Refusal, grammar, stack, unsupported};
use crate::data::lexer::Lexer;

/// Nesting beyond this is refused rather than followed.
const DEEPEST: usize = 100;
/// What marks a place in a tree that no SQL can say: a control character that no statement holds.
const OPENS: char = '\u{1}';
const CLOSES: char = '\u{2}';

/// A text of more tokens than this is refused: each takes some hundred bytes until it is planned.
const MOST_TOKENS: usize = 1_000_000;
/// The same for the characters between them, which the parser takes for tokens too.
const MOST_BLANKS: usize = 4_000_000;
/// Characters of a text that a refusal shows.
const SHOWN: usize = 300;

/// A text that can be parsed.
pub struct Tokens {
    pub(super) tokens: Vec<TokenWithSpan>,
    /// No tree of this text is deeper.
    pub levels: usize,
}

impl Tokens {
    pub fn of(sql: &str) -> Result<Tokens, Refusal> {
        // Whatever is shorter cannot have more.
        if sql.len() > MOST_TOKENS {
            let size = Lexer::size(sql);
            if size.tokens > MOST_TOKENS || size.blanks > MOST_BLANKS {
                return Err(unsupported(&format!(
                    "a text of more than {MOST_TOKENS} words and marks, or {MOST_BLANKS} blanks; bind its values as one array, as in x = ANY ($1)"
                )));
            }
        }
        if sql.contains([OPENS, CLOSES]) {
            return Err(Refusal::Unreadable("it holds a control character".into()));
        }
        let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location();
        let mut tokens = tokens.map_err(|error| Refusal::Unreadable(format!("sql parser error: {error}")))?;
        if let Some(doubt) = escapes(sql, &tokens).or_else(|| grammar::tokens(&mut tokens)) {
            return Err(Refusal::Unreadable(doubt.to_owned()));
        }
        if stack::open_joins(&tokens) > DEEPEST {
            return Err(unsupported(&format!(
                "more than {DEEPEST} joins within each other; put the condition of each right behind it"
            )));
        }
        Ok(Tokens { levels: stack::levels(&tokens), tokens })
    }

    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The statements of the text.
    pub fn parse(self) -> Result<Vec<Statement>, Refusal> {
        let parser = Parser::new(&PostgreSqlDialect {}).with_recursion_limit(DEEPEST);
        let mut parser = parser.with_tokens_with_locations(self.tokens);
        let statements = parser.parse_statements().map_err(|error| Refusal::Unreadable(error.to_string()))?;
        // The parser takes END for the end of a block, and reads no further.
        match &parser.peek_token_ref().token {
            Token::EOF => Ok(statements),
            token => Err(Refusal::Unreadable(format!("{token} in this place: in double quotes, if it is a name"))),
        }
    }
}

/// Literals whose escapes the tokenizer reads otherwise than PostgreSQL, or that hold what marks a place in a tree.
fn escapes(sql: &str, tokens: &[TokenWithSpan]) -> Option<&'static str> {
    let mut escaped = false;
    for token in tokens {
        if let Token::EscapedStringLiteral(value) | Token::UnicodeStringLiteral(value) = &token.token {
            escaped = true;
            if value.contains([OPENS, CLOSES]) {
                return Some("a literal holds a control character; bind its value");
            }
        }
    }
    (escaped && sql.contains("\\v")).then_some("it has the escape \\v; bind the value of its literal")
}

/// A name as PostgreSQL reads it: lower case unless it is quoted, where only ASCII has a lower case.
pub fn fold(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_ascii_lowercase() }
}

/// The parts of a name as PostgreSQL reads them; None for what is not a plain name.
pub fn parts(name: &ObjectName) -> Option<Vec<String>> {
    name.0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) => Some(fold(ident)),
            ObjectNamePart::Function(_) => None,
        })
        .collect()
}

/// The names behind a dot and an expression that is more than a column, outside of subqueries.
pub fn attributes(expr: &Expr) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    walk(expr, &mut |node| match node {
        Node::Query(_) => depth += 1,
        Node::QueryEnd => depth -= 1,
        Node::Expr(Expr::CompoundFieldAccess { root, access_chain }) if depth == 0 => {
            // Of a column that has a subscript, the first names are its own.
            let subscript = access_chain.iter().position(|access| matches!(access, AccessExpr::Subscript(_)));
            let own = if matches!(**root, Expr::Identifier(_)) { subscript.unwrap_or(access_chain.len()) } else { 0 };
            names.extend(access_chain.iter().skip(own).filter_map(|access| match access {
                AccessExpr::Dot(Expr::Identifier(name)) => Some(fold(name)),
                _ => None,
            }));
        }
        _ => {}
    });
    names
}

/// An expression without the parentheses around it.
pub fn unnested(mut expr: &Expr) -> &Expr {
    while let Expr::Nested(inner) = expr {
        expr = inner;
    }
    expr
}

pub fn quoted(name: &str) -> Ident {
    Ident::with_quote('"', name)
}

/// The number of a `$n`, from 0.
pub fn placeholder(value: &Value) -> Option<usize> {
    match value {
        Value::Placeholder(name) => name.strip_prefix('$')?.parse::<usize>().ok()?.checked_sub(1),
        _ => None,
    }
}

/// The placeholder of a source, for the time until `number` gives it its own. Sources beyond the statement's parameters
/// have names that no statement uses.
pub fn parameter(source: Source) -> Value {
    Value::Placeholder(match source {
        Source::Given(index) => format!("${}", index + 1),
        Source::Enough => "$enough".into(),
        Source::Now => "$now".into(),
    })
}

fn source(value: &Value) -> Option<Source> {
    match value {
        Value::Placeholder(name) if name == "$enough" => Some(Source::Enough),
        Value::Placeholder(name) if name == "$now" => Some(Source::Now),
        value => placeholder(value).map(Source::Given),
    }
}

/// How many parameters a text takes.
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

/// A tree as text, with its parameters numbered as they come.
pub fn print(query: &Query) -> Result<Text, Refusal> {
    let (sql, params) = number_query(query)?;
    Ok(Text { sql, params })
}

/// The same of a statement.
pub fn print_statement(statement: &Statement) -> Result<Text, Refusal> {
    let (sql, params) = number(statement, |statement, again| statement == again)?;
    Ok(Text { sql, params })
}

fn number_query(query: &Query) -> Result<(String, Vec<Source>), Refusal> {
    number(query, |query, again| matches!(again, Statement::Query(again) if **again == *query))
}

/// `is_same`: whether the tree is what its text was read as.
fn number<T: VisitMut + Clone + Display>(
    tree: &T,
    is_same: impl FnOnce(&T, &Statement) -> bool,
) -> Result<(String, Vec<Source>), Refusal> {
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
    // Marks become names that no statement has, so that what is around them can be parsed again.
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
        return Err(Refusal::Unsupported(format!("it cannot be rewritten faithfully (as: {shown}{more})")));
    }
    Ok((exact(numbered), params))
}

/// A tree as text, with every quote inside of a literal or a name doubled. The printer takes two quotes in a row, and one
/// behind a backslash, for escaped ones and leaves them alone; so they are doubled before it comes to them.
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

/// Bits of a finishing query that stand in a tree as marked names until the tree is printed.
#[derive(Debug, Default)]
pub struct Fragments {
    bits: Vec<Vec<Bit>>,
}

impl Fragments {
    /// A name that stands for these bits.
    pub fn name(&mut self, bits: Vec<Bit>) -> Ident {
        self.bits.push(bits);
        Ident::new(format!("{OPENS}{}{CLOSES}", self.bits.len() - 1))
    }

    /// The tree as bits, with its parameters.
    pub fn print(&self, query: &Query) -> Result<(Vec<Bit>, Vec<Source>), Refusal> {
        let (sql, params) = number_query(query)?;
        let mut out = Vec::new();
        self.split(&sql, &mut out);
        Ok((out, params))
    }

    fn split(&self, sql: &str, out: &mut Vec<Bit>) {
        let mut rest = sql;
        while let Some((before, after)) = rest.split_once(OPENS) {
            let Some((number, after)) = after.split_once(CLOSES) else { break };
            push(out, Bit::Sql(before.to_owned()));
            for bit in number.parse().ok().and_then(|index: usize| self.bits.get(index)).into_iter().flatten() {
                match bit {
                    Bit::Sql(sql) => self.split(sql, out),
                    bit => out.push(bit.clone()),
                }
            }
            rest = after;
        }
        push(out, Bit::Sql(rest.to_owned()));
    }
}

/// True for a name that stands for bits.
pub fn is_mark(name: &Ident) -> bool {
    name.value.starts_with(OPENS)
}

fn push(out: &mut Vec<Bit>, bit: Bit) {
    match (out.last_mut(), bit) {
        (_, Bit::Sql(sql)) if sql.is_empty() => {}
        (Some(Bit::Sql(last)), Bit::Sql(sql)) => last.push_str(&sql),
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

/// A tree in which names that mean the same are the same: unquoted ones folded, parentheses gone.
pub fn normal(expr: &Expr, only_relation: Option<&str>) -> Expr {
    let mut expr = expr.clone();
    rewrite(&mut expr, &mut |node| {
        match node {
            NodeMut::Expr(expr) => {
                while let Expr::Nested(inner) = expr {
                    *expr = std::mem::replace(&mut **inner, Expr::Value(Value::Null.into()));
                }
                if let Expr::CompoundIdentifier(names) = expr
                    && let [relation, column] = names.as_slice()
                    && only_relation.is_some_and(|only| only == fold(relation))
                {
                    *expr = Expr::Identifier(column.clone());
                }
            }
            NodeMut::Ident(ident) => *ident = quoted(&fold(ident)),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    expr
}

/// How large an expression is: parts that count (parentheses do not), and all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub size: usize,
    pub nodes: usize,
}

/// The sizes of a tree's expressions, parents before children.
pub fn sizes(tree: &mut impl VisitMut) -> Vec<Size> {
    let mut sizes: Vec<Size> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    rewrite(tree, &mut |node| {
        match node {
            NodeMut::Expr(expr) => {
                open.push(sizes.len());
                sizes.push(Size { size: usize::from(!matches!(expr, Expr::Nested(_))), nodes: 1 });
            }
            NodeMut::ExprEnd(_) => {
                if let Some(ended) = open.pop()
                    && let Some(parent) = open.last()
                {
                    let Size { size, nodes } = sizes[ended];
                    sizes[*parent].size += size;
                    sizes[*parent].nodes += nodes;
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    sizes
}
