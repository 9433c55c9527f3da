//! What the query server must know about an SQL text before it runs it, found once per text and remembered for a
//! limited number of texts. Looks at words only; it does not parse SQL.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use tokio::task::yield_now;

use super::reader_pace::ReaderPace;
use super::text_names::TextNames;
use crate::data::lexer::{Lexer, LexerStep, Outline, Token};
use crate::data::read_only::{ReadOnlyCheck, shows_only_reading};
use crate::data::text_scan::{READ_NOTHING, TextScan};

/// The number of remembered texts; longer ones than the second bound are not remembered.
const MOST_TEXTS: NonZeroUsize = NonZeroUsize::new(4096).unwrap();
const LONGEST_TEXT: usize = 16 * 1024;
/// Bytes of a long text that are read before yielding.
const SLICE: usize = 64 * 1024;

/// How one SQL text may be run.
#[derive(Debug)]
pub struct StatementTraits {
    /// Identifies the text on every connection; never reused.
    pub id: u64,
    /// One SELECT, INSERT, UPDATE, DELETE, MERGE, WITH, VALUES or TABLE: it behaves the same in either protocol, and
    /// can share an implicit transaction with its settings.
    pub plain: bool,
    /// Whether it is one statement depends on `standard_conforming_strings`. The extended protocol takes only one.
    pub may_be_several: bool,
    /// It has `$n`.
    pub has_parameters: bool,
    /// It can be kept prepared: what PostgreSQL decides while parsing stays valid.
    pub keepable: bool,
    /// It may read its tenant.
    pub needs_tenant: bool,
    /// It runs deferred triggers, which may read the tenant.
    pub runs_deferred: bool,
    /// A statement that may read its tenant, or runs deferred triggers, follows one that undoes settings of the
    /// transaction.
    pub outlives_tenant: bool,
    /// If stopped halfway, it may leave something committed.
    pub commits_midway: bool,
    /// It may end an open transaction, or undo a part of it.
    pub may_end_transaction: bool,
    /// It only begins or ends a transaction, which takes a session.
    pub is_transaction_control: bool,
    /// What it names; nothing if it is too long to be kept.
    pub names: TextNames,
    /// The pace of its readers.
    pub pace: Arc<ReaderPace>,
}

/// The first words of the statements that `plain` means.
const PLAIN: [&str; 8] = ["select", "insert", "update", "delete", "merge", "with", "values", "table"];

/// Statements that leave session state. DO is included because its body may contain any of the others.
const STATEFUL: [&str; 10] =
    ["set", "reset", "listen", "unlisten", "prepare", "deallocate", "declare", "load", "discard", "do"];

/// Functions that leave session state, anywhere in the text, including quotes and DO bodies.
const STATEFUL_FUNCTIONS: [&str; 3] = ["set_config", "advisory_lock", "dblink_connect"];

/// Literals that PostgreSQL would turn into a fixed time while parsing.
const FROZEN: [&str; 4] = ["now", "today", "tomorrow", "yesterday"];

impl StatementTraits {
    fn new(id: u64, sql: &str) -> Self {
        let (outline, scans) = (Outline::of(sql), Scans::of(sql));
        let plain = outline.is_single(&PLAIN);
        let frozen = outline.literals.iter().any(|literal| contains_any(literal, &FROZEN));
        let temporary = outline.contains_any(&["temp", "temporary"]) && outline.contains_any(&["create", "into"]);
        let stateful = temporary
            || outline.first_words.iter().any(|first| STATEFUL.iter().any(|word| first.eq_ignore_ascii_case(word)))
            || contains_any(sql, &STATEFUL_FUNCTIONS);
        let names = TextNames::of(sql);
        let keepable = plain && !stateful && !frozen && !names.obscure && !names_object_types(&outline);
        StatementTraits { names, keepable, ..scans.traits(id) }
    }

    /// The same for a text that is too long to keep, read in slices that yield to other tasks.
    async fn of_long(id: u64, sql: &str) -> Self {
        let mut scans = Vec::new();
        for tokens in Lexer::readings(sql) {
            let mut scan = TextScan::default();
            in_slices(tokens, |token| scan.take(token)).await;
            scans.push(scan);
        }
        Scans(scans).traits(id)
    }
}

