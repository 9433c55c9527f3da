//! The bytes that PostgreSQL has sent and nobody has consumed. Finds message boundaries and collects runs of whole
//! DataRow messages, which leave as slices of this buffer: rows are neither decoded nor copied.

use std::io;
use std::ops::Range;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// How much is read at a time, and about how many bytes of rows travel in one part.
pub const PART_SIZE: usize = 64 * 1024;

/// Bytes of an error that is too large, or of a notice, that are kept.
const HEAD: usize = 64 * 1024;

/// A buffer with less free space is replaced.
const SMALLEST_READ: usize = 8 * 1024;

/// A whole message that is not a DataRow; its body is valid until rows or bodies are taken or more is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PgMessage {
    /// PostgreSQL's message type.
    pub tag: u8,
    /// The position of the body in the buffer; only its beginning, if it was too large to keep.
    body: Range<usize>,
    /// Bytes of the whole message, its length word included.
    pub length: usize,
}

/// The read side of a connection.
#[derive(Debug)]
pub struct ReadBuffer {
    buffer: BytesMut,
    /// Everything before has been scanned.
    at: usize,
    /// Collected rows in `buffer`, without a gap.
    rows: Range<usize>,
    row_count: u32,
    /// Rows before an interrupting message (a notice); only these are copied.
    spilled: BytesMut,
    /// Length of the message that has begun at `at` but is not whole.
    begun: usize,
    /// Bytes still to come of a message that is being skipped.
    unwanted: usize,
    /// Bytes of the largest error that is kept whole.
    largest_error: usize,
}

impl Default for ReadBuffer {
    fn default() -> Self {
        ReadBuffer {
            buffer: BytesMut::new(),
            at: 0,
            rows: 0..0,
            row_count: 0,
            spilled: BytesMut::new(),
            begun: 0,
            unwanted: 0,
            largest_error: HEAD,
        }
    }
}

impl ReadBuffer {
    /// The next whole message that is not a row; rows on the way are gathered. None: read more.
    pub fn next(&mut self) -> io::Result<Option<PgMessage>> {
        loop {
            let rest = &self.buffer[self.at..];
            let Some(&[tag, a, b, c, d]) = rest.first_chunk::<5>() else {
                self.begun = 0;
                return Ok(None);
            };
            let length = u32::from_be_bytes([a, b, c, d]) as usize;
            if length < 4 || length > i32::MAX as usize {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a message of invalid length"));
            }
            let start = self.at;
            if rest.len() <= length {
                let is_cut = match tag {
                    b'E' => length > self.largest_error,
                    b'N' => length > HEAD,
                    _ => false,
                };
                if !is_cut || rest.len() < HEAD {
                    self.begun = if is_cut { HEAD } else { length + 1 };
                    return Ok(None);
                }
                self.unwanted = length + 1 - rest.len();
                (self.at, self.begun) = (self.buffer.len(), 0);
                return Ok(Some(PgMessage { tag, body: start + 5..start + HEAD, length }));
            }
            self.at += length + 1;
            if tag != b'D' {
                return Ok(Some(PgMessage { tag, body: start + 5..self.at, length }));
            }
            if self.rows.end != start {
                self.spilled.extend_from_slice(&self.buffer[self.rows.clone()]);
                self.rows.start = start;
            }
            self.rows.end = self.at;
            self.row_count += 1;
        }
    }

    /// The body of a message that `next` has just found.
    pub fn body(&self, message: &PgMessage) -> &[u8] {
        &self.buffer[message.body.clone()]
    }

    /// The same as an owned slice. Collected rows must have been taken before.
    pub fn take_body(&mut self, message: &PgMessage) -> Bytes {
        if self.row_count > 0 {
            return Bytes::copy_from_slice(self.body(message));
        }
        self.rows = 0..0;
        self.at -= message.body.end;
        self.buffer.advance(message.body.start);
        self.buffer.split_to(message.body.len()).freeze()
    }

    /// Keeps errors of up to this many bytes whole from now on.
    pub fn keep_errors_up_to(&mut self, bytes: usize) {
        self.largest_error = bytes.max(HEAD);
    }

