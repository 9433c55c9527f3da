/**
 * The JavaScript half of the native client: gives each query an id, passes it to Rust, and keeps its reply until it ends.
 * The native half only ever calls `wake`; `reply-reader.js` reads what has arrived.
 */

const { NativeClient } = require('./addon');
const { ClientClosedError, OverloadedError } = require('../errors');
const { LONGEST_TIMER } = require('../limits');
const { Driver } = require('./driver');
const { openingError } = require('./failures');
const { parametersOf } = require('./parameters');
const { ReplyReader, SLICE } = require('./reply-reader');
const { Reply } = require('./result');
const { nativeSettings } = require('./settings');
const { SlotMap } = require('./slot-map');
const { StreamedReply } = require('./stream');
const { TokenSource } = require('./token-source');

/** The bits of `execute`'s flags; `src/addon/mod.rs` lists them in the same order. */
const REGISTER = 1;
const SIMPLE = 2;
const REPEATABLE = 4;
const NOT_REPEATABLE = 8;
const STREAMS = 16;
const BY_NULL = 32;
const ALL_SERVERS = 64;
const PARTIAL = 128;
const EXPLAIN = 256;
const SHARD = 512;
/** The longest time there is, in milliseconds: 49 days. */
const NO_TIMEOUT = 2 ** 32 - 1;

/** Queries under way above which the turns of the event loop are timed. */
const CROWD = 16;
/** The error of a transaction's statement after `close()`. */
const ROLLED_BACK =
  'MTDD has been closed, and with it the transaction: what it did on the shard was rolled back.';

class Client {
  #native;
  #driver;
  #onLog;
  /** Replies that have not ended, by id. */
  #waiting = new SlotMap();
  /** @type {ReplyReader} */
  #reader;
  /** Refers to the event loop while something is under way, and only then. */
  #keepAlive = setInterval(() => {}, LONGEST_TIMER).unref();
  /** Gives the tokens, where a function of the application makes them. @type {TokenSource | undefined} */
  #tokens;
  /** Sessions that are being opened: the id under which the answer comes. */
  #opening = new Map();
  /** Queries have been passed over and wait for `flush`. */
  #flushing = false;
  /** When this turn of the event loop has had its share; 0 outside a turn that is timed. */
  #turnEnds = 0;
  /** Something is ready to be taken in the next turn. */
  #isLate = false;
  #closing;
  #isClosed = false;

