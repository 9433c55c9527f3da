//! What happens to listeners when the hub's task panics.

use std::time::Duration;

use tokio::time::timeout;
use tokio_stream::StreamExt;

use super::*;
use crate::shutdown::shutdown;

#[tokio::test]
async fn a_hub_whose_task_panics_serves_those_who_come_later() {
    let url = "postgres://nobody@127.0.0.1:1/nothing?sslmode=disable".parse().unwrap();
    let target = Arc::new(ConnectTarget::new(&url, "test", Duration::from_secs(5)).unwrap());
    let (_shutdown, drain) = shutdown();
    let hub = Hub::start(target, drain, 10, 1 << 20);
    for _ in 0..2 {
        hub.asks.send(Ask::Fault).unwrap();
        let mut subscription = hub.subscribe("channel", "news").unwrap();
        let heard = timeout(Duration::from_secs(20), subscription.next()).await.expect("it is not left waiting");
        let failure = heard.unwrap().unwrap_err();
        let (gap, served) = ("an internal error", "cannot reach PostgreSQL at 127.0.0.1:1");
        assert!(failure.message.contains(gap) || failure.message.contains(served), "{failure:?}");
    }
    let mut subscription = hub.subscribe("channel", "news").unwrap();
    let failure = subscription.next().await.unwrap().unwrap_err();
    assert!(failure.message.contains("cannot reach PostgreSQL at 127.0.0.1:1"), "{failure:?}");
}
