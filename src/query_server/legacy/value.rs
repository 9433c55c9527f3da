//! Converts a PostgreSQL value from text format to the JSON that `JSON.stringify` makes of `pg`'s value (pg-types 2).
//! Follows the table of pg-types; other types become strings. Pure.

use super::date;

/// What `pg` makes of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    StatementTraits,
    Number,
    Bool,
    Json,
    Bytes,
    /// Dates and times; those without a time zone are taken for UTC.
    Date,
    Interval,
    Point,
    Circle,
    Array(Element),
}

/// What `pg` makes of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    StatementTraits,
    Number,
    Bool,
    Json,
    Bytes,
    Date,
    Interval,
    Point,
}

impl Element {
    fn kind(self) -> JsonKind {
        match self {
            Element::StatementTraits => JsonKind::StatementTraits,
            Element::Number => JsonKind::Number,
            Element::Bool => JsonKind::Bool,
            Element::Json => JsonKind::Json,
            Element::Bytes => JsonKind::Bytes,
            Element::Date => JsonKind::Date,
            Element::Interval => JsonKind::Interval,
            Element::Point => JsonKind::Point,
        }
    }
}

/// The kind of a type, by its object id.
pub fn kind_of(type_id: u32) -> JsonKind {
    match type_id {
        21 | 23 | 26 | 700 | 701 => JsonKind::Number,
        16 => JsonKind::Bool,
        1082 | 1114 | 1184 => JsonKind::Date,
        17 => JsonKind::Bytes,
        114 | 3802 => JsonKind::Json,
        600 => JsonKind::Point,
        718 => JsonKind::Circle,
        1186 => JsonKind::Interval,
        1000 => JsonKind::Array(Element::Bool),
        1001 => JsonKind::Array(Element::Bytes),
        // numeric[] too: `pg` loses digits here, unlike with numeric.
        1005 | 1007 | 1028 | 1021 | 1022 | 1231 => JsonKind::Array(Element::Number),
        1017 => JsonKind::Array(Element::Point),
        1115 | 1182 | 1185 => JsonKind::Array(Element::Date),
        1187 => JsonKind::Array(Element::Interval),
        199 | 3807 => JsonKind::Array(Element::Json),
        651 | 791 | 1008 | 1009 | 1014 | 1015 | 1016 | 1040 | 1041 | 1183 | 1270 | 2951 | 3907 => {
            JsonKind::Array(Element::StatementTraits)
        }
        _ => JsonKind::StatementTraits,
    }
}

/// Appends a value that is not NULL.
pub fn push(kind: JsonKind, text: &str, json: &mut Vec<u8>) {
    match kind {
        JsonKind::StatementTraits => push_string(text, json),
        JsonKind::Number => push_number(text, json),
        JsonKind::Bool => json.extend_from_slice(if text == "t" { b"true" } else { b"false" }),
        JsonKind::Json => json.extend_from_slice(text.as_bytes()),
        JsonKind::Bytes => push_bytes(text, json),
        JsonKind::Date => match date::milliseconds(text).and_then(date::iso) {
            Some(iso) => push_string(&iso, json),
            None => json.extend_from_slice(b"null"),
        },
        JsonKind::Interval => push_interval(text, json),
        JsonKind::Point => push_point(text, json),
        JsonKind::Circle => push_circle(text, json),
        JsonKind::Array(element) => {
            let mut array = Array { text, at: text.find('{').unwrap_or(text.len()) };
            array.push(element.kind(), json);
        }
    }
}

/// Appends a string.
pub fn push_string(text: &str, json: &mut Vec<u8>) {
    let quoted = serde_json::Value::from(text).to_string();
    json.extend_from_slice(quoted.as_bytes());
}

/// PostgreSQL writes numbers as JSON does; NaN and infinities become null.
fn push_number(text: &str, json: &mut Vec<u8>) {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let number: &str = match digits.as_bytes().first() {
        Some(b'0'..=b'9') if digits == "0" => "0",
        Some(b'0'..=b'9') => text,
        _ => "null",
    };
    json.extend_from_slice(number.as_bytes());
}

