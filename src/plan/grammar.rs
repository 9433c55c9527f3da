//! Handles differences between the parser and PostgreSQL's grammar: such a statement is refused, or read as PostgreSQL
//! reads it. Words that are not keywords in PostgreSQL become names (`tokens`), keywords are names only where
//! PostgreSQL allows it, and operators nest as in PostgreSQL. The tests compare the result with PostgreSQL's own
//! parser.

use sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, GroupByExpr, Ident, LimitClause, Query, Select, SelectFlavor, SelectItem,
    Statement, UnaryOperator, Value, WildcardAdditionalOptions,
};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use super::ident::{fold_case, name_parts};
use super::keywords::{KeywordClass, class};
use super::walk::{Node, walk};

/// Type names that the parser must recognize in `date '2024-01-01'`.
const TYPES: [&str; 25] = [
    "bool",
    "box",
    "bytea",
    "circle",
    "date",
    "datetime",
    "float4",
    "float8",
    "int2",
    "int4",
    "int8",
    "json",
    "jsonb",
    "line",
    "lseg",
    "path",
    "point",
    "polygon",
    "regclass",
    "text",
    "timestamptz",
    "timetz",
    "tsquery",
    "tsvector",
    "uuid",
];

/// Reserved words that are called like functions, with or without parentheses.
const CALLED: [&str; 12] = [
    "array",
    "current_catalog",
    "current_date",
    "current_role",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "session_user",
    "system_user",
    "user",
];

/// Makes plain names of words that are keywords only in other dialects. Returns the reason to refuse the text, if any.
pub fn tokens(tokens: &mut [TokenWithSpan]) -> Option<&'static str> {
    let words: Vec<&Token> = tokens
        .iter()
        .map(|token| &token.token)
        .filter(|token| !matches!(token, Token::Whitespace(Whitespace::Space | Whitespace::Newline | Whitespace::Tab)))
        .collect();
    let is = |token: &Token, words: &[Keyword]| matches!(token, Token::Word(word) if words.contains(&word.keyword));
    for window in words.windows(3) {
        match window {
            [before, Token::SingleQuotedString(_), after]
                if is(before, &[Keyword::BETWEEN, Keyword::AND, Keyword::RANGE, Keyword::ROWS, Keyword::GROUPS])
                    && is(after, &[Keyword::PRECEDING, Keyword::FOLLOWING]) =>
            {
                return Some("a window frame given as text without a type; write INTERVAL before it, or cast it");
            }
            [Token::Word(before), Token::Ampersand, Token::Word(after)]
                if before.value.eq_ignore_ascii_case("u") && after.quote_style == Some('"') =>
            {
                return Some("a name with Unicode escapes (U&\"...\"); write the characters themselves");
            }
            _ => {}
        }
    }
    for TokenWithSpan { token, .. } in tokens {
        let Token::Word(word) = token else { continue };
        if word.quote_style.is_some() || word.keyword == Keyword::NoKeyword {
            continue;
        }
        let name = word.value.to_ascii_lowercase();
        // A keyword in PostgreSQL only before TEMPORARY; elsewhere the parser would skip it.
        let is_name = class(&name).is_none() || name == "global";
        if is_name && TYPES.binary_search(&name.as_str()).is_err() {
            word.keyword = Keyword::NoKeyword;
        }
    }
    None
}

