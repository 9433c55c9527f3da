/**
 * Brings the changes of all shards to the streams of their tenants. One reader follows each shard, whatever the number of
 * streams, for as long as there is one. A tenant's changes come from the shard where it lives: rows that are copied to
 * another, or removed after a move, are no changes of its.
 */

const { ChangeReader } = require('./change-reader');
const { withExactNumbers } = require('./json-numbers');
const { formatPosition } = require('./position');

/** The readers go on for so long without a stream: a browser that comes back needs none to start. Milliseconds. */
const LINGER = 30_000;
/** How long a first stream waits for the shard, at most. Milliseconds. */
const PATIENCE = 2000;
/** Streams of a shard whose older changes are read at the same time. */
const MOST_READINGS = 16;
/** Where a tenant lives is looked up again after so long, when a stream begins. Milliseconds. */
const FRESH = 1000;
/** Between two readings of a shard, at most. Milliseconds. */
const LONGEST_SPACING = 500;

/**
 * What gets a tenant's changes: a stream of `event-stream.js`.
 *
 * @typedef {object} Subscriber
 * @property {{ tid: string, tenantType: number }} user
 * @property {(changes: import('./change-log').Change[], batch: Batch) => void} take
 * @property {(table: string, text: string) => void} notify
 * @property {(reason: string) => void} restart
 * @property {(reason: string) => void} end
 * @property {() => void} beat
 */

/**
 * What was read of a shard's log at once.
 *
 * @typedef {object} Batch
 * @property {import('./position').Position} position where it begins
 * @property {import('./snapshot').Snapshot} until what it is part of
 * @property {(change: import('./change-log').Change, base: import('./snapshot').Snapshot) => string} frame the text of a
 *   change for a stream that has seen a snapshot
 */

/**
 * The streams of a tenant, and where it lives.
 *
 * @typedef {object} Group
 * @property {{ tid: string, tenantType: number }} user
 * @property {Set<Subscriber>} streams
 * @property {number} home
 * @property {number} lookedUp when; milliseconds
 */

class ChangeFeed {
  #databases;
  #logger;
  #frame;
  /** @type {ChangeReader[]} */
  #readers;
  /** @type {Map<string, Map<number, Group>>} by name and type */
  #groups = new Map();
  #size = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #lingering;
  /** Of each shard: how many read older changes, and those that wait for their turn. */
  #turns;
  #isClosed = false;
  #local;
  /** What `#local` calls. */
  #ofLocal;
  /** How long handing out took the last time, for each shard. Milliseconds. @type {number[]} */
  #took;

