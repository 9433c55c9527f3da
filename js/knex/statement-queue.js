/**
 * The order in which the statements of one transaction are sent. A statement enters the queue when it is called, and is
 * sent once all turns before it have been released. So a COMMIT or a ROLLBACK TO SAVEPOINT overtakes no earlier query and
 * is overtaken by no later one, although opening a connection for a query may take its time.
 */

class Turn {
  #queue;
  #before;
  #settle;
  #isReleased = false;

  /**
   * @param {StatementQueue} queue
   * @param {Turn | undefined} before the one ahead, unless it has been released
   */
  constructor(queue, before) {
    this.#queue = queue;
    this.#before = before;
    /** Resolves once this and all turns before it have been released. */
    this.released = new Promise((resolve) => {
      this.#settle = resolve;
    });
    /** Resolves when it is this one's turn. */
    this.ready = before?.released ?? Promise.resolve();
  }

  /** What was to be sent has been, or never will be. Idempotent. */
  release() {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#settle(this.#before?.released);
    this.#before = undefined;
    this.#queue.releasedBy(this);
  }
}

class StatementQueue {
  /** @type {Turn | undefined} */
  #last;

  /** @returns {Turn} behind all others */
  enqueue() {
    this.#last = new Turn(this, this.#last);
    return this.#last;
  }

  /**
   * Sends something that needs no preparation: at once if nobody is ahead.
   *
   * @template T
   * @param {() => T | Promise<T>} send
   * @returns {T | Promise<T>}
   */
  send(send) {
    if (this.#last === undefined) return send();
    const turn = this.enqueue();
    return turn.ready.then(() => {
      try {
        return send();
      } finally {
        turn.release();
      }
    });
  }

  /** @param {Turn} turn */
  async releasedBy(turn) {
    await turn.released;
    if (this.#last === turn) this.#last = undefined;
  }
}

module.exports = { StatementQueue };