/// The reason why a statement may mean something else to PostgreSQL, if any.
pub fn ambiguity(statement: &Statement) -> Option<String> {
    let mut ambiguity = None;
    // Keywords used as names, and those at positions where PostgreSQL allows that.
    let mut keywords: Vec<String> = Vec::new();
    let mut names = Vec::new();
    walk(statement, &mut |node| match node {
        Node::Ident(ident) => match ident.quote_style {
            None if is_keyword(ident) => keywords.push(ident.value.clone()),
            None | Some('"') if is_ours(&fold_case(ident)) => {
                ambiguity.get_or_insert_with(|| {
                    format!("the name {}, which is reserved for the library; choose another", ident.value)
                });
            }
            None | Some('"') if is_system_column(&fold_case(ident)) => {
                ambiguity.get_or_insert_with(|| {
                    format!("{}, which says where one shard stores a row; identify rows by their keys", ident.value)
                });
            }
            None | Some('"') => {}
            Some(quote) => {
                ambiguity.get_or_insert_with(|| format!("a name in {quote} instead of \""));
            }
        },
        Node::Expr(expr) => {
            names.extend(as_names(expr));
            // One is enough, because printing each costs time.
            if ambiguity.is_none() {
                ambiguity = foreign_expression(expr).or_else(|| nesting_ambiguity(expr));
            }
        }
        Node::Select(select) => {
            names.extend(select.projection.iter().filter_map(|item| match item {
                SelectItem::ExprWithAlias { alias, .. } if is_keyword(alias) => Some(alias.value.clone()),
                _ => None,
            }));
            if let Some(part) = foreign(select) {
                ambiguity.get_or_insert_with(|| format!("{part}, which PostgreSQL does not have"));
            }
        }
        Node::Query(query) if is_foreign(query) => {
            ambiguity.get_or_insert_with(|| "a clause that PostgreSQL does not have".to_owned());
        }
        _ => {}
    });
    ambiguity.or_else(|| {
        keywords.sort();
        names.sort();
        let mut names = names.into_iter().peekable();
        let odd = keywords.into_iter().find(|keyword| names.next_if(|name| name == keyword).is_none())?;
        if odd.eq_ignore_ascii_case("only") {
            return Some(format!(
                "{odd}, which leaves out tables that inherit from the table; name the tables whose rows you want"
            ));
        }
        Some(format!("the keyword {odd} is not allowed here; put it in double quotes if it is a name"))
    })
}

fn is_keyword(ident: &Ident) -> bool {
    ident.quote_style.is_none()
        && matches!(class(&fold_case(ident)), Some(KeywordClass::Reserved | KeywordClass::Function))
}

/// True for a name that plans give to added columns and relations.
fn is_ours(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("mtdd_") else { return false };
    rest == "g" || rest == "q" || rest.strip_prefix(['h', 'm']).is_some_and(|number| number.parse::<u32>().is_ok())
}

