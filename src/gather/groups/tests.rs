use std::collections::BTreeMap;

use super::*;
use crate::data::row::data_row;
use crate::gather::RowBatch;
use crate::gather::random::{Random, fields};
use crate::plan::{Fold, OrderKey};

/// Columns: numeric key, text key, hidden: sum of numeric, count, least int4.
const TYPES: [u32; 6] = [1700, 25, 1700, 1700, 20, 23];
const COLLATIONS: [Collation; 6] = [Collation::Deterministic; 6];

fn plan(order: Vec<OrderKey>) -> Grouped {
    let (sum, count, least) = (Column::Hidden(0), Column::Hidden(1), Column::Hidden(2));
    Grouped {
        keys: vec![Column::Visible(0), Column::Visible(1)],
        folds: vec![(sum, Fold::Sum), (count, Fold::Sum), (least, Fold::Min)],
        order,
        output: vec![
            GroupOutput::Column(Column::Visible(0)),
            GroupOutput::Column(Column::Visible(1)),
            GroupOutput::Average { sum, count },
        ],
    }
}

fn groups(plan: &Grouped, limit: usize) -> Groups {
    Groups::new(plan, &fields(TYPES), 3, &COLLATIONS, limit).unwrap()
}

fn given(mut finished: GroupRows, most_bytes: usize) -> Vec<Vec<Option<String>>> {
    let mut rows = Vec::new();
    while let Some(RowBatch { rows: batch, count }) = finished.next_batch(most_bytes).unwrap() {
        let before = rows.len();
        for row in Rows::new(&batch) {
            let mut row = row.unwrap();
            let cells =
                (0..row.columns).map(|_| row.cell().unwrap().map(|text| String::from_utf8(text.into()).unwrap()));
            rows.push(cells.collect());
        }
        assert_eq!(rows.len() - before, count as usize);
    }
    rows
}

type Model = BTreeMap<(Option<u64>, Option<u64>), (i64, i64, Option<i64>, usize)>;

#[test]
fn grouping_is_folding_in_a_map_and_sorting() {
    for seed in 0..500 {
        let random = &mut Random(seed);
        let (descending, nulls_first) = (random.one_in(2), random.one_in(2));
        // By the least value, then by the numeric key: groups may tie in both, and then come as they came first.
        let keys = [Column::Hidden(2), Column::Visible(0)];
        let is_sorted = !random.one_in(3);
        let order =
            if is_sorted { keys.map(|column| OrderKey { column, descending, nulls_first }).into() } else { vec![] };
        let mut groups = groups(&plan(order), 1 << 20);
        let mut model = Model::new();
        for _ in 0..random.below(6) {
            let mut batch = Vec::new();
            for _ in 0..random.below(50) {
                let first = (!random.one_in(6)).then(|| random.below(5));
                let second = (!random.one_in(6)).then(|| random.below(3));
                let (sum, count) = (random.below(2000) as i64 - 1000, 1 + random.below(9) as i64);
                let least = (!random.one_in(3)).then(|| random.below(20) as i64 - 10);
                let zeros = ["", ".0", ".00"][random.below(3) as usize];
                let cells = [
                    first.map(|value| format!("{value}{zeros}")),
                    second.map(|value| format!("text {value}")),
                    None,
                    Some(format!("{sum}.00")),
                    Some(count.to_string()),
                    least.map(|value| value.to_string()),
                ];
                batch.extend(data_row(&cells.each_ref().map(|cell| cell.as_deref().map(str::as_bytes))));
                let came = model.len();
                let entry = model.entry((first, second)).or_insert((0, 0, None, came));
                entry.0 += sum;
                entry.1 += count;
                entry.2 = entry.2.into_iter().chain(least).min();
            }
            groups.push(&batch).unwrap();
        }
        let mut expected: Vec<_> = model.into_iter().collect();
        expected.sort_by_key(|(_, (_, _, _, came))| *came);
        if is_sorted {
            let rank = |value: Option<i64>| match value {
                Some(value) => (0, if descending { -value } else { value }),
                None => (if nulls_first { -1 } else { 1 }, 0),
            };
            expected
                .sort_by_key(|((first, _), (_, _, least, _))| (rank(*least), rank(first.map(|value| value as i64))));
        }
        let (offset, limit) = (random.below(4), random.one_in(2).then(|| random.below(12)));
        let most = limit.map_or(usize::MAX, |limit| limit as usize);
        let expected =
            expected.into_iter().skip(offset as usize).take(most).map(|((first, second), (sum, count, ..))| {
                let average = format!("{:.6}", sum as f64 / count as f64);
                (first.map(|value| value as f64), second.map(|value| format!("text {value}")), average)
            });
        let rows = given(groups.finish(offset, limit).unwrap(), 1 + random.below(200) as usize);
        let rows = rows.into_iter().map(|row| {
            let average = row[2].as_ref().unwrap();
            assert!(average.split_once('.').unwrap().1.len() >= 12, "{average}");
            let first = row[0].as_ref().map(|text| text.parse::<f64>().unwrap());
            (first, row[1].clone(), format!("{:.6}", average.parse::<f64>().unwrap()))
        });
        assert_eq!(rows.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "seed {seed}");
    }
}

