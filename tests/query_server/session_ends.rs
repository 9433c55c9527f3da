//! What ends a session, and that nothing of it is left: no transaction, no lock, no state of the connection.

use std::time::{Duration, Instant};

use mtdd::proto::client_frame::Frame;
use mtdd::proto::failure::Reason;
use mtdd::proto::{Cancel, Execute, Open, QueryRequest};
use tokio::time::sleep;
use tonic::Code;

use crate::shard::{Shard, Stream, bound, simple};

const COUNT: &str = "select count(*) from t";

/// The server's connections with an open transaction or a running statement.
const BUSY: &str = "select count(*) from pg_stat_activity where datname = current_database() \
                    and application_name = 'mtdd-server' and (xact_start is not null or state = 'active')";

/// Rows that somebody else has locked.
const LOCKED: &str = "select count(*) - (select count(*) from (select 1 from t for update skip locked) x) from t";

async fn shard(flags: &[&str]) -> Shard {
    let shard = Shard::start(flags).await;
    shard.prepare("create table t (a int primary key)").await;
    shard
}

#[track_caller]
fn aborted(end: Result<(), tonic::Status>, limit: &str, consequence: &str) {
    let status = end.unwrap_err();
    assert_eq!(status.code(), Code::Aborted, "{status}");
    let message = status.message();
    assert!(message.contains(limit) && message.contains(consequence), "{message}");
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_lock() {
    let shard = shard(&["--pool-size", "1"]).await;
    shard.prepare("insert into t values (1)").await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    session.run(simple("select * from t for update")).await.only();
    session.tag("insert into t values (2)").await;
    assert_eq!(shard.look(LOCKED).await, "1", "or this test would prove nothing");
    drop(session);
    shard.wait_for(LOCKED, "0").await;
    shard.wait_for(BUSY, "0").await;
    assert_eq!(shard.look(COUNT).await, "1");
    assert_eq!(shard.run(simple(COUNT)).await.text(), "1");
}

#[tokio::test]
async fn a_caller_who_goes_away_in_the_middle_of_a_statement_leaves_neither_row_nor_lock_nor_statement() {
    let shard = shard(&["--pool-size", "2"]).await;
    shard.prepare("insert into t values (1)").await;
    for in_transaction in [true, false] {
        let mut session = shard.session().await;
        if in_transaction {
            session.tag("begin").await;
            session.run(simple("select * from t for update")).await.only();
        }
        session.ask(simple("insert into t select 2 from pg_sleep(30)")).await;
        // Nor is this one run, which waits behind it.
        session.ask(simple("insert into t values (3)")).await;
        shard.wait_for_running(1).await;
        drop(session);
        shard.wait_for(BUSY, "0").await;
        assert_eq!(shard.look(LOCKED).await, "0");
        assert_eq!(shard.look("select count(*) from pg_locks where relation = 't'::regclass").await, "0");
        assert_eq!(shard.look(COUNT).await, "1");
    }
    assert_eq!(shard.run(simple("select 1")).await.text(), "1");
}

#[tokio::test]
async fn a_caller_who_closes_its_half_is_answered_and_then_rolled_back() {
    let shard = shard(&["--pool-size", "1"]).await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    let insert = session.ask(simple("insert into t select 1 from pg_sleep(0.2)")).await;
    let count = session.ask(simple(COUNT)).await;
    session.ask_no_more();
    assert_eq!(session.reply(insert).await.only().tag.as_deref(), Some("INSERT 0 1"));
    assert_eq!(session.reply(count).await.text(), "1");
    session.end().await.unwrap();
    assert_eq!(shard.look(BUSY).await, "0", "rolled back before the stream ends");
    assert_eq!(shard.look(COUNT).await, "0");
}

#[tokio::test]
async fn a_caller_who_breaks_the_rules_is_told_so_and_rolled_back() {
    let shard = shard(&[]).await;
    let execute = |id| Frame::Execute(Execute { id, query: Some(simple("select 1")) });
    for (frame, said) in [
        (execute(1), "execute.id: 1"),
        (Frame::Open(Open::default()), "open: "),
        (Frame::Cancel(Cancel { id: 9 }), "cancel.id: 9"),
    ] {
        let mut session = shard.session().await;
        session.tag("begin").await;
        session.tag("insert into t values (1)").await;
        session.send(frame).await;
        let status = session.end().await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().starts_with(said), "{status}");
        shard.wait_for(BUSY, "0").await;
    }
    let mut unopened = Stream::unopened_session(&shard.client).await;
    unopened.send(execute(1)).await;
    assert_eq!(unopened.end().await.unwrap_err().message(), "the first frame must be `open`");
    assert_eq!(shard.look(COUNT).await, "0");
}

