//! What happens to admitted queries when their lease ends.

use super::*;

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