/// What is found in a text, once for each way in which PostgreSQL may read its literals.
struct Scans<'a>(Vec<TextScan<'a>>);

impl<'a> Scans<'a> {
    fn of(sql: &'a str) -> Self {
        Scans(Lexer::readings(sql).map(TextScan::of_tokens).collect())
    }

    fn any(&self, says: impl Fn(&TextScan<'a>) -> bool) -> bool {
        self.0.iter().any(says)
    }

    /// What they say together: whatever one of them finds is possible.
    fn traits(&self, id: u64) -> StatementTraits {
        let mut are_plain = self.0.iter().map(|scan| scan.is_single(&PLAIN));
        let plain = are_plain.next().unwrap_or_default();
        let may_be_several = plain && !are_plain.all(|is_plain| is_plain);
        StatementTraits {
            id,
            plain,
            may_be_several,
            has_parameters: self.0.first().is_some_and(|scan| scan.has_parameters),
            keepable: false,
            needs_tenant: self.any(|scan| !scan.is_single(&READ_NOTHING)),
            runs_deferred: self.any(|scan| scan.runs_deferred),
            outlives_tenant: self.any(|scan| scan.reads_after_undoing),
            names: TextNames::default(),
            commits_midway: (!plain || may_be_several) && self.any(TextScan::may_commit_midway),
            may_end_transaction: self.any(TextScan::may_end_transaction),
            is_transaction_control: self.0.iter().all(TextScan::is_transaction_control),
            pace: Arc::default(),
        }
    }
}

/// Visits all tokens of a text, yielding to other tasks between slices, even inside a token.
async fn in_slices<'s>(mut lexer: Lexer<'s>, mut take: impl FnMut(Token<'s>)) {
    let mut pause = SLICE;
    loop {
        match lexer.read(pause) {
            LexerStep::Token(token) => take(token),
            LexerStep::Paused => {
                yield_now().await;
                pause = lexer.position() + SLICE;
            }
            LexerStep::End => return,
        }
    }
}

/// True for one statement that only reads, as far as its text shows. Long texts are read in slices.
pub async fn reads_only(sql: &str) -> bool {
    if sql.len() <= SLICE {
        return shows_only_reading(sql);
    }
    for tokens in Lexer::readings(sql) {
        let mut reading = ReadOnlyCheck::default();
        in_slices(tokens, |token| reading.take(token)).await;
        if !reading.is_all() {
            return false;
        }
    }
    true
}

/// `'t'::regclass` and similar casts become an object id while parsing.
fn names_object_types(outline: &Outline<'_>) -> bool {
    const SUFFIXES: [&str; 11] = [
        "class",
        "proc",
        "procedure",
        "oper",
        "operator",
        "type",
        "role",
        "namespace",
        "config",
        "dictionary",
        "collation",
    ];
    outline.words.iter().any(|word| {
        let start = word.get(..3).unwrap_or_default();
        start.eq_ignore_ascii_case("reg") && SUFFIXES.iter().any(|suffix| word[3..].eq_ignore_ascii_case(suffix))
    })
}

/// True if `text` holds one of `needles` (in lower case), in any case.
fn contains_any(text: &str, needles: &[&str]) -> bool {
    let text = text.to_ascii_lowercase();
    needles.iter().any(|needle| memchr::memmem::find(text.as_bytes(), needle.as_bytes()).is_some())
}

/// The recently seen texts.
pub struct TraitsCache {
    known: Mutex<LruCache<Box<str>, Arc<StatementTraits>>>,
    next_id: AtomicU64,
}

impl TraitsCache {
    pub fn new() -> Self {
        TraitsCache { known: Mutex::new(LruCache::new(MOST_TEXTS)), next_id: AtomicU64::new(1) }
    }

