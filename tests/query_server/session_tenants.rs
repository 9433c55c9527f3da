//! Whose transactions of a session are: deferred triggers, and what a text must not hold. `sessions` has how single
//! queries have their tenants.

use mtdd::proto::QueryRequest;
use mtdd::proto::failure::Reason;

use crate::shard::{Shard, bound, simple, tenant};

const WHO: &str = "select coalesce(current_setting('mtdd.tenant_id', true), '')";

/// Rows of `d` are noted in `audit` with the tenant that a deferred trigger sees; `become()` is `bea` from then on.
async fn shard_with_deferred_trigger() -> Shard {
    let shard = Shard::start(&[]).await;
    for sql in [
        "create table audit (who text, a int)",
        "create table d (a int)",
        "create function note() returns trigger language plpgsql as $$ begin
             insert into audit values (concat(current_setting('mtdd.tenant_id', true), '/',
                 current_setting('mtdd.tenant_type', true)), new.a);
             return null;
         end $$",
        "create constraint trigger note after insert on d deferrable initially deferred
             for each row execute function note()",
        "create function become() returns void language plpgsql as $$ begin
             perform set_config('mtdd.tenant_type', '9', true), set_config('mtdd.tenant_id', 'bea', true);
         end $$",
    ] {
        shard.prepare(sql).await;
    }
    shard
}

#[tokio::test]
async fn deferred_triggers_run_as_the_tenant_of_the_transaction() {
    let shard = shard_with_deferred_trigger().await;
    let typed = |request| QueryRequest { tenant_type: Some(1), ..tenant("ann", request) };
    let mut session = shard.session().await;
    let mut expected = Vec::new();
    for (number, end) in
        ["commit", "END;", "commit and chain", "set constraints all immediate", "set constraints note IMMEDIATE"]
            .into_iter()
            .enumerate()
    {
        for named in [true, false] {
            for end in [simple(end), bound(end, &[])] {
                session.tag("begin").await;
                let insert = bound("insert into d values ($1)", &[Some(&number.to_string())]);
                session.run(typed(insert)).await.only();
                session.run(typed(simple("select become()"))).await.only();
                // A request that names no tenant has that of the statement before it.
                session.run(if named { typed(end) } else { end }).await.only();
                session.run(typed(simple("commit"))).await.only();
                expected.push("ann/1");
            }
        }
    }
    assert_eq!(shard.look("select string_agg(who, ' ') from audit").await, expected.join(" "));

    // Begun with a statement of its own, and nobody's.
    session.run(typed(simple("begin; insert into d values (8); select become()"))).await;
    session.tag("commit").await;
    session.tag("begin").await;
    session.tag("insert into d values (9)").await;
    session.run(simple("select become()")).await.only();
    session.tag("commit").await;
    assert_eq!(shard.look("select string_agg(who, ' ' order by a) from audit where a > 7").await, "ann/1 /");

    // A step back undoes the tenant, and the triggers would run behind it.
    session.tag("begin").await;
    session.run(typed(simple("insert into d values (10)"))).await.only();
    session.tag("savepoint s").await;
    assert_eq!(session.run(typed(simple("rollback to s; commit"))).await.refusal(), (Reason::Invalid, true));
    session.tag("rollback to s").await;
    session.run(typed(simple("commit"))).await.only();
    assert_eq!(shard.look("select who from audit where a = 10").await, "ann/1");
}

#[tokio::test]
async fn what_a_deferred_trigger_meets_is_the_commits_error() {
    let shard = shard_with_deferred_trigger().await;
    shard.prepare("alter table audit add check (who <> 'ann/')").await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    session.run(tenant("ann", simple("insert into d values (1)"))).await.only();
    assert_eq!(session.run(tenant("ann", simple("commit"))).await.code(), "23514");
    assert_eq!(shard.look("select count(*) from d").await, "0");

    // A transaction that has failed only ends.
    session.tag("begin").await;
    session.run(tenant("ann", simple("select 1/0"))).await.code();
    let end = session.run(tenant("ann", simple("commit"))).await;
    assert_eq!(end.only().tag.as_deref(), Some("ROLLBACK"));

    // Nothing is deferred yet, and SET TRANSACTION must not come behind a statement of the server's.
    session.run(tenant("ann", simple(WHO))).await.only();
    session.tag("begin").await;
    for set in ["set constraints all immediate", "set constraints all deferred", "set transaction read only"] {
        session.run(tenant("ann", simple(set))).await.only();
    }
    session.tag("set transaction isolation level serializable").await;
    assert_eq!(session.tag("commit").await, "COMMIT");
}

#[tokio::test]
async fn what_follows_a_function_with_a_body_of_statements_is_not_refused() {
    let shard = Shard::start(&[]).await;
    let mut session = shard.session().await;
    session.tag("begin").await;
    let create = "create function f() returns int language sql begin atomic
                      select 1; select case when true then 2 end; end; create table z (a int)";
    let reply = session.run(tenant("ann", simple(create))).await;
    assert!(reply.failure.is_none() && reply.error.is_none(), "{reply:?}");
    assert_eq!(session.run(tenant("ann", simple("select f()"))).await.text(), "2");
    let hidden = create.replace("create table", "commit; create table");
    assert_eq!(session.run(tenant("ann", simple(&hidden))).await.refusal(), (Reason::Invalid, true));
    session.tag("commit").await;
}