  /**
   * @param {object} settings checked by `config.js`; times in milliseconds
   * @param {object} options
   * @param {object} options.pg the driver of the Knex instance
   * @param {object} [options.connectionTypes] `types` of its connection settings
   * @param {(level: string, target: string, message: string, fields: object) => void} options.onLog
   */
  constructor(settings, { pg, connectionTypes, onLog }) {
    this.#driver = new Driver(pg, connectionTypes);
    this.#onLog = onLog;
    const { token } = settings;
    try {
      this.#native = new NativeClient(nativeSettings(settings), () => this.#wake());
    } catch (error) {
      clearInterval(this.#keepAlive);
      throw openingError(error);
    }
    this.#reader = new ReplyReader({
      driver: this.#driver,
      replies: this.#waiting,
      credit: (id, bytes) => this.#native.credit(id, bytes),
      ended: (id) => this.#settled(id),
    });
    if (typeof token === 'function') this.#tokens = new TokenSource(token, this.#native, onLog);
  }

  /**
   * Resolves once there is a token, if a function provides it.
   *
   * @returns {Promise<void>}
   * @throws {ConfigError} the function has failed, or gives something else
   */
  async begin() {
    await this.#tokens?.start();
  }

  /**
   * Runs a query.
   *
   * @param {object} call
   * @param {string | null} call.tenant null: all shards
   * @param {number} call.tenantType
   * @param {number} [call.shard] with `tenant` null: this shard alone, an index into the query servers
   * @param {'null' | 'allServers'} [call.asked] how all shards were asked for; undefined: by naming no tenant
   * @param {boolean} [call.partial] of all shards those that can answer are enough
   * @param {boolean} call.register the tenant is registered first if it is new
   * @param {number} [call.session] the session it runs in
   * @param {string} call.text
   * @param {unknown[]} [call.values]
   * @param {boolean} [call.simple] false: the extended protocol even without values
   * @param {'array'} [call.rowMode]
   * @param {object} [call.types] parsers for this query alone
   * @param {number} [call.timeout] milliseconds
   * @param {'read' | 'write'} [call.operation] what the statement does, if the caller knows better than its text
   * @param {number} [call.maxRetries]
   * @param {(error: Error | null, result?: object | object[]) => void} callback called once, never before this returns
   * @returns {number} the id under which it can be cancelled
   */
  execute(call, callback) {
    const types = call.types ?? this.#driver.types;
    return this.#start(call, types, new Reply(this.#driver, call.rowMode, types, callback), 0);
  }

  /**
   * Runs a query whose rows go to a stream; see `execute`. Unless the call has a timeout, it has none: its reader
   * decides how long it takes.
   *
   * @param {object} call
   * @param {import('./stream').RowStream} stream
   * @returns {number} the id under which it can be cancelled
   */
  stream(call, stream) {
    const types = call.types ?? this.#driver.types;
    const reply = new StreamedReply(this.#driver, call.rowMode, types, stream);
    this.#reader.streams++;
    stream.once('close', () => {
      this.#reader.streams--;
    });
    return this.#start({ ...call, timeout: call.timeout ?? NO_TIMEOUT }, types, reply, STREAMS);
  }

  /**
   * Plans a query for all shards without running it.
   *
   * @param {object} call as for `execute`
   * @returns {Promise<object>}
   */
  explain(call) {
    const { types } = this.#driver;
    return new Promise((resolve, reject) => {
      // The explanation arrives in place of an error.
      const settle = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
      this.#start(call, types, new Reply(this.#driver, undefined, types, settle), EXPLAIN);
    });
  }

  /** The server may send this many more bytes of a query's rows. */
  credit(id, bytes) {
    if (this.#waiting.get(id) !== undefined) this.#native.credit(id, bytes);
  }

  #start(call, types, reply, flags) {
    const driver = this.#driver;
    const id = this.#admit(reply, (call.session ?? 0) !== 0);
    if (id === 0) return 0;
    try {
      const { values } = call;
      const params = values === undefined || values.length === 0 ? null : parametersOf(values, driver);
      if (call.register) flags |= REGISTER;
      if (call.shard !== undefined) flags |= SHARD;
      if (call.asked === 'null') flags |= BY_NULL;
      else if (call.asked === 'allServers') flags |= ALL_SERVERS;
      if (call.partial) flags |= PARTIAL;
      if (params === null && call.simple !== false) flags |= SIMPLE;
      if (call.operation === 'read') flags |= REPEATABLE;
      else if (call.operation === 'write') flags |= NOT_REPEATABLE;
      this.#native.execute(
        id,
        call.tenant,
        call.shard ?? call.tenantType,
        call.session ?? 0,
        flags,
        call.text,
        params,
        call.timeout ?? 0,
        call.maxRetries ?? -1,
        driver.overrides(types),
      );
    } catch (error) {
      // For example, a value could not be converted because its `toPostgres` threw.
      this.#refuse(id, error);
      return 0;
    }
    if (!this.#flushing) {
      this.#flushing = true;
      // Runs after all promise callbacks of this turn, so that the queries they make are sent together.
      process.nextTick(this.#flush);
    }
    return id;
  }

  #flush = () => {
    this.#flushing = false;
    this.#native.flush();
  };

  /**
   * Listens to a PostgreSQL channel on one shard, until it is cancelled.
   *
   * @param {number} shard an index into the query servers
   * @param {string} channel
   * @param {object} listener is told what is heard, see `js/notifications/listen.js`; its `finish` is called once, at the end
   * @returns {number} the id under which it can be cancelled
   */
  listen(shard, channel, listener) {
    const id = this.#admit(listener);
    if (id !== 0) this.#native.listen(id, shard, channel);
    return id;
  }

  /**
   * The same on the shard where a tenant lives, also after it was moved.
   *
   * @param {string} tenant
   * @param {number} tenantType
   * @param {string} channel
   * @param {object} listener
   * @returns {number}
   */
  listenFor(tenant, tenantType, channel, listener) {
    const id = this.#admit(listener);
    if (id !== 0) this.#native.listenFor(id, tenant, tenantType, channel);
    return id;
  }

  /**
   * Stops a query, or a listener.
   *
   * @param {number} id
   * @returns {Promise<void>} once it has been answered, which it may have been already
   */
  cancel(id) {
    const reply = this.#waiting.get(id);
    if (reply === undefined) return Promise.resolve();
    if (this.#flushing) this.#native.flush();
    this.#native.cancel(id);
    reply.onEnd ??= [];
    return new Promise((resolve) => reply.onEnd.push(resolve));
  }

  /**
   * Makes a function that stops this query, and never a later one that gets the same id.
   *
   * @param {number} id
   * @returns {() => Promise<void>} to be called at any time
   */
  canceller(id) {
    const reply = this.#waiting.get(id);
    return () => (this.#waiting.get(id) === reply ? this.cancel(id) : Promise.resolve());
  }

  /**
   * Registers a tenant if it is new.
   *
   * @param {string} tenant
   * @param {number} tenantType
   * @returns {Promise<{ tenantId: string, shardIndex: number }>}
   */
  addTenant(tenant, tenantType) {
    return this.#placed((id) => this.#native.register(id, tenant, tenantType));
  }

  /**
   * @param {string} tenant
   * @param {number} tenantType
   * @param {object} [options]
   * @param {boolean} [options.anew] default true: it is looked up now; false: what is known may be a while old
   * @param {boolean} [options.surely] if it cannot be looked up, that is an error, whatever is known
   * @returns {Promise<number>} the index of the tenant's shard
   */
  async tenantShard(tenant, tenantType, { anew = true, surely = false } = {}) {
    const { shardIndex } = await this.#placed((id) =>
      this.#native.place(id, tenant, tenantType, anew, surely),
    );
    return shardIndex;
  }

  /**
   * Holds a PostgreSQL connection of the tenant's shard, for a transaction.
   *
   * @param {number} session a number for it, that no other session has
   * @param {string | null} tenant
   * @param {number} tenantType
   * @param {boolean} register the tenant is registered first if it is new
   * @returns {Promise<number>} the index of the shard
   */
  openSession(session, tenant, tenantType, register) {
    return new Promise((resolve, reject) => {
      const settle = (outcome) => {
        this.#opening.delete(session);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome.shardIndex);
      };
      const id = this.#admit(new Reply(this.#driver, undefined, undefined, settle));
      if (id === 0) return;
      this.#opening.set(session, id);
      this.#native.openSession(id, session, tenant, tenantType, register);
    });
  }

  /** A session that is still being opened is not wanted any more. */
  cancelSession(session) {
    const id = this.#opening.get(session);
    if (id !== undefined) this.#native.cancel(id);
  }

  /** Gives a session's connection back; what is open in it is rolled back. */
  closeSession(session) {
    if (this.#flushing) this.#native.flush();
    this.#native.closeSession(session);
  }

  /**
   * Refuses new queries, waits a few seconds for those under way and for open transactions, then cancels them. Idempotent.
   *
   * @returns {Promise<void>}
   */
  close() {
    this.#closing ??= new Promise((resolve) => {
      const id = this.#admit(new Reply(this.#driver, undefined, undefined, resolve));
      if (this.#flushing) this.#native.flush();
      this.#native.close(id);
    }).then(() => {
      this.#isClosed = true;
      // Queries of transactions that came after the native half had ended.
      for (const reply of this.#waiting.takeAll()) reply.finish(new ClientClosedError(ROLLED_BACK));
      clearInterval(this.#keepAlive);
      this.#tokens?.stop();
    });
    return this.#closing;
  }

  /**
   * Lets a reply wait under a new id; 0 if it has been refused. `isInSession`: it belongs to a transaction, which may go on
   * for a while after a close.
   */
  #admit(reply, isInSession = false) {
    if (this.#closing !== undefined && !(isInSession && !this.#isClosed)) {
      const error = new ClientClosedError(isInSession ? ROLLED_BACK : undefined);
      process.nextTick(() => reply.finish(error));
      return 0;
    }
    const id = this.#waiting.add(reply);
    if (id === 0) process.nextTick(() => reply.finish(new OverloadedError()));
    else if (this.#waiting.size === 1) this.#keepAlive.ref();
    return id;
  }

  /** Ends a reply before anything was sent. */
  #refuse(id, error) {
    const reply = this.#waiting.get(id);
    this.#settled(id);
    process.nextTick(() => reply.finish(error));
  }

  #settled(id) {
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#keepAlive.unref();
  }

  /** Resolves to where a tenant lives, for which `ask` asks the native half. */
  #placed(ask) {
    return new Promise((resolve, reject) => {
      // The placement arrives in place of an error.
      const settle = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
      const id = this.#admit(new Reply(this.#driver, undefined, undefined, settle));
      if (id !== 0) ask(id);
    });
  }

  /** The native half has something. */
  #wake() {
    // Node calls this again at once if more has arrived, and with many queries under way it always has. After a slice,
    // the event loop gets its turn.
    if (this.#waiting.size > CROWD) {
      if (this.#turnEnds === 0) {
        this.#turnEnds = performance.now() + SLICE;
        setImmediate(this.#endTurn);
      } else if (performance.now() > this.#turnEnds) {
        this.#isLate = true;
        return;
      }
    }
    const [chunks, extras, shapes, skeletons, dropped, logs, wantsToken] = this.#native.take();
    if (wantsToken) this.#tokens?.refresh();
    if (shapes !== null) this.#reader.describe(shapes);
    if (skeletons !== null) this.#reader.learn(skeletons);
    if (chunks !== null || dropped !== null) {
      this.#reader.take({ chunks: chunks ?? [], next: 0, at: 0, extras, dropped: dropped ?? [] });
    }
    for (const log of logs ?? []) {
      const [level, target, message, fields] = JSON.parse(log);
      this.#onLog(level, target, message, fields);
    }
  }

  #endTurn = () => {
    this.#turnEnds = 0;
    if (!this.#isLate) return;
    this.#isLate = false;
    this.#wake();
  };
}

module.exports = { Client };
