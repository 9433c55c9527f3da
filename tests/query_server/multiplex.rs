//! The rules of a stream.

use mtdd::proto::client_frame::Frame;
use mtdd::proto::{Cancel, ClientFrame, Credit, Execute, Open};
use tonic::{Code, Status};

use crate::shard::{Shard, Stream, simple};

async fn end(mut stream: Stream) -> Status {
    loop {
        match stream.next_part().await {
            Ok(true) => {}
            Ok(false) => panic!("ended without a status"),
            Err(status) => return status,
        }
    }
}

fn execute(id: u32) -> Frame {
    Frame::Execute(Execute { id, query: Some(simple("select 1")) })
}

#[tokio::test]
async fn a_stream_that_breaks_the_rules_is_told_which_field_was_wrong() {
    let shard = Shard::start(&[]).await;
    let settings = [("client_encoding".to_owned(), "LATIN1".to_owned())].into();
    let open = || Frame::Open(Open::default());
    for (frames, said) in [
        (vec![execute(1)], "the first frame must be `open`"),
        (vec![open(), open()], "open: "),
        (vec![Frame::Open(Open { settings, window: 0 })], "open.settings[\"client_encoding\"]: "),
        (vec![open(), execute(0)], "execute.id: 0"),
        (vec![open(), execute(2), execute(2)], "execute.id: 2"),
        (vec![open(), execute(2), execute(1)], "execute.id: 1"),
        (vec![open(), Frame::Cancel(Cancel { id: 7 })], "cancel.id: 7"),
        (vec![open(), Frame::Credit(Credit { id: 7, bytes: 1 })], "credit.id: 7"),
    ] {
        let opens_badly = frames.len() == 1;
        let stream = Stream::unopened(&shard.client).await;
        for frame in frames {
            stream.send(frame).await;
        }
        let status = end(stream).await;
        assert_eq!(status.code(), Code::InvalidArgument);
        let never_ran = status.metadata().get("mtdd-never-ran").is_some_and(|said| said == "true");
        assert_eq!(never_ran, opens_badly, "{said}");
        assert!(status.message().starts_with(said), "{said} | {}", status.message());
    }
    let stream = Stream::unopened(&shard.client).await;
    stream.send_raw(ClientFrame { frame: None }).await;
    assert_eq!(end(stream).await.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn frames_about_a_query_that_was_just_answered_are_no_mistake() {
    let shard = Shard::start(&[]).await;
    let mut stream = shard.stream().await;
    for _ in 0..20 {
        let id = stream.ask(simple("select 1")).await;
        assert_eq!(stream.reply(id).await.text(), "1");
        stream.cancel(id).await;
        stream.send(Frame::Credit(Credit { id, bytes: 10 })).await;
    }
}

#[tokio::test]
async fn answers_come_as_they_are_ready() {
    let shard = Shard::start(&["--pool-size", "2"]).await;
    let mut stream = shard.stream().await;
    let slow = stream.ask(simple("select 'slow' from pg_sleep(0.3)")).await;
    for _ in 0..20 {
        assert_eq!(stream.run(simple("select 'quick'")).await.text(), "quick");
    }
    assert_eq!(stream.reply(slow).await.text(), "slow");
}

#[tokio::test]
async fn a_caller_who_has_asked_everything_still_gets_its_answers() {
    let shard = Shard::start(&[]).await;
    let mut stream = shard.stream().await;
    let id = stream.ask(simple("select 'late' from pg_sleep(0.2)")).await;
    stream.ask_no_more();
    assert_eq!(stream.reply(id).await.text(), "late");
    assert!(!stream.next_part().await.unwrap());
}
