//! Compares values as PostgreSQL's operators for the type do. An `Order` exists only for types and collations for which
//! that is proven; everything else is for PostgreSQL to compare. Keys are made from values in text format.

use std::cmp::Ordering;

use super::error::MalformedValue;
use super::{datetime, numeric};

/// How a column's texts compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Collation {
    /// The column's type has no collation.
    None,
    /// Byte by byte: C, POSIX, ucs_basic, and the builtin provider's C.UTF-8.
    Bytes,
    /// Texts are equal only if their bytes are: every collation that PostgreSQL calls deterministic.
    Deterministic,
    /// Nothing is known.
    Unknown,
}

impl Collation {
    /// True if texts are equal exactly when their bytes are.
    pub fn is_deterministic(self) -> bool {
        matches!(self, Collation::Bytes | Collation::Deterministic)
    }
}

/// How the values of one type compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Bool,
    /// int2, int4, int8, oid.
    Integer,
    /// float4, float8: NaN is the greatest, -0 is 0.
    Float,
    Numeric,
    /// text, varchar, name; also uuid, whose text compares as its bytes do.
    Bytes,
    /// char(n): trailing blanks do not count.
    Padded,
    /// "char": one byte.
    Char,
    /// bytea, in hexadecimal.
    Hex,
    Date,
    Time,
    Timestamp,
    Instant,
}

/// A value that is ready to be compared with others of its `Order`. `B` holds bytes, borrowed from a row or owned.
#[derive(Clone, Debug)]
pub enum SortValue<B> {
    Number(i128),
    Bytes(B),
    /// Compared by `near` and, if that is not enough, by its text.
    Numeric {
        near: i128,
        is_exact: bool,
        text: B,
    },
}

impl Order {
    /// The order of the type, if it is proven.
    pub fn of(type_id: u32, collation: Collation) -> Option<Order> {
        Some(match type_id {
            16 => Order::Bool,
            17 => Order::Hex,
            18 => Order::Char,
            20 | 21 | 23 | 26 => Order::Integer,
            19 | 25 | 1043 if collation == Collation::Bytes => Order::Bytes,
            1042 if collation == Collation::Bytes => Order::Padded,
            700 | 701 => Order::Float,
            1082 => Order::Date,
            1083 => Order::Time,
            1114 => Order::Timestamp,
            1184 => Order::Instant,
            1700 => Order::Numeric,
            2950 => Order::Bytes,
            _ => return None,
        })
    }

    /// The key of a value in text format. Allocates nothing.
    pub fn key(self, text: &[u8]) -> Result<SortValue<&[u8]>, MalformedValue> {
        let number = match self {
            Order::Bytes => return Ok(SortValue::Bytes(text)),
            Order::Padded => return Ok(SortValue::Bytes(without_padding(text))),
            // Lower-case hexadecimal digits sort like the bytes that they stand for.
            Order::Hex if text.starts_with(b"\\x") => return Ok(SortValue::Bytes(text)),
            Order::Hex => None,
            Order::Numeric => {
                let (near, is_exact) = numeric::approximate(text)?;
                return Ok(SortValue::Numeric { near, is_exact, text });
            }
            Order::Bool => match text {
                b"t" => Some(1),
                b"f" => Some(0),
                _ => None,
            },
            Order::Integer => integer(text).map(i128::from),
            Order::Float => float(text).map(|value| i128::from(rank(value))),
            Order::Char => char_byte(text).map(i128::from),
            Order::Date => datetime::date(text),
            Order::Time => datetime::time(text),
            Order::Timestamp => datetime::timestamp(text),
            Order::Instant => datetime::instant(text),
        };
        number.map(SortValue::Number).ok_or(MalformedValue)
    }
}

impl<B: AsRef<[u8]>> SortValue<B> {
    /// Compares as PostgreSQL's function for the type does. Both values are of the same `Order`.
    #[inline]
    pub fn compare<C: AsRef<[u8]>>(&self, other: &SortValue<C>) -> Ordering {
        match (self, other) {
            (SortValue::Number(a), SortValue::Number(b)) => a.cmp(b),
            (
                SortValue::Numeric { near, is_exact, text },
                SortValue::Numeric { near: other_near, is_exact: is_other_exact, text: other_text },
            ) => near.cmp(other_near).then_with(|| match is_exact & is_other_exact {
                true => Ordering::Equal,
                false => numeric::compare(text.as_ref(), other_text.as_ref()),
            }),
            (SortValue::Bytes(a), SortValue::Bytes(b)) => a.as_ref().cmp(b.as_ref()),
            // Values of one order have the same variant.
            _ => Ordering::Equal,
        }
    }

    /// The same value with its bytes held differently.
    pub fn map<C>(self, hold: impl FnOnce(B) -> C) -> SortValue<C> {
        match self {
            SortValue::Number(number) => SortValue::Number(number),
            SortValue::Bytes(bytes) => SortValue::Bytes(hold(bytes)),
            SortValue::Numeric { near, is_exact, text } => SortValue::Numeric { near, is_exact, text: hold(text) },
        }
    }
}

