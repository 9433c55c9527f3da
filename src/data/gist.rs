//! What must be known of an SQL text of any length before it is run, found token by token: whoever reads a long one can
//! pause in between, and nothing is kept but what is asked for. The query server asks.

use crate::data::lexer::{Lexer, Token, is_one_of};

/// Statements that commit as they go, or may.
const COMMIT_MIDWAY: [&str; 5] = ["call", "do", "vacuum", "reindex", "cluster"];
/// Statements that end a transaction and keep what it did.
const COMMIT: [&str; 3] = ["commit", "end", "prepare"];
/// Statements that CONCURRENTLY makes commit as they go.
const DEFINE: [&str; 3] = ["create", "drop", "alter"];

/// Statements that read nothing. A statement of ours ahead of them could change what they mean: SET TRANSACTION must
/// come first in its transaction, and LOCK before what the transaction sees is fixed.
pub const READ_NOTHING: [&str; 13] = [
    "begin",
    "start",
    "commit",
    "end",
    "rollback",
    "abort",
    "savepoint",
    "release",
    "set",
    "reset",
    "lock",
    "discard",
    "deallocate",
];
/// Statements after which what has been set for a transaction holds no more: its end, and a step back to a savepoint.
/// PREPARE TRANSACTION is another one.
const UNDO: [&str; 4] = ["commit", "end", "rollback", "abort"];

/// The gist of a text, as far as it has been read.
#[derive(Clone, Copy, Debug)]
pub struct Gist<'a> {
    /// A statement would begin here.
    begins: bool,
    /// Statements that are not empty.
    statements: usize,
    /// The first word of the first one, opening parentheses skipped; "" where it begins otherwise.
    first: &'a str,
    commits_midway: bool,
    commits: bool,
    defines: bool,
    concurrently: bool,
    /// The last token was PREPARE at the beginning of a statement.
    prepares: bool,
    undoes: bool,
    /// A statement that may read something follows one that undoes what has been set for the transaction.
    pub reads_after_undoing: bool,
    /// It has `$n`.
    pub has_parameters: bool,
}

impl Default for Gist<'_> {
    fn default() -> Self {
        Gist {
            begins: true,
            statements: 0,
            first: "",
            commits_midway: false,
            commits: false,
            defines: false,
            concurrently: false,
            prepares: false,
            undoes: false,
            reads_after_undoing: false,
            has_parameters: false,
        }
    }
}

impl<'a> Gist<'a> {
    /// Reads the whole of `sql` once.
    pub fn of(sql: &'a str) -> Self {
        let mut gist = Gist::default();
        Lexer::new(sql).for_each(|token| gist.take(token));
        gist
    }

    /// Reads on.
    pub fn take(&mut self, token: Token<'a>) {
        match token {
            Token::Mark(';') => {
                self.begins = true;
                return;
            }
            Token::Mark('(') if self.begins => return,
            Token::Word(word) => self.concurrently |= word.eq_ignore_ascii_case("concurrently"),
            Token::Parameter(number) => self.has_parameters |= number > 0,
            _ => {}
        }
        let word = if let Token::Word(word) = token { word } else { "" };
        self.undoes |= std::mem::take(&mut self.prepares) && word.eq_ignore_ascii_case("transaction");
        if std::mem::take(&mut self.begins) {
            if self.statements == 0 {
                self.first = word;
            }
            self.statements += 1;
            self.commits_midway |= is_one_of(word, &COMMIT_MIDWAY);
            self.commits |= is_one_of(word, &COMMIT);
            self.defines |= is_one_of(word, &DEFINE);
            self.reads_after_undoing |= self.undoes && !is_one_of(word, &READ_NOTHING);
            self.undoes |= is_one_of(word, &UNDO);
            self.prepares = word.eq_ignore_ascii_case("prepare");
        }
    }

    /// True if the text is a single statement that begins with one of `words` (in lower case).
    pub fn is_single(&self, words: &[&str]) -> bool {
        self.statements == 1 && is_one_of(self.first, words)
    }

    /// True if stopping the text on its way may leave something of it committed: a statement that commits as it goes, or
    /// one of several that ends a transaction.
    pub fn may_commit_midway(&self) -> bool {
        self.commits_midway || (self.statements > 1 && self.commits) || (self.defines && self.concurrently)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_statement_is_one() {
        for sql in ["select 1", " ; ((SELECT 1)) ; -- ;", "Select ';', $$;$$"] {
            assert!(Gist::of(sql).is_single(&["select"]), "{sql}");
        }
        for sql in ["", ";", "select 1; select 2", "insert into t select 1", "'select'", "\"select\""] {
            assert!(!Gist::of(sql).is_single(&["select"]), "{sql}");
        }
        assert!(Gist::of("select $1").has_parameters && !Gist::of("select '$1', $$ $2 $$ -- $3").has_parameters);
    }

    #[test]
    fn what_commits_as_it_goes_is_known() {
        for sql in
            ["call p()", "DO $$ $$", "begin; insert into t; commit; select 1", "create index concurrently on t (a)"]
        {
            assert!(Gist::of(sql).may_commit_midway(), "{sql}");
        }
        for sql in
            ["create table t ()", "insert into t values (1); select 1", "begin; rollback", "select 'call'", "commit"]
        {
            assert!(!Gist::of(sql).may_commit_midway(), "{sql}");
        }
    }
}
