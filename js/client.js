/**
 * The JavaScript half of the native client: gives queries their ids, passes them over, and hands what comes back to
 * the replies that wait for it. Promises and callbacks are made here; the native half only ever calls `wake`.
 */

const { NativeClient } = require('./native');
const {
  ClientClosedError,
  ConfigError,
  OverloadedError,
  PartialFailureError,
  ValidationError,
  errorFromCode,
} = require('./errors');
const { Cursor, canGenerate, documentBuilder } = require('./knex/decoder');
const { Driver } = require('./knex/driver');
const { Reply, Shape, databaseError } = require('./knex/result');
const { StreamedReply } = require('./knex/stream');
const { Waiting } = require('./waiting');

/** The bits of a record's first unit; `src/data/compact/mod.rs` lists them in the same order. */
const START = 1;
const END = 2;
const LAST = 4;
const RESTART = 8;
const ERROR = 16;
const CREDIT = 32;

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
/** The longest time there is, in milliseconds: 49 days. */
const NO_TIMEOUT = 2 ** 32 - 1;

/** PostgreSQL's protocol counts the values of a statement in two bytes. */
const MOST_VALUES = 65_535;

/** Milliseconds of decoding after which the event loop gets its turn. */
const SLICE = 5;
/**
 * Chunks of rows, of 16 KiB each, that are decoded in one turn while rows stream: a reader takes longer for them than
 * decoding does, and `for await` takes all that there is before it lets the event loop have its turn.
 */
const STREAMED_CHUNKS = 4;
/** Replies that end in one slice. */
const MOST_ENDED = 32;
/** Queries under way above which the turns of the event loop are timed. */
const CROWD = 16;
/** Milliseconds after which a token that a function gives is asked for again. */
const TOKEN_REFRESH = 60_000;
/** Milliseconds that it may take; src/dial.rs waits as long. */
const TOKEN_LIMIT = 10_000;
const LONGEST_TIMER = 2 ** 31 - 1;

