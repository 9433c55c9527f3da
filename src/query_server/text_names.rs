//! The names in an SQL text, by their position. Only the catalog knows which of them are functions, types or relations.
//! Finding too many is harmless; missing one is not. Called by `statement_traits`.

use crate::data::lexer::{Lexer, Token, is_one_of};
use crate::data::read_only::Attributes;

/// Words that a type may follow.
const BEFORE_TYPES: [&str; 3] = ["as", "returning", "of"];

/// With these, a type may follow any name.
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
pub struct TextNames {
    /// Names before an opening parenthesis, and after an expression and a dot: `(x).f` may mean `f(x)`.
    pub calls: Vec<String>,
    /// All of them.
    pub all: Vec<String>,
    /// Names where a type is possible.
    pub types: Vec<String>,
    /// It may write: insert, update or delete.
    pub writes: bool,
    /// It may update.
    pub updates: bool,
    /// It may delete.
    pub deletes: bool,
    /// It has literals.
    pub literals: bool,
    /// All its values are parameters next to the column that they are compared with or assigned to, so other types and
    /// casts do not matter.
    pub simply_typed: bool,
    /// Its names alone do not show what it means.
    pub obscure: bool,
}

impl TextNames {
    /// Reads the whole of `sql` once.
    pub fn of(sql: &str) -> Self {
        let tokens: Vec<_> = Lexer::new(sql).collect();
        let mut names = TextNames { simply_typed: is_simply_typed(&tokens), ..TextNames::default() };
        // For each open parenthesis, whether it contains a SELECT.
        let mut selects = vec![false];
        let mut attributes = Attributes::default();
        for (index, token) in tokens.iter().enumerate() {
            let next = tokens.get(index + 1);
            let is_attribute = attributes.take(*token);
            let name = match token {
                Token::Word(word) => word.to_ascii_lowercase(),
                Token::Identifier(inside) => inside.replace("\"\"", "\""),
                Token::Literal(inside) => {
                    names.literals = true;
                    // Escapes and continued literals may hide a name.
                    names.obscure |= inside.contains('\\') || matches!(next, Some(Token::Literal(_)));
                    continue;
                }
                Token::Mark('(') => {
                    selects.push(false);
                    continue;
                }
                Token::Mark(')') => {
                    selects.pop();
                    continue;
                }
                _ => continue,
            };
            if matches!(token, Token::Word(_)) {
                names.updates |= is_one_of(&name, &["update", "merge"]);
                names.deletes |= is_one_of(&name, &["delete", "merge"]);
                names.writes |= names.updates || names.deletes || name == "insert";
                // SELECT INTO creates a table, possibly a temporary one. In INSERT and MERGE, INTO comes first.
                names.obscure |= name == "into" && selects.last().is_none_or(|has_select| *has_select);
                if name == "select"
                    && let Some(has_select) = selects.last_mut()
                {
                    *has_select = true;
                }
                // UESCAPE changes how a U&'...' or U&"..." is read.
                names.obscure |= is_one_of(&name, &["collate", "uescape"]) || is_one_of(&name, &DEFINE_COLUMNS);
            }
            names.obscure |= name == "pg_temp" || name.contains('\\');
            if matches!(next, Some(Token::Mark('('))) || is_attribute {
                names.calls.push(name.clone());
            }
            if matches!(next, Some(Token::Literal(_))) || stands_for_a_type(&tokens[..index]) {
                names.types.push(name.clone());
            }
            names.all.push(name);
        }
        for list in [&mut names.calls, &mut names.all, &mut names.types] {
            list.sort();
            list.dedup();
        }
        names
    }
}

