//! The encoding in which results cross into JavaScript: a few long strings whose code units a generated decoder reads.
//! One string holds many records; a record holds rows of one query and what else came with them. `js/native/reply-reader.js`
//! is the other half of this file. A record: flags (1 unit), query id (4), number of rows (4), units that the rows take
//! (4), then as the flags say: shape id (4) before the rows; command tag (length and text), message (index of an extra,
//! 4) and credit (bytes, 4) after them. Numbers are little-endian, one byte per unit.
//!
//! Why strings: V8 copies a one-byte string in at memory speed, reads it with `charCodeAt` in compiled code, and makes
//! text columns by `substring`, without a crossing per value. Substrings pin the string they were cut from, so a chunk
//! ends at 16 KiB, and a long value travels by itself as an extra. So does one with a character beyond Latin-1: in a
//! two-byte chunk it would double what all its neighbours take.

mod cell;
mod json;
mod time;

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
    /// Earlier records of this query are void: it runs again.
    pub const RESTART: u8 = 8;
    /// The index of an extra follows that holds a message, as JSON: an error or other news that is no row.
    pub const MESSAGE: u8 = 16;
    /// The number of bytes to give back as credit once these rows are decoded follows.
    pub const CREDIT: u8 = 32;
}

/// A value that does not travel inside a chunk; records name it by its index.
#[derive(Debug, PartialEq)]
pub enum Extra {
    /// As PostgreSQL sent it: UTF-8, if the database's encoding is known.
    Text(Vec<u8>),
    Bytes(Vec<u8>),
}

/// What JavaScript is handed in one call.
#[derive(Debug, Default, PartialEq)]
pub struct EncodedBatch {
    /// Latin-1, each for one JavaScript string.
    pub chunks: Vec<Vec<u8>>,
    pub extras: Vec<Extra>,
    /// Column descriptions (JSON) that the chunks of this batch name for the first time.
    pub shapes: Vec<String>,
    /// Skeletons of JSON documents that the chunks of this batch name for the first time; numbered as they come.
    pub skeletons: Vec<String>,
    /// Ids of shapes that are no longer used.
    pub dropped_shapes: Vec<u32>,
    /// Log records (JSON).
    pub logs: Vec<String>,
    /// A server has refused the token: the application must provide another.
    pub wants_token: bool,
}

/// One piece of a reply.
#[derive(Debug, Default)]
pub struct Record<'a> {
    pub id: u32,
    pub restart: bool,
    /// The shape of the result that begins here.
    pub shape: Option<u32>,
    pub kinds: &'a [Kind],
    /// DataRow messages.
    pub rows: &'a [u8],
    pub command_tag: Option<&'a str>,
    /// As JSON: the error that ends the reply, a tenant's shard, the answer of a 1.x server, a notification.
    pub message: Option<String>,
    /// Bytes of credit that decoding this piece frees.
    pub credit: Option<u32>,
    pub last: bool,
}

impl EncodedBatch {
    /// Appends a record. On a malformed row nothing is appended.
    pub fn push(&mut self, piece: Record<'_>, skeletons: &mut Skeletons) -> Result<(), MalformedRow> {
        let mark = (self.chunks.len(), self.extras.len());
        let tail = self.chunks.last().map_or(0, Vec::len);
        let result = self.push_records(piece, skeletons);
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

    fn push_records(&mut self, piece: Record<'_>, skeletons: &mut Skeletons) -> Result<(), MalformedRow> {
        let mut rows = Rows::new(piece.rows);
        let mut opening = Opening { id: piece.id, restart: piece.restart, shape: piece.shape };
        let mut closing = Some(Closing {
            command_tag: piece.command_tag,
            message: piece.message,
            credit: piece.credit,
            last: piece.last,
        });
        while closing.is_some() {
            if self.chunks.last().is_none_or(|chunk| chunk.len() >= CHUNK) {
                self.chunks.push(Vec::new());
            }
            if let Some(out) = self.chunks.last_mut() {
                let mut side = Side { extras: &mut self.extras, skeletons };
                record(out, &mut side, &mut opening, piece.kinds, &mut rows, &mut closing)?;
            }
        }
        Ok(())
    }
}

/// Values outside the chunk.
struct Side<'a> {
    extras: &'a mut Vec<Extra>,
    skeletons: &'a mut Skeletons,
}

/// The header of the first record; later ones have only the id.
struct Opening {
    id: u32,
    restart: bool,
    shape: Option<u32>,
}

/// The end of the last record.
struct Closing<'a> {
    command_tag: Option<&'a str>,
    message: Option<String>,
    credit: Option<u32>,
    last: bool,
}

/// Writes one record: as many rows as fit and, after the last row, the closing.
fn record(
    out: &mut Vec<u8>,
    side: &mut Side<'_>,
    opening: &mut Opening,
    kinds: &[Kind],
    rows: &mut Rows<'_>,
    closing: &mut Option<Closing<'_>>,
) -> Result<(), MalformedRow> {
    let header = out.len();
    out.push(0);
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
    let count = push_rows(out, side, kinds, rows)?;
    opening.restart = false;
    opening.shape = None;
    let units = (out.len() - rows_at) as u32;
    if rows.is_done()
        && let Some(closing) = closing.take()
    {
        if let Some(tag) = closing.command_tag {
            flags |= flag::END;
            cell::push_short(out, tag.as_bytes());
        }
        if let Some(message) = closing.message {
            flags |= flag::MESSAGE;
            push_u32(out, side.extras.len() as u32);
            side.extras.push(Extra::Text(message.into_bytes()));
        }
        if let Some(credit) = closing.credit {
            flags |= flag::CREDIT;
            push_u32(out, credit);
        }
        if closing.last {
            flags |= flag::LAST;
        }
    }
    out[header] = flags;
    out[sizes_at..sizes_at + 4].copy_from_slice(&count.to_le_bytes());
    out[sizes_at + 4..sizes_at + 8].copy_from_slice(&units.to_le_bytes());
    Ok(())
}

/// Writes rows until there are no more or the chunk is full; returns their number.
fn push_rows(out: &mut Vec<u8>, side: &mut Side<'_>, kinds: &[Kind], rows: &mut Rows<'_>) -> Result<u32, MalformedRow> {
    let mut count = 0;
    while (count == 0 || out.len() < CHUNK)
        && let Some(row) = rows.next()
    {
        let mut row = row?;
        if usize::from(row.columns) != kinds.len() {
            return Err(MalformedRow);
        }
        let mut nulls_at = 0;
        for (column, kind) in kinds.iter().enumerate() {
            // Eight null bits precede their eight values.
            if column % 8 == 0 {
                nulls_at = out.len();
                out.push(0);
            }
            match row.cell()? {
                None => out[nulls_at] |= 1 << (column % 8),
                Some(value) => cell::push(*kind, value, out, side)?,
            }
        }
        count += 1;
    }
    Ok(count)
}

fn push_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests;
