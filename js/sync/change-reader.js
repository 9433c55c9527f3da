/**
 * Follows the change log of one shard: reads on whenever a notification says that there is more, and hands out what it has
 * read. It goes on by itself after a loss; what was logged meanwhile is read then.
 */

const { setImmediate: turn, setTimeout: sleep } = require('node:timers/promises');
const { LOOK, READ, after, endOf, hasNoLog, isBroken, isLast, readPage } = require('./change-log');
const { INTERVAL, trimLog } = require('./trimming');

/** Milliseconds. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 5000;
/** Reads at least so often, although nothing was notified: a log may have been installed, and positions move on. */
const IDLE = 10_000;

/**
 * @typedef {object} Follower is told what was read
 * @property {(page: import('./change-log').Page, position: import('./position').Position) => Promise<() => void>}
 *   changes those that come next after a position. What it resolves to hands them out, at once
 * @property {(reason: string) => void} reset the log is another one, or what comes next is missing in it
 * @property {(took: number) => number} spacing milliseconds between two readings, at least. `took`: how long handing out
 *   what was read took, until the event loop had turned
 */

class ChangeReader {
  #databases;
  #shard;
  /** @type {(heard: () => void) => Promise<{ close(): Promise<void> }>} */
  #listen;
  /** @type {Follower} */
  #follower;
  #logger;
  /** @type {AbortController | undefined} */
  #running;
  /** Ends the present pause. */
  #wake = () => {};
  /** Something was notified since the last reading began. */
  #isWoken = false;
  /** What was complained about last, which is not said again. */
  #complaint;
  /** What is called once something holds, and whether it does. @type {Map<() => void, () => boolean>} */
  #waiting = new Map();
  /** LISTEN is in force. */
  #isListening = false;

  /**
   * @param {object} options
   * @param {import('./databases').Databases} options.databases
   * @param {number | 'local'} options.shard
   * @param {(heard: () => void) => Promise<{ close(): Promise<void> }>} options.listen calls `heard` when there may be more
   * @param {Follower} options.follower
   * @param {object} options.logger
   */
  constructor({ databases, shard, listen, follower, logger }) {
    this.#databases = databases;
    this.#shard = shard;
    this.#listen = listen;
    this.#follower = follower;
    this.#logger = logger;
    /**
     * Everything up to it has been handed out; undefined: the log has not been read yet, or there is none.
     *
     * @type {import('./position').Position | undefined}
     */
    this.position = undefined;
    /** The shard has answered: its log is being followed, or it has none. */
    this.isReady = false;
  }