/// As Node's Buffer: `{"type":"Buffer","data":[1,2]}`.
fn push_bytes(text: &str, json: &mut Vec<u8>) {
    json.extend_from_slice(br#"{"type":"Buffer","data":["#);
    for (index, byte) in bytes(text).into_iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        json.extend_from_slice(byte.to_string().as_bytes());
    }
    json.extend_from_slice(b"]}");
}

/// bytea in PostgreSQL's hex form, or in its escape form.
fn bytes(text: &str) -> Vec<u8> {
    if let Some(digits) = text.strip_prefix("\\x") {
        let (pairs, _) = digits.as_bytes().as_chunks::<2>();
        return pairs.iter().filter_map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect();
    }
    let mut left = text.as_bytes();
    let mut bytes = Vec::with_capacity(left.len());
    while let Some((&first, rest)) = left.split_first() {
        left = rest;
        bytes.push(match (first, rest) {
            (b'\\', [b'\\', after @ ..]) => {
                left = after;
                b'\\'
            }
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) => {
                left = after;
                (a - b'0') << 6 | (b - b'0') << 3 | (c - b'0')
            }
            _ => first,
        });
    }
    bytes
}

/// `(1,2)` as `{"x":1,"y":2}`.
fn push_point(text: &str, json: &mut Vec<u8>) {
    let Some((x, y)) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')?.split_once(',')) else {
        return json.extend_from_slice(b"null");
    };
    push_fields(&[("x", x), ("y", y)], json);
}

/// `<(1,2),3>` as `{"x":1,"y":2,"radius":3}`.
fn push_circle(text: &str, json: &mut Vec<u8>) {
    let parts = text.strip_prefix("<(").and_then(|text| {
        let (center, radius) = text.strip_suffix('>')?.split_once("),")?;
        let (x, y) = center.split_once(',')?;
        Some([("x", x), ("y", y), ("radius", radius)])
    });
    match parts {
        Some(parts) => push_fields(&parts, json),
        None => json.extend_from_slice(b"null"),
    }
}

fn push_fields(fields: &[(&str, &str)], json: &mut Vec<u8>) {
    json.push(b'{');
    for (index, (name, number)) in fields.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        push_string(name, json);
        json.push(b':');
        push_number(number, json);
    }
    json.push(b'}');
}

/// `1 year 2 mons 3 days -04:05:06.789` as an object of what is not zero in it.
fn push_interval(text: &str, json: &mut Vec<u8>) {
    let mut fields: Vec<(&str, String)> = Vec::new();
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        if let Some(clock) = clock(word) {
            fields.extend(clock);
            continue;
        }
        let name = match words.next() {
            Some("year" | "years") => "years",
            Some("mon" | "mons") => "months",
            Some("day" | "days") => "days",
            _ => break,
        };
        if let Ok(number) = word.trim_start_matches('+').parse::<i64>()
            && number != 0
        {
            fields.push((name, number.to_string()));
        }
    }
    let fields: Vec<_> = fields.iter().map(|(name, number)| (*name, number.as_str())).collect();
    push_fields(&fields, json);
}

/// The fields of `-04:05:06.789`.
fn clock(word: &str) -> Option<Vec<(&'static str, String)>> {
    let sign = if word.starts_with('-') { "-" } else { "" };
    let mut parts = word.trim_start_matches(['-', '+']).split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let microseconds = format!("{fraction:0<6}").parse::<u32>().ok()?;
    let milliseconds = (f64::from(microseconds) / 1000.0).to_string();
    let whole = |text: &str| Some(text.parse::<u64>().ok()?.to_string());
    let fields = [
        ("hours", whole(hours)?),
        ("minutes", whole(minutes)?),
        ("seconds", whole(seconds)?),
        ("milliseconds", milliseconds),
    ];
    let present = fields.into_iter().filter(|(_, number)| number != "0");
    Some(present.map(|(name, number)| (name, format!("{sign}{number}"))).collect())
}

/// An array's text, from its opening brace on.
struct Array<'a> {
    text: &'a str,
    at: usize,
}

