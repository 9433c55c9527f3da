//! Finds what must be known about an SQL text of any length before it runs, token by token, so that reading a long text
//! can pause in between. Used by the query server.

use crate::data::lexer::{Lexer, Token, is_one_of};

/// Statements that may commit before their end.
const COMMIT_MIDWAY: [&str; 5] = ["call", "do", "vacuum", "reindex", "cluster"];
/// Statements that commit a transaction, which runs its deferred triggers. PREPARE TRANSACTION is another one.
const KEEP: [&str; 2] = ["commit", "end"];
/// Statements that commit before their end with CONCURRENTLY.
const DEFINE: [&str; 3] = ["create", "drop", "alter"];

/// Statements that read nothing. One of our statements before them could change their meaning: SET TRANSACTION must
/// come first in its transaction, and LOCK before the snapshot is taken.
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
/// Statements that reset settings of a transaction: its end, and a rollback to a savepoint. PREPARE TRANSACTION is
/// another one.
const UNDO: [&str; 4] = ["commit", "end", "rollback", "abort"];

/// The state within a statement that may contain others: `CREATE FUNCTION ... BEGIN ATOMIC ...; ...; END`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Routine {
    #[default]
    None,
    /// It creates something.
    Created,
    /// It creates a function or a procedure; with the number of open parentheses.
    Headed { parentheses: usize },
    /// The last word was BEGIN.
    Begun,
    /// Inside the body. `begins`: a statement would begin here, or END.
    Body { begins: bool },
}

impl Routine {
    /// Reads on; true if the token belongs to the body. `begins`: a statement of the text would begin here.
    ///
    /// Only behind a semicolon, or at its beginning, can a body end: any other END is that of a CASE, or a name.
    fn take(&mut self, token: Token<'_>, begins: bool) -> bool {
        let is_in_body = matches!(self, Routine::Body { .. });
        let word = if let Token::Word(word) = token { word } else { "" };
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
        *self = match (*self, token) {
            (Routine::Body { .. }, Token::Mark(';')) => Routine::Body { begins: true },
            (Routine::Body { begins: true }, _) if is("end") => Routine::None,
            (Routine::Body { .. }, _) => Routine::Body { begins: false },
            (_, Token::Mark(';')) => Routine::None,
            (Routine::None, _) if begins && is("create") => Routine::Created,
            (Routine::Created, _) if is_one_of(word, &["or", "replace"]) => Routine::Created,
            (Routine::Created, _) if is_one_of(word, &["function", "procedure"]) => Routine::Headed { parentheses: 0 },
            (Routine::None | Routine::Created, _) => Routine::None,
            (Routine::Begun, _) if is("atomic") => Routine::Body { begins: true },
            (Routine::Begun | Routine::Headed { parentheses: 0 }, _) if is("begin") => Routine::Begun,
            (Routine::Begun, Token::Mark('(')) => Routine::Headed { parentheses: 1 },
            (Routine::Begun, _) => Routine::Headed { parentheses: 0 },
            (Routine::Headed { parentheses }, Token::Mark('(')) => Routine::Headed { parentheses: parentheses + 1 },
            (Routine::Headed { parentheses }, Token::Mark(')')) => {
                Routine::Headed { parentheses: parentheses.saturating_sub(1) }
            }
            (headed @ Routine::Headed { .. }, _) => headed,
        };
        is_in_body
    }
}

/// The findings about a text so far.
#[derive(Clone, Copy, Debug)]
pub struct TextScan<'a> {
    /// A statement may begin here.
    begins: bool,
    /// The number of non-empty statements.
    statements: usize,
    /// The first word of the first one, opening parentheses skipped; "" where it begins otherwise.
    first: &'a str,
    commits_midway: bool,
    commits: bool,
    defines: bool,
    concurrently: bool,
    routine: Routine,
    /// The first word of the statement under way, and whether it was the last token.
    verb: &'a str,
    follows_verb: bool,
    /// SET CONSTRAINTS is under way.
    constrains: bool,
    /// It has COMMIT PREPARED or ROLLBACK PREPARED.
    ends_prepared: bool,
    /// Settings of the transaction were undone, by a rollback to a savepoint or by its end.
    undoes: bool,
    /// The last one was a rollback to a savepoint: deferred triggers stay deferred.
    steps_back: bool,
    /// A statement that may read, or runs deferred triggers, follows one that undoes settings of the transaction.
    pub reads_after_undoing: bool,
    /// It has COMMIT, END or SET CONSTRAINTS ... IMMEDIATE: the deferred triggers of an open transaction run.
    pub runs_deferred: bool,
    /// It has `$n`.
    pub has_parameters: bool,
}