/// The keywords that are names in an expression.
fn as_names(expr: &Expr) -> Vec<String> {
    let of =
        |idents: &[Ident]| idents.iter().filter(|ident| is_keyword(ident)).map(|ident| ident.value.clone()).collect();
    match expr {
        Expr::Identifier(name) if ["default", "current_role", "current_schema"].contains(&fold_case(name).as_str()) => {
            vec![name.value.clone()]
        }
        Expr::CompoundIdentifier(names) => of(names.get(1..).unwrap_or_default()),
        Expr::Function(call) => {
            let idents: Vec<Ident> = call.name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
            let called = |name: String| class(&name) == Some(KeywordClass::Function) || CALLED.contains(&name.as_str());
            match name_parts(&call.name).as_deref() {
                Some([only]) if called(only.clone()) => of(&idents),
                Some([_, _, ..]) => of(idents.get(1..).unwrap_or_default()),
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// System columns, whose values have no meaning across shards.
fn is_system_column(name: &str) -> bool {
    ["ctid", "xmin", "xmax", "cmin", "cmax"].contains(&name)
}

/// The first name of a system column.
pub fn system_column_in(query: &Query) -> Option<String> {
    let mut found = None;
    walk(query, &mut |node| {
        if let Node::Ident(ident) = node
            && is_system_column(&fold_case(ident))
        {
            found.get_or_insert_with(|| ident.value.clone());
        }
    });
    found
}

/// What other dialects have and PostgreSQL does not.
fn foreign_expression(expr: &Expr) -> Option<String> {
    let is_odd = match expr {
        Expr::JsonAccess { .. }
        | Expr::InUnnest { .. }
        | Expr::RLike { .. }
        | Expr::Convert { .. }
        | Expr::Prefixed { .. }
        | Expr::Struct { .. }
        | Expr::Named { .. }
        | Expr::Dictionary(_)
        | Expr::Map(_)
        | Expr::MatchAgainst { .. }
        | Expr::OuterJoin(_)
        | Expr::Prior(_)
        | Expr::Lambda(_)
        | Expr::MemberOf(_) => true,
        Expr::BinaryOp { op, .. } => match op {
            BinaryOperator::Xor
            | BinaryOperator::MyIntegerDivide
            | BinaryOperator::Match
            | BinaryOperator::Regexp
            | BinaryOperator::Glob
            | BinaryOperator::Assignment => true,
            // PostgreSQL splits a trailing sign off as a separate operator, unless the operator contains one of these.
            BinaryOperator::Custom(name) => {
                name.ends_with(['+', '-']) && !name.contains(['~', '!', '@', '#', '%', '^', '&', '|', '`', '?'])
            }
            _ => false,
        },
        Expr::Function(call) => {
            matches!(name_parts(&call.name).as_deref(), Some([name]) if name == "rollup" || name == "cube")
        }
        Expr::Cast { kind, format, data_type, .. } => {
            !matches!(kind, CastKind::Cast | CastKind::DoubleColon)
                || format.is_some()
                || matches!(data_type, DataType::Custom(name, _)
                    if matches!(name_parts(name).as_deref(), Some([only]) if class(only) == Some(KeywordClass::Column)))
        }
        Expr::Interval(interval) => !matches!(&*interval.value, Expr::Value(value)
            if matches!(value.value, Value::SingleQuotedString(_) | Value::EscapedStringLiteral(_))),
        Expr::Trim { trim_characters, .. } => trim_characters.is_some(),
        Expr::Value(value) => matches!(
            value.value,
            // The parser does not distinguish X'1f', which is a bit string, from 0x1f, which is a number.
            Value::HexStringLiteral(_)
                | Value::DoubleQuotedString(_)
                | Value::DoubleQuotedByteStringLiteral(_)
                | Value::TripleSingleQuotedString(_)
                | Value::TripleDoubleQuotedString(_)
                | Value::SingleQuotedRawStringLiteral(_)
                | Value::DoubleQuotedRawStringLiteral(_)
        ),
        _ => false,
    };
    if let Expr::BinaryOp { op: BinaryOperator::Assignment, .. } = expr {
        return Some(format!("{}; write => instead of :=", shown(expr)));
    }
    is_odd.then(|| {
        format!("{}, which PostgreSQL reads differently or does not accept; write it another way", shown(expr))
    })
}

/// A part of a select that PostgreSQL does not have.
fn foreign(select: &Select) -> Option<&'static str> {
    let wildcard = |options: &WildcardAdditionalOptions| {
        options.opt_ilike.is_some()
            || options.opt_exclude.is_some()
            || options.opt_except.is_some()
            || options.opt_replace.is_some()
            || options.opt_rename.is_some()
    };
    let changed = |item: &SelectItem| match item {
        SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options) => wildcard(options),
        SelectItem::ExprWithAliases { .. } => true,
        _ => false,
    };
    [
        (select.top.is_some(), "TOP"),
        (select.exclude.is_some() || select.projection.iter().any(changed), "* with columns left out or changed"),
        (select.select_modifiers.is_some(), "a modifier of SELECT"),
        (!select.lateral_views.is_empty(), "LATERAL VIEW"),
        (select.prewhere.is_some(), "PREWHERE"),
        (!select.connect_by.is_empty(), "CONNECT BY"),
        (!select.cluster_by.is_empty() || !select.distribute_by.is_empty() || !select.sort_by.is_empty(), "CLUSTER BY"),
        (select.qualify.is_some(), "QUALIFY"),
        (select.value_table_mode.is_some(), "AS STRUCT"),
        (select.flavor != SelectFlavor::Standard, "FROM first"),
        (matches!(&select.group_by, GroupByExpr::Expressions(_, modifiers) if !modifiers.is_empty()), "WITH ROLLUP"),
    ]
    .into_iter()
    .find_map(|(has, part)| has.then_some(part))
}

fn is_foreign(query: &Query) -> bool {
    query.for_clause.is_some()
        || query.settings.is_some()
        || query.format_clause.is_some()
        || !query.pipe_operators.is_empty()
        || match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit_by, .. }) => !limit_by.is_empty(),
            Some(LimitClause::OffsetCommaLimit { .. }) => true,
            None => false,
        }
}

/// How tightly an operator binds in PostgreSQL's grammar (gram.y, "precedence: lowest to highest").
mod precedence {
    pub const OR: u8 = 1;
    pub const AND: u8 = 2;
    pub const NOT: u8 = 3;
    pub const IS: u8 = 4;
    pub const COMPARISON: u8 = 5;
    pub const BETWEEN_IN_LIKE: u8 = 6;
    pub const ANY_OTHER: u8 = 7;
    pub const SUM: u8 = 8;
    pub const PRODUCT: u8 = 9;
    pub const POWER: u8 = 10;
    pub const AT: u8 = 11;
    pub const COLLATE: u8 = 12;
    pub const SIGN: u8 = 13;
    pub const CAST: u8 = 14;
}

