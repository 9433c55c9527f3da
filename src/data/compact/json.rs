//! JSON documents with the same structure. A column of documents usually has a handful of skeletons (keys and nesting).
//! Once a skeleton has been seen often enough, JavaScript compiles a function that builds such a document from its
//! values alone, which is several times faster than parsing its text. All other documents travel as text.

use std::collections::HashMap;

use super::cell::push_latin1;
use super::push_u32;

/// Compiling a skeleton costs JavaScript as much as parsing some hundred documents.
const WORTH_COMPILING: u32 = 100;
/// The most compiled skeletons.
const MOST: usize = 1000;
/// The most counted skeletons; then the counts start again, because documents that all differ fill them in vain.
const MOST_COUNTED: usize = 5000;
/// Longer or deeper documents are not matched.
const LONGEST: usize = 1000;
const DEEPEST: usize = 16;
/// Strings of a document have a length of one unit.
const LONGEST_STRING: usize = 252;

/// Places for values in a skeleton; none of them occurs in JSON outside strings.
mod place {
    /// An integer: four units.
    pub const INTEGER: u8 = b'#';
    /// A string: its length and text.
    pub const STRING: u8 = b'$';
    /// Any other number: length and text.
    pub const NUMBER: u8 = b'~';
    /// A boolean: one unit.
    pub const BOOLEAN: u8 = b'?';
}

/// What is known about the documents so far.
#[derive(Debug, Default)]
pub struct Skeletons {
    /// False if JavaScript may not compile code.
    enabled: bool,
    known: HashMap<Box<[u8]>, SkeletonEntry>,
    compiled: u32,
    last: Option<(Vec<u8>, u32)>,
    scratch: Vec<u8>,
    announcements: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum SkeletonEntry {
    Seen(u32),
    Compiled(u32),
}

impl Skeletons {
    pub fn new(enabled: bool) -> Self {
        Skeletons { enabled, ..Skeletons::default() }
    }

    /// The skeletons that JavaScript must compile before it reads what has been appended since the last call; their
    /// numbers go up from 0.
    pub fn take_announcements(&mut self) -> Vec<String> {
        std::mem::take(&mut self.announcements)
    }

    /// Appends a document as its skeleton's number and its values; false if it must travel as text (what was appended
    /// is then garbage).
    pub fn push(&mut self, document: &[u8], out: &mut Vec<u8>) -> bool {
        if !self.enabled {
            return false;
        }
        let number_at = out.len();
        push_u32(out, 0);
        let mut skeleton = std::mem::take(&mut self.scratch);
        skeleton.clear();
        let number = split(document, &mut skeleton, out).and_then(|()| self.number(&skeleton));
        self.scratch = skeleton;
        if let Some(number) = number {
            out[number_at..number_at + 4].copy_from_slice(&number.to_le_bytes());
        }
        number.is_some()
    }

    /// The number of a skeleton that JavaScript compiles; None while it is not worth it.
    fn number(&mut self, skeleton: &[u8]) -> Option<u32> {
        if let Some((last, number)) = &self.last
            && last == skeleton
        {
            return Some(*number);
        }
        let number = match self.known.get_mut(skeleton) {
            Some(SkeletonEntry::Compiled(number)) => *number,
            Some(SkeletonEntry::Seen(times)) if *times < WORTH_COMPILING => {
                *times += 1;
                return None;
            }
            Some(seen) => {
                let number = self.compiled;
                let text = str::from_utf8(skeleton).ok()?;
                if number as usize >= MOST {
                    return None;
                }
                self.compiled += 1;
                *seen = SkeletonEntry::Compiled(number);
                self.announcements.push(text.to_owned());
                number
            }
            None => {
                if self.known.len() >= MOST_COUNTED {
                    self.known.retain(|_, known| matches!(known, SkeletonEntry::Compiled(_)));
                }
                self.known.insert(skeleton.into(), SkeletonEntry::Seen(1));
                return None;
            }
        };
        self.last = Some((skeleton.to_vec(), number));
        Some(number)
    }
}

/// Splits a document into its skeleton and its values. Anything unusual (escapes, depth, length, characters beyond
/// Latin-1) is refused: PostgreSQL has checked that it is JSON, and this only has to be right about what it accepts.
fn split(document: &[u8], skeleton: &mut Vec<u8>, values: &mut Vec<u8>) -> Option<()> {
    let mut at = 0;
    // For each open bracket: true for an object that waits for a key.
    let mut open = [None; DEEPEST];
    let mut depth = 0;
    while let Some(&byte) = document.get(at) {
        if skeleton.len() > LONGEST {
            return None;
        }
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b'{' | b'[' => {
                *open.get_mut(depth)? = (byte == b'{').then_some(true);
                depth += 1;
                skeleton.push(byte);
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                skeleton.push(byte);
            }
            b':' | b',' => {
                let innermost = depth.checked_sub(1)?;
                if let Some(waits_for_key) = &mut open[innermost] {
                    *waits_for_key = byte == b',';
                }
                skeleton.push(byte);
            }
            b'"' => {
                let rest = &document[at + 1..];
                let length = memchr::memchr2(b'"', b'\\', rest).filter(|end| rest[*end] == b'"')?;
                let text = &rest[..length];
                if depth > 0 && open[depth - 1] == Some(true) {
                    if text == b"__proto__" {
                        return None;
                    }
                    skeleton.extend_from_slice(&document[at..at + length + 2]);
                } else {
                    skeleton.push(place::STRING);
                    push_text(text, values)?;
                }
                at += length + 1;
            }
            b't' => {
                skeleton.push(place::BOOLEAN);
                values.push(1);
                at += 3;
            }
            b'f' => {
                skeleton.push(place::BOOLEAN);
                values.push(0);
                at += 4;
            }
            b'n' => {
                skeleton.extend_from_slice(b"null");
                at += 3;
            }
            b'-' | b'0'..=b'9' => {
                let rest = &document[at..];
                let length = rest
                    .iter()
                    .position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
                    .unwrap_or(rest.len());
                let text = &rest[..length];
                match small_integer(text) {
                    Some(integer) => {
                        skeleton.push(place::INTEGER);
                        values.extend_from_slice(&integer.to_le_bytes());
                    }
                    None => {
                        skeleton.push(place::NUMBER);
                        push_text(text, values)?;
                    }
                }
                at += length - 1;
            }
            _ => return None,
        }
        at += 1;
    }
    Some(())
}