    /// Skips the incomplete message, including the part that is still to come.
    pub fn skip_begun(&mut self) {
        self.unwanted += self.begun.saturating_sub(self.buffer.len() - self.at);
        self.begun = 0;
        self.buffer.truncate(self.at);
    }

    /// The type of the incomplete message, if known.
    pub fn begun_tag(&self) -> Option<u8> {
        (self.begun > 0).then(|| self.buffer.get(self.at).copied()).flatten()
    }

    /// Takes the rows gathered so far, and their number.
    pub fn take_rows(&mut self) -> (Bytes, u32) {
        let rows = std::mem::take(&mut self.rows);
        let count = std::mem::take(&mut self.row_count);
        if count == 0 {
            return (Bytes::new(), 0);
        }
        if !self.spilled.is_empty() {
            self.spilled.extend_from_slice(&self.buffer[rows]);
            return (self.spilled.split().freeze(), count);
        }
        self.at -= rows.end;
        self.buffer.advance(rows.start);
        (self.buffer.split_to(rows.len()).freeze(), count)
    }

    /// Forgets the rows gathered so far.
    pub fn drop_rows(&mut self) {
        self.rows = 0..0;
        self.row_count = 0;
        self.spilled.clear();
    }

    /// True if rows have been gathered.
    pub fn has_rows(&self) -> bool {
        self.row_count > 0
    }

    /// True if the collected rows should be taken before more is read.
    pub fn is_full(&self) -> bool {
        let bytes = self.rows.len() + self.spilled.len();
        self.row_count > 0 && (bytes >= PART_SIZE || self.free() < SMALLEST_READ.max(self.missing()))
    }

    /// The length of the incomplete message, if known.
    pub fn begun(&self) -> usize {
        self.begun
    }

    /// True if `next` has returned everything.
    pub fn is_empty(&self) -> bool {
        self.at == self.buffer.len() && self.unwanted == 0
    }

    fn free(&self) -> usize {
        self.buffer.capacity() - self.buffer.len()
    }

    /// The number of missing bytes of the incomplete message.
    fn missing(&self) -> usize {
        self.begun.saturating_sub(self.buffer.len() - self.at)
    }

