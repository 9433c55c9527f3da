//! Replies that are too large, in rows, errors and notices: what is said of the statement is what has become of it, and
//! its connection, session and stream go on.

use std::time::Duration;

use mtdd::proto::QueryRequest;
use mtdd::proto::failure::Reason;
use tokio::time::sleep;

use crate::shard::{Shard, Stream, bound, simple};

const FLAGS: [&str; 4] = ["--max-message-size", "1048576", "--pool-size", "1"];
const LARGE_ROW: &str = "insert into t values (1) returning repeat('x', 3000000)";
/// A few megabytes of rows, none of which is large.
const ROWS: &str = "insert into t select g from generate_series(1, 20000) g returning repeat('x', 200)";
const RAISES: &str = "create function raises(size int) returns int language plpgsql as \
                      $$ begin raise exception '%', repeat('x', size) using detail = 'a detail'; end $$";

async fn shard() -> Shard {
    let shard = Shard::start(&FLAGS).await;
    shard.prepare("create table t (a int)").await;
    shard
}

/// The session's transaction has failed, and can be rolled back; then the session is as good as new.
async fn is_failed(shard: &Shard, session: &mut Stream) {
    assert_eq!(session.run(simple("select 1")).await.code(), "25P02");
    assert_eq!(session.tag("commit").await, "ROLLBACK");
    assert_eq!(shard.look("select count(*) from t").await, "0");
    assert_eq!(session.tag("begin").await, "BEGIN");
    assert_eq!(session.run(simple("select 1")).await.text(), "1");
    assert_eq!(session.tag("rollback").await, "ROLLBACK");
}

#[tokio::test]
async fn a_row_too_large_fails_the_transaction_that_it_is_of_and_nobody_doubts_it() {
    let shard = shard().await;
    let mut session = shard.session().await;
    for sql in [LARGE_ROW, "select repeat('x', 3000000)"] {
        for request in [simple(sql), bound(sql, &[])] {
            session.tag("begin").await;
            session.tag("insert into t values (7)").await;
            let failure = session.run(request).await.failure.unwrap();
            assert_eq!((failure.reason(), failure.never_ran), (Reason::Invalid, false), "{failure:?}");
            assert!(failure.message.contains("(--max-message-size)"), "{failure:?}");
            assert!(!failure.message.contains("not known"), "{failure:?}");
            is_failed(&shard, &mut session).await;
        }
    }
}

#[tokio::test]
async fn a_row_too_large_of_a_write_alone_is_said_to_have_taken_effect_only_if_it_has() {
    let shard = shard().await;
    let mut stream = shard.stream().await;
    let failure = stream.run(simple(LARGE_ROW)).await.failure.unwrap();
    let rows = shard.look("select count(*) from t").await;
    match failure.reason() {
        Reason::OutcomeUnknown => {
            assert!(failure.message.contains("so it took effect"), "{failure:?}");
            assert_eq!((failure.cause.contains("--max-message-size"), rows.as_str()), (true, "1"), "{failure:?}");
        }
        reason => assert_eq!((reason, rows.as_str()), (Reason::Invalid, "0"), "{failure:?}"),
    }
    let read = stream.run(simple("select repeat('x', 3000000)")).await.failure.unwrap();
    assert_eq!(read.reason(), Reason::Invalid, "{read:?}");
    assert!(!read.message.contains("effect") && !read.message.contains("not known"), "{read:?}");
}

#[tokio::test]
async fn a_statement_whose_rows_were_not_all_passed_on_fails_its_transaction_even_if_it_was_stopped_too_late() {
    let shard = shard().await;
    for by_cancel in [false, true] {
        let mut session = Stream::session(&shard, &[], 1).await;
        session.gives_credit = false;
        session.tag("begin").await;
        let timeout_ms = if by_cancel { 0 } else { 700 };
        let id = session.ask(QueryRequest { timeout_ms, ..simple(ROWS) }).await;
        assert!(session.next_part().await.unwrap());
        if by_cancel {
            sleep(Duration::from_millis(300)).await;
            session.cancel(id).await;
        }
        let failure = session.reply(id).await.failure.unwrap();
        let expected = if by_cancel { Reason::Cancelled } else { Reason::Timeout };
        assert_eq!((failure.reason(), failure.never_ran), (expected, false), "{failure:?}");
        session.gives_credit = true;
        is_failed(&shard, &mut session).await;
    }
}

#[tokio::test]
async fn an_error_too_large_keeps_its_code_and_its_beginning_and_nothing_is_in_doubt() {
    let shard = shard().await;
    shard.prepare(RAISES).await;
    let mut stream = shard.stream().await;
    for request in [simple("select raises(700000)"), bound("select raises($1::int)", &[Some("700000")])] {
        let whole = stream.run(request).await.error.unwrap();
        assert_eq!((whole.message.len(), whole.detail.as_deref()), (700_000, Some("a detail")));
    }
    for size in ["1000000", "70000000"] {
        let cut = stream.run(bound("select raises($1::int)", &[Some(size)])).await.error.unwrap();
        assert_eq!(cut.code.as_deref(), Some("P0001"));
        assert!(cut.message.starts_with("xxxxxx") && cut.message.contains("... (cut off: the error has "));
        assert!(cut.message.len() < 100_000 && cut.length > size.parse().unwrap(), "{} bytes", cut.length);
        assert_eq!(stream.run(simple("select 1")).await.text(), "1");
    }
    let mut session = shard.session().await;
    session.tag("begin").await;
    session.tag("insert into t values (7)").await;
    assert_eq!(session.run(simple("select raises(70000000)")).await.code(), "P0001");
    is_failed(&shard, &mut session).await;
}

#[tokio::test]
async fn notices_and_copied_rows_that_are_too_many_or_too_large_are_nothing_to_a_statement() {
    let shard = shard().await;
    shard
        .prepare(
            "create function noisy(a int) returns int language plpgsql as \
             $$ begin raise notice '%', repeat('x', 3000000); return a; end $$",
        )
        .await;
    let mut stream = shard.stream().await;
    let many = "do $$ begin for i in 1..100000 loop raise notice '%', i; end loop; end $$";
    for request in [simple(many), bound(many, &[])] {
        assert_eq!(stream.run(request).await.only().tag.as_deref(), Some("DO"));
    }
    let sql = "select noisy(a) from generate_series(1, 5) a";
    for request in [simple(sql), bound(sql, &[])] {
        let rows = stream.run(request).await.only().rows;
        let read: Vec<_> = rows.iter().map(|row| row[0].as_deref().unwrap()).collect();
        assert_eq!(read, ["1", "2", "3", "4", "5"]);
    }
    let copied = stream.run(simple("copy (select repeat('x', 3000000)) to stdout")).await.only();
    assert_eq!(copied.tag.as_deref(), Some("COPY 1"));
    assert_eq!(stream.run(simple("select 1")).await.text(), "1");
}