#[tokio::test]
async fn nothing_of_a_session_is_left_on_its_connection() {
    let shard = shard(&["--pool-size", "1"]).await;
    let process = shard.run(simple("select pg_backend_pid()")).await.text();
    for end in ["", "commit", "rollback", "select 1/0"] {
        let mut session = shard.session().await;
        session.tag("create temp table mine (a int)").await;
        session.tag("set application.colour = 'red'").await;
        session.tag("begin").await;
        for sql in [
            "set search_path = 'elsewhere'",
            "select pg_advisory_lock(7)",
            "prepare p as select 1",
            "declare c cursor with hold for select 1",
            "listen news",
            "create temp table mine_too (a int)",
        ] {
            session.run(simple(sql)).await.only();
        }
        if !end.is_empty() {
            session.run(simple(end)).await;
        }
        session.ask_no_more();
        session.end().await.unwrap();
        for (sql, expected) in [
            ("select pg_backend_pid()", process.as_str()),
            ("select count(*) from pg_class where relname like 'mine%'", "0"),
            ("select coalesce(current_setting('application.colour', true), '')", ""),
            ("show search_path", "\"$user\", public"),
            ("select count(*) from pg_locks where locktype = 'advisory'", "0"),
            ("select count(*) from pg_prepared_statements where name = 'p'", "0"),
            ("select count(*) from pg_cursors where name = 'c'", "0"),
            ("select count(*) from pg_listening_channels()", "0"),
        ] {
            assert_eq!(shard.run(simple(sql)).await.text(), expected, "{sql}, after {end:?}");
        }
    }
}

#[tokio::test]
async fn a_session_without_queries_is_rolled_back_and_ended() {
    let shard = shard(&["--session-idle-timeout", "1"]).await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    // A statement that takes longer than that is no idleness.
    session.run(simple("insert into t select 1 from pg_sleep(1.3)")).await.only();
    let since = Instant::now();
    aborted(session.end().await, "no query came for 1 s (--session-idle-timeout)", "its transaction was rolled back");
    assert!(since.elapsed() >= Duration::from_millis(900), "{:?}", since.elapsed());
    assert_eq!(shard.look(BUSY).await, "0", "rolled back before the stream ends");
    assert_eq!(shard.look(COUNT).await, "0");

    let mut session = shard.session().await;
    session.tag("insert into t values (1)").await;
    aborted(session.end().await, "--session-idle-timeout", "no transaction was open");
    assert_eq!(shard.look(COUNT).await, "1");
    aborted(shard.session().await.end().await, "--session-idle-timeout", "no transaction was open");
}

#[tokio::test]
async fn a_session_that_lasts_too_long_is_rolled_back_and_ended() {
    let shard = shard(&["--session-max-age", "1"]).await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    let mut last = 0;
    let since = Instant::now();
    while since.elapsed() < Duration::from_millis(700) {
        last += 1;
        session.tag(&format!("insert into t values ({last})")).await;
    }
    aborted(
        session.end().await,
        "it reached its maximum age of 1 s (--session-max-age)",
        "its transaction was rolled back",
    );
    assert_eq!(shard.look(BUSY).await, "0");
    assert_eq!(shard.look(COUNT).await, "0");
}

