//! Combines partial values into one: PostgreSQL's aggregates over what shards have aggregated. Covers only types for
//! which the result is proven to be PostgreSQL's, text for text. The caller (`groups`) leaves out NULLs.

use std::cmp::Ordering;

use super::error::{GatherError, MalformedValue};
use super::numeric::Sum;
use super::order::{Collation, Order, float, integer};
use crate::plan::Fold;

/// A fold over values of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accumulator {
    SumInteger,
    SumSingle,
    SumDouble,
    SumNumeric,
    /// Of equal values the later one stays, as in PostgreSQL (1.0 and 1.00 are equal).
    Least(Order),
    Greatest(Order),
    And,
    Or,
    BitAnd,
    BitOr,
    BitXor,
}

/// What has been folded so far.
#[derive(Clone, Debug, Default)]
pub(super) enum Partial {
    #[default]
    Null,
    Bool(bool),
    Integer(i128),
    Single(f32),
    Double(f64),
    Numeric(Box<Sum>),
    Text(Vec<u8>),
}

impl Accumulator {
    /// None: the result is not proven.
    pub fn of(fold: Fold, type_id: u32, collation: Collation) -> Option<Accumulator> {
        let is_integer = matches!(type_id, 20 | 21 | 23);
        Some(match fold {
            Fold::Sum => match type_id {
                20 => Accumulator::SumInteger,
                700 => Accumulator::SumSingle,
                701 => Accumulator::SumDouble,
                1700 => Accumulator::SumNumeric,
                _ => return None,
            },
            Fold::Min => Accumulator::Least(Order::of(type_id, collation)?),
            Fold::Max => Accumulator::Greatest(Order::of(type_id, collation)?),
            Fold::BoolAnd if type_id == 16 => Accumulator::And,
            Fold::BoolOr if type_id == 16 => Accumulator::Or,
            Fold::BitAnd if is_integer => Accumulator::BitAnd,
            Fold::BitOr if is_integer => Accumulator::BitOr,
            Fold::BitXor if is_integer => Accumulator::BitXor,
            _ => return None,
        })
    }

    /// Adds a value. `type_id` is that of its column.
    pub fn add(self, partial: &mut Partial, text: &[u8], type_id: u32) -> Result<(), GatherError> {
        let malformed = |malformed: MalformedValue| malformed.of_type(type_id);
        let value = match self {
            Accumulator::SumNumeric => {
                if !matches!(partial, Partial::Numeric(_)) {
                    *partial = Partial::Numeric(Box::default());
                }
                let Partial::Numeric(sum) = partial else { return Ok(()) };
                return sum.add(text).map_err(malformed);
            }
            Accumulator::Least(order) | Accumulator::Greatest(order) => {
                let value = order.key(text).map_err(malformed)?;
                let Partial::Text(kept) = partial else {
                    *partial = Partial::Text(text.to_vec());
                    return Ok(());
                };
                let compared = value.compare(&order.key(kept).map_err(malformed)?);
                let worse = if matches!(self, Accumulator::Least(_)) { Ordering::Greater } else { Ordering::Less };
                if compared != worse {
                    kept.clear();
                    kept.extend(text);
                }
                return Ok(());
            }
            Accumulator::And | Accumulator::Or => match text {
                b"t" => Some(Partial::Bool(true)),
                b"f" => Some(Partial::Bool(false)),
                _ => None,
            },
            Accumulator::SumSingle => {
                std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).map(Partial::Single)
            }
            Accumulator::SumDouble => float(text).map(Partial::Double),
            Accumulator::SumInteger | Accumulator::BitAnd | Accumulator::BitOr | Accumulator::BitXor => {
                integer(text).map(|value| Partial::Integer(value.into()))
            }
        };
        let value = value.ok_or(MalformedValue).map_err(malformed)?;
        *partial = match (self, &*partial, value) {
            (Accumulator::And, Partial::Bool(a), Partial::Bool(b)) => Partial::Bool(*a && b),
            (Accumulator::Or, Partial::Bool(a), Partial::Bool(b)) => Partial::Bool(*a || b),
            // Fewer than 2^64 values of 64 bits cannot overflow. The range is checked at the end.
            (Accumulator::SumInteger, Partial::Integer(a), Partial::Integer(b)) => Partial::Integer(a + b),
            (Accumulator::BitAnd, Partial::Integer(a), Partial::Integer(b)) => Partial::Integer(a & b),
            (Accumulator::BitOr, Partial::Integer(a), Partial::Integer(b)) => Partial::Integer(a | b),
            (Accumulator::BitXor, Partial::Integer(a), Partial::Integer(b)) => Partial::Integer(a ^ b),
            (_, Partial::Single(a), Partial::Single(b)) => {
                checked(f64::from(*a), f64::from(b), f64::from(a + b))?;
                Partial::Single(a + b)
            }
            (_, Partial::Double(a), Partial::Double(b)) => {
                checked(*a, b, a + b)?;
                Partial::Double(a + b)
            }
            (_, _, first) => first,
        };
        Ok(())
    }
}

/// Adds as PostgreSQL's float8pl does: the sum of two finite numbers is finite.
fn checked(a: f64, b: f64, sum: f64) -> Result<(), GatherError> {
    if sum.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(GatherError::OutOfRange("value out of range: overflow"));
    }
    Ok(())
}