impl Default for TextScan<'_> {
    fn default() -> Self {
        TextScan {
            begins: true,
            statements: 0,
            first: "",
            commits_midway: false,
            commits: false,
            defines: false,
            concurrently: false,
            routine: Routine::None,
            verb: "",
            follows_verb: false,
            constrains: false,
            ends_prepared: false,
            undoes: false,
            steps_back: false,
            reads_after_undoing: false,
            runs_deferred: false,
            has_parameters: false,
        }
    }
}

impl<'a> TextScan<'a> {
    /// Reads the whole of `sql` once.
    pub fn of(sql: &'a str) -> Self {
        TextScan::of_tokens(Lexer::new(sql))
    }

    /// The same for one of a text's readings.
    pub fn of_tokens(tokens: Lexer<'a>) -> Self {
        let mut scan = TextScan::default();
        tokens.for_each(|token| scan.take(token));
        scan
    }

    /// Reads on.
    pub fn take(&mut self, token: Token<'a>) {
        match token {
            Token::Word(word) => self.concurrently |= word.eq_ignore_ascii_case("concurrently"),
            Token::Parameter(number) => self.has_parameters |= number > 0,
            _ => {}
        }
        if self.routine.take(token, self.begins) {
            return;
        }
        match token {
            Token::Mark(';') => self.begins = true,
            Token::Mark('(') if self.begins => {}
            Token::Word(word) => self.take_word(word),
            _ => self.take_word(""),
        }
    }

    /// Reads on with a word, or "" for anything else.
    fn take_word(&mut self, word: &'a str) {
        if std::mem::take(&mut self.begins) {
            return self.begin(word);
        }
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
        let verb = |keyword: &str| self.verb.eq_ignore_ascii_case(keyword);
        if self.follows_verb {
            self.undoes |= verb("prepare") && is("transaction");
            self.ends_prepared |= is_one_of(self.verb, &["commit", "rollback"]) && is("prepared");
            self.constrains = verb("set") && is("constraints");
            self.follows_verb = false;
        }
        if self.constrains && is("immediate") {
            self.run_deferred();
        } else if verb("rollback") && is("to") {
            self.steps_back = true;
        }
    }

    /// Reads the first word of a statement.
    fn begin(&mut self, word: &'a str) {
        if self.statements == 0 {
            self.first = word;
        }
        self.statements += 1;
        (self.verb, self.follows_verb, self.constrains) = (word, true, false);
        self.commits_midway |= is_one_of(word, &COMMIT_MIDWAY);
        self.commits |= is_one_of(word, &KEEP) || word.eq_ignore_ascii_case("prepare");
        self.defines |= is_one_of(word, &DEFINE);
        self.reads_after_undoing |= self.undoes && !is_one_of(word, &READ_NOTHING);
        if is_one_of(word, &KEEP) {
            self.run_deferred();
        }
        if is_one_of(word, &UNDO) {
            (self.undoes, self.steps_back) = (true, false);
        }
    }

    fn run_deferred(&mut self) {
        self.runs_deferred = true;
        self.reads_after_undoing |= self.steps_back;
    }

    /// True if the text is a single statement that begins with one of `words` (in lower case).
    pub fn is_single(&self, words: &[&str]) -> bool {
        self.statements == 1 && is_one_of(self.first, words)
    }

    /// True if the text is a single statement that begins or ends a transaction.
    pub fn is_transaction_control(&self) -> bool {
        let ends = self.undoes && !self.steps_back && !self.ends_prepared;
        self.statements == 1 && (ends || is_one_of(self.first, &["begin", "start"]))
    }

    /// True if the text may end an open transaction, or undo a part of it.
    pub fn may_end_transaction(&self) -> bool {
        self.commits || self.undoes
    }