fn of_operator(op: &BinaryOperator) -> u8 {
    use BinaryOperator as Op;
    match op {
        Op::Or => precedence::OR,
        Op::And => precedence::AND,
        Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq => precedence::COMPARISON,
        Op::Plus | Op::Minus => precedence::SUM,
        Op::Multiply | Op::Divide | Op::Modulo => precedence::PRODUCT,
        Op::PGExp => precedence::POWER,
        _ => precedence::ANY_OTHER,
    }
}

/// How tightly the outermost operator of an expression binds; None: there is no ambiguity.
fn precedence_of(expr: &Expr) -> Option<u8> {
    Some(match expr {
        Expr::BinaryOp { op, .. } => of_operator(op),
        Expr::AnyOp { compare_op, .. } | Expr::AllOp { compare_op, .. } => of_operator(compare_op),
        Expr::UnaryOp { op, .. } => match op {
            UnaryOperator::Not => precedence::NOT,
            UnaryOperator::Plus | UnaryOperator::Minus => precedence::SIGN,
            _ => precedence::ANY_OTHER,
        },
        Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotUnknown(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::IsJson { .. }
        | Expr::IsNormalized { .. } => precedence::IS,
        Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::SimilarTo { .. } => precedence::BETWEEN_IN_LIKE,
        Expr::AtTimeZone { .. } => precedence::AT,
        Expr::Collate { .. } => precedence::COLLATE,
        Expr::Cast { kind: CastKind::DoubleColon, .. } => precedence::CAST,
        _ => return None,
    })
}

/// The reason why PostgreSQL would nest an operand differently, if any.
fn nesting_ambiguity(expr: &Expr) -> Option<String> {
    let own = precedence_of(expr)?;
    // Comparisons, BETWEEN and IS cannot be chained without parentheses.
    let one_after_another = !(precedence::IS..=precedence::BETWEEN_IN_LIKE).contains(&own);
    let left = |operand: &Expr| {
        precedence_of(operand).is_some_and(|inner| inner < own || (inner == own && !one_after_another))
    };
    let right = |operand: &Expr| precedence_of(operand).is_some_and(|inner| inner <= own);
    let prefix = |operand: &Expr| precedence_of(operand).is_some_and(|inner| inner < own);
    let odd = match expr {
        Expr::BinaryOp { left: before, right: after, .. }
        | Expr::IsDistinctFrom(before, after)
        | Expr::IsNotDistinctFrom(before, after) => left(before) || right(after),
        Expr::AtTimeZone { timestamp, time_zone } => left(timestamp) || right(time_zone),
        Expr::AnyOp { left: before, .. } | Expr::AllOp { left: before, .. } => left(before),
        Expr::UnaryOp { expr, .. } => prefix(expr),
        Expr::IsFalse(expr)
        | Expr::IsNotFalse(expr)
        | Expr::IsTrue(expr)
        | Expr::IsNotTrue(expr)
        | Expr::IsNull(expr)
        | Expr::IsNotNull(expr)
        | Expr::IsUnknown(expr)
        | Expr::IsNotUnknown(expr)
        | Expr::IsJson { expr, .. }
        | Expr::IsNormalized { expr, .. }
        | Expr::InList { expr, .. }
        | Expr::InSubquery { expr, .. }
        | Expr::Collate { expr, .. }
        | Expr::Cast { expr, .. } => left(expr),
        Expr::CompoundFieldAccess { root, .. } => precedence_of(root).is_some(),
        Expr::Between { expr, low, high, .. } => left(expr) || right(low) || right(high),
        Expr::Like { expr, pattern, .. }
        | Expr::ILike { expr, pattern, .. }
        | Expr::SimilarTo { expr, pattern, .. } => left(expr) || right(pattern),
        _ => false,
    };
    odd.then(|| format!("{}, whose operators PostgreSQL may group differently; add parentheses", shown(expr)))
}

fn shown(expr: &Expr) -> String {
    const MOST: usize = 80;
    let text = expr.to_string();
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
mod tests;
