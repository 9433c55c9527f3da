/**
 * The rows of a query as a stream. The server sends more only as rows are read: a slow reader slows PostgreSQL down, and
 * memory use does not depend on the size of the result.
 */

const { Readable } = require('node:stream');
const { OutcomeUnknownError } = require('../errors');
const { Reply, throwLater } = require('./result');

/** Rows that wait for the reader before the server is held back; as `pg-query-stream` has it. */
const HIGH_WATER_MARK = 100;

/** A reply whose rows go to a stream as they come. */
class StreamedReply extends Reply {
  /**
   * @param {import('./driver').Driver} driver
   * @param {'array' | undefined} rowMode
   * @param {object} types where the parsers come from
   * @param {RowStream} stream
   */
  constructor(driver, rowMode, types, stream) {
    super(driver, rowMode, types, (error) => {
      stream.leavesTraces = this.leavesTraces;
      try {
        if (!error && this.about !== undefined) stream.emit('mtdd', this.about);
      } finally {
        stream.finish(error);
      }
    });
    this.stream = stream;
  }

  rows(text, count, cursor) {
    if (this.stream.isAbandoned) return;
    super.rows(text, count, cursor);
    this.#passOn();
  }

  /** A 1.x server gives all rows at once: there is nothing to hold back. */
  legacyAnswer(answer) {
    const error = super.legacyAnswer(answer);
    this.#passOn();
    return error;
  }

  #passOn() {
    const { rows } = this.result;
    this.result.rows = [];
    for (const row of rows) this.#push(row);
  }

  /** What a listener of the stream throws is the application's, as with any stream, and must not fail other queries. */
  #push(row) {
    try {
      this.stream.hasRoom = this.stream.push(row);
    } catch (thrown) {
      throwLater(thrown);
    }
  }

  /** Credit is given back once the rows that it stands for have been read. */
  takeCredit(bytes) {
    this.stream.addCredit(bytes);
    return 0;
  }
}

class RowStream extends Readable {
  /**
   * @param {object} client `js/native/client.js`
   * @param {object} call as for `client.execute`
   * @param {{ highWaterMark?: number, batchSize?: number }} [options]
   */
  constructor(client, call, { highWaterMark, batchSize } = {}) {
    super({ objectMode: true, highWaterMark: highWaterMark ?? batchSize ?? HIGH_WATER_MARK });
    this.client = client;
    /** Bytes of credit that the server has not got back. */
    this.pendingCredit = 0;
    /** The reader has room. */
    this.hasRoom = true;
    /** The error that the query ended with. */
    this.outcome = undefined;
    /** It has ended, and not with an error. */
    this.isDone = false;
    /** Once it has ended, what it has done stays, whatever is said of its rows. */
    this.leavesTraces = false;
    this.isInTransaction = Boolean(call.session);
    /** Its reader has left it early, inside a transaction: the statement goes on to its end, and its rows are dropped. */
    this.isAbandoned = false;
    /** Its transaction is rolled back: once its reader has left, the statement need not go on. */
    this.mayCancel = false;
    /** Fulfilled when the query has ended: with the error that only it hears of, because its reader had left. */
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
    this.id = client.stream(call, this);
  }

  _read() {
    this.hasRoom = true;
    this.#sendCredit();
  }

  /** This many bytes of rows have arrived; their credit is returned once the reader has room. */
  addCredit(bytes) {
    this.pendingCredit += bytes;
    if (this.hasRoom || this.isAbandoned) this.#sendCredit();
  }

  #sendCredit() {
    if (this.pendingCredit > 0) this.client.credit(this.id, this.pendingCredit);
    this.pendingCredit = 0;
  }

  /** The query has ended. */
  finish(error) {
    this.id = 0;
    this.outcome = error;
    this.isDone = !error;
    this.resolveEnded(this.isAbandoned && error ? error : undefined);
    if (error) this.destroy(error);
    else this.push(null);
  }

  /**
   * Also called when the reader does not want the rest. The statement is then stopped, except in a transaction, which that
   * would fail; a local cursor is merely closed there.
   */
  _destroy(error, callback) {
    const { id } = this;
    if (id !== 0 && this.isInTransaction && !this.mayCancel && !error) {
      this.isAbandoned = true;
      this.#sendCredit();
      this.ended.then(() => callback());
      return;
    }
    this.id = 0;
    if (id === 0) {
      callback(this.#known(error));
      return;
    }
    this.client.cancel(id).then(() => callback(this.#known(error)));
  }

  /** Its transaction is rolled back. */
  cancelOnceAbandoned() {
    this.mayCancel = true;
    if (this.isAbandoned && this.id !== 0) this.client.cancel(this.id);
  }

  /** What is known of a write comes before the reason for stopping it. */
  #known(error) {
    if (error && this.outcome?.code === 'OUTCOME_UNKNOWN') return this.outcome;
    if (error?.code !== 'CANCELLED' || !this.isDone || !this.leavesTraces) return error;
    return new OutcomeUnknownError(
      'The signal was aborted when the statement had come to its end: what it has done stays, and its rows have not all been read.',
      { stoppingFor: 'CANCELLED' },
      error,
    );
  }
}

module.exports = { RowStream, StreamedReply };
