//! Turns of owners whose queries are numbers; numbers from 1000 on let others go first.

use super::*;

fn owner(name: &str) -> OwnerId {
    OwnerId::of(Some(name), 1, None)
}

fn next(turns: &mut FairQueue<u32>) -> Option<u32> {
    let mut next = None;
    let makes_way = |_, what: &u32| *what >= 1000;
    turns.serve_next(makes_way, |_, what| {
        next = Some(what);
        true
    });
    next
}

#[test]
fn owners_take_turns_whatever_each_has_waiting() {
    let (a, b, mut turns) = (owner("a"), owner("b"), FairQueue::new(10));
    for what in 0..5 {
        turns.push(a, what, true, false);
    }
    turns.push(b, 100, true, false);
    turns.push(b, 101, true, false);
    let order: Vec<_> = std::iter::from_fn(|| next(&mut turns)).collect();
    assert_eq!(order, [0, 100, 1, 101, 2, 3, 4]);
    assert_eq!(turns.waiting(), 0);
}

#[test]
fn an_owner_at_its_cap_is_passed_over_until_it_gives_something_back() {
    let (a, b, mut turns) = (owner("a"), owner("b"), FairQueue::new(1));
    assert!(turns.may_start(a, true));
    turns.start(a);
    assert!(!turns.may_start(a, true) && turns.may_start(a, false) && turns.may_start(b, true));
    turns.push(a, 1, true, false);
    assert!(!turns.is_pressed() && next(&mut turns).is_none());
    turns.push(b, 2, true, false);
    assert_eq!(next(&mut turns), Some(2));
    turns.end(a);
    assert_eq!(next(&mut turns), Some(1));
}

#[test]
fn who_has_given_up_costs_no_turn_and_leaves_nothing() {
    let (a, b, mut turns) = (owner("a"), owner("b"), FairQueue::new(10));
    turns.push(a, 1, true, false);
    turns.push(a, 2, true, false);
    turns.push(b, 3, true, false);
    turns.give_up(a, |_| false);
    let mut order = Vec::new();
    let mut serve = |_, what: u32| {
        order.push(what);
        what != 1
    };
    while turns.serve_next(|_, _| false, &mut serve) {}
    assert_eq!(order, [1, 2, 3]);
    for owner in [a, b] {
        turns.end(owner);
    }
    assert!(turns.lanes.is_empty() && turns.waiting() == 0);
}

#[test]
fn who_gives_up_gains_no_turns() {
    let (a, b, mut turns) = (owner("a"), owner("b"), FairQueue::new(1));
    for _ in 0..100 {
        turns.push(a, 0, true, false);
        turns.give_up(a, |_| true);
    }
    assert!(turns.ready() <= 1, "{} turns of one owner", turns.ready());
    for (owner, what) in [(a, 1), (a, 2), (b, 100), (b, 101)] {
        turns.push(owner, what, false, false);
    }
    let order: Vec<_> = std::iter::from_fn(|| next(&mut turns)).collect();
    assert_eq!(order, [1, 100, 2, 101]);
}

#[test]
fn who_gives_up_passes_no_cap() {
    let (a, mut turns) = (owner("a"), FairQueue::new(1));
    for _ in 0..100 {
        turns.push(a, 0, true, false);
        turns.give_up(a, |_| true);
    }
    for what in 1..=3 {
        turns.push(a, what, true, false);
    }
    assert_eq!([next(&mut turns), next(&mut turns)], [Some(1), None]);
    turns.end(a);
    // A place beyond the cap, which comes after its turn was noted.
    turns.start(a);
    assert_eq!(next(&mut turns), None);
    turns.end(a);
    assert_eq!([next(&mut turns), next(&mut turns)], [Some(2), None]);
}

#[test]
fn an_owners_other_queries_pass_those_of_it_that_make_way() {
    let (a, b, mut turns) = (owner("a"), owner("b"), FairQueue::new(10));
    for what in [1000, 1001, 1, 2] {
        turns.push(a, what, true, false);
    }
    turns.push(b, 100, true, false);
    turns.push(b, 101, true, false);
    let order: Vec<_> = std::iter::from_fn(|| next(&mut turns)).collect();
    assert_eq!(order, [1, 100, 2, 101, 1000, 1001]);
}

#[test]
fn who_makes_way_no_longer_waits_no_longer() {
    use std::cell::Cell;
    let (a, b, mut turns) = (owner("a"), owner("b"), FairQueue::new(10));
    for what in [1, 2, 3] {
        turns.push(a, what, true, false);
        turns.push(b, 100 + what, true, false);
    }
    let is_slow = Cell::new(true);
    let mut next = || {
        let mut next = None;
        let makes_way = |_, what: &u32| is_slow.get() && *what < 100;
        turns.serve_next(makes_way, |_, what| {
            next = Some(what);
            true
        });
        if next == Some(101) {
            is_slow.set(false);
            turns.late_since -= WAY;
        }
        next
    };
    let order: Vec<_> = std::iter::from_fn(&mut next).collect();
    assert_eq!(order, [101, 1, 102, 2, 103, 3]);
}

#[test]
fn what_takes_long_makes_way_but_not_for_ever() {
    let mut turns = FairQueue::new(10);
    for what in [1000, 1001, 1, 1002, 2, 3] {
        turns.push(owner(&what.to_string()), what, true, false);
    }
    assert_eq!([next(&mut turns), next(&mut turns)], [Some(1), Some(2)]);
    assert!(!turns.may_start(owner("z"), true) && turns.ready() == 4);
    turns.late_since -= WAY;
    assert_eq!([next(&mut turns), next(&mut turns)], [Some(1000), Some(3)]);
    assert_eq!([next(&mut turns), next(&mut turns), next(&mut turns)], [Some(1001), Some(1002), None]);
    assert!(turns.may_start(owner("z"), true));
}

#[test]
fn without_a_tenant_the_caller_counts() {
    let caller = |port| Some(SocketAddr::from(([127, 0, 0, 1], port)));
    assert_eq!(OwnerId::of(None, 0, caller(1)), OwnerId::of(None, 5, caller(1)));
    assert_ne!(OwnerId::of(None, 0, caller(1)), OwnerId::of(None, 0, caller(2)));
    assert_ne!(OwnerId::of(Some("a"), 1, None), OwnerId::of(Some("a"), 2, None));
}
