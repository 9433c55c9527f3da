/**
 * One client's stream of events: what it has missed, from the log of its tenant's shard, and then what happens. Each change
 * comes once, in the order of the log.
 */

const { READ_OF_TENANT, after, endOf, isBroken, isLast, readPage } = require('./change-log');
const { formatPosition, hasSeen, parsePosition } = require('./position');
const { compareSnapshots } = require('./snapshot');

/** Changes that may happen while older ones are read; with more, the log is read on. */
const MOST_HELD = 1000;
/** Milliseconds between attempts to read. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5000;
/** A client that has been sent away may read what it still has got, for so long. Milliseconds. */
const FAREWELL = 5000;

class EventStream {
  #res;
  #feed;
  #databases;
  #limits;
  #format;
  #allows;
  #onDropped;
  #onFailed;
  #group;
  /** 'starting': nothing is said yet. 'reading': older changes are being read. 'live': changes are written as they come. */
  #state = 'starting';
  /** Where the client is, once everything is written; undefined: the shard has no log. @type {import('./position').Position | undefined} */
  #position;
  /** Changes that happened while older ones are read, and the batches they are of. */
  #held = [];
  #hasOverflowed = false;
  /** Each restart ends the reading under way. */
  #run = 0;
  /** Forgets the wait for a shard that does not answer. */
  #stopWaiting = () => {};
  /** How much the socket had written at the last heartbeat, if something waited to be written then. */
  #written;

  /**
   * @param {object} options
   * @param {import('node:http').ServerResponse} options.res
   * @param {{ tid: string, tenantType: number, exp: number | null }} options.user `exp`: when the token expires, in seconds
   * @param {(table: string) => boolean} options.allows whether the user may see a table
   * @param {import('./change-feed').ChangeFeed} options.feed
   * @param {import('./databases').Databases} options.databases
   * @param {import('./stream-format').StreamFormat} options.format
   * @param {{ maxBuffered: number, clockTolerance: number }} options.limits bytes; seconds after which an expired token ends
   *   the stream
   * @param {(reason: string) => void} options.onDropped called when the stream is ended early
   * @param {(error: Error) => void} options.onFailed called when older changes cannot be read; the stream goes on trying
   */
  constructor({ res, user, allows, feed, databases, format, limits, onDropped, onFailed }) {
    this.#res = res;
    this.user = user;
    this.#allows = allows;
    this.#feed = feed;
    this.#databases = databases;
    this.#format = format;
    this.#limits = limits;
    this.#onDropped = onDropped;
    this.#onFailed = onFailed;
  }

  /**
   * Begins, after `join`.
   *
   * @param {import('./change-feed').Group} group
   * @param {string | undefined} lastEventId what the client has seen last
   */
  open(group, lastEventId) {
    this.#group = group;
    this.#write(this.#format.opening());
    this.#begin(lastEventId);
  }

