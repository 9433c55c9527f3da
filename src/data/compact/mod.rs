//! The encoding in which results cross into JavaScript: a few long strings whose code units a generated decoder reads.
//! One string holds many records; a record holds rows of one query and what else came with them. `js/knex/result.js`
//! is the other half of this file. A record: flags (1 unit), query id (4), number of rows (4), units that the rows take
//! (4), then as the flags say: shape id (4) before the rows; command tag (length and text), error (index of an extra, 4)
//! and credit (bytes, 4) after them. Numbers are little-endian, one byte per unit.
//!
//! Why strings: V8 copies a one-byte string in at memory speed, reads it with `charCodeAt` in compiled code, and makes
//! text columns by `substring`, without a crossing per value. Substrings pin the string they were cut from, so a chunk
//! ends at 16 KiB, and a long value travels by itself as an extra.

mod cell;
mod json;
mod time;

pub use cell::Unit;
pub use json::Skeletons;

use super::kind::Kind;
use super::row::{MalformedRow, Rows};

/// A chunk that has reached this many code units takes no further row.
const CHUNK: usize = 16 * 1024;

/// The bits of a record's first code unit.
mod flag {
    /// A result that returns rows begins: its shape follows the header.
    pub const START: u8 = 1;
    /// A result ends: its command tag follows the rows.
    pub const END: u8 = 2;
    /// The reply ends; nothing more comes for this query.
    pub const LAST: u8 = 4;
    /// What came before for this query is void: it is being run again.
    pub const RESTART: u8 = 8;
    /// The reply failed: the index of an extra with the error follows.
    pub const ERROR: u8 = 16;
    /// The number of bytes to give back as credit once these rows are decoded follows.
    pub const CREDIT: u8 = 32;
}

/// Text for one JavaScript string: one byte per code unit while every character allows it.
#[derive(Debug, PartialEq)]
pub enum Chunk {
    Latin1(Vec<u8>),
    Utf16(Vec<u16>),
}

/// A value that does not travel inside a chunk; records name it by its index.
#[derive(Debug, PartialEq)]
pub enum Extra {
    Text(Chunk),
    Bytes(Vec<u8>),
    /// A JSON document for JavaScript to parse: an error.
    Json(String),
}

/// What JavaScript is handed in one call.
#[derive(Debug, Default, PartialEq)]
pub struct Batch {
    pub chunks: Vec<Chunk>,
    pub extras: Vec<Extra>,
    /// Column descriptions (JSON) that the chunks of this batch name for the first time.
    pub shapes: Vec<String>,
    /// Skeletons of JSON documents that the chunks of this batch name for the first time; numbered as they come.
    pub skeletons: Vec<String>,
    /// Ids of shapes that nothing will name again.
    pub dropped_shapes: Vec<u32>,
    /// Log records (JSON).
    pub logs: Vec<String>,
}

/// One piece of a reply.
#[derive(Debug, Default)]
pub struct Piece<'a> {
    pub id: u32,
    pub restart: bool,
    /// The shape of the result that begins here.
    pub shape: Option<u32>,
    pub kinds: &'a [Kind],
    /// DataRow messages.
    pub rows: &'a [u8],
    pub command_tag: Option<&'a str>,
    /// The error that ends the reply, as JSON.
    pub error: Option<String>,
    /// Bytes of credit that decoding this piece frees.
    pub credit: Option<u32>,
    pub last: bool,
}

impl Batch {
    /// Appends a piece. On a malformed row nothing of the piece is appended.
    pub fn push(&mut self, piece: Piece<'_>, skeletons: &mut Skeletons) -> Result<(), MalformedRow> {
        let mark = (self.chunks.len(), self.extras.len());
        let tail = self.chunks.last().map_or(0, Chunk::len);
        let result = self.push_rows(piece, skeletons);
        self.skeletons.append(&mut skeletons.take_announcements());
        if result.is_err() {
            self.chunks.truncate(mark.0);
            self.extras.truncate(mark.1);
            if let Some(chunk) = self.chunks.last_mut() {
                chunk.truncate(tail);
            }
        }
        result
    }

    fn push_rows(&mut self, piece: Piece<'_>, skeletons: &mut Skeletons) -> Result<(), MalformedRow> {
        let mut rows = Rows::new(piece.rows);
        let mut opening = Opening { id: piece.id, restart: piece.restart, shape: piece.shape };
        let mut closing = Some(Closing {
            command_tag: piece.command_tag,
            error: piece.error,
            credit: piece.credit,
            last: piece.last,
        });
        // Latin-1 until a row needs more; then UTF-16 to the end of that chunk.
        let mut wide = false;
        while closing.is_some() {
            wide = if wide {
                let (out, extras) = self.open_utf16();
                let mut side = Side { extras, skeletons };
                record(out, &mut side, &mut opening, piece.kinds, &mut rows, &mut closing)?;
                false
            } else {
                let (out, extras) = self.open_latin1();
                let mut side = Side { extras, skeletons };
                record(out, &mut side, &mut opening, piece.kinds, &mut rows, &mut closing)? == Stop::NotLatin1
            };
        }
        Ok(())
    }

