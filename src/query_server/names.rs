//! The names in an SQL text, by where they stand. Which of them are functions, types or relations, only the catalogue
//! knows; too many are harmless here, too few are not. Called by `texts`.

use crate::data::lexer::{Lexer, Token, is_one_of};

/// Words behind which a type may stand.
const BEFORE_TYPES: [&str; 3] = ["as", "returning", "of"];

/// With these, a type may stand behind any name.
const DEFINE_COLUMNS: [&str; 13] = [
    "json_table",
    "xmltable",
    "json_to_record",
    "json_to_recordset",
    "jsonb_to_record",
    "jsonb_to_recordset",
    "rows",
    "json_populate_record",
    "json_populate_recordset",
    "jsonb_populate_record",
    "jsonb_populate_recordset",
    "jsonb_populate_record_valid",
    "record",
];

/// The names in a text, as PostgreSQL knows them: folded to lower case unless quoted.
#[derive(Debug, Default)]
pub struct Names {
    /// Those before an opening parenthesis, and those behind an expression and a dot: `(x).f` may mean `f(x)`.
    pub calls: Vec<String>,
    /// All of them.
    pub all: Vec<String>,
    /// Those where a type may stand.
    pub types: Vec<String>,
    /// It may write.
    pub writes: bool,
    /// What it means cannot be told from its names alone.
    pub obscure: bool,
}

impl Names {
    /// Reads the whole of `sql` once.
    pub fn of(sql: &str) -> Self {
        let mut names = Names::default();
        let tokens: Vec<_> = Lexer::new(sql).collect();
        let (mut into, mut inserts) = (0, 0);
        for (index, token) in tokens.iter().enumerate() {
            let next = tokens.get(index + 1);
            let name = match token {
                Token::Word(word) => word.to_ascii_lowercase(),
                Token::Identifier(inside) => inside.replace("\"\"", "\""),
                Token::Literal(inside) => {
                    // An escape may hide what it says, and a literal that goes on has more to say.
                    names.obscure |= inside.contains('\\') || matches!(next, Some(Token::Literal(_)));
                    continue;
                }
                _ => continue,
            };
            if matches!(token, Token::Word(_)) {
                names.writes |= is_one_of(&name, &["insert", "update", "delete", "merge"]);
                into += usize::from(name == "into");
                inserts += usize::from(name == "insert" || name == "merge");
                // UESCAPE says how a U&'...' or U&"..." is to be read.
                names.obscure |= is_one_of(&name, &["collate", "uescape"]) || is_one_of(&name, &DEFINE_COLUMNS);
            }
            names.obscure |= name == "pg_temp" || name.contains('\\');
            if matches!(next, Some(Token::Mark('('))) || is_attribute(&tokens[..index]) {
                names.calls.push(name.clone());
            }
            if matches!(next, Some(Token::Literal(_))) || stands_for_a_type(&tokens[..index]) {
                names.types.push(name.clone());
            }
            names.all.push(name);
        }
        // SELECT INTO makes a table, perhaps a temporary one.
        names.obscure |= into > inserts;
        for list in [&mut names.calls, &mut names.all, &mut names.types] {
            list.sort();
            list.dedup();
        }
        names
    }
}

/// True if a name behind these tokens may be that of a type: `::name`, `::schema.name`, `cast(x as name)`.
fn stands_for_a_type(before: &[Token<'_>]) -> bool {
    match before {
        [.., Token::Mark(':'), Token::Mark(':')] => true,
        [.., Token::Word(word)] => is_one_of(word, &BEFORE_TYPES),
        [rest @ .., Token::Word(_) | Token::Identifier(_), Token::Mark('.')] => stands_for_a_type(rest),
        _ => false,
    }
}

/// True if a name behind these tokens is an attribute of an expression, or a function of it.
fn is_attribute(before: &[Token<'_>]) -> bool {
    matches!(before, [.., Token::Mark(')' | ']') | Token::Parameter(_), Token::Mark('.')])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_where_they_stand() {
        let names = Names::of("select F(a.b), \"G\" (c), d::app.status, cast(e as kind), interval '1 day' from t -- u");
        assert_eq!(names.calls, ["G", "cast", "f"]);
        assert_eq!(names.types, ["app", "interval", "kind", "status"]);
        assert_eq!(names.all.len(), 16);
        assert!(!names.writes && !names.obscure);
        assert_eq!(
            Names::of("select (0.5).setseed, $1.ts_stat, (a[1]).b, (a)[1].c, d.e").calls,
            ["b", "c", "select", "setseed", "ts_stat"]
        );
        assert!(Names::of("with x as (insert into t values (1) returning a) select a from x").writes);
    }

    #[test]
    fn what_names_do_not_tell_is_obscure() {
        for sql in [
            r"select U&'\006eow'::timestamptz",
            r"select E'\x6eow'::timestamptz",
            "select 'to'\n'day'::date",
            "select 1 into t",
            "select * from pg_temp.t",
            "select a collate c from t",
            r#"select U&"\0061" from t"#,
            "select * from json_to_record($1) as t (a status)",
            "select timestamptz U&'!006eow' uescape '!'",
            "select U&\"!0073ets\" UESCAPE '!' ()",
            "select jsonb_populate_record(null::t, $1)",
        ] {
            assert!(Names::of(sql).obscure, "{sql}");
        }
        for sql in ["insert into t values ('a', 'b')", "merge into t using u on true when matched then delete"] {
            assert!(!Names::of(sql).obscure, "{sql}");
        }
    }
}
