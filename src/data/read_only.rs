//! Whether a text looks like a read. Needed when a connection broke and nobody knows whether the text ran, or when it
//! should stop. Whether such a text only reads also depends on the database (`query_server::read_effects`).

use crate::data::lexer::{Lexer, Outline, Token, is_one_of};

/// Words that mean a query does more than read, anywhere in it.
const WRITES: [&str; 8] = ["insert", "update", "delete", "merge", "into", "share", "analyze", "analyse"];

/// Functions that only compute. A read that calls any other function might do more than read.
/// Words that stand before a parenthesis without being functions are here too.
const PURE: [&str; 98] = [
    "abs",
    "all",
    "and",
    "any",
    "array",
    "array_agg",
    "array_length",
    "as",
    "avg",
    "between",
    "bigint",
    "bit_and",
    "bit_length",
    "bit_or",
    "bool_and",
    "bool_or",
    "btrim",
    "by",
    "cast",
    "ceil",
    "ceiling",
    "char_length",
    "character",
    "coalesce",
    "concat",
    "concat_ws",
    "count",
    "current_date",
    "date_part",
    "date_trunc",
    "decimal",
    "distinct",
    "every",
    "except",
    "exists",
    "extract",
    "filter",
    "floor",
    "format",
    "from",
    "greatest",
    "having",
    "in",
    "initcap",
    "intersect",
    "join",
    "json_agg",
    "json_build_object",
    "jsonb_agg",
    "jsonb_build_object",
    "lateral",
    "least",
    "left",
    "length",
    "like",
    "limit",
    "lower",
    "ltrim",
    "materialized",
    "max",
    "min",
    "mod",
    "not",
    "now",
    "nullif",
    "numeric",
    "offset",
    "on",
    "or",
    "over",
    "partition",
    "position",
    "power",
    "rank",
    "regexp_replace",
    "replace",
    "right",
    "round",
    "row",
    "row_number",
    "row_to_json",
    "rtrim",
    "select",
    "split_part",
    "string_agg",
    "substring",
    "sum",
    "then",
    "to_char",
    "to_jsonb",
    "trim",
    "union",
    "upper",
    "using",
    "values",
    "varchar",
    "when",
    "where",
];

/// More of them, which plans for all shards do not know.
const HARMLESS: [&str; 3] = ["generate_series", "pg_sleep", "repeat"];

/// The names that such a text may call.
pub fn callable() -> impl Iterator<Item = &'static str> {
    PURE.into_iter().chain(HARMLESS)
}

/// True for one statement that only reads, as far as its text shows, however PostgreSQL reads its literals.
pub fn shows_only_reading(sql: &str) -> bool {
    Lexer::readings(sql).all(|tokens| {
        let mut reading = ReadOnlyCheck::default();
        for token in tokens {
            reading.take(token);
            if reading.shows_more {
                return false;
            }
        }
        reading.is_all()
    })
}

/// The same token by token, so that the caller can pause.
#[derive(Debug, Default)]
pub struct ReadOnlyCheck<'a> {
    /// The last token, whose meaning depends on the next.
    last: Option<Token<'a>>,
    attributes: Attributes,
    shows_more: bool,
}

impl<'a> ReadOnlyCheck<'a> {
    /// Reads on.
    pub fn take(&mut self, token: Token<'a>) {
        match self.last.replace(token) {
            Some(last) => self.look_at(last, Some(token)),
            None => {
                let begins = ["select", "values", "table", "with", "show"];
                self.shows_more = !matches!(token, Token::Word(first) if is_one_of(first, &begins));
            }
        }
    }

    /// True if everything so far only reads.
    pub fn is_all(mut self) -> bool {
        let Some(last) = self.last else { return false };
        self.look_at(last, None);
        !self.shows_more
    }

    fn look_at(&mut self, token: Token<'_>, next: Option<Token<'_>>) {
        let called = self.attributes.take(token) || next == Some(Token::Mark('('));
        self.shows_more |= match token {
            // FOR UPDATE takes a lock ("update" is among these words); so do its weaker forms.
            Token::Word(word) if is_one_of(word, &WRITES) => true,
            Token::Word(word) if !called => word.eq_ignore_ascii_case("key"),
            Token::Word(word) => !is_one_of(word, &PURE) && !is_one_of(word, &HARMLESS),
            Token::Identifier(_) => called,
            Token::Mark(';') => next.is_some(),
            _ => false,
        };
    }
}

/// Finds names that are attributes of an expression, token by token: `(x).f` may mean `f(x)`.
#[derive(Debug, Default)]
pub struct Attributes {
    /// The last token ended an expression that is more than a column.
    behind_expression: bool,
    /// The last token was the dot behind such an expression.
    behind_dot: bool,
}