  /**
   * @param {object} options
   * @param {import('./databases').Databases} options.databases
   * @param {(shard: number, heard: (payload: string) => void, gap: () => void) => Promise<{ close(): Promise<void> }>} options.listen
   * @param {string | undefined} options.tenantColumn where the application's own notifications name no tenant
   * @param {(id: string | null, json: string, action?: string) => string} options.frame an event as clients of the streams read it
   * @param {object} options.logger
   * @param {import('./local-changes').LocalChanges | null} [options.local] brings the changes of the local database too
   */
  constructor({ databases, listen, tenantColumn, frame, logger, local = null }) {
    this.#local = local;
    this.#ofLocal = {
      heard: (payload, wake) => this.#heard(null, payload, wake, tenantColumn),
      changes: (changes) => this.#notifyOf(changes),
      reset: (reason) => this.#restartAll(reason),
    };
    this.#databases = databases;
    this.#frame = frame;
    this.#logger = logger;
    this.#took = new Array(databases.count).fill(0);
    this.#turns = Array.from({ length: databases.count }, () => ({ running: 0, queue: [] }));
    this.#readers = Array.from({ length: databases.count }, (_, shard) => {
      const follower = {
        changes: (page, position) => this.#changesOf(shard, page, position),
        reset: (reason) => this.#resetAll(shard, reason),
        spacing: (took) => this.#spacing(shard, took),
      };
      const hear = (wake) =>
        listen(shard, (payload) => this.#heard(shard, payload, wake, tenantColumn), wake);
      return new ChangeReader({ databases, shard, listen: hear, follower, logger });
    });
  }

  /** How many streams there are. */
  get size() {
    return this.#size;
  }

  /** How many streams a tenant has. */
  sizeOf({ tid, tenantType }) {
    return this.#groups.get(tid)?.get(tenantType)?.streams.size ?? 0;
  }

  /**
   * Admits a stream; `leave` has to be called at its end.
   *
   * @param {Subscriber} stream
   * @returns {Promise<Group>} once it is known where the tenant lives, and the shard has answered, or does not answer
   * @throws {TenantNotFoundError}
   */
  async join(stream) {
    const group = this.#groupOf(stream.user);
    group.streams.add(stream);
    this.#size++;
    clearTimeout(this.#lingering);
    for (const reader of this.#readers) reader.start();
    this.#local?.start(this.#ofLocal);
    await this.#lookUp(group, FRESH);
    await this.#readers[group.home].ready(PATIENCE);
    return group;
  }

  leave(stream) {
    const { tid, tenantType } = stream.user;
    const types = this.#groups.get(tid);
    const group = types?.get(tenantType);
    if (group === undefined || !group.streams.delete(stream)) return;
    this.#size--;
    if (group.streams.size === 0) {
      types.delete(tenantType);
      if (types.size === 0) this.#groups.delete(tid);
    }
    if (this.#size === 0 && !this.#isClosed) {
      this.#lingering = setTimeout(() => this.#stopReaders(), LINGER);
      this.#lingering.unref();
    }
  }

  /** The reader of the shard where a stream's tenant lives. */
  readerOf({ home }) {
    return this.#readers[home];
  }

  /** Ends the readers. Streams get nothing any more. */
  close() {
    this.#isClosed = true;
    clearTimeout(this.#lingering);
    this.#stopReaders();
  }

  /**
   * Reads older changes for a stream. Many streams of a shard that come back at once take turns.
   *
   * @template T
   * @param {Group} group whose it is
   * @param {() => boolean} isWanted asked when its turn has come: it may have gone meanwhile
   * @param {() => Promise<T>} read
   * @returns {Promise<T | undefined>} undefined: it was not wanted any more
   */
  async reading({ home }, isWanted, read) {
    const turns = this.#turns[home];
    while (turns.running >= MOST_READINGS) await new Promise((resolve) => turns.queue.push(resolve));
    turns.running++;
    try {
      return isWanted() ? await read() : undefined;
    } finally {
      turns.running--;
      turns.queue.shift()?.();
    }
  }

  /** All streams. */
  *streams() {
    for (const types of this.#groups.values()) {
      for (const { streams } of types.values()) yield* streams;
    }
  }

  /** Makes the texts of changes, once for all streams that have seen the same snapshot. */
  #framesOf(log, until) {
    const byBase = new Map();
    return (change, base) => {
      if (!byBase.has(base)) byBase.set(base, new Map());
      const texts = byBase.get(base);
      if (!texts.has(change))
        texts.set(change, this.frameOf({ log, base, until, number: change.number }, change));
      return texts.get(change);
    };
  }

  /**
   * A change as clients get it.
   *
   * @param {import('./position').Position} position of who has got it
   * @param {import('./change-log').Change} change
   */
  frameOf(position, change) {
    return this.#frame(formatPosition(position), jsonOf(change), change.action);
  }

  /** Changes without positions. */
  #notifyOf(changes) {
    for (const change of changes) {
      if (change.tenant === '') {
        this.#restartAll('the table has to be read again');
        continue;
      }
      const isReset = change.action === 'RESET';
      const text = isReset ? '' : this.#frame(null, jsonOf(change), change.action);
      for (const { streams } of this.#groupsOf(change)) {
        for (const stream of streams) {
          if (isReset) stream.restart('a row is too large for an event');
          else stream.notify(change.table, text);
        }
      }
    }
  }

  #restartAll(reason) {
    for (const stream of this.streams()) stream.restart(reason);
  }

  #stopReaders() {
    for (const reader of this.#readers) reader.stop();
    this.#local?.stop();
  }

  #groupOf({ tid, tenantType }) {
    if (!this.#groups.has(tid)) this.#groups.set(tid, new Map());
    const types = this.#groups.get(tid);
    if (!types.has(tenantType)) {
      types.set(tenantType, { user: { tid, tenantType }, streams: new Set(), home: 0, lookedUp: -FRESH });
    }
    return types.get(tenantType);
  }

  /**
   * Makes sure that a tenant still lives where its streams read. If not, they begin anew where it lives.
   *
   * @param {Group} group
   * @throws {LookupUnavailableError} nobody can be asked
   */
  checkHome(group) {
    return this.#lookUp(group, 0);
  }

  /**
   * Finds out where a tenant lives, unless that was done within so many milliseconds. 0: now, and what was known before does
   * not count.
   */
  async #lookUp(group, fresh) {
    if (fresh > 0 && group.lookup !== undefined) await group.lookup.catch(() => {});
    if (fresh > 0 && performance.now() - group.lookedUp < fresh) return;
    group.lookup = this.#databases.shardOf(group.user, { surely: fresh === 0 });
    const home = await group.lookup;
    group.lookedUp = performance.now();
    if (home === group.home) return;
    group.home = home;
    for (const stream of group.streams) stream.restart('the tenant has moved');
  }

  /** @returns {Promise<() => void>} hands them out */
  async #changesOf(shard, { until, changes }, position) {
    const examined = this.#concerned(shard, changes);
    const here = new Map(examined);
    await this.#forgetMoved(shard, here);
    return () => {
      // Looked at again: a tenant's first stream may have begun meanwhile, after its home was looked up.
      for (const [group, own] of this.#concerned(shard, changes)) {
        if (examined.has(group) ? !here.has(group) : group.home !== shard) continue;
        const batch = { position, until, frame: this.#framesOf(position.log, until) };
        for (const stream of group.streams) stream.take(own, batch);
      }
    };
  }

  /** The changes of each group. */
  #concerned(shard, changes) {
    const concerned = new Map();
    for (const change of changes) {
      const groups = change.tenant === '' ? this.#groupsAt(shard) : this.#groupsOf(change);
      for (const group of groups) add(concerned, group, change);
    }
    return concerned;
  }

  /**
   * The more streams, and the longer it takes to write to them, the more changes are written at once: a write costs much
   * more than a change in it, and half of the time is left to the application.
   */
  #spacing(shard, took) {
    this.#took[shard] = took;
    const all = this.#took.reduce((sum, one) => sum + one, 0);
    return Math.min(LONGEST_SPACING, Math.max(Math.min(100, this.#size / 100), 2 * all));
  }

  /**
   * Takes the tenants out that do not live on this shard. Rows are removed from a shard after a move, and may be copied
   * before: which of the two it was is known once the tenant is looked up after the change.
   */
  async #forgetMoved(shard, concerned) {
    const doubtful = [...concerned].filter(
      ([group, own]) => group.home !== shard || own.some(({ action }) => action === 'DELETE'),
    );
    await Promise.all(
      doubtful.map(async ([group]) => {
        try {
          await this.#lookUp(group, 0);
        } catch (error) {
          this.#logger.warn({ tenant: group.user.tid, err: error }, 'Cannot find out where a tenant lives');
          for (const stream of group.streams) stream.end('the tenant cannot be looked up');
        }
        if (group.home !== shard) concerned.delete(group);
      }),
    );
  }

  *#groupsOf({ tenant, tenantType }) {
    for (const [type, group] of this.#groups.get(tenant) ?? []) {
      if (tenantType === null || tenantType === type) yield group;
    }
  }

  *#groupsAt(shard) {
    for (const types of this.#groups.values()) {
      for (const group of types.values()) if (group.home === shard) yield group;
    }
  }

  #resetAll(shard, reason) {
    for (const group of this.#groupsAt(shard)) {
      for (const stream of group.streams) stream.restart(reason);
    }
  }

  /** A notification: of the log, or of a trigger of the application's own, which has no position. `shard` null: local. */
  #heard(shard, payload, wake, tenantColumn) {
    let message;
    try {
      message = JSON.parse(payload);
    } catch {
      this.#logger.debug({ shard }, 'A notification is not JSON');
      return;
    }
    if (message === null || typeof message !== 'object') return;
    if (typeof message.position === 'string' && /^\d{1,15}$/.test(message.position)) {
      wake();
      return;
    }
    const { table, data } = message;
    const tenant = message.tenantId ?? data?.[tenantColumn];
    const isTenant = (typeof tenant === 'string' && tenant !== '') || Number.isSafeInteger(tenant);
    if (typeof table !== 'string' || !isTenant) {
      this.#logger.debug({ shard, table }, 'A notification names no tenant, and goes to nobody');
      return;
    }
    const text = this.#frame(null, oneLine(payload));
    const tenantType = Number.isInteger(message.tenantType) ? message.tenantType : null;
    for (const group of this.#groupsOf({ tenant: String(tenant), tenantType })) {
      if (shard !== null && group.home !== shard) continue;
      for (const stream of group.streams) stream.notify(table, text);
    }
  }
}

function add(concerned, group, change) {
  const own = concerned.get(group);
  if (own === undefined) concerned.set(group, [change]);
  else own.push(change);
}

/** @param {import('./change-log').Change} change */
function jsonOf({ tenant, table, action, data }) {
  const row = data === null ? 'null' : oneLine(data);
  return `{"table":${JSON.stringify(table)},"action":"${action}","data":${row},"tenantId":${JSON.stringify(tenant)}}`;
}

/** A line break in JSON is white space, but it would end a line of the stream. */
function oneLine(json) {
  return withExactNumbers(json).replace(/[\r\n]+/g, ' ');
}

module.exports = { ChangeFeed };