impl Array<'_> {
    /// Appends the array that begins here; what it ends with is taken.
    fn push(&mut self, kind: JsonKind, json: &mut Vec<u8>) {
        json.push(b'[');
        self.at += 1;
        let mut first = true;
        while let Some(next) = self.next() {
            match next {
                b'}' => {
                    self.at += 1;
                    break;
                }
                b',' => {
                    self.at += 1;
                    continue;
                }
                _ if first => first = false,
                _ => json.push(b','),
            }
            match next {
                b'{' => self.push(kind, json),
                b'"' => {
                    let element = self.quoted();
                    push(kind, &element, json);
                }
                _ => match self.bare() {
                    "NULL" => json.extend_from_slice(b"null"),
                    element => push(kind, element, json),
                },
            }
        }
        json.push(b']');
    }

    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn bare(&mut self) -> &str {
        let rest = &self.text[self.at..];
        let end = rest.find([',', '}']).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn quoted(&mut self) -> String {
        let mut element = String::new();
        let mut characters = self.text[self.at + 1..].char_indices();
        while let Some((index, character)) = characters.next() {
            match character {
                '"' => {
                    self.at += index + 2;
                    return element;
                }
                '\\' => element.extend(characters.next().map(|(_, escaped)| escaped)),
                plain => element.push(plain),
            }
        }
        self.at = self.text.len();
        element
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(type_id: u32, text: &str) -> String {
        let mut json = Vec::new();
        push(kind_of(type_id), text, &mut json);
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn scalars_are_what_pg_makes_of_them() {
        for (type_id, text, expected) in [
            (23, "-5", "-5"),
            (20, "9007199254740993", r#""9007199254740993""#),
            (1700, "1.50", r#""1.50""#),
            (701, "1e+300", "1e+300"),
            (701, "-0", "0"),
            (701, "NaN", "null"),
            (700, "-Infinity", "null"),
            (16, "f", "false"),
            (25, "a\"\u{1}é", r#""a\"\u0001é""#),
            (3802, r#"{"a": [1]}"#, r#"{"a": [1]}"#),
            (17, "\\x00ff", r#"{"type":"Buffer","data":[0,255]}"#),
            (17, "a\\\\\\001", r#"{"type":"Buffer","data":[97,92,1]}"#),
            (1184, "2024-01-31 23:59:59.5+02", r#""2024-01-31T21:59:59.500Z""#),
            (1082, "infinity", "null"),
            (600, "(1.5,-2)", r#"{"x":1.5,"y":-2}"#),
            (718, "<(1,2),3>", r#"{"x":1,"y":2,"radius":3}"#),
            (2950, "a-b", r#""a-b""#),
        ] {
            assert_eq!(json(type_id, text), expected, "{type_id} {text}");
        }
    }

    #[test]
    fn intervals_are_objects_of_what_is_not_zero() {
        for (text, expected) in [
            ("00:00:00", "{}"),
            ("1 year 2 mons -3 days", r#"{"years":1,"months":2,"days":-3}"#),
            ("-04:05:06.7891", r#"{"hours":-4,"minutes":-5,"seconds":-6,"milliseconds":-789.1}"#),
            ("-1 years +1 day 01:00:00", r#"{"years":-1,"days":1,"hours":1}"#),
        ] {
            assert_eq!(json(1186, text), expected, "{text}");
        }
    }

    #[test]
    fn arrays_may_be_nested_hold_nulls_and_quote_what_would_be_read_otherwise() {
        for (type_id, text, expected) in [
            (1007, "{}", "[]"),
            (1007, "{{1,2},{NULL,4}}", "[[1,2],[null,4]]"),
            (1009, r#"{a,"b,\"}\\",NULL,"NULL",""}"#, r#"["a","b,\"}\\",null,"NULL",""]"#),
            (1007, "[0:1]={1,2}", "[1,2]"),
            (1231, "{1.10,NaN}", "[1.10,null]"),
            (1016, "{9007199254740993}", r#"["9007199254740993"]"#),
            (1000, "{t,f}", "[true,false]"),
            (3807, r#"{"{\"a\": 1}",null}"#, r#"[{"a": 1},null]"#),
            (1017, r#"{"(1,2)"}"#, r#"[{"x":1,"y":2}]"#),
            (1115, r#"{"2024-01-31 00:00:00"}"#, r#"["2024-01-31T00:00:00.000Z"]"#),
        ] {
            assert_eq!(json(type_id, text), expected, "{text}");
        }
    }
}