    fn open_latin1(&mut self) -> (&mut Vec<u8>, &mut Vec<Extra>) {
        if !matches!(self.chunks.last(), Some(Chunk::Latin1(chunk)) if chunk.len() < CHUNK) {
            self.chunks.push(Chunk::Latin1(Vec::new()));
        }
        match self.chunks.last_mut() {
            Some(Chunk::Latin1(chunk)) => (chunk, &mut self.extras),
            _ => unreachable!("a Latin-1 chunk was opened above"),
        }
    }

    fn open_utf16(&mut self) -> (&mut Vec<u16>, &mut Vec<Extra>) {
        if !matches!(self.chunks.last(), Some(Chunk::Utf16(chunk)) if chunk.len() < CHUNK) {
            self.chunks.push(Chunk::Utf16(Vec::new()));
        }
        match self.chunks.last_mut() {
            Some(Chunk::Utf16(chunk)) => (chunk, &mut self.extras),
            _ => unreachable!("a UTF-16 chunk was opened above"),
        }
    }
}

impl Chunk {
    pub fn len(&self) -> usize {
        match self {
            Chunk::Latin1(units) => units.len(),
            Chunk::Utf16(units) => units.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn truncate(&mut self, length: usize) {
        match self {
            Chunk::Latin1(units) => units.truncate(length),
            Chunk::Utf16(units) => units.truncate(length),
        }
    }
}

/// Where values go that do not stand in the chunk.
struct Side<'a> {
    extras: &'a mut Vec<Extra>,
    skeletons: &'a mut Skeletons,
}

/// What the first record of a piece says; later ones say only the id.
struct Opening {
    id: u32,
    restart: bool,
    shape: Option<u32>,
}

/// What the last record of a piece says.
struct Closing<'a> {
    command_tag: Option<&'a str>,
    error: Option<String>,
    credit: Option<u32>,
    last: bool,
}

#[derive(PartialEq)]
enum Stop {
    /// Every row is written.
    Done,
    /// The chunk is full.
    Full,
    /// The next row has a character beyond Latin-1.
    NotLatin1,
}

/// Writes one record: as many rows as fit and, after the last row, the closing.
fn record<U: Unit>(
    out: &mut Vec<U>,
    side: &mut Side<'_>,
    opening: &mut Opening,
    kinds: &[Kind],
    rows: &mut Rows<'_>,
    closing: &mut Option<Closing<'_>>,
) -> Result<Stop, MalformedRow> {
    let header = out.len();
    out.push(U::from_byte(0));
    push_u32(out, opening.id);
    let sizes_at = out.len();
    push_u32(out, 0);
    push_u32(out, 0);
    let mut flags = 0;
    if opening.restart {
        flags |= flag::RESTART;
    }
    if let Some(shape) = opening.shape {
        flags |= flag::START;
        push_u32(out, shape);
    }
    let rows_at = out.len();
    let (count, stop) = push_rows(out, side, kinds, rows)?;
    if count == 0 && stop == Stop::NotLatin1 {
        out.truncate(header);
        return Ok(stop);
    }
    opening.restart = false;
    opening.shape = None;
    let units = (out.len() - rows_at) as u32;
    if stop == Stop::Done
        && let Some(closing) = closing.take()
    {
        if let Some(tag) = closing.command_tag {
            flags |= flag::END;
            cell::push_short(out, tag.as_bytes());
        }
        if let Some(error) = closing.error {
            flags |= flag::ERROR;
            push_u32(out, side.extras.len() as u32);
            side.extras.push(Extra::Json(error));
        }
        if let Some(credit) = closing.credit {
            flags |= flag::CREDIT;
            push_u32(out, credit);
        }
        if closing.last {
            flags |= flag::LAST;
        }
    }
    out[header] = U::from_byte(flags);
    let sizes = count.to_le_bytes().into_iter().chain(units.to_le_bytes());
    for (offset, byte) in sizes.enumerate() {
        out[sizes_at + offset] = U::from_byte(byte);
    }
    Ok(stop)
}

fn push_rows<U: Unit>(
    out: &mut Vec<U>,
    side: &mut Side<'_>,
    kinds: &[Kind],
    rows: &mut Rows<'_>,
) -> Result<(u32, Stop), MalformedRow> {
    let mut count = 0;
    loop {
        let before = rows.clone();
        let mark = (out.len(), side.extras.len());
        let Some(row) = rows.next() else { return Ok((count, Stop::Done)) };
        let mut row = row?;
        if usize::from(row.columns) != kinds.len() {
            return Err(MalformedRow);
        }
        if count > 0 && out.len() >= CHUNK {
            *rows = before;
            return Ok((count, Stop::Full));
        }
        let mut nulls_at = 0;
        for (column, kind) in kinds.iter().enumerate() {
            // Eight null bits stand before the eight values that they speak of.
            if column % 8 == 0 {
                nulls_at = out.len();
                out.push(U::from_byte(0));
            }
            match row.cell()? {
                None => out[nulls_at] = U::from_byte(out[nulls_at].to_byte() | 1 << (column % 8)),
                Some(value) => {
                    if !cell::push(*kind, value, out, side)? {
                        out.truncate(mark.0);
                        side.extras.truncate(mark.1);
                        *rows = before;
                        return Ok((count, Stop::NotLatin1));
                    }
                }
            }
        }
        count += 1;
    }
}

fn push_u32<U: Unit>(out: &mut Vec<U>, value: u32) {
    out.extend(value.to_le_bytes().map(U::from_byte));
}

#[cfg(test)]
mod tests;
