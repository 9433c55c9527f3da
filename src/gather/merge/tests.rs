use super::*;
use crate::data::row::data_row;
use crate::gather::random::{Case, Random, fields, joined};
use crate::plan::Column;

const TYPES: [u32; 3] = [1700, 25, 20];

fn merge(case: &Case) -> SortedMerge {
    let final_steps = FinalSteps::new(1, None, case.offset, case.limit);
    let collations = [Collation::None, Collation::Unknown, Collation::None];
    SortedMerge::new(&case.keys, case.on, &fields(TYPES), 1, &collations, case.inputs.len(), final_steps).unwrap()
}

#[test]
fn merging_is_sorting_everything_and_picking() {
    for seed in 0..2000 {
        let random = &mut Random(seed);
        let case = Case::new(random);
        let mut left: Vec<_> = (0..case.inputs.len()).map(|input| case.batches(input, random)).collect();
        let (mut merge, mut given) = (merge(&case), Vec::new());
        let most = 1 + random.below(300) as usize;
        loop {
            match merge.next_batch(most).unwrap() {
                MergeStep::Rows(batch) => given.push(batch),
                MergeStep::Needs(input) => match left[input].pop() {
                    Some(rows) => {
                        merge.feed(input, rows);
                        // Some are fed ahead, and some are known to have ended in good time.
                        let other = random.below(left.len() as u64) as usize;
                        match left[other].pop() {
                            Some(rows) => merge.feed(other, rows),
                            None => merge.end(other),
                        }
                    }
                    None => merge.end(input),
                },
                MergeStep::Done => break,
            }
        }
        assert_eq!(joined(given), case.expected(), "seed {seed}");
        assert_eq!(merge.next_batch(most).unwrap(), MergeStep::Done);
    }
}

fn by_text(descending: bool) -> [OrderKey; 1] {
    [OrderKey { column: Column::Visible(0), descending, nulls_first: false }]
}

#[test]
fn a_key_whose_order_is_not_proven_leaves_it_to_postgresql() {
    let new = |types: [u32; 1], collation| {
        SortedMerge::new(&by_text(false), 0, &fields(types), 0, &[collation], 2, FinalSteps::new(0, None, 0, None))
    };
    assert!(new([25], Collation::Bytes).is_some());
    assert!(new([25], Collation::Deterministic).is_none());
    assert!(new([3802], Collation::None).is_none());
}

#[test]
fn an_input_that_is_not_sorted_is_an_error() {
    for (descending, values) in [(false, ["b", "a"]), (true, ["a", "b"])] {
        let final_steps = FinalSteps::new(0, None, 0, None);
        let mut merge =
            SortedMerge::new(&by_text(descending), 0, &fields([25]), 0, &[Collation::Bytes], 2, final_steps).unwrap();
        merge.end(0);
        merge.feed(1, values.iter().flat_map(|value| data_row(&[Some(value.as_bytes())])).collect::<Vec<_>>().into());
        assert_eq!(merge.next_batch(1000), Err(GatherError::Unsorted { input: 1 }));
    }
}

#[test]
fn a_limit_that_is_reached_needs_no_more_rows() {
    let final_steps = FinalSteps::new(0, None, 0, Some(1));
    let mut merge =
        SortedMerge::new(&by_text(false), 0, &fields([25]), 0, &[Collation::Bytes], 2, final_steps).unwrap();
    assert_eq!(merge.next_batch(1000), Ok(MergeStep::Needs(0)));
    let row: Bytes = data_row(&[Some(b"a")]).into();
    merge.feed(0, row.clone());
    merge.feed(1, row.clone());
    assert_eq!(merge.waiting(1), row.len());
    assert_eq!(merge.next_batch(1000), Ok(MergeStep::Rows(RowBatch { rows: row, count: 1 })));
    assert_eq!(merge.next_batch(1000), Ok(MergeStep::Done));
}

#[test]
fn rows_that_are_cut_short_or_lack_a_key_are_malformed() {
    for rows in [data_row(&[Some(b"a")])[..9].to_vec(), data_row(&[])] {
        let final_steps = FinalSteps::new(0, None, 0, None);
        let mut merge =
            SortedMerge::new(&by_text(false), 0, &fields([25]), 0, &[Collation::Bytes], 1, final_steps).unwrap();
        merge.feed(0, rows.into());
        assert_eq!(merge.next_batch(1000), Err(GatherError::Row(MalformedRow)));
    }
}
