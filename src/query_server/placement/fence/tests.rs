//! What happens to admitted queries when their lease ends.

use futures_util::FutureExt;

use super::*;
use crate::proto::failure::Reason;

const LEASE: Duration = Duration::from_secs(10);

fn fence() -> Arc<Fence> {
    let fence = Fence::new(0);
    fence.joined(1, Instant::now() + LEASE);
    let here = Placement { tenant_type: 1, shard_index: 0, epoch: 1, moving: false };
    fence.answer(vec![("acme".into(), Some(1))], Ok(CheckedTenants { version: 1, placements: vec![vec![here]] }));
    fence
}

#[tokio::test(start_paused = true)]
async fn what_was_admitted_under_a_lease_is_not_carried_into_the_next() {
    let fence = fence();
    let lapse = fence.lapses();
    let guard = fence.admit_known("acme", Some(1), 1).unwrap();
    assert!(!guard.lease().is_over());
    // As after a pause of the whole process: nobody has looked at the clock before the next lease is there.
    tokio::time::advance(2 * LEASE).await;
    assert_eq!(fence.term(LEASE), None, "something may still run");
    fence.extend(Instant::now() + LEASE);
    assert!(guard.lease().is_over() && fence.has_lease());
    lapse.wait().await;
    assert!(fence.admit_known("acme", Some(1), 1).is_none(), "it has to be asked for again");
}

#[tokio::test(start_paused = true)]
async fn connections_may_be_kept_until_the_lease_ends_or_where_nothing_runs() {
    let fence = fence();
    let until = Instant::now() + LEASE;
    assert_eq!(fence.term(LEASE), Some(until));
    tokio::time::advance(2 * LEASE).await;
    assert_eq!(fence.term(LEASE), Some(Instant::now() + LEASE), "nothing runs, and nothing is admitted");
}

#[tokio::test(start_paused = true)]
async fn connections_may_be_kept_once_those_of_the_lease_are_closed() {
    let fence = fence();
    let closed = fence.admit_known("acme", Some(1), 1).unwrap();
    let dropped = fence.admit_known("acme", Some(1), 1).unwrap();
    tokio::time::advance(LEASE).await;
    assert!(fence.lapse());
    assert_eq!(fence.term(LEASE), None, "they may still run");
    drop(dropped);
    closed.close();
    assert_eq!(fence.term(LEASE), None, "of one, nothing is known");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(fence.term(LEASE), Some(Instant::now() + LEASE));
    assert!(!fence.is_idle(), "PostgreSQL may not have noticed");
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert!(fence.is_idle());
}

fn change(shard_index: u32, epoch: u64, moving: bool) -> Change {
    let placement = Placement { tenant_type: 1, shard_index, epoch, moving };
    Change { tenant_name: "acme".to_owned(), tenant_type: 1, placement: Some(placement) }
}

#[tokio::test(start_paused = true)]
async fn a_listener_holds_no_move_up_and_ends_with_the_place_of_its_tenant() {
    // Marked, moved away, removed, or moved away and back in one change.
    let removed = Change { placement: None, ..change(0, 1, false) };
    for gone in [change(0, 1, true), change(1, 2, false), removed, change(0, 3, false)] {
        let fence = fence();
        let residence = fence.admit_listener("acme", Some(1), 1).await.unwrap();
        let other = Change { tenant_name: "other".to_owned(), ..gone.clone() };
        fence.apply(&[other, change(0, 1, false)], 2);
        let mut ended = Box::pin(residence.ended());
        assert!((&mut ended).now_or_never().is_none(), "nothing has changed for it");
        let applied = fence.apply(&[gone], 3);
        assert!(applied.iter().all(|applied| applied.to_end.iter().all(|count| count.load(Ordering::Acquire) == 0)));
        assert_eq!(ended.await.reason(), Reason::WrongShard);
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_ends_with_the_lease() {
    let fence = fence();
    let residence = fence.admit_listener("acme", Some(1), 1).await.unwrap();
    tokio::time::advance(2 * LEASE).await;
    fence.extend(Instant::now() + LEASE);
    assert_eq!(residence.ended().await.reason(), Reason::Unavailable);
}