    /// Reads once; 0 bytes: the other side has closed. Cancel safe.
    pub async fn fill<S: AsyncRead + Unpin + ?Sized>(&mut self, socket: &mut S) -> io::Result<usize> {
        if self.row_count == 0 {
            self.rows = 0..0;
            self.buffer.advance(self.at);
            self.at = 0;
        }
        let missing = self.missing();
        if self.free() < SMALLEST_READ.max(missing) {
            self.buffer.reserve(PART_SIZE.max(missing));
        }
        let before = self.buffer.len();
        let read = socket.read_buf(&mut self.buffer).await?;
        let unwanted = self.unwanted.min(read);
        if unwanted > 0 {
            self.unwanted -= unwanted;
            self.buffer.copy_within(before + unwanted.., before);
            self.buffer.truncate(before + read - unwanted);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(tag: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag];
        bytes.extend_from_slice(&(body.len() as u32 + 4).to_be_bytes());
        bytes.extend_from_slice(body);
        bytes
    }

    async fn read_buffer(bytes: &[u8]) -> ReadBuffer {
        let mut read_buffer = ReadBuffer::default();
        let mut bytes = bytes;
        while !bytes.is_empty() {
            read_buffer.fill(&mut bytes).await.unwrap();
        }
        read_buffer
    }

    #[tokio::test]
    async fn rows_leave_as_they_came_with_their_headers() {
        let rows = [message(b'D', b"one"), message(b'D', b"two")].concat();
        let mut read_buffer =
            read_buffer(&[message(b'T', b"fields"), rows.clone(), message(b'C', b"SELECT 2\0")].concat()).await;
        let description = read_buffer.next().unwrap().unwrap();
        assert_eq!(description.tag, b'T');
        assert_eq!(read_buffer.take_body(&description), &b"fields"[..]);
        let end = read_buffer.next().unwrap().unwrap();
        assert_eq!((end.tag, read_buffer.body(&end)), (b'C', &b"SELECT 2\0"[..]));
        assert_eq!(read_buffer.take_rows(), (Bytes::from(rows), 2));
        assert_eq!(read_buffer.next().unwrap(), None);
        assert!(read_buffer.is_empty());
    }

    #[tokio::test]
    async fn a_notice_between_rows_does_not_part_them() {
        let (a, b) = (message(b'D', b"a"), message(b'D', b"b"));
        let mut read_buffer =
            read_buffer(&[a.clone(), message(b'N', b"notice"), b.clone(), message(b'C', b"")].concat()).await;
        assert_eq!(read_buffer.next().unwrap().unwrap().tag, b'N');
        assert_eq!(read_buffer.next().unwrap().unwrap().tag, b'C');
        assert_eq!(read_buffer.take_rows(), (Bytes::from([a, b].concat()), 2));
    }

    #[tokio::test]
    async fn a_message_may_come_byte_by_byte() {
        let bytes = [message(b'D', b"row"), message(b'C', b"tag\0"), message(b'Z', b"I")].concat();
        let mut read_buffer = ReadBuffer::default();
        let mut tags = Vec::new();
        for byte in &bytes {
            read_buffer.fill(&mut &[*byte][..]).await.unwrap();
            while let Some(message) = read_buffer.next().unwrap() {
                tags.push(message.tag);
                if message.tag == b'C' {
                    assert_eq!(read_buffer.take_rows(), (Bytes::from(self::message(b'D', b"row")), 1));
                }
            }
        }
        assert_eq!(tags, [b'C', b'Z']);
    }

    #[tokio::test]
    async fn rows_of_many_reads_come_in_parts_of_about_the_same_size() {
        let row = message(b'D', &[b'x'; 1000]);
        let all = row.repeat(500);
        let (mut source, mut read_buffer) = (&all[..], ReadBuffer::default());
        let (mut got, mut parts) = (Vec::new(), Vec::new());
        while read_buffer.fill(&mut source).await.unwrap() > 0 {
            assert_eq!(read_buffer.next().unwrap(), None);
            if read_buffer.is_full() {
                let (rows, _) = read_buffer.take_rows();
                parts.push(rows.len());
                got.extend_from_slice(&rows);
            }
        }
        got.extend_from_slice(&read_buffer.take_rows().0);
        assert_eq!(got, all);
        assert!(parts.iter().all(|&size| size > PART_SIZE / 2 && size < 2 * PART_SIZE), "{parts:?}");
    }

    #[tokio::test]
    async fn a_row_larger_than_the_buffer_comes_whole() {
        let rows = [message(b'D', b"small"), message(b'D', &[b'x'; 3 * PART_SIZE])].concat();
        let (mut source, mut read_buffer) = (&rows[..], ReadBuffer::default());
        let mut got = Vec::new();
        while read_buffer.fill(&mut source).await.unwrap() > 0 {
            assert_eq!(read_buffer.next().unwrap(), None);
            if read_buffer.is_full() {
                got.extend_from_slice(&read_buffer.take_rows().0);
            }
        }
        got.extend_from_slice(&read_buffer.take_rows().0);
        assert_eq!(got, rows);
    }

    #[tokio::test]
    async fn dropped_rows_do_not_come_back() {
        let mut read_buffer =
            read_buffer(&[message(b'D', b"a"), message(b'C', b""), message(b'D', b"b"), message(b'C', b"")].concat())
                .await;
        read_buffer.next().unwrap();
        read_buffer.drop_rows();
        read_buffer.next().unwrap();
        assert_eq!(read_buffer.take_rows(), (Bytes::from(message(b'D', b"b")), 1));
    }

    #[tokio::test]
    async fn an_impossible_length_is_an_error() {
        assert!(read_buffer(&[b'D', 0, 0, 0, 3]).await.next().is_err());
        assert!(read_buffer(&[b'D', 0xff, 0, 0, 0]).await.next().is_err());
    }
}
