//! Converts PostgreSQL's messages to protobuf messages: descriptions and errors with every field. Rows are passed on as
//! they came. Pure.

use bytes::Bytes;

use crate::proto::{DatabaseError, Field, RowDescription};

/// Reads PostgreSQL's fixed-width numbers and terminated strings; None where the bytes end too early.
struct MessageReader<'a>(&'a [u8]);

impl<'a> MessageReader<'a> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk::<N>()?;
        self.0 = tail;
        Some(*head)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let end = memchr::memchr(0, self.0)?;
        let text = &self.0[..end];
        self.0 = &self.0[end + 1..];
        Some(text)
    }
}

fn owned(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Decodes a RowDescription's body, with `id` 0. None if it is malformed.
pub fn row_description(body: &[u8]) -> Option<RowDescription> {
    let mut reader = MessageReader(body);
    let count = u16::from_be_bytes(reader.bytes()?);
    let fields = (0..count)
        .map(|_| {
            Some(Field {
                name: owned(reader.text()?),
                table_id: u32::from_be_bytes(reader.bytes()?),
                column_id: i16::from_be_bytes(reader.bytes()?).into(),
                type_id: u32::from_be_bytes(reader.bytes()?),
                type_size: i16::from_be_bytes(reader.bytes()?).into(),
                type_modifier: i32::from_be_bytes(reader.bytes()?),
                format: i16::from_be_bytes(reader.bytes()?).into(),
            })
        })
        .collect::<Option<Vec<_>>>()?;
    Some(RowDescription { id: 0, fields })
}

/// An undecoded description, which is decoded only if the caller has not seen it yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RawDescription(pub Bytes);

impl RawDescription {
    /// The decoded form; without fields if it is malformed.
    pub fn decode(&self) -> RowDescription {
        row_description(&self.0).unwrap_or_default()
    }
}

/// Decodes an ErrorResponse's or NoticeResponse's body. Unknown fields are skipped. `length`: of the whole message,
/// which the body may be cut from; then the cut field says so, and later fields are absent.
pub fn database_error(body: &[u8], length: usize) -> DatabaseError {
    let is_cut = body.len() + 4 < length;
    let mut error = DatabaseError { length: length as u32, ..DatabaseError::default() };
    let mut reader = MessageReader(body);
    while let Some([field]) = reader.bytes() {
        if field == 0 {
            break;
        }
        let text = match reader.text() {
            Some(text) => owned(text),
            None if is_cut => {
                let text = owned(std::mem::take(&mut reader.0));
                let text = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
                format!("{text}... (cut off: the error has {length} bytes, too many for a message)")
            }
            None => break,
        };
        match field {
            b'S' => error.severity = Some(text),
            b'V' => error.severity_unlocalized = Some(text),
            b'C' => error.code = Some(text),
            b'M' => error.message = text,
            b'D' => error.detail = Some(text),
            b'H' => error.hint = Some(text),
            b'P' => error.position = Some(text),
            b'p' => error.internal_position = Some(text),
            b'q' => error.internal_query = Some(text),
            b'W' => error.r#where = Some(text),
            b's' => error.schema = Some(text),
            b't' => error.table = Some(text),
            b'c' => error.column = Some(text),
            b'd' => error.data_type = Some(text),
            b'n' => error.constraint = Some(text),
            b'F' => error.file = Some(text),
            b'L' => error.line = Some(text),
            b'R' => error.routine = Some(text),
            _ => {}
        }
    }
    error
}

/// CommandComplete's body as text.
pub fn command_tag(body: &[u8]) -> String {
    owned(body.strip_suffix(&[0]).unwrap_or(body))
}

/// A SASL request's mechanisms.
pub fn sasl_mechanisms(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split(|&byte| byte == 0).filter(|name| !name.is_empty())
}

/// True if the error ends the connection.
pub fn is_fatal(error: &DatabaseError) -> bool {
    matches!(error.severity_unlocalized.as_deref().or(error.severity.as_deref()), Some("FATAL" | "PANIC"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_description_is_read_in_order() {
        let body = [
            &2u16.to_be_bytes()[..],
            b"id\0",
            &16_384u32.to_be_bytes(),
            &1i16.to_be_bytes(),
            &23u32.to_be_bytes(),
            &4i16.to_be_bytes(),
            &(-1i32).to_be_bytes(),
            &0i16.to_be_bytes(),
            "größe\0".as_bytes(),
            &0u32.to_be_bytes(),
            &0i16.to_be_bytes(),
            &1043u32.to_be_bytes(),
            &(-1i16).to_be_bytes(),
            &36i32.to_be_bytes(),
            &0i16.to_be_bytes(),
        ]
        .concat();
        let fields = row_description(&body).unwrap().fields;
        assert_eq!(
            fields[0],
            Field {
                name: "id".into(),
                table_id: 16_384,
                column_id: 1,
                type_id: 23,
                type_size: 4,
                type_modifier: -1,
                format: 0
            }
        );
        assert_eq!(fields[1].name, "größe");
        assert_eq!((fields[1].type_size, fields[1].type_modifier), (-1, 36));
        assert!(row_description(&body[..body.len() - 1]).is_none());
    }

    #[test]
    fn every_field_of_an_error_is_told_apart_and_absent_ones_stay_absent() {
        let body =
            b"SFEHLER\0VERROR\0C23505\0Mdouble\0Dd\0Hh\0P7\0p8\0qselect\0Ww\0ss\0tt\0cc\0dd\0nn\0Ff\0L1\0Rr\0?new\0\0";
        let error = database_error(body, body.len() + 4);
        assert_eq!(error.severity.as_deref(), Some("FEHLER"));
        assert_eq!(error.code.as_deref(), Some("23505"));
        assert_eq!(error.message, "double");
        assert_eq!((error.position.as_deref(), error.internal_position.as_deref()), (Some("7"), Some("8")));
        assert_eq!((error.schema.as_deref(), error.constraint.as_deref()), (Some("s"), Some("n")));
        assert_eq!((error.line.as_deref(), error.routine.as_deref()), (Some("1"), Some("r")));
        assert_eq!(error.length, body.len() as u32 + 4);
        assert!(!is_fatal(&error));
        let bare = database_error(b"SFATAL\0C57P01\0Mgone\0\0", 22);
        assert!(bare.detail.is_none() && is_fatal(&bare));
    }

    #[test]
    fn an_error_that_was_cut_says_so_in_the_field_that_is_not_whole() {
        let error = database_error(&"SERROR\0VERROR\0CP0001\0MGröße".as_bytes()[..27], 70_000_000);
        assert_eq!(error.code.as_deref(), Some("P0001"));
        assert_eq!(error.message, "Gr\u{f6}... (cut off: the error has 70000000 bytes, too many for a message)");
        assert_eq!(error.length, 70_000_000);
        let error = database_error(b"SERROR\0CP0001\0Mwhole\0", 70_000_000);
        assert_eq!(error.message, "whole");
    }

    #[test]
    fn a_tag_loses_its_terminator_only() {
        assert_eq!(command_tag(b"INSERT 0 3\0"), "INSERT 0 3");
        assert_eq!(sasl_mechanisms(b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0").count(), 2);
    }
}
