//! Calls that are meant for another shard: refused on every way in, before anything runs.

use mtdd::proto::legacy_db::StoredProcRequest;
use mtdd::proto::{ChannelRequest, ClientFrame};
use tonic::{Code, Request, Status};

use super::shard::{Shard, simple};

fn meant<T>(shard: u32, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("mtdd-shard", shard.into());
    request
}

fn assert_refused(status: &Status) {
    assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");
    assert_eq!(status.metadata().get("mtdd-reason").unwrap(), "WRONG_SHARD");
    assert_eq!(status.metadata().get("mtdd-never-ran").unwrap(), "true");
    let said = status.message();
    assert!(said.contains("this query server is shard 1 (--shard 1)") && said.contains("queryServers[0]"), "{said}");
}

#[tokio::test]
async fn a_call_for_another_shard_is_refused_on_every_way_in_and_nothing_runs() {
    let mut shard = Shard::start(&["--shard", "1"]).await;
    shard.prepare("create table t (a int)").await;
    let insert = || simple("insert into t values (1)");
    let no_frames = || tokio_stream::empty::<ClientFrame>();

    assert_refused(&shard.client.execute_query(meant(0, insert())).await.unwrap_err());
    assert_refused(&shard.client.stream_query(meant(0, insert())).await.unwrap_err());
    assert_refused(&shard.client.multiplex(meant(0, no_frames())).await.unwrap_err());
    assert_refused(&shard.client.session(meant(0, no_frames())).await.unwrap_err());
    let channel = ChannelRequest { channel: "news".to_owned() };
    assert_refused(&shard.client.listen_to_channel(meant(0, channel)).await.unwrap_err());
    let query = StoredProcRequest { query: "insert into t values (1)".to_owned(), params: Vec::new() };
    assert_refused(&shard.legacy.execute_query(meant(0, query)).await.unwrap_err());
    assert_eq!(shard.look("select count(*) from t").await, "0");

    shard.client.execute_query(meant(1, insert())).await.unwrap();
    shard.client.execute_query(insert()).await.unwrap();
    assert_eq!(shard.look("select count(*) from t").await, "2", "the right shard, and a caller who does not say");
}

#[tokio::test]
async fn a_server_that_was_not_told_its_shard_checks_nothing() {
    let mut shard = Shard::start(&[]).await;
    shard.client.execute_query(meant(7, simple("select 1"))).await.unwrap();
}