/// A char(n) as its comparisons see it.
pub(super) fn without_padding(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
    &text[..end]
}

/// An int2, int4, int8 or oid.
pub(super) fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    let mut value = 0u64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        // 19 digits always fit.
        value = value * 10 + u64::from(digit - b'0');
    }
    if negative { 0i64.checked_sub_unsigned(value) } else { i64::try_from(value).ok() }
}

/// A float4 or float8.
pub(super) fn float(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A number that grows with the float.
fn rank(value: f64) -> i64 {
    if value.is_nan() {
        return i64::MAX;
    }
    // Adding 0 turns -0 into 0.
    let bits = (value + 0.0).to_bits() as i64;
    // For negative floats, greater bits mean a smaller value.
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

/// The byte of a "char". PostgreSQL writes 0 as nothing, and 128 and above in octal.
fn char_byte(text: &[u8]) -> Option<u8> {
    match *text {
        [] => Some(0),
        [byte] => Some(byte),
        [b'\\', high @ b'2'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7'] => {
            Some(((high - b'0') << 6) | ((middle - b'0') << 3) | (low - b'0'))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(type_id: u32, a: &str, b: &str) -> Ordering {
        let order = Order::of(type_id, Collation::Bytes).unwrap();
        order.key(a.as_bytes()).unwrap().compare(&order.key(b.as_bytes()).unwrap())
    }

    #[test]
    fn each_type_has_its_own_order() {
        let ascending: [(u32, &[&str]); 9] = [
            (16, &["f", "t"]),
            (20, &["-9223372036854775808", "-10", "-9", "0", "9", "10", "9223372036854775807"]),
            (701, &["-Infinity", "-1e+300", "-1e-300", "0", "1e-300", "1", "1e+300", "Infinity", "NaN"]),
            (25, &["", "A", "B", "a", "a ", "aa", "é"]),
            (1042, &["", "a", "a b"]),
            (17, &["\\x", "\\x00", "\\x0a", "\\x0a00", "\\xff"]),
            (18, &["", "A", "a", "\\200", "\\377"]),
            (1082, &["-infinity", "0044-03-15 BC", "0001-01-01", "10000-01-01", "infinity"]),
            (
                1700,
                &[
                    "-Infinity",
                    "-1000000000000000000000000000001",
                    "-1000000000000000000000000000000",
                    "-1.5",
                    "-1.25",
                    "-0.0000000000000000000001",
                    "0",
                    "0.0000000000000000000001",
                    "0.05",
                    "0.5",
                    "0.500000000000000000000001",
                    "9",
                    "10",
                    "1000000000000000000000000000000",
                    "1000000000000000000000000000000.1",
                    "Infinity",
                    "NaN",
                ],
            ),
        ];
        for (type_id, values) in ascending {
            for (i, a) in values.iter().enumerate() {
                for (j, b) in values.iter().enumerate() {
                    assert_eq!(compare(type_id, a, b), i.cmp(&j), "type {type_id}: {a} and {b}");
                }
            }
        }
    }

    #[test]
    fn what_is_equal_in_sql_compares_equal() {
        for (type_id, a, b) in [
            (701, "0", "-0"),
            (701, "NaN", "NaN"),
            (1042, "a  ", "a"),
            (1042, "   ", ""),
            (1700, "1.0", "1.000"),
            (1700, "0.00", "0"),
            (1700, "1000000000000000000000000000000", "1000000000000000000000000000000.00"),
            (1700, "0.5000000000000000000000", "0.5"),
            (1184, "2024-01-01 00:00:00+00", "2024-01-01 05:30:00+05:30"),
        ] {
            assert_eq!(compare(type_id, a, b), Ordering::Equal, "type {type_id}: {a} and {b}");
        }
    }

    #[test]
    fn a_collation_that_is_not_by_bytes_has_no_order() {
        for type_id in [19, 25, 1042, 1043] {
            for collation in [Collation::None, Collation::Deterministic, Collation::Unknown] {
                assert_eq!(Order::of(type_id, collation), None);
            }
        }
        // money, json, jsonb, interval, timetz, bit, an array, an enum.
        for type_id in [790, 114, 3802, 1186, 1266, 1560, 1007, 16_400] {
            assert_eq!(Order::of(type_id, Collation::Bytes), None);
        }
    }

    #[test]
    fn a_value_in_another_form_is_malformed() {
        for (type_id, text) in [
            (16, "true"),
            (17, "abc"),
            (18, "ab"),
            (18, "\\100"),
            (20, ""),
            (20, "-"),
            (20, "+1"),
            (20, "9223372036854775808"),
            (20, "10000000000000000000"),
            (701, "1,5"),
            (1082, "31.12.2024"),
            (1700, "1e5"),
        ] {
            let order = Order::of(type_id, Collation::None).unwrap();
            assert!(order.key(text.as_bytes()).is_err(), "type {type_id}: {text}");
        }
    }
}
