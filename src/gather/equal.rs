//! When two values of a type are equal, as GROUP BY and DISTINCT see it: canonical bytes that are the same exactly
//! then. Covers only types and collations for which that is proven. NULLs are equal to each other.

use super::error::MalformedValue;
use super::numeric;
use super::order::{Collation, Order, SortValue, float, without_padding};

/// How values of one type become canonical.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Equality {
    /// The text is canonical.
    Text,
    /// float4, float8: -0 is 0.
    Float,
    /// numeric: digits that only show a scale do not count.
    Numeric,
    /// char(n): trailing blanks do not count.
    Padded,
    /// bytea, dates and times: these are parsed, so that a form which is not proven is an error (bytea_output,
    /// DateStyle and time zone may differ between shards).
    Read(Order),
}

impl Equality {
    /// The equality of the type, if it is proven.
    pub fn of(type_id: u32, collation: Collation) -> Option<Equality> {
        Some(match type_id {
            16 | 18 | 20 | 21 | 23 | 26 | 1083 | 2950 => Equality::Text,
            // regclass, regtype: the same table has another id on each shard, and the same name.
            2205 | 2206 => Equality::Text,
            19 | 25 | 1043 if collation.is_deterministic() => Equality::Text,
            1042 if collation.is_deterministic() => Equality::Padded,
            700 | 701 => Equality::Float,
            1700 => Equality::Numeric,
            17 | 1082 | 1114 | 1184 => Equality::Read(Order::of(type_id, collation)?),
            _ => return None,
        })
    }

    /// True if equal values always have equal texts.
    pub fn is_textual(self) -> bool {
        match self {
            Equality::Text | Equality::Read(Order::Hex) => true,
            Equality::Read(_) | Equality::Float | Equality::Numeric | Equality::Padded => false,
        }
    }

    /// Appends a value's canonical bytes in a form that lets several columns stand one after the other.
    pub fn append(self, cell: Option<&[u8]>, out: &mut Vec<u8>) -> Result<(), MalformedValue> {
        let Some(text) = cell else {
            out.extend((-1i32).to_be_bytes());
            return Ok(());
        };
        let canonical = match self {
            Equality::Text => text,
            Equality::Float if text == b"-0" => b"0",
            Equality::Float => float(text).map(|_| text).ok_or(MalformedValue)?,
            Equality::Numeric => numeric::canonical(text)?,
            Equality::Padded => without_padding(text),
            Equality::Read(order) => match order.key(text)? {
                SortValue::Bytes(text) | SortValue::Numeric { text, .. } => text,
                SortValue::Number(number) => {
                    out.extend((size_of::<i128>() as i32).to_be_bytes());
                    out.extend(number.to_be_bytes());
                    return Ok(());
                }
            },
        };
        out.extend((canonical.len() as i32).to_be_bytes());
        out.extend(canonical);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(type_id: u32, text: Option<&str>) -> Vec<u8> {
        let mut out = Vec::new();
        let equality = Equality::of(type_id, Collation::Deterministic).unwrap();
        equality.append(text.map(str::as_bytes), &mut out).unwrap();
        out
    }

    #[test]
    fn values_that_sql_calls_equal_have_the_same_bytes_and_no_others() {
        let classes: [(u32, &[&[&str]]); 6] = [
            (701, &[&["0", "-0"], &["NaN"], &["1"], &["-1"]]),
            (
                1700,
                &[&["0", "0.00"], &["1", "1.0"], &["10"], &["-1", "-1.0"], &["0.1", "0.100"], &["NaN"], &["Infinity"]],
            ),
            (1042, &[&["a", "a  "], &["", "  "], &[" a"]]),
            (25, &[&["a"], &["a "], &["A"], &["a\u{301}"], &["á"]]),
            (
                1184,
                &[&["2024-01-01 00:00:00+00", "2024-01-01 01:00:00+01"], &["2024-01-01 00:00:00+01"], &["infinity"]],
            ),
            (17, &[&["\\x61"], &["\\x"]]),
        ];
        for (type_id, classes) in classes {
            let all =
                classes.iter().enumerate().flat_map(|(class, texts)| texts.iter().map(move |text| (class, *text)));
            for (class, a) in all.clone() {
                for (other, b) in all.clone() {
                    let same = canonical(type_id, Some(a)) == canonical(type_id, Some(b));
                    assert_eq!(same, class == other, "type {type_id}: {a} and {b}");
                }
                assert_ne!(canonical(type_id, Some(a)), canonical(type_id, None));
            }
        }
    }

    #[test]
    fn columns_do_not_run_into_each_other() {
        let equality = Equality::of(25, Collation::Bytes).unwrap();
        let row = |cells: [&str; 2]| {
            let mut out = Vec::new();
            cells.iter().for_each(|cell| equality.append(Some(cell.as_bytes()), &mut out).unwrap());
            out
        };
        assert_ne!(row(["ab", "c"]), row(["a", "bc"]));
    }

    #[test]
    fn what_is_not_proven_has_no_equality() {
        for type_id in [19, 25, 1042, 1043] {
            assert_eq!(Equality::of(type_id, Collation::Unknown), None);
        }
        for type_id in [790, 114, 3802, 1186, 1266, 1560, 1007, 16_400] {
            assert_eq!(Equality::of(type_id, Collation::Bytes), None);
        }
    }
}
