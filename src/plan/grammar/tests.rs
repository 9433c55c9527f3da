//! Compares how the planner's parser and PostgreSQL's own parser (npm package libpg-query) read statements: each tree
//! is printed with parentheses around every operator, and PostgreSQL must read that text like the original.

use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::process::{Command, Stdio};

use sqlparser::ast::{Expr, SelectItem, Statement};
use sqlparser::keywords::ALL_KEYWORDS;

use super::{ambiguity, precedence_of};
use crate::plan::ident::{fold_case, quoted};
use crate::plan::parse::Tokens;
use crate::plan::walk::{NodeMut, rewrite};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const CORPUS: &str = include_str!("../../../tests/grammar/postgres-regress.sql");

/// Words that mean something else in quotes.
const SPECIAL: [&str; 7] = ["current_role", "current_schema", "default", "nfc", "nfd", "nfkc", "nfkd"];

/// The statement as it has been read; None: it would not be planned, but refused.
fn reading(sql: &str) -> Option<String> {
    let statements = Tokens::of(sql).and_then(Tokens::parse).ok()?;
    let [statement] = statements.as_slice() else { return None };
    let is_planned = matches!(
        statement,
        Statement::Query(_) | Statement::Update(_) | Statement::Delete(_) | Statement::Insert(_) | Statement::Merge(_)
    );
    if !is_planned || ambiguity(statement).is_some() {
        return None;
    }
    let mut statement = statement.clone();
    rewrite(&mut statement, &mut |node| {
        match node {
            NodeMut::Select(select) => {
                for item in &mut select.projection {
                    if let SelectItem::ExprWithAlias { alias, .. } = item {
                        *alias = quoted(&fold_case(alias));
                    }
                }
            }
            NodeMut::ExprEnd(expr) => match expr {
                Expr::Identifier(name) if !SPECIAL.contains(&fold_case(name).as_str()) => {
                    *name = quoted(&fold_case(name))
                }
                Expr::CompoundIdentifier(names) => names.iter_mut().for_each(|name| *name = quoted(&fold_case(name))),
                expr if precedence_of(expr).is_some() => *expr = Expr::Nested(Box::new(expr.clone())),
                _ => {}
            },
            _ => {}
        }
        ControlFlow::Continue(())
    });
    Some(statement.to_string())
}

/// What PostgreSQL says of each statement and its reading, as `testkit/postgres-grammar.js` answers.
fn compared(readings: &[(String, String)]) -> Vec<serde_json::Value> {
    let mut child = Command::new("node")
        .arg(format!("{ROOT}/testkit/postgres-grammar.js"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is installed");
    let mut input = child.stdin.take().unwrap();
    let lines: Vec<String> = readings.iter().map(|pair| serde_json::to_string(pair).unwrap()).collect();
    let writer = std::thread::spawn(move || {
        for line in lines {
            writeln!(input, "{line}").unwrap();
        }
    });
    let answers = BufReader::new(child.stdout.take().unwrap()).lines();
    let answers: Vec<_> = answers.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    writer.join().unwrap();
    assert!(child.wait().unwrap().success(), "npm install brings libpg-query");
    answers
}

fn misread(statements: impl IntoIterator<Item = String>) -> (usize, Vec<String>) {
    let readings: Vec<_> = statements.into_iter().filter_map(|sql| Some((sql.clone(), reading(&sql)?))).collect();
    let answers = compared(&readings);
    assert_eq!(answers.len(), readings.len());
    let of = |((sql, reading), answer): (&(String, String), &serde_json::Value)| {
        answer.as_str().map(|difference| format!("{sql}\n  is read as {reading}\n  {difference}"))
    };
    (readings.len(), readings.iter().zip(&answers).filter_map(of).collect())
}

#[test]
fn postgresqls_own_statements_are_read_as_postgresql_reads_them_or_refused() {
    let statements: Vec<String> = CORPUS.split("\n;;\n").map(str::to_owned).collect();
    let all = statements.len();
    let (read, misread) = misread(statements);
    assert!(misread.is_empty(), "{} of {read}:\n\n{}", misread.len(), misread.join("\n\n"));
    assert!(read * 10 > all * 8, "only {read} of {all} are read at all");
}

#[test]
fn no_word_of_another_dialect_means_more_than_it_does_to_postgresql() {
    let shapes = [
        "select v W from t",
        "select v W w from t",
        "select v as W from t",
        "select W from t",
        "select W v from t",
        "select W(v) from t",
        "select W (v) over (order by a) from t",
        "select W '1' from t",
        "select W.a from t W",
        "select a from t W",
        "select a from t W u",
        "select a from t W join u on a = b",
        "select a from W",
        "select a from W t",
        "select a from W(t)",
        "select a from t where a W b",
        "select a from t where W a",
        "select a from t where a = W",
        "select a from t where a W",
        "select a W (b) from t",
        "select a from t group by W",
        "select a from t group by a W",
        "select a from t order by a W",
        "select a from t W 1",
        "select a from t limit 1 W",
        "select a W b union select c from t",
        "select cast(a as W) from t",
        "select a::W from t",
        "select a::W b from t",
        "select count(*) W (where a) from t",
        "select f(a W b) from t",
        "select f(W a) from t",
        "select * W from t",
        "select t.* W (a) from t",
        "with W as (select 1) select * from W",
        "select case W when a then b end from t",
        "update t W set a = b",
        "update t set W = b",
        "delete from t W where a",
    ];
    let words = ALL_KEYWORDS.iter().map(|word| word.to_ascii_lowercase());
    let statements = words.flat_map(|word| shapes.map(|shape| shape.replace('W', &word)));
    let (read, misread) = misread(statements);
    assert!(misread.is_empty(), "{} of {read}:\n\n{}", misread.len(), misread.join("\n\n"));
}

#[test]
fn operators_are_nested_as_postgresql_nests_them_or_refused() {
    const OPERATORS: [&str; 40] = [
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "||",
        "->",
        "->>",
        "#>",
        "@>",
        "&&",
        "&",
        "|",
        "#",
        "<<",
        ">>",
        "~",
        "!~*",
        "=",
        "<>",
        "!=",
        "<",
        ">=",
        "and",
        "or",
        "like",
        "not ilike",
        "similar to",
        "is distinct from",
        "at time zone",
        "operator(pg_catalog.+)",
        "@@",
        "<->",
        "?",
        "in (1) and",
        "between 1 and",
        "is null or",
        "::int +",
        "collate \"C\" ||",
    ];
    const OPERANDS: [&str; 12] = ["a", "b", "-c", "not d", "1", "- 2", "+e", "~ f", "(g)", "h[1]", "i::text", "x.y"];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut below = |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % most as u64).unwrap()
    };
    let statements: Vec<String> = (0..20_000)
        .map(|_| {
            let mut expr = OPERANDS[below(OPERANDS.len())].to_owned();
            for _ in 0..1 + below(4) {
                expr += &format!(" {} {}", OPERATORS[below(OPERATORS.len())], OPERANDS[below(OPERANDS.len())]);
            }
            format!("select {expr} from t")
        })
        .collect();
    let (read, misread) = misread(statements);
    assert!(misread.is_empty(), "{} of {read}:\n\n{}", misread.len(), misread.join("\n\n"));
    assert!(read > 5_000, "only {read} are read at all");
}