#[tokio::test]
async fn the_end_of_a_session_stops_the_statement_that_runs_and_no_later_one_runs() {
    let shard = shard(&["--session-max-age", "1"]).await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    let slow = session.ask(simple("select pg_sleep(30)")).await;
    session.ask(simple("rollback")).await;
    session.ask(simple("insert into t values (1)")).await;
    assert_eq!(session.reply(slow).await.refusal(), (Reason::Timeout, false));
    aborted(session.end().await, "--session-max-age", "its transaction was rolled back");
    assert_eq!((shard.look(BUSY).await, shard.look(COUNT).await), ("0".into(), "0".into()));
}

#[tokio::test]
async fn a_caller_who_takes_no_rows_keeps_the_connection_no_longer_than_a_session_may_last() {
    let shard = shard(&["--session-max-age", "1", "--pool-size", "1"]).await;
    for rows in ["50000", "100"] {
        let mut session = Stream::session(&shard, &[], 1).await;
        session.gives_credit = false;
        session.tag("begin").await;
        // The second fits into one part, which waits for credit when PostgreSQL has done its work.
        session.ask(simple(&format!("select repeat('x', 1000) from generate_series(1, {rows})"))).await;
        session.ask(simple("insert into t values (1)")).await;
        aborted(session.end().await, "--session-max-age", "its transaction was rolled back");
        assert_eq!((shard.look(BUSY).await, shard.look(COUNT).await), ("0".into(), "0".into()));
    }
}

#[tokio::test]
async fn when_all_sessions_are_taken_the_next_waits_until_its_deadline() {
    let shard =
        shard(&["--pool-size", "4", "--max-sessions", "2", "--tenant-max-sessions", "2", "--queue-limit", "1"]).await;
    let (mut first, mut second) = (shard.session().await, shard.session().await);
    for session in [&mut first, &mut second] {
        session.tag("begin").await;
    }
    let mut third = shard.session().await;
    let refused = third.run(QueryRequest { timeout_ms: 200, ..simple("begin") }).await;
    let message = refused.failure.as_ref().unwrap().message.clone();
    assert!(message.contains("all 2 sessions are in use (--max-sessions)"), "{message}");
    assert_eq!(refused.refusal(), (Reason::Overloaded, true));

    let waiting = third.ask(simple("begin")).await;
    sleep(Duration::from_millis(100)).await;
    let mut fourth = shard.session().await;
    let refused = fourth.run(simple("begin")).await;
    let message = refused.failure.as_ref().unwrap().message.clone();
    assert!(message.contains("1 sessions are already waiting for a connection (--queue-limit)"), "{message}");
    assert_eq!(refused.refusal(), (Reason::Overloaded, true));

    first.ask_no_more();
    assert_eq!(third.reply(waiting).await.only().tag.as_deref(), Some("BEGIN"));
    // Who gives up makes room, too.
    let waiting = fourth.ask(simple("begin")).await;
    fourth.cancel(waiting).await;
    assert_eq!(fourth.reply(waiting).await.refusal(), (Reason::Cancelled, true));
    drop(second);
    assert_eq!(fourth.tag("begin").await, "BEGIN");
}

#[tokio::test]
async fn sessions_leave_connections_for_everybody_else() {
    let shard = shard(&["--pool-size", "4", "--tenant-max-sessions", "2"]).await;
    let mut sessions = Vec::new();
    for _ in 0..6 {
        let mut session = shard.session().await;
        session.ask(simple("begin")).await;
        sessions.push(session);
    }
    shard.wait_for(BUSY, "2").await;
    let mut stream = shard.stream().await;
    for _ in 0..20 {
        let reply = stream.run(QueryRequest { timeout_ms: 5_000, ..bound("select $1::int", &[Some("1")]) }).await;
        assert_eq!(reply.text(), "1");
    }
    assert_eq!(shard.look(BUSY).await, "2");
}

