/**
 * Reads the batches that the native client makes of the servers' replies, and hands each record to its reply. It reads
 * for one slice at a time, so that the event loop gets its turn.
 */

const { Cursor, documentBuilder } = require('./decoder');
const { eventOf } = require('./failures');
const { Shape } = require('./result');

/** The bits of a record's first unit; `src/data/compact/mod.rs` lists them in the same order. */
const START = 1;
const END = 2;
const LAST = 4;
const RESTART = 8;
const MESSAGE = 16;
const CREDIT = 32;

/** Milliseconds of decoding after which the event loop gets its turn. */
const SLICE = 5;
/**
 * Chunks of rows, of 16 KiB each, that are decoded in one turn while rows stream: a reader takes longer for them than
 * decoding does, and `for await` takes all that there is before it lets the event loop have its turn.
 */
const STREAMED_CHUNKS = 4;
/** Replies that end in one slice. */
const MOST_ENDED = 32;

/**
 * @typedef {object} Batch what arrived together
 * @property {(string | undefined)[]} chunks
 * @property {number} next the chunk that is read
 * @property {number} at where in it
 * @property {unknown[] | null} extras what does not fit into the strings
 * @property {number[]} dropped the shapes that are not needed after it
 */

class ReplyReader {
  #driver;
  #replies;
  #credit;
  #onEnd;
  #shapes = new Map();
  /** Batches that have not been read to their ends. @type {Batch[]} */
  #batches = [];
  #cursor = new Cursor();
  /** Replies that have ended in this slice. */
  #ended = 0;
  /** Streams that have not been closed. */
  streams = 0;

  /**
   * @param {object} client
   * @param {import('./driver').Driver} client.driver
   * @param {import('./slot-map').SlotMap} client.replies those that have not ended, by id
   * @param {(id: number, bytes: number) => void} client.credit the server may send as many more bytes
   * @param {(id: number) => void} client.ended called before a reply is told that it has ended
   */
  constructor({ driver, replies, credit, ended }) {
    this.#driver = driver;
    this.#replies = replies;
    this.#credit = credit;
    this.#onEnd = ended;
  }

  /** Shapes that later batches refer to. @param {string[]} shapes */
  describe(shapes) {
    for (const shape of shapes) {
      const [id, kinds, columns] = JSON.parse(shape);
      this.#shapes.set(id, new Shape(kinds, columns));
    }
  }

  /** Skeletons of JSON documents that later batches refer to. @param {string[]} skeletons */
  learn(skeletons) {
    this.#cursor.skeletons.push(...skeletons.map(documentBuilder));
  }

  /** @param {Batch} batch */
  take(batch) {
    this.#batches.push(batch);
    // A slice that is already scheduled will get to this batch.
    if (this.#batches.length > 1) return;
    if (this.streams > 0) setImmediate(this.#decodeSlice);
    else this.#decodeSlice();
  }

  /** Decodes what is waiting, for one slice: of time, or of replies, whose readers have work of their own to do. */
  #decodeSlice = () => {
    const end = performance.now() + SLICE;
    const batches = this.#batches;
    let chunksLeft = this.streams > 0 ? STREAMED_CHUNKS : Number.POSITIVE_INFINITY;
    this.#ended = 0;
    while (batches.length > 0) {
      const batch = batches[0];
      while (batch.next < batch.chunks.length) {
        if (chunksLeft-- === 0 || this.#ended >= MOST_ENDED || performance.now() > end) {
          setImmediate(this.#decodeSlice);
          return;
        }
        const chunk = batch.chunks[batch.next];
        batch.at = this.#decode(chunk, batch.at, batch.extras);
        if (batch.at < chunk.length) continue;
        batch.chunks[batch.next++] = undefined;
        batch.at = 0;
      }
      for (const id of batch.dropped) this.#shapes.delete(id);
      batches.shift();
    }
  };

  /** Decodes a chunk, record after record, until its end or that of the slice; where it stopped. */
  #decode(s, from, extras) {
    const cursor = this.#cursor;
    cursor.at = from;
    cursor.extras = extras;
    while (cursor.at < s.length && this.#ended < MOST_ENDED) {
      const flags = s.charCodeAt(cursor.at++);
      const id = cursor.u32(s);
      const count = cursor.u32(s);
      const units = cursor.u32(s);
      const reply = this.#replies.get(id);
      const shape = flags & START ? this.#shapes.get(cursor.u32(s)) : undefined;
      const rows = cursor.at;
      cursor.at = rows + units;
      const commandTag = flags & END ? cursor.text(s) : undefined;
      const message = flags & MESSAGE ? cursor.u32(s) : undefined;
      const bytes = flags & CREDIT ? cursor.u32(s) : 0;
      const next = cursor.at;
      let error = null;
      try {
        if (flags & RESTART) reply.restart();
        if (shape !== undefined) reply.begin(shape);
        if (count > 0) {
          cursor.at = rows;
          reply.rows(s, count, cursor);
        }
        if (commandTag !== undefined) reply.end(commandTag);
        if (message !== undefined) error = eventOf(this.#driver, reply, String(cursor.extra(message)));
      } catch (thrown) {
        // Code of the application's runs in there, such as the lookup of a parser. It fails this reply, and no other.
        reply.failure ??= thrown;
        error = thrown;
      }
      cursor.at = next;
      if (bytes > 0) {
        const returned = reply.takeCredit(bytes);
        if (returned > 0) this.#credit(id, returned);
      }
      if (flags & LAST) {
        this.#ended++;
        this.#onEnd(id);
        reply.finish(error);
      }
    }
    return cursor.at;
  }
}

module.exports = { ReplyReader, SLICE };
