//! One value into code units.

use super::super::kind::Kind;
use super::super::row::MalformedRow;
use super::json::Pushed;
use super::{Chunk, Extra, Side, push_u32, time};

/// A length below this stands in one code unit; the units from here on have meanings of their own.
const SHORT: usize = 253;
/// Not the usual form. Bytes: text follows, for the type's parser in JavaScript; JSON: a skeleton and its values do.
const OTHERWISE: u8 = 253;
/// The value is an extra; its index follows.
const AS_EXTRA: u8 = 254;
/// A length of four units follows.
const LONG: u8 = 255;
/// Values from this many bytes on become extras, so that keeping one does not pin its neighbours.
const OWN_STRING: usize = 4 * 1024;

/// A code unit: of a one-byte string or of a two-byte string.
pub trait Unit: Copy {
    fn from_byte(byte: u8) -> Self;
    fn to_byte(self) -> u8;
    /// Appends UTF-8 text; false if a character does not fit into this unit (what was appended is then garbage).
    fn push_text(out: &mut Vec<Self>, text: &[u8]) -> bool;
}

impl Unit for u8 {
    #[inline(always)]
    fn from_byte(byte: u8) -> u8 {
        byte
    }

    #[inline(always)]
    fn to_byte(self) -> u8 {
        self
    }

    #[inline]
    fn push_text(out: &mut Vec<u8>, text: &[u8]) -> bool {
        if text.is_ascii() {
            out.extend_from_slice(text);
            return true;
        }
        let Ok(text) = str::from_utf8(text) else { return false };
        text.chars().all(|character| {
            u8::try_from(u32::from(character)).is_ok_and(|byte| {
                out.push(byte);
                true
            })
        })
    }
}

impl Unit for u16 {
    #[inline(always)]
    fn from_byte(byte: u8) -> u16 {
        u16::from(byte)
    }

    /// Only units that `from_byte` made are read back.
    #[inline(always)]
    fn to_byte(self) -> u8 {
        self as u8
    }

    #[inline]
    fn push_text(out: &mut Vec<u16>, text: &[u8]) -> bool {
        if text.is_ascii() {
            out.extend(text.iter().copied().map(u16::from));
        } else {
            // Lossy, as `pg` reads text of a database without an encoding.
            out.extend(String::from_utf8_lossy(text).encode_utf16());
        }
        true
    }
}

/// Appends a value that is not NULL; false if it needs a wider unit.
#[inline]
pub(super) fn push<U: Unit>(
    kind: Kind,
    value: &[u8],
    out: &mut Vec<U>,
    side: &mut Side<'_>,
) -> Result<bool, MalformedRow> {
    let extras = &mut *side.extras;
    match kind {
        Kind::Text => return Ok(push_text(value, out, extras)),
        Kind::Json => {
            let start = out.len();
            out.push(U::from_byte(OTHERWISE));
            match side.skeletons.push(value, out) {
                Pushed::Values => {}
                Pushed::NotLatin1 => return Ok(false),
                Pushed::AsText => {
                    out.truncate(start);
                    return Ok(push_text(value, out, extras));
                }
            }
        }
        Kind::Int => push_bytes(out, &parse::<i32>(value)?.to_le_bytes()),
        Kind::Oid => push_bytes(out, &parse::<u32>(value)?.to_le_bytes()),
        Kind::Float => push_bytes(out, &parse::<f64>(value)?.to_le_bytes()),
        Kind::Bool => out.push(U::from_byte(u8::from(value == b"t"))),
        Kind::Instant => match time::instant(value) {
            // 2^55 > twice the range of a Date, so seven bytes hold it and the last is never 0xff.
            Some(milliseconds) => push_bytes(out, &(milliseconds + time::OFFSET).to_le_bytes()[..7]),
            None => {
                push_bytes(out, &[0xff; 7]);
                return Ok(push_text(value, out, extras));
            }
        },
        Kind::LocalTime => match time::local_time(value) {
            Some(fields) => push_bytes(out, &fields),
            None => {
                push_bytes(out, &[0xff; 9]);
                return Ok(push_text(value, out, extras));
            }
        },
        Kind::LocalDate => match time::local_date(value) {
            Some(fields) => push_bytes(out, &fields),
            None => {
                push_bytes(out, &[0xff; 4]);
                return Ok(push_text(value, out, extras));
            }
        },
        Kind::Bytes => match value.strip_prefix(b"\\x").and_then(hex) {
            Some(bytes) if bytes.len() >= OWN_STRING => {
                push_extra(out, extras, Extra::Bytes(bytes));
            }
            Some(bytes) => {
                push_length(out, bytes.len());
                push_bytes(out, &bytes);
            }
            // bytea_output = escape
            None => {
                out.push(U::from_byte(OTHERWISE));
                return Ok(push_text(value, out, extras));
            }
        },
    }
    Ok(true)
}

/// A command tag: always short, always ASCII; a longer one would not be a tag.
pub fn push_short<U: Unit>(out: &mut Vec<U>, text: &[u8]) {
    let text = &text[..text.len().min(SHORT - 1)];
    out.push(U::from_byte(text.len() as u8));
    push_bytes(out, text);
}

#[inline]
fn push_text<U: Unit>(value: &[u8], out: &mut Vec<U>, extras: &mut Vec<Extra>) -> bool {
    if value.len() >= OWN_STRING {
        push_extra(out, extras, Extra::Text(own_string(value)));
        return true;
    }
    let length_at = out.len();
    push_length(out, value.len());
    let start = out.len();
    if !U::push_text(out, value) {
        return false;
    }
    // Code units are fewer than bytes where the text is not ASCII; the room for the length stays as it is.
    let units = out.len() - start;
    if units != value.len() {
        set_length(out, length_at, start - length_at, units);
    }
    true
}

#[inline]
fn push_length<U: Unit>(out: &mut Vec<U>, length: usize) {
    if length < SHORT {
        out.push(U::from_byte(length as u8));
    } else {
        out.push(U::from_byte(LONG));
        push_u32(out, length as u32);
    }
}

fn set_length<U: Unit>(out: &mut [U], at: usize, room: usize, length: usize) {
    if room == 1 {
        out[at] = U::from_byte(length as u8);
    } else {
        for (offset, byte) in (length as u32).to_le_bytes().into_iter().enumerate() {
            out[at + 1 + offset] = U::from_byte(byte);
        }
    }
}

fn push_extra<U: Unit>(out: &mut Vec<U>, extras: &mut Vec<Extra>, extra: Extra) {
    out.push(U::from_byte(AS_EXTRA));
    push_u32(out, extras.len() as u32);
    extras.push(extra);
}

fn own_string(value: &[u8]) -> Chunk {
    let mut latin1 = Vec::with_capacity(value.len());
    if u8::push_text(&mut latin1, value) {
        return Chunk::Latin1(latin1);
    }
    let mut utf16 = Vec::with_capacity(value.len());
    u16::push_text(&mut utf16, value);
    Chunk::Utf16(utf16)
}

#[inline(always)]
fn push_bytes<U: Unit>(out: &mut Vec<U>, bytes: &[u8]) {
    out.extend(bytes.iter().copied().map(U::from_byte));
}

#[inline]
fn parse<N: std::str::FromStr>(value: &[u8]) -> Result<N, MalformedRow> {
    str::from_utf8(value).ok().and_then(|text| text.parse().ok()).ok_or(MalformedRow)
}

fn hex(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)).collect()
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}
