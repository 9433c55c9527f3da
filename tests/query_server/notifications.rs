//! PostgreSQL's notifications: nothing is missed unsaid, one connection serves everybody, and nothing is left behind.

use std::time::Duration;

use mtdd::proto::channel_message::Message;
use mtdd::proto::{ChannelMessage, ChannelRequest};
use tokio::time::{sleep, timeout};
use tonic::{Code, Status, Streaming};

use crate::shard::Shard;
use crate::support::Postgres;

/// The connection that listens, by what it ran last.
const LISTENING: &str = "select count(*) from pg_stat_activity where datname = current_database() \
                         and application_name = 'mtdd-server' and query ~ '^(UN)?LISTEN'";

async fn subscribe(shard: &Shard, channel: &str) -> Result<Streaming<ChannelMessage>, Status> {
    let request = ChannelRequest { channel: channel.to_owned() };
    shard.client.clone().listen_to_channel(request).await.map(|response| response.into_inner())
}

/// Subscribes, and waits until LISTEN is in force.
async fn listen(shard: &Shard, channel: &str) -> Streaming<ChannelMessage> {
    let mut messages = subscribe(shard, channel).await.unwrap();
    assert!(matches!(next(&mut messages).await.unwrap(), Message::Listening(_)));
    messages
}

async fn next(messages: &mut Streaming<ChannelMessage>) -> Result<Message, Status> {
    let message = timeout(Duration::from_secs(10), messages.message()).await.expect("a message");
    Ok(message?.expect("the stream goes on").message.expect("a known message"))
}

async fn payload(messages: &mut Streaming<ChannelMessage>) -> String {
    match next(messages).await.unwrap() {
        Message::Notification(notification) => {
            assert!(notification.process_id > 0 && notification.received_at > 1_700_000_000_000);
            notification.payload
        }
        Message::Listening(_) => panic!("told twice that LISTEN is in force"),
    }
}

async fn end(messages: &mut Streaming<ChannelMessage>) -> Status {
    loop {
        if let Err(status) = next(messages).await {
            return status;
        }
    }
}

#[tokio::test]
async fn subscribers_share_one_connection_and_each_hears_its_own_channel() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    assert_eq!(shard.look(LISTENING).await, "0", "nobody listens, nothing is open");
    let mut lower = listen(&shard, "orders").await;
    let mut upper = listen(&shard, "Orders").await;
    let mut again = listen(&shard, "orders").await;
    let mut odd = listen(&shard, r#"a "b"; drop table x; --"#).await;
    shard.prepare(r#"notify orders, '1'; notify "Orders", '2'; notify "a ""b""; drop table x; --", '3'"#).await;
    shard.prepare("notify orders; notify other, '4'").await;
    for messages in [&mut lower, &mut again] {
        assert_eq!([payload(messages).await, payload(messages).await], ["1", ""]);
    }
    assert_eq!((payload(&mut upper).await, payload(&mut odd).await), ("2".to_owned(), "3".to_owned()));
    assert_eq!(shard.look(LISTENING).await, "1");
}

#[tokio::test]
async fn nothing_is_missed_from_the_first_message_on_however_many_come_and_go() {
    let shard = Shard::start(&[]).await;
    let _other = listen(&shard, "other").await;
    for round in 0..20 {
        // The channel's last subscriber leaves, and its UNLISTEN races with the next one's LISTEN.
        let mut messages = listen(&shard, "c").await;
        shard.prepare(&format!("select pg_notify('c', n::text) from generate_series({round}, {round} + 2) n")).await;
        for offset in 0..3 {
            assert_eq!(payload(&mut messages).await, (round + offset).to_string());
        }
    }
}

#[tokio::test]
async fn the_last_who_leaves_a_channel_ends_its_listen_and_the_last_of_all_the_connection() {
    let shard = Shard::start(&[]).await;
    let kept = listen(&shard, "kept").await;
    let left = listen(&shard, "left").await;
    drop(left);
    let unlistened = "select count(*) from pg_stat_activity where datname = current_database() \
                      and query = 'UNLISTEN \"left\";'";
    shard.wait_for(unlistened, "1").await;
    drop(kept);
    shard.wait_for(LISTENING, "0").await;
}

#[tokio::test]
async fn a_lost_connection_ends_every_subscription_with_unavailable_and_the_next_one_is_served() {
    let mut postgres = Postgres::start().await;
    let shard = Shard::at(&postgres.database().await, &[]).await;
    let mut messages = listen(&shard, "c").await;
    shard.prepare("select pg_terminate_backend(pid) from pg_stat_activity where query ~ '^LISTEN'").await;
    let status = end(&mut messages).await;
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().starts_with("notifications may have been missed: "), "{status}");

    let mut messages = listen(&shard, "c").await;
    shard.prepare("notify c, 'again'").await;
    assert_eq!(payload(&mut messages).await, "again");

    postgres.stop();
    assert_eq!(end(&mut messages).await.code(), Code::Unavailable);
    let refused = end(&mut subscribe(&shard, "c").await.unwrap()).await;
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(refused.message().contains("cannot reach PostgreSQL at 127.0.0.1:"), "{refused}");
    postgres.start_again().await;
    let mut messages = loop {
        let mut messages = subscribe(&shard, "c").await.unwrap();
        match next(&mut messages).await {
            Ok(Message::Listening(_)) => break messages,
            _ => sleep(Duration::from_millis(50)).await,
        }
    };
    let direct = crate::support::connect(&shard.url).await;
    direct.batch_execute("notify c, 'back'").await.unwrap();
    assert_eq!(payload(&mut messages).await, "back");
}