    /// What is known about `sql`, and whether it has been seen before.
    pub async fn look_up(&self, sql: &str) -> (Arc<StatementTraits>, bool) {
        if sql.len() > LONGEST_TEXT {
            // Boxed, so that the task of a query with a short text stays small.
            return (Arc::new(Box::pin(StatementTraits::of_long(self.new_id(), sql)).await), false);
        }
        if let Some(text) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(sql) {
            return (text.clone(), true);
        }
        let text = Arc::new(StatementTraits::new(self.new_id(), sql));
        self.known.lock().unwrap_or_else(PoisonError::into_inner).put(sql.into(), text.clone());
        (text, false)
    }

    fn new_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(sql: &str) -> StatementTraits {
        StatementTraits::new(1, sql)
    }

    #[test]
    fn one_plain_statement_is_plain_and_anything_else_is_not() {
        for sql in [
            "select 1",
            "SELECT 1;",
            "(select 1) union (select 2)",
            "with x as (select 1) select 1",
            "table t",
            "values (1)",
        ] {
            assert!(text(sql).plain, "{sql}");
        }
        for sql in [
            "",
            "select 1; select 2",
            "create table t ()",
            "call p()",
            "do $$ begin end $$",
            "vacuum",
            "begin",
            "lock t",
        ] {
            assert!(!text(sql).plain, "{sql}");
        }
        assert!(!text("select '$1', $$ $2 $$ -- $3").has_parameters);
        assert!(text("select $1").has_parameters);
    }

    #[test]
    fn texts_whose_meaning_parsing_would_freeze_are_not_kept() {
        assert!(text("select * from t where a = 'x'").keepable);
        for sql in
            ["select 'now'::timestamptz", "select date 'TODAY'", "select 't'::regclass", "select 'f'::REGPROCEDURE"]
        {
            assert!(!text(sql).keepable, "{sql}");
        }
        assert!(!text("create table t ()").keepable);
        assert!(text("select regexp_replace(a, 'x', 'y') from t").keepable);
    }

    #[test]
    fn texts_that_leave_something_in_the_session_are_not_kept() {
        for sql in [
            "set timezone = 'UTC'",
            "select 1; SET x.y = 1",
            "listen c",
            "prepare p as select 1",
            "create temp table t ()",
            "create local temporary table t ()",
            "select 1 into temp t",
            "select pg_advisory_lock(1)",
            "discard all",
            "select \"set_config\"('a.b', 'c', false)",
            "do $$ begin perform Set_Config('a.b','c',false); end $$",
            "load 'x'",
        ] {
            assert!(!text(sql).keepable, "{sql}");
        }
        for sql in ["select 1", "update t set a = 1", "select pg_advisory_xact_lock(1)", "select temp from t"] {
            assert!(text(sql).keepable, "{sql}");
        }
    }

    #[test]
    fn only_texts_that_read_nothing_need_no_tenant() {
        for sql in ["BEGIN;", "start transaction read only", "rollback to s", "set transaction read only", "lock t"] {
            assert!(!text(sql).needs_tenant, "{sql}");
        }
        for sql in ["select 1", "begin; select 1", "show mtdd.tenant_id", "do $$ begin end $$", "call p()", ""] {
            assert!(text(sql).needs_tenant, "{sql}");
        }
    }

    #[test]
    fn what_follows_the_end_of_a_transaction_in_one_text_outlives_its_tenant() {
        for sql in [
            "rollback to s; select 1",
            "commit; begin; insert into t values (1)",
            "abort; begin; rollback; table t",
            "select 1; END; select 2",
            "prepare transaction 'x'; select 1",
        ] {
            assert!(text(sql).outlives_tenant, "{sql}");
        }
        for sql in [
            "select 1; commit",
            "rollback",
            "commit; begin",
            "rollback; begin; savepoint s;",
            "prepare p as select 1; execute p",
            "release s; select 1",
            "select 1; select 2",
        ] {
            assert!(!text(sql).outlives_tenant, "{sql}");
        }
    }

