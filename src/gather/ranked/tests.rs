use std::cmp::Ordering;

use super::*;
use crate::data::row::data_row;
use crate::gather::random::{Case, Random, fields, joined};
use crate::plan::Column;

/// What PostgreSQL would answer: places in order, and where a key of DISTINCT ON differs from the row before.
fn sorted(keys: &[OrderKey], on: usize, texts: &[Vec<Option<Bytes>>]) -> (Vec<usize>, Vec<bool>) {
    let value = |key: usize, place: usize| {
        let text = texts[key][place].as_ref()?;
        Some(std::str::from_utf8(text).unwrap().parse::<f64>().unwrap())
    };
    let compare = |key: usize, a: usize, b: usize| match (value(key, a), value(key, b)) {
        (Some(a), Some(b)) if keys[key].descending => b.total_cmp(&a),
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) if keys[key].nulls_first => a.is_some().cmp(&b.is_some()),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    let by_keys = |keys: usize, a: usize, b: usize| {
        (0..keys).map(|key| compare(key, a, b)).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
    };
    let mut order: Vec<_> = (0..texts[0].len()).collect();
    order.sort_by(|&a, &b| by_keys(keys.len(), a, b));
    let is_new = (0..order.len()).map(|rank| rank == 0 || by_keys(on, order[rank - 1], order[rank]).is_ne()).collect();
    (order, is_new)
}

#[test]
fn merging_with_anothers_order_is_sorting_everything_and_picking() {
    for seed in 0..2000 {
        let random = &mut Random(seed);
        let case = Case::new(random);
        let mut left: Vec<_> = (0..case.inputs.len()).map(|input| case.batches(input, random)).collect();
        let final_steps = FinalSteps::new(1, None, case.offset, case.limit);
        let mut ranked =
            RankedMerge::new(&case.keys, case.on, &fields([1700, 25, 20]), 1, case.inputs.len(), final_steps).unwrap();
        let mut given = Vec::new();
        loop {
            match ranked.next_step() {
                RankStep::Sort(texts) => {
                    let (order, is_new) = sorted(&case.keys, case.on, &texts);
                    given.push(ranked.apply_order(&order, &is_new).unwrap());
                }
                RankStep::Needs(input) => match left[input].pop() {
                    Some(rows) => ranked.feed(input, rows).unwrap(),
                    None => ranked.end(input),
                },
                RankStep::Done => break,
            }
        }
        assert_eq!(joined(given), case.expected(), "seed {seed}");
    }
}

#[test]
fn an_answer_that_contradicts_a_shards_own_order_is_an_error() {
    let key = OrderKey { column: Column::Visible(0), descending: false, nulls_first: false };
    let mut ranked = RankedMerge::new(&[key], 0, &fields([25]), 0, 2, FinalSteps::new(0, None, 0, None)).unwrap();
    ranked.end(0);
    ranked.feed(1, [data_row(&[Some(b"a")]), data_row(&[Some(b"b")])].concat().into()).unwrap();
    assert_eq!(ranked.waiting(1), 24);
    assert_eq!(ranked.next_step(), RankStep::Sort(vec![vec![Some("a".into()), Some("b".into())]]));
    assert_eq!(ranked.apply_order(&[1, 0], &[]), Err(GatherError::Unsorted { input: 1 }));
    assert_eq!(ranked.apply_order(&[7], &[]), Err(GatherError::Row(MalformedRow)));
}
