/**
 * The state of one Knex instance: the native client, if queries go to the shards, and the settings that routed queries
 * need. Runs nothing itself.
 */

const { ClientClosedError, ValidationError } = require('../errors');
const { tenantProcedureMatcher } = require('./tenant-procedure');
const { declaredRead, partialWrite } = require('./route');

/** On the prototype of the clients of an instance: its Runtime. */
const RUNTIME = Symbol.for('mtdd.runtime');
/** Knex's names of the statements that write. */
const WRITES = new Set(['insert', 'update', 'del', 'truncate']);

class Runtime {
  /**
   * @param {import('../config/config').Config} config
   * @param {object | null} native the native client; null: `.mtdd()` queries run on the local connection
   * @param {object} logger
   */
  constructor(config, native, logger) {
    this.native = native;
    this.logger = logger;
    /** What else is to be closed: listeners on the local database, the HTTP routes. @type {Set<{ close(): any }>} */
    this.listeners = new Set();
    this.shards = config.settings.queryServers.length;
    /** @type {((text: string) => boolean) | undefined} */
    this.callsInsertProc = tenantProcedureMatcher(config.portal.tenantInsertProc);
    /** Queries without a tenant, from `.mtdd()` or from the context, are rejected. */
    this.requiresTenant = config.requireTenant !== false;
    /** Inside a transaction, such queries inherit its tenant. */
    this.inheritsTenant = config.requireTenant === 'transaction';
    /** All shards are reached by `allServers: true` alone. */
    this.isAllShardsExplicit = config.explicitAllShards;
    /** Names of options that have been warned about, because they do nothing yet. */
    this.warnedOptions = new Set();
    this.isClosed = false;
    this.closing = undefined;
  }

  /**
   * Why a query cannot run, if it cannot: known before a connection is asked for.
   *
   * @param {import('./route').Route} route
   * @param {object} builder
   * @param {boolean} isInSession it belongs to a transaction that has a session on a shard
   * @returns {Error | undefined}
   */
  refusalOf(route, builder, isInSession) {
    // A transaction that is open may go on for a while; the native client decides for how long.
    if (this.isClosed && !isInSession) return new ClientClosedError();
    if (builder._connection) {
      return new ValidationError(
        '.mtdd() and .connection() exclude each other: the first picks the shard, the second a connection.',
      );
    }
    if (WRITES.has(builder._method)) {
      if (route.options.partialResults === true) return partialWrite();
      if (route.options.operationType === 'read') return declaredRead();
    }
    return undefined;
  }

  /**
   * Whether a query registers its tenant first, if that is new.
   *
   * @param {import('./route').Route} route
   * @param {() => string[]} texts its statements; not called unless they matter
   */
  registers(route, texts) {
    if (route.method === 'register') return true;
    const { callsInsertProc } = this;
    if (route.method !== 'auto' || route.tenant === null || callsInsertProc === undefined) return false;
    return texts().some((text) => callsInsertProc(text));
  }

  /** Warns once for each of these options that it does nothing yet. */
  warnOfIgnoredOptions(names) {
    for (const name of names) {
      if (this.warnedOptions.has(name)) continue;
      this.warnedOptions.add(name);
      this.logger.warn(
        { option: name },
        `The option ${name} does nothing yet: the query runs as without it. This is said once.`,
      );
    }
  }

  /**
   * Closes the native client and the listeners. From the call on, `.mtdd()` queries are rejected, but for those of open
   * transactions; the native client finishes or stops what is running.
   *
   * @returns {Promise<void>} the same one each time
   */
  close() {
    this.isClosed = true;
    this.closing ??= Promise.all([
      this.native?.close(),
      ...[...this.listeners].map((listener) => listener.close()),
    ]).then(() => {});
    return this.closing;
  }
}

module.exports = { RUNTIME, Runtime };