impl Partial {
    /// Appends the result's text. False: it is NULL, and has none.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<bool, GatherError> {
        match self {
            Partial::Null => return Ok(false),
            Partial::Bool(value) => out.push(if *value { b't' } else { b'f' }),
            Partial::Integer(value) => out.extend(bigint(*value)?.to_string().as_bytes()),
            Partial::Single(value) => super::float::write(*value, out),
            Partial::Double(value) => super::float::write(*value, out),
            Partial::Numeric(sum) => sum.write(out)?,
            Partial::Text(text) => out.extend(text),
        }
        Ok(true)
    }

    /// Appends this sum divided by a count, as PostgreSQL's avg does. False: it is NULL.
    pub fn write_average(&self, count: &Partial, out: &mut Vec<u8>) -> Result<bool, GatherError> {
        let Partial::Integer(count @ 1..) = *count else { return Ok(false) };
        let count = bigint(count)?;
        match self {
            Partial::Integer(sum) => {
                let mut exact = Sum::default();
                // Its text is always a numeric's.
                let _ = exact.add(sum.to_string().as_bytes());
                exact.write_average(count.unsigned_abs(), out)?;
            }
            Partial::Numeric(sum) => sum.write_average(count.unsigned_abs(), out)?,
            // PostgreSQL's avg begins with 0, so that the average of -0 is 0.
            Partial::Double(sum) => super::float::write((0.0 + sum) / count as f64, out),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Bytes on the heap.
    pub fn heap(&self) -> usize {
        match self {
            Partial::Numeric(sum) => size_of::<Sum>() + sum.heap(),
            Partial::Text(text) => text.capacity(),
            _ => 0,
        }
    }
}

fn bigint(value: i128) -> Result<i64, GatherError> {
    i64::try_from(value).map_err(|_| GatherError::OutOfRange("bigint out of range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(fold: Fold, type_id: u32, values: &[&str]) -> Result<String, GatherError> {
        let folder = Accumulator::of(fold, type_id, Collation::Bytes).unwrap();
        let mut partial = Partial::default();
        for value in values {
            folder.add(&mut partial, value.as_bytes(), type_id)?;
        }
        let mut out = Vec::new();
        partial.write(&mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn values_fold_in_their_own_type() {
        for (how, type_id, values, expected) in [
            (Fold::Sum, 20, &["1", "-3", "9"][..], "7"),
            (Fold::Sum, 1700, &["1.5", "2.25"], "3.75"),
            (Fold::Sum, 701, &["0.1", "0.2"], "0.30000000000000004"),
            (Fold::Sum, 701, &["-0"], "-0"),
            (Fold::Sum, 701, &["Infinity", "-Infinity"], "NaN"),
            (Fold::Sum, 700, &["0.1", "0.2"], "0.3"),
            (Fold::Min, 701, &["NaN", "1", "-0", "0"], "0"),
            (Fold::Max, 701, &["1", "NaN", "Infinity"], "NaN"),
            (Fold::Max, 1700, &["1.0", "1.00"], "1.00"),
            (Fold::Min, 25, &["b", "a", "B"], "B"),
            (Fold::Max, 1184, &["2024-01-01 00:00:00+00", "2024-01-01 00:30:00+01"], "2024-01-01 00:00:00+00"),
            (Fold::BoolAnd, 16, &["t", "f"], "f"),
            (Fold::BoolOr, 16, &["t", "f"], "t"),
            (Fold::BitAnd, 21, &["7", "-2"], "6"),
            (Fold::BitOr, 23, &["5", "2"], "7"),
            (Fold::BitXor, 20, &["5", "-1"], "-6"),
        ] {
            assert_eq!(fold(how, type_id, values).as_deref(), Ok(expected), "{how:?} {values:?}");
        }
    }

    #[test]
    fn a_sum_beyond_its_type_is_out_of_range_as_in_postgresql() {
        let most = i64::MAX.to_string();
        assert_eq!(fold(Fold::Sum, 20, &[&most, "1"]), Err(GatherError::OutOfRange("bigint out of range")));
        assert_eq!(fold(Fold::Sum, 20, &[&most, "1", "-1"]).as_deref(), Ok(&*most));
        let overflow = Err(GatherError::OutOfRange("value out of range: overflow"));
        assert_eq!(fold(Fold::Sum, 701, &["1.7e+308", "1.7e+308"]), overflow);
        assert_eq!(fold(Fold::Sum, 700, &["3e+38", "3e+38"]), overflow);
    }

    #[test]
    fn what_is_not_proven_has_no_folder() {
        // money, interval, int4 (its sum is a bigint), text.
        for type_id in [790, 1186, 23, 25] {
            assert_eq!(Accumulator::of(Fold::Sum, type_id, Collation::Bytes), None);
        }
        assert_eq!(Accumulator::of(Fold::Min, 25, Collation::Deterministic), None);
        assert_eq!(Accumulator::of(Fold::BitAnd, 1560, Collation::None), None);
        assert_eq!(Accumulator::of(Fold::BoolAnd, 23, Collation::None), None);
    }

    #[test]
    fn an_average_is_of_the_exact_sum() {
        let average = |sum: Partial, count| {
            let mut out = Vec::new();
            let is_value = sum.write_average(&Partial::Integer(count), &mut out).unwrap();
            is_value.then(|| String::from_utf8(out).unwrap())
        };
        assert_eq!(average(Partial::Integer(7), 2).as_deref(), Some("3.5000000000000000"));
        assert_eq!(average(Partial::Double(-0.0), 1).as_deref(), Some("0"));
        assert_eq!(average(Partial::Integer(0), 0), None);
        assert_eq!(average(Partial::Null, 3), None);
    }
}