    #[test]
    fn what_either_reading_of_a_literal_finds_is_possible() {
        let hidden = text(r"create table t (a text default 'it\'s'); commit; create table u (b text default 'x')");
        assert!(hidden.commits_midway && hidden.may_end_transaction && hidden.runs_deferred);
        let hidden = text(r"set x.y = 'it\'s'; select a from t; reset x.y -- '");
        assert!(hidden.needs_tenant && !hidden.plain);
        let hidden = text(r"rollback to s; set x.y = 'it\'s'; select a from t; set x.y = 'z'");
        assert!(hidden.outlives_tenant);
        let hidden = text(r"select 'it\'s $1, '; commit; select 'x'");
        assert!(hidden.plain && hidden.may_be_several && hidden.commits_midway && !hidden.keepable);
        let clear = text(r"select a from t where b like '\d+;' and c = $1");
        assert!(clear.plain && !clear.may_be_several && clear.has_parameters && !clear.may_end_transaction);
    }

    #[tokio::test]
    async fn a_text_keeps_its_id_while_it_is_remembered() {
        let texts = TraitsCache::new();
        let (first, seen) = texts.look_up("select 1").await;
        assert!(!seen);
        let (second, seen) = texts.look_up("select 1").await;
        assert!(seen && first.id == second.id);
        let long = format!("select 1 /* {} */", "x".repeat(LONGEST_TEXT));
        assert!(!texts.look_up(&long).await.0.keepable);
        assert!(!texts.look_up(&long).await.1, "a long text is not remembered");
    }

    #[tokio::test]
    async fn a_long_text_is_run_as_a_short_one_is() {
        let texts = TraitsCache::new();
        let padding = format!("/* {} */ -- ; call", "commit; ".repeat(LONGEST_TEXT));
        for sql in [
            "select $1",
            "(select 1) union select 2;",
            "select 1; select 2",
            "begin",
            "set x.y = 1",
            "begin; insert into t values (1); commit; select 1",
            "call p()",
            "do $$ begin end $$",
            "create index concurrently on t (a)",
            "insert into t values ('now') returning a",
            "rollback to s; select $2",
            r"select 'it\'s'; call p(); select 'x'",
            "",
        ] {
            let short = text(sql);
            for long in [format!("{padding}\n{sql}"), format!("{sql}\n{padding}")] {
                let (long, _) = texts.look_up(&long).await;
                let of = |text: &StatementTraits| {
                    let plain = (text.plain, text.may_be_several);
                    (plain, text.has_parameters, text.needs_tenant, text.commits_midway)
                };
                assert_eq!(of(&long), of(&short), "{sql}");
                assert!(!long.keepable);
            }
        }
    }

    /// How many turns another task has while `work` is done.
    async fn turns_beside(work: impl Future<Output = ()>) -> u64 {
        let turns = Arc::new(AtomicU64::new(0));
        let other = tokio::spawn({
            let turns = turns.clone();
            async move {
                loop {
                    turns.fetch_add(1, Ordering::Relaxed);
                    yield_now().await;
                }
            }
        });
        work.await;
        other.abort();
        turns.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn others_have_their_turns_while_a_long_text_is_looked_at() {
        let long = |token: &str| token.repeat(20 * SLICE / token.len());
        for (begin, filling, end) in [
            ("select * from t where a in (", "'a literal', ", "1)"),
            // One token is no shorter than that.
            ("select '", "''", "'"),
            ("select '", "a literal ", "'"),
            ("select E'", "\\'", "'"),
            ("select $a$", "$b$ ", "$a$"),
            ("select /*", " comment ", "*/ 1"),
            ("select --", " comment ", "\n 1"),
            ("select ", " ", "1"),
            ("select ", "a", ""),
            ("select ", "1", ""),
            ("select \"", "a", "\""),
        ] {
            let text = [begin, &long(filling), end].concat();
            let slices = (text.len() / SLICE) as u64;
            let looked = async { assert!(TraitsCache::new().look_up(&text).await.0.plain, "{begin}{filling}") };
            let turns = turns_beside(looked).await;
            assert!(turns + 2 >= slices, "{begin}{filling}: {turns} turns in {slices} slices");
            let looked = async { assert!(reads_only(&text).await, "{begin}{filling}") };
            let turns = turns_beside(looked).await;
            assert!(turns + 2 >= slices, "{begin}{filling}: {turns} turns in {slices} slices");
        }
    }
}
