//! Binds the parameters of a planned text to the values that the caller gave.

use bytes::Bytes;

use super::plan_cache::PlannedStatement;
use crate::data::parameters::text;
use crate::plan::{BoundText, ChangePlan, ParamSource, ReadPlan, RowCount};
use crate::proto::Parameter;

/// Only PostgreSQL can say what is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnclearValue;

/// OFFSET and LIMIT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowLimits {
    pub offset: u64,
    pub limit: Option<u64>,
}

/// A read with the values that it runs with.
pub struct BoundRead<'r> {
    pub planned: &'r PlannedStatement,
    pub read: &'r ReadPlan,
    pub limits: RowLimits,
    /// The time at which it began, if it matters.
    pub now: Option<Bytes>,
}

impl RowLimits {
    pub fn of(read: &ReadPlan, given: &[Parameter]) -> Result<Self, UnclearValue> {
        let offset = read.offset.map(|number| count(number, given)).transpose()?.flatten();
        let limit = read.limit.map(|number| count(number, given)).transpose()?.flatten();
        Ok(RowLimits { offset: offset.unwrap_or(0), limit })
    }

    /// The most rows that a shard has to return.
    fn rows_needed(self) -> Option<u64> {
        let enough = self.offset.checked_add(self.limit?)?;
        (enough <= i64::MAX as u64).then_some(enough)
    }
}

fn count(number: RowCount, given: &[Parameter]) -> Result<Option<u64>, UnclearValue> {
    match number {
        RowCount::Fixed(count) => Ok(Some(count)),
        RowCount::Param(index) => {
            let parameter = given.get(index).ok_or(UnclearValue)?;
            let Some(value) = &parameter.value else { return Ok(None) };
            if parameter.binary || value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
                return Err(UnclearValue);
            }
            let count = std::str::from_utf8(value).ok().and_then(|text| text.parse::<i64>().ok());
            count.map(|count| Some(count as u64)).ok_or(UnclearValue)
        }
    }
}

/// Why a change of copies may give each copy another one of several rows, in words.
pub fn equal_rows(change: &ChangePlan, given: &[Parameter]) -> Option<String> {
    let bound = |index: usize| match given.get(index) {
        Some(Parameter { value: None, .. }) => BoundText::Null,
        Some(Parameter { value: Some(value), binary: false }) => {
            std::str::from_utf8(value).map_or(BoundText::Other, BoundText::Text)
        }
        _ => BoundText::Other,
    };
    change.distinct.iter().find_map(|rows| rows.refusal(bound))
}

pub fn bind(
    sources: &[ParamSource],
    given: &[Parameter],
    limits: RowLimits,
    now: Option<&Bytes>,
) -> Result<Vec<Parameter>, UnclearValue> {
    let value = |source: &ParamSource| match *source {
        ParamSource::Param(index) => given.get(index).cloned().ok_or(UnclearValue),
        ParamSource::ShardLimit => Ok(match limits.rows_needed() {
            Some(enough) => text(enough.to_string()),
            None => Parameter::default(),
        }),
        ParamSource::Now => now.cloned().map(text).ok_or(UnclearValue),
    };
    sources.iter().map(value).collect()
}

/// True if the plan needs the time.
pub fn needs_now(read: &ReadPlan) -> bool {
    let finish = read.finish.iter().flat_map(|finish| &finish.params);
    read.shard.params.iter().chain(finish).any(|source| *source == ParamSource::Now)
}

/// How many of the caller's values the plan uses. It must be all of them.
pub fn params_used(read: &ReadPlan) -> usize {
    let finish = read.finish.iter().flat_map(|finish| &finish.params);
    let texts = read.shard.params.iter().chain(finish).filter_map(|source| match source {
        ParamSource::Param(index) => Some(index + 1),
        _ => None,
    });
    let steps = [read.offset, read.limit].into_iter().flatten().filter_map(|number| match number {
        RowCount::Param(index) => Some(index + 1),
        RowCount::Fixed(_) => None,
    });
    texts.chain(steps).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT_GIVEN: RowCount = RowCount::Param(0);

    fn limit(value: &str) -> Result<Option<u64>, UnclearValue> {
        count(LIMIT_GIVEN, &[text(value.to_owned())])
    }

    #[test]
    fn only_plain_whole_numbers_of_rows_are_read_here() {
        assert_eq!(limit("0"), Ok(Some(0)));
        assert_eq!(limit("9223372036854775807"), Ok(Some(i64::MAX as u64)));
        assert_eq!(count(LIMIT_GIVEN, &[Parameter::default()]), Ok(None), "NULL is no limit");
        for odd in ["-1", "1.5", "", " 1", "ten", "9223372036854775808"] {
            assert_eq!(limit(odd), Err(UnclearValue), "{odd:?}");
        }
        assert_eq!(count(LIMIT_GIVEN, &[]), Err(UnclearValue), "it was not given");
        assert_eq!(count(LIMIT_GIVEN, &[Parameter { value: Some("1".into()), binary: true }]), Err(UnclearValue));
    }

    #[test]
    fn a_shard_gives_as_many_rows_as_offset_and_limit_need() {
        assert_eq!(RowLimits { offset: 5, limit: Some(10) }.rows_needed(), Some(15));
        assert_eq!(RowLimits { offset: 5, limit: None }.rows_needed(), None);
        assert_eq!(
            RowLimits { offset: 1, limit: Some(i64::MAX as u64) }.rows_needed(),
            None,
            "more than a bigint: all"
        );
    }

    #[test]
    fn parameters_are_taken_from_where_the_plan_says() {
        let given = [text("a"), Parameter { value: Some("b".into()), binary: true }];
        let limits = RowLimits { offset: 1, limit: Some(2) };
        let sources = [ParamSource::Param(1), ParamSource::ShardLimit, ParamSource::Now, ParamSource::Param(0)];
        let bound = bind(&sources, &given, limits, Some(&"2024-01-01".into())).unwrap();
        assert_eq!(bound, [given[1].clone(), text("3"), text("2024-01-01"), given[0].clone()]);
        assert_eq!(bind(&[ParamSource::Param(2)], &given, limits, None), Err(UnclearValue));
        assert_eq!(
            bind(&[ParamSource::ShardLimit], &given, RowLimits::default(), None),
            Ok(vec![Parameter::default()])
        );
    }
}