#[test]
fn without_keys_there_is_one_group() {
    let plan = Grouped {
        keys: vec![],
        folds: vec![(Column::Visible(0), Fold::Sum), (Column::Visible(1), Fold::Max)],
        order: vec![],
        output: vec![GroupOutput::Column(Column::Visible(0)), GroupOutput::Column(Column::Visible(1))],
    };
    let mut groups = Groups::new(&plan, &fields([20, 701]), 0, &[], 1 << 20).unwrap();
    groups.push(&data_row(&[Some(b"3"), None])).unwrap();
    groups.push(&data_row(&[Some(b"4"), None])).unwrap();
    assert_eq!(given(groups.finish(0, None).unwrap(), 100), [[Some("7".to_owned()), None]]);
}

#[test]
fn equal_keys_are_shown_as_the_first_of_them_was_written() {
    let mut groups = groups(&plan(vec![]), 1 << 20);
    for key in ["1.50", "1.5"] {
        groups.push(&data_row(&[Some(key.as_bytes()), None, None, Some(b"1"), Some(b"1"), None])).unwrap();
    }
    let average = "1.00000000000000000000".to_owned();
    assert_eq!(given(groups.finish(0, None).unwrap(), 100), [[Some("1.50".to_owned()), None, Some(average)]]);
}

#[test]
fn more_memory_than_allowed_is_an_error() {
    let mut groups = groups(&plan(vec![]), 50_000);
    let mut push = |number: u32| {
        let key = number.to_string();
        groups.push(&data_row(&[Some(key.as_bytes()), None, None, Some(b"1"), Some(b"1"), Some(b"1")]))
    };
    assert_eq!((0..).find_map(|number| push(number).err()), Some(GatherError::Memory { limit: 50_000 }));
}

#[test]
fn a_sum_out_of_range_is_an_error_whichever_rows_are_asked_for() {
    let mut groups = groups(&plan(vec![]), 1 << 20);
    let most = i64::MAX.to_string();
    for _ in 0..2 {
        groups.push(&data_row(&[None, None, None, None, Some(most.as_bytes()), None])).unwrap();
    }
    assert_eq!(groups.finish(5, None).unwrap_err(), GatherError::OutOfRange("bigint out of range"));
}

#[test]
fn what_is_not_proven_leaves_it_to_postgresql() {
    let is_proven = |plan: &Grouped, types: [u32; 6], collation| {
        Groups::new(plan, &fields(types), 3, &[collation; 6], 1 << 20).is_some()
    };
    let by_text = OrderKey { column: Column::Visible(1), descending: false, nulls_first: false };
    assert!(is_proven(&plan(vec![]), TYPES, Collation::Deterministic));
    assert!(!is_proven(&plan(vec![]), TYPES, Collation::Unknown));
    assert!(!is_proven(&plan(vec![by_text]), TYPES, Collation::Deterministic));
    assert!(is_proven(&plan(vec![by_text]), TYPES, Collation::Bytes));
    for (column, type_id) in [(0, 3802), (2, 701), (3, 1186), (4, 1700), (5, 1186)] {
        let mut types = TYPES;
        types[column] = type_id;
        assert!(!is_proven(&plan(vec![]), types, Collation::Deterministic), "column {column}");
    }
}

#[test]
fn rows_of_another_width_are_malformed() {
    let mut groups = groups(&plan(vec![]), 1 << 20);
    assert_eq!(groups.push(&data_row(&[None])), Err(GatherError::Row(MalformedRow)));
}