  start() {
    if (this.#running !== undefined) return;
    const running = new AbortController();
    this.#running = running;
    this.#keepListening(running.signal);
    this.#follow(running.signal);
    this.#keepTrimming(running.signal);
  }

  stop() {
    this.#running?.abort();
    this.#running = undefined;
    this.position = undefined;
    this.isReady = false;
    this.#isListening = false;
    this.#wake();
  }

  /**
   * Resolves once the shard has answered and is listened to, or after so many milliseconds.
   *
   * @param {number} limit
   * @returns {Promise<void>}
   */
  ready(limit) {
    const holds = () => this.isReady && this.#isListening;
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        forget();
        resolve();
      };
      const timer = setTimeout(done, limit);
      const forget = this.#when(holds, done);
    });
  }

  /**
   * Calls a function once the shard has answered.
   *
   * @param {() => void} callback
   * @returns {() => void} what forgets it
   */
  whenReady(callback) {
    return this.#when(() => this.isReady, callback);
  }

  #when(holds, callback) {
    this.#waiting.set(callback, holds);
    return () => this.#waiting.delete(callback);
  }

  /** Calls those who have waited for what holds now. */
  #callWaiting() {
    for (const [callback, holds] of [...this.#waiting]) {
      if (holds() && this.#waiting.delete(callback)) callback();
    }
  }

  async #follow(signal) {
    let pause = FIRST_PAUSE;
    while (!signal.aborted) {
      this.#isWoken = false;
      const begun = Date.now();
      const { position } = this;
      let page;
      try {
        page = await this.#read();
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(error);
        await this.#pause(hasNoLog(error) ? IDLE : pause, signal);
        pause = Math.min(pause * 2, LONGEST_PAUSE);
        continue;
      }
      if (signal.aborted) return;
      pause = FIRST_PAUSE;
      const read = Date.now();
      await this.#handOut(page);
      await turn(undefined, { ref: false });
      const took = Date.now() - read;
      if (signal.aborted) return;
      if (position !== undefined && !isLast(position, page)) continue;
      if (!this.#isWoken) await this.#pause(IDLE, signal);
      const early = this.#follower.spacing(took) - (Date.now() - begun);
      if (early > 0 && !signal.aborted) await sleep(early, undefined, { ref: false });
    }
  }

  async #read() {
    const { position } = this;
    const [text, values] = position === undefined ? [LOOK, []] : [READ, after(position)];
    const query = (sql, given, operation) => this.#databases.onShard(this.#shard, sql, given, { operation });
    const page = await readPage(query, text, values);
    this.#complaint = undefined;
    return page;
  }

  async #handOut(page) {
    const { position } = this;
    const isFirst = position === undefined;
    const isGone = !isFirst && isBroken(position, page);
    if (isFirst || isGone) {
      this.position = { log: page.log, base: page.until, until: null, number: 0 };
      // What was changed between its beginning and this reading has been handed to nobody.
      if (isFirst && this.isReady) this.#follower.reset('tracking has begun');
      if (isGone) {
        this.#follower.reset(
          page.log === position.log
            ? 'changes were trimmed before they were read'
            : 'the change log is another one',
        );
      }
      this.#becomeReady();
      return;
    }
    const handOut = page.changes.length > 0 ? await this.#follower.changes(page, position) : () => {};
    // Stopped meanwhile.
    if (this.position !== position) return;
    // In one turn: a stream that began in between would go on behind these changes without having got them.
    try {
      handOut();
    } catch (error) {
      // What some have got is unknown, and nobody else's changes may wait for it.
      this.#logger.error({ shard: this.#shard, err: error }, 'Cannot hand out changes');
      this.#follower.reset('changes could not be sent');
    }
    this.position = endOf(position, page);
  }

  #becomeReady() {
    this.isReady = true;
    this.#callWaiting();
  }

  /** A shard without a log may have notifications of the application's own. */
  #failed(error) {
    if (hasNoLog(error)) {
      if (this.position !== undefined) this.#follower.reset('the change log was removed');
      this.position = undefined;
      this.#becomeReady();
    }
    if (this.#complaint === error.message) return;
    this.#complaint = error.message;
    const fields = { shard: this.#shard, err: error };
    if (hasNoLog(error)) this.#logger.debug({ shard: this.#shard }, 'No table of this shard is tracked');
    else this.#logger.warn(fields, 'Cannot read the change log, and goes on trying');
  }

  /** Waits, but not if something has been notified meanwhile. */
  #pause(duration, signal) {
    if (signal.aborted) return undefined;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, duration);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #heard() {
    this.#isWoken = true;
    this.#wake();
  }

  async #keepListening(signal) {
    for (let pause = FIRST_PAUSE; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        const subscription = await this.#listen(() => this.#heard());
        if (signal.aborted) await subscription.close();
        else signal.addEventListener('abort', () => subscription.close(), { once: true });
        this.#isListening = !signal.aborted;
        this.#callWaiting();
        this.#heard();
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#logger.debug({ shard: this.#shard, err: error }, 'Cannot listen yet, and goes on trying');
        await sleep(pause, undefined, { ref: false });
      }
    }
  }

  #keepTrimming(signal) {
    const timer = setInterval(() => {
      if (this.position === undefined) return;
      trimLog(this.#databases, this.#shard, signal).catch((error) => {
        if (!signal.aborted)
          this.#logger.debug({ shard: this.#shard, err: error }, 'Cannot trim the change log');
      });
    }, INTERVAL);
    timer.unref();
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }
}

module.exports = { ChangeReader };
