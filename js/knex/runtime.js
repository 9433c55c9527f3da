/**
 * The state behind one Knex instance: the native client, if queries go to the shards, and what every routed query
 * asks of it. Runs nothing itself.
 */

const { ClientClosedError, ValidationError } = require('../errors');
const { tenantProcedureMatcher } = require('./tenant-procedure');
const { partialWrite } = require('./route');

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
    /** Listeners on the local database, to be closed with the rest. */
    this.listeners = new Set();
    this.shards = config.settings.queryServers.length;
    /** @type {(text: string) => boolean} */
    this.callsInsertProc = tenantProcedureMatcher(config.portal.tenantInsertProc);
    /** Queries that name no tenant, and have none in the air, are refused. */
    this.requiresTenant = config.requireTenant !== false;
    /** Inside a transaction, such queries belong to the tenant that it is pinned to. */
    this.inheritsTenant = config.requireTenant === 'transaction';
    /** All shards are reached by `allServers: true` alone. */
    this.isAllShardsExplicit = config.explicitAllShards;
    /** Names of options of which it has been said that they do nothing yet. */
    this.saidIdle = new Set();
    this.isClosed = false;
    this.closing = undefined;
  }

  /**
   * Why a query cannot run, if it cannot: known before a connection is asked for.
   *
   * @param {import('./route').Route} route
   * @param {object} builder
   * @returns {Error | undefined}
   */
  refusalOf(route, builder) {
    if (this.isClosed) return new ClientClosedError();
    if (builder._connection) {
      return new ValidationError(
        '.mtdd() and .connection() exclude each other: the first picks the shard, the second a connection.',
      );
    }
    if (route.options.partialResults === true && WRITES.has(builder._method)) return partialWrite();
    return undefined;
  }

  /** Says once of each of these options that it does nothing yet. */
  sayIdle(names) {
    for (const name of names) {
      if (this.saidIdle.has(name)) continue;
      this.saidIdle.add(name);
      this.logger.warn(
        { option: name },
        `The option ${name} does nothing yet: the query runs as without it. This is said once.`,
      );
    }
  }

  /**
   * Ends the native client and the listeners. From the call on, `.mtdd()` queries are refused; those under way are the native client's
   * to finish or stop.
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