#[tokio::test]
async fn a_subscriber_that_does_not_read_is_told_that_it_has_missed_some_and_holds_nobody_up() {
    let shard = Shard::start(&[]).await;
    let mut slow = listen(&shard, "c").await;
    let mut quick = listen(&shard, "c").await;
    let counting = tokio::spawn(async move {
        let mut count = 0;
        while count < 20_000 {
            payload(&mut quick).await;
            count += 1;
        }
    });
    for round in 0..20 {
        shard
            .prepare(&format!(
                "select pg_notify('c', {round} || '/' || n || repeat('x', 1000)) from generate_series(1, 1000) n"
            ))
            .await;
    }
    counting.await.unwrap();
    let status = end(&mut slow).await;
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().starts_with("notifications were missed: 8192 were already waiting"), "{status}");
}

#[tokio::test]
async fn notifications_that_nobody_takes_hold_no_more_memory_than_they_may() {
    let shard = Shard::start(&["--max-message-size", "1048576", "--memory-limit", "2097152"]).await;
    let mut slow = listen(&shard, "slow").await;
    let mut quick = listen(&shard, "quick").await;
    for round in 0..4 {
        let sql = format!(
            "select pg_notify('slow', n || repeat('x', 7000)) from generate_series(1, 200) n; notify quick, '{round}'"
        );
        shard.prepare(&sql).await;
        assert_eq!(payload(&mut quick).await, round.to_string());
    }
    let status = end(&mut slow).await;
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("(an eighth of --memory-limit)"), "{status}");
    let mut again = listen(&shard, "slow").await;
    shard.prepare("notify slow, 'again'").await;
    assert_eq!(payload(&mut again).await, "again");
}

#[tokio::test]
async fn a_name_that_the_database_cannot_encode_is_refused_and_disturbs_nobody() {
    let first = Shard::start(&[]).await;
    let name = format!("latin_{}", std::process::id());
    let encoding = "encoding 'LATIN1' template template0 lc_collate 'C' lc_ctype 'C'";
    first.prepare(&format!("create database {name} {encoding}")).await;
    let (server, _) = first.url.rsplit_once('/').unwrap();
    let shard = Shard::at(&format!("{server}/{name}"), &[]).await;
    let mut good = listen(&shard, "good").await;
    let mut wrong = subscribe(&shard, "канал").await.unwrap();
    let _beside = listen(&shard, "größe").await;
    let status = end(&mut wrong).await;
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    assert!(status.message().starts_with("channel: PostgreSQL cannot listen to it: "), "{status}");
    shard.prepare("notify good, 'still'").await;
    assert_eq!(payload(&mut good).await, "still");
}

#[tokio::test]
async fn a_name_that_no_channel_can_have_is_refused_and_so_is_a_listener_too_many() {
    let shard = Shard::start(&["--max-listeners", "2"]).await;
    for (name, message) in [
        ("".to_owned(), "channel: must not be empty"),
        ("é".repeat(32), "channel: at most 63 bytes, got 64"),
        ("a\0".to_owned(), "channel: contains a zero byte"),
    ] {
        let status = subscribe(&shard, &name).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::InvalidArgument, message));
    }
    let first = listen(&shard, &"é".repeat(31)).await;
    let _second = listen(&shard, "b").await;
    let status = subscribe(&shard, "c").await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    drop(first);
    for attempt in 0.. {
        match subscribe(&shard, "c").await {
            Ok(_) => break,
            Err(status) => assert!(attempt < 100, "{status}"),
        }
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_server_that_goes_down_says_so_to_its_listeners() {
    let shard = Shard::start(&[]).await;
    let mut messages = listen(&shard, "c").await;
    shard.shutdown.start();
    let status = end(&mut messages).await;
    assert_eq!((status.code(), status.message()), (Code::Unavailable, "the server is going down"));
    assert_eq!(subscribe(&shard, "c").await.unwrap_err().code(), Code::Unavailable);
    shard.wait_for(LISTENING, "0").await;
}