class Client {
  #native;
  #driver;
  #onLog;
  /** Replies that have not ended, by id. */
  #waiting = new Waiting();
  #shapes = new Map();
  /** Batches that have come over and are not decoded yet. */
  #batches = [];
  #cursor = new Cursor();
  /** Refers to the event loop while something is under way, and only then. */
  #keepAlive = setInterval(() => {}, LONGEST_TIMER).unref();
  #tokenTimer;
  /** Gives tokens. */
  #token;
  /** Sessions that are being opened: the id under which the answer comes. */
  #opening = new Map();
  /** Queries have been passed over and wait for `flush`. */
  #flushing = false;
  /** Replies that have ended in this slice. */
  #ended = 0;
  /** When this turn of the event loop has had its share; 0 outside a turn that is timed. */
  #turnEnds = 0;
  /** Something is ready to be taken in the next turn. */
  #isLate = false;
  /** Streams that have not been closed. */
  #streams = 0;
  #closing;

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
      this.#native = new NativeClient(
        {
          queryServers: settings.queryServers,
          lookupServers: settings.lookupServers,
          insecure: settings.insecure,
          tls: settings.tls && {
            ca: settings.tls.ca ?? null,
            cert: settings.tls.cert ?? null,
            key: settings.tls.key ?? null,
            serverName: settings.tls.serverName ?? null,
          },
          token: typeof token === 'string' ? token : null,
          tokenFunction: typeof token === 'function',
          timeout: settings.timeout,
          maxRetries: settings.maxRetries,
          lookupCacheSize: settings.lookupCache.size,
          lookupCacheTtl: settings.lookupCache.ttl,
          lookupCacheNegativeTtl: settings.lookupCache.negativeTtl,
          lookupCacheMaxStale: settings.lookupCache.maxStale,
          maxInFlight: settings.maxInFlight,
          session: settings.session,
          logLevel: settings.logLevel,
          compiles: canGenerate,
          tenantColumn: settings.tenantColumn,
          referenceTables: settings.referenceTables,
          mergeMemoryLimit: settings.mergeMemoryLimit,
        },
        () => this.#wake(),
      );
    } catch (error) {
      clearInterval(this.#keepAlive);
      throw refusal(error);
    }
    if (typeof token === 'function') this.#token = token;
  }

  /**
   * Resolves once there is a token, where a function gives it.
   *
   * @returns {Promise<void>}
   * @throws {ConfigError} the function has failed, or gives something else
   */
  async begin() {
    if (this.#token === undefined) return;
    this.#native.setToken(await this.#askForToken());
    this.#tokenTimer = setInterval(() => this.#refreshToken(), TOKEN_REFRESH).unref();
  }

  /**
   * Runs a query.
   *
   * @param {object} call
   * @param {string | null} call.tenant null: all shards
   * @param {number} call.tenantType
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
   * @param {import('./knex/stream').RowStream} stream
   * @returns {number} the id under which it can be cancelled
   */
  stream(call, stream) {
    const types = call.types ?? this.#driver.types;
    const reply = new StreamedReply(this.#driver, call.rowMode, types, stream);
    this.#streams++;
    stream.once('close', () => {
      this.#streams--;
    });
    return this.#start({ ...call, timeout: call.timeout ?? NO_TIMEOUT }, types, reply, STREAMS);
  }

  /**
   * Says what a query for all shards would do, without running it.
   *
   * @param {object} call as for `execute`
   * @returns {Promise<object>}
   */
  explain(call) {
    const { types } = this.#driver;
    return new Promise((resolve, reject) => {
      // The explanation comes in the place of an error.
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
    const id = this.#admit(reply);
    if (id === 0) return 0;
    try {
      const { values } = call;
      if (values?.length > MOST_VALUES) throw tooMany(values.length);
      const params = values === undefined || values.length === 0 ? null : values.map(parameter, driver);
      if (call.register) flags |= REGISTER;
      if (call.asked === 'null') flags |= BY_NULL;
      else if (call.asked === 'allServers') flags |= ALL_SERVERS;
      if (call.partial) flags |= PARTIAL;
      if (params === null && call.simple !== false) flags |= SIMPLE;
      if (call.operation === 'read') flags |= REPEATABLE;
      else if (call.operation === 'write') flags |= NOT_REPEATABLE;
      this.#native.execute(
        id,
        call.tenant,
        call.tenantType,
        call.session ?? 0,
        flags,
        call.text,
        params,
        call.timeout ?? 0,
        call.maxRetries ?? -1,
        driver.overrides(types),
      );
    } catch (error) {
      // A value that cannot be converted, say: its own `toPostgres` threw.
      this.#refuse(id, error);
      return 0;
    }
    if (!this.#flushing) {
      this.#flushing = true;
      // Runs once all promise callbacks have: whatever queries they make go out together.
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
   * @param {object} listener is told what is heard, see `js/listen.js`; its `finish` is called once, at the end
   * @returns {number} the id under which it can be cancelled
   */
  listen(shard, channel, listener) {
    const id = this.#admit(listener);
    if (id !== 0) this.#native.listen(id, shard, channel);
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
   * Stops this query, and never another that gets its number after it.
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
    return this.#place(tenant, tenantType, true);
  }

  /**
   * @param {string} tenant
   * @param {number} tenantType
   * @returns {Promise<number>} the index of the tenant's shard
   */
  tenantShard(tenant, tenantType) {
    return this.#place(tenant, tenantType, false).then(({ shardIndex }) => shardIndex);
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
   * Takes no further query, gives those under way a few seconds, then cancels them. Idempotent.
   *
   * @returns {Promise<void>}
   */
  close() {
    this.#closing ??= new Promise((resolve) => {
      const id = this.#admit(new Reply(this.#driver, undefined, undefined, resolve));
      if (this.#flushing) this.#native.flush();
      this.#native.close(id);
    }).then(() => {
      clearInterval(this.#keepAlive);
      clearInterval(this.#tokenTimer);
    });
    return this.#closing;
  }

  /** Lets a reply wait under a new id; 0 if it has been refused. */
  #admit(reply) {
    if (this.#closing !== undefined) {
      process.nextTick(() => reply.finish(new ClientClosedError()));
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

  #place(tenant, tenantType, add) {
    return new Promise((resolve, reject) => {
      // A placement comes in the place of an error.
      const settle = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
      const id = this.#admit(new Reply(this.#driver, undefined, undefined, settle));
      if (id !== 0) this.#native.place(id, tenant, tenantType, add);
    });
  }

  /** The native half has something. */
  #wake() {
    // Node calls again at once for what has come meanwhile, and with many queries under way something always has:
    // after a slice the event loop gets its turn.
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
    if (wantsToken) this.#refreshToken();
    if (shapes !== null) {
      for (const shape of shapes) {
        const [id, kinds, columns] = JSON.parse(shape);
        this.#shapes.set(id, new Shape(kinds, columns));
      }
    }
    if (skeletons !== null) this.#cursor.skeletons.push(...skeletons.map(documentBuilder));
    if (chunks !== null || dropped !== null) {
      this.#batches.push({ chunks: chunks ?? [], next: 0, at: 0, extras, dropped: dropped ?? [] });
      // While a slice is pending, it will get to this batch in its turn.
      if (this.#batches.length === 1) {
        if (this.#streams > 0) setImmediate(this.#decodeSlice);
        else this.#decodeSlice();
      }
    }
    if (logs !== null) for (const log of logs) this.#onLog(...JSON.parse(log));
  }

  #endTurn = () => {
    this.#turnEnds = 0;
    if (!this.#isLate) return;
    this.#isLate = false;
    this.#wake();
  };

  /** Decodes what is waiting, for one slice: of time, or of replies, whose readers have work of their own to do. */
  #decodeSlice = () => {
    const end = performance.now() + SLICE;
    const batches = this.#batches;
    let chunksLeft = this.#streams > 0 ? STREAMED_CHUNKS : Number.POSITIVE_INFINITY;
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
      const reply = this.#waiting.get(id);
      if (flags & RESTART) reply.restart();
      if (flags & START) reply.begin(this.#shapes.get(cursor.u32(s)));
      const rowsEnd = cursor.at + units;
      if (count > 0) reply.rows(s, count, cursor);
      // A row that could not be decoded leaves the cursor where it failed.
      cursor.at = rowsEnd;
      if (flags & END) reply.end(cursor.text(s));
      const error = flags & ERROR ? this.#news(reply, extras[cursor.u32(s)]) : null;
      if (flags & CREDIT) {
        const bytes = reply.takeCredit(cursor.u32(s));
        if (bytes > 0) this.#native.credit(id, bytes);
      }
      if (flags & LAST) {
        this.#ended++;
        this.#settled(id);
        reply.finish(error);
      }
    }
    return cursor.at;
  }

  /** What is no row: the error that a reply ends with, what comes in its stead, or what the reply is told. */
  #news(reply, json) {
    const news = JSON.parse(json);
    const { about, placement } = news;
    if (news.leavesTraces) reply.leavesTraces = true;
    if (about !== undefined)
      return reply.tell({ ...about, failedShards: about.failedShards.map(this.#withError) });
    if (placement !== undefined) return { tenantId: placement[0], shardIndex: placement[1] };
    if (news.explanation !== undefined) return news.explanation;
    if (news.answer !== undefined) return reply.legacyAnswer(news.answer);
    if (news.notification !== undefined) return reply.notification(news.notification);
    if (news.listening !== undefined) return reply.listening(news.listening);
    return news.leavesTraces ? null : this.#errorOf(news);
  }

  #errorOf({ database, code, message, context, cause, outcomes }) {
    if (database !== undefined) return databaseError(this.#driver, database);
    if (outcomes === undefined) return errorFromCode(code, message, context);
    return new PartialFailureError(message, context, this.#errorOf(cause), outcomes.map(this.#withError));
  }

  /** What a shard has said, its error made one. */
  #withError = ({ error, ...said }) =>
    error === undefined ? said : { ...said, error: this.#errorOf(error) };

  /** Replaces the token; the native half hears of it either way, since queries may wait for it. */
  async #refreshToken() {
    try {
      this.#native.setToken(await this.#askForToken());
    } catch (error) {
      this.#native.tokenFailed();
      this.#onLog('error', 'mtdd::grpc', 'mtdd.token: the last token stays in use', { error: String(error) });
    }
  }

  async #askForToken() {
    let token;
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no token within ${TOKEN_LIMIT / 1000} s`)), TOKEN_LIMIT);
    });
    try {
      token = await Promise.race([this.#token(), late]);
    } catch (error) {
      throw new ConfigError(`mtdd.token: the function failed: ${error?.message ?? error}`, undefined, error);
    } finally {
      clearTimeout(timer);
    }
    // Not shown, whatever it is.
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
      throw new ConfigError(
        'mtdd.token: expected the function to return a string of visible ASCII characters without spaces',
      );
    }
    return token;
  }
}

/** A query value as it crosses: null, a string, or a Buffer. */
function parameter(value) {
  const prepared = this.prepareValue(value);
  if (prepared === null || prepared === undefined) return null;
  return typeof prepared === 'string' || Buffer.isBuffer(prepared) ? prepared : String(prepared);
}

function tooMany(count) {
  return new ValidationError(
    `The statement has ${count} bindings, and PostgreSQL takes no more than ${MOST_VALUES}: bind an array, as in x = ANY (?), or run it in parts.`,
    { bindings: count, limit: MOST_VALUES },
  );
}

/** The native client's refusal to open: its message begins with a code. */
function refusal(error) {
  const match = /^([A-Z_]+):([\s\S]*)$/.exec(error.message);
  return match === null ? error : errorFromCode(match[1], match[2], undefined, error);
}

module.exports = { Client };