    /// True if the text, stopped halfway, may leave something committed: a statement that commits before its end, or
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
            assert!(TextScan::of(sql).is_single(&["select"]), "{sql}");
        }
        for sql in ["", ";", "select 1; select 2", "insert into t select 1", "'select'", "\"select\""] {
            assert!(!TextScan::of(sql).is_single(&["select"]), "{sql}");
        }
        assert!(
            TextScan::of("select $1").has_parameters && !TextScan::of("select '$1', $$ $2 $$ -- $3").has_parameters
        );
    }

    #[test]
    fn what_only_begins_or_ends_a_transaction_is_known() {
        for sql in ["begin", "START TRANSACTION read only;", "commit and chain", "End", "rollback work", "abort"] {
            assert!(TextScan::of(sql).is_transaction_control(), "{sql}");
        }
        assert!(TextScan::of("prepare transaction 'x'").is_transaction_control());
        for sql in [
            "begin; commit",
            "rollback to s",
            "rollback work to savepoint s",
            "commit prepared 'x'",
            "rollback prepared 'x'",
            "prepare p as select 1",
            "savepoint s",
            "select 1",
            "create function f() begin atomic end",
            "",
        ] {
            assert!(!TextScan::of(sql).is_transaction_control(), "{sql}");
        }
    }

    #[test]
    fn what_commits_as_it_goes_is_known() {
        for sql in
            ["call p()", "DO $$ $$", "begin; insert into t; commit; select 1", "create index concurrently on t (a)"]
        {
            assert!(TextScan::of(sql).may_commit_midway(), "{sql}");
        }
        for sql in
            ["create table t ()", "insert into t values (1); select 1", "begin; rollback", "select 'call'", "commit"]
        {
            assert!(!TextScan::of(sql).may_commit_midway(), "{sql}");
        }
    }

    #[test]
    fn the_body_of_a_function_is_part_of_one_statement() {
        let body =
            "begin atomic select case when a then 1 else case a when b then 2 end end from t; (select 1 as end); end";
        for head in [
            "create function f() returns int language sql",
            "CREATE OR REPLACE PROCEDURE s.f(begin int, b numeric(3))",
            "create function f(a int) returns begin set x.y to begin",
        ] {
            let sql = format!("{head} {body}");
            assert!(TextScan::of(&sql).is_single(&["create"]), "{sql}");
            let followed = format!("{sql}; create table z (a int)");
            let gist = TextScan::of(&followed);
            assert!(!gist.reads_after_undoing && !gist.runs_deferred && !gist.may_commit_midway(), "{sql}");
            for (end, reads) in [("end", false), ("end; select 1", true), ("select 1; commit; select 2", true)] {
                let ended = format!("{sql}; {end}");
                let gist = TextScan::of(&ended);
                assert!(gist.runs_deferred && gist.may_commit_midway(), "{ended}");
                assert_eq!(gist.reads_after_undoing, reads, "{ended}");
            }
        }
        assert!(TextScan::of("create function f() begin atomic end").is_single(&["create"]));
        // None of these has such a body.
        for sql in [
            "create function f() language sql as $$ begin atomic $$",
            "create function f(begin atomic) language sql as ''",
            "create table begin (atomic int)",
            "create view function as select 1 begin",
            "begin",
            "select 1 begin atomic",
        ] {
            assert!(TextScan::of(&format!("{sql}; end; select 1")).reads_after_undoing, "{sql}");
        }
    }

    #[test]
    fn what_runs_deferred_triggers_is_known() {
        for sql in [
            "commit",
            "END;",
            "commit and chain",
            "set constraints all immediate",
            "Set Constraints s.a, b IMMEDIATE",
            "select 1; commit",
        ] {
            let gist = TextScan::of(sql);
            assert!(gist.runs_deferred && !gist.reads_after_undoing, "{sql}");
        }
        for sql in [
            "rollback",
            "rollback to s",
            "set constraints all deferred",
            "set x to immediate",
            "set transaction read only",
            "set constraints all deferred; select immediate",
            "lock t",
            "savepoint s",
        ] {
            assert!(!TextScan::of(sql).runs_deferred, "{sql}");
        }
        // A step back undoes what was set, and leaves deferred what was so before the savepoint.
        for sql in ["rollback to s; commit", "rollback work to savepoint s; release s; set constraints all immediate"] {
            assert!(TextScan::of(sql).reads_after_undoing, "{sql}");
        }
        for sql in [
            "rollback; begin; commit",
            "rollback to s; rollback; commit",
            "rollback to s; set constraints all deferred",
        ] {
            assert!(!TextScan::of(sql).reads_after_undoing, "{sql}");
        }
    }
}