/// True if a name after these tokens may be a type: `::name`, `::schema.name`, `cast(x as name)`.
fn stands_for_a_type(before: &[Token<'_>]) -> bool {
    match before {
        [.., Token::Mark(':'), Token::Mark(':')] => true,
        [.., Token::Word(word)] => is_one_of(word, &BEFORE_TYPES),
        [rest @ .., Token::Word(_) | Token::Identifier(_), Token::Mark('.')] => stands_for_a_type(rest),
        _ => false,
    }
}

/// Words that give an expression a type of their own, or compare columns with each other.
const TYPED_OTHERWISE: [&str; 16] = [
    "union",
    "intersect",
    "except",
    "case",
    "coalesce",
    "greatest",
    "least",
    "nullif",
    "cast",
    "natural",
    "using",
    "join",
    "array",
    "row",
    "overlaps",
    "grouping",
];

/// Checks `TextNames::simply_typed`. Anything unknown is not simple.
fn is_simply_typed(tokens: &[Token<'_>]) -> bool {
    let is_word = |token: &Token<'_>, words: &[&str]| matches!(token, Token::Word(word) if is_one_of(word, words));
    let has = |words: &[&str]| tokens.iter().any(|token| is_word(token, words));
    if has(&TYPED_OTHERWISE) || has(&["insert"]) && has(&["select", "table"]) {
        return false;
    }
    tokens.iter().enumerate().all(|(index, token)| {
        let (before, after) = (&tokens[..index], &tokens[index + 1..]);
        match token {
            Token::Word(_) | Token::Identifier(_) | Token::Parameter(_) => true,
            Token::Number(_) => before.last().is_some_and(|last| is_word(last, &["limit", "offset"])),
            Token::Mark('.' | ',' | '(' | ')' | '*' | ';') => true,
            Token::Mark('=' | '<' | '>' | '!') => match (before.last(), after.first()) {
                (_, Some(Token::Mark('=' | '>'))) => true,
                (Some(Token::Mark('=' | '<' | '>' | '!')), Some(Token::Parameter(_))) => true,
                (Some(Token::Word(_) | Token::Identifier(_)), Some(Token::Parameter(_))) => true,
                // ON CONFLICT DO UPDATE SET a = excluded.a
                (Some(column), Some(excluded)) => {
                    is_word(excluded, &["excluded"])
                        && matches!(after, [_, Token::Mark('.'), same, ..] if same == column)
                }
                _ => false,
            },
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_where_they_stand() {
        let names =
            TextNames::of("select F(a.b), \"G\" (c), d::app.status, cast(e as kind), interval '1 day' from t -- u");
        assert_eq!(names.calls, ["G", "cast", "f"]);
        assert_eq!(names.types, ["app", "interval", "kind", "status"]);
        assert_eq!(names.all.len(), 16);
        assert!(!names.writes && !names.obscure);
        assert_eq!(
            TextNames::of("select (0.5).setseed, $1.ts_stat, (a[1]).b, (a)[1].c, d.e, (f).g.h").calls,
            ["b", "c", "g", "h", "select", "setseed", "ts_stat"]
        );
        assert!(TextNames::of("with x as (insert into t values (1) returning a) select a from x").writes);
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
            assert!(TextNames::of(sql).obscure, "{sql}");
        }
        for sql in [
            "select a as insert into pg_temp.t from u",
            "select a insert into t from u",
            "with x as (select 1) select (a) insert into t",
            "select (a) merge into t",
            "(select a into t)",
            ") into t",
        ] {
            assert!(TextNames::of(sql).obscure, "{sql}");
        }
        for sql in [
            "insert into t values ('a', 'b')",
            "insert into t select a from u",
            "merge into t using (select 1) as u on true when matched then delete",
            "with x as (select 1), y as (insert into t values (1) returning a) insert into u select a from y",
        ] {
            assert!(!TextNames::of(sql).obscure, "{sql}");
        }
    }

    #[test]
    fn a_text_says_what_it_may_do_to_rows() {
        for (sql, (writes, updates, deletes)) in [
            ("select a from t", (false, false, false)),
            ("insert into t values (1)", (true, false, false)),
            ("insert into t values (1) on conflict (a) do update set b = 1", (true, true, false)),
            ("with x as (delete from t returning a) select a from x", (true, false, true)),
            ("merge into t using u on true when matched then delete", (true, true, true)),
        ] {
            let names = TextNames::of(sql);
            assert_eq!((names.writes, names.updates, names.deletes), (writes, updates, deletes), "{sql}");
        }
    }

    #[test]
    fn values_beside_their_columns_are_simply_typed_and_others_are_not() {
        for sql in [
            r#"select * from "t" where "id" = $1"#,
            "select a, b as c from t where a <> $1 and b >= $2 or c in ($3, $4) and d is null order by e limit 10;",
            "select distinct a from t where b like $1 and c between $2 and $3 limit $4 offset $5",
            "insert into t (a, b) values ($1, $2), ($3, default) returning *",
            "insert into t (a, b) values ($1, $2) on conflict (a) do update set b = excluded.b",
            "update t set a = $1, b = $2 where t.id != $3",
            "delete from t where id = $1",
        ] {
            assert!(TextNames::of(sql).simply_typed, "{sql}");
        }
        for sql in [
            "select a from t where a = 'x'",
            "select a from t where a = 1",
            "select a from t where a = b",
            "select a from t where $1 = a",
            "select a from t where (a, b) = ($1, $2)",
            "select a + $1 from t",
            "select a::text from t",
            "select a[1] from t",
            "update t set a = b",
            "insert into t select a from u",
            "insert into t table u",
            "insert into t (a, b) values ($1, $2) on conflict (a) do update set b = excluded.a",
            "select a from t union select b from u",
            "select a from t natural join u",
            "select coalesce(a, $1) from t",
            "select a from t where b <= any ($1)",
        ] {
            assert!(!TextNames::of(sql).simply_typed, "{sql}");
        }
    }
}
