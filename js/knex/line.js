/**
 * The order in which the statements of one transaction go out. Each takes a turn when it is asked for, and is sent
 * once all turns before it have been left: so a COMMIT, or a ROLLBACK TO SAVEPOINT, never overtakes a query that was
 * asked for earlier, nor is it overtaken by one that comes later, although parties join with a query only.
 */

class Turn {
  #line;
  #before;
  #settle;
  #hasLeft = false;

  /**
   * @param {Line} line
   * @param {Turn | undefined} before the one ahead, unless it has been left
   */
  constructor(line, before) {
    this.#line = line;
    this.#before = before;
    /** Resolves once this and all turns before it have been left. */
    this.left = new Promise((resolve) => {
      this.#settle = resolve;
    });
    /** Resolves when it is this one's turn. */
    this.ready = before?.left ?? Promise.resolve();
  }

  /** What was to be sent has been, or never will be. Idempotent. */
  leave() {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#settle(this.#before?.left);
    this.#before = undefined;
    this.#line.leftBy(this);
  }
}

class Line {
  /** @type {Turn | undefined} */
  #last;

  /** @returns {Turn} behind all others */
  enter() {
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
    const turn = this.enter();
    return turn.ready.then(() => {
      try {
        return send();
      } finally {
        turn.leave();
      }
    });
  }

  /** @param {Turn} turn */
  async leftBy(turn) {
    await turn.left;
    if (this.#last === turn) this.#last = undefined;
  }
}

module.exports = { Line };