fn push_text(text: &[u8], values: &mut Vec<u8>) -> Option<()> {
    let length_at = values.len();
    values.push(0);
    if text.len() > LONGEST_STRING || !push_latin1(text, values) {
        return None;
    }
    values[length_at] = (values.len() - length_at - 1) as u8;
    Some(())
}

/// Up to nine digits; -0 is not an integer in JavaScript.
fn small_integer(text: &[u8]) -> Option<i32> {
    if text.len() > 9 || text == b"-0" {
        return None;
    }
    str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(document: &str) -> Option<(String, Vec<u8>)> {
        let (mut skeleton, mut values) = (Vec::new(), Vec::new());
        split(document.as_bytes(), &mut skeleton, &mut values)?;
        Some((String::from_utf8(skeleton).unwrap(), values))
    }

    #[test]
    fn a_document_is_its_skeleton_and_its_values() {
        let (skeleton, values) =
            parts(r#" {"a": 1, "b": [true, false, null, "xé"], "c": {"d": -0, "e": 1.5e3}} "#).unwrap();
        assert_eq!(skeleton, r##"{"a":#,"b":[?,?,null,$],"c":{"d":~,"e":~}}"##);
        assert_eq!(values, b"\x01\0\0\0\x01\0\x02x\xe9\x02-0\x051.5e3");
        assert_eq!(parts("12345678901").unwrap().0, "~");
        assert_eq!(parts(r#""text""#).unwrap(), ("$".into(), b"\x04text".to_vec()));
        assert_eq!(parts("[]").unwrap().0, "[]");
    }

    #[test]
    fn unusual_documents_are_left_alone() {
        let deep = "[".repeat(17) + &"]".repeat(17);
        let long = format!("\"{}\"", "x".repeat(253));
        let wide = format!("[{}]", vec!["1"; 600].join(","));
        for document in [r#"{"a\n":1}"#, r#"["\u0041"]"#, r#"{"__proto__":1}"#, &deep, &long, &wide, "]", ",", "\"x"] {
            assert_eq!(parts(document), None, "{document}");
        }
    }

    #[test]
    fn a_skeleton_is_compiled_once_it_is_worth_it() {
        let mut skeletons = Skeletons::new(true);
        let mut out = Vec::new();
        let pushed = (0..1000).position(|_| skeletons.push(br#"{"a":1}"#, &mut out));
        assert_eq!(pushed, Some(WORTH_COMPILING as usize));
        assert_eq!(skeletons.take_announcements(), [r##"{"a":#}"##]);
        out.clear();
        assert!(skeletons.push(br#"{"a":2}"#, &mut out));
        assert_eq!(out, [0, 0, 0, 0, 2, 0, 0, 0]);
        assert!(skeletons.take_announcements().is_empty());
        assert!(!skeletons.push(r#"{"a":"☃"}"#.as_bytes(), &mut out));
        assert!(!Skeletons::new(false).push(b"1", &mut out));
    }

    #[test]
    fn documents_all_unlike_do_not_fill_the_memory() {
        let mut skeletons = Skeletons::new(true);
        let mut out = Vec::new();
        for key in 0..20_000 {
            skeletons.push(format!(r#"{{"{key}":1}}"#).as_bytes(), &mut out);
        }
        assert!(skeletons.known.len() <= MOST_COUNTED);
    }
}
