//! Encodes one value as code units.

use super::super::kind::Kind;
use super::super::row::MalformedRow;
use super::{Extra, Side, push_u32, time};

/// A shorter length takes one code unit; units from here on have special meanings.
const SHORT: usize = 253;
/// Not the usual form. Bytes: text follows, for the type's parser in JavaScript; JSON: a skeleton and its values do.
const OTHERWISE: u8 = 253;
/// The value is an extra; its index follows.
const AS_EXTRA: u8 = 254;
/// A length of four units follows.
const LONG: u8 = 255;
/// Larger values become extras, so that keeping one does not pin its neighbours.
const OWN_STRING: usize = 4 * 1024;

/// Appends a value that is not NULL.
#[inline]
pub(super) fn push(kind: Kind, value: &[u8], out: &mut Vec<u8>, side: &mut Side<'_>) -> Result<(), MalformedRow> {
    match kind {
        Kind::Text => push_text(value, out, side.extras),
        Kind::Json => push_json(value, out, side),
        Kind::Int => out.extend_from_slice(&parse::<i32>(value)?.to_le_bytes()),
        Kind::Oid => out.extend_from_slice(&parse::<u32>(value)?.to_le_bytes()),
        Kind::Float => out.extend_from_slice(&parse::<f64>(value)?.to_le_bytes()),
        Kind::Bool => out.push(u8::from(value == b"t")),
        Kind::Instant => match time::instant(value) {
            // 2^55 > twice the range of a Date, so seven bytes hold it and the last is never 0xff.
            Some(milliseconds) => out.extend_from_slice(&(milliseconds + time::OFFSET).to_le_bytes()[..7]),
            None => push_escaped(&[0xff; 7], value, out, side.extras),
        },
        Kind::LocalTime => match time::local_time(value) {
            Some(fields) => out.extend_from_slice(&fields),
            None => push_escaped(&[0xff; 9], value, out, side.extras),
        },
        Kind::LocalDate => match time::local_date(value) {
            Some(fields) => out.extend_from_slice(&fields),
            None => push_escaped(&[0xff; 4], value, out, side.extras),
        },
        Kind::Bytes => match value.strip_prefix(b"\\x").and_then(hex) {
            Some(bytes) if bytes.len() >= OWN_STRING => push_extra(out, side.extras, Extra::Bytes(bytes)),
            Some(bytes) => {
                push_length(out, bytes.len());
                out.extend_from_slice(&bytes);
            }
            // bytea_output = escape
            None => push_escaped(&[OTHERWISE], value, out, side.extras),
        },
    }
    Ok(())
}

/// A command tag: always short, always ASCII; a longer one would not be a tag.
pub fn push_short(out: &mut Vec<u8>, text: &[u8]) {
    let text = &text[..text.len().min(SHORT - 1)];
    out.push(text.len() as u8);
    out.extend_from_slice(text);
}

/// Appends text as Latin-1; false if it has a character beyond that (what was appended is then garbage).
#[inline]
pub fn push_latin1(text: &[u8], out: &mut Vec<u8>) -> bool {
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

fn push_json(value: &[u8], out: &mut Vec<u8>, side: &mut Side<'_>) {
    let start = out.len();
    out.push(OTHERWISE);
    if !side.skeletons.push(value, out) {
        out.truncate(start);
        push_text(value, out, side.extras);
    }
}

/// Text that the type's parser in JavaScript must read, behind a mark that no native value begins with.
fn push_escaped(mark: &[u8], value: &[u8], out: &mut Vec<u8>, extras: &mut Vec<Extra>) {
    out.extend_from_slice(mark);
    push_text(value, out, extras);
}

#[inline]
fn push_text(value: &[u8], out: &mut Vec<u8>, extras: &mut Vec<Extra>) {
    let start = out.len();
    if value.len() < OWN_STRING {
        push_length(out, value.len());
        let text_at = out.len();
        if push_latin1(value, out) {
            // Non-ASCII text has fewer units than bytes; the size of the length does not change.
            let units = out.len() - text_at;
            if units != value.len() {
                set_length(&mut out[start..text_at], units);
            }
            return;
        }
        out.truncate(start);
    }
    push_extra(out, extras, Extra::Text(value.to_vec()));
}

#[inline]
fn push_length(out: &mut Vec<u8>, length: usize) {
    if length < SHORT {
        out.push(length as u8);
    } else {
        out.push(LONG);
        push_u32(out, length as u32);
    }
}

fn set_length(room: &mut [u8], length: usize) {
    match room {
        [short] => *short = length as u8,
        [_, long @ ..] => long.copy_from_slice(&(length as u32).to_le_bytes()),
        [] => {}
    }
}

fn push_extra(out: &mut Vec<u8>, extras: &mut Vec<Extra>, extra: Extra) {
    out.push(AS_EXTRA);
    push_u32(out, extras.len() as u32);
    extras.push(extra);
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