  /**
   * Changes of the tenant, in the order of the log.
   *
   * @param {import('./change-log').Change[]} changes
   * @param {import('./change-feed').Batch} batch
   */
  take(changes, batch) {
    if (this.#state === 'reading') {
      if (this.#held.length + changes.length > MOST_HELD) this.#hasOverflowed = true;
      else this.#held.push([changes, batch]);
    } else if (this.#state === 'live') {
      this.#write(this.#textOf(changes, batch));
    }
  }

  /** An event without a position, which cannot be resumed. */
  notify(table, text) {
    if (this.#state === 'live' && this.#allows(table)) this.#write(text);
  }

  /** What comes next does not follow what the client has: it has to read everything again. */
  restart(reason) {
    if (this.#state === 'starting' || this.#state === 'ended') return;
    this.#begin(undefined, reason);
  }

  /** Keeps the connection open, and the client's position up to date. */
  beat() {
    if (this.#state === 'starting') return;
    const { socket } = this.#res;
    const waits = this.#res.writableLength > 0;
    if (waits && this.#written !== undefined && socket?.bytesWritten === this.#written) {
      this.end('the client does not read');
      return;
    }
    this.#written = waits ? socket?.bytesWritten : undefined;
    const { position } = this.#feed.readerOf(this.#group);
    if (this.#state === 'live' && position !== undefined) this.#catchUpWith(position);
    const id = this.#state === 'live' && this.#position ? formatPosition(this.#position) : undefined;
    this.#write(this.#format.heartbeat(id));
  }

  /** Ends the stream, and says why. The client may come back, and goes on where it was. */
  end(reason) {
    if (this.#state === 'ended') return;
    const wasOpen = this.#state !== 'starting';
    this.#state = 'ended';
    this.#nextRun();
    this.#onDropped(reason);
    const res = this.#res;
    if (res.destroyed || res.writableEnded) return;
    if (wasOpen) res.write(this.#format.closing(reason));
    res.end();
    setTimeout(() => res.destroy(), FAREWELL).unref();
  }

  /** The client has gone. */
  forget() {
    this.#state = 'ended';
    this.#nextRun();
  }

  /** Ends what is under way. */
  #nextRun() {
    this.#stopWaiting();
    return ++this.#run;
  }

  /** Goes on after what the client has seen; `reason`: why it has to read everything again instead. */
  async #begin(lastEventId, reason) {
    const run = this.#nextRun();
    this.#state = 'reading';
    this.#held = [];
    this.#hasOverflowed = false;
    const reader = this.#feed.readerOf(this.#group);
    if (!reader.isReady) {
      // What happens until then is in no position that the client has.
      const last = lastEventId ?? '';
      const because = last === '' ? 'the shard did not answer' : reason;
      this.#stopWaiting = reader.whenReady(() => this.#begin(last, because));
      return;
    }
    const known = lastEventId ? parsePosition(lastEventId)?.position : undefined;
    if (reason !== undefined || (lastEventId && known?.log !== reader.position?.log)) {
      this.#position = reader.position;
      this.#refetch(reason ?? 'the position is not one of this log');
      this.#goLive();
      return;
    }
    if (known === undefined) {
      this.#position = reader.position;
      if (this.#position !== undefined) this.#write(this.#format.position(formatPosition(this.#position)));
      this.#goLive();
      return;
    }
    this.#position = known;
    // For a client that has it from elsewhere: an event without an id would leave it without a position.
    this.#write(this.#format.position(formatPosition(known)));
    await this.#readUp(run);
  }

  /** Reads what has happened since the position, until nothing is left. */
  async #readUp(run) {
    for (let pause = FIRST_PAUSE; run === this.#run; ) {
      let page;
      try {
        page = await this.#feed.reading(
          this.#group,
          () => run === this.#run,
          () => this.#readPage(),
        );
        if (page === undefined) return;
        // Rows that were removed after a move are no changes of the tenant.
        if (page.changes.some(({ action }) => action === 'DELETE')) await this.#feed.checkHome(this.#group);
      } catch (error) {
        this.#onFailed(error);
        await new Promise((resolve) => setTimeout(resolve, pause).unref());
        pause = Math.min(pause * 2, LONGEST_PAUSE);
        continue;
      }
      if (run !== this.#run) return;
      if (isBroken(this.#position, page)) {
        this.#position = { log: page.log, base: page.until, until: null, number: 0 };
        this.#refetch('changes since then have been trimmed');
        this.#goLive();
        return;
      }
      const begin = this.#position;
      this.#write(this.#textOf(page.changes, this.#batchOf(page)));
      this.#position = endOf(begin, page);
      await this.#drained();
      if (run !== this.#run) return;
      if (isLast(begin, page) && !this.#hasOverflowed) {
        this.#goLive();
        return;
      }
      if (isLast(begin, page)) {
        this.#held = [];
        this.#hasOverflowed = false;
      }
    }
  }

  async #readPage() {
    const { home } = this.#group;
    const { tid, tenantType } = this.user;
    const query = (text, values, operation) => this.#databases.onShard(home, text, values, { operation });
    return readPage(query, READ_OF_TENANT, [...after(this.#position), tid, String(tenantType)]);
  }

  /** What was read for this stream alone. */
  #batchOf({ until }) {
    const position = this.#position;
    const frame = (change, base) => {
      return this.#feed.frameOf({ log: position.log, base, until, number: change.number }, change);
    };
    return { position, until, frame };
  }

  #goLive() {
    this.#state = 'live';
    const held = this.#held;
    this.#held = [];
    this.#hasOverflowed = false;
    this.#write(held.map(([changes, batch]) => this.#textOf(changes, batch)).join(''));
  }

  /** The reader has passed the client's position: the client has seen what the reader has handed out. */
  #catchUpWith(position) {
    const own = this.#position;
    const isPassed =
      own === undefined ||
      own.log !== position.log ||
      compareSnapshots(own.until ?? own.base, position.base) <= 0;
    const isSameBatch = !isPassed && own.until !== null && compareSnapshots(own.base, position.base) === 0;
    if (isPassed || isSameBatch) this.#position = position;
  }

  /** The frames of the changes that the client has not seen and may see. */
  #textOf(changes, { position: begin, until, frame }) {
    if (begin !== undefined) this.#catchUpWith(begin);
    let text = '';
    for (const change of changes) {
      const { log, base } = this.#position;
      if (hasSeen(this.#position, change)) continue;
      this.#position = { log, base, until, number: change.number };
      if (!this.#allows(change.table)) continue;
      text +=
        change.action === 'RESET'
          ? this.#format.refetch(this.#id(), {
              table: change.table,
              reason: 'the table has to be read again',
            })
          : frame(change, base);
    }
    return text;
  }

  #refetch(reason) {
    this.#write(this.#format.refetch(this.#id(), { reason }));
  }

  #id() {
    return this.#position === undefined ? undefined : formatPosition(this.#position);
  }

  #write(text) {
    if (text === '' || this.#state === 'ended') return;
    const { exp } = this.user;
    if (exp !== null && exp !== undefined && Date.now() >= (exp + this.#limits.clockTolerance) * 1000) {
      this.end('the token has expired');
      return;
    }
    if (this.#res.writableLength > this.#limits.maxBuffered) {
      this.end('the client reads too slowly');
      return;
    }
    this.#res.write(text);
  }

  /** Older changes are read as fast as the client reads. */
  async #drained() {
    const res = this.#res;
    if (!res.writableNeedDrain || res.destroyed) return;
    await new Promise((resolve) => {
      const done = () => {
        res.off('drain', done);
        res.off('close', done);
        resolve(undefined);
      };
      res.on('drain', done);
      res.on('close', done);
    });
  }
}

module.exports = { EventStream };
