//! Parameters in PostgreSQL's text format.

use bytes::Bytes;

use crate::proto::Parameter;

pub fn text(value: impl Into<Bytes>) -> Parameter {
    Parameter { value: Some(value.into()), binary: false }
}

/// An array parameter without nulls.
pub fn text_array<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> Parameter {
    let mut array = TextArray::default();
    texts.into_iter().for_each(|value| array.push(Some(value.as_ref())));
    text(array.finish())
}

/// An array parameter.
pub fn array(texts: &[Option<Bytes>]) -> Parameter {
    let array: TextArray = texts.iter().map(|text| text.as_deref()).collect();
    text(array.finish())
}

/// Builds a text[] in PostgreSQL's notation: `{"a",NULL,"with \"quotes\""}`.
#[derive(Debug)]
pub struct TextArray(Vec<u8>);

impl Default for TextArray {
    fn default() -> Self {
        TextArray(vec![b'{'])
    }
}

impl TextArray {
    pub fn push(&mut self, value: Option<&[u8]>) {
        let out = &mut self.0;
        if out.len() > 1 {
            out.push(b',');
        }
        let Some(mut rest) = value else { return out.extend(b"NULL") };
        out.push(b'"');
        while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
            out.extend(&rest[..at]);
            out.extend([b'\\', rest[at]]);
            rest = &rest[at + 1..];
        }
        out.extend(rest);
        out.push(b'"');
    }

    /// Bytes written so far.
    pub fn byte_len(&self) -> usize {
        self.0.len()
    }

    pub fn finish(mut self) -> Bytes {
        self.0.push(b'}');
        self.0.into()
    }
}

impl<'v> FromIterator<Option<&'v [u8]>> for TextArray {
    fn from_iter<I: IntoIterator<Item = Option<&'v [u8]>>>(values: I) -> Self {
        let mut array = TextArray::default();
        values.into_iter().for_each(|value| array.push(value));
        array
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(values: &[Option<&str>]) -> String {
        let array: TextArray = values.iter().map(|value| value.map(str::as_bytes)).collect();
        String::from_utf8(array.finish().to_vec()).unwrap()
    }

    #[test]
    fn values_are_quoted_so_that_none_can_end_early_and_null_differs_from_the_word() {
        assert_eq!(array(&[]), "{}");
        assert_eq!(array(&[Some("")]), r#"{""}"#);
        assert_eq!(array(&[Some("a"), None, Some("NULL")]), r#"{"a",NULL,"NULL"}"#);
        assert_eq!(array(&[Some(r#"a"b\c,{}"#), Some(r#"""#)]), r#"{"a\"b\\c,{}","\""}"#);
    }
}
