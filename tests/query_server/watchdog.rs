//! PostgreSQL watches over the connections of a query server with `--lookup`: what that costs others, and where it ends.
//! `watched-connections.test.js` sees it go off.

use std::time::Duration;

use crate::failover::{pair, url};
use crate::shard::{Shard, simple};
use crate::support;
use crate::support::server::Server;

const WATCHING: &str = "select count(*) > 0 from pg_stat_activity \
                        where application_name = 'mtdd-server watchdog' and datname = current_database()";

fn lookup_server() -> Server {
    Server::start(&["lookup", "--memory", "--shards", "1", "--listen", "127.0.0.1:0"])
}

#[tokio::test]
async fn what_waits_for_older_transactions_does_not_wait_for_the_watchdog() {
    let lookup = lookup_server();
    let flags = ["--shard", "0", "--lookup", &lookup.address.to_string(), "--max-placement-staleness", "60"];
    let shard = Shard::start(&flags).await;
    shard.prepare("create table t (a int)").await;
    assert_eq!(shard.run(simple("select 1")).await.text(), "1");
    shard.wait_for(WATCHING, "t").await;
    // It is armed anew every 15 s.
    shard.prepare("set statement_timeout = '8s'").await;
    shard.prepare("create index concurrently on t (a)").await;
    // And it keeps being armed.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(shard.look(&WATCHING.replace("and datname", "and state = 'active' and datname")).await, "t");
}

#[tokio::test]
async fn where_there_is_no_procedural_language_connections_are_watched_over_too() {
    let lookup = lookup_server();
    let database = support::database().await;
    support::connect(&database).await.batch_execute("drop extension plpgsql").await.unwrap();
    let flags = ["--shard", "0", "--lookup", &lookup.address.to_string()];
    let shard = Shard::at(&database, &flags).await;
    assert_eq!(shard.run(simple("select 1")).await.text(), "1");
    shard.wait_for(&WATCHING.replace("and datname", "and state = 'active' and datname"), "t").await;
}

#[tokio::test]
async fn a_server_that_was_left_is_not_watched_any_more() {
    let (primary, standby) = pair().await;
    let lookup = lookup_server();
    let flags = ["--shard", "0", "--lookup", &lookup.address.to_string(), "--max-placement-staleness", "3"];
    let shard =
        Shard::at_places(&url(&[&primary, &standby], "&target_session_attrs=read-write"), &primary, &flags).await;
    let mut stream = shard.stream().await;
    // Three connections stand, two of which nobody uses again.
    let ids = [stream.ask(simple("select pg_sleep(0.3)")).await, stream.ask(simple("select pg_sleep(0.3)")).await];
    assert_eq!(stream.tag("insert into t values (1)").await, "INSERT 0 1");
    for id in ids {
        stream.reply(id).await.only();
    }
    shard.wait_for(WATCHING, "t").await;
    shard.prepare("alter system set default_transaction_read_only = on").await;
    shard.prepare("select pg_reload_conf()").await;
    let other = support::connect(&standby.url("postgres")).await;
    other.batch_execute("select pg_promote(true, 20)").await.unwrap();
    while stream.run(simple("insert into t values (2)")).await.error.is_some() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shard.wait_for(WATCHING, "f").await;
    let watched = other.query_one(WATCHING, &[]).await.unwrap().get::<_, bool>(0);
    assert!(watched, "the other one is not watched over");
}
