//! How each column's values travel to JavaScript. A native kind is one for which Rust can make the same value as `pg`'s
//! own parser, off the JavaScript thread. All other values travel as text and are parsed in JavaScript.

/// The encoding of one column; its letter is what `js/native/result.js` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// int2, int4: four bytes.
    Int,
    /// oid: four bytes, unsigned.
    Oid,
    /// float4, float8: eight bytes of a double.
    Float,
    Bool,
    /// timestamptz: milliseconds since 1970.
    Instant,
    /// timestamp: fields of a local date and time, since `pg` reads it in the process's own time zone.
    LocalTime,
    /// date: fields of a local date.
    LocalDate,
    Bytes,
    Json,
    Text,
}

impl Kind {
    pub fn letter(self) -> char {
        match self {
            Kind::Int => 'i',
            Kind::Oid => 'o',
            Kind::Float => 'f',
            Kind::Bool => 'b',
            Kind::Instant => 'd',
            Kind::LocalTime => 'l',
            Kind::LocalDate => 'c',
            Kind::Bytes => 'x',
            Kind::Json => 'j',
            Kind::Text => 't',
        }
    }
}

/// Types with a native kind. The position is the bit in an override mask: a set bit says that the application has its
/// own parser for that type, so the column must travel as text. `js/native/driver.js` lists them in the same order.
const NATIVE: [(u32, Kind); 12] = [
    (21, Kind::Int),
    (23, Kind::Int),
    (26, Kind::Oid),
    (16, Kind::Bool),
    (700, Kind::Float),
    (701, Kind::Float),
    (1082, Kind::LocalDate),
    (1114, Kind::LocalTime),
    (1184, Kind::Instant),
    (17, Kind::Bytes),
    (114, Kind::Json),
    (3802, Kind::Json),
];

/// The kind of a column of type `type_id` under an override mask.
pub fn kind_of(type_id: u32, overrides: u16) -> Kind {
    NATIVE
        .iter()
        .enumerate()
        .find(|(bit, (oid, _))| *oid == type_id && overrides & (1 << bit) == 0)
        .map_or(Kind::Text, |(_, (_, kind))| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overridden_type_travels_as_text() {
        assert_eq!(kind_of(23, 0), Kind::Int);
        assert_eq!(kind_of(23, 0b10), Kind::Text);
        assert_eq!(kind_of(21, 0b10), Kind::Int);
        assert_eq!(kind_of(25, 0), Kind::Text);
    }
}
