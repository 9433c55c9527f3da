/**
 * The connection of a routed query, which Knex gets instead of one from its pool. It implements the part of `pg.Client`
 * that Knex uses, and passes each statement to the native client. Knex does everything else as usual.
 */

const { ValidationError } = require('../errors');
const { onAbort, throwIfAborted, withOutcome } = require('./signal');
const { RowStream } = require('../native/stream');

let serial = 0;

class RemoteConnection {
  /**
   * @param {import('./runtime').Runtime} runtime
   * @param {import('./route').Route} route
   * @param {number} [session] the session of a transaction that it belongs to
   * @param {readonly AbortSignal[]} [signals] that stop its statements
   */
  constructor(runtime, route, session = 0, signals = undefined) {
    this.runtime = runtime;
    this.route = route;
    this.session = session;
    this.signals = signals;
    /** Milliseconds of its timeout that the first statement has waited for its turn in a transaction. */
    this.waited = 0;
    /** The native client's id of the statement that was sent last. */
    this.id = undefined;
    /** Where the streams of its transaction are noted until they end well. @type {Set<RowStream> | undefined} */
    this.streams = undefined;
    // Knex reads these three of every connection; the last is set when a query's own .timeout() has passed.
    this.__knexUid = `mtdd${++serial}`;
    this.__knexTxId = undefined;
    this.__knex__disposed = undefined;
  }

  /**
   * Runs one statement, as `pg.Client#query(config, callback)` does.
   *
   * @param {object} config what Knex made of the query: `text`, `values`, and what `.options()` added
   * @param {(error: Error | null, result?: object) => void} callback
   * @throws {ValidationError} for what cannot be sent to a shard
   * @throws {QueryCancelledError} if a signal is aborted already
   */
  query(config, callback) {
    if (typeof config.submit === 'function') {
      throw new ValidationError(
        'COPY streams and cursors need a connection of their own: run them without .mtdd(), on a connection to the shard.',
      );
    }
    const wrong = refusalOf(config);
    if (wrong !== undefined) process.nextTick(callback, wrong);
    else if (this.signals === undefined) this.id = this.runtime.native.execute(this.callOf(config), callback);
    else this.#queryObeying(this.signals, config, callback);
  }

  #queryObeying(signals, config, callback) {
    throwIfAborted(signals);
    const call = this.callOf(config);
    let aborted;
    const end = onAbort(signals, (error) => {
      aborted = error;
      this.runtime.native.cancel(id);
    });
    const id = this.runtime.native.execute(call, (error, result) => {
      end();
      callback(
        aborted !== undefined && error?.code === 'CANCELLED' ? withOutcome(aborted, error) : error,
        result,
      );
    });
    this.id = id;
  }

  /**
   * Runs one statement and streams its rows.
   *
   * @param {object} config as for `query`
   * @param {object} options as for `pg-query-stream`
   * @returns {RowStream}
   * @throws {ValidationError} for what cannot be sent to a shard
   * @throws {QueryCancelledError} if a signal is aborted already
   */
  stream(config, options) {
    throwIfAborted(this.signals);
    // A cursor, which this stands for, takes one statement only: the extended protocol says so as `pg` would.
    const call = { ...this.callOf(config), simple: false };
    const stream = new RowStream(this.runtime.native, call, options);
    this.id = stream.id;
    if (this.streams !== undefined) {
      this.streams.add(stream);
      stream.ended.then((failure) => failure ?? this.streams.delete(stream));
    }
    if (this.signals !== undefined) {
      stream.once(
        'close',
        onAbort(this.signals, (error) => stream.destroy(error)),
      );
    }
    return stream;
  }

  /** What the native client takes, of what Knex made of a query. */
  callOf(config) {
    if (config.binary) {
      throw new ValidationError(
        '.options({ binary: true }) cannot be routed: leave it out, results come in text format.',
      );
    }
    const { runtime, route } = this;
    const { options } = route;
    const isFirst = this.id === undefined;
    // As in `pg`, an empty text is a statement of the simple protocol, and has no parameters.
    const hasValues = config.text !== '' || config.queryMode === 'extended';
    return {
      tenant: route.tenant,
      tenantType: route.tenantType,
      asked: route.asked,
      partial: options.partialResults === true,
      session: this.session,
      // A schema builder sends several statements; once registered is enough.
      register: isFirst && runtime.registers(route, () => [config.text]),
      text: config.text,
      values: (hasValues && config.values) || undefined,
      rowMode: config.rowMode,
      types: config.types,
      simple: config.queryMode === 'extended' ? false : undefined,
      timeout: shorterTimeout(options.timeout && this.#rest(options.timeout), config.query_timeout),
      operation: options.operationType ?? undefined,
      maxRetries: options.maxRetries ?? undefined,
    };
  }

  /** What the wait has left of a timeout. */
  #rest(timeout) {
    const rest = Math.max(1, timeout - this.waited);
    this.waited = 0;
    return rest;
  }

  /**
   * Stops the statement that is running.
   *
   * @returns {Promise<void>} once it has stopped, or had been answered before
   */
  cancel() {
    return this.id === undefined ? Promise.resolve() : this.runtime.native.cancel(this.id);
  }

  /** `cancel` for later, when the statement may have ended and its number be another's. */
  canceller() {
    return this.id === undefined ? () => {} : this.runtime.native.canceller(this.id);
  }
}

/** What `pg` says, in its own words, of a query that it does not send. `.options()` may have put anything in. */
function refusalOf({ text, values }) {
  if (typeof text !== 'string') {
    return new Error('A query must have either text or a name. Supplying neither is unsupported.');
  }
  if (values && !Array.isArray(values)) return new Error('Query values must be an array');
  return undefined;
}

/** The shorter of two times, either of which may be missing, in whole milliseconds. */
function shorterTimeout(one, other) {
  if (!one && !other) return undefined;
  return Math.ceil(Math.min(one || Number.POSITIVE_INFINITY, other || Number.POSITIVE_INFINITY));
}

module.exports = { RemoteConnection };