#[tokio::test]
async fn a_hundred_sessions_take_turns_and_lose_nothing() {
    let shard = shard(&["--pool-size", "4"]).await;
    let mut tasks = Vec::new();
    for number in 0..100 {
        let mut session = shard.session().await;
        tasks.push(tokio::spawn(async move {
            session.tag("begin").await;
            session.run(bound("insert into t values ($1)", &[Some(&number.to_string())])).await.only();
            // A quarter each: committed, rolled back, left open in good order, dropped.
            match number % 4 {
                0 => assert_eq!(session.tag("commit").await, "COMMIT"),
                1 => assert_eq!(session.tag("rollback").await, "ROLLBACK"),
                2 => {
                    session.ask_no_more();
                    session.end().await.unwrap();
                }
                _ => {}
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    shard.wait_for(BUSY, "0").await;
    assert_eq!(shard.look(COUNT).await, "25");
    let connections = "select count(*) <= 4 from pg_stat_activity where datname = current_database() \
                       and application_name = 'mtdd-server'";
    assert_eq!(shard.look(connections).await, "t");
}

/// Ends the server's connections, as an administrator would.
const TERMINATE: &str = "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity \
                         where datname = current_database() and application_name = 'mtdd-server'";

#[tokio::test]
async fn when_postgresql_closes_the_connection_nothing_is_repeated_on_another() {
    let shard = shard(&["--pool-size", "1"]).await;
    // Before the first query a dead connection is nobody's loss.
    shard.look(TERMINATE).await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    session.tag("insert into t values (1)").await;
    assert_eq!(shard.look(TERMINATE).await, "1");
    let lost = session.ask(simple("insert into t values (2)")).await;
    session.ask(simple("insert into t values (3)")).await;
    assert_eq!(session.reply(lost).await.refusal(), (Reason::Unavailable, true));
    aborted(session.end().await, "its connection to PostgreSQL was lost", "");

    let mut session = shard.session().await;
    session.tag("begin").await;
    let running = session.ask(simple("select pg_sleep(30)")).await;
    shard.wait_for_running(1).await;
    shard.look(TERMINATE).await;
    assert_eq!(session.reply(running).await.code(), "57P01");
    aborted(session.end().await, "its connection to PostgreSQL was lost", "");
    assert_eq!(shard.run(simple(COUNT)).await.text(), "0");
}

#[tokio::test]
async fn while_the_server_drains_an_open_transaction_may_go_on_to_its_end() {
    let shard = shard(&["--pool-size", "8"]).await;
    let mut open = shard.session().await;
    open.tag("begin").await;
    let mut idle = shard.session().await;
    idle.tag("insert into t values (1)").await;
    let mut unused = shard.session().await;
    let mut busy = shard.session().await;
    let running = busy.ask(simple("insert into t select 2 from pg_sleep(0.3)")).await;
    let queued = busy.ask(simple("insert into t values (99)")).await;
    shard.wait_for_running(1).await;
    shard.shutdown.start();

    idle.end().await.unwrap();
    assert_eq!(idle.draining, Some(1));
    unused.end().await.unwrap();
    assert_eq!(unused.draining, Some(0));
    busy.reply(running).await.only();
    busy.end().await.unwrap();
    assert_eq!((busy.draining, queued), (Some(running), running + 1));

    open.tag("insert into t values (3)").await;
    assert_eq!(open.draining, None);
    assert_eq!(open.tag("commit").await, "COMMIT");
    open.end().await.unwrap();
    assert_eq!(open.draining, Some(3));
    assert_eq!(shard.look("select string_agg(a::text, ',' order by a) from t").await, "1,2,3");

    let mut late = shard.session().await;
    late.ask(simple("insert into t values (99)")).await;
    late.end().await.unwrap();
    assert_eq!(late.draining, Some(0));
    assert_eq!(shard.look(COUNT).await, "3");
}

#[tokio::test]
async fn a_session_that_waits_for_its_connection_does_not_begin_while_the_server_drains() {
    let shard = shard(&["--pool-size", "2", "--max-sessions", "1"]).await;
    let mut holder = shard.session().await;
    holder.tag("begin").await;
    let mut waiting = shard.session().await;
    let begin = waiting.ask(simple("begin")).await;
    sleep(Duration::from_millis(100)).await;
    shard.shutdown.start();
    assert_eq!(waiting.reply(begin).await.refusal(), (Reason::Unavailable, true));
    waiting.end().await.unwrap();
    assert_eq!(holder.tag("rollback").await, "ROLLBACK");
    holder.end().await.unwrap();
}