impl Attributes {
    /// True if the next token is such a name.
    pub fn take(&mut self, token: Token<'_>) -> bool {
        let is_attribute = self.behind_dot && matches!(token, Token::Word(_) | Token::Identifier(_));
        self.behind_dot = self.behind_expression && token == Token::Mark('.');
        self.behind_expression = is_attribute || matches!(token, Token::Mark(')' | ']') | Token::Parameter(_));
        is_attribute
    }
}

/// True for the lower-case name of a function that only computes.
pub fn is_pure(name: &str) -> bool {
    PURE.contains(&name)
}

/// True if the text may commit a transaction.
pub fn may_commit(sql: &str) -> bool {
    Lexer::readings(sql).any(|tokens| {
        let first_words = Outline::of_tokens(tokens).first_words;
        let commits = first_words.iter().any(|word| is_one_of(word, &["commit", "end", "prepare"]));
        // Statements after the end of a transaction are outside it.
        commits || first_words.len() > 1 && may_end_transaction(sql)
    })
}

/// True if the text may end a transaction, by commit or rollback.
pub fn may_end_transaction(sql: &str) -> bool {
    Lexer::readings(sql).any(ends_transaction)
}

fn ends_transaction(tokens: Lexer<'_>) -> bool {
    let mut begins = true;
    // In a ROLLBACK, which ends it unless it goes back TO a savepoint.
    let mut rolls_back = false;
    for token in tokens {
        match token {
            Token::Mark(';') if rolls_back => return true,
            Token::Mark(';') => begins = true,
            Token::Word(word) if std::mem::take(&mut begins) => {
                if is_one_of(word, &["commit", "end", "abort", "prepare"]) {
                    return true;
                }
                rolls_back = word.eq_ignore_ascii_case("rollback");
            }
            Token::Word(word) if word.eq_ignore_ascii_case("to") => rolls_back = false,
            _ => begins = false,
        }
    }
    rolls_back
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_reads_show_only_reading() {
        for sql in [
            "select * from t where id = $1",
            "SELECT count(*), max(\"a\") FROM t GROUP BY b HAVING sum(c) > 1;",
            "with x as (select 1) select * from x",
            "table t",
            "values (1), (2)",
            "select 'insert into t', \"update\" from t -- delete",
            "show timezone",
            "select (t.a).lower, t.b[1], t.c from app.t",
            "select (x).* from t x",
            r"select E'it\'s', a from t where b like '\d+' or c = 'C:\'",
        ] {
            assert!(shows_only_reading(sql), "{sql}");
        }
    }

    #[test]
    fn only_the_end_of_a_transaction_commits() {
        assert!(may_commit("COMMIT;") && may_commit("select 1; end") && may_commit("prepare transaction 'x'"));
        assert!(!may_commit("select 'commit'") && !may_commit("ROLLBACK"));
        assert!(may_commit(r"select 'it\'s'; commit; select 'x'"));
        assert!(
            may_commit("rollback; insert into t values (1)") && !may_commit("rollback to a; insert into t values (1)")
        );
    }

    #[test]
    fn a_step_back_to_a_savepoint_ends_no_transaction() {
        for sql in [
            "COMMIT",
            "select 1; end",
            "Rollback;",
            "abort",
            "rollback and chain",
            "rollback; select a to b",
            "prepare transaction 'x'",
            r"select 'it\'s'; rollback; select 'x'",
        ] {
            assert!(may_end_transaction(sql), "{sql}");
        }
        for sql in
            ["select 'commit'", "ROLLBACK TO a;", "rollback work to savepoint a", "release a", "savepoint commit", ""]
        {
            assert!(!may_end_transaction(sql), "{sql}");
        }
    }

    #[test]
    fn whatever_might_write_or_lock_does_not() {
        for sql in [
            "insert into t values (1)",
            "with x as (delete from t returning *) select * from x",
            "select * from t for update",
            "select * from t for no key update",
            "select * from t for key share",
            "select * into t2 from t",
            "select nextval('s')",
            "select create_order(1)",
            "select \"Create\"(1)",
            "select (t.a).charge from t",
            "select ('s'::regclass).nextval",
            "select (t.a) /* */ . \"charge\" from t",
            "select t.a[1].charge from t",
            "select $1.charge",
            "select (t.a).lower.charge from t",
            "select a[1].lower.\"charge\" from t",
            "select 1; drop table t",
            "explain analyze delete from t",
            "call p()",
            r"select 'it\'s', audit('x') as y",
            r"select n'a\'; drop table t; select 'b'",
            "",
        ] {
            assert!(!shows_only_reading(sql), "{sql}");
        }
    }
}
